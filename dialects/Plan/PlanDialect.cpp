//===- PlanDialect.cpp - plan dialect -------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Plan/PlanDialect.h"

#include "dialects/Plan/ByteMap.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::plan;

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
      } else if (failed(verifyInstruction(&op))) {
        return failure();
      }
    }
    for (const InFlight &transfer : inFlight)
      return transfer.start->emitOpError("is never waited for: collective ")
             << transfer.id;
    return success();
  }

private:
  LogicalResult verifySlot(SlotOp slot) {
    if (arena && slot.getEnd() > static_cast<int64_t>(arena.getLength()))
      return slot.emitOpError("ends at ")
             << slot.getEnd() << ", past the arena's " << arena.getLength()
             << " bytes";
    // Arguments are there from the start.
    if (slot->hasAttr(nn::kRoleAttr) && !slot->hasAttr(kResultAttr))
      write(slot);
    return success();
  }

  LogicalResult verifyInstruction(Operation *op) {
    auto instruction = dyn_cast<InstructionOpInterface>(op);
    if (!instruction)
      return op->emitOpError("is no instruction of a plan");
    Accesses accesses = instruction.getAccesses();
    auto verifyAccess = [&](Value buffer, bool writes) -> LogicalResult {
      auto slot = buffer.getDefiningOp<SlotOp>();
      if (!slot)
        return op->emitOpError("works on a buffer that is no plan.slot");
      return verifyNotInFlight(op, slot, writes);
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
    if (std::optional<int64_t> id = instruction.getStarted()) {
      if (*id != numStarted)
        return op->emitOpError("has number ")
               << *id << " where " << numStarted
               << " is next: collectives are numbered in their order";
      ++numStarted;
      inFlight.push_back({*id, op, std::move(accesses)});
    }
    if (std::optional<int64_t> id = instruction.getAwaited()) {
      auto transfer = llvm::find_if(
          inFlight, [&](const InFlight &other) { return other.id == *id; });
      if (transfer == inFlight.end())
        return op->emitOpError("waits for collective ")
               << *id << ", which is not in flight";
      inFlight.erase(transfer);
    }
    return success();
  }

  static bool overlap(Value a, Value b) {
    auto slotA = a.getDefiningOp<SlotOp>(), slotB = b.getDefiningOp<SlotOp>();
    return static_cast<int64_t>(slotA.getOffset()) < slotB.getEnd() &&
           static_cast<int64_t>(slotB.getOffset()) < slotA.getEnd();
  }

  /// What a transfer only reads may be read, or sent again.
  LogicalResult verifyNotInFlight(Operation *op, SlotOp slot, bool writes) {
    auto touches = [&](Value buffer) {
      return overlap(buffer, slot.getBuffer());
    };
    for (const InFlight &transfer : inFlight)
      if (llvm::any_of(transfer.accesses.writes, touches) ||
          (writes && llvm::any_of(transfer.accesses.reads, touches)))
        return op->emitOpError("touches a buffer of collective ")
               << transfer.id << ", which is in flight";
    return success();
  }

  /// Every byte must belong to a value that is whole; a slot may see a part of
  /// one (a bucket's member) or several (the bucket before it is reduced).
  LogicalResult verifyRead(Operation *op, SlotOp slot) {
    int64_t begin = slot.getOffset(), end = slot.getEnd(), covered = 0;
    memory.forEach(begin, end, [&](int64_t from, int64_t to, None) {
      covered += std::min(end, to) - std::max(begin, from);
    });
    if (covered != end - begin)
      return op->emitOpError("reads bytes of the slot at ")
             << begin << " that nothing wrote, or that another value replaced";
    return success();
  }

  /// A value of which any part is overwritten is dead from then on.
  void write(SlotOp slot) {
    memory.replace(slot.getOffset(), slot.getEnd(), None());
  }

  ProgramOp program;
  ArenaOp arena;
  struct None {};
  /// What holds one value.
  ByteMap<None> memory;
  struct InFlight {
    int64_t id;
    Operation *start;
    Accesses accesses;
  };
  SmallVector<InFlight> inFlight;
  int64_t numStarted = 0;
};

} // namespace

LogicalResult ProgramOp::verifyRegions() {
  return ProgramVerifier(*this).verify();
}
