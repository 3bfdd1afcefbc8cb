//===- TestShardingRules.cpp - Prints sharding rules ----------------------===//
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

struct TestShardingRules
    : PassWrapper<TestShardingRules, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestShardingRules)

  StringRef getArgument() const final { return "test-print-sharding-rules"; }
  StringRef getDescription() const final {
    return "Print every op's sharding rule, with the factors' sizes";
  }

  void runOnOperation() final {
    getOperation().walk([](nn::ShardingRuleOpInterface op) {
      nn::OpShardingRule rule = op.getShardingRule();
      llvm::outs() << op->getName() << ": ";
      rule.print(llvm::outs());
      llvm::outs() << " sizes=";
      llvm::interleave(
          rule.factors, llvm::outs(),
          [](nn::Factor factor) { llvm::outs() << factor.size; }, ",");
      llvm::outs() << '\n';
    });
  }
};

} // namespace

void test::registerTestShardingRules() {
  PassRegistration<TestShardingRules>();
}
