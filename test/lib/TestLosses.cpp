//===- TestLosses.cpp - Returns what losses know --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNDialect.h"
#include "test/lib/TestPasses.h"

#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace dpc;

namespace {

/// Appends the weights and the correctness of every loss, as far as it has
/// them, to its function's results.
struct TestLosses : PassWrapper<TestLosses, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestLosses)

  StringRef getArgument() const final { return "test-losses"; }
  StringRef getDescription() const final {
    return "Return the weights and the correctness of losses";
  }

  void runOnOperation() final {
    func::FuncOp func = getOperation();
    Operation *terminator = func.getBody().front().getTerminator();
    OpBuilder builder(terminator);
    SmallVector<Value> results(terminator->getOperands());
    func.walk([&](nn::LossOpInterface loss) {
      for (Value value :
           {loss.buildWeights(builder), loss.buildCorrect(builder)})
        if (value)
          results.push_back(value);
    });
    terminator->setOperands(results);
    func.setFunctionType(
        builder.getFunctionType(func.getArgumentTypes(), ValueRange(results)));
  }
};

} // namespace

void test::registerTestLosses() { PassRegistration<TestLosses>(); }
