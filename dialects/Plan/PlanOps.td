//===- PlanOps.td - plan dialect ---------------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PLAN_OPS
#define DPC_PLAN_OPS

include "dialects/NN/NNBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Plan_Dialect : Dialect {
  let name = "plan";
  let cppNamespace = "::dpc::plan";
  let summary = "Exactly what one rank does";
  let description = [{
    Buffers at offsets, kernel launches, library calls, collectives in their
    global order and waits. The one artifact that is printed, simulated,
    hashed and executed.

    ```mlir
    plan.program @train {
      %w = plan.slot 0 {nn.name = "fc1.weight", nn.role = #nn.role<parameter>} : memref<128x784xf32>
      %x = plan.slot 401408 {nn.name = "x", nn.role = #nn.role<input>, ...} : memref<50x784xf32>
      %h = plan.slot 558208 : memref<50x128xf32>
      plan.matmul %x, %w, %h {transB} : memref<50x784xf32>, memref<128x784xf32>, memref<50x128xf32>
      plan.launch @train_k0(%h, %b) : memref<50x128xf32>, memref<128xf32>
      plan.start "all_reduce" 0 sum(%g) over ["data"] bytes 407080 : memref<101770xf32>
      plan.wait 0
    }
    func.func private @train_k0(...) attributes {plan.kernel, ...} { loops }
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::func::FuncDialect", "::dpc::nn::NNDialect"];
}

class Plan_Op<string mnemonic, list<Trait> traits = []>
    : Op<Plan_Dialect, mnemonic, traits>;

def Plan_ProgramOp : Plan_Op<"program", [Symbol, IsolatedFromAbove, SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "one rank's instructions, in order";
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
}

def Plan_SlotOp : Plan_Op<"slot", [Pure]> {
  let summary = "a buffer at a byte offset of the arena";
  let arguments = (ins I64Attr:$offset);
  let results = (outs AnyStaticShapeMemRef:$buffer);
  let assemblyFormat = "$offset attr-dict `:` type($buffer)";
}

#endif // DPC_PLAN_OPS
