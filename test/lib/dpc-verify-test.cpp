//===- dpc-verify-test.cpp - Whether `dpc verify` finds mistakes ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// `dpc verify` on a program into which -test-break puts a mistake: one of an op
// before the program is split, all others behind it. Its output and its exit
// status are those of `dpc verify`.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Verify.h"
#include "test/lib/TestPasses.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/CommandLine.h"

using namespace mlir;
using namespace dpc;
namespace cl = llvm::cl;

int main(int argc, char **argv) {
  cl::opt<std::string> model(cl::Positional, cl::Required);
  cl::opt<std::string> mesh("mesh"), loss("loss"), strategy("strategy");
  cl::opt<std::string> mistake("break", cl::desc("What -test-break breaks"));
  cl::opt<int64_t> batch("batch"), ranks("ranks");
  cl::opt<bool> before("before", cl::desc("Break it before it is split"));
  cl::ParseCommandLineOptions(argc, argv);

  CompileOptions options;
  options.model = model;
  options.mesh = mesh;
  options.loss = loss;
  options.strategyWord = strategy;
  options.batch = batch;
  options.ranks = ranks;
  if (std::optional<UsageError> error = completeOptions(options)) {
    llvm::errs() << error->where << ": " << error->what << '\n';
    return 2;
  }
  VerifyOptions verifyOptions;
  verifyOptions.quiet = true;
  auto change = [&](ModuleOp module) -> LogicalResult {
    PassManager pm(module.getContext());
    pm.addPass(test::createTestBreak(mistake));
    return pm.run(module);
  };
  if (!mistake.empty())
    (before ? verifyOptions.changeWhole : verifyOptions.changeSplit) = change;
  return verify(options, verifyOptions);
}
