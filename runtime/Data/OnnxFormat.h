//===- OnnxFormat.h - Field numbers of ONNX's schema ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// As far as weights need them: the runtime reads and writes protobuf's wire
// format without the library.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_ONNXFORMAT_H
#define DPC_RUNTIME_DATA_ONNXFORMAT_H

#include "runtime/Core/Types.h"

#include <optional>
#include <string_view>

namespace dpc::rt::onnx {

/// ModelProto and GraphProto.
enum Model { Graph = 7 };
enum GraphField { Initializer = 5 };
enum TensorField {
  Dims = 1,
  DataType = 2,
  FloatData = 4,
  Int64Data = 7,
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

/// One field of a message.
struct Field {
  unsigned number = 0;
  /// Of a varint or of a fixed width.
  uint64_t value = 0;
  /// Of a string, bytes, a message or packed numbers.
  std::string_view content;
  bool hasContent = false;
};

/// Takes a message apart, field by field.
class Message {
public:
  explicit Message(std::string_view bytes) : bytes(bytes) {}

  /// False at the end, or where the bytes are no message.
  bool next(Field &field);
  /// At the end: whether all of it was one.
  bool isWhole() const { return whole; }

  /// Takes a varint off the front of packed numbers; false where there is none.
  static bool takeVarint(std::string_view &bytes, uint64_t &value);

private:
  std::string_view bytes;
  bool whole = true;
};

} // namespace dpc::rt::onnx

#endif // DPC_RUNTIME_DATA_ONNXFORMAT_H
