//===- Program.h - A kernel, decoded ----------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A kernel becomes one flat list of operations: calls are expanded in place, and
// every operand is a slot of the warp's register file (constants and special
// registers too), so that an operation is one loop over the lanes.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_PROGRAM_H
#define DPC_TEST_HOSTCUDA_PROGRAM_H

#include "test/hostcuda/Ptx.h"

#include <functional>
#include <map>

namespace dpc::hostcuda {

class Warp;
struct Operation;
/// Does one operation for the lanes of the mask.
using Handler = void (*)(Warp &, const Operation &, uint32_t);

constexpr int32_t kNoSlot = -1;

/// Where in shared memory that begins whose size the launch gives.
constexpr uint64_t kDynamicShared = 1 << 20;

struct Operation {
  enum Flow : uint8_t {
    Plain,
    Branch,
    Exit,
    /// Waits for the block; op[0] is the barrier, op[1] the number of threads.
    Barrier,
    /// Waits for the lanes of the mask in slot op[kMembers].
    Sync,
  };
  static constexpr int kMembers = 15;

  Flow flow = Plain;
  bool guardNegated = false;
  /// Every lane of the warp takes part, or the kernel is wrong.
  bool aligned = false;
  Space space = Space::Generic;
  /// Of memory: bytes of an element and elements; the sign of a narrow load.
  uint8_t bytes = 0, lanes = 1;
  bool isSigned = false;
  /// What modifiers say that the handler's type does not.
  uint8_t mode = 0;
  int32_t guard = kNoSlot;
  uint32_t line = 0;
  /// Of a branch.
  uint32_t target = 0;
  /// Of memory, added to the address.
  int64_t offset = 0;
  uint64_t immediate = 0;
  Handler run = nullptr;
  /// Results first.
  int32_t op[16] = {kNoSlot, kNoSlot, kNoSlot, kNoSlot, kNoSlot, kNoSlot,
                    kNoSlot, kNoSlot, kNoSlot, kNoSlot, kNoSlot, kNoSlot,
                    kNoSlot, kNoSlot, kNoSlot, kNoSlot};
};

enum class Special : uint8_t {
  TidX,
  TidY,
  TidZ,
  NtidX,
  NtidY,
  NtidZ,
  CtaidX,
  CtaidY,
  CtaidZ,
  NctaidX,
  NctaidY,
  NctaidZ,
  LaneId,
  WarpId,
  NWarpId,
  LaneEq,
  LaneLe,
  LaneLt,
  LaneGe,
  LaneGt,
  DynamicShared,
  TotalShared,
};

/// A piece of shared memory or of a thread's own. Between two lie guard bytes.
struct Region {
  std::string name;
  uint64_t begin = 0, bytes = 0;
};

/// What a kernel may do with the bytes that a parameter points to.
struct Buffer {
  enum Kind : uint8_t { In, Out, InOut } kind;
  uint64_t bytes;
};

struct Kernel {
  std::string name;
  uint32_t line = 0;
  std::vector<Operation> code;
  int32_t slots = 0;
  std::vector<std::pair<int32_t, uint64_t>> constants;
  std::vector<std::pair<int32_t, Special>> specials;
  /// Offsets and sizes of the parameters within parameterBytes.
  std::vector<Region> parameters;
  /// By parameter, as a comment of the module's text says; empty if none does.
  std::vector<Buffer> buffers;
  uint64_t parameterBytes = 0;
  std::vector<Region> shared;
  bool hasDynamicShared = false;
  /// With the guard bytes, and as a card counts it.
  uint64_t sharedBytes = 0, cardSharedBytes = 0;
  uint64_t localBytes = 0;
  uint32_t required[3] = {}, most[3] = {};
};

/// Elements of vectors that are loaded and that nothing uses lose their slots.
void dropUnusedElements(Kernel &kernel);

/// Addresses of variables in global and constant memory.
using Symbols = std::map<std::string, uint64_t>;

/// Throws PtxError.
Kernel decodeKernel(const Module &module, const Function &function,
                    const Symbols &symbols);

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_PROGRAM_H
