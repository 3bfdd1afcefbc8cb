//===- ChooseStrategy.h - Strategy model ------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_CHOOSESTRATEGY_H
#define DPC_COMPILER_DRIVER_CHOOSESTRATEGY_H

#include "compiler/Driver/Options.h"

#include "llvm/Support/LogicalResult.h"

namespace dpc {

/// Replaces the strategy `model` by the better of tensor and pipeline: makes
/// both plans and takes the one whose step is predicted to be shorter. A
/// strategy that the model or the options do not allow is out; if both are, the
/// error of the first is printed. `options.choice` says what was compared.
llvm::LogicalResult chooseStrategy(CompileOptions &options);

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_CHOOSESTRATEGY_H
