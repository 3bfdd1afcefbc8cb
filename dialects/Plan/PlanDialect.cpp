//===- PlanDialect.cpp - plan dialect -------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Plan/PlanDialect.h"

#include "dialects/Plan/ByteMap.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::plan;

#include "dialects/Plan/PlanDialect.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/Plan/PlanOps.cpp.inc"

void PlanDialect::initialize() {
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

bool dpc::plan::isInstruction(Operation *op) { return !isa<SlotOp>(op); }

SmallVector<ArrayAttr> dpc::plan::getGroups(Operation *module) {
  SmallVector<ArrayAttr> groups;
  module->walk([&](Operation *op) {
    if (!isa<StartOp, RankIndexOp>(op))
      return;
    auto axes = op->getAttrOfType<ArrayAttr>("axes");
    if (!llvm::is_contained(groups, axes))
      groups.push_back(axes);
  });
  return groups;
}

Accesses dpc::plan::getAccesses(Operation *instruction) {
  Accesses accesses;
  if (auto launch = dyn_cast<LaunchOp>(instruction)) {
    // Which of the written buffers a kernel also reads does not show here; a
    // buffer is passed once, so that a kernel that updates in place has fewer
    // buffers. Its module-level op knows.
    llvm::SmallSet<int64_t, 4> written;
    for (int64_t index : launch.getWrites()) {
      written.insert(index);
      accesses.writes.push_back(launch.getBuffers()[index]);
    }
    for (auto [index, buffer] : llvm::enumerate(launch.getBuffers()))
      if (!written.contains(index))
        accesses.reads.push_back(buffer);
  } else if (auto matmul = dyn_cast<MatmulOp>(instruction)) {
    accesses.reads = {matmul.getLhs(), matmul.getRhs()};
    accesses.writes = {matmul.getOutput()};
  } else if (auto copy = dyn_cast<CopyOp>(instruction)) {
    accesses.reads = {copy.getSource()};
    accesses.writes = {copy.getTarget()};
  } else if (auto check = dyn_cast<CheckRangeOp>(instruction)) {
    llvm::append_range(accesses.reads, check->getOperands());
  } else if (auto index = dyn_cast<RankIndexOp>(instruction)) {
    accesses.writes = {index.getTarget()};
  } else if (auto start = dyn_cast<StartOp>(instruction)) {
    if (start.getKind() != "recv")
      accesses.reads = {start.getBuffer()};
    if (start.getKind() != "send")
      accesses.writes = {start.getReceive() ? start.getReceive()
                                            : start.getBuffer()};
  }
  return accesses;
}

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

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

static LogicalResult verifyIndices(Operation *op, ArrayRef<int64_t> indices,
                                   int64_t limit, StringRef name) {
  llvm::SmallSet<int64_t, 8> seen;
  for (int64_t index : indices) {
    if (index < 0 || index >= limit)
      return op->emitOpError() << name << " index " << index
                               << " is outside of [0, " << limit << ")";
    if (!seen.insert(index).second)
      return op->emitOpError() << name << " index " << index << " twice";
  }
  return success();
}

LogicalResult KernelOp::verify() {
  Block &block = getBody().front();
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield)
    return emitOpError("must end in plan.yield");
  if (getInputs().size() != block.getNumArguments())
    return emitOpError("has ") << getInputs().size() << " inputs and "
                               << block.getNumArguments() << " body arguments";
  if (getOutputs().size() != yield.getValues().size())
    return emitOpError("has ") << getOutputs().size() << " outputs and yields "
                               << yield.getValues().size() << " values";
  int64_t count = getInputs().size() + getOutputs().size();
  if (failed(verifyIndices(*this, getInputs(), count, "input")) ||
      failed(verifyIndices(*this, getOutputs(), count, "output")))
    return failure();
  llvm::SmallVector<Type> types(count);
  for (auto [index, type] :
       llvm::zip_equal(getInputs(), block.getArgumentTypes()))
    types[index] = type;
  for (auto [index, value] : llvm::zip_equal(getOutputs(), yield.getValues())) {
    if (types[index] && types[index] != value.getType())
      return emitOpError("updates buffer ")
             << index << " in place with another type";
    types[index] = value.getType();
  }
  while (!types.empty() && !types.back())
    types.pop_back();
  if (llvm::is_contained(types, Type()))
    return emitOpError("has a buffer that is neither input nor output");
  return success();
}

SmallVector<MemRefType> KernelOp::getBufferTypes() {
  Block &block = getBody().front();
  int64_t count = 0;
  for (int64_t index : llvm::concat<const int64_t>(getInputs(), getOutputs()))
    count = std::max(count, index + 1);
  SmallVector<MemRefType> types(count);
  for (auto [index, type] :
       llvm::zip_equal(getInputs(), block.getArgumentTypes()))
    types[index] = getBufferType(cast<RankedTensorType>(type));
  for (auto [index, value] : llvm::zip_equal(
           getOutputs(), cast<YieldOp>(block.getTerminator()).getValues()))
    types[index] = getBufferType(cast<RankedTensorType>(value.getType()));
  return types;
}

LogicalResult LaunchOp::verify() {
  return verifyIndices(*this, getWrites(), getBuffers().size(), "writes");
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  Operation *callee =
      symbolTable.lookupNearestSymbolFrom(*this, getKernelAttr());
  if (!callee)
    return emitOpError("names no kernel: @") << getKernel();
  if (auto kernel = dyn_cast<KernelOp>(callee)) {
    SmallVector<MemRefType> types = kernel.getBufferTypes();
    if (!llvm::equal(types, getBuffers().getTypes()))
      return emitOpError("does not pass the buffers that @")
             << getKernel() << " takes";
    if (kernel.getOutputs() != getWrites())
      return emitOpError("does not write what @") << getKernel() << " writes";
    return success();
  }
  if (auto function = dyn_cast<func::FuncOp>(callee)) {
    auto fits = [](Type argument, Type buffer) {
      return argument == getStorageType(cast<MemRefType>(buffer));
    };
    if (!llvm::equal(function.getArgumentTypes(), getBuffers().getTypes(),
                     fits))
      return emitOpError("does not pass the buffers that @")
             << getKernel() << " takes";
    return success();
  }
  if (!isa<FunctionOpInterface>(callee))
    return emitOpError("@") << getKernel() << " is no kernel";
  return success();
}

int64_t MatmulOp::getBatch() {
  int64_t batch = 1;
  for (int64_t extent : getOutput().getType().getShape().drop_back(2))
    batch *= extent;
  return batch;
}

int64_t MatmulOp::getK() {
  return getLhs().getType().getShape().end()[getTransA() ? -2 : -1];
}

LogicalResult MatmulOp::verify() {
  ArrayRef<int64_t> lhs = getLhs().getType().getShape(),
                    rhs = getRhs().getType().getShape(),
                    out = getOutput().getType().getShape();
  Type element = getOutput().getType().getElementType();
  if (!isa<FloatType>(element) ||
      getLhs().getType().getElementType() != element ||
      getRhs().getType().getElementType() != element)
    return emitOpError("needs buffers of one floating-point type");
  if (out.size() < 2 || lhs.size() != out.size() || rhs.size() != out.size() ||
      lhs.drop_back(2) != out.drop_back(2) ||
      rhs.drop_back(2) != out.drop_back(2))
    return emitOpError("needs matrices with equal leading dimensions");
  int64_t m = lhs.end()[getTransA() ? -1 : -2],
          k = lhs.end()[getTransA() ? -2 : -1],
          n = rhs.end()[getTransB() ? -2 : -1],
          kRhs = rhs.end()[getTransB() ? -1 : -2];
  if (k != kRhs || m != out.end()[-2] || n != out.back())
    return emitOpError("has matrices that do not fit: ")
           << m << "x" << k << " times " << kRhs << "x" << n << " is not "
           << out.end()[-2] << "x" << out.back();
  return success();
}

LogicalResult CopyOp::verify() {
  auto source = cast<MemRefType>(getSource().getType()),
       target = cast<MemRefType>(getTarget().getType());
  if (source.getElementType() != target.getElementType() ||
      source.getNumElements() != target.getNumElements())
    return emitOpError("copies between buffers of different sizes");
  return success();
}

LogicalResult StartOp::verify() {
  bool isMessage = getKind() == "send" || getKind() == "recv";
  bool reduces = getKind() == "all_reduce" || getKind() == "reduce";
  bool inPlace = reduces || isMessage;
  reduces |= getKind() == "reduce_scatter";
  if (!reduces && !isMessage && getKind() != "all_gather" &&
      getKind() != "all_to_all" && getKind() != "permute")
    return emitOpError("has unknown kind \"") << getKind() << "\"";
  if (reduces != getReduction().has_value())
    return emitOpError("of kind ")
           << getKind() << (reduces ? " needs" : " takes no") << " reduction";
  if (inPlace == static_cast<bool>(getReceive()))
    return emitOpError("of kind ")
           << getKind() << (inPlace ? " takes no" : " needs a")
           << " receive buffer";
  if ((getKind() == "permute") !=
      (*this)->hasAttrOfType<DenseI64ArrayAttr>(kSourcesAttr))
    return emitOpError("of kind ")
           << getKind() << (getKind() == "permute" ? " needs " : " takes no ")
           << kSourcesAttr;
  if (isMessage != getPeer().has_value())
    return emitOpError("of kind ")
           << getKind() << (isMessage ? " needs a" : " takes no") << " peer";
  return success();
}

namespace {

class ProgramVerifier {
public:
  explicit ProgramVerifier(ProgramOp program) : program(program) {}

  LogicalResult verify() {
    for (Operation &op : program.getBody().front()) {
      if (auto slot = dyn_cast<SlotOp>(op)) {
        if (failed(verifySlot(slot)))
          return failure();
      } else if (failed(verifyInstruction(&op))) {
        return failure();
      }
    }
    for (auto [id, start] : llvm::enumerate(started))
      if (start)
        return start.emitOpError("is never waited for: collective ") << id;
    return success();
  }

private:
  LogicalResult verifySlot(SlotOp slot) {
    auto module = program->getParentOfType<ModuleOp>();
    auto memory =
        module ? module->getAttrOfType<IntegerAttr>(kMemoryBytesAttr) : nullptr;
    if (memory && slot.getEnd() > memory.getInt())
      return slot.emitOpError("ends at ")
             << slot.getEnd() << ", past the arena's " << memory.getInt()
             << " bytes";
    // Arguments are there from the start.
    if (slot->hasAttr(nn::kRoleAttr) && !slot->hasAttr(kResultAttr))
      write(slot);
    return success();
  }

  LogicalResult verifyInstruction(Operation *op) {
    if (!isa<LaunchOp, MatmulOp, CopyOp, CheckRangeOp, RankIndexOp, StartOp,
             WaitOp>(op))
      return op->emitOpError("is no instruction of a plan");
    Accesses accesses = getAccesses(op);
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
        if (read != written && !isa<StartOp>(op) && overlap(read, written))
          return op->emitOpError("writes into a buffer that it reads");
    for (auto [i, a] : llvm::enumerate(accesses.writes)) {
      for (Value b : ArrayRef(accesses.writes).drop_front(i + 1))
        if (overlap(a, b))
          return op->emitOpError("writes overlapping buffers");
      write(a.getDefiningOp<SlotOp>());
    }
    if (auto start = dyn_cast<StartOp>(op)) {
      if (start.getId() != started.size())
        return start.emitOpError("has number ")
               << start.getId() << " where " << started.size()
               << " is next: collectives are numbered in their order";
      started.push_back(start);
      inFlight.insert(start);
    }
    if (auto wait = dyn_cast<WaitOp>(op)) {
      if (wait.getId() >= started.size() || !started[wait.getId()])
        return wait.emitOpError("waits for collective ")
               << wait.getId() << ", which is not in flight";
      inFlight.remove(started[wait.getId()]);
      started[wait.getId()] = nullptr;
    }
    return success();
  }

  static bool overlap(Value a, Value b) {
    auto slotA = a.getDefiningOp<SlotOp>(), slotB = b.getDefiningOp<SlotOp>();
    return static_cast<int64_t>(slotA.getOffset()) < slotB.getEnd() &&
           static_cast<int64_t>(slotB.getOffset()) < slotA.getEnd();
  }

  /// What a collective only reads may be read, or sent again.
  LogicalResult verifyNotInFlight(Operation *op, SlotOp slot, bool writes) {
    for (StartOp start : inFlight) {
      Accesses accesses = getAccesses(start);
      for (Value buffer : start->getOperands())
        if (overlap(buffer, slot.getBuffer()) &&
            (writes || llvm::is_contained(accesses.writes, buffer)))
          return op->emitOpError("touches a buffer of collective ")
                 << start.getId() << ", which is in flight";
    }
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
  struct None {};
  /// What holds one value.
  ByteMap<None> memory;
  /// By number; null once waited for.
  SmallVector<StartOp> started;
  llvm::SmallSetVector<StartOp, 8> inFlight;
};

} // namespace

LogicalResult ProgramOp::verifyRegions() {
  return ProgramVerifier(*this).verify();
}
