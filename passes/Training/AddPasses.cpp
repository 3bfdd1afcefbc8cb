//===- AddPasses.cpp - From @forward to the programs ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/AddPasses.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace dpc {

bool hasModelLoss(ModuleOp module) {
  auto func = module.lookupSymbol<func::FuncOp>("forward");
  // Without a parameter it is an output as any other.
  if (!func || module.getOps<nn::ParameterOp>().empty())
    return false;
  ProgramFunction forward(func);
  return llvm::any_of(
      llvm::seq<unsigned>(0, func.getNumResults()),
      [&](unsigned i) { return forward.getResultRole(i) == nn::Role::Loss; });
}

void addTrainingPasses(OpPassManager &pm, const TrainingOptions &options) {
  // Equal reshapes must be one, and pairs of them gone.
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
  pm.addPass(createBoundInputs());
  pm.addPass(createRefineDimensions({options.keptNames}));
  bool isNarrow = options.precision == "bf16" || options.precision == "f16";
  if (isNarrow)
    pm.addPass(createNarrow({options.precision}));
  if (options.training) {
    pm.addPass(createAttachLoss({options.loss, options.metrics}));
    pm.addPass(createBuildEval());
    pm.addNestedPass<func::FuncOp>(createLowerDropout());
    // Gradients have the range of f32 with bf16.
    bool isScaled = options.precision == "f16";
    pm.addPass(createDifferentiate({isScaled}));
    if (isNarrow || options.reducePrecision != "f32")
      pm.addPass(createKeepNarrow({options.reducePrecision}));
    if (isScaled)
      pm.addPass(createScaleLoss());
    if (options.clipNorm > 0 || options.clipValue > 0)
      pm.addPass(createClipGradients({options.clipNorm, options.clipValue}));
    pm.addPass(createApplyOptimizer({options.optimizer, options.keepGradients,
                                     options.noDecay, options.rates,
                                     options.decayAll}));
    if (options.averageDecay > 0)
      pm.addPass(createAverageParameters({options.averageDecay}));
    if (isScaled)
      pm.addPass(createSkipSteps());
  } else {
    pm.addPass(createBuildInfer());
    if (isNarrow)
      pm.addPass(createNarrowParameters());
  }
  pm.addNestedPass<func::FuncOp>(createExpandComposites());
  pm.addPass(createMaskRows());
  pm.addPass(createShapeOutputs());
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
}

} // namespace dpc
