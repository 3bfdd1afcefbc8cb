//===- CommBench.h - How long collectives take ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_RUNTIME_COMMBENCH_H
#define DPC_TEST_RUNTIME_COMMBENCH_H

#include "runtime/Comm/Control.h"

/// Prints, on rank 0, a JSON line for sums of several sizes over group 0.
void benchCollectives(dpc::rt::Control &control,
                      dpc::rt::Collectives &collectives);

#endif // DPC_TEST_RUNTIME_COMMBENCH_H
