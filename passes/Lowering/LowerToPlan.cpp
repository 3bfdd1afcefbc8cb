//===- LowerToPlan.cpp - Order, assign arena offsets, make programs -------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The arena: parameters, optimizer states, inputs and labels, scalars, each in
// the order in which the programs' arguments name them and shared by all
// programs; then one region of temporaries, in which every program places its
// own. Every stage of a pipeline has an arena of its own.
//
// Kernels that do the same are one: of a pipeline, every microbatch and often
// every stage would otherwise bring its own.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Stamps.h"
#include "dialects/NN/InitialValue.h"
#include "dialects/NN/Signature.h"
#include "dialects/Plan/Target.h"
#include "passes/Lowering/ArenaParts.h"
#include "passes/Lowering/InstructionOrder.h"
#include "passes/Lowering/KernelAnalysis.h"
#include "passes/Lowering/MicrobatchLoop.h"
#include "passes/Lowering/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OperationSupport.h"
#include <map>

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace dpc {
#define GEN_PASS_DEF_LOWERTOPLAN
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {

StringRef getProgramName(func::FuncOp function) {
  return function->getAttrOfType<StringAttr>(kProgramAttr).getValue();
}

/// What is read from a state (kReadFromAttr) is that from here on.
void readFromStates(func::FuncOp program) {
  SignatureChanges changes(program);
  Signature signature(program);
  for (BlockArgument argument : program.getArguments()) {
    unsigned i = argument.getArgNumber();
    auto state = program.getArgAttrOfType<StringAttr>(i, kReadFromAttr);
    if (!state)
      continue;
    changes.setArgAttr(i, kStartsAsAttr, signature.getArg(i).getNameAttr());
    changes.setArgRole(i, Role::State);
    changes.setArgName(i, state);
  }
}

/// Slots of the arguments of one stage's programs, by role and name.
class PersistentSlots {
public:
  LogicalResult add(ArrayRef<func::FuncOp> programs) {
    const SmallVector<Role> groups[] = {{Role::Parameter},
                                        {Role::State},
                                        {Role::Input, Role::Label},
                                        {Role::Scalar}};
    for (const SmallVector<Role> &roles : groups)
      for (func::FuncOp program : programs)
        for (BlockArgument argument : program.getArguments())
          if (failed(add(program, argument, roles)))
            return failure();
    return success();
  }

  int64_t getOffset(func::FuncOp program, unsigned argument) const {
    SignatureEntry entry(program.getArgAttrDict(argument));
    return slots.at({*entry.getRole(), entry.getName().str()}).offset;
  }

  int64_t getEnd() const { return end; }

  /// What the arguments of one role take.
  int64_t getBytes(Role role) const {
    int64_t bytes = 0;
    for (auto &[key, slot] : slots)
      if (key.first == role)
        bytes += plan::getBytes(slot.type);
    return bytes;
  }

private:
  LogicalResult add(func::FuncOp program, BlockArgument argument,
                    ArrayRef<Role> roles) {
    SignatureEntry entry(program.getArgAttrDict(argument.getArgNumber()));
    std::optional<Role> role = entry.getRole();
    if (!role || entry.getName().empty())
      return program.emitError("argument ")
             << argument.getArgNumber() << " has no nn.role or no nn.name";
    if (*role > Role::Scalar)
      return program.emitError("argument '")
             << entry.getName() << "' has the role of a result";
    if (!llvm::is_contained(roles, *role))
      return success();
    auto type = cast<RankedTensorType>(argument.getType());
    auto [slot, isNew] =
        slots.insert({{*role, entry.getName().str()}, {type, end}});
    if (!isNew && slot->second.type != type)
      return program.emitError("argument '")
             << entry.getName() << "' is " << type << " here and "
             << slot->second.type << " in another program";
    if (isNew)
      end = alignBuffer(end + plan::getBytes(type));
    return success();
  }

  struct Slot {
    RankedTensorType type;
    int64_t offset;
  };
  std::map<std::pair<Role, std::string>, Slot> slots;
  int64_t end = 0;
};

/// The kernels made so far.
class KernelTable {
public:
  /// A kernel that does what the new one `kernel` does, which may be it.
  plan::KernelOp unique(plan::KernelOp kernel, StringRef programName) {
    SmallVector<plan::KernelOp> &same = kernels[getHash(kernel)];
    for (plan::KernelOp other : same)
      if (other.getInputs() == kernel.getInputs() &&
          other.getOutputs() == kernel.getOutputs() &&
          OperationEquivalence::isRegionEquivalentTo(
              &other.getBody(), &kernel.getBody(),
              OperationEquivalence::IgnoreLocations)) {
        kernel.erase();
        return other;
      }
    kernel.setSymName(
        (programName + "_k" + Twine(numKernels[programName]++)).str());
    same.push_back(kernel);
    return kernel;
  }

private:
  static size_t getHash(plan::KernelOp kernel) {
    llvm::hash_code hash = llvm::hash_combine(
        llvm::hash_combine_range(kernel.getInputs()),
        llvm::hash_combine_range(kernel.getOutputs()),
        llvm::hash_combine_range(kernel.getBody().getArgumentTypes()));
    for (Operation &op : kernel.getBody().front())
      hash = llvm::hash_combine(hash,
                                OperationEquivalence::computeHash(
                                    &op, OperationEquivalence::ignoreHashValue,
                                    OperationEquivalence::ignoreHashValue,
                                    OperationEquivalence::IgnoreLocations));
    return hash;
  }

  std::map<size_t, SmallVector<plan::KernelOp>> kernels;
  llvm::StringMap<unsigned> numKernels;
};

/// Emits one program and its kernels in front of `function`.
class ProgramEmitter {
public:
  ProgramEmitter(func::FuncOp function, const InstructionOrder &order,
                 const MicrobatchLoop &loop, const PersistentSlots &slots,
                 KernelTable &kernels)
      : function(function), order(order), loop(loop), slots(slots),
        kernels(kernels), name(getProgramName(function)),
        kernelBuilder(function), slotBuilder(function), builder(function) {}

  plan::ProgramOp emit() {
    auto stage = function->getAttrOfType<IntegerAttr>(dist::kStageAttr);
    auto program = plan::ProgramOp::create(
        builder, function.getLoc(),
        stage ? plan::getStageProgramName(name, stage.getInt()) : name.str());
    if (stage)
      program->setAttr(plan::kStageAttr, stage);
    kernelBuilder.setInsertionPoint(program);
    Block *body = &program.getBody().emplaceBlock();
    // Slots come first, instructions behind this line.
    builder.setInsertionPointToEnd(body);
    emitArguments(body);
    slotBuilder = OpBuilder::atBlockEnd(body);
    for (now = 0; now < order.steps.size(); ++now) {
      if (now == loop.getBegin()) {
        auto repeat = plan::RepeatOp::create(builder, order.steps[now].loc,
                                             loop.getTimes());
        builder.setInsertionPointToEnd(&repeat.getBody().emplaceBlock());
      }
      if (now == loop.getBodyEnd()) {
        builder.setInsertionPointToEnd(body);
        now = loop.getEnd();
        if (now == order.steps.size())
          break;
      }
      emitStep(order.steps[now]);
    }
    builder.setInsertionPointToEnd(body);
    emitResults();
    moveSlotsUp(*body);
    return program;
  }

private:
  MicrobatchLoop::Address getAddress(const Place &place) {
    return loop.getAddress(now, place,
                           place.kind == Place::Argument
                               ? slots.getOffset(function, place.index)
                               : 0);
  }

  /// The slot that holds a tensor of type `type` at `place`.
  Value getSlot(const Place &place, RankedTensorType type) {
    if (place.kind == Place::Argument && place.offset == 0 &&
        function.getArgument(place.index).getType() == type)
      return arguments[place.index];
    MemRefType buffer = plan::getBufferType(type);
    auto [offset, turn] = getAddress(place);
    Value &slot = unnamed[{offset, {turn, buffer}}];
    if (!slot)
      slot = plan::SlotOp::create(slotBuilder, function.getLoc(), buffer,
                                  builder.getI64IntegerAttr(offset), turn);
    return slot;
  }

  Value getSlot(Value value) {
    return getSlot(order.getPlace(value),
                   cast<RankedTensorType>(value.getType()));
  }

  Value createNamedSlot(int64_t offset, Type type, DictionaryAttr attrs,
                        StringRef mark) {
    auto slot = plan::SlotOp::create(
        slotBuilder, function.getLoc(),
        plan::getBufferType(cast<RankedTensorType>(type)),
        builder.getI64IntegerAttr(offset), plan::TurnAttr());
    for (NamedAttribute attr : attrs)
      slot->setAttr(attr.getName(), attr.getValue());
    if (!mark.empty())
      slot->setAttr(mark, builder.getUnitAttr());
    return slot;
  }

  void emitArguments(Block *body) {
    slotBuilder = OpBuilder::atBlockEnd(body);
    for (BlockArgument argument : function.getArguments()) {
      unsigned i = argument.getArgNumber();
      arguments.push_back(createNamedSlot(
          slots.getOffset(function, i), argument.getType(),
          function.getArgAttrDict(i),
          order.updated.contains(i) ? StringRef(plan::kUpdatedAttr) : ""));
    }
  }

  void emitResults() {
    Operation *terminator = function.getBody().front().getTerminator();
    for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
      DictionaryAttr attrs = function.getResultAttrDict(i);
      if (SignatureEntry(attrs).isPersistent())
        continue;
      createNamedSlot(getAddress(*order.results[i]).offset, value.getType(),
                      attrs, plan::kResultAttr);
    }
  }

  /// All slots in front of all instructions, in the order of creation.
  void moveSlotsUp(Block &body) {
    Operation *firstInstruction = nullptr;
    for (Operation &op : llvm::make_early_inc_range(body)) {
      if (!isa<plan::SlotOp>(op)) {
        if (!firstInstruction)
          firstInstruction = &op;
      } else if (firstInstruction) {
        op.moveBefore(firstInstruction);
      }
    }
  }

  /// Whether the step makes or moves no element.
  static bool isEmpty(const Step &step) {
    auto hasNone = [](Type type) {
      return cast<ShapedType>(type).getNumElements() == 0;
    };
    switch (step.kind) {
    case Step::Kernel:
    case Step::Library:
      return llvm::all_of(step.op->getResultTypes(), hasNone);
    case Step::Copy:
    case Step::Interleave:
      return hasNone(step.type);
    default:
      return false;
    }
  }

  void emitStep(const Step &step) {
    if (isEmpty(step))
      return;
    Operation *op = nullptr;
    switch (step.kind) {
    case Step::Kernel:
      op = emitLaunch(step, cast<KernelOp>(step.op));
      break;
    case Step::Library:
      op = emitLibraryCall(step);
      break;
    case Step::CheckRange: {
      auto check = cast<CheckRangeOp>(step.op);
      Value start = check.getStart();
      op = plan::CheckRangeOp::create(
          builder, step.loc, getSlot(check.getInput()),
          start ? getSlot(start) : Value(), check.getLowerAttr(),
          check.getUpperAttr(), check.getExceptAttr(), check.getRowsAttr(),
          check.getGlobalShapeAttr());
      break;
    }
    case Step::RankIndex:
      op = plan::RankIndexOp::create(builder, step.loc,
                                     cast<dist::AxisIndexOp>(step.op).getAxes(),
                                     getSlot(step.op->getResult(0)));
      break;
    case Step::Start:
      op = emitStart(step);
      break;
    case Step::Wait:
      op = emitWait(step);
      break;
    case Step::Copy:
      op =
          plan::CopyOp::create(builder, step.loc, getSlot(step.from, step.type),
                               getSlot(step.to, step.type));
      break;
    case Step::Interleave:
      op = emitInterleave(step);
      break;
    }
    setPhase(op, step.phase);
    if (step.task)
      op->setAttr(dist::kTaskAttr, step.task);
    if (std::optional<dist::Task> task = dist::getTask(op);
        task && task->kind != dist::Task::Update) {
      task->microbatch += loop.getShift(now);
      dist::setTask(op, *task);
    }
  }

  Operation *emitWait(const Step &step) {
    auto [number, turn] = loop.getNumber(now);
    return plan::WaitOp::create(builder, step.loc,
                                builder.getI64IntegerAttr(number), turn);
  }

  Operation *emitLibraryCall(const Step &step) {
    SmallVector<Value> inputs, outputs;
    for (Value operand : step.op->getOperands())
      inputs.push_back(getSlot(operand));
    for (Value result : step.op->getResults())
      outputs.push_back(getSlot(result));
    Value workspace;
    if (step.workspace)
      workspace =
          getSlot(*step.workspace,
                  RankedTensorType::get({loop.getBytes(step.workspace->index)},
                                        builder.getI8Type()));
    auto cost = dyn_cast<CostOpInterface>(step.op);
    return plan::LibraryOp::create(builder, step.loc, getLibraryForm(step.op),
                                   inputs, outputs, workspace,
                                   cost ? cost.getFlops() : 0);
  }

  Operation *emitStart(const Step &step) {
    auto transfer = cast<dist::TransferOpInterface>(step.op);
    const InstructionOrder::Bucket &bucket = order.buckets[step.collective];
    Value source, target;
    if (bucket.type)
      target = getSlot(bucket.place, bucket.type);
    if (!transfer.isInPlace() && step.op->getNumOperands())
      source = getSlot(step.op->getOperand(0));
    ReduceKindAttr reduction;
    if (std::optional<ReduceKind> kind = transfer.getReduction())
      reduction = ReduceKindAttr::get(builder.getContext(), *kind);
    IntegerAttr peer, channel;
    if (std::optional<dist::Message> message = transfer.getMessage()) {
      peer = builder.getI64IntegerAttr(message->peer);
      channel = builder.getI64IntegerAttr(
          message->channel + (step.microbatch ? loop.getShift(now) : 0));
    }
    auto [number, turn] = loop.getNumber(now);
    auto start = plan::StartOp::create(
        builder, step.loc,
        dist::TransferKindAttr::get(builder.getContext(),
                                    transfer.getTransferKind()),
        builder.getI64IntegerAttr(number), turn, reduction,
        source ? source : target, source ? target : Value(), transfer.getAxes(),
        builder.getI64IntegerAttr(transfer.getPayloadBytes()), peer, channel);
    if (DenseI64ArrayAttr sources = transfer.getSourcesAttr())
      start->setAttr(plan::kSourcesAttr, sources);
    return start;
  }

  plan::KernelOp createKernel(Location loc) {
    auto kernel = plan::KernelOp::create(
        kernelBuilder, loc, name, ArrayRef<int64_t>(), ArrayRef<int64_t>());
    kernel.getBody().emplaceBlock();
    return kernel;
  }

  Operation *emitLaunch(const Step &step, KernelOp source) {
    plan::KernelOp kernel = createKernel(step.loc);
    Block *body = &kernel.getBody().front();
    llvm::MapVector<Value, int64_t> buffers;
    auto getIndex = [&](Value slot) {
      return buffers.insert({slot, buffers.size()}).first->second;
    };
    IRMapping mapping;
    SmallVector<int64_t> inputs, outputs;
    for (auto [argument, input] :
         llvm::zip_equal(source.getBody().getArguments(), source.getInputs())) {
      int64_t index = getIndex(getSlot(input));
      auto known = llvm::find(inputs, index);
      if (known == inputs.end()) {
        inputs.push_back(index);
        body->addArgument(argument.getType(), argument.getLoc());
        known = inputs.end() - 1;
      }
      mapping.map(argument, body->getArgument(known - inputs.begin()));
    }
    int64_t flops = 0;
    OpBuilder bodyBuilder = OpBuilder::atBlockEnd(body);
    Block &sourceBody = source.getBody().front();
    for (Operation &op : sourceBody.without_terminator()) {
      if (auto cost = dyn_cast<CostOpInterface>(op))
        flops += cost.getFlops();
      // What kind of work it is, the launch says.
      bodyBuilder.clone(op, mapping)
          ->setDiscardableAttrs(ArrayRef<NamedAttribute>());
    }
    SmallVector<Value> yielded;
    for (auto [result, value] : llvm::zip_equal(
             source.getOutputs(), sourceBody.getTerminator()->getOperands())) {
      outputs.push_back(getIndex(getSlot(result)));
      yielded.push_back(mapping.lookup(value));
    }
    plan::YieldOp::create(bodyBuilder, step.loc, yielded);
    kernel.setInputs(inputs);
    kernel.setOutputs(outputs);
    kernel = kernels.unique(kernel, name);
    SmallVector<Value> operands;
    for (auto &[slot, index] : buffers)
      operands.push_back(slot);
    return plan::LaunchOp::create(builder, step.loc, kernel.getSymName(),
                                  operands, outputs, kernel.getUpdates(),
                                  flops);
  }

  /// From [part, outer..., dim, inner...] to the concatenation along dim.
  Operation *emitInterleave(const Step &step) {
    auto gather = cast<dist::CollectiveOpInterface>(step.op);
    auto output = cast<RankedTensorType>(gather->getResult(0).getType());
    plan::KernelOp kernel = createKernel(step.loc);
    Block *body = &kernel.getBody().front();
    Value parts = body->addArgument(step.type, step.loc);
    OpBuilder bodyBuilder = OpBuilder::atBlockEnd(body);
    SmallVector<int64_t> permutation;
    for (int64_t i = 1; i < step.type.getRank(); ++i) {
      if (i - 1 == *gather.getGatheredDim())
        permutation.push_back(0);
      permutation.push_back(i);
    }
    Value transposed =
        TransposeOp::create(bodyBuilder, step.loc, parts, permutation);
    Value joined = ReshapeOp::create(bodyBuilder, step.loc, output, transposed);
    plan::YieldOp::create(bodyBuilder, step.loc, joined);
    kernel.setInputs({0});
    kernel.setOutputs({1});
    kernel = kernels.unique(kernel, name);
    return plan::LaunchOp::create(
        builder, step.loc, kernel.getSymName(),
        ValueRange{getSlot(step.from, step.type), getSlot(step.to, output)},
        ArrayRef<int64_t>{1}, /*updates=*/ArrayRef<int64_t>(), /*flops=*/0);
  }

  func::FuncOp function;
  const InstructionOrder &order;
  const MicrobatchLoop &loop;
  const PersistentSlots &slots;
  KernelTable &kernels;
  StringRef name;
  OpBuilder kernelBuilder, slotBuilder, builder;
  SmallVector<Value> arguments;
  llvm::MapVector<std::pair<int64_t, std::pair<Attribute, Type>>, Value>
      unnamed;
  /// The step that is emitted; behind the last one, the end.
  unsigned now = 0;
};

struct LowerToPlan : dpc::impl::LowerToPlanBase<LowerToPlan> {
  using LowerToPlanBase::LowerToPlanBase;

  void runOnOperation() override {
    if (failed(lower(getOperation())))
      signalPassFailure();
  }

  LogicalResult lower(ModuleOp module) {
    const plan::TargetInfo *target = plan::getTarget(module);
    if (!target)
      return module.emitError("is for a target that dpc does not have: ")
             << module->getAttr(plan::kTargetAttr);
    SmallVector<func::FuncOp> programs, others;
    for (auto function : module.getOps<func::FuncOp>())
      (function->hasAttrOfType<StringAttr>(kProgramAttr) ? programs : others)
          .push_back(function);
    // By stage; all are of one where there is no pipeline.
    std::map<int64_t, SmallVector<func::FuncOp>> stages;
    for (func::FuncOp program : programs) {
      readFromStates(program);
      auto stage = program->getAttrOfType<IntegerAttr>(dist::kStageAttr);
      stages[stage ? stage.getInt() : -1].push_back(program);
    }
    Operation *lastArena = nullptr;
    KernelTable kernels;
    for (auto &[stage, ofStage] : stages) {
      PersistentSlots slots;
      if (failed(slots.add(ofStage)))
        return failure();
      int64_t end = slots.getEnd();
      SmallVector<plan::ProgramOp> made;
      for (func::FuncOp program : ofStage) {
        FailureOr<InstructionOrder> order = InstructionOrder::build(program);
        if (failed(order))
          return failure();
        auto leftOut = program->getAttrOfType<IntegerAttr>(dist::kLeftOutAttr);
        std::optional<MicrobatchLoop> loop =
            MicrobatchLoop::find(*order, leftOut ? leftOut.getInt() : 0);
        if (!loop)
          return program.emitError("does not do the same for each microbatch, "
                                   "and not all of them are written out");
        end = std::max(end, loop->planMemory(slots.getEnd()));
        made.push_back(
            ProgramEmitter(program, *order, *loop, slots, kernels).emit());
      }
      OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
      if (lastArena)
        builder.setInsertionPointAfter(lastArena);
      lastArena = createArena(builder, target->getMemorySpace(), stage,
                              alignBuffer(end), slots, countTemporaries(made));
    }
    // What is no program was the source of one.
    for (func::FuncOp function : llvm::concat<func::FuncOp>(programs, others))
      function.erase();
    return success();
  }

  static plan::ArenaOp createArena(OpBuilder &builder, plan::MemorySpace space,
                                   int64_t stage, int64_t length,
                                   const PersistentSlots &slots,
                                   const Temporaries &temporaries) {
    int64_t parameters = slots.getBytes(Role::Parameter),
            state = slots.getBytes(Role::State),
            inputs = slots.getBytes(Role::Input) + slots.getBytes(Role::Label) +
                     slots.getBytes(Role::Scalar);
    auto integer = [&](int64_t value) {
      return builder.getI64IntegerAttr(value);
    };
    return plan::ArenaOp::create(
        builder, builder.getUnknownLoc(),
        plan::MemorySpaceAttr::get(builder.getContext(), space),
        stage < 0 ? IntegerAttr() : integer(stage), integer(length),
        integer(parameters), integer(state), integer(inputs),
        integer(temporaries.gradients),
        integer(length - parameters - state - inputs - temporaries.gradients -
                temporaries.workspace),
        integer(temporaries.workspace));
  }
};

} // namespace
