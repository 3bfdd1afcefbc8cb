//===- TestPartition.cpp - Partitioned against whole ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Reference/Interpreter.h"
#include "dialects/NN/Signature.h"
#include "passes/Partition/AddPasses.h"
#include "passes/Partition/Passes.h"
#include "test/lib/TestPasses.h"

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace mlir;
using namespace dpc;

namespace {

/// Partitions a copy of the module, runs every function whole and as all ranks
/// on random arguments with NaN as padding, and fails where a result differs.
/// With `mesh`, the strategy `data` shards the arguments; without, the module
/// holds a mesh and the arguments their shardings.
struct TestPartition : PassWrapper<TestPartition, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestPartition)

  TestPartition() = default;
  TestPartition(const TestPartition &other) : PassWrapper(other) {}

  Option<std::string> mesh{*this, "mesh", llvm::cl::desc("As --mesh")};

  StringRef getArgument() const final { return "test-partition"; }
  StringRef getDescription() const final {
    return "Compare the partitioned program with the whole one";
  }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<dist::DistDialect>();
  }

  void runOnOperation() final {
    OwningOpRef<ModuleOp> split = getOperation().clone();
    ShardingOptions options;
    options.annotate.strategy = dist::Strategy::Data;
    options.annotate.mesh = mesh;
    PassManager pm(&getContext());
    if (mesh.empty()) {
      pm.addNestedPass<func::FuncOp>(createPropagate());
      pm.addNestedPass<func::FuncOp>(createResolve());
    } else {
      addShardingPasses(pm, options);
    }
    addPartitionPasses(pm, options);
    if (failed(pm.run(*split)))
      return signalPassFailure();
    for (auto whole : getOperation().getOps<func::FuncOp>())
      if (failed(compare(whole,
                         split->lookupSymbol<func::FuncOp>(whole.getName()))))
        return signalPassFailure();
  }

  LogicalResult compare(func::FuncOp whole, func::FuncOp split) {
    dist::MeshOp mesh = dist::getMesh(split);
    int64_t ranks = mesh.getNumRanks();
    ValueGenerator generator;
    std::vector<nn::ReferenceTensor> wholeArgs;
    std::vector<std::vector<nn::ReferenceTensor>> splitArgs(ranks);
    auto getSharding = [](auto attr, Type type) {
      auto tensor = cast<RankedTensorType>(type);
      return attr ? attr
                  : dist::ShardingAttr::getReplicated(type.getContext(),
                                                      tensor.getRank());
    };
    for (unsigned i = 0, e = whole.getNumArguments(); i < e; ++i) {
      wholeArgs.push_back(generator.makeArgument(whole, i));
      auto sharding = getSharding(
          split.getArgAttrOfType<dist::ShardingAttr>(i, dist::kShardingAttr),
          whole.getArgumentTypes()[i]);
      auto type = cast<RankedTensorType>(split.getArgumentTypes()[i]);
      for (int64_t rank = 0; rank < ranks; ++rank)
        splitArgs[rank].push_back(cutPart(wholeArgs[i], type, sharding, mesh,
                                          rank, getMicrobatches(split, i)));
    }
    auto expected = interpret(whole, {wholeArgs}, nullptr);
    if (failed(expected))
      return failure();
    auto actual = interpret(split, splitArgs, mesh);
    if (failed(actual))
      return failure();

    for (unsigned i = 0, e = whole.getNumResults(); i < e; ++i) {
      auto sharding = getSharding(
          split.getResultAttrOfType<dist::ShardingAttr>(i, dist::kShardingAttr),
          whole.getResultTypes()[i]);
      bool onRoot =
          nn::SignatureEntry(whole.getResultAttrDict(i)).isOnFirstRank();
      for (int64_t rank = 0; rank < (onRoot ? 1 : ranks); ++rank) {
        const nn::ReferenceTensor &all = (*expected)[0][i];
        const nn::ReferenceTensor &value = (*actual)[rank][i];
        RankedTensorType type = dist::getLocalType(all.type, sharding, mesh);
        if (value.type != type)
          return whole.emitError("result ") << i << " has another type";
        for (auto [k, position] : llvm::enumerate(
                 mapPart(all.shape(), type, sharding, mesh, rank))) {
          if (position == kPadding)
            continue;
          double a = value.getNumber(k), b = all.getNumber(position);
          if (a != b && !(std::abs(a - b) <= 1e-9 * (1 + std::abs(b))) &&
              !(std::isnan(a) && std::isnan(b)))
            return whole.emitError("result ")
                   << i << " differs on rank " << rank << ": " << a << " and "
                   << b;
        }
      }
    }
    llvm::outs() << '@' << whole.getName() << ": " << whole.getNumResults()
                 << " results agree on " << ranks << " ranks\n";
    return success();
  }

  using ValueGenerator = test::ValueGenerator;
};

} // namespace

void test::registerTestPartition() { PassRegistration<TestPartition>(); }
