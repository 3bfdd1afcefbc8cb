//===- TransposesNest.cpp - Elements that are read across -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Where neighbours of the results are far apart in an operand, a block takes a
// tile of 32 x 32 elements: the results' neighbours by the operand's. It brings
// what is read across into shared memory along the operand, whose rows are
// padded by a word so that columns lie in different banks, and computes along the
// results.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/DeviceEmitter.h"

#include "dialects/NN/Builders.h"
#include "passes/Lowering/KernelAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

/// Elements of a tile in both directions; fewer than kFew are no tile.
static constexpr int64_t kTile = 32, kFew = 8;
/// Operands of a kernel that are brought in: of 64 bits, 8 KiB each.
static constexpr size_t kMostOperands = 5;

/// The dimension of the result, not the last, along which the neighbours of an
/// operand lie of which `op` moves the elements; -1 if there is none.
static int64_t getAcross(Operation *op) {
  auto kernelOp = dyn_cast<KernelOpInterface>(op);
  auto ruleOp = dyn_cast<ShardingRuleOpInterface>(op);
  if (!kernelOp || !ruleOp || !kernelOp.movesElements() ||
      op->getNumOperands() != 1)
    return -1;
  OpShardingRule rule = ruleOp.getShardingRule();
  if (rule.operands[0].empty() || rule.operands[0].back().size() != 1)
    return -1;
  for (auto [dim, factors] : llvm::enumerate(rule.results[0]))
    if (factors == rule.operands[0].back())
      return dim + 1 < rule.results[0].size() ? static_cast<int64_t>(dim) : -1;
  return -1;
}

/// Ops that are evaluated at the indices of the results only.
static DenseSet<Operation *> findOpsInPlace(Block &body) {
  DenseSet<Operation *> inPlace;
  inPlace.insert(body.getTerminator());
  for (Operation &op : llvm::reverse(body.without_terminator()))
    if (llvm::all_of(op.getUses(), [&](OpOperand &use) {
          Operation *user = use.getOwner();
          return inPlace.contains(user) &&
                 (user == body.getTerminator() ||
                  isPointwise(user, use.getOperandNumber()));
        }))
      inPlace.insert(&op);
  return inPlace;
}

/// What is read across at the results' place, all along the same dimension.
static std::pair<int64_t, SmallVector<Value>> findAcross(Block &body) {
  ArrayRef<int64_t> sizes =
      cast<RankedTensorType>(body.getTerminator()->getOperand(0).getType())
          .getShape();
  std::pair<int64_t, SmallVector<Value>> found{-1, {}};
  if (sizes.empty() || sizes.back() < kFew)
    return found;
  DenseSet<Operation *> inPlace = findOpsInPlace(body);
  for (Operation &op : body.without_terminator()) {
    int64_t across = inPlace.contains(&op) ? getAcross(&op) : -1;
    if (across < 0 || sizes[across] < kFew ||
        found.second.size() == kMostOperands ||
        (found.first >= 0 && found.first != across))
      continue;
    found.first = across;
    found.second.push_back(op.getResult(0));
  }
  return found;
}

bool dpc::readsAcross(Block &body) { return findAcross(body).first >= 0; }

namespace {

class TransposesNest final : public DeviceEmitter {
public:
  using DeviceEmitter::DeviceEmitter;

private:
  void writeNest() override {
    if (getCount(resultSizes) == 0)
      return;
    auto [dim, operands] = findAcross(body);
    across = dim;
    SmallVector<int64_t> tiles(resultSizes);
    for (int64_t *size : {&tiles[across], &tiles.back()})
      *size = llvm::divideCeil(*size, kTile);
    launch.grid = getCount(tiles);
    Value thread = readRegister("tid.x");
    x = rem(thread, kTile);
    y = div(thread, kTile);
    tile = delinearize(readRegister("ctaid.x"), tiles);
    Value shared = getShared(operands.size() * kTile * (kTile + 1));
    // Along the operands.
    forRows([&](Value row) {
      emitAt(x, row, [&](ValueRange indices) {
        for (auto [i, operand] : llvm::enumerate(operands)) {
          Value value = pull(operand, indices);
          storeShared(value, shared, getPlace(x, row, i, value.getType()));
        }
      });
    });
    emitBarrier();
    // Along the results.
    forRows([&](Value row) {
      emitAt(row, x, [&](ValueRange indices) {
        for (auto [i, operand] : llvm::enumerate(operands)) {
          Type type = scalar::kernelType(getElementTypeOrSelf(operand));
          keep(operand, indices,
               loadShared(type, shared, getPlace(row, x, i, type)));
        }
        storeResults(pullResults(indices), indices);
      });
    });
  }

  /// Those of a tile's rows that are this thread's.
  void forRows(function_ref<void(Value)> emitBody) {
    for (int64_t first = 0; first < kTile; first += kBlock / kTile)
      emitBody(add(y, constant(y.getType(), first)));
  }

  /// The element at a position of the tile, if there is one.
  void emitAt(Value alongOperand, Value alongResult,
              function_ref<void(ValueRange)> emitBody) {
    SmallVector<Value> indices(tile);
    Value isInside;
    auto place = [&](int64_t dim, Value offset) {
      indices[dim] =
          add(arith::MulIOp::create(builder, loc, tile[dim], index(kTile)),
              toIndex(offset));
      if (resultSizes[dim] % kTile == 0)
        return;
      Value condition =
          arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                                indices[dim], index(resultSizes[dim]));
      isInside = isInside
                     ? arith::AndIOp::create(builder, loc, isInside, condition)
                     : condition;
    };
    place(across, alongOperand);
    place(resultSizes.size() - 1, alongResult);
    isInside ? emitIf(isInside, [&] { emitBody(indices); }) : emitBody(indices);
  }

  /// Of an element of the i-th operand, in words of its size.
  Value getPlace(Value alongOperand, Value alongResult, int64_t i, Type type) {
    constexpr int64_t kPitch = kTile + 1;
    int64_t words = type.getIntOrFloatBitWidth() <= 32 ? 2 : 1;
    return add(add(mul(alongOperand, kPitch), alongResult),
               constant(alongOperand.getType(), i * kTile * kPitch * words));
  }

  /// The results' dimension along which the operands' neighbours lie.
  int64_t across = 0;
  Value x, y;
  SmallVector<Value> tile;
};

} // namespace

DeviceNest dpc::makeTransposesNest(plan::KernelOp kernel, ModuleOp device,
                                   StringRef name) {
  return std::make_unique<TransposesNest>(kernel, device, name);
}
