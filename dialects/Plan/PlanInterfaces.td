//===- PlanInterfaces.td - What instructions know ----------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PLAN_INTERFACES
#define DPC_PLAN_INTERFACES

include "mlir/IR/OpBase.td"

def Plan_InstructionOpInterface : OpInterface<"InstructionOpInterface"> {
  let cppNamespace = "::dpc::plan";
  let description = [{
    An instruction of a program. Its phase is the discardable attribute nn.phase,
    its node the location, as for nn ops.
  }];
  let methods = [
    InterfaceMethod<"What it is, for reports and for the trace.",
      "::dpc::plan::InstructionKind", "getInstructionKind", (ins), [{}], [{
        return ConcreteOp::instructionKind;
      }]>,
    InterfaceMethod<"What it runs: the kernel's name, the collective, or its kind.",
      "::llvm::StringRef", "getReportName", (ins), [{}], [{
        return ::dpc::plan::stringifyInstructionKind($_op.getInstructionKind());
      }]>,
    InterfaceMethod<[{
        The buffers that it reads and those that it leaves values in; one that it
        updates is in both. What is started may use them until it is waited for.
      }],
      "::dpc::plan::Accesses", "getAccesses", (ins)>,
    InterfaceMethod<"Floating-point operations, as CostOpInterface counts them.",
      "int64_t", "getFlops", (ins), [{}], [{ return 0; }]>,
    InterfaceMethod<"Bytes of memory that it reads and writes, each buffer once.",
      "int64_t", "getBytesMoved", (ins), [{}], [{
        int64_t bytes = 0;
        for (::mlir::Value buffer : $_op->getOperands())
          bytes += ::dpc::plan::getBytes(
              ::mlir::cast<::mlir::ShapedType>(buffer.getType()));
        return bytes;
      }]>,
    InterfaceMethod<[{
        The number of the transfer that it starts, which then is in flight. Its
        buffers belong to it: what it only reads may be read, all else waits.
      }],
      "::std::optional<int64_t>", "getStarted", (ins), [{}], [{
        return ::std::nullopt;
      }]>,
    InterfaceMethod<"The number of the transfer that it waits for.",
      "::std::optional<int64_t>", "getAwaited", (ins), [{}], [{
        return ::std::nullopt;
      }]>,
    InterfaceMethod<[{
        How that number, of which it started or waits for, changes in a plan.repeat;
        null if it does not.
      }],
      "::dpc::plan::TurnAttr", "getNumberTurn", (ins), [{}], [{
        return ::dpc::plan::TurnAttr();
      }]>,
    InterfaceMethod<"The mesh axes of the ranks among which it acts, or null.",
      "::mlir::ArrayAttr", "getGroup", (ins), [{}], [{
        return ::mlir::ArrayAttr();
      }]>,
    InterfaceMethod<"How a rank is told to do it.",
      "::dpc::plan::Call", "getCall", (ins)>
  ];
}

#endif // DPC_PLAN_INTERFACES
