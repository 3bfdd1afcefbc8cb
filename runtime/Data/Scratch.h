//===- Scratch.h - What is made of the data, and may be large ---*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Bytes that are written once, from the front, and then read. Up to a limit they
// are in memory, beyond it in a file without a name, which is gone with the
// process, however that ends: in the folder TMPDIR, or /var/tmp, which is no
// memory where /tmp may be. Both grow by what comes, never because a header
// promises it.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_SCRATCH_H
#define DPC_RUNTIME_DATA_SCRATCH_H

#include "runtime/Data/FileBytes.h"

#include <memory>

namespace dpc::rt {

class Scratch {
public:
  /// `memory` is the limit in bytes; `where` names in errors what it is for.
  Scratch(std::string where, int64_t memory)
      : where(std::move(where)), limit(memory) {}
  Scratch(Scratch &&other) noexcept;
  Scratch(const Scratch &) = delete;
  ~Scratch();

  Status append(std::string_view bytes);
  /// For `bytes` in all, unless that is beyond the limit.
  void reserve(int64_t bytes);

  int64_t size() const { return length; }
  /// All bytes; null if they are in a file.
  const char *memory() const { return descriptor < 0 ? text.data() : nullptr; }
  /// Those from `offset` on, which must be there. Any thread.
  Status read(int64_t offset, int64_t count, char *target) const;
  /// The file, mapped; only if they are in one.
  Expected<FileBytes> map() const;

private:
  Status openFile();
  Status write(std::string_view bytes);

  std::string where;
  int64_t limit;
  int64_t length = 0;
  std::string text;
  /// Of the file, or -1; and the folder that it is in.
  int descriptor = -1;
  std::string folder;
  /// How far the file may grow before the room on the disk is looked at again.
  int64_t checkedLength = 0;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_SCRATCH_H
