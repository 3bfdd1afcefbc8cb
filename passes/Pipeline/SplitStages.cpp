//===- SplitStages.cpp - One function per stage ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Every op that has a place (AssignStages.cpp) belongs to one task of its
// stage; all that is not of a single microbatch is the update, the last task. A
// stage runs its tasks in the order of the schedule (Schedule.h), the ops of a
// task in the order of the program. Free ops are cloned into every stage that
// needs them, where it needs them first.
//
// Messages. A value that another stage needs is one message. Both ends are
// started and waited for: the send starts where the value is made, the receive
// one task ahead of the first that needs the value.
//
// No deadlock. The tasks of all stages have an order in which each comes after
// all that it receives from (Messages.cpp). A receive waits for what an
// earlier task has sent. A send is waited for in front of a task that comes
// after the one that receives it, whose receive has started then. So
// every wait is for something earlier in this order, and the first task that is
// not done can always go on. Within the update, sends are waited for at the
// end.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Stamps.h"
#include "passes/Pipeline/Messages.h"
#include "passes/Pipeline/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_SPLITSTAGES
#include "passes/Pipeline/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

/// Builds the function of one stage.
class StageBuilder {
public:
  StageBuilder(const StageProgram &program, int64_t stage)
      : program(program), stage(stage), source(program.func),
        builder(source.getContext()) {}

  void run();

private:
  func::FuncOp createFunction();
  Value get(Value value);
  void emit(Operation *op);
  void setTask(Operation *op);
  void startSends(Value value);
  void startReceives();
  void waitForSends();

  const StageProgram &program;
  int64_t stage;
  func::FuncOp source;
  OpBuilder builder;
  /// The task that is built.
  int64_t index = 0;
  dist::Task task{};
  /// Both only looked up.
  DenseMap<Value, Value> made;
  DenseMap<const Message *, Value> handles;
};

func::FuncOp StageBuilder::createFunction() {
  SmallVector<Type> inputs, outputs;
  SmallVector<DictionaryAttr> inputAttrs, outputAttrs;
  SmallVector<BlockArgument> arguments;
  for (BlockArgument argument : source.getArguments()) {
    if (!program.usedArguments[stage].contains(argument))
      continue;
    arguments.push_back(argument);
    inputs.push_back(argument.getType());
    NamedAttrList attrs(source.getArgAttrDict(argument.getArgNumber()));
    attrs.erase(dist::kPieceAttr);
    inputAttrs.push_back(attrs.getDictionary(source.getContext()));
  }
  for (auto [i, type] : llvm::enumerate(source.getResultTypes()))
    if (program.resultStages[i] == stage) {
      outputs.push_back(type);
      outputAttrs.push_back(source.getResultAttrDict(i));
    }
  builder.setInsertionPoint(source);
  auto func =
      func::FuncOp::create(builder, source.getLoc(),
                           (source.getName() + "_stage" + Twine(stage)).str(),
                           builder.getFunctionType(inputs, outputs));
  func->setDiscardableAttrs(llvm::to_vector(source->getDiscardableAttrs()));
  func->setAttr(dist::kStageAttr, builder.getI64IntegerAttr(stage));
  func.setAllArgAttrs(inputAttrs);
  func.setAllResultAttrs(outputAttrs);
  Block *body = func.addEntryBlock();
  for (auto [old, argument] :
       llvm::zip_equal(arguments, body->getArguments())) {
    argument.setLoc(old.getLoc());
    made[old] = argument;
  }
  builder.setInsertionPointToEnd(body);
  return func;
}

void StageBuilder::setTask(Operation *op) {
  op->removeAttr(dist::kPieceAttr);
  dist::setTask(op, task);
}

/// Starts the message whose op `create` makes.
static dist::StartOp
createStart(OpBuilder &builder, Location loc,
            llvm::function_ref<Operation *(OpBuilder &)> create) {
  auto start = dist::StartOp::create(builder, loc);
  Block *body = &start.getBody().emplaceBlock();
  OpBuilder inner = OpBuilder::atBlockEnd(body);
  Operation *op = create(inner);
  dist::YieldOp::create(inner, loc, op->getResults());
  return start;
}

/// Messages have the phase of the value's making.
static nn::Phase getPhase(Value value) {
  Operation *op = value.getDefiningOp();
  return op ? nn::getPhase(op) : nn::Phase::Forward;
}

/// And its microbatch.
static void setStamps(Operation *message, Value value) {
  nn::setPhase(message, getPhase(value));
  if (Operation *op = value.getDefiningOp())
    dist::setMicrobatch(message, dist::getMicrobatch(op));
}

void StageBuilder::startSends(Value value) {
  for (const Message *message : program.getMessagesOf(value)) {
    if (message->from != stage)
      continue;
    auto start = createStart(
        builder, value.getLoc(), [&](OpBuilder &inner) -> Operation * {
          auto send =
              dist::SendOp::create(inner, value.getLoc(), made.lookup(value),
                                   message->to, message->channel);
          setStamps(send, value);
          return send;
        });
    nn::setPhase(start, getPhase(value));
    setTask(start);
    handles[message] = start.getHandle();
  }
}

void StageBuilder::waitForSends() {
  for (const Message &message : program.messages)
    if (message.from == stage && message.waitBefore == index) {
      auto wait = dist::WaitOp::create(builder, message.value.getLoc(),
                                       TypeRange(), handles.lookup(&message));
      nn::setPhase(wait, getPhase(message.value));
      setTask(wait);
    }
}

/// Those that the next task needs, and at the begin those of the first too.
void StageBuilder::startReceives() {
  for (const Message &message : program.messages)
    if (message.to == stage && (message.firstUse == index + 1 ||
                                (index == 0 && message.firstUse == 0))) {
      Location loc = message.value.getLoc();
      auto start =
          createStart(builder, loc, [&](OpBuilder &inner) -> Operation * {
            auto recv =
                dist::RecvOp::create(inner, loc, message.value.getType(),
                                     message.from, message.channel);
            setStamps(recv, message.value);
            return recv;
          });
      nn::setPhase(start, getPhase(message.value));
      setTask(start);
      handles[&message] = start.getHandle();
    }
}

/// The value in this stage: made here before, received, or made now if it is
/// free.
Value StageBuilder::get(Value value) {
  if (Value known = made.lookup(value))
    return known;
  if (const Message *message = program.getMessage(value, stage)) {
    auto wait = dist::WaitOp::create(builder, value.getLoc(), value.getType(),
                                     handles.lookup(message));
    nn::setPhase(wait, getPhase(value));
    setTask(wait);
    return made[value] = wait.getResult(0);
  }
  emit(value.getDefiningOp());
  return made.lookup(value);
}

void StageBuilder::emit(Operation *op) {
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, get(operand));
  Operation *clone = builder.clone(*op, mapping);
  setTask(clone);
  for (auto [result, copy] :
       llvm::zip_equal(op->getResults(), clone->getResults()))
    made[result] = copy;
  for (Value result : op->getResults())
    startSends(result);
}

void StageBuilder::run() {
  createFunction();
  int64_t count = program.order[stage].size();
  for (index = 0; index <= count; ++index) {
    task = index < count ? program.order[stage][index]
                         : dist::Task{dist::Task::Update, 0, 0};
    if (index == 0)
      for (BlockArgument argument : source.getArguments())
        startSends(argument);
    waitForSends();
    startReceives();
    for (Operation *op : program.ops[stage][index])
      emit(op);
  }
  SmallVector<Value> results;
  for (auto [value, where] : llvm::zip_equal(
           source.front().getTerminator()->getOperands(), program.resultStages))
    if (where == stage)
      results.push_back(get(value));
  waitForSends();
  func::ReturnOp::create(builder, source.front().getTerminator()->getLoc(),
                         results);
}

struct SplitStages : dpc::impl::SplitStagesBase<SplitStages> {
  using SplitStagesBase::SplitStagesBase;
  void runOnOperation() override {
    dist::MeshOp mesh = dist::getMesh(getOperation());
    if (!mesh || mesh.getAxisSize(dist::kPipeAxis) <= 1)
      return;
    std::optional<ScheduleKind> kind = parseScheduleKind(schedule);
    if (!kind) {
      getOperation().emitError("unknown schedule '") << schedule << "'";
      return signalPassFailure();
    }
    getOperation()->setAttr(kScheduleAttr,
                            StringAttr::get(&getContext(), schedule));
    PipelineShape shape{*kind, mesh.getAxisSize(dist::kPipeAxis), chunks, 1};
    for (auto func :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      if (!func->hasAttr(nn::kProgramAttr))
        continue;
      FailureOr<StageProgram> program = StageProgram::build(func, shape);
      if (failed(program))
        return signalPassFailure();
      for (int64_t stage = 0; stage < shape.stages; ++stage)
        StageBuilder(*program, stage).run();
      func.erase();
    }
  }
};

} // namespace
