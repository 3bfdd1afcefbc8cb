//===- BuildInfer.cpp - Make @infer from @forward -------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Signature.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"
#include "passes/Training/RemoveDropout.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_BUILDINFER
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {
struct BuildInfer : dpc::impl::BuildInferBase<BuildInfer> {
  using BuildInferBase::BuildInferBase;

  void runOnOperation() override {
    FailureOr<ProgramFunction> infer =
        lookupFunction(getOperation(), "forward");
    if (failed(infer))
      return signalPassFailure();
    func::FuncOp func = infer->getFunc();
    if (func.getNumResults() == 0) {
      func.emitError() << "the model has no output";
      return signalPassFailure();
    }
    removeDropout(func);
    // A loss that the model holds is a value like any other here.
    nn::SignatureChanges changes(func);
    for (BlockArgument label : infer->getArguments(nn::Role::Label))
      changes.setArgRole(label.getArgNumber(), nn::Role::Input);
    for (unsigned i = 0; i < func.getNumResults(); ++i)
      changes.setResultRole(i, nn::Role::Output);
    infer->setProgram("infer");
  }
};
} // namespace
