//===- Verify.h - dpc verify ------------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_VERIFY_H
#define DPC_COMPILER_DRIVER_VERIFY_H

#include "compiler/Driver/Options.h"

#include "mlir/IR/BuiltinOps.h"

#include <functional>

namespace dpc {

struct VerifyOptions {
  int64_t steps = 2;  ///< training steps, each from the last one's results
  double rtol = 1e-9; ///< largest error, relative to a tensor's largest value
  uint64_t seed = 0;  ///< of the random inputs
  bool quiet = false; ///< print the summary line only
  /// For tests of the comparison: change the whole program before it is split,
  /// and the split one before it is compared.
  std::function<llvm::LogicalResult(mlir::ModuleOp)> changeWhole, changeSplit;
};

/// `dpc verify`: interprets the whole program and the partitioned one in f64 on
/// the same random inputs and the model's parameters, and compares the loss,
/// every gradient, and every updated parameter and optimizer state. Padding is
/// filled with NaN, so that a result that depends on it cannot pass. Exit
/// status: 0 if all agree.
int verify(const CompileOptions &options, const VerifyOptions &verifyOptions);

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_VERIFY_H
