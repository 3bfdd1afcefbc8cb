//===- Protobuf.h - Protobuf's wire format ----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// As far as the runtime reads and writes it, so that executables need no library
// for that: ONNX files and TensorBoard's events.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_PROTOBUF_H
#define DPC_DIALECTS_SUPPORT_PROTOBUF_H

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace dpc::protobuf {

enum WireType : unsigned { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

inline void appendVarint(std::string &out, uint64_t number) {
  for (; number >= 0x80; number >>= 7)
    out += static_cast<char>(number | 0x80);
  out += static_cast<char>(number);
}

inline void appendTag(std::string &out, unsigned field, WireType type) {
  appendVarint(out, field << 3 | type);
}

/// The tag and length of a field that `length` bytes follow.
inline void appendHeader(std::string &out, unsigned field, uint64_t length) {
  appendTag(out, field, Bytes);
  appendVarint(out, length);
}

/// A string, bytes, a message or packed numbers.
inline void appendField(std::string &out, unsigned field,
                        std::string_view content) {
  appendHeader(out, field, content.size());
  out += content;
}

/// One field of a message.
struct Field {
  unsigned number = 0;
  /// Of a varint or of a fixed width.
  uint64_t value = 0;
  std::string_view content;
  bool hasContent = false;
};

/// Takes a message apart, field by field.
class Message {
public:
  explicit Message(std::string_view bytes) : bytes(bytes) {}

  /// False at the end, or where the bytes are no message.
  bool next(Field &field) {
    if (bytes.empty() || !whole)
      return false;
    return whole = take(field);
  }
  /// At the end: whether all of it was one.
  bool isWhole() const { return whole; }

  /// Takes a varint off the front of packed numbers; false where there is none.
  static bool takeVarint(std::string_view &bytes, uint64_t &value) {
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

private:
  bool take(Field &field) {
    uint64_t tag = 0, length = 0;
    if (!takeVarint(bytes, tag))
      return false;
    field = {static_cast<unsigned>(tag >> 3), 0, {}, false};
    switch (tag & 7) {
    case Varint:
      return takeVarint(bytes, field.value);
    case Fixed64:
      return takeFixed(8, field.value);
    case Fixed32:
      return takeFixed(4, field.value);
    case Bytes:
      if (!takeVarint(bytes, length) || length > bytes.size())
        return false;
      field.content = bytes.substr(0, length);
      field.hasContent = true;
      bytes.remove_prefix(length);
      return true;
    default:
      return false;
    }
  }
  bool takeFixed(size_t width, uint64_t &value) {
    if (bytes.size() < width)
      return false;
    std::memcpy(&value, bytes.data(), width);
    bytes.remove_prefix(width);
    return true;
  }

  std::string_view bytes;
  bool whole = true;
};

} // namespace dpc::protobuf

#endif // DPC_DIALECTS_SUPPORT_PROTOBUF_H
