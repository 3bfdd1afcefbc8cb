//===- LowerDropout.cpp - Dropout: random and select in @train ------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"
#include "passes/Training/RemoveDropout.h"

#include "dialects/NN/Builders.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_LOWERDROPOUT
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {
struct LowerDropout : dpc::impl::LowerDropoutBase<LowerDropout> {
  using LowerDropoutBase::LowerDropoutBase;

  /// y = random >= ratio ? x / (1 - ratio) : 0
  void lower(nn::DropoutOp op, Value seed, Value step) {
    OpBuilder builder(op);
    nn::Math m(builder, op.getLoc());
    Value x = op.getInput();
    double ratio = op.getRatio().convertToDouble();
    RankedTensorType type = nn::tensorType(x);
    if (nn::isNarrow(type.getElementType()))
      type = type.clone(builder.getF32Type());
    Value random =
        nn::RandomOp::create(builder, op.getLoc(), type, seed, step,
                             ValueRange(), op.getStream(), type.getShape());
    Value keep =
        m.compare(random, nn::CompareDirection::GE, m.constant(random, ratio));
    Value scaled = m.mul(x, m.constant(x, 1.0 / (1.0 - ratio)));
    op.replaceAllUsesWith(m.select(keep, scaled, m.constant(x, 0.0)));
    op.erase();
  }

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    ProgramFunction program(func);
    if (!program.isProgram("train")) {
      removeDropout(func);
      return;
    }
    SmallVector<nn::DropoutOp> ops;
    func.walk([&](nn::DropoutOp op) { ops.push_back(op); });
    if (ops.empty())
      return;
    auto *byDefault = llvm::find_if(ops, [](nn::DropoutOp op) {
      return op->hasAttr(nn::kDropsByDefaultAttr);
    });
    if (byDefault != ops.end())
      mlir::emitWarning(byDefault->getLoc())
          << "Dropout without 'training_mode' drops when training, where "
             "ONNX's default is that it does not; state false in the model "
             "to train without";
    BlockArgument seed = program.getOrAddInteger("seed");
    BlockArgument step = program.getOrAddInteger("step");
    for (nn::DropoutOp op : ops)
      lower(op, seed, step);
  }
};
} // namespace
