//===- DeviceKernel.h - A kernel as a GPU runs it ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_TARGET_CUDA_DEVICEKERNEL_H
#define DPC_COMPILER_TARGET_CUDA_DEVICEKERNEL_H

#include "dialects/Plan/PlanDialect.h"

#include "mlir/IR/BuiltinOps.h"

namespace dpc {

/// On a function of the device: the threads of a block, an i32.
inline constexpr llvm::StringLiteral kBlockThreadsAttr = "dpc.block_threads";

/// On such a function: its buffers in their order, as a line of the code's text
/// says it, "in 512, inout 40": bytes, and whether what they hold is read ("in"),
/// replaced ("out") or both ("inout").
inline constexpr llvm::StringLiteral kBuffersAttr = "dpc.buffers";

/// How a kernel is started.
struct DeviceLaunch {
  int64_t grid = 1;   ///< blocks
  int64_t block = 32; ///< threads of each
};

/// Writes the kernel as a function of that name, of its buffers, which may lie
/// at multiples of `alignments` bytes. Errors are emitted at the kernel.
llvm::FailureOr<DeviceLaunch>
writeDeviceKernel(plan::KernelOp kernel, mlir::ModuleOp device,
                  llvm::StringRef name, llvm::ArrayRef<int64_t> alignments);

/// Adds @dpc_product_TYPE, which multiplies matrices of that type:
/// (A, B, C, m, n, k, transA, transB), a block for each 64 x 64 elements of each
/// C of a batch.
llvm::LogicalResult addProductKernel(mlir::ModuleOp device,
                                     mlir::Type elementType);

/// Adds what does an epilogue (ProductParts.h) where no library does it:
///   @dpc_epilogue_TYPE(C, operand, kept, elements, columns, parts), in place
///   @dpc_sum_rows_FROM_TO(A, sums, rows, columns, each): of so many rows each
llvm::LogicalResult addEpilogueKernels(mlir::ModuleOp device,
                                       mlir::Type elementType);

} // namespace dpc

#endif // DPC_COMPILER_TARGET_CUDA_DEVICEKERNEL_H
