//===- Interpreter.cpp - Reference semantics of programs ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Reference/Interpreter.h"

#include "llvm/ADT/TypeSwitch.h"
#include <map>
#include <memory>

using namespace mlir;

namespace dpc {

using nn::ReferenceTensor;

namespace {

using Tensor = std::shared_ptr<const ReferenceTensor>;
/// One tensor per rank that runs the function.
using Ranks = SmallVector<Tensor>;
/// What has been sent and not yet received, by channel.
using Mailbox = std::map<int64_t, Ranks>;

class Interpreter {
public:
  Interpreter(dist::MeshOp mesh, ArrayRef<int64_t> ranks, Mailbox &mailbox,
              Rounding rounding)
      : mesh(mesh), ranks(ranks), numRanks(ranks.size()), mailbox(mailbox),
        rounding(rounding) {}

  void set(Value value, Ranks ranks) { values[value] = std::move(ranks); }
  void keep(Value value, Ranks ranks);
  const Ranks &get(Value value) { return values.find(value)->second; }

  /// Sets the arguments of `block`, which must live until the end: tensor i of
  /// `args[r]` is argument i on rank r.
  void begin(Block &block, ArrayRef<std::vector<ReferenceTensor>> args);
  /// Goes on up to the terminator of the block, or to a dist.recv of what is
  /// not sent yet. `moved` tells whether an op was run.
  LogicalResult resume(bool &moved);
  bool isDone() const { return next->hasTrait<OpTrait::IsTerminator>(); }
  Operation *getNext() const { return next; }

private:
  LogicalResult run(Block &block);
  LogicalResult runOp(Operation *op);
  LogicalResult runReference(nn::ReferenceOpInterface op);
  LogicalResult runKernel(nn::KernelOp op);
  LogicalResult runAxisIndex(dist::AxisIndexOp op);
  LogicalResult runCollective(dist::CollectiveOpInterface op);
  LogicalResult runStart(dist::StartOp op);
  LogicalResult runWait(dist::WaitOp op);
  LogicalResult runSend(dist::SendOp op);
  LogicalResult runRecv(dist::RecvOp op);

  dist::MeshOp mesh;
  /// Numbers on the mesh.
  SmallVector<int64_t> ranks;
  int64_t numRanks;
  Mailbox &mailbox;
  Rounding rounding;
  Operation *next = nullptr;
  DenseMap<Value, Ranks> values;
  DenseMap<Operation *, SmallVector<Value>> dead;
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

/// Sets a value that an op makes in memory, unless the op is in a kernel.
void Interpreter::keep(Value value, Ranks ranks) {
  auto type = dyn_cast<FloatType>(getElementTypeOrSelf(value.getType()));
  if (rounding == Rounding::Kept && type && type.getWidth() < 32 &&
      !isa<nn::KernelOp>(value.getParentBlock()->getParentOp()))
    for (Tensor &tensor : ranks) {
      auto rounded = std::make_shared<ReferenceTensor>(*tensor);
      for (nn::ReferenceElement &element : rounded->data)
        element.real = nn::roundToType(element.real, type);
      tensor = std::move(rounded);
    }
  set(value, std::move(ranks));
}

void Interpreter::begin(Block &block,
                        ArrayRef<std::vector<ReferenceTensor>> args) {
  for (BlockArgument arg : block.getArguments()) {
    Ranks tensors;
    for (const std::vector<ReferenceTensor> &rankArgs : args)
      tensors.emplace_back(Tensor(), &rankArgs[arg.getArgNumber()]);
    set(arg, std::move(tensors));
  }
  dead = findLastUses(block);
  next = &block.front();
}

/// The message that `op` waits for, if it waits for one.
static dist::RecvOp getAwaited(Operation *op) {
  if (auto wait = dyn_cast<dist::WaitOp>(op))
    op = wait.getHandle().getDefiningOp<dist::StartOp>().getStarted();
  return dyn_cast<dist::RecvOp>(op);
}

LogicalResult Interpreter::resume(bool &moved) {
  for (; !isDone(); next = next->getNextNode()) {
    if (dist::RecvOp recv = getAwaited(next);
        recv && !mailbox.count(recv.getChannel()))
      return success();
    if (failed(runOp(next)))
      return failure();
    for (Value value : dead.lookup(next))
      values.erase(value);
    moved = true;
  }
  return success();
}

/// A kernel's body.
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
      .Case([&](dist::StartOp start) { return runStart(start); })
      .Case([&](dist::WaitOp wait) { return runWait(wait); })
      .Case([&](dist::SendOp send) { return runSend(send); })
      .Case([&](dist::RecvOp recv) { return runRecv(recv); })
      .Default([](Operation *op) {
        return op->emitOpError("has no reference semantics");
      });
}

/// A collective is done at once: its own results stay set until dist.wait takes
/// them. So is a send; a receive is done by dist.wait.
LogicalResult Interpreter::runStart(dist::StartOp op) {
  if (auto send = dyn_cast<dist::SendOp>(op.getStarted()))
    return runSend(send);
  if (isa<dist::RecvOp>(op.getStarted()))
    return success();
  return runCollective(op.getCollective());
}

LogicalResult Interpreter::runWait(dist::WaitOp op) {
  Operation *started =
      op.getHandle().getDefiningOp<dist::StartOp>().getStarted();
  if (auto recv = dyn_cast<dist::RecvOp>(started);
      recv && failed(runRecv(recv)))
    return failure();
  for (auto [output, result] :
       llvm::zip_equal(op.getOutputs(), started->getResults())) {
    set(output, get(result));
    values.erase(result);
  }
  return success();
}

/// The ranks of a stage are in the order of their other coordinates, by which
/// the ends of a message belong together.
LogicalResult Interpreter::runSend(dist::SendOp op) {
  if (!mailbox.insert({op.getChannel(), get(op.getInput())}).second)
    return op.emitOpError("sends on a channel that is in use");
  return success();
}

LogicalResult Interpreter::runRecv(dist::RecvOp op) {
  auto message = mailbox.find(op.getChannel());
  if (message == mailbox.end())
    return op.emitOpError("receives what is never sent");
  if (message->second[0]->type != op.getType() ||
      static_cast<int64_t>(message->second.size()) != numRanks)
    return op.emitOpError("receives ")
           << message->second[0]->type << " where it expects " << op.getType();
  set(op.getOutput(), std::move(message->second));
  mailbox.erase(message);
  return success();
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
    keep(value, std::move(output));
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
    keep(output, std::move(ranks));
  }
  for (Value yielded : body.getTerminator()->getOperands())
    values.erase(yielded);
  return success();
}

LogicalResult Interpreter::runAxisIndex(dist::AxisIndexOp op) {
  if (!mesh)
    return op.emitOpError("needs a dist.mesh");
  Ranks output;
  for (int64_t rank : ranks) {
    ReferenceTensor index(cast<RankedTensorType>(op.getType()));
    index.data[0].integer = mesh.getGroupIndex(rank, op.getAxes());
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
    // Positions among the ranks of this function.
    SmallVector<int64_t> group;
    for (int64_t rank : mesh.getGroup(ranks[first], op.getAxes())) {
      auto found = llvm::find(ranks, rank);
      if (found == ranks.end())
        return op->emitOpError("spans ranks that run another function");
      group.push_back(found - ranks.begin());
    }
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
    keep(value, std::move(output));
  return success();
}

static LogicalResult
checkArguments(func::FuncOp func,
               ArrayRef<std::vector<ReferenceTensor>> argsPerRank,
               int64_t numRanks) {
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
  return success();
}

FailureOr<std::vector<RankTensors>> interpretStages(ArrayRef<StageCall> calls,
                                                    dist::MeshOp mesh,
                                                    Rounding rounding) {
  Mailbox mailbox;
  std::vector<Interpreter> interpreters;
  for (const StageCall &call : calls) {
    func::FuncOp func = call.func;
    if (failed(checkArguments(func, call.args, call.ranks.size())))
      return failure();
    interpreters.emplace_back(mesh, call.ranks, mailbox, rounding);
    interpreters.back().begin(func.getBody().front(), call.args);
  }
  for (bool moved = true; moved;) {
    moved = false;
    for (Interpreter &interpreter : interpreters)
      if (failed(interpreter.resume(moved)))
        return failure();
  }
  std::vector<RankTensors> results;
  for (auto [call, interpreter] : llvm::zip_equal(calls, interpreters)) {
    if (!interpreter.isDone())
      return interpreter.getNext()->emitError(
          "waits forever: nobody sends what it receives");
    results.emplace_back(call.ranks.size());
    for (Value value : interpreter.getNext()->getOperands())
      for (auto [result, tensor] :
           llvm::zip_equal(results.back(), interpreter.get(value)))
        result.push_back(*tensor);
  }
  return results;
}

FailureOr<RankTensors>
interpret(func::FuncOp func, ArrayRef<std::vector<ReferenceTensor>> argsPerRank,
          dist::MeshOp mesh, Rounding rounding) {
  int64_t numRanks = mesh ? mesh.getNumRanks() : 1;
  StageCall call{func, llvm::to_vector(llvm::seq<int64_t>(0, numRanks)),
                 argsPerRank};
  FailureOr<std::vector<RankTensors>> results =
      interpretStages(call, mesh, rounding);
  if (failed(results))
    return failure();
  return std::move(results->front());
}

} // namespace dpc
