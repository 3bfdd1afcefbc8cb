//===- ArenaParts.h - What the bytes of an arena are for --------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LOWERING_ARENAPARTS_H
#define DPC_PASSES_LOWERING_ARENAPARTS_H

#include "dialects/Plan/PlanDialect.h"

namespace dpc {

/// The bytes of one arena, outside of arguments' slots, in which values of the
/// backward pass lie that the update reads.
int64_t countGradientBytes(llvm::ArrayRef<plan::ProgramOp> programs);

} // namespace dpc

#endif // DPC_PASSES_LOWERING_ARENAPARTS_H
