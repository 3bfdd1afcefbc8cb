//===- DistInterfaces.td - What collectives know -----------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIST_INTERFACES
#define DPC_DIST_INTERFACES

include "mlir/IR/OpBase.td"

def Dist_CollectiveOpInterface : OpInterface<"CollectiveOpInterface"> {
  let cppNamespace = "::dpc::dist";
  let description = [{
    An op in which the ranks of a group take part together. Reference semantics
    work on the operands of all the group's ranks at once.
  }];
  let methods = [
    InterfaceMethod<"The mesh axes that the group spans.",
      "::mlir::ArrayAttr", "getAxes", (ins)>,
    InterfaceMethod<"Name in the plan: all_reduce, all_gather, ...",
      "::llvm::StringRef", "getKindName", (ins)>,
    InterfaceMethod<[{
        Payload in bytes, in the sense of NCCL's and MPI's documentation: the
        whole buffer that is reduced (all_reduce, reduce, reduce_scatter), the
        gathered buffer of all_gather, the sent one of all_to_all and permute.
      }],
      "int64_t", "getPayloadBytes", (ins)>,
    InterfaceMethod<[{
        `operands[r][i]` is operand i of the group's r-th rank; sets
        `results[r][i]`, which are allocated with their type.
      }],
      "::llvm::LogicalResult", "evaluateGroup",
      (ins "::llvm::ArrayRef<::llvm::SmallVector<const ::dpc::nn::ReferenceTensor *>>":$operands,
           "::llvm::MutableArrayRef<::llvm::SmallVector<::dpc::nn::ReferenceTensor>>":$results)>
  ];
}

#endif // DPC_DIST_INTERFACES
