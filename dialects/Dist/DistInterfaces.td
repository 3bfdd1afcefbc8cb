//===- DistInterfaces.td - What collectives know -----------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIST_INTERFACES
#define DPC_DIST_INTERFACES

include "mlir/IR/OpBase.td"

def Dist_TransferOpInterface : OpInterface<"TransferOpInterface"> {
  let cppNamespace = "::dpc::dist";
  let description = [{
    An op that moves data between ranks: a collective of a group, an end of a
    message, or what starts one of them in a plan.
  }];
  let methods = [
    InterfaceMethod<"What is moved where; DistDialect.h says what follows from it.",
      "::dpc::dist::TransferKind", "getTransferKind", (ins), [{}], [{
        return ConcreteOp::transferKind;
      }]>,
    InterfaceMethod<[{
        Payload in bytes, in the sense of NCCL's and MPI's documentation: the
        whole buffer that is reduced (all_reduce, reduce, reduce_scatter), the
        gathered buffer of all_gather, the sent one of all others.
      }],
      "int64_t", "getPayloadBytes", (ins)>,
    InterfaceMethod<"The mesh axes that the ranks span which take part.",
      "::mlir::ArrayAttr", "getAxes", (ins)>,
    InterfaceMethod<"How values are combined, if they are.",
      "::std::optional<::dpc::nn::ReduceKind>", "getReduction", (ins), [{}], [{
        return ::std::nullopt;
      }]>,
    InterfaceMethod<"Of a message: its other end.",
      "::std::optional<::dpc::dist::Message>", "getMessage", (ins), [{}], [{
        return ::std::nullopt;
      }]>,
    InterfaceMethod<"Of every rank of the group, whose value it gets; or null.",
      "::mlir::DenseI64ArrayAttr", "getSourcesAttr", (ins), [{}], [{
        return ::mlir::DenseI64ArrayAttr();
      }]>,
    InterfaceMethod<"Whether the result replaces the operand in its memory.",
      "bool", "isInPlace", (ins), [{}], [{
        return ::dpc::dist::isInPlace($_op.getTransferKind());
      }]>,
    InterfaceMethod<"What a rank sends in bytes, one of `ranks` that take part.",
      "double", "getBytesSent", (ins "int64_t":$ranks), [{}], [{
        return ::dpc::dist::getBytesSent($_op.getTransferKind(),
                                         $_op.getPayloadBytes(), ranks);
      }]>
  ];
}

def Dist_CollectiveOpInterface
    : OpInterface<"CollectiveOpInterface", [Dist_TransferOpInterface]> {
  let cppNamespace = "::dpc::dist";
  let description = [{
    A transfer in which the ranks of a group take part together. Reference
    semantics work on the operands of all the group's ranks at once.
  }];
  let methods = [
    InterfaceMethod<[{
        Along which dimension the result joins the ranks' parts, which arrive one
        after the other; none where what arrives is the result.
      }],
      "::std::optional<int64_t>", "getGatheredDim", (ins), [{}], [{
        return ::std::nullopt;
      }]>,
    InterfaceMethod<"How the values of several of the kind travel as one.",
      "::dpc::dist::Joining", "getJoining", (ins), [{}], [{
        return ::dpc::dist::Joining::None;
      }]>,
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
