//===- PlanHash.h - What tells plans apart ----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_PLANNER_PLANHASH_H
#define DPC_COMPILER_PLANNER_PLANHASH_H

#include "mlir/IR/BuiltinOps.h"

namespace dpc {

/// A hash of all that `module` holds but its parameters' declarations: ops,
/// attributes, types, names of nodes, and which values they take. The same in
/// every process. As telling as a hash of the module's text, which for a plan
/// of a hundred thousand instructions takes longer to write than the plan to
/// make.
uint64_t hashPlan(mlir::ModuleOp module);

} // namespace dpc

#endif // DPC_COMPILER_PLANNER_PLANHASH_H
