//===- KernelEmitter.cpp - The scalar code of a kernel --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/KernelEmitter.h"

#include "dialects/NN/Builders.h"
#include "passes/Lowering/KernelAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

/// Lets LLVM contract a * b + c; neither NaN nor infinity is assumed away. Only
/// these ops: a conversion with the flag may lose its rounding, as
/// extf(truncf).
static void allowContraction(Operation *op) {
  if (!isa<arith::AddFOp, arith::SubFOp, arith::MulFOp>(op))
    return;
  auto fastMath = cast<arith::ArithFastMathInterface>(op);
  arith::FastMathFlags flags = arith::FastMathFlags::contract;
  if (arith::FastMathFlagsAttr old = fastMath.getFastMathFlagsAttr())
    flags = flags | old.getValue();
  op->setAttr(fastMath.getFastMathAttrName(),
              arith::FastMathFlagsAttr::get(op->getContext(), flags));
}

KernelEmitter::KernelEmitter(plan::KernelOp kernel)
    : kernel(kernel), body(kernel.getBody().front()), builder(kernel),
      loc(kernel.getLoc()), nest(chooseNest(kernel)),
      isLinear(nest == KernelNest::Linear) {}

LogicalResult KernelEmitter::checkOps() {
  for (Operation &op : body.without_terminator())
    if (!isa<KernelOpInterface>(op))
      return op.emitError("cannot be lowered: '")
             << op.getName() << "' has no scalar form";
  return success();
}

void KernelEmitter::createFunction(StringRef name) {
  SmallVector<Type> types;
  for (MemRefType type : kernel.getBufferTypes())
    types.push_back(plan::getStorageType(type));
  function = func::FuncOp::create(builder, loc, name,
                                  builder.getFunctionType(types, {}));
  for (unsigned i = 0; i < types.size(); ++i)
    function.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                        builder.getUnitAttr());
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  for (BlockArgument argument : entry->getArguments()) {
    Value buffer = argument;
    auto type = cast<MemRefType>(buffer.getType());
    if (isLinear && type.getRank() > 1) {
      int64_t count = type.getNumElements();
      buffer = memref::ReinterpretCastOp::create(
          builder, loc, MemRefType::get({count}, type.getElementType()), buffer,
          /*offset=*/0, ArrayRef<int64_t>{count}, ArrayRef<int64_t>{1});
    }
    buffers.push_back(buffer);
  }
}

void KernelEmitter::finishFunction() {
  builder.setInsertionPointToEnd(&function.getBody().front());
  func::ReturnOp::create(builder, loc);
  function.walk(allowContraction);
}

Value KernelEmitter::index(int64_t value) {
  // Constants stand in the entry block, where every loop sees them.
  OpBuilder::InsertionGuard guard(builder);
  Value &constant = indexConstants[value];
  if (!constant) {
    builder.setInsertionPointToStart(&function.getBody().front());
    constant = arith::ConstantIndexOp::create(builder, loc, value);
  }
  return constant;
}

void KernelEmitter::emitLoops(ArrayRef<int64_t> sizes,
                              llvm::function_ref<void(ValueRange)> emitBody) {
  OpBuilder::InsertionGuard guard(builder);
  SmallVector<Value> indices;
  for (int64_t size : sizes) {
    Value begin = index(0), end = index(size), step = index(1);
    auto loop = scf::ForOp::create(builder, loc, begin, end, step);
    builder.setInsertionPointToStart(loop.getBody());
    indices.push_back(loop.getInductionVar());
  }
  emitBody(indices);
}

SmallVector<Value> KernelEmitter::pullResults(ValueRange indices) {
  SmallVector<Value> values;
  for (Value value : body.getTerminator()->getOperands())
    values.push_back(pull(value, indices));
  return values;
}

void KernelEmitter::storeResults(ValueRange values, ValueRange indices) {
  for (auto [output, value] : llvm::zip_equal(kernel.getOutputs(), values))
    store(value, output, indices);
}

void KernelEmitter::emitScatterRow(ScatterOpInterface scatter, ValueRange outer,
                                   function_ref<void(Value)> emitThen) {
  int64_t dim = scatter.getScatterDim();
  auto type = cast<RankedTensorType>(scatter->getResult(0).getType());
  Value target =
      scatter.emitTarget(builder, loc, outer.drop_front(dim),
                         [&](unsigned operand, ValueRange at) {
                           return pull(scatter->getOperand(operand), at);
                         });
  // Unsigned, a negative target is out of range as well.
  Value bound = arith::ConstantIntOp::create(builder, loc, target.getType(),
                                             type.getDimSize(dim));
  Value isInside = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::ult, target, bound);
  auto branch =
      scf::IfOp::create(builder, loc, isInside, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&branch.getThenRegion().front());
  emitThen(
      arith::IndexCastOp::create(builder, loc, builder.getIndexType(), target));
}

void KernelEmitter::emitUpdate(ScatterOpInterface scatter, ValueRange outer,
                               Value row, ValueRange inner) {
  SmallVector<Value> from(outer), to(outer.take_front(scatter.getScatterDim()));
  llvm::append_range(from, inner);
  to.push_back(row);
  llvm::append_range(to, inner);
  int64_t output = kernel.getOutputs()[0];
  Type elementType = getElementTypeOrSelf(scatter->getResult(0).getType());
  Value sum =
      scalar::add(builder, loc, load(elementType, output, to),
                  pull(scatter->getOperand(scatter.getUpdateOperand()), from));
  store(sum, output, to);
}

Value KernelEmitter::combine(ReductionOpInterface reduction, Value a, Value b) {
  Type elementType = getElementTypeOrSelf(reduction->getResult(0).getType());
  return scalar::combine(builder, reduction.getLoc(),
                         reduction.getReductionKind(), a, b,
                         elementType.isUnsignedInteger());
}

Value KernelEmitter::identity(ReductionOpInterface reduction) {
  return scalar::identity(
      builder, reduction.getLoc(), reduction.getReductionKind(),
      getElementTypeOrSelf(reduction->getResult(0).getType()));
}

Value KernelEmitter::emitTerm(ReductionOpInterface reduction,
                              ValueRange indices, ValueRange reduced) {
  return reduction.emitTerm(builder, reduction.getLoc(), indices, reduced,
                            [&](unsigned operand, ValueRange at) {
                              return pull(reduction->getOperand(operand), at);
                            });
}

Value KernelEmitter::emitReduction(ReductionOpInterface reduction,
                                   ValueRange indices) {
  OpBuilder::InsertionGuard guard(builder);
  Value accumulator = identity(reduction);
  SmallVector<scf::ForOp> loops;
  SmallVector<Value> reduced;
  for (int64_t size : reduction.getReducedSizes()) {
    Value begin = index(0), end = index(size), step = index(1);
    auto loop = scf::ForOp::create(builder, loc, begin, end, step, accumulator);
    builder.setInsertionPointToStart(loop.getBody());
    accumulator = loop.getRegionIterArgs()[0];
    reduced.push_back(loop.getInductionVar());
    loops.push_back(loop);
  }
  Value term = emitTerm(reduction, indices, reduced);
  Value result = combine(reduction, accumulator, term);
  for (scf::ForOp loop : llvm::reverse(loops)) {
    builder.setInsertionPointToEnd(loop.getBody());
    scf::YieldOp::create(builder, loc, result);
    result = loop.getResult(0);
  }
  return result;
}

KernelEmitter::Key KernelEmitter::getKey(Value value, ValueRange indices) {
  Key key{value.getAsOpaquePointer(), {}};
  for (Value i : indices)
    key.second.push_back(i.getAsOpaquePointer());
  return key;
}

Value KernelEmitter::pull(Value value, ValueRange indices) {
  Key key = getKey(value, indices);
  auto known = elements.find(key);
  if (known != elements.end() && isVisible(known->second))
    return known->second;
  Value element = emitElement(value, indices);
  elements[key] = element;
  return element;
}

/// Whether code at the insertion point may use `element`: it was computed in
/// this block or in one around it, and not in a loop that has ended.
bool KernelEmitter::isVisible(Value element) {
  Block *owner = element.getParentBlock();
  for (Block *block = builder.getInsertionBlock(); block;) {
    if (block == owner)
      return true;
    Operation *parent = block->getParentOp();
    block = parent ? parent->getBlock() : nullptr;
  }
  return false;
}

Value KernelEmitter::emitElement(Value value, ValueRange indices) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return load(getElementTypeOrSelf(value.getType()),
                kernel.getInputs()[argument.getArgNumber()], indices);
  Operation *op = value.getDefiningOp();
  if (isLinear && isReshape(op))
    return pull(op->getOperand(0), indices);
  if (auto reduction = dyn_cast<ReductionOpInterface>(op))
    return emitReduction(reduction, indices);
  return cast<KernelOpInterface>(op).emitElement(
      builder, op->getLoc(), indices, [&](unsigned operand, ValueRange at) {
        return pull(op->getOperand(operand), at);
      });
}

/// Indices into a buffer. In a linear kernel, reshapes pass positions
/// through: a scalar's empty index may reach a buffer of one element, and
/// position 0 a scalar.
SmallVector<Value> KernelEmitter::getBufferIndices(Value buffer,
                                                   ValueRange indices) {
  int64_t rank = cast<MemRefType>(buffer.getType()).getRank();
  if (static_cast<int64_t>(indices.size()) == rank)
    return llvm::to_vector(indices);
  return rank == 0 ? SmallVector<Value>() : SmallVector<Value>{index(0)};
}

Value KernelEmitter::load(Type elementType, int64_t buffer,
                          ValueRange indices) {
  auto stored =
      memref::LoadOp::create(builder, loc, buffers[buffer],
                             getBufferIndices(buffers[buffer], indices));
  if (int64_t alignment = getAlignment(buffer, indices))
    stored.setAlignment(alignment);
  return scalar::fromStorage(builder, loc, stored, elementType);
}

void KernelEmitter::store(Value element, int64_t buffer, ValueRange indices) {
  element = scalar::toStorage(builder, loc, element,
                              kernel.getBufferTypes()[buffer].getElementType());
  auto stored =
      memref::StoreOp::create(builder, loc, element, buffers[buffer],
                              getBufferIndices(buffers[buffer], indices));
  if (int64_t alignment = getAlignment(buffer, indices))
    stored.setAlignment(alignment);
}
