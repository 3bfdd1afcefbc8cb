//===- Limits.h - What a model file may ask for -----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A file of a few hundred bytes can describe a program of any size. These
// bounds hold for import and legalization together: whatever the file, they
// end within seconds and keep, beside the file itself, less than 2 GiB. No real
// model comes near one of them; what does is refused by name.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_ONNX_LIMITS_H
#define DPC_DIALECTS_ONNX_LIMITS_H

#include <cstddef>
#include <cstdint>

namespace dpc::limits {

/// Bytes of the file beside its weights, and of what protobuf makes of them:
/// small messages grow up to a hundredfold.
inline constexpr size_t kSkeletonBytes = 256u << 20;
inline constexpr int64_t kParsedBytes = int64_t(1) << 30;

/// Nodes of the model with its functions expanded. Functions that call
/// functions grow exponentially; GPT-3's 96 layers are 10^4 nodes.
inline constexpr int64_t kNodes = 200'000;

/// What a node costs beside itself: its operands, results, attributes and
/// names, on average over all nodes.
inline constexpr int64_t kWorkPerNode = 16;

/// Functions that call each other, one inside of the other.
inline constexpr unsigned kCallDepth = 64;

/// Bytes of a name. It stands in messages, plans and headers.
inline constexpr size_t kNameBytes = 4096;

/// Dimensions of a tensor: numpy stops at 64 as well.
inline constexpr int64_t kRank = 64;

/// Elements of a tensor. Products with the size of an element and with those of
/// other tensors stay below 2^63.
inline constexpr int64_t kElements = int64_t(1) << 48;

/// Elements of an integer initializer that is a constant of the program, and of
/// one that is read when importing, so that shapes can be computed with it: the
/// sizes of Split make the longest such list.
inline constexpr int64_t kInlineElements = 1024;
inline constexpr int64_t kReadElements = 1 << 14;

/// The same of a vector of floats: the scales of Resize.
inline constexpr int64_t kReadReals = 16;

/// Bytes of constants that are stored outside of the file but needed now. A
/// file may claim any size at no cost.
inline constexpr int64_t kExternalConstantBytes = int64_t(1) << 30;

/// Elements of a tensor on the way to a shape, an axis or another number that
/// legalization must know, and of all such tensors together.
inline constexpr int64_t kConstantElements = 1 << 16;
inline constexpr int64_t kFoldedElements = 1 << 25;

/// Multiplications of the legalized program, and bytes of all its values: a
/// training step is a few times as much, and is counted in 63 bits.
inline constexpr int64_t kWork = int64_t(1) << 58;
inline constexpr int64_t kBytes = int64_t(1) << 58;

/// Operations of the legalized program, and operands of a node. Later passes
/// take about 0.1 ms for each.
inline constexpr int64_t kOperations = 100'000;

} // namespace dpc::limits

#endif // DPC_DIALECTS_ONNX_LIMITS_H
