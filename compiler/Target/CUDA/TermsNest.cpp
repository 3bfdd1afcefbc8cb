//===- TermsNest.cpp - Threads that share the terms of an element ---------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// 8 to 32 lanes of a warp, or a block, share the terms of an element's
// reductions; every lane then has the results. Threads per element: as QuACK
// (Dao-AILab) and PyTorch's Inductor choose them for rows.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/DeviceEmitter.h"

#include "dialects/NN/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace {

class TermsNest final : public DeviceEmitter {
public:
  TermsNest(plan::KernelOp kernel, ModuleOp device, StringRef name,
            int64_t terms)
      : DeviceEmitter(kernel, device, name),
        sharers(chooseLanes(getCount(resultSizes), terms)) {}

private:
  static int64_t chooseLanes(int64_t rows, int64_t terms) {
    if (terms > 3072 || (terms >= 512 && rows < 512))
      return kBlock;
    return terms <= 64 ? 8 : terms <= 128 ? 16 : kWarp;
  }

  void writeNest() override {
    Value thread = readRegister("tid.x");
    lane = sharers == kBlock ? thread : rem(thread, sharers);
    if (sharers < kWarp) {
      // The lanes of this group.
      Value first =
          arith::SubIOp::create(builder, loc, rem(thread, kWarp), lane);
      members = arith::ShLIOp::create(
          builder, loc,
          constant(builder.getI32Type(), (int64_t(1) << sharers) - 1), first);
    } else
      members = constant(builder.getI32Type(), -1);
    Value group = div(thread, sharers);
    emitSpread(
        getCount(resultSizes), kBlock / sharers, group, [&](Value position) {
          SmallVector<Value> indices = delinearize(position, resultSizes);
          SmallVector<Value> values = pullResults(indices);
          // All have read what one of them is about to replace.
          if (!kernel.getUpdates().empty())
            sharers > kWarp ? emitBarrier() : emitWarpBarrier(members);
          emitIf(isLess(lane, 1), [&] { storeResults(values, indices); });
        });
  }

  /// This thread's terms, of runs of neighbours.
  Value sumShare(ReductionOpInterface reduction, ValueRange indices) {
    OpBuilder::InsertionGuard guard(builder);
    SmallVector<int64_t> sizes = reduction.getReducedSizes();
    int64_t terms = getCount(sizes), width = 1;
    if (reduction.reducesInnermost() && !sizes.empty())
      for (width = getVectorWidth(sizes.back());
           width > 1 && terms < width * sharers;)
        width /= 2;
    Type type = getPositionType(terms);
    auto loop = scf::ForOp::create(
        builder, loc, widen(lane, type), constant(type, terms / width),
        constant(type, sharers), ValueRange{identity(reduction)});
    builder.setInsertionPointToStart(loop.getBody());
    Value sum = loop.getRegionIterArgs()[0];
    bool wasInside = std::exchange(isInside, true);
    SmallVector<Value> values;
    for (const SmallVector<Value> &reduced :
         delinearizeRun(loop.getInductionVar(), sizes, width))
      values.push_back(emitTerm(reduction, indices, reduced));
    for (Value term : values)
      sum = combine(reduction, sum, term);
    isInside = wasInside;
    scf::YieldOp::create(builder, loc, sum);
    return loop.getResult(0);
  }

  /// All threads that share an element get here at the same indices, and get the
  /// same value.
  Value emitReduction(ReductionOpInterface reduction,
                      ValueRange indices) override {
    if (isInside)
      return KernelEmitter::emitReduction(reduction, indices);
    return shareSum(reduction, sumShare(reduction, indices), sharers, lane,
                    members);
  }

  /// Threads that share the terms of a reduction, which one this is of them, and
  /// the lanes of its warp that are among them.
  int64_t sharers;
  Value lane, members;
  /// Within a term: what it reduces is the thread's own.
  bool isInside = false;
};

} // namespace

DeviceNest dpc::makeTermsNest(plan::KernelOp kernel, ModuleOp device,
                              StringRef name, int64_t terms) {
  return std::make_unique<TermsNest>(kernel, device, name, terms);
}
