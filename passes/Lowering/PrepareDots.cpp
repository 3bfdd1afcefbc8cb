//===- PrepareDots.cpp - Bring dots into the form of a matrix product -----===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A general dot has any number of batch, free and contracted dimensions, in any
// order. It is a matrix product once either operand reads
//   (batch..., free, contracted)  or  (batch..., contracted, free)
// with one dimension each. Where dimensions lie next to each other in the right
// order, merging them is a reshape and costs nothing; only otherwise the
// operand is transposed.
//
// Worked example: lhs 4x5x6x7 with batch [0] and contract [2, 3] is 4x5x42.
// With contract [1] and free [2, 3] it is 4x5x42 too, read as transA. With
// contract [1, 3] it must be transposed by [0, 2, 1, 3] first.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/DistDialect.h"
#include "dialects/Dist/Stamps.h"
#include "passes/Lowering/KernelAnalysis.h"
#include "passes/Lowering/Passes.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace dpc {
#define GEN_PASS_DEF_PREPAREDOTS
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {

SmallVector<int64_t> concat(ArrayRef<int64_t> a, ArrayRef<int64_t> b,
                            ArrayRef<int64_t> c) {
  SmallVector<int64_t> all(a);
  llvm::append_range(all, b);
  llvm::append_range(all, c);
  return all;
}

class DotPreparer {
public:
  explicit DotPreparer(DotOp dot) : dot(dot), builder(dot), loc(dot.getLoc()) {}

  void prepare() {
    // Pairs of contracted dimensions in the order of the left operand's, so
    // that at most the right operand must be transposed for their sake.
    SmallVector<std::pair<int64_t, int64_t>> pairs;
    for (auto [l, r] :
         llvm::zip_equal(dot.getLhsContract(), dot.getRhsContract()))
      pairs.push_back({l, r});
    llvm::sort(pairs);
    SmallVector<int64_t> lhsContract, rhsContract;
    for (auto [l, r] : pairs) {
      lhsContract.push_back(l);
      rhsContract.push_back(r);
    }
    auto [lhs, transA] = prepareOperand(dot.getLhs(), dot.getLhsBatch(),
                                        dot.getLhsFree(), lhsContract,
                                        /*contractLast=*/true);
    auto [rhs, transB] = prepareOperand(dot.getRhs(), dot.getRhsBatch(),
                                        dot.getRhsFree(), rhsContract,
                                        /*contractLast=*/false);
    int64_t numBatch = dot.getLhsBatch().size();
    auto batch = llvm::to_vector(llvm::seq<int64_t>(0, numBatch));
    auto type = cast<RankedTensorType>(dot.getType());
    SmallVector<int64_t> shape(type.getShape().take_front(numBatch));
    auto lhsShape = cast<RankedTensorType>(lhs.getType()).getShape(),
         rhsShape = cast<RankedTensorType>(rhs.getType()).getShape();
    shape.push_back(lhsShape[numBatch + (transA ? 1 : 0)]);
    shape.push_back(rhsShape[numBatch + (transB ? 0 : 1)]);
    Value result = withPhase(
        DotOp::create(builder, loc, type.clone(shape), lhs, rhs, batch, batch,
                      ArrayRef<int64_t>{numBatch + (transA ? 0 : 1)},
                      ArrayRef<int64_t>{numBatch + (transB ? 1 : 0)}));
    dot.replaceAllUsesWith(reshape(result, type.getShape()));
    dot.erase();
  }

private:
  struct Prepared {
    Value value;
    /// The operand's last two dimensions are swapped with respect to
    /// (free, contracted) on the left, (contracted, free) on the right.
    bool transposed;
  };

  Prepared prepareOperand(Value operand, ArrayRef<int64_t> batch,
                          ArrayRef<int64_t> free, ArrayRef<int64_t> contract,
                          bool contractLast) {
    auto type = cast<RankedTensorType>(operand.getType());
    auto isInOrder = [](ArrayRef<int64_t> order) {
      return llvm::equal(order, llvm::seq<int64_t>(0, order.size()));
    };
    ArrayRef<int64_t> first = free, last = contract;
    if (!contractLast)
      std::swap(first, last);
    bool transposed = false;
    if (!isInOrder(concat(batch, first, last))) {
      transposed = isInOrder(concat(batch, last, first));
      if (transposed)
        std::swap(first, last);
      else
        operand = withPhase(TransposeOp::create(builder, loc, operand,
                                                concat(batch, first, last)));
    }
    auto product = [&](ArrayRef<int64_t> dims) {
      int64_t size = 1;
      for (int64_t dim : dims)
        size *= type.getDimSize(dim);
      return size;
    };
    SmallVector<int64_t> shape;
    for (int64_t dim : batch)
      shape.push_back(type.getDimSize(dim));
    shape.push_back(product(first));
    shape.push_back(product(last));
    return {reshape(operand, shape), transposed};
  }

  Value reshape(Value value, ArrayRef<int64_t> shape) {
    auto type = cast<RankedTensorType>(value.getType());
    if (type.getShape() == shape)
      return value;
    return withPhase(ReshapeOp::create(builder, loc, type.clone(shape), value));
  }

  template <typename OpTy> Value withPhase(OpTy op) {
    dist::copyStamps(op, dot);
    return op.getResult();
  }

  DotOp dot;
  OpBuilder builder;
  Location loc;
};

struct PrepareDots : dpc::impl::PrepareDotsBase<PrepareDots> {
  using PrepareDotsBase::PrepareDotsBase;
  void runOnOperation() override {
    SmallVector<DotOp> dots;
    getOperation().walk([&](DotOp dot) {
      if (isMatmulType(getElementTypeOrSelf(dot.getType())) &&
          !getMatmulForm(dot))
        dots.push_back(dot);
    });
    for (DotOp dot : dots)
      DotPreparer(dot).prepare();
  }
};

} // namespace
