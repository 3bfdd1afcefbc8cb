//===- ArenaParts.h - What the bytes of an arena are for --------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LOWERING_ARENAPARTS_H
#define DPC_PASSES_LOWERING_ARENAPARTS_H

#include "dialects/Plan/PlanDialect.h"

namespace dpc {

/// What bytes of an arena, outside of arguments' slots, are for at some time. A
/// byte that is for several counts for the first.
struct Temporaries {
  /// Hold values of the backward pass that the update reads.
  int64_t gradients = 0;
  /// Lie in workspaces of library calls.
  int64_t workspace = 0;
};

/// Of all programs of one arena.
Temporaries countTemporaries(llvm::ArrayRef<plan::ProgramOp> programs);

} // namespace dpc

#endif // DPC_PASSES_LOWERING_ARENAPARTS_H
