//===- NNInterfaces.td - What every primitive knows --------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_NN_INTERFACES
#define DPC_NN_INTERFACES

include "mlir/IR/OpBase.td"

def NN_ShardingRuleOpInterface : OpInterface<"ShardingRuleOpInterface"> {
  let cppNamespace = "::dpc::nn";
  let description = [{
    How an op may be split. The rule is a set of factors (see ShardingRule.h);
    the same rule drives propagation, partitioning and cost.
  }];
  let methods = [
    InterfaceMethod<"The op's rule, on its current (global) shapes.",
      "::dpc::nn::OpShardingRule", "getShardingRule", (ins)>
  ];
}

def NN_RefineOpInterface : OpInterface<"RefineOpInterface"> {
  let cppNamespace = "::dpc::nn";
  let description = [{
    Doing the same on operands of which one dimension is given as several:
    60 as 3x5x4 (Refinement.h).
  }];
  let methods = [
    InterfaceMethod<[{
        Which dimensions belong together. A factor that needs replication cannot
        be refined. The default is the sharding rule.
      }],
      "::dpc::nn::OpShardingRule", "getRefinementRule", (ins), [{}], [{
        return ::mlir::cast<::dpc::nn::ShardingRuleOpInterface>(
            $_op.getOperation()).getShardingRule();
      }]>,
    InterfaceMethod<[{
        Builds the op on refined operands. The default clones it, which suits an
        op whose attributes do not speak of dimensions.
      }],
      "::mlir::Value", "buildRefined",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands,
           "const ::dpc::nn::Refinement &":$refinement), [{}], [{
        return ::dpc::nn::cloneRefined($_op, builder, operands, refinement);
      }]>
  ];
}

def NN_PartitionOpInterface : OpInterface<"PartitionOpInterface"> {
  let cppNamespace = "::dpc::nn";
  let description = [{
    Builds the op on one rank's part of its operands. The default clones the op
    with the local result types; an op whose attributes depend on the shape
    or whose values depend on the position (iota, random, reshape) overrides it.
  }];
  let methods = [
    InterfaceMethod<[{
        Builds the local op. `ctx` gives local shapes and, for values that
        depend on the global position, this rank's offset in a result dimension.
      }],
      "::llvm::FailureOr<::llvm::SmallVector<::mlir::Value>>", "buildLocal",
      (ins "::mlir::OpBuilder &":$builder,
           "::mlir::ValueRange":$localOperands,
           "::dpc::nn::PartitionContext &":$ctx),
      [{}], [{
        return ::dpc::nn::cloneWithLocalTypes($_op, builder, localOperands, ctx);
      }]>,
    InterfaceMethod<[{
        True if buildLocal itself keeps operand `operand`'s padding out of the
        results (it never reads it). Of other operands, the padding of a split
        reduction factor is masked beforehand.
      }],
      "bool", "handlesPadding", (ins "unsigned":$operand), [{}], [{
        return false;
      }]>
  ];
}

def NN_DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::dpc::nn";
  let description = [{
    Reverse-mode differentiation. For each operand there are three outcomes: a
    rule (a value), provably not differentiable (isDifferentiable is false,
    e.g. a comparison or an integer index), or an error.
  }];
  let methods = [
    InterfaceMethod<[{
        Whether the result depends differentiably on operand `operand`. False
        means that the derivative is zero wherever it exists, or that the
        operand is not a floating-point value.
      }],
      "bool", "isDifferentiable", (ins "unsigned":$operand), [{}], [{
        return ::mlir::isa<::mlir::FloatType>(::mlir::getElementTypeOrSelf(
            $_op->getOperand(operand).getType()));
      }]>,
    InterfaceMethod<"What the rule does with a gradient of 0.",
      "::dpc::nn::GradientKind", "getGradientKind", (ins), [{}], [{
        return ::dpc::nn::GradientKind::Scales;
      }]>,
    InterfaceMethod<[{
        Vector-Jacobian product. `resultGrads[i]` is the gradient of the loss
        with respect to result i, or null if the loss does not depend on it (at
        least one is not null). `needed[j]` says whether operand j's gradient
        is wanted; the method sets `operandGrads[j]`, of operand j's type, for
        those. Emits an error on the op and fails where no rule exists.
      }],
      "::llvm::LogicalResult", "buildGradient",
      (ins "::mlir::OpBuilder &":$builder,
           "::mlir::ValueRange":$resultGrads,
           "::llvm::ArrayRef<bool>":$needed,
           "::llvm::MutableArrayRef<::mlir::Value>":$operandGrads)>
  ];
}

def NN_CostOpInterface : OpInterface<"CostOpInterface"> {
  let cppNamespace = "::dpc::nn";
  let description = [{
    What an op takes, for searches and reports; bytes follow from the types.
  }];
  let methods = [
    InterfaceMethod<[{
        Floating-point operations of one execution on the op's current shapes
        (a multiply-add counts as 2; exp, log, tanh, division count as 1).
      }],
      "int64_t", "getFlops", (ins)>
  ];
}

def NN_PrecisionOpInterface : OpInterface<"PrecisionOpInterface"> {
  let cppNamespace = "::dpc::nn";
  let description = [{
    What -nn-narrow makes of an op where a program computes in 16 bits. Kernels
    compute in f32 whatever the types are, and round what they store: the types
    say what lies in memory.
  }];
  let methods = [
    InterfaceMethod<"What of the op may be in 16 bits.",
      "::dpc::nn::Precision", "getPrecision", (ins), [{}], [{
        return ::dpc::nn::Precision::Stored;
      }]>,
    InterfaceMethod<"Whether the op only keeps its operand in fewer bits.",
      "bool", "isNarrowCopy", (ins), [{}], [{ return false; }]>
  ];
}

def NN_ReferenceOpInterface : OpInterface<"ReferenceOpInterface"> {
  let cppNamespace = "::dpc::nn";
  let description = [{
    Reference semantics, in f64: what the op means, written for clarity.
  }];
  let methods = [
    InterfaceMethod<[{
        Computes the results; `results` has one tensor per result, already of
        the result's shape and element type, its data zero. Fails without a
        diagnostic only on values outside of the op's domain of indices.
      }],
      "::llvm::LogicalResult", "evaluate",
      (ins "::llvm::ArrayRef<const ::dpc::nn::ReferenceTensor *>":$operands,
           "::llvm::MutableArrayRef<::dpc::nn::ReferenceTensor>":$results)>
  ];
}

def NN_KernelOpInterface : OpInterface<"KernelOpInterface"> {
  let cppNamespace = "::dpc::nn";
  let description = [{
    Lowering by pulling: the scalar code of one element of the result as a
    function of elements of the operands. A fused kernel is the composition of
    these functions over one loop nest.

    Scalars of an element type T have the signless type of T's width (ui8 -> i8),
    i1 stays i1; the read and store callbacks convert from and to storage.
  }];
  let methods = [
    InterfaceMethod<[{
        How result elements relate to elements of operand `operand`; decides
        what may be fused without computing anything twice.
      }],
      "::dpc::nn::OperandAccess", "getOperandAccess",
      (ins "unsigned":$operand), [{}], [{
        return ::dpc::nn::OperandAccess::OneToOne;
      }]>,
    InterfaceMethod<[{
        True for ops that are as cheap to compute again as to load (constants,
        iota, index arithmetic, converts, comparisons): they are duplicated into every
        kernel that uses them instead of being stored.
      }],
      "bool", "isCheapToRecompute", (ins), [{}], [{ return false; }]>,
    InterfaceMethod<[{
        True if the result's elements are elements of the operands, each there
        at most once: they are moved, and nothing is computed from them.
      }],
      "bool", "movesElements", (ins), [{}], [{ return false; }]>,
    InterfaceMethod<[{
        Of an op whose result is a run of operand 0's elements, in row-major
        order, and so may lie in its memory: how many elements after its begin.
        0 for a reshape, 6 for row 2 of 4x3.
      }],
      "::std::optional<int64_t>", "getViewOffset", (ins), [{}], [{
        return ::std::nullopt;
      }]>,
    InterfaceMethod<[{
        Emits the value of the single result at `indices` (one `index` value per
        dimension). `read(operand, indices)` yields an operand's element.
      }],
      "::mlir::Value", "emitElement",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "::mlir::ValueRange":$indices, "::dpc::nn::ReadElement":$read)>
  ];
}

def NN_ReductionOpInterface : OpInterface<"ReductionOpInterface"> {
  let cppNamespace = "::dpc::nn";
  let description = [{
    A kernel op whose result element is a reduction over a rectangular domain,
    so that the code generator can choose the loop order.
  }];
  let methods = [
    InterfaceMethod<"Sizes of the loops over the reduced domain.",
      "::llvm::SmallVector<int64_t>", "getReducedSizes", (ins)>,
    InterfaceMethod<"What the elements are combined with.",
      "::dpc::nn::ReduceKind", "getReductionKind", (ins)>,
    InterfaceMethod<[{
        Emits one term: at result indices `indices` and position `reduced` in
        the reduced domain. The element is the reduction of all terms.
      }],
      "::mlir::Value", "emitTerm",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "::mlir::ValueRange":$indices, "::mlir::ValueRange":$reduced,
           "::dpc::nn::ReadElement":$read)>,
    InterfaceMethod<[{
        Whether consecutive positions of the innermost reduced loop are adjacent
        in memory (the last dimension is reduced): then the accumulator stays in
        a register; otherwise rows are accumulated in the result's buffer.
      }],
      "bool", "reducesInnermost", (ins)>
  ];
}

def NN_ScatterOpInterface : OpInterface<"ScatterOpInterface"> {
  let cppNamespace = "::dpc::nn";
  let description = [{
    A reduction in which every term reaches one result element, named by data:
    instead of asking for every element which terms reach it, the code generator
    goes once through the terms. The updates are operand `getUpdateOperand`; the
    result is their shape with the `getNumIndexDims` dimensions from
    `getScatterDim` on replaced by one:

      for p, i, q:  n = emitTarget(i);  if 0 <= n < N: out[p, n, q] += updates[p, i, q]
  }];
  let methods = [
    InterfaceMethod<"The operand that holds the terms.",
      "unsigned", "getUpdateOperand", (ins)>,
    InterfaceMethod<"The result dimension that the data selects.",
      "int64_t", "getScatterDim", (ins)>,
    InterfaceMethod<"How many dimensions of the updates it replaces.",
      "int64_t", "getNumIndexDims", (ins)>,
    InterfaceMethod<[{
        Emits the position along getScatterDim, an i64, possibly outside of the
        result, to which the updates at `indices` go (one `index` value per
        index dimension).
      }],
      "::mlir::Value", "emitTarget",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "::mlir::ValueRange":$indices, "::dpc::nn::ReadElement":$read)>
  ];
}

def NN_CompositeOpInterface : OpInterface<"CompositeOpInterface"> {
  let cppNamespace = "::dpc::nn";
  let description = [{
    An op that stands for a small graph of primitives. It is kept whole while
    that helps (gradients, recognition) and expanded before sharding.
  }];
  let methods = [
    InterfaceMethod<[{
        Builds the primitives that compute the op's results.
      }],
      "::llvm::SmallVector<::mlir::Value>", "expand",
      (ins "::mlir::OpBuilder &":$builder)>
  ];
}

def NN_LossOpInterface : OpInterface<"LossOpInterface"> {
  let cppNamespace = "::dpc::nn";
  let description = [{
    A loss per element, not yet summed: result 0 has one loss per label. The mean
    over the batch is sum(losses) / sum(weights).
  }];
  let methods = [
    InterfaceMethod<"What is compared with the label: logits, or values.",
      "::mlir::Value", "getPredictionOperand", (ins)>,
    InterfaceMethod<"The label.", "::mlir::Value", "getLabelOperand", (ins)>,
    InterfaceMethod<[{
        The weight of every label, of the losses' type, or null when all are 1
        (no ignored index).
      }],
      "::mlir::Value", "buildWeights", (ins "::mlir::OpBuilder &":$builder)>,
    InterfaceMethod<[{
        1 where the prediction is right and 0 elsewhere (ignored labels are 0), of
        the losses' type, or null for a loss without a notion of accuracy.
      }],
      "::mlir::Value", "buildCorrect", (ins "::mlir::OpBuilder &":$builder)>,
    InterfaceMethod<"Number of classes of an integer label; 0 if it has none.",
      "int64_t", "getNumClasses", (ins)>,
    InterfaceMethod<"The prediction's dimension of the classes; -1 without.",
      "int64_t", "getClassDim", (ins)>
  ];
}

#endif // DPC_NN_INTERFACES
