//===- PlanBase.td - plan dialect definition ---------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PLAN_BASE
#define DPC_PLAN_BASE

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Plan_Dialect : Dialect {
  let name = "plan";
  let cppNamespace = "::dpc::plan";
  let summary = "Exactly what one rank does";
  let description = [{
    Buffers at offsets, kernel launches, library calls, collectives in their
    global order and waits. The one artifact that is printed, simulated,
    hashed and executed.

    ```mlir
    plan.arena host 584320 parameters 401920 state 0 inputs 156800 gradients 0
        activations 25600 workspace 0
    plan.kernel @infer_k0 inputs [0, 1] outputs [0] {
    ^bb0(%h: tensor<50x128xf32>, %b: tensor<128xf32>):
      %0 = nn.broadcast %b [1] : tensor<128xf32> to tensor<50x128xf32>
      %1 = nn.add %h, %0 : tensor<50x128xf32>
      plan.yield %1 : tensor<50x128xf32>
    }
    plan.program @infer {
      %w = plan.slot 0 {nn.name = "fc1.weight", nn.role = #nn.role<parameter>} : memref<128x784xf32>
      %b = plan.slot 401408 {nn.name = "fc1.bias", nn.role = #nn.role<parameter>} : memref<128xf32>
      %x = plan.slot 401920 {nn.name = "x", nn.role = #nn.role<input>} : memref<50x784xf32>
      %h = plan.slot 558720 : memref<50x128xf32>
      plan.library #plan.matmul<transB>(%x, %w to %h) flops 10035200
          : memref<50x784xf32>, memref<128x784xf32> to memref<50x128xf32>
      plan.start all_reduce 0 reduce sum (%h) over ["tensor"] bytes 25600 : memref<50x128xf32>
      plan.wait 0
      plan.launch @infer_k0(%h, %b) writes [0] updates [0] : memref<50x128xf32>, memref<128xf32>
    }
    ```

    Slots have the logical element types (ui8, i1); a kernel's buffers have the
    storage type: signless, and i8 for i1.

    What is done for many microbatches is a loop, plan.repeat: its instructions name
    slots and transfers that say by #plan.turn which one it is in each iteration.

    An instruction's phase is its discardable attribute nn.phase and its node is
    its location, as for nn ops. A slot that holds an argument or a result of the
    program carries the argument's or result's attributes (nn.role, nn.name, ...);
    a result's slot has `plan.result` besides, and a parameter or state that the program
    replaces in place has `plan.updated`.
  }];
  let extraClassDeclaration = [{
    /// `target` must outlive the context.
    void addTarget(const TargetInfo &target);
    ::llvm::ArrayRef<const TargetInfo *> getTargets() const { return targets; }

  private:
    ::llvm::SmallVector<const TargetInfo *> targets;

  public:
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::func::FuncDialect", "::dpc::dist::DistDialect",
    "::dpc::nn::NNDialect"];
}

def Plan_InstructionKind : I32EnumAttr<"InstructionKind", "what an instruction is", [
    I32EnumAttrCase<"Kernel", 0, "kernel">,
    I32EnumAttrCase<"Library", 1, "library">,
    I32EnumAttrCase<"Start", 2, "collective_start">,
    I32EnumAttrCase<"Wait", 3, "wait">,
    I32EnumAttrCase<"RankIndex", 4, "rank_index">,
    I32EnumAttrCase<"CheckRange", 5, "check_range">,
    I32EnumAttrCase<"Copy", 6, "copy">
  ]> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::dpc::plan";
}

def Plan_MemorySpace : I32EnumAttr<"MemorySpace", "whose memory it is", [
    I32EnumAttrCase<"Host", 0, "host">,
    I32EnumAttrCase<"Device", 1, "device">
  ]> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::dpc::plan";
}
def Plan_MemorySpaceAttr : EnumAttr<Plan_Dialect, Plan_MemorySpace, "space"> {
  let assemblyFormat = "$value";
}

def Plan_TurnAttr : AttrDef<Plan_Dialect, "Turn"> {
  let summary = "what changes from one iteration of a loop to the next";
  let description = [{
    In iteration i of its plan.repeat something is i * stride behind its place in
    the first one; with a count, ((first + i) mod count) * stride behind the first
    of `count` places that take turns. Activations that three microbatches hold at
    a time, and the rows of each microbatch:

    ```mlir
    %h = plan.slot 558208 turn <by 25600 of 3 from 1> : memref<50x128xf32>
    %x = plan.slot 401408 turn <by 39200> : memref<50x196xf32>
    ```
  }];
  let mnemonic = "turn";
  let parameters = (ins "int64_t":$stride, "int64_t":$count, "int64_t":$first);
  let assemblyFormat = "`<` custom<Turn>($stride, $count, $first) `>`";
  let extraClassDeclaration = [{
    ::dpc::Turn getTurn() const { return {getStride(), getCount(), getFirst()}; }
    int64_t at(int64_t iteration) const { return getTurn().at(iteration); }
  }];
}

#endif // DPC_PLAN_BASE
