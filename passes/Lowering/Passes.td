//===- Passes.td - Lowering passes -------------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LOWERING_PASSES_TD
#define DPC_PASSES_LOWERING_PASSES_TD

include "mlir/Pass/PassBase.td"

def PrepareDots : Pass<"nn-prepare-dots", "::mlir::ModuleOp"> {
  let summary = "Bring dots into the form of a (batched) matrix product";
}

def FuseKernels : Pass<"nn-fuse-kernels", "::mlir::ModuleOp"> {
  let summary = "Group primitives into nn.kernel ops";
}

def LowerToPlan : Pass<"lower-to-plan", "::mlir::ModuleOp"> {
  let summary = "Schedule, assign arena offsets, make plan programs";
  let dependentDialects = ["::dpc::plan::PlanDialect"];
}

def LowerKernels : Pass<"plan-lower-kernels", "::mlir::ModuleOp"> {
  let summary = "Kernel bodies to loops over memrefs";
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def PlanToLLVM : Pass<"plan-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Plan programs and kernels to the LLVM dialect";
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::cf::ControlFlowDialect"];
}

#endif // DPC_PASSES_LOWERING_PASSES_TD
