//===- Register.cpp - dialects and passes of dpc --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Register.h"

#include "compiler/Target/Target.h"
#include "dialects/Dist/DistDialect.h"
#include "dialects/NN/NNDialect.h"
#include "dialects/ONNX/ONNXDialect.h"
#include "dialects/Plan/PlanDialect.h"
#include "passes/Collectives/Passes.h"
#include "passes/Legalize/Passes.h"
#include "passes/Lowering/Passes.h"
#include "passes/Partition/Passes.h"
#include "passes/Pipeline/Passes.h"
#include "passes/Sharding/Passes.h"
#include "passes/Training/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

void dpc::registerDialects(mlir::DialectRegistry &registry) {
  registry.insert<mlir::arith::ArithDialect, mlir::func::FuncDialect,
                  mlir::LLVM::LLVMDialect, mlir::math::MathDialect,
                  mlir::memref::MemRefDialect, mlir::scf::SCFDialect,
                  dist::DistDialect, nn::NNDialect, onnx::ONNXDialect,
                  plan::PlanDialect>();
  registerTargets(registry);
}

void dpc::registerPasses() {
  registerDpcLegalizePasses();
  registerDpcTrainingPasses();
  registerDpcShardingPasses();
  registerDpcPartitionPasses();
  registerDpcPipelinePasses();
  registerDpcCollectivesPasses();
  registerDpcLoweringPasses();
  registerTargetPipelines();
}
