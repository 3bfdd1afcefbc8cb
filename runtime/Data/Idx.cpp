//===- Idx.cpp - Headers of IDX files -------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The format of MNIST: two zero bytes, a type, the number of dimensions, the
// dimensions as big-endian u32, the data in big-endian row-major order.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/TensorFile.h"

namespace dpc::rt {

Expected<TensorHeader> parseIdxHeader(std::string_view prefix,
                                      const std::string &where) {
  auto byte = [&](size_t at) { return static_cast<uint8_t>(prefix[at]); };
  if (prefix.size() < 4 || byte(0) != 0 || byte(1) != 0)
    return Error{where, "is not an IDX file", ""};
  TensorHeader header;
  switch (byte(2)) {
  case 0x08:
    header.dtype = DPC_U8;
    break;
  case 0x09:
    header.dtype = DPC_I8;
    break;
  case 0x0b:
    header.dtype = DPC_I16;
    break;
  case 0x0c:
    header.dtype = DPC_I32;
    break;
  case 0x0d:
    header.dtype = DPC_F32;
    break;
  case 0x0e:
    header.dtype = DPC_F64;
    break;
  default:
    return Error{where, "is neither a .npy nor an IDX file",
                 "save the array with numpy.save"};
  }
  header.bigEndian = typeBytes(header.dtype) > 1;
  size_t rank = byte(3);
  header.dataOffset = 4 + 4 * rank;
  if (prefix.size() < header.dataOffset)
    return Error{where, "the IDX header is cut short",
                 "copy or write the file again"};
  for (size_t i = 0; i < rank; ++i) {
    uint32_t dim = 0;
    for (size_t j = 0; j < 4; ++j)
      dim = dim << 8 | byte(4 + 4 * i + j);
    header.shape.push_back(dim);
  }
  std::optional<int64_t> bytes = byteCount(header.shape, header.dtype);
  if (!bytes)
    return Error{where,
                 "the IDX header's shape " + shapeString(header.shape) +
                     " is too large",
                 "the file may be damaged"};
  header.dataBytes = *bytes;
  return header;
}

} // namespace dpc::rt
