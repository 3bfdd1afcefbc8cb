//===- Passes.td - Lowering passes -------------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LOWERING_PASSES_TD
#define DPC_PASSES_LOWERING_PASSES_TD

include "mlir/Pass/PassBase.td"

def PrepareLibraryCalls : Pass<"nn-prepare-library-calls", "::mlir::func::FuncOp"> {
  let summary = "Bring ops into the form in which the target's library computes them";
  let description = [{
    Of the ops that a library can compute (LibraryOpInterface), those for which
    the target has one. Dots of a type that it multiplies get one free and one
    contracted dimension an operand, by reshapes where dimensions lie next to each
    other and by transposes elsewhere. Other dots (f64, integers) stay and become
    loops. What alone reads such an op becomes part of it, where that is an
    epilogue which the target computes too.

    ```mlir
    %y = nn.dot %a, %b batch [] x [] contract [1, 2] x [0, 1]
        : tensor<2x3x4xf32>, tensor<3x4x6xf32> -> tensor<2x6xf32>
    // becomes
    %0 = nn.reshape %a : tensor<2x3x4xf32> to tensor<2x12xf32>
    %1 = nn.reshape %b : tensor<3x4x6xf32> to tensor<12x6xf32>
    %y = nn.dot %0, %1 batch [] x [] contract [1] x [0] : ...
    ```
  }];
  let dependentDialects = ["::dpc::plan::PlanDialect"];
}

def ShareAcrossPhases : Pass<"nn-share-across-phases", "::mlir::func::FuncOp"> {
  let summary = "Let the backward pass reuse what the forward pass computed";
  let description = [{
    Common subexpressions that differ in nn.phase only. The softmax that the
    gradient of the cross-entropy expands to is the one of the loss. What stands
    behind an nn.barrier is computed again; the barriers go.

    ```mlir
    %e = nn.exp %x : tensor<4xf32>
    %f = nn.exp %x {nn.phase = #nn.phase<backward>} : tensor<4xf32>
    // becomes
    %e = nn.exp %x : tensor<4xf32>
    ```
  }];
}

def SplitReductions : Pass<"nn-split-reductions", "::mlir::func::FuncOp"> {
  let summary = "Reductions with many terms and few results in two steps";
  let description = [{
    Where the target wants it (TargetInfo::getReductionParts). What the first step
    makes is in memory.

    ```mlir
    %y = nn.reduce sum %x [0] : tensor<4096x64xf32>
    // becomes, in 64 parts
    %0 = nn.reshape %x : tensor<4096x64xf32> to tensor<64x64x64xf32>
    %1 = nn.reduce sum %0 [1] {nn.materialize} : tensor<64x64x64xf32>
    %y = nn.reduce sum %1 [0] : tensor<64x64xf32>
    ```
  }];
  let dependentDialects = ["::dpc::plan::PlanDialect"];
}

def TakeEpilogues : Pass<"nn-take-epilogues", "::mlir::func::FuncOp"> {
  let summary = "Products of matrices do what follows on them";
  let description = [{
    For targets with #plan.product: a bias, ReLU and GELU (the form with tanh, told
    by its values), the gradient of that GELU, and a bias's gradient, which the
    product sums that makes it or the weight's. A module of the precision tf32 has
    all its products in tf32.

    ```mlir
    %h = nn.dot %x, %w batch [] x [] contract [1] x [0] : ...
    %0 = nn.broadcast %b [1] : tensor<128xf32> to tensor<50x128xf32>
    %1 = nn.add %h, %0 : tensor<50x128xf32>
    %y = nn.relu %1 : tensor<50x128xf32>
    // becomes
    %y = plan.product #plan.product<bias, relu>(%x, %w, %b) : ...
    ```
  }];
  let dependentDialects = ["::dpc::plan::PlanDialect"];
}

def FuseKernels : Pass<"nn-fuse-kernels", "::mlir::func::FuncOp"> {
  let summary = "Group primitives into nn.kernel ops";
  let description = [{
    Every op but those that the target's libraries compute ends up in a kernel that becomes
    one loop nest. No element is computed twice, except by ops that are cheap to
    recompute.

    ```mlir
    %0 = nn.broadcast %b [1] : tensor<128xf32> to tensor<50x128xf32>
    %1 = nn.add %x, %0 : tensor<50x128xf32>
    %2 = nn.relu %1 : tensor<50x128xf32>
    // becomes
    %2 = nn.kernel(%b, %x) : (...) -> tensor<50x128xf32> {
    ^bb0(%arg0: tensor<128xf32>, %arg1: tensor<50x128xf32>):
      %3 = nn.broadcast %arg0 [1] : tensor<128xf32> to tensor<50x128xf32>
      %4 = nn.add %arg1, %3 : tensor<50x128xf32>
      %5 = nn.relu %4 : tensor<50x128xf32>
      nn.yield %5 : tensor<50x128xf32>
    }
    ```
  }];
  let dependentDialects = ["::dpc::plan::PlanDialect"];
}

def MergeRowKernels : Pass<"nn-merge-row-kernels", "::mlir::func::FuncOp"> {
  let summary = "One kernel for all that is done to rows";
  let description = [{
    Where the target keeps rows (TargetInfo::getRowBytes), kernels that read each
    other's results and reduce rows become one.

    ```mlir
    %m = nn.kernel(%x) { ... nn.reduce max %x [1] ... } : ... -> tensor<8xf32>
    %y = nn.kernel(%x, %m) { ... nn.broadcast ... nn.sub ... nn.exp ... }
    // becomes
    %y = nn.kernel(%x) { ... nn.reduce ... nn.broadcast ... nn.sub ... nn.exp ... }
    ```
  }];
  let dependentDialects = ["::dpc::plan::PlanDialect"];
}

def LowerToPlan : Pass<"lower-to-plan", "::mlir::ModuleOp"> {
  let summary = "Order instructions, assign arena offsets, make plan programs";
  let description = [{
    Functions with nn.program become plan.program and plan.kernel ops; all other
    functions go. Parameters, states, inputs and scalars of the same name are one
    slot for all programs, or for all of one `dist.stage`. New values of parameters
    and states replace the old ones in place, the members of an all_reduce lie next to each other.
    Of a function with `dist.left_out` the steps that repeat from one microbatch
    to the next become a plan.repeat; an error if they do not.

    ```mlir
    func.func @train(%x: ..., %w: ...) -> (... {nn.name = "w", nn.role = #nn.role<parameter>})
        attributes {nn.program = "train"} { ... }
    // becomes
    plan.arena host 583808 parameters 407080 state 0 inputs 39400 gradients ...
    plan.kernel @train_k0 inputs [0, 1] outputs [0] { ... }
    plan.program @train {
      %w = plan.slot 0 {nn.name = "w", ..., plan.updated} : memref<128x784xf32>
      ...
      plan.launch @train_k0(%w, %g) writes [0] updates [0] flops 200704 : ...
    }
    ```
  }];
  let dependentDialects = ["::dpc::plan::PlanDialect"];
}

def LowerKernels : Pass<"plan-lower-kernels", "::mlir::ModuleOp"> {
  let summary = "Kernel bodies to loops over memrefs";
  let description = [{
    ```mlir
    plan.kernel @k inputs [0] outputs [1] {
    ^bb0(%x: tensor<4x6xf32>):
      %y = nn.exp %x : tensor<4x6xf32>
      plan.yield %y : tensor<4x6xf32>
    }
    // becomes, with both buffers seen as memref<24xf32>
    func.func private @k(%x: memref<4x6xf32> {llvm.noalias}, %y: memref<4x6xf32> {llvm.noalias}) {
      scf.for %i = %c0 to %c24 step %c1 {
        %0 = memref.load %x0[%i] : memref<24xf32>
        %1 = math.exp %0 fastmath<contract> : f32
        memref.store %1, %y0[%i] : memref<24xf32>
      }
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def ExpandMath : Pass<"plan-expand-math", "::mlir::ModuleOp"> {
  let summary = "Functions without arguments for which they are slow";
  let description = [{
    exp becomes arithmetic; log, log1p and tanh get ordinary arguments where the
    result is known, as for 0 or NaN.

    ```mlir
    %y = math.tanh %x : f32
    // becomes
    %0 = arith.maxnumf %x, %least : f32
    %1 = arith.minnumf %0, %most : f32
    %2 = math.tanh %1 : f32
    %isNaN = arith.cmpf uno, %x, %x : f32
    %y = arith.select %isNaN, %x, %2 : f32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def PlanToLLVM : Pass<"plan-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Plan programs to the LLVM dialect";
  let description = [{
    A program becomes a straight line of calls of kernels and of the runtime's C
    interface (runtime/Core/ABI.h), on addresses in the arena, and a loop for each
    plan.repeat, and does nothing else. The kernels are functions of the LLVM dialect already: a target's kernel
    pipeline makes them.

    ```mlir
    plan.program @train { plan.launch @k(%x, %y) writes [1] : ... }
    // becomes
    llvm.func @dpc_train(%ctx: !llvm.ptr, %arena: !llvm.ptr) {
      llvm.call @dpc_begin(%ctx, %c0) : (!llvm.ptr, i32) -> ()
      llvm.call @k(%x, %y) : (!llvm.ptr, !llvm.ptr) -> ()
      llvm.call @dpc_end(%ctx, %c0) : (!llvm.ptr, i32) -> ()
      llvm.return
    }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // DPC_PASSES_LOWERING_PASSES_TD
