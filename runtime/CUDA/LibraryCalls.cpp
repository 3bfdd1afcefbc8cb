//===- LibraryCalls.cpp - What generated code asks of a GPU ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Support/ProductParts.h"
#include "runtime/CUDA/CUDADevice.h"
#include "runtime/CUDA/DeviceCode.h"
#include "runtime/Core/Context.h"

static dpc::rt::CUDADevice &deviceOf(DpcContext *ctx) {
  return static_cast<dpc::rt::CUDADevice &>(ctx->device);
}

void dpc_launch(DpcContext *ctx, int32_t kernel, int64_t grid, int32_t block,
                void *const *addresses, int32_t count) {
  std::string failure =
      deviceOf(ctx).launch(kernel, grid, block, addresses, count);
  if (!failure.empty())
    ctx->fail(failure);
}

static void multiply(DpcContext *ctx, const dpc::rt::Product &product,
                     const dpc::rt::ProductBuffers &buffers) {
  std::string failure = deviceOf(ctx).multiply(product, buffers);
  if (!failure.empty())
    ctx->fail(failure);
}

void dpc_matmul(DpcContext *ctx, int32_t, const void *a, const void *b, void *c,
                void *workspace, int32_t type, int64_t batch, int64_t m,
                int64_t n, int64_t k, int32_t transA, int32_t transB) {
  multiply(ctx,
           {static_cast<DpcType>(type), batch, m, n, k,
            (transA ? dpc::kTransA : 0) | (transB ? dpc::kTransB : 0)},
           {a, b, c, workspace});
}

void dpc_product(DpcContext *ctx, int32_t, const void *a, const void *b,
                 void *c, void *workspace, int32_t type, int64_t batch,
                 int64_t m, int64_t n, int64_t k, int32_t parts) {
  multiply(ctx, {static_cast<DpcType>(type), batch, m, n, k, parts},
           {a, b, c, workspace});
}

void dpc_product_with(DpcContext *ctx, int32_t, const void *a, const void *b,
                      const void *operand, void *c, void *workspace,
                      int32_t type, int64_t batch, int64_t m, int64_t n,
                      int64_t k, int32_t parts) {
  multiply(ctx, {static_cast<DpcType>(type), batch, m, n, k, parts},
           {a, b, c, workspace, operand});
}

void dpc_product_and(DpcContext *ctx, int32_t, const void *a, const void *b,
                     void *c, void *result, void *workspace, int32_t type,
                     int64_t batch, int64_t m, int64_t n, int64_t k,
                     int32_t parts) {
  multiply(ctx, {static_cast<DpcType>(type), batch, m, n, k, parts},
           {a, b, c, workspace, nullptr, result});
}

void dpc_product_with_and(DpcContext *ctx, int32_t, const void *a,
                          const void *b, const void *operand, void *c,
                          void *result, void *workspace, int32_t type,
                          int64_t batch, int64_t m, int64_t n, int64_t k,
                          int32_t parts) {
  multiply(ctx, {static_cast<DpcType>(type), batch, m, n, k, parts},
           {a, b, c, workspace, operand, result});
}
