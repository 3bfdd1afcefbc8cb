//===- SplitReductions.cpp - Reductions in two steps ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A device of many processors would leave most of them idle over a reduction
// with many terms and few results. It says how many parts it wants
// (TargetInfo::getReductionParts). The terms are divided along the outermost
// reduced dimensions, so that each part lies together in memory: dimensions stay
// whole as long as they fit in, and the next one becomes two. If no number
// close to the wanted one divides it, it is padded with elements that change
// nothing. What the parts come to is in memory between the two reductions, in an
// order that shapes alone say.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Stamps.h"
#include "dialects/NN/Builders.h"
#include "dialects/Plan/Target.h"
#include "passes/Lowering/Passes.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace dpc {
#define GEN_PASS_DEF_SPLITREDUCTIONS
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {

/// Neighbours that a thread takes at once, at most.
constexpr int64_t kRun = 8;

/// Of the numbers in (wanted / 4, wanted] that divide `size`, the largest whose
/// quotient is a multiple of kRun if that is asked for, or the largest; 0 if there
/// is none.
int64_t findDivisor(int64_t size, int64_t wanted, bool inRuns) {
  int64_t best = 0;
  for (int64_t divisor = wanted; divisor > wanted / 4; --divisor) {
    if (size % divisor)
      continue;
    if (!inRuns || size / divisor % kRun == 0)
      return divisor;
    best = std::max(best, divisor);
  }
  return best;
}

class Splitter {
public:
  Splitter(ReduceOp op, int64_t parts)
      : op(op), builder(op), shape(op.getInput().getType().getShape()),
        wanted(parts) {}

  void run() {
    divide();
    if (kept.empty())
      return;
    Math math(builder, op.getLoc());
    Value input = op.getInput();
    if (padding)
      input = stamp(pad(input));
    if (split)
      input = stamp(math.reshape(input, divided));
    Value part = stamp(
        ReduceOp::create(builder, op.getLoc(), op.getKind(), input, inner));
    part.getDefiningOp()->setAttr(kMaterializeAttr, builder.getUnitAttr());
    Value whole =
        stamp(ReduceOp::create(builder, op.getLoc(), op.getKind(), part, kept));
    op.getResult().replaceAllUsesWith(whole);
    op.erase();
  }

private:
  /// Which dimensions are reduced first, and which are `kept` for the second
  /// step: their numbers among those that are left.
  void divide() {
    int64_t last = shape.size() - 1, left = 0;
    bool isDone = false;
    for (auto [dim, extent] : llvm::enumerate(shape)) {
      int64_t d = dim, size = extent;
      bool isReduced = llvm::is_contained(op.getDims(), d);
      if (!isReduced || (!isDone && size <= wanted)) {
        if (isReduced) {
          kept.push_back(left);
          wanted /= std::max<int64_t>(size, 1);
          isDone = wanted < 2;
        }
        divided.push_back(size);
        ++left;
        continue;
      }
      if (!isDone) {
        int64_t parts = findDivisor(size, wanted, d == last);
        if (!parts && canPad()) {
          parts = wanted;
          padding = llvm::alignTo(size, parts) - size;
          paddedDim = d;
        }
        if (parts) {
          kept.push_back(left++);
          divided.push_back(parts);
          size = (size + padding) / parts;
          split = true;
        }
        isDone = true;
      }
      inner.push_back(divided.size());
      divided.push_back(size);
    }
    // All fits into the parts: one step does.
    if (inner.empty())
      kept.clear();
  }

  /// Extremes of integers are no number of a pad.
  bool canPad() {
    return op.getKind() == ReduceKind::Sum ||
           isa<FloatType>(op.getType().getElementType());
  }

  Value pad(Value input) {
    SmallVector<int64_t> none(shape.size(), 0), high(none);
    high[paddedDim] = padding;
    double value =
        reductionIdentity(op.getKind(), op.getType().getElementType());
    return PadOp::create(builder, op.getLoc(), input, none, high, none,
                         llvm::APFloat(value));
  }

  Value stamp(Value value) {
    dist::copyStamps(value.getDefiningOp(), op);
    return value;
  }

  ReduceOp op;
  OpBuilder builder;
  ArrayRef<int64_t> shape;
  /// Parts that are still to be made.
  int64_t wanted;
  /// The input's dimensions, one of them perhaps as two; those that the first
  /// step reduces.
  SmallVector<int64_t> divided, inner;
  SmallVector<int64_t> kept;
  bool split = false;
  int64_t padding = 0, paddedDim = 0;
};

struct SplitReductions : dpc::impl::SplitReductionsBase<SplitReductions> {
  using SplitReductionsBase::SplitReductionsBase;
  void runOnOperation() override {
    const plan::TargetInfo *target = plan::getTarget(getOperation());
    if (!target)
      return;
    SmallVector<std::pair<ReduceOp, int64_t>> split;
    getOperation().walk([&](ReduceOp op) {
      int64_t parts = target->getReductionParts(
          op.getType().getNumElements(), llvm::product_of(op.getReducedSizes()),
          op.reducesInnermost());
      if (parts > 1)
        split.push_back({op, parts});
    });
    for (auto [op, parts] : split)
      Splitter(op, parts).run();
  }
};

} // namespace
