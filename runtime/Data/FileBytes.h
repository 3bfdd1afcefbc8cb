//===- FileBytes.h - A file's content, mapped -------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Plain files are mapped, so that a rank touches only its own rows and ranks on
// one machine share the pages. A mapped file that is cut short while it is in
// use raises SIGBUS; a handler turns that into the usual one-line error.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_FILEBYTES_H
#define DPC_RUNTIME_DATA_FILEBYTES_H

#include "runtime/Core/Error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dpc::rt {

/// A read-only mapping of a regular file; empty files map to an empty view.
class FileBytes {
public:
  static Expected<FileBytes> open(const std::string &path);
  /// The first `length` bytes of an open file; `where` names it in errors.
  static Expected<FileBytes> map(int descriptor, size_t length,
                                 const std::string &where);

  FileBytes(FileBytes &&other) noexcept;
  FileBytes &operator=(FileBytes &&other) noexcept;
  FileBytes(const FileBytes &) = delete;
  FileBytes &operator=(const FileBytes &) = delete;
  ~FileBytes();

  std::string_view view() const {
    return {static_cast<const char *>(address), length};
  }

  /// Bytes that are read once, from `begin` on, need not stay in memory.
  void release(size_t begin, size_t end) const;

private:
  FileBytes() = default;

  void *address = nullptr;
  size_t length = 0;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_FILEBYTES_H
