//===- TestBreak.cpp - Makes a program wrong ------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What compares programs must notice each of these:
//
//   rule      @train's input goes through wrong.rule, which a split of the rows
//             computes wrong; likewise linear, kernel and gradient
//   sum       the first all_reduce of @train is left out
//   schedule  two messages of a stage of @train, equal but for what they hold,
//             are sent in each other's place
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/DistDialect.h"
#include "test/lib/TestPasses.h"
#include "test/lib/WrongDialect.h"

#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace dpc;

namespace {

struct TestBreak : PassWrapper<TestBreak, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestBreak)

  TestBreak() = default;
  TestBreak(const TestBreak &other) : PassWrapper(other) {}
  explicit TestBreak(StringRef what) { this->what = what.str(); }

  Option<std::string> what{
      *this, "what",
      llvm::cl::desc("rule, linear, kernel, gradient, sum or schedule")};

  StringRef getArgument() const final { return "test-break"; }
  StringRef getDescription() const final { return "Make a program wrong"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<wrong::WrongDialect>();
  }

  void runOnOperation() final {
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (auto name = func->getAttrOfType<StringAttr>(nn::kProgramAttr);
          name && name.getValue() == "train" && breakFunction(func))
        return;
    getOperation().emitError("has nothing to break: ") << what;
    signalPassFailure();
  }

private:
  bool breakFunction(func::FuncOp func) {
    if (what == "rule")
      return insert<wrong::RuleOp>(func);
    if (what == "linear")
      return insert<wrong::LinearOp>(func);
    if (what == "kernel")
      return insert<wrong::KernelOp>(func);
    if (what == "gradient")
      return insert<wrong::GradientOp>(func);
    return what == "sum"        ? dropSum(func)
           : what == "schedule" ? swapMessages(func)
                                : false;
  }

  template <typename OpTy> bool insert(func::FuncOp func) {
    for (BlockArgument argument : func.getArguments()) {
      auto type = dyn_cast<RankedTensorType>(argument.getType());
      if (nn::getArgRole(func, argument.getArgNumber()) != nn::Role::Input ||
          !type || type.getRank() == 0 ||
          !isa<FloatType>(type.getElementType()))
        continue;
      OpBuilder builder = OpBuilder::atBlockBegin(&func.front());
      auto op = OpTy::create(builder, argument.getLoc(), type, argument);
      argument.replaceAllUsesExcept(op.getOutput(), op);
      return true;
    }
    return false;
  }

  static bool dropSum(func::FuncOp func) {
    for (auto wait : func.front().getOps<dist::WaitOp>()) {
      auto start = wait.getHandle().getDefiningOp<dist::StartOp>();
      auto sum = dyn_cast<dist::AllReduceOp>(start.getStarted());
      if (!sum)
        continue;
      wait->replaceAllUsesWith(sum.getInputs());
      wait.erase();
      start.erase();
      return true;
    }
    return false;
  }

  static bool swapMessages(func::FuncOp func) {
    SmallVector<dist::SendOp> sends;
    func.walk([&](dist::SendOp send) { sends.push_back(send); });
    for (auto [i, a] : llvm::enumerate(sends))
      for (dist::SendOp b : ArrayRef(sends).drop_front(i + 1))
        if (a.getInput().getType() == b.getInput().getType() &&
            a.getTo() == b.getTo()) {
          uint64_t channel = a.getChannel();
          a.setChannel(b.getChannel());
          b.setChannel(channel);
          return true;
        }
    return false;
  }
};

} // namespace

void test::registerTestBreak() { PassRegistration<TestBreak>(); }

std::unique_ptr<Pass> test::createTestBreak(StringRef what) {
  return std::make_unique<TestBreak>(what);
}
