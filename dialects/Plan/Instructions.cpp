//===- Instructions.cpp - What the instructions of a plan know ------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Plan/PlanDialect.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::plan;

//===----------------------------------------------------------------------===//
// KernelOp, LaunchOp
//===----------------------------------------------------------------------===//

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

SmallVector<int64_t> KernelOp::getUpdates() {
  SmallVector<int64_t> updates;
  for (int64_t index : getOutputs())
    if (llvm::is_contained(getInputs(), index))
      updates.push_back(index);
  return updates;
}

StringRef LaunchOp::getReportName() { return getKernel(); }

Accesses LaunchOp::getAccesses() {
  Accesses accesses;
  for (int64_t index : getWrites())
    accesses.writes.push_back(getBuffers()[index]);
  for (auto [index, buffer] : llvm::enumerate(getBuffers()))
    if (!llvm::is_contained(getWrites(), index) ||
        llvm::is_contained(getUpdates(), index))
      accesses.reads.push_back(buffer);
  return accesses;
}

Call LaunchOp::getCall() {
  Call call{getKernel().str(), {}, /*isKernel=*/true};
  llvm::append_range(call.arguments, getBuffers());
  return call;
}

LogicalResult LaunchOp::verify() {
  for (int64_t index : getUpdates())
    if (!llvm::is_contained(getWrites(), index))
      return emitOpError("updates buffer ")
             << index << ", which it does not write";
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
    if (kernel.getUpdates() != getUpdates())
      return emitOpError("does not update what @") << getKernel() << " updates";
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

//===----------------------------------------------------------------------===//
// LibraryOp
//===----------------------------------------------------------------------===//

StringRef LibraryOp::getReportName() { return getForm().getFormName(); }

Accesses LibraryOp::getAccesses() {
  Accesses accesses = {llvm::to_vector(ValueRange(getInputs())),
                       llvm::to_vector(ValueRange(getOutputs()))};
  if (getWorkspace())
    accesses.writes.push_back(getWorkspace());
  return accesses;
}

Call LibraryOp::getCall() {
  Call call{("dpc_" + getReportName()).str(),
            {},
            /*isKernel=*/false,
            /*takesNumber=*/true};
  llvm::append_range(call.arguments, getInputs());
  llvm::append_range(call.arguments, getOutputs());
  call.arguments.push_back(Value(getWorkspace()));
  for (const LibraryNumber &number :
       getForm().getNumbers(getInputs().getTypes(), getOutputs().getTypes()))
    std::visit([&](auto value) { call.arguments.push_back(value); }, number);
  return call;
}

LogicalResult LibraryOp::verify() {
  return getForm().verifyTypes([&] { return emitOpError(); },
                               getInputs().getTypes(), getOutputs().getTypes());
}

//===----------------------------------------------------------------------===//
// CopyOp, CheckRangeOp, RankIndexOp
//===----------------------------------------------------------------------===//

Accesses CopyOp::getAccesses() { return {{getSource()}, {getTarget()}}; }

Call CopyOp::getCall() {
  int64_t bytes = plan::getBytes(cast<MemRefType>(getTarget().getType()));
  return {"dpc_copy", {getSource(), getTarget(), bytes}};
}

LogicalResult CopyOp::verify() {
  auto source = cast<MemRefType>(getSource().getType()),
       target = cast<MemRefType>(getTarget().getType());
  if (source.getElementType() != target.getElementType() ||
      source.getNumElements() != target.getNumElements())
    return emitOpError("copies between buffers of different sizes");
  return success();
}

Accesses CheckRangeOp::getAccesses() {
  return {llvm::to_vector((*this)->getOperands()), {}};
}

Call CheckRangeOp::getCall() {
  int64_t lower = getLower(), upper = getUpper();
  auto type = cast<MemRefType>(getBuffer().getType());
  return {"dpc_check_range",
          {getBuffer(), type.getNumElements(), type.getElementType(), lower,
           upper, static_cast<int64_t>(getExcept().value_or(lower)),
           Value(getStart())},
          /*isKernel=*/false,
          /*takesNumber=*/true};
}

ArrayAttr RankIndexOp::getGroup() { return getAxes(); }

Accesses RankIndexOp::getAccesses() { return {{}, {getTarget()}}; }

Call RankIndexOp::getCall() {
  return {"dpc_rank_index", {getTarget(), getAxes()}};
}

//===----------------------------------------------------------------------===//
// StartOp, WaitOp
//===----------------------------------------------------------------------===//

StringRef StartOp::getReportName() {
  return dist::stringifyTransferKind(getKind());
}

std::optional<int64_t> StartOp::getStarted() { return getId(); }

TurnAttr StartOp::getNumberTurn() { return getTurnAttr(); }

ArrayAttr StartOp::getGroup() { return getAxes(); }

std::optional<dist::Message> StartOp::getMessage() {
  if (!getPeer())
    return std::nullopt;
  return dist::Message{static_cast<int64_t>(*getPeer()),
                       static_cast<int64_t>(*getChannel())};
}

Value StartOp::getSource() {
  return getKind() == dist::TransferKind::Recv ? Value() : getBuffer();
}

Value StartOp::getDestination() {
  if (getKind() == dist::TransferKind::Send)
    return Value();
  return getReceive() ? getReceive() : getBuffer();
}

Accesses StartOp::getAccesses() {
  Accesses accesses;
  if (Value source = getSource())
    accesses.reads.push_back(source);
  if (Value destination = getDestination())
    accesses.writes.push_back(destination);
  return accesses;
}

Call StartOp::getCall() {
  auto type = cast<MemRefType>(getBuffer().getType());
  Call call{
      ("dpc_" + getReportName() + "_start").str(),
      {Number{static_cast<int64_t>(getId()), getTurnAttr()}, getBuffer()}};
  if (getReceive())
    call.arguments.push_back(getReceive());
  call.arguments.push_back(type.getNumElements());
  call.arguments.push_back(type.getElementType());
  if (getReduction())
    call.arguments.push_back(*getReduction());
  if (std::optional<dist::Message> message = getMessage()) {
    call.arguments.push_back(static_cast<int32_t>(message->peer));
    // The next microbatch's message has the next channel.
    TurnAttr next = isa<RepeatOp>((*this)->getParentOp())
                        ? TurnAttr::get(getContext(), /*stride=*/1, 0, 0)
                        : TurnAttr();
    call.arguments.push_back(Number{message->channel, next});
  }
  call.arguments.push_back(getAxes());
  return call;
}

LogicalResult StartOp::verify() {
  StringRef kind = getReportName();
  bool isMessage = dist::isMessage(getKind()),
       reduces = dist::isReduction(getKind()),
       receives = !isMessage && !dist::isInPlace(getKind()),
       permutes = getKind() == dist::TransferKind::Permute;
  if (reduces != getReduction().has_value())
    return emitOpError("of kind ")
           << kind << (reduces ? " needs" : " takes no") << " reduction";
  if (receives != static_cast<bool>(getReceive()))
    return emitOpError("of kind ")
           << kind << (receives ? " needs a" : " takes no")
           << " receive buffer";
  if (permutes != (*this)->hasAttrOfType<DenseI64ArrayAttr>(kSourcesAttr))
    return emitOpError("of kind ")
           << kind << (permutes ? " needs " : " takes no ") << kSourcesAttr;
  if (isMessage != getPeer().has_value())
    return emitOpError("of kind ")
           << kind << (isMessage ? " needs a" : " takes no") << " peer";
  return success();
}

std::optional<int64_t> WaitOp::getAwaited() { return getId(); }

TurnAttr WaitOp::getNumberTurn() { return getTurnAttr(); }

Accesses WaitOp::getAccesses() { return {}; }

Call WaitOp::getCall() {
  return {"dpc_wait", {Number{static_cast<int64_t>(getId()), getTurnAttr()}}};
}
