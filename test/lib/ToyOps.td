//===- ToyOps.td - A library form for tests ----------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_LIB_TOYOPS
#define DPC_TEST_LIB_TOYOPS

include "dialects/Plan/PlanForms.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Toy_Dialect : Dialect {
  let name = "toy";
  let cppNamespace = "::dpc::toy";
  let summary = "What the library of the target test-toy computes";
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::dpc::nn::NNDialect", "::dpc::plan::PlanDialect"];
}

def Toy_TwiceAttr : AttrDef<Toy_Dialect, "Twice", [
    DeclareAttrInterfaceMethods<Plan_LibraryFormAttrInterface>]> {
  let mnemonic = "twice";
  let summary = "2x, perhaps plus a bias, perhaps no less than 0";
  let parameters = (ins "bool":$relu);
  let assemblyFormat = "`<` `relu` `=` $relu `>`";
}

def Toy_TwiceOp : Op<Toy_Dialect, "twice", [
    Pure, DeclareOpInterfaceMethods<Plan_LibraryOpInterface, ["buildWithReader"]>]> {
  let summary = "2x, perhaps plus a bias, perhaps no less than 0";
  let arguments = (ins StaticShapeTensorOf<[F32]>:$input,
    Optional<StaticShapeTensorOf<[F32]>>:$bias, UnitAttr:$relu);
  let results = (outs StaticShapeTensorOf<[F32]>:$output);
  let assemblyFormat = [{
    $input (`bias` $bias^)? (`relu` $relu^)? attr-dict `:` type($input) (`,` type($bias)^)?
      `->` type($output)
  }];
}

#endif // DPC_TEST_LIB_TOYOPS
