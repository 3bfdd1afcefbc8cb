//===- Activations.h - Activations that several operators have --*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_ACTIVATIONS_H
#define DPC_PASSES_LEGALIZE_ACTIVATIONS_H

#include "passes/Legalize/Binder.h"

namespace dpc::legalize {

enum class GeluKind { Erf, Tanh };

/// x Phi(x), Phi the normal distribution's; by erf or approximated by tanh
/// (Hendrycks and Gimpel, Gaussian Error Linear Units, 2016).
mlir::Value buildGelu(Binder &node, mlir::Value x, GeluKind kind);

/// x sigmoid(alpha x).
mlir::Value buildSwish(Binder &node, mlir::Value x, double alpha);

/// x above 0, `alpha` x elsewhere: a product, whose gradient is one too.
mlir::Value buildLeakyRelu(Binder &node, mlir::Value x, double alpha);

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_ACTIVATIONS_H
