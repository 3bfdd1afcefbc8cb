//===- SinkGuardedLoads.cpp - Load only what is chosen --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An element of a pad or a concatenation is chosen from operands that are read
// even where they have none, at an index that is clamped: a CPU's loop has no
// branch then. A GPU would move those bytes, so here the choice becomes a branch
// with what only one side needs. Neighbours with the same condition share a
// branch, in which LLVM makes a vector of their loads.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace {

/// Steps from an index to what it is made of.
constexpr int kMaxDepth = 16;

bool isClamped(Value index, int depth = 0) {
  Operation *op = index.getDefiningOp();
  if (!op || depth == kMaxDepth || !isa<arith::ArithDialect>(op->getDialect()))
    return false;
  return isa<arith::MinSIOp, arith::MaxSIOp>(op) ||
         llvm::any_of(op->getOperands(),
                      [&](Value from) { return isClamped(from, depth + 1); });
}

bool isClampedLoad(Operation *op) {
  auto load = dyn_cast<memref::LoadOp>(op);
  return load && llvm::any_of(load.getIndices(),
                              [](Value index) { return isClamped(index); });
}

/// Whether a condition is asked of the place alone, not of what lies in memory.
bool isOfPlace(Value condition, int depth = 0) {
  Operation *op = condition.getDefiningOp();
  if (!op || !isa<arith::ArithDialect>(op->getDialect()))
    return condition.getType().isIntOrIndex() &&
           !isa_and_present<memref::LoadOp, scf::IfOp>(op);
  return depth < kMaxDepth &&
         llvm::all_of(
             op->getOperands(),
             [&](Value from) { return isOfPlace(from, depth + 1); });
}

bool isLoadOrPure(Operation *op) {
  return op->getNumRegions() == 0 && (isa<memref::LoadOp>(op) || isPure(op));
}

/// Choices with one condition, the first one first, and what only one of their
/// sides needs, in the order of the block.
class Choice {
public:
  Choice(arith::SelectOp first, bool hasRuns)
      : block(*first->getBlock()), choices({first}), hasRuns(hasRuns) {}

  /// Null if nothing is to be gained.
  scf::IfOp sink() {
    for (Operation &op :
         llvm::make_range(std::next(Block::iterator(choices[0])), block.end()))
      if (auto other = dyn_cast<arith::SelectOp>(op);
          other && other.getCondition() == choices[0].getCondition())
        choices.push_back(other);
    collect();
    if (choices.size() > 1 && !canMeet()) {
      choices.resize(1);
      collect();
    }
    // A clamp to the only place there is goes unseen; but no vector may come apart
    // for it.
    bool isCommon = (choices.size() > 1 || !hasRuns) &&
                    isOfPlace(choices[0].getCondition());
    auto isGuarded = [&](ArrayRef<Operation *> side) {
      return llvm::any_of(side, [&](Operation *op) {
        return isCommon ? isa<memref::LoadOp>(op) : isClampedLoad(op);
      });
    };
    if ((!isGuarded(sides[0]) && !isGuarded(sides[1])) || isWrittenBetween())
      return {};
    for (Operation *op : before)
      op->moveBefore(choices[0]);
    OpBuilder builder(choices[0]);
    SmallVector<Type> types;
    for (arith::SelectOp choice : choices)
      types.push_back(choice.getType());
    auto branch =
        scf::IfOp::create(builder, choices[0].getLoc(), types,
                          choices[0].getCondition(), /*withElseRegion=*/true);
    for (int side : {0, 1}) {
      Block *body = side ? branch.elseBlock() : branch.thenBlock();
      builder.setInsertionPointToEnd(body);
      SmallVector<Value> values;
      for (arith::SelectOp choice : choices)
        values.push_back(choice->getOperand(1 + side));
      auto yield = scf::YieldOp::create(builder, choices[0].getLoc(), values);
      for (Operation *op : sides[side])
        op->moveBefore(yield);
    }
    for (auto [choice, value] : llvm::zip_equal(choices, branch.getResults())) {
      choice.replaceAllUsesWith(value);
      choice.erase();
    }
    return branch;
  }

private:
  void collect() {
    for (int side : {0, 1}) {
      llvm::SetVector<Operation *> needed;
      auto isOfSide = [&](OpOperand &use) {
        Operation *user = use.getOwner();
        auto choice = dyn_cast<arith::SelectOp>(user);
        return needed.contains(user) ||
               (choice && llvm::is_contained(choices, choice) &&
                use.getOperandNumber() == 1u + side);
      };
      for (Operation &op : llvm::reverse(llvm::make_range(
               block.begin(), Block::iterator(choices.back()))))
        if (isLoadOrPure(&op) && !op.use_empty() &&
            llvm::all_of(op.getUses(), isOfSide))
          needed.insert(&op);
      sides[side] = needed.takeVector();
      std::reverse(sides[side].begin(), sides[side].end());
    }
  }

  bool isInside(Operation *op) {
    return llvm::is_contained(sides[0], op) || llvm::is_contained(sides[1], op);
  }

  /// Whether all that the others need besides can stand before the first one:
  /// notes what has to be moved there.
  bool canMeet() {
    before.clear();
    llvm::SetVector<Operation *> needed;
    SmallVector<Operation *> work(choices.begin(), choices.end());
    work.append(sides[0].begin(), sides[0].end());
    work.append(sides[1].begin(), sides[1].end());
    while (!work.empty())
      for (Value operand : work.pop_back_val()->getOperands()) {
        Operation *op = operand.getDefiningOp();
        if (!op || op->getBlock() != &block ||
            op->isBeforeInBlock(choices[0]) || isInside(op))
          continue;
        if (isa<memref::LoadOp>(op) || !isLoadOrPure(op) ||
            llvm::is_contained(choices, dyn_cast<arith::SelectOp>(op)))
          return false;
        if (needed.insert(op))
          work.push_back(op);
      }
    before = needed.takeVector();
    llvm::sort(before, [](Operation *a, Operation *b) {
      return a->isBeforeInBlock(b);
    });
    return true;
  }

  /// Loads may not pass what writes.
  bool isWrittenBetween() {
    Operation *first = choices[0];
    for (ArrayRef<Operation *> side : {ArrayRef(sides[0]), ArrayRef(sides[1])})
      if (!side.empty() && side[0]->isBeforeInBlock(first))
        first = side[0];
    return llvm::any_of(llvm::make_range(Block::iterator(first),
                                         Block::iterator(choices.back())),
                        [](Operation &op) {
                          return op
                              .walk([](Operation *inner) {
                                return inner->getNumRegions() ||
                                               isLoadOrPure(inner) ||
                                               isPure(inner)
                                           ? WalkResult::advance()
                                           : WalkResult::interrupt();
                              })
                              .wasInterrupted();
                        });
  }

  Block &block;
  SmallVector<arith::SelectOp> choices;
  SmallVector<Operation *> sides[2], before;
  /// Whether the kernel has accesses to neighbours.
  bool hasRuns;
};

struct SinkGuardedLoads
    : PassWrapper<SinkGuardedLoads, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SinkGuardedLoads)

  StringRef getArgument() const override { return "cuda-sink-guarded-loads"; }
  StringRef getDescription() const override {
    return "Loads whose value is only chosen by a condition, into branches";
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<scf::SCFDialect>();
  }

  void runOnOperation() override {
    SmallVector<Block *> blocks;
    getOperation().walk([&](Block *block) { blocks.push_back(block); });
    bool hasRuns = false;
    getOperation().walk([&](memref::LoadOp load) {
      hasRuns |= load.getAlignment().has_value();
    });
    while (!blocks.empty()) {
      Block *block = blocks.back();
      scf::IfOp branch = sinkOne(*block, hasRuns);
      if (!branch) {
        blocks.pop_back();
        continue;
      }
      // What a side chooses from may be chosen itself.
      blocks.push_back(branch.thenBlock());
      blocks.push_back(branch.elseBlock());
    }
  }

  /// Of the choices that are asked for first with their condition, the last one
  /// from which something is gained.
  static scf::IfOp sinkOne(Block &block, bool hasRuns) {
    SmallVector<arith::SelectOp> firsts;
    DenseSet<Value> conditions;
    for (auto choice : block.getOps<arith::SelectOp>())
      if (choice.getCondition().getType().isInteger(1) &&
          conditions.insert(choice.getCondition()).second)
        firsts.push_back(choice);
    for (arith::SelectOp first : llvm::reverse(firsts))
      if (scf::IfOp branch = Choice(first, hasRuns).sink())
        return branch;
    return {};
  }
};

} // namespace

std::unique_ptr<Pass> dpc::createSinkGuardedLoads() {
  return std::make_unique<SinkGuardedLoads>();
}
