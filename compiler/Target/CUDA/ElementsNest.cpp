//===- ElementsNest.cpp - Threads that compute elements by themselves -----===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A thread computes up to 16 bytes of neighbours, and loads all of them before it
// stores: LLVM makes vectors of that.
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

/// Below so many elements each has a thread of its own.
constexpr int64_t kFewElements = 1 << 14;

class ElementsNest final : public DeviceEmitter {
public:
  using DeviceEmitter::DeviceEmitter;

private:
  void writeNest() override { isLinear ? writeLinear() : writeElements(); }

  void emitRun(ArrayRef<SmallVector<Value>> run) {
    SmallVector<SmallVector<Value>> values;
    for (const SmallVector<Value> &indices : run)
      values.push_back(pullResults(indices));
    for (auto [value, indices] : llvm::zip_equal(values, run))
      storeResults(value, indices);
  }

  void writeLinear() {
    int64_t count = getCount(resultSizes), width = getVectorWidth();
    int64_t runs = count / width, rest = count % width;
    Value thread = readRegister("tid.x");
    auto asIndices = [&](Value position) {
      return resultSizes.empty() ? SmallVector<Value>()
                                 : SmallVector<Value>{position};
    };
    if (runs)
      emitSpread(runs, kBlock, thread, [&](Value position) {
        Value first =
            asMultiple(arith::MulIOp::create(builder, loc, toIndex(position),
                                             index(width)),
                       width);
        SmallVector<SmallVector<Value>> run;
        for (int64_t i = 0; i < width; ++i)
          run.push_back({i ? add(first, index(i)) : first});
        emitRun(run);
      });
    if (!rest)
      return;
    // By the first block; each has its threads ask.
    Type type = getPositionType(count);
    Value block = readRegister("ctaid.x");
    Value number = add(mul(widen(block, type), kBlock), widen(thread, type));
    emitIf(isLess(number, rest), [&] {
      Value position = add(toIndex(number), index(runs * width));
      emitRun({asIndices(position)});
    });
  }

  void writeElements() {
    bool reduces = llvm::any_of(
        body, [](Operation &op) { return isa<ReductionOpInterface>(op); });
    int64_t count = getCount(resultSizes), width = 1;
    if (!reduces && count >= kFewElements)
      width = getVectorWidth(resultSizes.back());
    emitSpread(count / width, kBlock, readRegister("tid.x"),
               [&](Value position) {
                 emitRun(delinearizeRun(position, resultSizes, width));
               });
  }
};

} // namespace

DeviceNest dpc::makeElementsNest(plan::KernelOp kernel, ModuleOp device,
                                 StringRef name) {
  return std::make_unique<ElementsNest>(kernel, device, name);
}
