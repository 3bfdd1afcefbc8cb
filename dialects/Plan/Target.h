//===- Target.h - What lowering asks of a target ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_PLAN_TARGET_H
#define DPC_DIALECTS_PLAN_TARGET_H

#include "dialects/Plan/PlanDialect.h"

namespace dpc::plan {

/// On a module: the name of the target that it is lowered for. Without it, the
/// first of the registered ones.
inline constexpr llvm::StringLiteral kTargetAttr = "plan.target";

/// What passes ask of a rank's device. compiler/Target implements it, and
/// registers every target with the dialect.
class TargetInfo {
public:
  virtual ~TargetInfo() = default;

  virtual llvm::StringRef getName() const = 0;
  /// Where the slots of programs lie.
  virtual MemorySpace getMemorySpace() const = 0;
};

/// The target of the module that `op` is in. Null if none of that name is
/// registered.
const TargetInfo *getTarget(mlir::Operation *op);

} // namespace dpc::plan

#endif // DPC_DIALECTS_PLAN_TARGET_H
