//===- Compressed.h - Files by gzip and zstd --------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Compression is told by the first bytes, not by the file's name. What is
// compressed is decompressed in every rank. Memory is taken as content comes,
// never because a header promises it.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_COMPRESSED_H
#define DPC_RUNTIME_DATA_COMPRESSED_H

#include "runtime/Data/Scratch.h"

#include <memory>

namespace dpc::rt {

/// True when the bytes start like a gzip or a zstd file.
bool isCompressed(std::string_view bytes);

/// Up to `limit` bytes of what the file (all its members) holds; fewer when the
/// content ends earlier. `where` names the file in errors.
Expected<std::string> decompressPrefix(std::string_view bytes, uint64_t limit,
                                       const std::string &where);

/// The content, which must be exactly `size` bytes. More than the machine's
/// memory is refused.
Expected<std::string> decompressExactly(std::string_view bytes, uint64_t size,
                                        const std::string &where);

/// A whole file: mapped, or decompressed to memory or to a file.
class FileContent {
public:
  /// To at most `memory` bytes of memory, see Scratch.h.
  static Expected<FileContent> open(const std::string &path, int64_t memory);

  std::string_view view() const {
    return scratch ? scratch->view() : mapped.view();
  }
  /// Bytes that are read once, from `begin` on, need not stay in memory.
  void release(size_t begin, size_t end) const {
    scratch ? scratch->release(begin, end) : mapped.release(begin, end);
  }

private:
  explicit FileContent(FileBytes bytes) : mapped(std::move(bytes)) {}

  FileBytes mapped;
  /// What was decompressed. On the heap, so that views survive a move.
  std::unique_ptr<Scratch> scratch;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_COMPRESSED_H
