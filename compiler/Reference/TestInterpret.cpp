//===- TestInterpret.cpp - Prints what functions compute ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Reference/Interpreter.h"
#include "compiler/Reference/TestPasses.h"

#include "mlir/Pass/Pass.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace dpc;

namespace {

/// Runs every function with the attribute `test.run`. Argument values are
/// `test.value`, the same on all ranks, `test.values`, one per rank, or
/// `test.parameter`, an nn.parameter's.
struct TestInterpret : PassWrapper<TestInterpret, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestInterpret)

  StringRef getArgument() const final { return "test-interpret"; }
  StringRef getDescription() const final {
    return "Print the results of functions marked test.run";
  }

  void runOnOperation() final {
    dist::MeshOp mesh = dist::getMesh(getOperation());
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (func->hasAttr("test.run") && failed(run(func, mesh)))
        return signalPassFailure();
  }

  LogicalResult run(func::FuncOp func, dist::MeshOp mesh) {
    int64_t numRanks = mesh ? mesh.getNumRanks() : 1;
    auto modelPath =
        getOperation()->getAttrOfType<StringAttr>("onnx.model_path");
    StringRef modelDir = llvm::sys::path::parent_path(
        modelPath ? modelPath.getValue() : StringRef());
    std::vector<std::vector<nn::ReferenceTensor>> args(numRanks);
    for (unsigned i = 0, e = func.getNumArguments(); i < e; ++i) {
      if (auto name =
              func.getArgAttrOfType<FlatSymbolRefAttr>(i, "test.parameter")) {
        auto parameter =
            getOperation().lookupSymbol<nn::ParameterOp>(name.getAttr());
        if (!parameter)
          return func.emitError("names no nn.parameter");
        auto value = loadParameter(parameter, modelDir);
        if (failed(value))
          return failure();
        for (auto &rankArgs : args)
          rankArgs.push_back(*value);
        continue;
      }
      auto perRank = func.getArgAttrOfType<ArrayAttr>(i, "test.values");
      if (perRank && static_cast<int64_t>(perRank.size()) != numRanks)
        return func.emitError("needs one of test.values per rank");
      for (int64_t rank = 0; rank < numRanks; ++rank) {
        Attribute attr =
            perRank ? perRank[rank] : func.getArgAttr(i, "test.value");
        auto value = dyn_cast_or_null<DenseElementsAttr>(attr);
        if (!value)
          return func.emitError("has no test.value for argument ") << i;
        args[rank].push_back(nn::ReferenceTensor::fromAttr(value));
      }
    }
    auto results = interpret(func, args, mesh);
    if (failed(results))
      return failure();
    for (auto [rank, tensors] : llvm::enumerate(*results))
      for (auto [i, tensor] : llvm::enumerate(tensors)) {
        llvm::outs() << '@' << func.getName();
        if (mesh)
          llvm::outs() << " rank " << rank;
        llvm::outs() << " result " << i << ": [";
        llvm::interleave(
            tensor.data, llvm::outs(),
            [](double value) { llvm::outs() << llvm::format("%.9g", value); },
            ", ");
        llvm::outs() << "]\n";
      }
    return success();
  }
};

} // namespace

void test::registerTestInterpret() { PassRegistration<TestInterpret>(); }
