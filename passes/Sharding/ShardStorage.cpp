//===- ShardStorage.cpp - Split what a step only keeps over the data axis -===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// ZeRO, whose stages are called levels here: a stage is a pipeline's.
// Data parallelism keeps on every rank what one copy would serve: the
// optimizer's state, gradients and parameters. Here a value's storage is split
// over "data", while the forward and backward pass compute on it as before:
//
//   level 1, 2  states, and with them the update, are split. A gradient,
//               partial after the backward pass, is needed in parts, so that
//               its all_reduce becomes a reduce_scatter; the updated parts are
//               gathered to whole parameters. The two levels are one program:
//               a gradient is given away as soon as it is made and only its
//               part is kept, which costs nothing in traffic.
//   level 3     parameters are split too. Each phase gathers them for itself,
//               so that nothing whole lives from the forward to the backward
//               pass; their update stays in parts. A parameter that the
//               backward pass does not need, such as a bias, is gathered once
//               only.
//
// The boundary between storage and computation is made of dist.reshard ops.
// They stand in the program before -dist-propagate, which keeps them as they
// are: no split of a storage reaches an activation.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/Passes.h"

#include "dialects/NN/InitialValue.h"
#include "dialects/NN/NNDialect.h"
#include "dialects/NN/Signature.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_SHARDSTORAGE
#include "passes/Sharding/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using dist::ShardingAttr;

namespace {

class StorageSharder {
public:
  StorageSharder(func::FuncOp func, dist::MeshOp mesh, int64_t level)
      : func(func), mesh(mesh), level(level), builder(func.getContext()),
        axes(dist::getAxisParts(mesh, dist::kDataAxis)) {}

  void run();

private:
  ShardingAttr getStorage(RankedTensorType type, ShardingAttr sharding);
  bool isFactor(nn::SignatureEntry entry, RankedTensorType type);
  void separatePhases();
  void gather(Value parameter, ShardingAttr from, ShardingAttr to,
              nn::Phase phase);
  void splitArguments();
  void splitResults();

  func::FuncOp func;
  nn::Signature signature{func};
  dist::MeshOp mesh;
  int64_t level;
  OpBuilder builder;
  /// The axis "data", in parts where the mesh has it so.
  SmallVector<StringAttr> axes;
};

/// `sharding` with one more dimension split over "data": the one that leaves a
/// rank the fewest elements, the first among equals. 10x7 over 4 is 3x7 or
/// 10x2: the columns are split.
ShardingAttr StorageSharder::getStorage(RankedTensorType type,
                                        ShardingAttr sharding) {
  ShardingAttr best = sharding;
  int64_t fewest = dist::getLocalType(type, sharding, mesh).getNumElements();
  if (llvm::any_of(axes, [&](StringAttr a) { return sharding.usesAxis(a); }))
    return sharding;
  for (unsigned dim = 0, e = type.getRank(); dim < e; ++dim) {
    SmallVector<ArrayAttr> dims(sharding.getDims());
    SmallVector<Attribute> split(dims[dim].getValue());
    bool isSplit = !split.empty();
    llvm::append_range(split, axes);
    dims[dim] = builder.getArrayAttr(split);
    // The parts that are there are split further, and must be blocks of parts.
    if (isSplit && type.getDimSize(dim) % mesh.getGroupSize(dims[dim]))
      continue;
    auto storage =
        ShardingAttr::get(builder.getContext(), dims, {}, nn::ReduceKind::Sum);
    int64_t elements = dist::getLocalType(type, storage, mesh).getNumElements();
    if (elements < fewest) {
      fewest = elements;
      best = storage;
    }
  }
  return best;
}

/// Whether a state has fewer elements than its parameter, as means of its rows:
/// split, it would save little and be gathered for every update.
bool StorageSharder::isFactor(nn::SignatureEntry entry, RankedTensorType type) {
  if (!entry.hasRole(nn::Role::State))
    return false;
  auto parameter = signature.findArg(
      nn::Role::Parameter,
      StringAttr::get(func.getContext(), entry.getParameterName()));
  return parameter &&
         type.getNumElements() <
             cast<RankedTensorType>(func.getArgument(*parameter).getType())
                 .getNumElements();
}

/// Gives the backward pass its own copy of what the forward pass makes of
/// parameters alone, a transposed weight, for instance: it would keep the
/// gathered parameter alive.
void StorageSharder::separatePhases() {
  Block &block = func.front();
  llvm::DenseSet<Value> derived;
  for (BlockArgument argument : block.getArguments())
    if (nn::getArgRole(func, argument.getArgNumber()) == nn::Role::Parameter)
      derived.insert(argument);
  auto isConstant = [](Value value) {
    Operation *op = value.getDefiningOp();
    return op && op->getNumOperands() == 0;
  };
  SmallVector<Operation *> makers;
  for (Operation &op : block.without_terminator()) {
    bool ofParameters =
        nn::getPhase(&op) == nn::Phase::Forward && isMemoryEffectFree(&op) &&
        llvm::any_of(op.getOperands(),
                     [&](Value value) { return derived.contains(value); }) &&
        llvm::all_of(op.getOperands(), [&](Value value) {
          return derived.contains(value) || isConstant(value);
        });
    if (!ofParameters)
      continue;
    makers.push_back(&op);
    derived.insert(op.result_begin(), op.result_end());
  }
  for (Operation *op : llvm::reverse(makers)) {
    auto isBackward = [](OpOperand &use) {
      return nn::getPhase(use.getOwner()) == nn::Phase::Backward;
    };
    Operation *first = nullptr;
    for (Operation *user : op->getUsers())
      if (nn::getPhase(user) == nn::Phase::Backward &&
          (!first || user->isBeforeInBlock(first)))
        first = user;
    if (!first)
      continue;
    builder.setInsertionPoint(first);
    Operation *copy = builder.clone(*op);
    nn::setPhase(copy, nn::Phase::Backward);
    for (auto [result, other] :
         llvm::zip_equal(op->getResults(), copy->getResults()))
      result.replaceUsesWithIf(other, isBackward);
  }
}

/// Lets the users of one phase have `parameter` as `to`.
void StorageSharder::gather(Value parameter, ShardingAttr from, ShardingAttr to,
                            nn::Phase phase) {
  Operation *first = nullptr;
  for (Operation *user : llvm::to_vector(parameter.getUsers())) {
    if (isa<func::ReturnOp>(user) || nn::getPhase(user) != phase)
      continue;
    // A copy in fewer bits is what to gather.
    if (nn::isNarrowCopy(user))
      gather(user->getResult(0), from, to, phase);
    else if (!first || user->isBeforeInBlock(first))
      first = user;
  }
  if (!first)
    return;
  builder.setInsertionPoint(first);
  auto whole =
      dist::ReshardOp::create(builder, first->getLoc(), parameter, from, to);
  nn::setPhase(whole, phase);
  parameter.replaceUsesWithIf(whole, [&](OpOperand &use) {
    return use.getOwner() != whole && !isa<func::ReturnOp>(use.getOwner()) &&
           nn::getPhase(use.getOwner()) == phase &&
           !nn::isNarrowCopy(use.getOwner());
  });
}

void StorageSharder::splitArguments() {
  nn::SignatureChanges changes(func);
  for (BlockArgument argument : func.getArguments()) {
    unsigned i = argument.getArgNumber();
    nn::SignatureEntry entry(func.getArgAttrDict(i));
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    bool isParameter = entry.hasRole(nn::Role::Parameter);
    // What lies in a state is stored as that is.
    bool isState = !isParameter || func.getArgAttr(i, nn::kReadFromAttr);
    if (!type || !entry.isPersistent() || (!isState && level < 3) ||
        isFactor(entry, type))
      continue;
    ShardingAttr whole = dist::getSharding(argument);
    ShardingAttr storage = getStorage(type, whole);
    if (storage == whole)
      continue;
    changes.setArgAttr(i, dist::kShardingAttr, storage);
    if (isParameter)
      for (nn::Phase phase : {nn::Phase::Forward, nn::Phase::Backward})
        gather(argument, storage, whole, phase);
  }
}

void StorageSharder::splitResults() {
  Operation *terminator = func.front().getTerminator();
  nn::SignatureChanges changes(func);
  for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
    nn::SignatureEntry entry(func.getResultAttrDict(i));
    auto whole = func.getResultAttrOfType<ShardingAttr>(i, dist::kShardingAttr);
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!whole || !type || !entry.isLikeParameter() || isFactor(entry, type))
      continue;
    ShardingAttr storage = getStorage(type, whole);
    if (storage == whole)
      continue;
    if (entry.hasRole(nn::Role::Parameter) && level < 3) {
      builder.setInsertionPoint(terminator);
      auto gathered = dist::ReshardOp::create(builder, value.getLoc(), value,
                                              storage, whole);
      nn::setPhase(gathered, nn::Phase::Update);
      terminator->setOperand(i, gathered);
    } else {
      changes.setResultAttr(i, dist::kShardingAttr, storage);
    }
  }
}

void StorageSharder::run() {
  if (level == 3)
    separatePhases();
  splitArguments();
  splitResults();
}

struct ShardStorage : dpc::impl::ShardStorageBase<ShardStorage> {
  using ShardStorageBase::ShardStorageBase;
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    dist::MeshOp mesh = requireMesh(func);
    if (!mesh)
      return signalPassFailure();
    if (level == 0 || dist::getWholeAxisSize(mesh, dist::kDataAxis) <= 1)
      return;
    if (!func.isExternal() && func.getBody().hasOneBlock())
      StorageSharder(func, mesh, level).run();
  }
};

} // namespace
