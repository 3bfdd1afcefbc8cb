//===- Composed.h - What several operators are composed of ------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_COMPOSED_H
#define DPC_PASSES_LEGALIZE_COMPOSED_H

#include "dialects/NN/Builders.h"

namespace dpc::legalize {

/// The integer of every element along dimension `dim` of `shape`.
mlir::Value buildIota(nn::Math &m, mlir::Value like, int64_t dim);

/// Whether an element of x is NaN; null if it cannot be.
mlir::Value buildIsNaN(nn::Math &m, mlir::Value x);

/// x reduced along `dims`, booleans too: as numbers.
mlir::Value buildReduce(nn::Math &m, nn::ReduceKind kind, mlir::Value x,
                        llvm::ArrayRef<int64_t> dims);

/// The sum along `dim` of the elements of x that `isChosen` names, of which
/// there is at most one: that one, or 0. What is not chosen may be anything.
mlir::Value buildChoice(nn::Math &m, mlir::Value isChosen, mlir::Value x,
                        int64_t dim);

/// The product along `dim`, by halves. Its derivatives are right at zeros.
mlir::Value buildProduct(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value x, int64_t dim);

/// The index (i64) along `dim` of the first or last element of x that attains
/// the extreme, among those that `isCandidate` names (null: all). NaN goes
/// before numbers. Without a candidate it is the dimension's extent, or -1.
mlir::Value buildArgExtreme(nn::Math &m, nn::ReduceKind kind, mlir::Value x,
                            int64_t dim, bool isLast,
                            mlir::Value isCandidate = {});

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_COMPOSED_H
