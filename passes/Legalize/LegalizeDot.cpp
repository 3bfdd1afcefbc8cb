//===- LegalizeDot.cpp - MatMul and Gemm ----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Dot.h"
#include "passes/Legalize/LegalizeTable.h"

using namespace mlir;

namespace dpc::legalize {

/// Contracts the operand of a transpose instead of its result. Dimension i of
/// the result is dimension permutation[i] of the operand, so that for
///   %t = nn.transpose %w [1, 0] : tensor<128x784xf32>
/// contracting %t's dimension 0 is contracting %w's dimension 1. The free
/// dimensions must keep their order, because it is the order of the result's.
static void lookThroughTranspose(DotOperand &operand) {
  auto transpose = operand.value.getDefiningOp<nn::TransposeOp>();
  if (!transpose)
    return;
  ArrayRef<int64_t> permutation = transpose.getPermutation();
  int64_t lastFree = -1;
  for (auto [i, from] : llvm::enumerate(permutation)) {
    int64_t dim = static_cast<int64_t>(i);
    if (dim == operand.contract || llvm::is_contained(operand.batch, dim))
      continue;
    if (from < lastFree)
      return;
    lastFree = from;
  }
  operand.value = transpose.getInput();
  operand.contract = permutation[operand.contract];
  for (int64_t &dim : operand.batch)
    dim = permutation[dim];
}

LogicalResult buildDot(Binder &node, DotOperand lhs, DotOperand rhs,
                       Value &result) {
  RankedTensorType lhsType = nn::tensorType(lhs.value);
  RankedTensorType rhsType = nn::tensorType(rhs.value);
  if (lhsType.getElementType().isInteger(1))
    return node.emitError() << "element type i1 (bool) is not supported by dpc";
  if (lhsType.getDimSize(lhs.contract) != rhsType.getDimSize(rhs.contract))
    return node.emitError()
           << "the inner extents differ: " << lhsType << " and " << rhsType;
  SmallVector<int64_t> extents(lhsType.getShape());
  llvm::append_range(extents, rhsType.getShape());
  extents[lhs.contract] = 1;
  extents[lhsType.getRank() + rhs.contract] = 1;
  for (int64_t dim : rhs.batch)
    extents[lhsType.getRank() + dim] = 1;
  if (!isReasonableShape(extents))
    return node.emitError() << "the result would be too large";
  extents[lhs.contract] = lhsType.getDimSize(lhs.contract);
  if (!isReasonableWork(extents))
    return node.emitError()
           << "takes more than " << limits::kWork << " multiplications";
  lookThroughTranspose(lhs);
  lookThroughTranspose(rhs);
  result =
      nn::DotOp::create(node.getBuilder(), node.getLoc(), lhs.value, rhs.value,
                        lhs.batch, rhs.batch, ArrayRef<int64_t>(lhs.contract),
                        ArrayRef<int64_t>(rhs.contract));
  return success();
}

LogicalResult buildMatMul(Binder &node, Value a, Value b, Value &result) {
  ArrayRef<int64_t> shapeA = nn::tensorType(a).getShape();
  ArrayRef<int64_t> shapeB = nn::tensorType(b).getShape();
  int64_t rankA = static_cast<int64_t>(shapeA.size());
  int64_t rankB = static_cast<int64_t>(shapeB.size());
  if (rankA == 0 || rankB == 0)
    return node.emitError() << "the inputs must not be scalars";
  SmallVector<int64_t> batch;
  if (rankA > 1 && rankB > 2) {
    if (failed(node.broadcastShapes(shapeA.drop_back(2), shapeB.drop_back(2),
                                    batch)))
      return failure();
    auto expand = [&](Value value, ArrayRef<int64_t> shape) {
      SmallVector<int64_t> full(batch);
      llvm::append_range(full, shape.take_back(2));
      // Left as it is, so that a transpose can still be looked through.
      return shape == ArrayRef(full)
                 ? value
                 : node.getMath().broadcastNumpy(value, full);
    };
    for (ArrayRef<int64_t> shape : {shapeA, shapeB}) {
      SmallVector<int64_t> full(batch);
      llvm::append_range(full, shape.take_back(2));
      if (!isReasonableShape(full))
        return node.emitError() << "the operands would be too large";
    }
    a = expand(a, shapeA);
    b = expand(b, shapeB);
    rankA = rankB = static_cast<int64_t>(batch.size()) + 2;
  }
  // Without batch dimensions on the right, the left one's are free dimensions;
  // a vector on the left has none of its own to come before the right one's.
  SmallVector<int64_t> batchDims =
      llvm::to_vector(llvm::seq<int64_t>(0, batch.size()));
  DotOperand lhs{a, batchDims, rankA - 1};
  DotOperand rhs{b, batchDims, std::max<int64_t>(rankB - 2, 0)};
  return buildDot(node, lhs, rhs, result);
}

namespace {

LogicalResult legalizeMatMul(Binder &node) {
  Value a, b, result;
  if (failed(node.getInput(0, "A", a)) || failed(node.getInput(1, "B", b)) ||
      failed(node.checkSameElementType(a, b)) ||
      failed(buildMatMul(node, a, b, result)))
    return failure();
  node.setResult(0, result);
  return success();
}

} // namespace

LogicalResult buildGemm(Binder &node, Value &result) {
  Value a, b;
  bool transA = false, transB = false;
  double alpha = 1.0, beta = 1.0;
  if (failed(node.getInput(0, "A", a)) || failed(node.getInput(1, "B", b)) ||
      failed(node.checkSameElementType(a, b)) ||
      failed(node.getFlag("transA", transA)) ||
      failed(node.getFlag("transB", transB)) ||
      failed(node.getFloat("alpha", alpha)) ||
      failed(node.getFloat("beta", beta)))
    return failure();
  for (Value operand : {a, b})
    if (nn::tensorType(operand).getRank() != 2)
      return node.emitError() << "the inputs 'A' and 'B' must be matrices, not "
                              << operand.getType();
  if (failed(buildDot(node, {a, {}, transA ? 0 : 1}, {b, {}, transB ? 1 : 0},
                      result)))
    return failure();
  nn::Math &m = node.getMath();
  if (!isa<FloatType>(nn::tensorType(result).getElementType()) &&
      (alpha != 1.0 || beta != 1.0))
    return node.emitError() << "'alpha' and 'beta' of an integer product must "
                               "be 1";
  if (alpha != 1.0)
    result = m.mul(result, m.constant(result, alpha));
  if (node.hasInput(2)) {
    Value c;
    if (failed(node.getInput(2, "C", c)) ||
        failed(node.checkSameElementType(a, c)))
      return failure();
    if (beta != 1.0)
      c = m.mul(c, m.constant(c, beta));
    if (failed(node.broadcastTo(c, "C", result)))
      return failure();
    result = m.add(result, c);
  }
  return success();
}

namespace {

/// C is optional since 11.
LogicalResult legalizeGemm(Binder &node) {
  Value result;
  if (!node.hasInput(2) && node.getVersion() < 11)
    return node.emitError() << "input 'C' is missing";
  if (failed(buildGemm(node, result)))
    return failure();
  node.setResult(0, result);
  return success();
}

} // namespace

void registerDot(LegalizeTable &table) {
  table.add("MatMul", 1, legalizeMatMul);
  table.add("Gemm", 7, legalizeGemm);
}

} // namespace dpc::legalize
