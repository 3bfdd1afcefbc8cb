//===- Target.cpp - What lowering asks of a target ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Plan/Target.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::plan;

void PlanDialect::addTarget(const TargetInfo &target) {
  if (!llvm::is_contained(targets, &target))
    targets.push_back(&target);
}

const TargetInfo *dpc::plan::getTarget(Operation *op) {
  auto module = dyn_cast<ModuleOp>(op);
  if (!module)
    module = op->getParentOfType<ModuleOp>();
  auto name =
      module ? module->getAttrOfType<StringAttr>(kTargetAttr) : StringAttr();
  auto *dialect = op->getContext()->getLoadedDialect<PlanDialect>();
  if (!dialect)
    return nullptr;
  for (const TargetInfo *target : dialect->getTargets())
    if (!name || target->getName() == name)
      return target;
  return nullptr;
}
