//===- DeviceCode.h - What the target cuda adds to the interface -*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Beside runtime/Core/ABI.h, between the object that `dpc compile --target cuda`
// generates and the runtime. The object defines
//   dpc_device_ptx[]       the code of all kernels, for sm_80 and later, with a
//                          zero behind it; that zero alone without kernels
//   dpc_device_sm80[], ..  the same as machine code, empty where it was not made
//   dpc_device_kernels[]   the kernels' names, a newline behind each, in the
//                          order of their numbers
// with the size of each in NAME_size.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_DEVICECODE_H
#define DPC_RUNTIME_CUDA_DEVICECODE_H

#include "runtime/Core/ABI.h"

extern "C" {

extern const char dpc_device_ptx[], dpc_device_sm80[], dpc_device_sm90[],
    dpc_device_sm120[], dpc_device_kernels[];
extern const uint64_t dpc_device_ptx_size, dpc_device_sm80_size,
    dpc_device_sm90_size, dpc_device_sm120_size, dpc_device_kernels_size;

/// Starts a kernel: `grid` blocks of `block` threads, on `count` buffers.
void dpc_launch(DpcContext *ctx, int32_t kernel, int64_t grid, int32_t block,
                void *const *addresses, int32_t count);

/// Forms of #plan.product: with one more operand behind B, one more result behind
/// C, or both. `parts`: dialects/Support/ProductParts.h.
void dpc_product(DpcContext *ctx, int32_t instr, const void *a, const void *b,
                 void *c, void *workspace, int32_t type, int64_t batch,
                 int64_t m, int64_t n, int64_t k, int32_t parts);
void dpc_product_with(DpcContext *ctx, int32_t instr, const void *a,
                      const void *b, const void *operand, void *c,
                      void *workspace, int32_t type, int64_t batch, int64_t m,
                      int64_t n, int64_t k, int32_t parts);
void dpc_product_and(DpcContext *ctx, int32_t instr, const void *a,
                     const void *b, void *c, void *result, void *workspace,
                     int32_t type, int64_t batch, int64_t m, int64_t n,
                     int64_t k, int32_t parts);
void dpc_product_with_and(DpcContext *ctx, int32_t instr, const void *a,
                          const void *b, const void *operand, void *c,
                          void *result, void *workspace, int32_t type,
                          int64_t batch, int64_t m, int64_t n, int64_t k,
                          int32_t parts);
}

#endif // DPC_RUNTIME_CUDA_DEVICECODE_H
