//===- Reshape.cpp - reshape ----------------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include <numeric>

using namespace mlir;
using namespace dpc::nn;

namespace {
/// Consecutive dimensions of the input and of the output that hold the same
/// index space: 100x28x28 -> 100x784 has the groups {100 | 100} and
/// {28, 28 | 784}. Dimensions of extent 1 are in no group.
struct Group {
  SmallVector<int64_t> inputDims, outputDims;
};
} // namespace

static SmallVector<Group> matchGroups(ArrayRef<int64_t> input,
                                      ArrayRef<int64_t> output) {
  SmallVector<Group> groups;
  size_t i = 0, o = 0;
  auto skipUnits = [](ArrayRef<int64_t> shape, size_t &dim) {
    while (dim < shape.size() && shape[dim] == 1)
      ++dim;
    return dim < shape.size();
  };
  while (skipUnits(input, i) && skipUnits(output, o)) {
    Group group;
    group.inputDims.push_back(i);
    group.outputDims.push_back(o);
    int64_t inputSize = input[i++], outputSize = output[o++];
    // Equal products of the whole shapes end this before either runs out.
    while (inputSize != outputSize) {
      ArrayRef<int64_t> shape = inputSize < outputSize ? input : output;
      size_t &dim = inputSize < outputSize ? i : o;
      int64_t &size = inputSize < outputSize ? inputSize : outputSize;
      auto &dims = inputSize < outputSize ? group.inputDims : group.outputDims;
      if (shape[dim] != 1)
        dims.push_back(dim);
      size *= shape[dim++];
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

LogicalResult ReshapeOp::verify() {
  if (getInput().getType().getElementType() != getType().getElementType())
    return emitOpError("changes the element type");
  if (getInput().getType().getNumElements() != getType().getNumElements())
    return emitOpError("changes the number of elements: ")
           << getInput().getType() << " to " << getType();
  return success();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (auto elements = dyn_cast_or_null<DenseElementsAttr>(adaptor.getInput()))
    return elements.reshape(getType());
  if (auto inner = getInput().getDefiningOp<ReshapeOp>()) {
    getInputMutable().set(inner.getInput());
    return getResult();
  }
  return {};
}

/// Splits both sides of `group` at all products of leading extents. Fails where
/// these do not divide each other, as for 2x6 -> 3x4.
///
/// 4x6 -> 8x3 has the products 4, 24 and 8, 24: the factors are 4, 2, 3, the
/// input's dimensions run over [4], [2 3] and the output's over [4 2], [3].
static LogicalResult refine(const Group &group, ArrayRef<int64_t> inputShape,
                            ArrayRef<int64_t> outputShape,
                            OpShardingRule &rule) {
  SmallVector<int64_t> bounds;
  auto addBounds = [&](ArrayRef<int64_t> dims, ArrayRef<int64_t> shape) {
    int64_t product = 1;
    for (int64_t dim : dims)
      bounds.push_back(product *= shape[dim]);
  };
  addBounds(group.inputDims, inputShape);
  addBounds(group.outputDims, outputShape);
  llvm::sort(bounds);
  bounds.erase(llvm::unique(bounds), bounds.end());
  for (size_t i = 1; i < bounds.size(); ++i)
    if (bounds[i] % bounds[i - 1] != 0)
      return failure();

  int64_t firstFactor = rule.factors.size();
  int64_t previous = 1;
  for (int64_t bound : bounds) {
    rule.factors.push_back({bound / previous});
    previous = bound;
  }
  auto assign = [&](ArrayRef<int64_t> dims, ArrayRef<int64_t> shape,
                    DimFactors &factors) {
    int64_t next = 0, product = 1;
    for (int64_t dim : dims) {
      product *= shape[dim];
      for (; next < static_cast<int64_t>(bounds.size()) &&
             bounds[next] <= product;
           ++next)
        factors[dim].push_back(firstFactor + next);
    }
  };
  assign(group.inputDims, inputShape, rule.operands[0]);
  assign(group.outputDims, outputShape, rule.results[0]);
  return success();
}

OpShardingRule ReshapeOp::getShardingRule() {
  OpShardingRule rule;
  ArrayRef<int64_t> input = getInput().getType().getShape();
  ArrayRef<int64_t> output = getType().getShape();
  rule.operands.emplace_back(input.size());
  rule.results.emplace_back(output.size());
  rule.linearity = Linearity::Joint;
  rule.linearOperands = {0};
  auto replicate = [&](ArrayRef<int64_t> dims, ArrayRef<int64_t> shape,
                       DimFactors &factors) {
    for (int64_t dim : dims) {
      int64_t taken =
          factors[dim].empty() ? 1 : rule.factors[factors[dim].front()].size;
      if (taken == shape[dim])
        continue;
      factors[dim].push_back(rule.factors.size());
      rule.factors.push_back({shape[dim] / taken, FactorKind::NeedReplication});
    }
  };
  if (getType().getNumElements() == 0) {
    replicate(llvm::to_vector(llvm::seq<int64_t>(0, input.size())), input,
              rule.operands[0]);
    replicate(llvm::to_vector(llvm::seq<int64_t>(0, output.size())), output,
              rule.results[0]);
    return rule;
  }
  for (const Group &group : matchGroups(input, output)) {
    if (succeeded(refine(group, input, output, rule)))
      continue;
    // Without common factors: what the major dimensions share may be split,
    // nothing else.
    int64_t inputMajor = group.inputDims.front();
    int64_t outputMajor = group.outputDims.front();
    int64_t shared = std::gcd(input[inputMajor], output[outputMajor]);
    if (shared > 1) {
      rule.operands[0][inputMajor].push_back(rule.factors.size());
      rule.results[0][outputMajor].push_back(rule.factors.size());
      rule.factors.push_back({shared});
    }
    replicate(group.inputDims, input, rule.operands[0]);
    replicate(group.outputDims, output, rule.results[0]);
  }
  return rule;
}

FailureOr<SmallVector<Value>> ReshapeOp::buildLocal(OpBuilder &builder,
                                                    ValueRange localOperands,
                                                    PartitionContext &ctx) {
  RankedTensorType type = ctx.getLocalResultType(0);
  RankedTensorType inputType = tensorType(localOperands[0]);
  if (inputType.getNumElements() != type.getNumElements())
    return emitOpError("cannot reshape one rank's part ")
           << inputType << " to " << type
           << "; the split dimension does not divide evenly";
  return SmallVector<Value>{
      ReshapeOp::create(builder, getLoc(), type, localOperands[0])};
}

int64_t ReshapeOp::getFlops() { return 0; }

LogicalResult ReshapeOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                  MutableArrayRef<ReferenceTensor> results) {
  results[0].data = operands[0]->data;
  return success();
}

Value ReshapeOp::emitElement(OpBuilder &builder, Location loc,
                             ValueRange indices, ReadElement read) {
  ArrayRef<int64_t> input = getInput().getType().getShape();
  ArrayRef<int64_t> output = getType().getShape();
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  SmallVector<Value> position(input.size());
  if (getType().getNumElements() != 0) {
    for (const Group &group : matchGroups(input, output)) {
      Value linear = indices[group.outputDims.front()];
      for (int64_t dim : ArrayRef(group.outputDims).drop_front()) {
        linear =
            arith::MulIOp::create(builder, loc, linear, constant(output[dim]));
        linear = arith::AddIOp::create(builder, loc, linear, indices[dim]);
      }
      for (int64_t dim :
           llvm::reverse(ArrayRef(group.inputDims).drop_front())) {
        position[dim] =
            arith::RemUIOp::create(builder, loc, linear, constant(input[dim]));
        linear =
            arith::DivUIOp::create(builder, loc, linear, constant(input[dim]));
      }
      position[group.inputDims.front()] = linear;
    }
  }
  for (Value &index : position)
    if (!index)
      index = constant(0);
  return read(0, position);
}

LogicalResult ReshapeOp::buildGradient(OpBuilder &builder,
                                       ValueRange resultGrads,
                                       ArrayRef<bool> needed,
                                       MutableArrayRef<Value> operandGrads) {
  if (needed[0])
    operandGrads[0] =
        Math(builder, getLoc())
            .reshape(resultGrads[0], getInput().getType().getShape());
  return success();
}
