//===- Interpreter.cpp - Reference semantics of programs ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Reference/Interpreter.h"

#include "llvm/ADT/TypeSwitch.h"
#include <memory>

using namespace mlir;

namespace dpc {

using nn::ReferenceTensor;

namespace {

using Tensor = std::shared_ptr<const ReferenceTensor>;
/// One tensor per rank.
using Ranks = SmallVector<Tensor>;

class Interpreter {
public:
  Interpreter(dist::MeshOp mesh, int64_t numRanks)
      : mesh(mesh), numRanks(numRanks) {}

  void set(Value value, Ranks ranks) { values[value] = std::move(ranks); }
  const Ranks &get(Value value) { return values.find(value)->second; }

  /// Runs the ops of `block` up to its terminator. Values from outside of the
  /// block and its arguments must be set.
  LogicalResult run(Block &block);

private:
  LogicalResult runOp(Operation *op);
  LogicalResult runReference(nn::ReferenceOpInterface op);
  LogicalResult runKernel(nn::KernelOp op);
  LogicalResult runAxisIndex(dist::AxisIndexOp op);
  LogicalResult runCollective(dist::CollectiveOpInterface op);

  dist::MeshOp mesh;
  int64_t numRanks;
  DenseMap<Value, Ranks> values;
};

} // namespace

/// For every op of `block`, the values that are not needed after it: they were
/// defined in the block, or are its arguments, and the op is their last user.
static DenseMap<Operation *, SmallVector<Value>> findLastUses(Block &block) {
  DenseMap<Operation *, SmallVector<Value>> dead;
  auto addValue = [&](Value value, Operation *definition) {
    Operation *last = definition;
    for (Operation *user : value.getUsers()) {
      Operation *inBlock = block.findAncestorOpInBlock(*user);
      if (!last || last->isBeforeInBlock(inBlock))
        last = inBlock;
    }
    if (last)
      dead[last].push_back(value);
  };
  for (BlockArgument arg : block.getArguments())
    addValue(arg, nullptr);
  for (Operation &op : block)
    for (Value result : op.getResults())
      // A handle has the values of its collective, until dist.wait.
      addValue(result, &op);
  return dead;
}

LogicalResult Interpreter::run(Block &block) {
  DenseMap<Operation *, SmallVector<Value>> dead = findLastUses(block);
  for (Operation &op : block.without_terminator()) {
    if (failed(runOp(&op)))
      return failure();
    for (Value value : dead.lookup(&op))
      values.erase(value);
  }
  return success();
}

LogicalResult Interpreter::runOp(Operation *op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](nn::ReferenceOpInterface reference) {
        return runReference(reference);
      })
      .Case([&](dist::CollectiveOpInterface collective) {
        return runCollective(collective);
      })
      .Case([&](nn::KernelOp kernel) { return runKernel(kernel); })
      .Case([&](dist::AxisIndexOp index) { return runAxisIndex(index); })
      .Case([&](dist::ReshardOp reshard) {
        // At the global level every rank holds the whole value.
        set(reshard.getOutput(), get(reshard.getInput()));
        return success();
      })
      .Case([&](dist::StartOp start) {
        // The collective's own results stay set until dist.wait takes them.
        return runCollective(start.getCollective());
      })
      .Case([&](dist::WaitOp wait) {
        auto start = wait.getHandle().getDefiningOp<dist::StartOp>();
        for (auto [output, result] : llvm::zip_equal(
                 wait.getOutputs(), start.getCollective()->getResults())) {
          set(output, get(result));
          values.erase(result);
        }
        return success();
      })
      .Default([](Operation *op) {
        return op->emitOpError("has no reference semantics");
      });
}

static SmallVector<ReferenceTensor> allocateResults(Operation *op) {
  SmallVector<ReferenceTensor> results;
  for (Type type : op->getResultTypes())
    results.emplace_back(cast<RankedTensorType>(type));
  return results;
}

LogicalResult Interpreter::runReference(nn::ReferenceOpInterface op) {
  SmallVector<Ranks> outputs(op->getNumResults());
  for (int64_t rank = 0; rank < numRanks; ++rank) {
    SmallVector<const ReferenceTensor *> operands;
    for (Value operand : op->getOperands())
      operands.push_back(get(operand)[rank].get());
    SmallVector<ReferenceTensor> results = allocateResults(op);
    if (failed(op.evaluate(operands, results)))
      return op->emitOpError("reads an index outside of its operand");
    for (auto [output, result] : llvm::zip_equal(outputs, results))
      output.push_back(std::make_shared<ReferenceTensor>(std::move(result)));
  }
  for (auto [value, output] : llvm::zip_equal(op->getResults(), outputs))
    set(value, std::move(output));
  return success();
}

LogicalResult Interpreter::runKernel(nn::KernelOp op) {
  Block &body = op.getBody().front();
  for (auto [arg, input] :
       llvm::zip_equal(body.getArguments(), op.getInputs())) {
    Ranks ranks = get(input);
    set(arg, std::move(ranks));
  }
  if (failed(run(body)))
    return failure();
  for (auto [output, yielded] :
       llvm::zip_equal(op.getOutputs(), body.getTerminator()->getOperands())) {
    Ranks ranks = get(yielded);
    set(output, std::move(ranks));
  }
  for (Value yielded : body.getTerminator()->getOperands())
    values.erase(yielded);
  return success();
}

LogicalResult Interpreter::runAxisIndex(dist::AxisIndexOp op) {
  if (!mesh)
    return op.emitOpError("needs a dist.mesh");
  Ranks output;
  for (int64_t rank = 0; rank < numRanks; ++rank) {
    ReferenceTensor index(cast<RankedTensorType>(op.getType()));
    index.data[0] = mesh.getGroupIndex(rank, op.getAxes());
    output.push_back(std::make_shared<ReferenceTensor>(std::move(index)));
  }
  set(op.getOutput(), std::move(output));
  return success();
}

LogicalResult Interpreter::runCollective(dist::CollectiveOpInterface op) {
  if (!mesh)
    return op->emitOpError("needs a dist.mesh");
  SmallVector<Ranks> outputs(op->getNumResults(), Ranks(numRanks));
  SmallVector<bool> isDone(numRanks, false);
  for (int64_t first = 0; first < numRanks; ++first) {
    if (isDone[first])
      continue;
    SmallVector<int64_t> group = mesh.getGroup(first, op.getAxes());
    SmallVector<SmallVector<const ReferenceTensor *>> operands;
    SmallVector<SmallVector<ReferenceTensor>> results;
    for (int64_t rank : group) {
      isDone[rank] = true;
      operands.emplace_back();
      for (Value operand : op->getOperands())
        operands.back().push_back(get(operand)[rank].get());
      results.push_back(allocateResults(op));
    }
    if (failed(op.evaluateGroup(operands, results)))
      return op->emitOpError("cannot be evaluated");
    for (auto [rank, tensors] : llvm::zip_equal(group, results))
      for (auto [output, tensor] : llvm::zip_equal(outputs, tensors))
        output[rank] = std::make_shared<ReferenceTensor>(std::move(tensor));
  }
  for (auto [value, output] : llvm::zip_equal(op->getResults(), outputs))
    set(value, std::move(output));
  return success();
}

FailureOr<std::vector<std::vector<ReferenceTensor>>>
interpret(func::FuncOp func, ArrayRef<std::vector<ReferenceTensor>> argsPerRank,
          dist::MeshOp mesh) {
  int64_t numRanks = mesh ? mesh.getNumRanks() : 1;
  if (func.isExternal() || !func.getBody().hasOneBlock())
    return func.emitError("needs a body of one block to be interpreted");
  if (static_cast<int64_t>(argsPerRank.size()) != numRanks)
    return func.emitError("needs arguments of ")
           << numRanks << " ranks, but gets those of " << argsPerRank.size();
  for (const std::vector<ReferenceTensor> &args : argsPerRank)
    if (!llvm::equal(
            llvm::map_range(args,
                            [](const auto &arg) -> Type { return arg.type; }),
            func.getArgumentTypes()))
      return func.emitError("gets arguments of other types than its own");

  Interpreter interpreter(mesh, numRanks);
  Block &body = func.getBody().front();
  for (BlockArgument arg : body.getArguments()) {
    Ranks ranks;
    // The caller owns the arguments, for the time of this call.
    for (const std::vector<ReferenceTensor> &args : argsPerRank)
      ranks.emplace_back(Tensor(), &args[arg.getArgNumber()]);
    interpreter.set(arg, std::move(ranks));
  }
  if (failed(interpreter.run(body)))
    return failure();
  std::vector<std::vector<ReferenceTensor>> results(numRanks);
  for (Value value : body.getTerminator()->getOperands())
    for (auto [result, tensor] :
         llvm::zip_equal(results, interpreter.get(value)))
      result.push_back(*tensor);
  return results;
}

} // namespace dpc
