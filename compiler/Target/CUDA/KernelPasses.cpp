//===- KernelPasses.cpp - Kernels as GPUs run them ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/CUDATarget.h"
#include "compiler/Target/CUDA/Passes.h"
#include "passes/Lowering/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVMPass.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace dpc;

void CUDATarget::addKernelPasses(OpPassManager &pm) const {
  pm.addPass(createSplitDeviceKernels());
  OpPassManager &device = pm.nest<ModuleOp>();
  device.addPass(createExpandDeviceMath());
  device.addPass(createExpandMath());
  device.addPass(createCSEPass());
  device.addNestedPass<func::FuncOp>(createSinkGuardedLoads());
  device.addPass(createSCFToControlFlowPass());
  ConvertMathToLLVMPassOptions mathOptions;
  mathOptions.approximateLog1p = false;
  device.addPass(createConvertMathToLLVMPass(mathOptions));
  device.addPass(createArithToLLVMConversionPass());
  device.addPass(createFinalizeMemRefToLLVMConversionPass());
  ConvertFuncToLLVMPassOptions functionOptions;
  functionOptions.useBarePtrCallConv = true;
  device.addPass(createConvertFuncToLLVMPass(functionOptions));
  device.addPass(createConvertControlFlowToLLVMPass());
  device.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createEmbedDeviceCode());
}
