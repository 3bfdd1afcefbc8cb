//===- ScatterNest.cpp - Sums at places that the data names ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A thread takes the updates of one column in their order.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/DeviceEmitter.h"

#include "dialects/NN/Builders.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace {

class ScatterNest final : public DeviceEmitter {
public:
  using DeviceEmitter::DeviceEmitter;

private:
  void writeNest() override {
    auto scatter = cast<ScatterOpInterface>(
        body.getTerminator()->getOperand(0).getDefiningOp());
    launch.cleared = kernel.getOutputs()[0];
    ArrayRef<int64_t> sizes =
        cast<RankedTensorType>(
            scatter->getOperand(scatter.getUpdateOperand()).getType())
            .getShape();
    int64_t dim = scatter.getScatterDim(), count = scatter.getNumIndexDims();
    ArrayRef<int64_t> before = sizes.take_front(dim),
                      after = sizes.drop_front(dim + count);
    SmallVector<int64_t> columns(before);
    llvm::append_range(columns, after);
    emitSpread(
        getCount(columns), kBlock, readRegister("tid.x"), [&](Value position) {
          SmallVector<Value> column = delinearize(position, columns);
          emitLoops(sizes.slice(dim, count), [&](ValueRange selecting) {
            SmallVector<Value> outer(ArrayRef(column).take_front(dim));
            llvm::append_range(outer, selecting);
            emitScatterRow(scatter, outer, [&](Value row) {
              emitUpdate(scatter, outer, row, ArrayRef(column).drop_front(dim));
            });
          });
        });
  }
};

} // namespace

DeviceNest dpc::makeScatterNest(plan::KernelOp kernel, ModuleOp device,
                                StringRef name) {
  return std::make_unique<ScatterNest>(kernel, device, name);
}
