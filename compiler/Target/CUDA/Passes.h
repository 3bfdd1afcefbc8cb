//===- Passes.h - From kernels to PTX ---------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_TARGET_CUDA_PASSES_H
#define DPC_COMPILER_TARGET_CUDA_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace dpc {

/// Each plan.kernel becomes a function of a module of the device, equal ones the
/// same, and one of the host that starts it:
///   @k(ctx, a, b)  { dpc_launch(ctx, 0, grid, block, [a, b], 2) }
std::unique_ptr<mlir::Pass> createSplitDeviceKernels();

/// In the module of the device: functions that PTX has no instruction for, as
/// arithmetic. An error for those of f64 that are not here.
std::unique_ptr<mlir::Pass> createExpandDeviceMath();

/// In such a function: loads that a condition chooses from, at clamped indices, are
/// done where they are chosen only.
std::unique_ptr<mlir::Pass> createSinkGuardedLoads();

/// The module of the device becomes what dpc_device_ptx and its like hold
/// (runtime/Core/ABI.h).
std::unique_ptr<mlir::Pass> createEmbedDeviceCode();

/// That text, of a module with it; "" without kernels.
llvm::StringRef getEmbeddedPTX(mlir::ModuleOp module);

} // namespace dpc

#endif // DPC_COMPILER_TARGET_CUDA_PASSES_H
