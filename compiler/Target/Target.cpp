//===- Target.cpp - The targets -------------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/Target.h"

#include "compiler/Target/CPU/CPUTarget.h"
#include "compiler/Target/CUDA/CUDATarget.h"

#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace dpc;

ArrayRef<const Target *> dpc::getTargets() {
  static const CPUTarget cpu;
  static const CUDATarget cuda;
  static const Target *const targets[] = {&cpu, &cuda};
  return targets;
}

const Target *dpc::findTarget(StringRef name) {
  for (const Target *target : getTargets())
    if (name.empty() || target->getName() == name)
      return target;
  return nullptr;
}

std::vector<std::string> dpc::getTargetNames() {
  std::vector<std::string> names;
  for (const Target *target : getTargets())
    names.push_back(target->getName().str());
  return names;
}

void dpc::registerTargets(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *, plan::PlanDialect *dialect) {
    for (const Target *target : getTargets())
      dialect->addTarget(*target);
  });
}

void dpc::registerTargetPipelines() {
  for (const Target *target : getTargets())
    registerPassPipeline(
        (target->getName() + "-kernels").str(),
        "plan.kernel ops to functions of the LLVM dialect",
        [target](OpPassManager &pm, StringRef,
                 function_ref<LogicalResult(const Twine &)>) {
          target->addKernelPasses(pm);
          return success();
        },
        [](function_ref<void(const detail::PassOptions &)>) {});
}
