//===- SafetensorsHeader.h - Headers of safetensors files -------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What writes the format, when compiling and when training ends: a header, and
// behind it the tensors' elements, row-major, in the order of the header.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_SAFETENSORSHEADER_H
#define DPC_DIALECTS_SUPPORT_SAFETENSORSHEADER_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dpc {

struct SafetensorsType {
  /// The format's name, and that in plans.
  std::string_view name, dtype;
};
inline constexpr SafetensorsType safetensorsTypes[] = {
    {"F32", "f32"}, {"F64", "f64"}, {"F16", "f16"}, {"BF16", "bf16"},
    {"I8", "i8"},   {"I16", "i16"}, {"I32", "i32"}, {"I64", "i64"},
    {"U8", "u8"},   {"U16", "u16"}, {"U32", "u32"}, {"U64", "u64"},
    {"BOOL", "i1"}};

class SafetensorsHeader {
public:
  /// One entry of metadata.
  SafetensorsHeader(const std::string &key, const std::string &value);

  /// The next tensor, `bytes` long. False if the format has no such type.
  bool add(std::string_view name, std::string_view dtype,
           std::span<const int64_t> shape, uint64_t bytes);

  /// The file up to the data, which starts at a multiple of `alignment`.
  std::string make(uint64_t alignment = 64) const;
  /// The length of the data.
  uint64_t dataBytes() const { return offset; }

private:
  /// Up to the last tensor that was added.
  std::string text;
  uint64_t offset = 0;
};

} // namespace dpc

#endif // DPC_DIALECTS_SUPPORT_SAFETENSORSHEADER_H
