//===- Messages.cpp - What stages do and send to each other ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Pipeline/Messages.h"

#include "dialects/Dist/DistDialect.h"
#include "dialects/Dist/Stamps.h"
#include "dialects/NN/Signature.h"

#include <map>

using namespace mlir;

namespace dpc {

/// Fills in a StageProgram.
class ProgramSplitter {
public:
  ProgramSplitter(func::FuncOp func, PipelineShape shape)
      : block(func.front()), shape(shape) {
    program.func = func;
  }

  FailureOr<StageProgram> run() {
    findTasks();
    if (failed(findMessages()))
      return failure();
    placeResults();
    numberChannels();
    keepUnusedInputs();
    if (failed(order()))
      return failure();
    return std::move(program);
  }

private:
  struct Where {
    int64_t stage, task;
  };

  static std::optional<int64_t> getInteger(Operation *op, StringRef name) {
    auto attr = op->getAttrOfType<IntegerAttr>(name);
    return attr ? std::optional(attr.getInt()) : std::nullopt;
  }

  void findTasks();
  void findInputGradients();
  dist::Task getTask(Operation *op);
  std::optional<int64_t> getOwner(BlockArgument argument);
  const SmallVector<Value> &getLeaves(Value value);
  LogicalResult use(Value value, Where where, Operation *user);
  LogicalResult findMessages();
  void numberChannels();
  void placeResults();
  void keepUnusedInputs();
  LogicalResult order();
  int64_t getUpdate(int64_t stage) const { return program.order[stage].size(); }

  Block &block;
  PipelineShape shape;
  StageProgram program;
  /// All only looked up.
  DenseMap<Operation *, Where> places;
  DenseSet<Operation *> inputGradients;
  DenseMap<Value, SmallVector<Value>> leaves;
  bool isTraining = false;
};

/// The backward ops on which messages to the piece before depend.
void ProgramSplitter::findInputGradients() {
  for (Operation &op : llvm::reverse(block)) {
    if (nn::getPhase(&op) != nn::Phase::Backward)
      continue;
    std::optional<int64_t> piece = getInteger(&op, dist::kPieceAttr);
    if (llvm::any_of(op.getUsers(), [&](Operation *user) {
          return nn::getPhase(user) == nn::Phase::Backward &&
                 dist::getMicrobatch(user) == dist::getMicrobatch(&op) &&
                 (getInteger(user, dist::kPieceAttr) != piece ||
                  inputGradients.contains(user));
        }))
      inputGradients.insert(&op);
  }
}

dist::Task ProgramSplitter::getTask(Operation *op) {
  nn::Phase phase = nn::getPhase(op);
  std::optional<int64_t> microbatch = dist::getMicrobatch(op);
  if (phase == nn::Phase::Update || (shape.microbatches > 1 && !microbatch))
    return {dist::Task::Update, 0, 0};
  dist::Task task{dist::Task::Forward,
                  *getInteger(op, dist::kPieceAttr) / shape.stages,
                  microbatch.value_or(0)};
  if (phase == nn::Phase::Backward)
    task.kind =
        shape.kind == ScheduleKind::ZeroBubble && !inputGradients.contains(op)
            ? dist::Task::Weight
            : dist::Task::Backward;
  return task;
}

void ProgramSplitter::findTasks() {
  for (Operation &op : block) {
    if (!op.hasAttr(dist::kPieceAttr))
      continue;
    isTraining |= nn::getPhase(&op) != nn::Phase::Forward;
    if (std::optional<int64_t> k = dist::getMicrobatch(&op))
      shape.microbatches = std::max(shape.microbatches, *k + 1);
  }
  program.order =
      isTraining ? makeTrainingOrder(shape) : makeForwardOrder(shape);
  for (const auto &tasks : program.order)
    program.ops.emplace_back(tasks.size() + 1);
  program.usedArguments.resize(shape.stages);
  findInputGradients();
  for (Operation &op : block) {
    std::optional<int64_t> piece = getInteger(&op, dist::kPieceAttr);
    if (!piece)
      continue;
    int64_t stage = *piece % shape.stages;
    auto &tasks = program.order[stage];
    int64_t task = llvm::find(tasks, getTask(&op)) - tasks.begin();
    places[&op] = {stage, task};
    program.ops[stage][task].push_back(&op);
  }
}

/// The stage of a parameter that is trained; others are wherever they are used.
std::optional<int64_t> ProgramSplitter::getOwner(BlockArgument argument) {
  auto piece = program.func.getArgAttrOfType<IntegerAttr>(
      argument.getArgNumber(), dist::kPieceAttr);
  return piece ? std::optional(piece.getInt() % shape.stages) : std::nullopt;
}

/// What `value` is made of by free ops.
const SmallVector<Value> &ProgramSplitter::getLeaves(Value value) {
  if (auto found = leaves.find(value); found != leaves.end())
    return found->second;
  SmallVector<Value> result;
  Operation *op = value.getDefiningOp();
  if (!op || places.contains(op))
    result.push_back(value);
  else
    for (Value operand : op->getOperands())
      for (Value leaf : getLeaves(operand))
        if (!llvm::is_contained(result, leaf))
          result.push_back(leaf);
  return leaves[value] = std::move(result);
}

LogicalResult ProgramSplitter::use(Value value, Where where, Operation *user) {
  for (Value leaf : getLeaves(value)) {
    std::optional<int64_t> source;
    if (Operation *op = leaf.getDefiningOp()) {
      Where made = places.lookup(op);
      source = made.stage;
      bool isLate = made.stage == where.stage
                        ? made.task > where.task
                        : made.task == getUpdate(made.stage) &&
                              where.task != getUpdate(where.stage);
      if (isLate)
        return user->emitError(
            "needs the whole batch at once, which a pipeline cannot give; use "
            "--microbatches 1");
    } else {
      source = getOwner(cast<BlockArgument>(leaf));
      if (source.value_or(where.stage) == where.stage)
        program.usedArguments[where.stage].insert(leaf);
    }
    if (source.value_or(where.stage) == where.stage)
      continue;
    const Message *&message = program.received[{leaf, where.stage}];
    if (message) {
      auto &known = program.messages[message->channel];
      known.firstUse = std::min(known.firstUse, where.task);
      continue;
    }
    if (!leaf.getDefiningOp())
      program.usedArguments[*source].insert(leaf);
    program.messages.push_back({leaf, *source, where.stage,
                                static_cast<int64_t>(program.messages.size()),
                                where.task});
    message = &program.messages.back();
    program.sent[leaf].push_back(message);
  }
  return success();
}

LogicalResult ProgramSplitter::findMessages() {
  for (Operation &op : block) {
    auto place = places.find(&op);
    if (place == places.end())
      continue;
    for (Value operand : op.getOperands())
      if (failed(use(operand, place->second, &op)))
        return failure();
  }
  return success();
}

/// If some microbatches are not written out, messages that are alike but for the
/// microbatch have channels that follow one another, those not written out
/// included: the i-th message of microbatch k between two stages has the k-th
/// channel of the i-th block.
void ProgramSplitter::numberChannels() {
  auto leftOut = program.func->getAttrOfType<IntegerAttr>(dist::kLeftOutAttr);
  if (!leftOut)
    return;
  int64_t microbatches = shape.microbatches + leftOut.getInt(), next = 0;
  std::map<std::tuple<int64_t, int64_t, int64_t>, std::vector<int64_t>> blocks;
  std::map<std::tuple<int64_t, int64_t, int64_t>, size_t> counts;
  for (Message &message : program.messages) {
    Operation *op = message.value.getDefiningOp();
    std::optional<int64_t> k = op ? dist::getMicrobatch(op) : std::nullopt;
    if (!k) {
      message.channel = next++;
      continue;
    }
    auto phase = static_cast<int64_t>(nn::getPhase(op));
    std::vector<int64_t> &begins = blocks[{message.from, message.to, phase}];
    size_t &i = counts[{message.from * shape.stages + message.to, phase, *k}];
    if (i == begins.size()) {
      begins.push_back(next);
      next += microbatches;
    }
    message.channel = begins[i++] + *k;
  }
}

/// New values of parameters and states, and gradients, stay where they are
/// made; the rest is for rank 0.
void ProgramSplitter::placeResults() {
  nn::Signature signature(program.func);
  Operation *terminator = block.getTerminator();
  for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
    int64_t stage = 0;
    if (signature.getResult(i).isLikeParameter())
      for (Value leaf : getLeaves(value)) {
        if (Operation *op = leaf.getDefiningOp())
          stage = places.lookup(op).stage;
        else if (std::optional<int64_t> owner =
                     getOwner(cast<BlockArgument>(leaf)))
          stage = *owner;
      }
    program.resultStages.push_back(stage);
    // Never late: nothing comes after the update.
    (void)use(value, {stage, getUpdate(stage)}, terminator);
  }
}

/// What the user has to give must not depend on how the work is split.
void ProgramSplitter::keepUnusedInputs() {
  for (BlockArgument argument : program.func.getArguments()) {
    bool isUsed = llvm::any_of(program.usedArguments, [&](const auto &used) {
      return used.contains(argument);
    });
    if (!isUsed && nn::getArgRole(program.func, argument.getArgNumber()) ==
                       nn::Role::Input)
      program.usedArguments[0].insert(argument);
  }
}

/// Finds the order of all tasks (SplitStages.cpp), by running them with plain
/// durations, and from it where to wait for sends.
LogicalResult ProgramSplitter::order() {
  std::vector<std::vector<int64_t>> numbers(shape.stages);
  std::vector<std::vector<double>> ends(shape.stages);
  std::vector<std::vector<SmallVector<const Message *>>> needed(shape.stages);
  for (int64_t stage = 0; stage < shape.stages; ++stage)
    needed[stage].resize(getUpdate(stage) + 1);
  for (const Message &message : program.messages)
    needed[message.to][message.firstUse].push_back(&message);
  auto getProducer = [&](const Message &message) {
    Operation *op = message.value.getDefiningOp();
    return op ? places.lookup(op).task : -1;
  };

  for (int64_t number = 0;; ++number) {
    // The task that can start first.
    int64_t next = -1, isBlocked = 0;
    double first = 0;
    for (int64_t stage = 0; stage < shape.stages; ++stage) {
      int64_t task = ends[stage].size();
      if (task == getUpdate(stage))
        continue;
      ++isBlocked;
      double start = ends[stage].empty() ? 0 : ends[stage].back();
      bool isReady = llvm::all_of(needed[stage][task], [&](const Message *m) {
        int64_t producer = getProducer(*m);
        if (producer < 0)
          return true;
        if (producer >= static_cast<int64_t>(ends[m->from].size()))
          return false;
        start = std::max(start, ends[m->from][producer]);
        return true;
      });
      if (isReady && (next < 0 || start < first)) {
        next = stage;
        first = start;
      }
    }
    if (next < 0 && !isBlocked)
      break;
    if (next < 0)
      return program.func.emitError(
          "the schedule waits for itself; this is a bug in dpc, please report "
          "the model");
    dist::Task task = program.order[next][ends[next].size()];
    bool isLong = task.kind == dist::Task::Backward &&
                  shape.kind != ScheduleKind::ZeroBubble;
    ends[next].push_back(first + (isLong ? 2 : 1));
    numbers[next].push_back(number);
  }

  for (Message &message : program.messages) {
    int64_t update = getUpdate(message.from);
    if (message.firstUse == getUpdate(message.to)) {
      message.waitBefore = update + 1;
      continue;
    }
    int64_t received = numbers[message.to][message.firstUse];
    // A task in between hides the way, and that the receiver is busy with a
    // task of its own when the message comes.
    message.waitBefore = std::min(getProducer(message) + 2, update);
    while (message.waitBefore < update &&
           numbers[message.from][message.waitBefore] < received)
      ++message.waitBefore;
  }
  return success();
}

FailureOr<StageProgram> StageProgram::build(func::FuncOp func,
                                            PipelineShape shape) {
  return ProgramSplitter(func, shape).run();
}

llvm::MapVector<Attribute, SmallVector<func::FuncOp>>
getStages(ModuleOp module) {
  llvm::MapVector<Attribute, SmallVector<func::FuncOp>> programs;
  for (auto func : module.getOps<func::FuncOp>())
    if (func->hasAttrOfType<IntegerAttr>(dist::kStageAttr) &&
        !func.isExternal())
      programs[func->getAttr(nn::kProgramAttr)].push_back(func);
  return programs;
}

} // namespace dpc
