//===- Types.h - Element types and shapes -----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_TYPES_H
#define DPC_RUNTIME_CORE_TYPES_H

#include "runtime/Core/ABI.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dpc::rt {

using Shape = std::vector<int64_t>;

/// The type that the plan's JSON calls `name` ("f32", "bf16", ...).
std::optional<DpcType> parseType(std::string_view name);

/// The plan's name of a type.
const char *typeName(DpcType type);

/// NumPy's name of a type, for hints such as `.astype("float32")`.
const char *numpyName(DpcType type);

/// Bytes per element; i1 is one byte.
int64_t typeBytes(DpcType type);

bool isFloat(DpcType type);
bool isSigned(DpcType type);

/// "[100, 28, 28]".
std::string shapeString(const Shape &shape);

/// Product of the dimensions; none when a dimension is negative or the product
/// overflows.
std::optional<int64_t> elementCount(const Shape &shape);

/// elementCount * typeBytes, with the same overflow rule.
std::optional<int64_t> byteCount(const Shape &shape, DpcType type);

// Conversions of the 16-bit floats; rounding to nearest, ties to even.
float floatFromBf16(uint16_t bits);
float floatFromF16(uint16_t bits);
uint16_t bf16FromFloat(float value);
uint16_t f16FromFloat(float value);

/// The element at `source` as a double (64-bit integers may be rounded).
double readElement(const void *source, DpcType type);

/// Writes `value` at `target`, rounded to the type. The caller keeps integer
/// values in range.
void writeElement(void *target, DpcType type, double value);

/// Converts one element between types. False when the value has no
/// counterpart: an integer out of the target's range or not exactly
/// representable as a float, a float that is not integral as an integer, a
/// finite float beyond the target's range. Float to float may round.
bool convertElement(const void *source, DpcType sourceType, void *target,
                    DpcType targetType);

/// The element at `source` printed for a message: integers exactly.
std::string elementString(const void *source, DpcType type);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_TYPES_H
