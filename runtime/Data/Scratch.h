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

  /// Nothing more is written.
  Status finish();
  /// All bytes, behind finish(). What is in a file is mapped: the system takes
  /// such memory back when it is needed.
  std::string_view view() const { return mapped ? mapped->view() : text; }
  /// Bytes that are read once, from `begin` on, need not stay in memory.
  void release(size_t begin, size_t end) const {
    if (mapped)
      mapped->release(begin, end);
  }

private:
  Status openFile();
  Status write(std::string_view bytes);

  std::string where;
  int64_t limit;
  int64_t length = 0;
  std::string text;
  std::optional<FileBytes> mapped;
  /// Of the file, or -1; and the folder that it is in.
  int descriptor = -1;
  std::string folder;
  /// How far the file may grow before the room on the disk is looked at again.
  int64_t checkedLength = 0;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_SCRATCH_H
