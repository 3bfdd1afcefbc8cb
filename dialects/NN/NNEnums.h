//===- NNEnums.h - Enumerations of the nn dialect ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_NNENUMS_H
#define DPC_DIALECTS_NN_NNENUMS_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>

#include "dialects/NN/NNEnums.h.inc"

namespace dpc::nn {

/// What a gradient rule does with a result's gradient of 0, which is what
/// reaches an operand that was not chosen.
enum class GradientKind {
  Linear,    ///< moves, adds or scales it by constants: 0 stays 0
  Chooses,   ///< passes it on, or puts 0 in its place
  Scales,    ///< multiplies it by a derivative that may be infinite or NaN
  Saturates, ///< Scales, and the derivative may also be exactly 0
};

/// What of an op may be in 16 bits.
enum class Precision {
  Product, ///< the operands too: libraries multiply them, and sum in f32
  Carried, ///< elements are moved or chosen, or two added or multiplied: of
           ///< narrow operands the op itself is of the narrow type
  Stored,  ///< the result, which is computed in f32
  Inside,  ///< the result; operands that are made for it alone stay in f32
  Wide,    ///< nothing: a sum, or what may be far from 1
};

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_NNENUMS_H
