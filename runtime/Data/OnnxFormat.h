//===- OnnxFormat.h - Field numbers of ONNX's schema ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// As far as weights need them.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_ONNXFORMAT_H
#define DPC_RUNTIME_DATA_ONNXFORMAT_H

#include "runtime/Core/Types.h"

#include <optional>

namespace dpc::rt::onnx {

/// ModelProto and GraphProto.
enum Model { Graph = 7 };
enum GraphField { Initializer = 5 };
enum TensorField {
  Dims = 1,
  DataType = 2,
  FloatData = 4,
  Name = 8,
  RawData = 9,
  DoubleData = 10,
  ExternalData = 13,
  DataLocation = 14
};
/// StringStringEntryProto.
enum StringEntry { Key = 1, Value = 2 };
/// TensorProto.DataLocation.
inline constexpr char externalLocation = 1;

/// The type that TensorProto.DataType calls `number`.
std::optional<DpcType> parseDataType(uint64_t number);

} // namespace dpc::rt::onnx

#endif // DPC_RUNTIME_DATA_ONNXFORMAT_H
