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
  /// Whether dimension 0 of the argument is the batch.
  llvm::SmallVector<bool> isBatched;
  /// Size of the batch, 0 if no input has rows.
  int64_t batch = 0;
};

/// Binds the dimensions of `main`'s arguments, whose names are in `onnx.dims`.
/// `batch` (0: not given) binds the first dimension of inputs and, by its name,
/// every other dimension of that name; `dims` is a list NAME=N,NAME=N, which
/// goes before. An error is reported at the input and names it, the dimension
/// and the flag that is missing.
mlir::FailureOr<BoundInputs> bindDims(mlir::func::FuncOp main, int64_t batch,
                                      llvm::StringRef dims);

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_BINDDIMS_H
