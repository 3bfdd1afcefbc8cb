//===- TestReshard.cpp - All reshards of a small mesh ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Reference/Interpreter.h"
#include "passes/Partition/Reshard.h"
#include "test/lib/TestPasses.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/Pass.h"

#include <cmath>

using namespace mlir;
using namespace dpc;
using dist::ShardingAttr;
using nn::ReferenceTensor;

namespace {

/// For every pair of layouts of a matrix on the module's mesh: builds the
/// reshard and runs it on all ranks, with NaN as padding. Layouts are all ways
/// to leave each axis out, to split rows or columns by it, in every order, or
/// to be partial over it.
struct TestReshard : PassWrapper<TestReshard, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestReshard)

  TestReshard() = default;
  TestReshard(const TestReshard &other) : PassWrapper(other) {}

  ListOption<int64_t> shape{*this, "shape",
                            llvm::cl::desc("Rows and columns of the matrix")};

  StringRef getArgument() const final { return "test-reshard-all"; }
  StringRef getDescription() const final {
    return "Run the reshards between all layouts of a matrix";
  }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<dist::DistDialect, func::FuncDialect, nn::NNDialect>();
  }

  void runOnOperation() final {
    mesh = dist::getMesh(getOperation());
    if (!mesh || shape.size() != 2) {
      getOperation().emitError("needs a mesh, and the option shape");
      return signalPassFailure();
    }
    type = RankedTensorType::get({shape[0], shape[1]},
                                 Float64Type::get(&getContext()));
    whole = ReferenceTensor(type);
    for (auto [i, element] : llvm::enumerate(whole.data))
      element.real = static_cast<double>(i + 1);
    SmallVector<ShardingAttr> layouts;
    collectLayouts(0, {{}, {}}, {}, layouts);
    unsigned pairs = 0;
    for (ShardingAttr from : layouts)
      for (ShardingAttr to : layouts) {
        if (!llvm::all_of(to.getPartialAxes(), [&](StringAttr axis) {
              return llvm::is_contained(from.getPartialAxes(), axis);
            }))
          continue;
        ++pairs;
        if (failed(check(from, to)))
          return signalPassFailure();
      }
    llvm::outs() << pairs << " reshards between " << layouts.size()
                 << " layouts, with " << steps << " collectives, " << permutes
                 << " of them permutes, that receive " << received
                 << " elements\n";
  }

  void collectLayouts(size_t next, SmallVector<SmallVector<Attribute>> dims,
                      SmallVector<StringAttr> partial,
                      SmallVectorImpl<ShardingAttr> &layouts) {
    ArrayAttr axes = mesh.getAxes();
    if (next == axes.size()) {
      SmallVector<ArrayAttr> attrs;
      for (ArrayRef<Attribute> dim : dims)
        attrs.push_back(ArrayAttr::get(&getContext(), dim));
      layouts.push_back(ShardingAttr::get(&getContext(), attrs, partial,
                                          nn::ReduceKind::Sum));
      return;
    }
    collectLayouts(next + 1, dims, partial, layouts);
    for (SmallVector<Attribute> &dim : dims)
      for (size_t i = 0; i <= dim.size(); ++i) {
        dim.insert(dim.begin() + i, axes[next]);
        collectLayouts(next + 1, dims, partial, layouts);
        dim.erase(dim.begin() + i);
      }
    partial.push_back(cast<StringAttr>(axes[next]));
    collectLayouts(next + 1, dims, partial, layouts);
  }

  ArrayAttr getPartialAxes(ShardingAttr sharding) {
    return ArrayAttr::get(
        &getContext(), SmallVector<Attribute>(sharding.getPartialAxes().begin(),
                                              sharding.getPartialAxes().end()));
  }

  /// What `rank` holds; of a partial value, its term: small integers, so that
  /// sums are exact.
  ReferenceTensor getPart(ShardingAttr sharding, int64_t rank) {
    ReferenceTensor part(dist::getLocalType(type, sharding, mesh));
    ArrayAttr partial = getPartialAxes(sharding);
    int64_t terms = mesh.getGroupSize(partial);
    int64_t term = mesh.getGroupIndex(rank, partial);
    int64_t next = 0;
    nn::forEachIndex(part.shape(), [&](ArrayRef<int64_t> index) {
      int64_t position = 0;
      bool inside = true;
      for (auto [i, extent, full, axes] : llvm::zip_equal(
               index, part.shape(), type.getShape(), sharding.getDims())) {
        int64_t global = mesh.getGroupIndex(rank, axes) * extent + i;
        inside &= global < full;
        position = position * full + global;
      }
      double &element = part.data[next++].real;
      if (!inside) {
        element = std::nan("");
        return;
      }
      // Terms 1, 2, 3, ... and a last one that completes the sum.
      element = static_cast<double>(term + 1);
      if (term + 1 == terms)
        element = whole.data[position].real -
                  static_cast<double>(terms * (terms - 1) / 2);
    });
    return part;
  }

  func::FuncOp build(ShardingAttr from, ShardingAttr to) {
    OpBuilder builder = OpBuilder::atBlockEnd(getOperation().getBody());
    Location loc = getOperation().getLoc();
    auto func = func::FuncOp::create(
        builder, loc, "reshard",
        builder.getFunctionType({dist::getLocalType(type, from, mesh)},
                                {dist::getLocalType(type, to, mesh)}));
    Block *block = func.addEntryBlock();
    builder.setInsertionPointToEnd(block);
    RankPosition position(block, loc, mesh);
    Value result = buildReshard(builder, loc, block->getArgument(0), type, from,
                                to, position);
    func::ReturnOp::create(builder, loc, result);
    return func;
  }

  void count(dist::CollectiveOpInterface collective) {
    ++steps;
    auto result = cast<RankedTensorType>(collective->getResult(0).getType());
    if (isa<dist::PermuteOp>(collective)) {
      ++permutes;
      received += result.getNumElements();
    } else {
      int64_t ranks = mesh.getGroupSize(collective.getAxes());
      received += result.getNumElements() / ranks * (ranks - 1);
    }
  }

  LogicalResult check(ShardingAttr from, ShardingAttr to) {
    func::FuncOp func = build(from, to);
    auto fail = [&]() {
      return func.emitError("reshard from ")
             << from << " to " << to << " is wrong";
    };
    for (Operation &op : func.front())
      if (auto collective = dyn_cast<dist::CollectiveOpInterface>(op))
        count(collective);
    int64_t ranks = mesh.getNumRanks();
    std::vector<std::vector<ReferenceTensor>> arguments(ranks);
    for (int64_t rank = 0; rank < ranks; ++rank)
      arguments[rank].push_back(getPart(from, rank));
    if (failed(mlir::verify(func)))
      return fail();
    auto actual = interpret(func, arguments, mesh);
    if (failed(actual))
      return fail();
    ShardingAttr summed =
        ShardingAttr::get(&getContext(), to.getDims(), {}, nn::ReduceKind::Sum);
    ArrayAttr partial = getPartialAxes(to);
    for (int64_t rank = 0; rank < ranks; ++rank) {
      ReferenceTensor expected = getPart(summed, rank);
      for (auto [i, element] : llvm::enumerate(expected.data)) {
        double sum = 0;
        for (int64_t other : mesh.getGroup(rank, partial))
          sum += (*actual)[other][0].data[i].real;
        if (!std::isnan(element.real) && sum != element.real)
          return fail();
      }
    }
    func.erase();
    return success();
  }

  dist::MeshOp mesh;
  RankedTensorType type;
  ReferenceTensor whole;
  /// Collectives, and what a rank receives in them; of a reduction, roughly.
  int64_t steps = 0, permutes = 0, received = 0;
};

} // namespace

void test::registerTestReshard() { PassRegistration<TestReshard>(); }
