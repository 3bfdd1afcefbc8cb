//===- PartitionModule.cpp - Global shapes to one rank's ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Rebuilds every function on one rank's types. Each op builds itself on its
// local operands; reshards become collectives (Reshard.cpp).
//
// Padding. A split dimension that does not divide has padding at its end, whose
// content is unspecified: it may even be NaN. Ops for which the dimension is a
// pass-through factor compute padding from padding. Only a reduction over the
// factor would let it into a result, so every operand with a split, padded
// reduction factor is masked first by the reduction's identity (of a
// product, both operands: 0 * NaN is not 0), unless the op itself never reads
// its padding (handlesPadding). Gathers cut the padding off, and
// results that stay split keep it for the runtime to trim.
//
//===----------------------------------------------------------------------===//

#include "passes/Partition/Passes.h"
#include "passes/Partition/Reshard.h"
#include "passes/Sharding/Passes.h"
#include "passes/Sharding/Reasons.h"

#include "dialects/NN/Builders.h"
#include "dialects/NN/Signature.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_PARTITIONMODULE
#include "passes/Partition/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using dist::ShardingAttr;

namespace {

class OpContext : public nn::PartitionContext {
public:
  OpContext(Operation *op, RankPosition &position)
      : op(op), position(position) {}

  RankedTensorType getLocalResultType(unsigned i) override {
    return dist::getLocalType(
        cast<RankedTensorType>(op->getResult(i).getType()),
        dist::getSharding(op->getResult(i)), position.getMesh());
  }
  Value getResultOffset(OpBuilder &, unsigned i, unsigned dim) override {
    return position.getOffset(
        dist::getSharding(op->getResult(i)).getDims()[dim],
        getLocalResultType(i).getDimSize(dim));
  }
  Value getOperandOffset(OpBuilder &, unsigned i, unsigned dim) override {
    ArrayAttr axes = dist::getSharding(op->getOperand(i)).getDims()[dim];
    return position.getOffset(
        axes,
        dist::getPartSize(getOperandSize(i, dim), axes, position.getMesh()));
  }
  Value getOperandValid(OpBuilder &, unsigned i, unsigned dim) override {
    return position.getValid(
        dist::getSharding(op->getOperand(i)).getDims()[dim],
        getOperandSize(i, dim));
  }

private:
  int64_t getOperandSize(unsigned i, unsigned dim) {
    return cast<RankedTensorType>(op->getOperand(i).getType()).getDimSize(dim);
  }

  Operation *op;
  RankPosition &position;
};

class FuncPartitioner {
public:
  FuncPartitioner(func::FuncOp func, dist::MeshOp mesh)
      : func(func), mesh(mesh), global(&func.front()), local(new Block),
        builder(func.getContext()), position(local, func.getLoc(), mesh) {
    func.getBody().push_back(local);
    builder.setInsertionPointToEnd(local);
  }

  LogicalResult run();

  /// What became of the reshards (kReshardsAttr).
  SmallVector<Attribute> reshards;

private:
  Type getLocalType(Type type, ShardingAttr sharding);
  void buildArguments();
  Value maskPadding(Operation *op, unsigned operand, Value value,
                    const nn::OpShardingRule &rule);
  void record(Location loc, nn::Phase phase, ShardingAttr from, ShardingAttr to,
              const Twine &reason, Operation *before);
  LogicalResult buildOp(Operation *op);
  void buildReturn(func::ReturnOp op);

  func::FuncOp func;
  dist::MeshOp mesh;
  Block *global, *local;
  OpBuilder builder;
  RankPosition position;
  IRMapping mapping;
};

Type FuncPartitioner::getLocalType(Type type, ShardingAttr sharding) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && sharding ? dist::getLocalType(tensor, sharding, mesh) : type;
}

void FuncPartitioner::buildArguments() {
  nn::SignatureChanges changes(func);
  for (BlockArgument arg : global->getArguments()) {
    Type type = getLocalType(arg.getType(), dist::getSharding(arg));
    if (type != arg.getType())
      changes.setArgAttr(arg.getArgNumber(), dist::kGlobalTypeAttr,
                         TypeAttr::get(arg.getType()));
    mapping.map(arg, local->addArgument(type, arg.getLoc()));
  }
}

/// `value`, operand `operand` of the global op `op`, with the identity of the
/// reduction in place of the padding that the op would reduce over.
Value FuncPartitioner::maskPadding(Operation *op, unsigned operand, Value value,
                                   const nn::OpShardingRule &rule) {
  auto type = dyn_cast<RankedTensorType>(op->getOperand(operand).getType());
  if (!type)
    return value;
  ShardingAttr sharding = dist::getSharding(op->getOperand(operand));
  nn::Math math(builder, op->getLoc());
  for (auto [dim, factors] : llvm::enumerate(rule.operands[operand])) {
    // A dimension over several factors is split evenly (FactorSharding).
    bool reduced = llvm::any_of(factors, [&](int64_t factor) {
      return rule.factors[factor].kind == nn::FactorKind::Reduction;
    });
    if (!reduced)
      continue;
    Value valid =
        position.getValid(sharding.getDims()[dim], type.getDimSize(dim));
    if (!valid)
      continue;
    ArrayRef<int64_t> shape = nn::tensorType(value).getShape();
    Value condition = math.broadcast(valid, shape, {static_cast<int64_t>(dim)});
    double identity =
        nn::reductionIdentity(rule.reduction, type.getElementType());
    value = math.select(condition, value, math.constant(value, identity));
  }
  return value;
}

/// Notes a reshard that became what stands behind `before`.
void FuncPartitioner::record(Location loc, nn::Phase phase, ShardingAttr from,
                             ShardingAttr to, const Twine &reason,
                             Operation *before) {
  SmallVector<Attribute> steps;
  auto made = before ? std::next(before->getIterator()) : local->begin();
  for (Operation &op : llvm::make_range(made, local->end())) {
    auto collective = dyn_cast<dist::CollectiveOpInterface>(op);
    if (!collective)
      continue;
    // What is reduced over microbatches only is added up.
    SmallVector<Attribute> axes;
    for (auto axis : collective.getAxes().getAsRange<StringAttr>())
      if (axis.getValue() != dist::kMicrobatchAxis)
        axes.push_back(axis);
    if (!axes.empty())
      steps.push_back(builder.getDictionaryAttr(
          {builder.getNamedAttr("axes", builder.getArrayAttr(axes)),
           builder.getNamedAttr("bytes", builder.getI64IntegerAttr(
                                             collective.getPayloadBytes())),
           builder.getNamedAttr("kind", dist::TransferKindAttr::get(
                                            builder.getContext(),
                                            collective.getTransferKind()))}));
  }
  // Over an axis of one rank nothing changes.
  if (steps.empty() && formatSharding(from, mesh) == formatSharding(to, mesh))
    return;
  auto text = [&](StringRef name, const Twine &value) {
    return builder.getNamedAttr(name, builder.getStringAttr(value));
  };
  reshards.push_back(builder.getDictionaryAttr(
      {text("program", func.getName()), text("node", nn::getNodeName(loc)),
       text("phase", nn::stringifyPhase(phase)),
       text("from", formatSharding(from, mesh)),
       text("to", formatSharding(to, mesh)), text("reason", reason),
       builder.getNamedAttr("steps", builder.getArrayAttr(steps))}));
}

LogicalResult FuncPartitioner::buildOp(Operation *op) {
  if (auto reshard = dyn_cast<dist::ReshardOp>(op)) {
    Operation *before = local->empty() ? nullptr : &local->back();
    mapping.map(reshard.getOutput(),
                buildReshard(builder, op->getLoc(),
                             mapping.lookup(reshard.getInput()),
                             cast<RankedTensorType>(reshard.getType()),
                             reshard.getFrom(), reshard.getTo(), position));
    auto reason = op->getAttrOfType<StringAttr>(dist::kReasonAttr);
    if (reshard.getFrom() != reshard.getTo())
      record(op->getLoc(), nn::getPhase(op), reshard.getFrom(), reshard.getTo(),
             reason ? reason.getValue() : "", before);
    return success();
  }
  auto partitionable = dyn_cast<nn::PartitionOpInterface>(op);
  auto ruled = dyn_cast<nn::ShardingRuleOpInterface>(op);
  if (!partitionable || !ruled) {
    // -dist-propagate has left it whole.
    builder.clone(*op, mapping);
    return success();
  }

  nn::OpShardingRule rule = ruled.getShardingRule();
  SmallVector<Value> operands;
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    Value part = mapping.lookup(operand);
    operands.push_back(partitionable.handlesPadding(i)
                           ? part
                           : maskPadding(op, i, part, rule));
  }
  OpContext ctx(op, position);
  FailureOr<SmallVector<Value>> results =
      partitionable.buildLocal(builder, operands, ctx);
  if (failed(results))
    return failure();
  for (auto [i, value] : llvm::enumerate(*results)) {
    if (value.getType() != ctx.getLocalResultType(i))
      return op->emitOpError("is split into ")
             << value.getType() << " where " << ctx.getLocalResultType(i)
             << " is needed; this is a bug in dpc, please report the model";
    mapping.map(op->getResult(i), value);
  }
  return success();
}

/// What is still partial here is reported by rank 0 alone: a reduce to the
/// group's first rank is enough.
void FuncPartitioner::buildReturn(func::ReturnOp op) {
  SmallVector<Value> values;
  SmallVector<Type> types;
  nn::SignatureChanges changes(func);
  for (auto [i, value] : llvm::enumerate(op.getOperands())) {
    Value part = mapping.lookup(value);
    if (auto sharding =
            func.getResultAttrOfType<ShardingAttr>(i, dist::kShardingAttr)) {
      if (sharding.isPartial()) {
        SmallVector<Attribute> attrs;
        for (StringAttr axis : sharding.getPartialAxes())
          if (mesh.getAxisSize(axis.getValue()) > 1)
            attrs.push_back(axis);
        ArrayAttr axes = builder.getArrayAttr(attrs);
        auto whole = ShardingAttr::get(func.getContext(), sharding.getDims(),
                                       {}, nn::ReduceKind::Sum);
        if (mesh.getGroupSize(axes) > 1) {
          auto reduce =
              dist::ReduceOp::create(builder, value.getLoc(), part.getType(),
                                     sharding.getPartialKind(), part, axes);
          nn::Phase phase = nn::Phase::Forward;
          if (Operation *def = value.getDefiningOp())
            phase = nn::getPhase(def);
          nn::setPhase(reduce, phase);
          Operation *before = reduce->getPrevNode();
          record(value.getLoc(), phase, sharding, whole,
                 "rank 0 alone reports it", before);
          part = reduce;
        }
        changes.setResultAttr(i, dist::kShardingAttr, whole);
      }
      if (part.getType() != value.getType())
        changes.setResultAttr(i, dist::kGlobalTypeAttr,
                              TypeAttr::get(value.getType()));
    }
    values.push_back(part);
    types.push_back(part.getType());
  }
  func::ReturnOp::create(builder, op.getLoc(), values);
  func.setFunctionType(
      builder.getFunctionType(local->getArgumentTypes(), types));
}

LogicalResult FuncPartitioner::run() {
  buildArguments();
  for (Operation &op : *global) {
    Operation *before = local->empty() ? nullptr : &local->back();
    if (auto ret = dyn_cast<func::ReturnOp>(op))
      buildReturn(ret);
    else if (failed(buildOp(&op)))
      return failure();
    // What an op is made of belongs to its phase.
    nn::Phase phase = nn::getPhase(&op);
    if (phase == nn::Phase::Forward)
      continue;
    auto made = before ? std::next(before->getIterator()) : local->begin();
    for (Operation &part : llvm::make_range(made, local->end()))
      nn::setPhase(&part, phase);
  }
  for (Operation &op : *local) {
    op.removeAttr(dist::kShardingsAttr);
    op.removeAttr(dist::kOperandShardingsAttr);
  }
  global->dropAllDefinedValueUses();
  global->erase();
  return success();
}

struct PartitionModule : dpc::impl::PartitionModuleBase<PartitionModule> {
  using PartitionModuleBase::PartitionModuleBase;
  void runOnOperation() override {
    ModuleOp module = getOperation();
    dist::MeshOp mesh = requireMesh(module);
    if (!mesh)
      return signalPassFailure();
    SmallVector<Attribute> reshards;
    for (auto func : module.getOps<func::FuncOp>()) {
      if (func.isExternal())
        continue;
      FuncPartitioner partitioner(func, mesh);
      if (failed(partitioner.run()))
        return signalPassFailure();
      llvm::append_range(reshards, partitioner.reshards);
    }
    if (!reshards.empty())
      module->setAttr(kReshardsAttr, ArrayAttr::get(&getContext(), reshards));
  }
};

} // namespace
