//===- LowerKernels.cpp - Kernel bodies to loops over memrefs -------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A kernel is emitted by pulling: the value of an output at an index asks its
// op for scalar code, which asks for operands' elements, down to loads.
//
// Which loops there are is chosen in KernelNest.h; this writes them as scf.for,
// for one core and for LLVM to vectorize.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"
#include "dialects/Plan/PlanDialect.h"
#include "passes/Lowering/KernelAnalysis.h"
#include "passes/Lowering/KernelNest.h"
#include "passes/Lowering/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <map>

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace dpc {
#define GEN_PASS_DEF_LOWERKERNELS
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {

/// Lets LLVM contract a * b + c; neither NaN nor infinity is assumed away. Only
/// these ops: a conversion with the flag may lose its rounding, as
/// extf(truncf).
void allowContraction(Operation *op) {
  if (!isa<arith::AddFOp, arith::SubFOp, arith::MulFOp>(op))
    return;
  auto fastMath = cast<arith::ArithFastMathInterface>(op);
  arith::FastMathFlags flags = arith::FastMathFlags::contract;
  if (arith::FastMathFlagsAttr old = fastMath.getFastMathFlagsAttr())
    flags = flags | old.getValue();
  op->setAttr(fastMath.getFastMathAttrName(),
              arith::FastMathFlagsAttr::get(op->getContext(), flags));
}

class KernelEmitter {
public:
  explicit KernelEmitter(plan::KernelOp kernel)
      : kernel(kernel), body(kernel.getBody().front()), builder(kernel),
        loc(kernel.getLoc()), nest(chooseNest(kernel)),
        isLinear(nest == KernelNest::Linear) {}

  LogicalResult emit() {
    for (Operation &op : body.without_terminator())
      if (!isa<KernelOpInterface>(op))
        return op.emitError("cannot be lowered: '")
               << op.getName() << "' has no scalar form";
    createFunction();
    auto yielded = body.getTerminator()->getOperands();
    Operation *root = yielded[0].getDefiningOp();
    switch (nest) {
    case KernelNest::Linear:
    case KernelNest::Elements:
      emitElements(yielded);
      break;
    case KernelNest::Rows:
      emitRows(cast<ReductionOpInterface>(root));
      break;
    case KernelNest::Scatter:
      emitScatter(cast<ScatterOpInterface>(root));
      break;
    }
    builder.setInsertionPointToEnd(&function.getBody().front());
    func::ReturnOp::create(builder, loc);
    function.walk(allowContraction);
    kernel.erase();
    return success();
  }

private:
  void createFunction() {
    SmallVector<Type> types;
    for (MemRefType type : kernel.getBufferTypes())
      types.push_back(plan::getStorageType(type));
    function = func::FuncOp::create(builder, loc, kernel.getSymName(),
                                    builder.getFunctionType(types, {}));
    function.setPrivate();
    function->setAttr(
        "llvm.linkage",
        LLVM::LinkageAttr::get(builder.getContext(), LLVM::Linkage::Internal));
    // Inlined, kernels would lose what noalias says of their buffers.
    function->setAttr("passthrough", builder.getStrArrayAttr({"noinline"}));
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
            builder, loc, MemRefType::get({count}, type.getElementType()),
            buffer, /*offset=*/0, ArrayRef<int64_t>{count},
            ArrayRef<int64_t>{1});
      }
      buffers.push_back(buffer);
    }
  }

  Value index(int64_t value) {
    // Constants stand in the entry block, where every loop sees them.
    OpBuilder::InsertionGuard guard(builder);
    Value &constant = indexConstants[value];
    if (!constant) {
      builder.setInsertionPointToStart(&function.getBody().front());
      constant = arith::ConstantIndexOp::create(builder, loc, value);
    }
    return constant;
  }

  /// Loops over `sizes`; `emitBody` is called with the insertion point in the
  /// innermost one.
  void emitLoops(ArrayRef<int64_t> sizes,
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

  void emitElements(OperandRange yielded) {
    auto type = cast<RankedTensorType>(yielded[0].getType());
    SmallVector<int64_t> sizes(type.getShape());
    if (isLinear && type.getRank() > 0)
      sizes = {type.getNumElements()};
    emitLoops(sizes, [&](ValueRange indices) {
      SmallVector<Value> values;
      for (Value value : yielded)
        values.push_back(pull(value, indices));
      // After all loads: a result may replace an operand.
      for (auto [output, value] : llvm::zip_equal(kernel.getOutputs(), values))
        store(value, output, indices);
    });
  }

  void emitRows(ReductionOpInterface reduction) {
    auto type = cast<RankedTensorType>(reduction->getResult(0).getType());
    int64_t output = kernel.getOutputs()[0];
    SmallVector<int64_t> outer(type.getShape().drop_back());
    int64_t width = type.getShape().back();
    emitLoops(outer, [&](ValueRange outerIndices) {
      auto withColumn = [&](ValueRange column) {
        SmallVector<Value> indices(outerIndices);
        llvm::append_range(indices, column);
        return indices;
      };
      emitLoops({width}, [&](ValueRange column) {
        Value identity = scalar::identity(
            builder, loc, reduction.getReductionKind(), type.getElementType());
        store(identity, output, withColumn(column));
      });
      SmallVector<int64_t> sizes = reduction.getReducedSizes();
      unsigned numReduced = sizes.size();
      sizes.push_back(width);
      emitLoops(sizes, [&](ValueRange inner) {
        SmallVector<Value> indices = withColumn(inner.drop_front(numReduced));
        Value term = emitTerm(reduction, indices, inner.take_front(numReduced));
        Value sum = load(type.getElementType(), output, indices);
        store(combine(reduction, sum, term), output, indices);
      });
    });
  }

  void emitScatter(ScatterOpInterface scatter) {
    auto type = cast<RankedTensorType>(scatter->getResult(0).getType());
    Value updates = scatter->getOperand(scatter.getUpdateOperand());
    int64_t dim = scatter.getScatterDim();
    int64_t lastIndexDim = dim + scatter.getNumIndexDims();
    int64_t output = kernel.getOutputs()[0];
    emitLoops(type.getShape(), [&](ValueRange indices) {
      Value zero = scalar::constant(builder, loc, type.getElementType(), 0);
      store(zero, output, indices);
    });
    ArrayRef<int64_t> sizes =
        cast<RankedTensorType>(updates.getType()).getShape();
    emitLoops(sizes.take_front(lastIndexDim), [&](ValueRange outer) {
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
      auto branch = scf::IfOp::create(builder, loc, isInside,
                                      /*withElseRegion=*/false);
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(&branch.getThenRegion().front());
      Value row = arith::IndexCastOp::create(builder, loc,
                                             builder.getIndexType(), target);
      emitLoops(sizes.drop_front(lastIndexDim), [&](ValueRange inner) {
        SmallVector<Value> from(outer), to(outer.take_front(dim));
        llvm::append_range(from, inner);
        to.push_back(row);
        llvm::append_range(to, inner);
        Value sum =
            scalar::add(builder, loc, load(type.getElementType(), output, to),
                        pull(updates, from));
        store(sum, output, to);
      });
    });
  }

  Value combine(ReductionOpInterface reduction, Value a, Value b) {
    Type elementType = getElementTypeOrSelf(reduction->getResult(0).getType());
    return scalar::combine(builder, reduction.getLoc(),
                           reduction.getReductionKind(), a, b,
                           elementType.isUnsignedInteger());
  }

  Value emitTerm(ReductionOpInterface reduction, ValueRange indices,
                 ValueRange reduced) {
    return reduction.emitTerm(builder, reduction.getLoc(), indices, reduced,
                              [&](unsigned operand, ValueRange at) {
                                return pull(reduction->getOperand(operand), at);
                              });
  }

  /// A reduction with its accumulator in a register.
  Value emitReduction(ReductionOpInterface reduction, ValueRange indices) {
    OpBuilder::InsertionGuard guard(builder);
    Type elementType = getElementTypeOrSelf(reduction->getResult(0).getType());
    Value accumulator = scalar::identity(
        builder, reduction.getLoc(), reduction.getReductionKind(), elementType);
    SmallVector<scf::ForOp> loops;
    SmallVector<Value> reduced;
    for (int64_t size : reduction.getReducedSizes()) {
      Value begin = index(0), end = index(size), step = index(1);
      auto loop =
          scf::ForOp::create(builder, loc, begin, end, step, accumulator);
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

  /// The element of `value` at `indices`.
  Value pull(Value value, ValueRange indices) {
    std::pair<void *, std::vector<void *>> key{value.getAsOpaquePointer(), {}};
    for (Value i : indices)
      key.second.push_back(i.getAsOpaquePointer());
    auto known = elements.find(key);
    if (known != elements.end() && isVisible(known->second))
      return known->second;
    Value element = emitElement(value, indices);
    elements[key] = element;
    return element;
  }

  /// Whether code at the insertion point may use `element`: it was computed in
  /// this block or in one around it, and not in a loop that has ended.
  bool isVisible(Value element) {
    Block *owner = element.getParentBlock();
    for (Block *block = builder.getInsertionBlock(); block;) {
      if (block == owner)
        return true;
      Operation *parent = block->getParentOp();
      block = parent ? parent->getBlock() : nullptr;
    }
    return false;
  }

  Value emitElement(Value value, ValueRange indices) {
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
  SmallVector<Value> getBufferIndices(Value buffer, ValueRange indices) {
    int64_t rank = cast<MemRefType>(buffer.getType()).getRank();
    if (static_cast<int64_t>(indices.size()) == rank)
      return llvm::to_vector(indices);
    return rank == 0 ? SmallVector<Value>() : SmallVector<Value>{index(0)};
  }

  Value load(Type elementType, int64_t buffer, ValueRange indices) {
    Value stored =
        memref::LoadOp::create(builder, loc, buffers[buffer],
                               getBufferIndices(buffers[buffer], indices));
    return scalar::fromStorage(builder, loc, stored, elementType);
  }

  void store(Value element, int64_t buffer, ValueRange indices) {
    element =
        scalar::toStorage(builder, loc, element,
                          kernel.getBufferTypes()[buffer].getElementType());
    memref::StoreOp::create(builder, loc, element, buffers[buffer],
                            getBufferIndices(buffers[buffer], indices));
  }

  plan::KernelOp kernel;
  Block &body;
  OpBuilder builder;
  Location loc;
  KernelNest nest;
  bool isLinear;
  func::FuncOp function;
  /// By launch buffer; of rank <= 1 in a linear kernel.
  SmallVector<Value> buffers;
  DenseMap<int64_t, Value> indexConstants;
  /// For look-up only: its order is of pointers.
  std::map<std::pair<void *, std::vector<void *>>, Value> elements;
};

struct LowerKernels : dpc::impl::LowerKernelsBase<LowerKernels> {
  using LowerKernelsBase::LowerKernelsBase;
  void runOnOperation() override {
    auto kernels = llvm::to_vector(getOperation().getOps<plan::KernelOp>());
    for (plan::KernelOp kernel : kernels)
      if (failed(KernelEmitter(kernel).emit()))
        return signalPassFailure();
  }
};

} // namespace
