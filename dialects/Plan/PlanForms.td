//===- PlanForms.td - What libraries compute ---------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A form says what one call of a library computes, as far as the types of its
// operands and results do not: which of them are transposed, strides, what is
// done to the result. Ops name the form that they have; targets, which of the
// forms they have a library for (dialects/Plan/Target.h).
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PLAN_FORMS
#define DPC_PLAN_FORMS

include "dialects/Plan/PlanBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def Plan_LibraryFormAttrInterface : AttrInterface<"LibraryFormAttrInterface"> {
  let cppNamespace = "::dpc::plan";
  let description = [{
    A form. Types are those of the operands and results of the op, or of the
    buffers that hold them.
  }];
  let methods = [
    InterfaceMethod<[{
        Name in reports. The runtime's function is dpc_NAME: after the context and
        the number of the instruction it takes the addresses of the operands, of
        the results and of the workspace, which is null if the target wants none,
        and then getNumbers.
      }],
      "::llvm::StringRef", "getFormName", (ins)>,
    InterfaceMethod<"Emits an error if operands and results of these types do not fit.",
      "::llvm::LogicalResult", "verifyTypes",
      (ins "::llvm::function_ref<::mlir::InFlightDiagnostic()>":$emitError,
           "::mlir::TypeRange":$operands, "::mlir::TypeRange":$results)>,
    InterfaceMethod<"What the library must know besides addresses.",
      "::llvm::SmallVector<::dpc::plan::LibraryNumber>", "getNumbers",
      (ins "::mlir::TypeRange":$operands, "::mlir::TypeRange":$results)>
  ];
}

def Plan_LibraryOpInterface : OpInterface<"LibraryOpInterface"> {
  let cppNamespace = "::dpc::plan";
  let description = [{
    An op that one call of a library can compute.
  }];
  let methods = [
    InterfaceMethod<"The class of the forms that the op may have.",
      "::mlir::TypeID", "getFormKind", (ins)>,
    InterfaceMethod<"The form that the op has as it stands; null for none.",
      "::dpc::plan::LibraryFormAttrInterface", "getLibraryForm", (ins)>,
    InterfaceMethod<[{
        Builds the result of an op without a form from ops of which those of this
        interface have one: another order of dimensions, other shapes. Null, and
        nothing is built, if there are none.
      }],
      "::mlir::Value", "buildInForm", (ins "::mlir::OpBuilder &":$builder)>,
    InterfaceMethod<[{
        Epilogues: builds the result of `reader`, the only op that reads this
        one's, with one op, of this interface and with a form. Null, and nothing
        is built, if there is none for such a reader.
      }],
      "::mlir::Value", "buildWithReader",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Operation *":$reader), [{}],
      [{ return ::mlir::Value(); }]>
  ];
}

class Plan_LibraryForm<string name, string formMnemonic>
    : AttrDef<Plan_Dialect, name, [
        DeclareAttrInterfaceMethods<Plan_LibraryFormAttrInterface>]> {
  let mnemonic = formMnemonic;
  let extraClassDeclaration = [{
    /// Gives LibraryOpInterface to the ops that the form is for.
    static void attach(::mlir::MLIRContext &context);
  }];
}

def Plan_MatmulAttr : Plan_LibraryForm<"Matmul", "matmul"> {
  let summary = "a product of matrices, or of batches of them";
  let description = [{
    result[b...] = op(lhs[b...]) * op(rhs[b...]), row-major and dense, where op
    swaps the last two dimensions of a transposed operand.

    ```mlir
    #plan.matmul
    #plan.matmul<transB>
    ```
  }];
  let parameters = (ins "bool":$transA, "bool":$transB);
  let hasCustomAssemblyFormat = 1;
}

def Plan_ProductAttr : Plan_LibraryForm<"Product", "product"> {
  let summary = "a product of matrices, and what is done to its result in the same call";
  let description = [{
    `parts` is a set of ProductPart (dialects/Support/ProductParts.h). Targets that
    multiply and no more have #plan.matmul alone.

    ```mlir
    #plan.product<transB, bias, gelu, keep>
    ```
  }];
  let parameters = (ins "int32_t":$parts);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    bool has(int32_t part) const { return getParts() & part; }
    /// Batches of m x k times k x n.
    struct Sizes { int64_t batch, m, n, k; };
    Sizes getSizes(::mlir::TypeRange operands, ::mlir::TypeRange results) const;
  }];
}

#endif // DPC_PLAN_FORMS
