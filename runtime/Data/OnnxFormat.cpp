//===- OnnxFormat.cpp - Field numbers of ONNX's schema --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/OnnxFormat.h"

#include <cstring>

namespace dpc::rt::onnx {

std::optional<DpcType> parseDataType(uint64_t number) {
  constexpr std::pair<uint64_t, DpcType> types[] = {
      {1, DPC_F32},  {2, DPC_U8},   {3, DPC_I8},   {4, DPC_U16},  {5, DPC_I16},
      {6, DPC_I32},  {7, DPC_I64},  {9, DPC_I1},   {10, DPC_F16}, {11, DPC_F64},
      {12, DPC_U32}, {13, DPC_U64}, {16, DPC_BF16}};
  for (auto [known, type] : types)
    if (known == number)
      return type;
  return std::nullopt;
}

bool Message::takeVarint(std::string_view &bytes, uint64_t &value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    uint64_t byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80)
      return true;
  }
  return false;
}

bool Message::next(Field &field) {
  if (bytes.empty() || !whole)
    return false;
  whole = false;
  uint64_t tag = 0;
  if (!takeVarint(bytes, tag))
    return false;
  field = {static_cast<unsigned>(tag >> 3), 0, {}, false};
  size_t width = 0;
  switch (tag & 7) {
  case 0:
    return whole = takeVarint(bytes, field.value);
  case 1:
    width = 8;
    break;
  case 5:
    width = 4;
    break;
  case 2: {
    uint64_t length = 0;
    if (!takeVarint(bytes, length) || length > bytes.size())
      return false;
    field.content = bytes.substr(0, length);
    field.hasContent = true;
    bytes.remove_prefix(length);
    return whole = true;
  }
  default:
    return false;
  }
  if (bytes.size() < width)
    return false;
  std::memcpy(&field.value, bytes.data(), width);
  bytes.remove_prefix(width);
  return whole = true;
}

} // namespace dpc::rt::onnx
