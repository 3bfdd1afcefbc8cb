//===- UnrollMicrobatches.cpp - Gradient accumulation ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// To the passes before, the microbatches are one more axis of the mesh, over
// which the rows are split. It has no ranks: here every rank runs all of its
// coordinates, one after the other, and the axis goes.
//
// A value is *varying* if it depends on the coordinate: a part of the batch, or
// what is computed from one. Varying ops are cloned once per microbatch, all
// others once. What was an all_reduce over the axis is now a sum in the order
// of the microbatches, to which each adds its term as soon as it is made:
//
//   microbatch 0: forward, backward, sum = g0
//   microbatch 1: forward, backward, sum = sum + g1
//   update with sum
//
// A parameter that is stored in parts (ZeRO) is gathered once for all
// microbatches and stays whole that long, or, with `gatherAgain`, once for
// each.
//
// A microbatch that needs such a sum itself, as the number of labels that
// count, gets it completed at once: what it is made of is taken from the other
// microbatches first.
//
// Of many microbatches, `written` may be written out only, as those behind the
// first few do the same as the one before (dist::kLeftOutAttr). Sums then have
// that many terms, while rows and indices count all: -lower-to-plan repeats what
// is done for one in the middle.
//
// The axis is the last that splits the rows, and a rank's microbatches are
// parts of its block; or it is the first (dist::kMicrobatchPartsAttr), and a
// rank has a block of each microbatch (dist::kMicrobatchesAttr).
//
//===----------------------------------------------------------------------===//

#include "passes/Partition/Passes.h"
#include "passes/Sharding/Passes.h"

#include "dialects/Dist/DistDialect.h"
#include "dialects/Dist/Stamps.h"
#include "dialects/NN/Builders.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_UNROLLMICROBATCHES
#include "passes/Partition/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using dist::ShardingAttr;

namespace {

/// Whether `value` is an argument or a copy of one in fewer bits, reshaped at
/// most.
bool isStored(Value value) {
  value = nn::skipReshapes(value);
  if (Operation *op = value.getDefiningOp(); nn::isNarrowCopy(op))
    value = nn::skipReshapes(op->getOperand(0));
  return isa<BlockArgument>(value);
}

class FuncUnroller {
public:
  FuncUnroller(func::FuncOp func, dist::MeshOp mesh, bool gatherAgain,
               int64_t most)
      : func(func), mesh(mesh), gatherAgain(gatherAgain),
        count(mesh.getAxisSize(dist::kMicrobatchAxis)),
        written(most > 0 ? std::min(most, count) : count),
        axis(StringAttr::get(func.getContext(), dist::kMicrobatchAxis)),
        old(&func.front()), block(new Block), builder(func.getContext()) {
    func.getBody().push_back(block);
    builder.setInsertionPointToEnd(block);
  }

  LogicalResult run();

private:
  bool isVarying(Value value) { return varying.contains(value); }
  bool sumsMicrobatches(Operation *op);
  ArrayAttr dropAxis(ArrayAttr axes);
  StringRef getRemedy() {
    return mesh.getAxisSize(dist::kPipeAxis) ? "use --microbatches 1"
                                             : "leave --accumulate out";
  }
  LogicalResult findVarying();
  LogicalResult buildArguments();
  Value get(Value value, int64_t k);
  void emit(Operation *op, int64_t k);
  void emitAxisIndex(dist::AxisIndexOp op, int64_t k);
  void addTerm(Operation *op);
  void complete(Operation *op);

  func::FuncOp func;
  dist::MeshOp mesh;
  bool gatherAgain;
  /// How many microbatches there are, and how many are written out.
  int64_t count, written;
  StringAttr axis;
  Block *old, *block;
  OpBuilder builder;
  llvm::DenseSet<Value> varying;
  /// Only looked up. The number is that of the microbatch, 0 for what does not
  /// vary.
  DenseMap<std::pair<Value, int64_t>, Value> made;
  /// A sum and how many terms it has.
  DenseMap<Operation *, std::pair<Value, int64_t>> sums;
};

bool FuncUnroller::sumsMicrobatches(Operation *op) {
  auto collective = dyn_cast<dist::CollectiveOpInterface>(op);
  return collective && llvm::is_contained(collective.getAxes(), axis);
}

ArrayAttr FuncUnroller::dropAxis(ArrayAttr axes) {
  SmallVector<Attribute> kept;
  for (Attribute other : axes)
    if (other != axis)
      kept.push_back(other);
  return builder.getArrayAttr(kept);
}

LogicalResult FuncUnroller::findVarying() {
  for (BlockArgument argument : old->getArguments())
    if (dist::getSharding(argument).usesAxis(axis))
      varying.insert(argument);
  for (Operation &op : *old) {
    if (sumsMicrobatches(&op)) {
      // One operand, whole on every microbatch (Reshard.cpp).
      auto kind = op.getAttrOfType<nn::ReduceKindAttr>("kind");
      if (!kind || kind.getValue() != nn::ReduceKind::Sum ||
          !isa<dist::AllReduceOp, dist::ReduceOp>(op))
        return op.emitError("needs the whole batch at once, which cannot be "
                            "cut into microbatches; ")
               << getRemedy();
      continue;
    }
    auto index = dyn_cast<dist::AxisIndexOp>(op);
    bool varies = (gatherAgain && isa<dist::AllGatherOp>(op) &&
                   isStored(op.getOperand(0))) ||
                  (index && llvm::is_contained(index.getAxes(), axis)) ||
                  llvm::any_of(op.getOperands(), [&](Value operand) {
                    return isVarying(operand);
                  });
    if (!varies)
      continue;
    if (isa<func::ReturnOp>(op))
      return func.emitError("returns rows of the batch, which cannot be cut "
                            "into microbatches; ")
             << getRemedy();
    varying.insert(op.result_begin(), op.result_end());
  }
  return success();
}

/// The rank's rows of the batch, of which each microbatch takes its part.
LogicalResult FuncUnroller::buildArguments() {
  for (BlockArgument argument : old->getArguments()) {
    unsigned i = argument.getArgNumber();
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!isVarying(argument)) {
      made[{argument, 0}] =
          block->addArgument(argument.getType(), argument.getLoc());
      continue;
    }
    SmallVector<ArrayAttr> dims;
    SmallVector<int64_t> shape(type.getShape());
    unsigned rows = 0;
    ArrayAttr split;
    for (auto [dim, axes] :
         llvm::enumerate(dist::getSharding(argument).getDims())) {
      dims.push_back(dropAxis(axes));
      if (dims.back() != axes) {
        rows = dim;
        split = axes;
      }
    }
    int64_t parts = mesh.getGroupSize(dims[rows]);
    bool isLast = split.getValue().back() == axis;
    if (!isLast && split[0] != axis)
      return func.emitError("has rows split over ")
             << split << "; \"" << axis.getValue()
             << "\" must be the first axis or the last";
    if (!isLast && parts > 1)
      func.setArgAttr(i, dist::kMicrobatchesAttr,
                      builder.getI64IntegerAttr(count));
    // Of rows that do not divide, the last microbatches are padded.
    int64_t extent = shape[rows] * count, padding = 0;
    auto global = func.getArgAttrOfType<TypeAttr>(i, dist::kGlobalTypeAttr);
    if (global && parts == 1)
      padding =
          extent - cast<RankedTensorType>(global.getValue()).getDimSize(rows);
    shape[rows] = extent - padding;
    func.setArgAttr(
        i, dist::kShardingAttr,
        ShardingAttr::get(func.getContext(), dims, {}, nn::ReduceKind::Sum));
    if (func.getArgAttrOfType<TypeAttr>(i, dist::kGlobalTypeAttr) ==
        TypeAttr::get(type.clone(shape)))
      func.removeArgAttr(i, dist::kGlobalTypeAttr);
    Value whole = block->addArgument(type.clone(shape), argument.getLoc());
    if (padding) {
      SmallVector<int64_t> none(shape.size(), 0), high(shape.size(), 0);
      high[rows] = padding;
      shape[rows] = extent;
      whole = nn::PadOp::create(builder, argument.getLoc(), whole, none, high,
                                none, llvm::APFloat(0.0));
    }
    for (int64_t k = 0; k < written; ++k) {
      SmallVector<int64_t> begin(shape.size(), 0), end(shape),
          step(shape.size(), 1);
      begin[rows] = k * type.getDimSize(rows);
      end[rows] = begin[rows] + type.getDimSize(rows);
      made[{argument, k}] = nn::SliceOp::create(builder, argument.getLoc(),
                                                whole, begin, end, step);
    }
  }
  return success();
}

Value FuncUnroller::get(Value value, int64_t k) {
  k = isVarying(value) ? k : 0;
  if (!made.contains({value, k})) {
    Operation *op = value.getDefiningOp();
    if (sumsMicrobatches(op))
      complete(op);
    else
      emit(op, k);
  }
  return made.lookup({value, k});
}

void FuncUnroller::emit(Operation *op, int64_t k) {
  if (op->getNumResults() && made.contains({op->getResult(0), k}))
    return;
  auto index = dyn_cast<dist::AxisIndexOp>(op);
  if (index && isVarying(index))
    return emitAxisIndex(index, k);
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, get(operand, k));
  Operation *clone = builder.clone(*op, mapping);
  if (op->getNumResults() && isVarying(op->getResult(0)))
    dist::setMicrobatch(clone, k);
  for (auto [result, copy] :
       llvm::zip_equal(op->getResults(), clone->getResults()))
    made[{result, k}] = copy;
}

/// Over [outer.., microbatch, inner..]: (outer * count + k) * |inner| + inner.
/// Of every microbatch but the first it is made from the one before, so that
/// all of them do the same.
void FuncUnroller::emitAxisIndex(dist::AxisIndexOp op, int64_t k) {
  nn::Math math(builder, op.getLoc());
  ArrayRef<Attribute> axes = op.getAxes().getValue();
  const Attribute *place = llvm::find(axes, axis);
  ArrayAttr outer = builder.getArrayAttr({axes.begin(), place}),
            inner = builder.getArrayAttr({place + 1, axes.end()});
  auto getIndex = [&](ArrayAttr axes) -> Value {
    return dist::AxisIndexOp::create(builder, op.getLoc(), axes);
  };
  int64_t parts = mesh.getGroupSize(inner);
  if (k > 0) {
    Value before = get(op, k - 1);
    Value next = math.add(before, math.constant(before, parts));
    next.getDefiningOp()->setAttr(nn::kMaterializeAttr, builder.getUnitAttr());
    dist::setMicrobatch(next.getDefiningOp(), k);
    made[{op, k}] = next;
    return;
  }
  Value index = math.constant(cast<RankedTensorType>(op.getType()), k * parts);
  if (!outer.empty()) {
    Value block = getIndex(outer);
    index =
        math.add(math.mul(block, math.constant(block, count * parts)), index);
  }
  if (!inner.empty())
    index = math.add(index, getIndex(inner));
  made[{op, k}] = index;
}

/// Adds the next microbatch's term; with the last one the sum is there.
void FuncUnroller::addTerm(Operation *op) {
  Value term = get(op->getOperand(0), sums[op].second);
  auto &[sum, terms] = sums[op];
  if (terms == 0)
    sum = term;
  else {
    sum = nn::Math(builder, op->getLoc()).add(sum, term);
    nn::setPhase(sum.getDefiningOp(), nn::getPhase(op));
    if (Attribute piece = op->getAttr(dist::kPieceAttr))
      sum.getDefiningOp()->setAttr(dist::kPieceAttr, piece);
    dist::setMicrobatch(sum.getDefiningOp(), terms);
    sum.getDefiningOp()->setAttr(nn::kMaterializeAttr, builder.getUnitAttr());
  }
  if (++terms < written)
    return;
  auto collective = cast<dist::CollectiveOpInterface>(op);
  ArrayAttr axes = dropAxis(collective.getAxes());
  if (!axes.empty() && mesh.getGroupSize(axes) > 1) {
    IRMapping mapping;
    mapping.map(op->getOperand(0), sum);
    Operation *rest = builder.clone(*op, mapping);
    rest->setAttr("axes", axes);
    sum = rest->getResult(0);
  }
  made[{op->getResult(0), 0}] = sum;
}

void FuncUnroller::complete(Operation *op) {
  while (!made.contains({op->getResult(0), 0}))
    addTerm(op);
}

LogicalResult FuncUnroller::run() {
  if (failed(findVarying()) || failed(buildArguments()))
    return failure();
  for (int64_t k = 0; k < written; ++k)
    for (Operation &op : *old) {
      if (!op.getNumResults() || !isVarying(op.getResult(0)))
        continue;
      emit(&op, k);
      for (Operation *user : op.getUsers())
        if (sumsMicrobatches(user) && sums[user].second == k)
          addTerm(user);
    }
  for (Operation &op : *old)
    if (sumsMicrobatches(&op))
      complete(&op);
    else if (!op.getNumResults() || !isVarying(op.getResult(0)))
      emit(&op, 0);
  old->dropAllDefinedValueUses();
  old->erase();
  func.setFunctionType(builder.getFunctionType(
      block->getArgumentTypes(), func.getFunctionType().getResults()));
  if (written < count && !varying.empty())
    func->setAttr(dist::kLeftOutAttr,
                  builder.getI64IntegerAttr(count - written));
  return success();
}

struct UnrollMicrobatches
    : dpc::impl::UnrollMicrobatchesBase<UnrollMicrobatches> {
  using UnrollMicrobatchesBase::UnrollMicrobatchesBase;
  void runOnOperation() override {
    ModuleOp module = getOperation();
    dist::MeshOp mesh = dist::getMesh(module);
    if (!mesh || mesh.getAxisSize(dist::kMicrobatchAxis) == 0)
      return;
    for (auto func : module.getOps<func::FuncOp>())
      if (!func.isExternal() &&
          failed(FuncUnroller(func, mesh, gatherAgain, written).run()))
        return signalPassFailure();
    // What is left are axes of ranks.
    SmallVector<Attribute> axes;
    SmallVector<int64_t> sizes;
    for (auto [axis, size] : llvm::zip_equal(mesh.getAxes(), mesh.getSizes()))
      if (cast<StringAttr>(axis).getValue() != dist::kMicrobatchAxis) {
        axes.push_back(axis);
        sizes.push_back(size);
      }
    Builder builder(&getContext());
    mesh.setAxesAttr(builder.getArrayAttr(axes));
    mesh.setSizes(sizes);
    mesh->removeAttr(dist::kMicrobatchPartsAttr);
  }
};

} // namespace
