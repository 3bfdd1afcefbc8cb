//===- ColumnsNest.cpp - Reductions that keep the last dimension ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A block takes a tile: some 64 neighbours of the result, up to 16 bytes a
// thread, by some rows of threads, of which each has every rows-th term.
// Several are loaded before the first is added. The rows' sums meet in shared
// memory. Where few tiles would have many terms, -nn-split-reductions has made
// two kernels of it.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/DeviceEmitter.h"

#include "dialects/NN/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace {

/// Neighbours of a tile.
constexpr int64_t kTile = 64;
/// Fewer terms are not worth threads that share them.
constexpr int64_t kFewTerms = 8;
/// Terms that a thread loads before it adds them.
constexpr int64_t kAtOnce = 4;

class ColumnsNest final : public DeviceEmitter {
public:
  using DeviceEmitter::DeviceEmitter;

private:
  void writeNest() override {
    auto reduction = cast<ReductionOpInterface>(
        body.getTerminator()->getOperand(0).getDefiningOp());
    int64_t terms = getCount(reduction.getReducedSizes());
    width = getVectorWidth(resultSizes.empty() ? 1 : resultSizes.back());
    int64_t across = std::clamp<int64_t>(kTile / width, 8, kWarp);
    rows = terms < kFewTerms
               ? 1
               : std::min<int64_t>(kBlock / across,
                                   llvm::bit_floor<uint64_t>(terms));
    across = kBlock / rows;
    int64_t runs = getCount(resultSizes) / width;
    launch.grid = llvm::divideCeil(runs, across);
    Type type = getPositionType(runs);
    Value thread = readRegister("tid.x");
    Value place = rem(thread, across), row = div(thread, across);
    Value position = add(mul(widen(readRegister("ctaid.x"), type), across),
                         widen(place, type));
    Value isInside = isLess(position, runs);
    SmallVector<SmallVector<Value>> neighbours =
        delinearizeRun(position, resultSizes, width);
    // All threads come to the barrier: those beside the result have no terms.
    SmallVector<Value> sums(width, identity(reduction));
    int64_t step = kAtOnce * rows, whole = terms / step * step;
    Type termType = getPositionType(terms);
    row = widen(row, termType);
    if (whole)
      emitTerms(reduction, neighbours, row, isInside, whole, kAtOnce, sums);
    if (whole < terms)
      emitTerms(reduction, neighbours, add(row, constant(termType, whole)),
                isInside, terms, 1, sums);
    auto storeAll = [&] {
      for (auto [sum, indices] : llvm::zip_equal(sums, neighbours))
        storeResults(sum, indices);
    };
    if (rows == 1)
      return emitIf(isInside, storeAll);
    Value shared = getShared(kBlock * width);
    Type i32 = builder.getI32Type();
    auto emitPlaces = [&](Value first, function_ref<void(int64_t, Value)> use) {
      for (int64_t i = 0; i < width; ++i)
        use(i, add(first, constant(i32, i)));
    };
    emitPlaces(mul(thread, width),
               [&](int64_t i, Value at) { storeShared(sums[i], shared, at); });
    emitBarrier();
    Value isOwner =
        arith::AndIOp::create(builder, loc, isInside, isLess(thread, across));
    emitIf(isOwner, [&] {
      for (int64_t other = 1; other < rows; ++other)
        emitPlaces(
            add(mul(thread, width), constant(i32, other * across * width)),
            [&](int64_t i, Value at) {
              sums[i] = combine(reduction, sums[i],
                                loadShared(sums[i].getType(), shared, at));
            });
      storeAll();
    });
  }

  /// Adds to the sums of neighbours every `rows`-th term from `first` to `end`,
  /// `atOnce` of them in each turn of the loop.
  void emitTerms(ReductionOpInterface reduction,
                 ArrayRef<SmallVector<Value>> neighbours, Value first,
                 Value isInside, int64_t end, int64_t atOnce,
                 SmallVector<Value> &sums) {
    Type type = first.getType();
    Value bound = arith::SelectOp::create(
        builder, loc, isInside, constant(type, end), constant(type, 0));
    OpBuilder::InsertionGuard guard(builder);
    auto loop =
        scf::ForOp::create(builder, loc, first, bound,
                           constant(type, rows * atOnce), ValueRange(sums));
    builder.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> terms;
    for (int64_t i = 0; i < atOnce; ++i) {
      SmallVector<Value> reduced =
          delinearize(add(loop.getInductionVar(), constant(type, i * rows)),
                      reduction.getReducedSizes());
      for (const SmallVector<Value> &indices : neighbours)
        terms.push_back(emitTerm(reduction, indices, reduced));
    }
    SmallVector<Value> next(loop.getRegionIterArgs());
    for (auto [i, term] : llvm::enumerate(terms))
      next[i % width] = combine(reduction, next[i % width], term);
    scf::YieldOp::create(builder, loc, next);
    sums.assign(loop.getResults().begin(), loop.getResults().end());
  }

  /// Neighbours of a thread, and threads that share their terms.
  int64_t width = 1, rows = 1;
};

} // namespace

DeviceNest dpc::makeColumnsNest(plan::KernelOp kernel, ModuleOp device,
                                StringRef name) {
  return std::make_unique<ColumnsNest>(kernel, device, name);
}
