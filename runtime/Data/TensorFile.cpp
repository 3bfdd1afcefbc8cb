//===- TensorFile.cpp - Tensors in .npy and IDX files ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/TensorFile.h"
#include "runtime/Data/Compressed.h"

namespace dpc::rt {

static constexpr std::string_view npyMagic("\x93NUMPY", 6);

Expected<TensorHeader> parseTensorHeader(std::string_view prefix,
                                         const std::string &where) {
  if (prefix.empty())
    return Error{where, "the file is empty", ""};
  if (prefix.starts_with(npyMagic))
    return parseNpyHeader(prefix, where);
  if (prefix.size() >= 4 && prefix[0] == 0 && prefix[1] == 0)
    return parseIdxHeader(prefix, where);
  if (npyMagic.starts_with(prefix))
    return Error{where, "the file is cut short", "write it again"};
  if (prefix.starts_with("PK\x03\x04"))
    return Error{where, "is a .npz or zip archive, not a .npy or IDX file",
                 "save each array on its own with numpy.save"};
  if (prefix.starts_with("PAR1"))
    return Error{where, "is a Parquet file of another name",
                 "call it NAME.parquet"};
  return Error{where, "is neither a .npy nor an IDX file",
               "save the array with numpy.save"};
}

Expected<TensorFile> TensorFile::open(const std::string &path) {
  Expected<FileBytes> bytes = FileBytes::open(path);
  if (!bytes.ok())
    return bytes.error();
  TensorFile file(path, std::move(*bytes));
  std::string_view view = file.mapped.view();
  bool compressed = isCompressed(view);
  std::string inflatedPrefix;
  std::string_view prefix = view;
  if (compressed) {
    Expected<std::string> start = decompressPrefix(view, maxTensorHeader, path);
    if (!start.ok())
      return start.error();
    inflatedPrefix = std::move(*start);
    prefix = inflatedPrefix;
  }
  Expected<TensorHeader> header = parseTensorHeader(prefix, path);
  if (!header.ok())
    return header.error();
  file.header = std::move(*header);
  uint64_t size =
      file.header.dataOffset + static_cast<uint64_t>(file.header.dataBytes);
  if (compressed) {
    Expected<std::string> all = decompressExactly(view, size, path);
    if (!all.ok())
      return all.error();
    file.inflated.push_back(std::move(*all));
    file.content = file.inflated.front().data() + file.header.dataOffset;
    return file;
  }
  if (view.size() != size) {
    std::string promise = std::to_string(file.header.dataBytes) +
                          " bytes of data (" + typeName(file.header.dtype) +
                          shapeString(file.header.shape) +
                          ") that its header promises";
    uint64_t held = view.size() - file.header.dataOffset;
    if (view.size() < size)
      return Error{path,
                   "the file is cut short: it holds " + std::to_string(held) +
                       " of the " + promise,
                   "copy or write the file again"};
    return Error{path,
                 "holds " + std::to_string(held) + " bytes, more than the " +
                     promise,
                 "the file may be damaged; write it again"};
  }
  file.content = view.data() + file.header.dataOffset;
  return file;
}

} // namespace dpc::rt
