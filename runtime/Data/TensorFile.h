//===- TensorFile.h - Tensors in .npy and IDX files -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The format is told by the content, not by the file's name. .npy: versions 1
// to 3, little-endian, C order; ml_dtypes' bfloat16 is stored by NumPy as the
// type V2 and read as bf16. IDX: all its types, big-endian. Both may be
// gzipped.
//
// The data must be exactly as long as the header says.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_TENSORFILE_H
#define DPC_RUNTIME_DATA_TENSORFILE_H

#include "runtime/Core/Types.h"
#include "runtime/Data/FileBytes.h"

namespace dpc::rt {

struct TensorHeader {
  DpcType dtype = DPC_F32;
  Shape shape;
  /// Where the data starts, and its length; header and data do not overflow.
  uint64_t dataOffset = 0;
  int64_t dataBytes = 0;
  /// Elements are big-endian and wider than a byte.
  bool bigEndian = false;
};

/// The longest header that the readers look at; longer ones are refused.
constexpr size_t maxTensorHeader = 65536;

/// Parses a header from the first bytes of a file (at least
/// min(file length, maxTensorHeader) of them). `where` names the file.
Expected<TensorHeader> parseTensorHeader(std::string_view prefix,
                                         const std::string &where);
Expected<TensorHeader> parseNpyHeader(std::string_view prefix,
                                      const std::string &where);
Expected<TensorHeader> parseIdxHeader(std::string_view prefix,
                                      const std::string &where);

/// A version 1.0 .npy header, padded to 64 bytes. bf16 is not a NumPy type.
std::string npyHeader(DpcType type, const Shape &shape);

class TensorFile {
public:
  static Expected<TensorFile> open(const std::string &path);

  const std::string &path() const { return name; }
  DpcType dtype() const { return header.dtype; }
  const Shape &shape() const { return header.shape; }
  bool bigEndian() const { return header.bigEndian; }
  /// The data, still big-endian when bigEndian() says so.
  const char *data() const { return content; }

private:
  TensorFile(std::string path, FileBytes bytes)
      : name(std::move(path)), mapped(std::move(bytes)) {}

  std::string name;
  FileBytes mapped;
  /// On the heap, so that `content` survives a move.
  std::vector<std::string> inflated;
  const char *content = nullptr;
  TensorHeader header;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_TENSORFILE_H
