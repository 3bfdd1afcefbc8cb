//===- PlanDialect.cpp - plan dialect -------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Plan/PlanDialect.h"

#include "dialects/Plan/ByteMap.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::plan;

/// "by 64 of 3 from 1", or "by 64".
static ParseResult parseTurn(AsmParser &parser, int64_t &stride, int64_t &count,
                             int64_t &first) {
  count = first = 0;
  if (parser.parseKeyword("by") || parser.parseInteger(stride))
    return failure();
  if (failed(parser.parseOptionalKeyword("of")))
    return success();
  return failure(parser.parseInteger(count) || parser.parseKeyword("from") ||
                 parser.parseInteger(first));
}

static void printTurn(AsmPrinter &printer, int64_t stride, int64_t count,
                      int64_t first) {
  printer << "by " << stride;
  if (count)
    printer << " of " << count << " from " << first;
}

#include "dialects/Plan/PlanDialect.cpp.inc"
#include "dialects/Plan/PlanEnums.cpp.inc"
#include "dialects/Plan/PlanFormInterfaces.cpp.inc"
#include "dialects/Plan/PlanInterfaces.cpp.inc"
#include "dialects/Plan/PlanLibraryInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Plan/PlanAttributes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/Plan/PlanOps.cpp.inc"

/// Attaches forms to the ops that they are for.
template <typename... Attributes>
static void attachForms(MLIRContext &context) {
  auto attach = [&]<typename AttributeTy>(AttributeTy *) {
    if constexpr (requires { AttributeTy::attach(context); })
      AttributeTy::attach(context);
  };
  (attach(static_cast<Attributes *>(nullptr)), ...);
}

void PlanDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Plan/PlanAttributes.cpp.inc"
      >();
  attachForms<
#define GET_ATTRDEF_LIST
#include "dialects/Plan/PlanAttributes.cpp.inc"
      >(*getContext());
  addOperations<
#define GET_OP_LIST
#include "dialects/Plan/PlanOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

int64_t dpc::plan::getStage(ProgramOp program) {
  auto stage = program->getAttrOfType<IntegerAttr>(kStageAttr);
  return stage ? stage.getInt() : -1;
}

ArenaOp dpc::plan::getArena(Operation *module, int64_t stage) {
  for (auto arena : module->getRegion(0).getOps<ArenaOp>())
    if (static_cast<int64_t>(arena.getStage().value_or(-1)) == stage)
      return arena;
  return nullptr;
}

void dpc::plan::forEachInstruction(
    ProgramOp program,
    llvm::function_ref<void(InstructionOpInterface, int64_t)> fn) {
  for (Operation &op : program.getBody().front())
    if (auto instruction = dyn_cast<InstructionOpInterface>(op))
      fn(instruction, 1);
    else if (auto repeat = dyn_cast<RepeatOp>(op))
      for (auto inner : repeat.getBody().getOps<InstructionOpInterface>())
        fn(inner, repeat.getTimes());
}

LogicalResult dpc::plan::execute(
    ProgramOp program,
    llvm::function_ref<LogicalResult(InstructionOpInterface, int64_t)> fn) {
  for (Operation &op : program.getBody().front()) {
    if (auto instruction = dyn_cast<InstructionOpInterface>(op))
      if (failed(fn(instruction, 0)))
        return failure();
    if (auto repeat = dyn_cast<RepeatOp>(op)) {
      auto body =
          llvm::to_vector(repeat.getBody().getOps<InstructionOpInterface>());
      for (int64_t i = 0, times = repeat.getTimes(); i < times; ++i)
        for (InstructionOpInterface instruction : body)
          if (failed(fn(instruction, i)))
            return failure();
    }
  }
  return success();
}

bool dpc::plan::hasLoops(Operation *module) {
  return llvm::any_of(module->getRegion(0).getOps<ProgramOp>(),
                      [](ProgramOp program) {
                        return !program.getBody().getOps<RepeatOp>().empty();
                      });
}

int64_t dpc::plan::getNumber(InstructionOpInterface op, int64_t iteration) {
  std::optional<int64_t> number = op.getStarted();
  if (!number)
    number = op.getAwaited();
  TurnAttr turn = op.getNumberTurn();
  return *number + (turn ? turn.at(iteration) : 0);
}

std::string dpc::plan::getStageProgramName(StringRef name, int64_t stage) {
  return (name + "_stage" + Twine(stage)).str();
}

StringRef dpc::plan::getProgramName(ProgramOp program) {
  StringRef name = program.getSymName();
  if (int64_t stage = getStage(program); stage >= 0)
    name.consume_back(getStageProgramName("", stage));
  return name;
}

int64_t dpc::plan::getElementBytes(Type elementType) {
  return llvm::divideCeil(elementType.getIntOrFloatBitWidth(), 8u);
}

int64_t dpc::plan::getBytes(ShapedType type) {
  return type.getNumElements() * getElementBytes(type.getElementType());
}

MemRefType dpc::plan::getBufferType(RankedTensorType type) {
  return MemRefType::get(type.getShape(), type.getElementType());
}

MemRefType dpc::plan::getStorageType(MemRefType type) {
  auto integer = dyn_cast<IntegerType>(type.getElementType());
  if (!integer)
    return type;
  unsigned width = std::max(8u, integer.getWidth());
  return MemRefType::get(type.getShape(),
                         IntegerType::get(type.getContext(), width));
}

SmallVector<ArrayAttr> dpc::plan::getGroups(Operation *module) {
  SmallVector<ArrayAttr> groups;
  module->walk([&](InstructionOpInterface op) {
    if (ArrayAttr group = op.getGroup();
        group && !llvm::is_contained(groups, group))
      groups.push_back(group);
  });
  return groups;
}

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

LogicalResult ArenaOp::verify() {
  int64_t length = getLength(), sum = 0;
  for (uint64_t part : {getParameters(), getState(), getInputs(),
                        getGradients(), getActivations(), getWorkspace()}) {
    if (static_cast<int64_t>(part) < 0)
      return emitOpError("has a part of ")
             << static_cast<int64_t>(part) << " bytes";
    sum += static_cast<int64_t>(part);
  }
  if (sum != length)
    return emitOpError("is ") << length << " bytes long, and its parts " << sum;
  return success();
}

int64_t SlotOp::getBytes() {
  return dpc::plan::getBytes(cast<MemRefType>(getBuffer().getType()));
}

LogicalResult SlotOp::verify() {
  auto type = cast<MemRefType>(getBuffer().getType());
  if (!type.getElementType().isIntOrFloat() || !type.getLayout().isIdentity())
    return emitOpError("needs a dense buffer of numbers, not ") << type;
  int64_t elementBytes = getElementBytes(type.getElementType());
  if (static_cast<int64_t>(getOffset()) < 0 || getOffset() % elementBytes)
    return emitOpError("has offset ")
           << getOffset() << ", which is no multiple of its elements' "
           << elementBytes << " bytes";
  return success();
}

namespace {

class ProgramVerifier {
public:
  explicit ProgramVerifier(ProgramOp program) : program(program) {
    if (auto module = program->getParentOfType<ModuleOp>())
      arena = getArena(module, getStage(program));
  }

  LogicalResult verify() {
    for (Operation &op : program.getBody().front()) {
      if (auto slot = dyn_cast<SlotOp>(op)) {
        if (failed(verifySlot(slot)))
          return failure();
      } else if (auto repeat = dyn_cast<RepeatOp>(op)) {
        for (Operation &inner : repeat.getBody().front())
          if (failed(verifyForm(&inner, repeat)))
            return failure();
      } else if (failed(verifyForm(&op, nullptr))) {
        return failure();
      }
    }
    if (failed(execute(program, [&](InstructionOpInterface op, int64_t i) {
          iteration = i;
          return verifyInstruction(op);
        })))
      return failure();
    for (auto &[id, start] : numbers)
      if (id < 0 || id >= static_cast<int64_t>(numbers.size()))
        return start.emitOpError("has number ")
               << id << ", and there are " << numbers.size()
               << " collectives: they are numbered from 0";
    for (const InFlight &transfer : inFlight)
      return transfer.start->emitOpError("is never waited for: collective ")
             << transfer.id;
    return success();
  }

private:
  LogicalResult verifySlot(SlotOp slot) {
    if (arena && !slot.getTurnAttr() &&
        slot.getEnd() > static_cast<int64_t>(arena.getLength()))
      return slot.emitOpError("ends at ")
             << slot.getEnd() << ", past the arena's " << arena.getLength()
             << " bytes";
    // Arguments are there from the start.
    if (slot->hasAttr(nn::kRoleAttr) && !slot->hasAttr(kResultAttr))
      write(slot);
    return success();
  }

  LogicalResult verifyForm(Operation *op, RepeatOp loop) {
    auto instruction = dyn_cast<InstructionOpInterface>(op);
    if (!instruction)
      return op->emitOpError("is no instruction of a plan");
    if (!loop && instruction.getNumberTurn())
      return op->emitOpError("has a turn outside of a plan.repeat");
    Accesses accesses = instruction.getAccesses();
    for (Value buffer :
         llvm::concat<const Value>(accesses.reads, accesses.writes)) {
      auto slot = buffer.getDefiningOp<SlotOp>();
      if (!slot)
        return op->emitOpError("works on a buffer that is no plan.slot");
      TurnAttr turn = slot.getTurnAttr();
      if (turn && !loop)
        return op->emitOpError("is in no plan.repeat, and its slot at ")
               << slot.getOffset() << " has a turn";
      if (!turn)
        continue;
      int64_t end = slot.getEnd() + turn.getTurn().mostSteps(loop.getTimes()) *
                                        turn.getStride();
      if (turn.getStride() < 0 || turn.getCount() < 0 || turn.getFirst() < 0 ||
          turn.getFirst() >= std::max<int64_t>(turn.getCount(), 1) ||
          (arena && end > static_cast<int64_t>(arena.getLength())))
        return slot.emitOpError("has a turn that ends at ")
               << end << ", past the arena";
    }
    return success();
  }

  LogicalResult verifyInstruction(InstructionOpInterface instruction) {
    Operation *op = instruction;
    Accesses accesses = instruction.getAccesses();
    auto verifyAccess = [&](Value buffer, bool writes) -> LogicalResult {
      return verifyNotInFlight(op, buffer.getDefiningOp<SlotOp>(), writes);
    };
    for (Value buffer : accesses.reads)
      if (failed(verifyAccess(buffer, /*writes=*/false)))
        return failure();
    for (Value buffer : accesses.writes)
      if (failed(verifyAccess(buffer, /*writes=*/true)))
        return failure();
    for (Value buffer : accesses.reads)
      if (failed(verifyRead(op, buffer.getDefiningOp<SlotOp>())))
        return failure();
    for (Value written : accesses.writes)
      for (Value read : accesses.reads)
        if (read != written && !instruction.getStarted() &&
            overlap(read, written))
          return op->emitOpError("writes into a buffer that it reads");
    for (auto [i, a] : llvm::enumerate(accesses.writes)) {
      for (Value b : ArrayRef(accesses.writes).drop_front(i + 1))
        if (overlap(a, b))
          return op->emitOpError("writes overlapping buffers");
      write(a.getDefiningOp<SlotOp>());
    }
    if (instruction.getStarted())
      return verifyStart(instruction, accesses);
    if (instruction.getAwaited()) {
      int64_t id = getNumber(instruction, iteration);
      auto transfer = llvm::find_if(
          inFlight, [&](const InFlight &other) { return other.id == id; });
      if (transfer == inFlight.end())
        return op->emitOpError("waits for collective ")
               << id << ", which is not in flight";
      inFlight.erase(transfer);
    }
    return success();
  }

  /// One in a loop takes a number again when its transfer is done.
  LogicalResult verifyStart(InstructionOpInterface start,
                            const Accesses &accesses) {
    int64_t id = getNumber(start, iteration);
    if (llvm::any_of(inFlight,
                     [&](const InFlight &other) { return other.id == id; }))
      return start->emitOpError("has number ") << id << ", which is in flight";
    auto mine = dyn_cast<StartOp>(start.getOperation());
    StartOp other = numbers.insert({id, mine}).first->second;
    if (other.getKind() != mine.getKind() ||
        other.getAxes() != mine.getAxes() ||
        other.getBytes() != mine.getBytes() ||
        other.getPeer() != mine.getPeer())
      return start->emitOpError("has number ")
             << id << ", which another collective has";
    InFlight &transfer = inFlight.emplace_back();
    transfer.id = id;
    transfer.start = start;
    for (Value buffer : accesses.reads)
      transfer.reads.push_back(getBytes(buffer.getDefiningOp<SlotOp>()));
    for (Value buffer : accesses.writes)
      transfer.writes.push_back(getBytes(buffer.getDefiningOp<SlotOp>()));
    return success();
  }

  /// Of the arena, [begin, end).
  using Bytes = std::pair<int64_t, int64_t>;

  Bytes getBytes(SlotOp slot) {
    return {slot.getOffsetIn(iteration), slot.getEndIn(iteration)};
  }

  static bool overlap(Bytes a, Bytes b) {
    return a.first < b.second && b.first < a.second;
  }

  bool overlap(Value a, Value b) {
    return overlap(getBytes(a.getDefiningOp<SlotOp>()),
                   getBytes(b.getDefiningOp<SlotOp>()));
  }

  /// What a transfer only reads may be read, or sent again.
  LogicalResult verifyNotInFlight(Operation *op, SlotOp slot, bool writes) {
    Bytes mine = getBytes(slot);
    auto touches = [&](Bytes bytes) { return overlap(bytes, mine); };
    for (const InFlight &transfer : inFlight)
      if (llvm::any_of(transfer.writes, touches) ||
          (writes && llvm::any_of(transfer.reads, touches)))
        return op->emitOpError("touches a buffer of collective ")
               << transfer.id << ", which is in flight";
    return success();
  }

  /// Every byte must belong to a value that is whole; a slot may see a part of
  /// one (a bucket's member) or several (the bucket before it is reduced).
  LogicalResult verifyRead(Operation *op, SlotOp slot) {
    auto [begin, end] = getBytes(slot);
    int64_t covered = 0;
    memory.forEach(
        begin, end,
        [&, begin = begin, end = end](int64_t from, int64_t to, None) {
          covered += std::min(end, to) - std::max(begin, from);
        });
    if (covered != end - begin)
      return op->emitOpError("reads bytes of the slot at ")
             << begin << " that nothing wrote, or that another value replaced";
    return success();
  }

  /// A value of which any part is overwritten is dead from then on.
  void write(SlotOp slot) {
    auto [begin, end] = getBytes(slot);
    memory.replace(begin, end, None());
  }

  ProgramOp program;
  ArenaOp arena;
  struct None {};
  /// What holds one value.
  ByteMap<None> memory;
  struct InFlight {
    int64_t id;
    Operation *start;
    SmallVector<Bytes, 1> reads, writes;
  };
  SmallVector<InFlight> inFlight;
  /// The first transfer of each number.
  llvm::MapVector<int64_t, StartOp> numbers;
  /// Of the loop that runs.
  int64_t iteration = 0;
};

} // namespace

LogicalResult ProgramOp::verifyRegions() {
  return ProgramVerifier(*this).verify();
}
