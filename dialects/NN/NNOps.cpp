//===- NNOps.cpp - Generated code of the nn operations --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The knowledge about the ops stands in NNOps.td (elementwise ops) and in one
// file a family: Elementwise.cpp, Generators.cpp, Shape.cpp, Reduce.cpp,
// Gather.cpp, CheckRange.cpp, Concat.cpp, Dot.cpp, Composites.cpp, Losses.cpp;
// RefineOps.cpp is about all of them.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"
#include "dialects/NN/NNDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/DialectImplementation.h"
#include <cmath>

using namespace mlir;
using namespace dpc::nn;

#define GET_OP_CLASSES
#include "dialects/NN/NNOps.cpp.inc"
