//===- Types.cpp - Element types and shapes -------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Types.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

namespace dpc::rt {

namespace {
struct TypeInfo {
  DpcType type;
  const char *name;
  const char *numpy;
  int bytes;
};
// Indexed by DpcType.
constexpr TypeInfo typeTable[] = {
    {DPC_F32, "f32", "float32", 4}, {DPC_F64, "f64", "float64", 8},
    {DPC_I32, "i32", "int32", 4},   {DPC_I64, "i64", "int64", 8},
    {DPC_I8, "i8", "int8", 1},      {DPC_U8, "u8", "uint8", 1},
    {DPC_I1, "i1", "bool", 1},      {DPC_BF16, "bf16", "bfloat16", 2},
    {DPC_F16, "f16", "float16", 2}, {DPC_I16, "i16", "int16", 2},
    {DPC_U16, "u16", "uint16", 2},  {DPC_U32, "u32", "uint32", 4},
    {DPC_U64, "u64", "uint64", 8},
};
} // namespace

std::optional<DpcType> parseType(std::string_view name) {
  for (const TypeInfo &info : typeTable)
    if (name == info.name)
      return info.type;
  return std::nullopt;
}

const char *typeName(DpcType type) { return typeTable[type].name; }
const char *numpyName(DpcType type) { return typeTable[type].numpy; }
int64_t typeBytes(DpcType type) { return typeTable[type].bytes; }

bool isFloat(DpcType type) {
  return type == DPC_F32 || type == DPC_F64 || type == DPC_BF16 ||
         type == DPC_F16;
}

bool isSigned(DpcType type) {
  return isFloat(type) || type == DPC_I8 || type == DPC_I16 ||
         type == DPC_I32 || type == DPC_I64;
}

std::string shapeString(const Shape &shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

std::optional<int64_t> elementCount(const Shape &shape) {
  // A dimension of 0 makes the product 0, however large the others are.
  int64_t count = 1;
  bool zero = false, overflow = false;
  for (int64_t dim : shape) {
    if (dim < 0)
      return std::nullopt;
    if (dim == 0)
      zero = true;
    else
      overflow |= __builtin_mul_overflow(count, dim, &count);
  }
  if (zero)
    return 0;
  return overflow ? std::nullopt : std::optional<int64_t>(count);
}

std::optional<int64_t> byteCount(const Shape &shape, DpcType type) {
  std::optional<int64_t> count = elementCount(shape);
  int64_t bytes = 0;
  if (!count || __builtin_mul_overflow(*count, typeBytes(type), &bytes))
    return std::nullopt;
  return bytes;
}

float floatFromBf16(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

uint16_t bf16FromFloat(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if (std::isnan(value))
    return static_cast<uint16_t>((bits >> 16) | 0x40);
  bits += 0x7fff + ((bits >> 16) & 1);
  return static_cast<uint16_t>(bits >> 16);
}

float floatFromF16(uint16_t bits) {
  uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
  uint32_t exponent = (bits >> 10) & 0x1f;
  uint32_t mantissa = bits & 0x3ff;
  if (exponent == 0) {
    float magnitude = std::ldexp(static_cast<float>(mantissa), -24);
    return sign ? -magnitude : magnitude;
  }
  if (exponent == 31)
    return std::bit_cast<float>(sign | 0x7f800000 | (mantissa << 13));
  return std::bit_cast<float>(sign | ((exponent + 112) << 23) |
                              (mantissa << 13));
}

uint16_t f16FromFloat(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  uint16_t sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000)
    return sign | 0x7e00 | static_cast<uint16_t>((magnitude >> 13) & 0x3ff);
  if (magnitude >= 0x477ff000) // rounds to 2^16 or more
    return sign | 0x7c00;
  if (magnitude < 0x38800000) { // below the smallest normal number
    // In units of 2^-24 the result is the subnormal's mantissa; nearbyint
    // rounds ties to even.
    float units = std::ldexp(std::bit_cast<float>(magnitude), 24);
    return sign | static_cast<uint16_t>(std::nearbyint(units));
  }
  uint32_t rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
  return sign | static_cast<uint16_t>((rounded - (112u << 23)) >> 13);
}

namespace {
template <typename T> T load(const void *source) {
  T value;
  std::memcpy(&value, source, sizeof(T));
  return value;
}
template <typename T> void store(void *target, T value) {
  std::memcpy(target, &value, sizeof(T));
}

/// An element read without loss: an integer, or a double.
struct Number {
  bool floating = false;
  double real = 0;
  // Integers as sign and magnitude, so that u64 and i64 both fit.
  bool negative = false;
  uint64_t magnitude = 0;
};

Number signedNumber(int64_t value) {
  uint64_t bits = static_cast<uint64_t>(value);
  return {false, 0, value < 0, value < 0 ? 0 - bits : bits};
}
Number unsignedNumber(uint64_t value) { return {false, 0, false, value}; }
Number realNumber(double value) { return {true, value, false, 0}; }

Number readNumber(const void *source, DpcType type) {
  switch (type) {
  case DPC_F32:
    return realNumber(load<float>(source));
  case DPC_F64:
    return realNumber(load<double>(source));
  case DPC_BF16:
    return realNumber(floatFromBf16(load<uint16_t>(source)));
  case DPC_F16:
    return realNumber(floatFromF16(load<uint16_t>(source)));
  case DPC_I8:
    return signedNumber(load<int8_t>(source));
  case DPC_I16:
    return signedNumber(load<int16_t>(source));
  case DPC_I32:
    return signedNumber(load<int32_t>(source));
  case DPC_I64:
    return signedNumber(load<int64_t>(source));
  case DPC_U8:
    return unsignedNumber(load<uint8_t>(source));
  case DPC_I1:
    return unsignedNumber(load<uint8_t>(source) != 0);
  case DPC_U16:
    return unsignedNumber(load<uint16_t>(source));
  case DPC_U32:
    return unsignedNumber(load<uint32_t>(source));
  case DPC_U64:
    return unsignedNumber(load<uint64_t>(source));
  }
  return {};
}

/// Stores sign and magnitude as the integer type T, if it fits.
template <typename T> bool storeInteger(void *target, const Number &n) {
  uint64_t limit = static_cast<uint64_t>(std::numeric_limits<T>::max());
  if (n.negative)
    limit = std::numeric_limits<T>::is_signed ? limit + 1 : 0;
  if (n.magnitude > limit)
    return false;
  store<T>(target, static_cast<T>(n.negative ? 0 - n.magnitude : n.magnitude));
  return true;
}

bool storeNumber(void *target, DpcType type, const Number &n) {
  switch (type) {
  case DPC_I8:
    return storeInteger<int8_t>(target, n);
  case DPC_I16:
    return storeInteger<int16_t>(target, n);
  case DPC_I32:
    return storeInteger<int32_t>(target, n);
  case DPC_I64:
    return storeInteger<int64_t>(target, n);
  case DPC_U8:
    return storeInteger<uint8_t>(target, n);
  case DPC_U16:
    return storeInteger<uint16_t>(target, n);
  case DPC_U32:
    return storeInteger<uint32_t>(target, n);
  case DPC_U64:
    return storeInteger<uint64_t>(target, n);
  case DPC_I1:
    return n.magnitude <= 1 && storeInteger<uint8_t>(target, n);
  default:
    return false;
  }
}
} // namespace

double readElement(const void *source, DpcType type) {
  Number n = readNumber(source, type);
  if (n.floating)
    return n.real;
  double magnitude = static_cast<double>(n.magnitude);
  return n.negative ? -magnitude : magnitude;
}

void writeElement(void *target, DpcType type, double value) {
  switch (type) {
  case DPC_F32:
    return store(target, static_cast<float>(value));
  case DPC_F64:
    return store(target, value);
  case DPC_BF16:
    return store(target, bf16FromFloat(static_cast<float>(value)));
  case DPC_F16:
    return store(target, f16FromFloat(static_cast<float>(value)));
  default: {
    Number n{false, 0, value < 0, static_cast<uint64_t>(std::fabs(value))};
    storeNumber(target, type, n);
  }
  }
}

bool convertElement(const void *source, DpcType sourceType, void *target,
                    DpcType targetType) {
  Number n = readNumber(source, sourceType);
  if (isFloat(targetType)) {
    double value = readElement(source, sourceType);
    writeElement(target, targetType, value);
    double back = readElement(target, targetType);
    if (n.floating)
      return std::isfinite(value) == std::isfinite(back);
    // 2^64 itself is not a uint64_t; a magnitude that rounds up to it is not
    // representable anyway.
    double size = std::fabs(back);
    return size < 0x1p64 && static_cast<uint64_t>(size) == n.magnitude;
  }
  if (n.floating) {
    double size = std::fabs(n.real);
    if (!(size < 0x1p64) || std::trunc(n.real) != n.real)
      return false;
    n = Number{false, 0, n.real < 0, static_cast<uint64_t>(size)};
  }
  return storeNumber(target, targetType, n);
}

std::string elementString(const void *source, DpcType type) {
  Number n = readNumber(source, type);
  if (n.floating) {
    char text[40];
    std::snprintf(text, sizeof(text), "%.9g", n.real);
    return text;
  }
  return (n.negative ? "-" : "") + std::to_string(n.magnitude);
}

} // namespace dpc::rt
