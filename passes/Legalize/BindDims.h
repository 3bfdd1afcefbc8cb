//===- BindDims.h - Sizes of symbolic dimensions ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_BINDDIMS_H
#define DPC_PASSES_LEGALIZE_BINDDIMS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinTypes.h"

namespace dpc::legalize {

/// What @main's arguments are once their symbolic dimensions have sizes.
struct BoundInputs {
  llvm::SmallVector<mlir::RankedTensorType> types;
  /// The dimension of the argument that holds the rows, -1 if none does.
  llvm::SmallVector<int64_t> batchDims;
  /// Size of the batch, 0 if no input has rows.
  int64_t batch = 0;
};

/// Binds the dimensions of `main`'s arguments, whose names are in `onnx.dims`;
/// `dims` is a list NAME=N,NAME=N.
///
/// The batch is a symbolic dimension, wherever it stands: one that is called a
/// batch, else of those that `dims` leaves open the first dimension of the
/// first input, else any; and every other dimension of the same symbol. A first
/// dimension with a symbol of its own that nothing binds counts as the batch,
/// too. In a model without symbols it is the first dimension of those inputs
/// that share its size, with a remark that says so. `batchDims` overrides all
/// that: a list of INPUT, INPUT:DIM or SYMBOL, or "none". `batch` (0: not
/// given) is its size.
///
/// An error is reported at the input and names it, the dimension and the flag
/// that is missing.
mlir::FailureOr<BoundInputs> bindDims(mlir::func::FuncOp main, int64_t batch,
                                      llvm::StringRef dims,
                                      llvm::StringRef batchDims);

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_BINDDIMS_H
