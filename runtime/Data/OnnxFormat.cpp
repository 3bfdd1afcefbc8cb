//===- OnnxFormat.cpp - Field numbers of ONNX's schema --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/OnnxFormat.h"

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

} // namespace dpc::rt::onnx
