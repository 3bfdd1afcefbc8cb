//===- NcclReduce.h - Sums of the stand-in for NCCL -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_NCCLREDUCE_H
#define DPC_TEST_HOSTCUDA_NCCLREDUCE_H

#include "test/hostcuda/Nccl.h"

namespace dpc::hostcuda::nccl {

/// into = into op from, each result rounded to the type; ncclAvg adds.
void reduce(uint8_t *into, const uint8_t *from, uint64_t count,
            ncclDataType_t type, ncclRedOp_t op);
void divide(uint8_t *values, uint64_t count, ncclDataType_t type, int by);

} // namespace dpc::hostcuda::nccl

#endif // DPC_TEST_HOSTCUDA_NCCLREDUCE_H
