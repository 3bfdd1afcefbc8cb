//===- LibraryCalls.cpp - What generated code asks of libraries -----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CPU/CPUDevice.h"
#include "runtime/CPU/Matmul.h"
#include "runtime/Core/Context.h"

void dpc_matmul(DpcContext *ctx, int32_t instr, const void *a, const void *b,
                void *c, void *workspace, int32_t type, int64_t batch,
                int64_t m, int64_t n, int64_t k, int32_t transA,
                int32_t transB) {
  dpc::rt::MatmulShape shape{
      static_cast<DpcType>(type), batch, m, n, k, transA != 0, transB != 0};
  auto &device = static_cast<dpc::rt::CPUDevice &>(ctx->device);
  std::string failure = device.getCache<dpc::rt::MatmulCache>().run(
      ctx->current->index, instr, shape, a, b, c,
      static_cast<float *>(workspace));
  if (!failure.empty())
    ctx->fail(failure);
}
