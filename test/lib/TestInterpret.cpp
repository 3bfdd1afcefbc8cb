//===- TestInterpret.cpp - Prints what functions compute ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Reference/Interpreter.h"
#include "dialects/ONNX/AttributeNames.h"
#include "test/lib/TestPasses.h"

#include "mlir/Pass/Pass.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace dpc;

namespace {

/// Runs every function with the attribute `test.run`, those with a dist.stage
/// together. Argument values are `test.value`, the same on all ranks,
/// `test.values`, one per rank that runs the function, or `test.parameter`, an
/// nn.parameter's.
struct TestInterpret : PassWrapper<TestInterpret, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestInterpret)

  StringRef getArgument() const final { return "test-interpret"; }
  StringRef getDescription() const final {
    return "Print the results of functions marked test.run";
  }

  void runOnOperation() final {
    mesh = dist::getMesh(getOperation());
    SmallVector<func::FuncOp> stages;
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      if (!func->hasAttr("test.run"))
        continue;
      if (func->hasAttr(dist::kStageAttr))
        stages.push_back(func);
      else if (failed(run(func)))
        return signalPassFailure();
    }
    if (!stages.empty() && failed(run(stages)))
      signalPassFailure();
  }

  LogicalResult run(ArrayRef<func::FuncOp> functions) {
    SmallVector<StageCall> calls;
    std::vector<RankTensors> args;
    for (func::FuncOp func : functions) {
      StageCall call{func, {}, {}};
      auto stage = func->getAttrOfType<IntegerAttr>(dist::kStageAttr);
      ArrayAttr pipe = Builder(func).getStrArrayAttr({dist::kPipeAxis});
      for (int64_t rank = 0, e = mesh ? mesh.getNumRanks() : 1; rank < e;
           ++rank)
        if (!stage || mesh.getGroupIndex(rank, pipe) == stage.getInt())
          call.ranks.push_back(rank);
      FailureOr<RankTensors> made = makeArguments(func, call.ranks.size());
      if (failed(made))
        return failure();
      args.push_back(std::move(*made));
      calls.push_back(std::move(call));
    }
    for (auto [call, tensors] : llvm::zip_equal(calls, args))
      call.args = tensors;
    bool rounds = functions.front()->hasAttr("test.rounds");
    FailureOr<std::vector<RankTensors>> results = interpretStages(
        calls, mesh, rounds ? Rounding::Kept : Rounding::Converted);
    if (failed(results))
      return failure();
    for (auto [call, tensors] : llvm::zip_equal(calls, *results))
      print(call, tensors);
    return success();
  }

  FailureOr<RankTensors> makeArguments(func::FuncOp func, int64_t numRanks) {
    auto modelPath =
        getOperation()->getAttrOfType<StringAttr>(onnx::kModelPathAttr);
    StringRef modelDir = llvm::sys::path::parent_path(
        modelPath ? modelPath.getValue() : StringRef());
    RankTensors args(numRanks);
    for (unsigned i = 0, e = func.getNumArguments(); i < e; ++i) {
      if (auto name =
              func.getArgAttrOfType<FlatSymbolRefAttr>(i, "test.parameter")) {
        nn::ParameterOp parameter =
            nn::getParameters(getOperation()).lookup(name.getAttr());
        if (!parameter)
          return func.emitError("names no nn.parameter");
        SmallString<256> path;
        if (llvm::sys::path::is_relative(parameter.getFile()))
          path = modelDir;
        llvm::sys::path::append(path, parameter.getFile());
        auto value = loadParameter(parameter, path);
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
    return args;
  }

  void print(const StageCall &call, const RankTensors &results) {
    func::FuncOp func = call.func;
    for (auto [rank, tensors] : llvm::zip_equal(call.ranks, results))
      for (auto [i, tensor] : llvm::enumerate(tensors)) {
        llvm::outs() << '@' << func.getName();
        if (mesh)
          llvm::outs() << " rank " << rank;
        llvm::outs() << " result " << i << ": [";
        llvm::interleave(
            llvm::seq<int64_t>(0, tensor.size()), llvm::outs(),
            [&](int64_t k) {
              if (tensor.isFloat())
                llvm::outs() << llvm::format("%.9g", tensor.data[k].real);
              else
                llvm::outs() << tensor.getInteger(k);
            },
            ", ");
        llvm::outs() << "]\n";
      }
  }

  dist::MeshOp mesh;
};

} // namespace

void test::registerTestInterpret() { PassRegistration<TestInterpret>(); }
