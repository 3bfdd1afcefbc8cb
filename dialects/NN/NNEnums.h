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

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_NNENUMS_H
