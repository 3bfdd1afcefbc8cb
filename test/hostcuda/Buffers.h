//===- Buffers.h - What a kernel may touch ----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An arena is one allocation, whose end says nothing of its parts. The text of a
// module may say in comments what a kernel's parameters point to:
//
//   // train_k0: in 512, inout 40, out 1024
//
// Then the kernel may touch nothing else, and writes only what is not "in". What
// an "out" held before belongs to nobody: it is unwritten again when the kernel
// starts, and written when it ends, all of it.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_BUFFERS_H
#define DPC_TEST_HOSTCUDA_BUFFERS_H

#include "test/hostcuda/Memory.h"
#include "test/hostcuda/Program.h"

namespace dpc::hostcuda {

/// By kernel. Throws PtxError.
std::map<std::string, std::vector<Buffer>>
parseBuffers(const std::vector<std::string> &lines);

/// Of one launch. Without buffers all is allowed.
class BufferCheck {
public:
  BufferCheck(const Kernel &kernel, const std::vector<uint8_t> &parameters,
              Memory &memory);

  /// Throw Fault.
  void begin();
  void end();

  bool allows(uint64_t address, uint32_t bytes, bool writes) {
    Range &last = lasts[writes];
    if (places.empty() || last.holds(address, bytes))
      return true;
    for (const Place &place : places)
      if ((place.kind != Buffer::In || !writes) &&
          place.range.holds(address, bytes)) {
        last = place.range;
        return true;
      }
    return false;
  }
  /// Of each buffer, the bytes that were read again.
  std::vector<uint64_t> countRepeated();
  /// Of an access that is not allowed.
  std::string describe(uint64_t address, uint32_t bytes) const;

private:
  struct Range {
    uint64_t begin = 0, end = 0;
    bool holds(uint64_t address, uint32_t bytes) const {
      return address >= begin && address + bytes <= end;
    }
  };
  struct Place {
    Buffer::Kind kind;
    Range range;
  };
  Allocation &find(size_t parameter);

  const Kernel &kernel;
  Memory &memory;
  std::vector<Place> places;
  /// Of reads and of writes, the last one that was allowed.
  Range lasts[2];
};

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_BUFFERS_H
