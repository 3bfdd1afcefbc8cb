//===- Dot.cpp - dot ------------------------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace dpc::nn;

/// Dimensions below `rank` in neither list.
static SmallVector<int64_t> getFree(int64_t rank, ArrayRef<int64_t> batch,
                                    ArrayRef<int64_t> contract) {
  SmallVector<int64_t> free;
  for (int64_t dim : llvm::seq<int64_t>(0, rank))
    if (!llvm::is_contained(batch, dim) && !llvm::is_contained(contract, dim))
      free.push_back(dim);
  return free;
}

SmallVector<int64_t> DotOp::getLhsFree() {
  return getFree(getLhs().getType().getRank(), getLhsBatch(), getLhsContract());
}

SmallVector<int64_t> DotOp::getRhsFree() {
  return getFree(getRhs().getType().getRank(), getRhsBatch(), getRhsContract());
}

LogicalResult DotOp::inferReturnTypes(MLIRContext *,
                                      std::optional<Location> loc,
                                      Adaptor adaptor,
                                      SmallVectorImpl<Type> &results) {
  auto lhs = dyn_cast<RankedTensorType>(adaptor.getLhs().getType());
  auto rhs = dyn_cast<RankedTensorType>(adaptor.getRhs().getType());
  if (!lhs || !rhs)
    return failure();
  if (lhs.getElementType() != rhs.getElementType())
    return emitOptionalError(loc, "'nn.dot' op has operands of types ",
                             lhs.getElementType(), " and ",
                             rhs.getElementType());
  ArrayRef<int64_t> lhsBatch = adaptor.getLhsBatch(),
                    rhsBatch = adaptor.getRhsBatch(),
                    lhsContract = adaptor.getLhsContract(),
                    rhsContract = adaptor.getRhsContract();
  if (lhsBatch.size() != rhsBatch.size() ||
      lhsContract.size() != rhsContract.size())
    return emitOptionalError(loc, "'nn.dot' op pairs dimensions unequally");
  auto areDistinct = [](RankedTensorType type, ArrayRef<int64_t> batch,
                        ArrayRef<int64_t> contract) {
    SmallVector<bool> seen(type.getRank(), false);
    for (ArrayRef<int64_t> dims : {batch, contract})
      for (int64_t dim : dims) {
        if (dim < 0 || dim >= type.getRank() || seen[dim])
          return false;
        seen[dim] = true;
      }
    return true;
  };
  if (!areDistinct(lhs, lhsBatch, lhsContract) ||
      !areDistinct(rhs, rhsBatch, rhsContract))
    return emitOptionalError(
        loc, "'nn.dot' op names a dimension twice or one that does not exist");
  auto matches = [&](ArrayRef<int64_t> lhsDims, ArrayRef<int64_t> rhsDims) {
    return llvm::all_of(llvm::zip_equal(lhsDims, rhsDims), [&](auto pair) {
      return lhs.getDimSize(std::get<0>(pair)) ==
             rhs.getDimSize(std::get<1>(pair));
    });
  };
  if (!matches(lhsBatch, rhsBatch) || !matches(lhsContract, rhsContract))
    return emitOptionalError(loc, "'nn.dot' op pairs different extents of ",
                             lhs, " and ", rhs);
  SmallVector<int64_t> shape;
  for (int64_t dim : lhsBatch)
    shape.push_back(lhs.getDimSize(dim));
  for (int64_t dim : getFree(lhs.getRank(), lhsBatch, lhsContract))
    shape.push_back(lhs.getDimSize(dim));
  for (int64_t dim : getFree(rhs.getRank(), rhsBatch, rhsContract))
    shape.push_back(rhs.getDimSize(dim));
  results.push_back(lhs.clone(shape));
  return success();
}

/// Sums of no products.
OpFoldResult DotOp::fold(FoldAdaptor) {
  if (getType().getNumElements() == 0 ||
      (getLhs().getType().getNumElements() != 0 &&
       getRhs().getType().getNumElements() != 0))
    return {};
  return DenseElementsAttr::get(getType(),
                                numberAttr(getType().getElementType(), 0.0));
}

OpShardingRule DotOp::getShardingRule() {
  OpShardingRule rule;
  RankedTensorType lhs = getLhs().getType(), rhs = getRhs().getType();
  rule.operands.emplace_back(lhs.getRank());
  rule.operands.emplace_back(rhs.getRank());
  rule.results.emplace_back();
  auto addFactor = [&](int64_t size, FactorKind kind) -> int64_t {
    rule.factors.push_back({size, kind});
    return rule.factors.size() - 1;
  };
  for (auto [l, r] : llvm::zip_equal(getLhsBatch(), getRhsBatch())) {
    int64_t factor = addFactor(lhs.getDimSize(l), FactorKind::PassThrough);
    rule.operands[0][l] = {factor};
    rule.operands[1][r] = {factor};
    rule.results[0].push_back({factor});
  }
  for (int64_t dim : getLhsFree()) {
    int64_t factor = addFactor(lhs.getDimSize(dim), FactorKind::PassThrough);
    rule.operands[0][dim] = {factor};
    rule.results[0].push_back({factor});
  }
  for (int64_t dim : getRhsFree()) {
    int64_t factor = addFactor(rhs.getDimSize(dim), FactorKind::PassThrough);
    rule.operands[1][dim] = {factor};
    rule.results[0].push_back({factor});
  }
  for (auto [l, r] : llvm::zip_equal(getLhsContract(), getRhsContract())) {
    int64_t factor = addFactor(lhs.getDimSize(l), FactorKind::Reduction);
    rule.operands[0][l] = {factor};
    rule.operands[1][r] = {factor};
  }
  rule.linearity = Linearity::Separate;
  rule.linearOperands = {0, 1};
  return rule;
}

SmallVector<int64_t> DotOp::getReducedSizes() {
  SmallVector<int64_t> sizes;
  for (int64_t dim : getLhsContract())
    sizes.push_back(getLhs().getType().getDimSize(dim));
  return sizes;
}

ReduceKind DotOp::getReductionKind() { return ReduceKind::Sum; }

int64_t DotOp::getFlops() {
  int64_t flops = 2 * getType().getNumElements();
  for (int64_t size : getReducedSizes())
    flops *= size;
  return flops;
}

/// Puts result position `indices` and reduced position `reduced` on the
/// dimensions of the two operands.
template <typename Index, typename Range>
static std::pair<SmallVector<Index>, SmallVector<Index>>
getPositions(DotOp op, Range indices, Range reduced) {
  SmallVector<Index> lhs(op.getLhs().getType().getRank());
  SmallVector<Index> rhs(op.getRhs().getType().getRank());
  size_t next = 0;
  for (auto [l, r] : llvm::zip_equal(op.getLhsBatch(), op.getRhsBatch()))
    lhs[l] = rhs[r] = indices[next++];
  for (int64_t dim : op.getLhsFree())
    lhs[dim] = indices[next++];
  for (int64_t dim : op.getRhsFree())
    rhs[dim] = indices[next++];
  next = 0;
  for (auto [l, r] : llvm::zip_equal(op.getLhsContract(), op.getRhsContract()))
    lhs[l] = rhs[r] = reduced[next++];
  return {lhs, rhs};
}

LogicalResult DotOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                              MutableArrayRef<ReferenceTensor> results) {
  // Linear indices are sums of terms of the result's position and of terms of
  // the reduced position; the latter are the same for every result element.
  SmallVector<int64_t> lhsStrides = rowMajorStrides(operands[0]->shape());
  SmallVector<int64_t> rhsStrides = rowMajorStrides(operands[1]->shape());
  auto linearize = [](ArrayRef<int64_t> position, ArrayRef<int64_t> strides) {
    int64_t linear = 0;
    for (auto [i, stride] : llvm::zip_equal(position, strides))
      linear += i * stride;
    return linear;
  };
  SmallVector<int64_t> resultOrigin(getType().getRank(), 0);
  SmallVector<int64_t> reducedOrigin(getLhsContract().size(), 0);
  SmallVector<std::pair<int64_t, int64_t>> terms;
  forEachIndex(getReducedSizes(), [&](ArrayRef<int64_t> reduced) {
    auto [lhs, rhs] =
        getPositions<int64_t, ArrayRef<int64_t>>(*this, resultOrigin, reduced);
    terms.emplace_back(linearize(lhs, lhsStrides), linearize(rhs, rhsStrides));
  });
  bool isFloat = results[0].isFloat();
  int64_t next = 0;
  forEachIndex(results[0].shape(), [&](ArrayRef<int64_t> index) {
    auto [lhs, rhs] =
        getPositions<int64_t, ArrayRef<int64_t>>(*this, index, reducedOrigin);
    const ReferenceElement *a =
        operands[0]->data.data() + linearize(lhs, lhsStrides);
    const ReferenceElement *b =
        operands[1]->data.data() + linearize(rhs, rhsStrides);
    if (isFloat) {
      double sum = 0;
      for (auto [l, r] : terms)
        sum += a[l].real * b[r].real;
      results[0].data[next++].real = sum;
      return;
    }
    // Modulo 2^64, of which the type's low bits are right.
    uint64_t sum = 0;
    for (auto [l, r] : terms)
      sum += static_cast<uint64_t>(a[l].integer) *
             static_cast<uint64_t>(b[r].integer);
    results[0].setInteger(next++, APSInt(APInt(64, sum)));
  });
  return success();
}

Value DotOp::emitElement(OpBuilder &builder, Location loc, ValueRange indices,
                         ReadElement read) {
  return scalar::reduce(builder, loc, *this, indices, read);
}

Value DotOp::emitTerm(OpBuilder &builder, Location loc, ValueRange indices,
                      ValueRange reduced, ReadElement read) {
  auto [lhs, rhs] = getPositions<Value, ValueRange>(*this, indices, reduced);
  Value a = read(0, lhs), b = read(1, rhs);
  if (!isa<FloatType>(a.getType()))
    return scalar::mul(builder, loc, a, b);
  return arith::MulFOp::create(builder, loc, a, b,
                               arith::FastMathFlags::reassoc |
                                   arith::FastMathFlags::contract);
}

bool DotOp::reducesInnermost() {
  auto isLast = [](ArrayRef<int64_t> dims, RankedTensorType type) {
    return !dims.empty() && dims.back() == type.getRank() - 1;
  };
  return isLast(getLhsContract(), getLhs().getType()) &&
         isLast(getRhsContract(), getRhs().getType());
}

namespace {
/// One operand of a dot, with what the gradient of the *other* operand needs.
struct Side {
  Value value;
  SmallVector<int64_t> batch, contract, free;
  /// Where the result has this operand's free dimensions.
  SmallVector<int64_t> resultFree;
};
} // namespace

/// The gradient of operand `target`: the result's gradient, contracted with
/// `other` over other's free dimensions.
///
/// With y[i,j] = sum_k x[i,k] w[j,k]: dx = dot(g, w) has the dimensions [i],
/// [k] and dw = dot(g, x) has [j], [k], both in their operand's order; dot(w,
/// g) would need a transpose.
static Value buildOperandGradient(Math &m, OpBuilder &builder, Location loc,
                                  Value g, const Side &target,
                                  const Side &other) {
  size_t numBatch = target.batch.size();
  // Batch dimensions in target's order, as positions in the batch list.
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, numBatch));
  llvm::sort(order, [&](int64_t a, int64_t b) {
    return target.batch[a] < target.batch[b];
  });
  SmallVector<int64_t> otherBatch, batchDims;
  for (int64_t i : order) {
    otherBatch.push_back(other.batch[i]);
    batchDims.push_back(target.batch[i]);
  }
  // The dimensions of target that other's contracted dimensions, in other's
  // order, stand for.
  SmallVector<int64_t> positions =
      llvm::to_vector(llvm::seq<int64_t>(0, other.contract.size()));
  llvm::sort(positions, [&](int64_t a, int64_t b) {
    return other.contract[a] < other.contract[b];
  });
  SmallVector<int64_t> contractDims;
  for (int64_t i : positions)
    contractDims.push_back(target.contract[i]);

  // Dimension i of dot(g, other) or dot(other, g) is target's dims[i].
  SmallVector<int64_t> gradFirst(batchDims), otherFirst(batchDims);
  llvm::append_range(gradFirst, target.free);
  llvm::append_range(gradFirst, contractDims);
  llvm::append_range(otherFirst, contractDims);
  llvm::append_range(otherFirst, target.free);
  bool isGradFirst = llvm::is_sorted(gradFirst) || !llvm::is_sorted(otherFirst);

  Value product = isGradFirst
                      ? DotOp::create(builder, loc, g, other.value, order,
                                      otherBatch, other.resultFree, other.free)
                      : DotOp::create(builder, loc, other.value, g, otherBatch,
                                      order, other.free, other.resultFree);
  ArrayRef<int64_t> dims = isGradFirst ? gradFirst : otherFirst;
  SmallVector<int64_t> permutation(dims.size());
  for (auto [i, dim] : llvm::enumerate(dims))
    permutation[dim] = i;
  return m.transpose(product, permutation);
}

LogicalResult DotOp::buildGradient(OpBuilder &builder, ValueRange resultGrads,
                                   ArrayRef<bool> needed,
                                   MutableArrayRef<Value> operandGrads) {
  Math m(builder, getLoc());
  int64_t next = getLhsBatch().size();
  Side lhs{getLhs(),
           SmallVector<int64_t>(getLhsBatch()),
           SmallVector<int64_t>(getLhsContract()),
           getLhsFree(),
           {}};
  Side rhs{getRhs(),
           SmallVector<int64_t>(getRhsBatch()),
           SmallVector<int64_t>(getRhsContract()),
           getRhsFree(),
           {}};
  for (Side *side : {&lhs, &rhs})
    for (size_t i = 0; i < side->free.size(); ++i)
      side->resultFree.push_back(next++);
  Value g = resultGrads[0];
  if (needed[0])
    operandGrads[0] = buildOperandGradient(m, builder, getLoc(), g, lhs, rhs);
  if (needed[1])
    operandGrads[1] = buildOperandGradient(m, builder, getLoc(), g, rhs, lhs);
  return success();
}
