//===- FoldConstants.cpp - Values computed from constants -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/FoldConstants.h"

#include "dialects/NN/NNDialect.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace dpc::legalize {

/// Larger integer tensors, such as masks, are computed by the program.
static constexpr int64_t kMaxElements = 1024;

/// The op's value if it folds by itself, as splats of any size do.
static DenseElementsAttr fold(Operation &op) {
  SmallVector<Attribute> operands(op.getNumOperands());
  for (auto [attr, operand] : llvm::zip_equal(operands, op.getOperands()))
    matchPattern(operand, m_Constant(&attr));
  SmallVector<OpFoldResult> results;
  if (op.hasTrait<OpTrait::ConstantLike>() || op.getNumResults() != 1 ||
      failed(op.fold(operands, results)) || results.size() != 1)
    return {};
  auto value =
      dyn_cast_or_null<DenseElementsAttr>(dyn_cast<Attribute>(results.front()));
  return value && isa<IntegerType>(value.getElementType())
             ? value
             : DenseElementsAttr();
}

static bool isSmallInteger(Operation &op) {
  if (op.hasTrait<OpTrait::ConstantLike>() || op.getNumResults() != 1)
    return false;
  auto type = dyn_cast<RankedTensorType>(op.getResult(0).getType());
  return type && isa<IntegerType>(type.getElementType()) &&
         type.getNumElements() <= kMaxElements;
}

DenseElementsAttr ConstantFolder::evaluate(Operation &op,
                                           const Elements &preferred) {
  auto reference = cast<nn::ReferenceOpInterface>(op);
  auto type = cast<RankedTensorType>(op.getResult(0).getType());
  int64_t work = type.getNumElements();
  if (auto cost = dyn_cast<nn::CostOpInterface>(op))
    work = std::max(work, cost.getFlops());
  bool isSmall = type.getNumElements() <= limits::kConstantElements;
  for (Value operand : op.getOperands()) {
    int64_t count = cast<RankedTensorType>(operand.getType()).getNumElements();
    isSmall &= count <= limits::kConstantElements;
    work += count;
  }
  if (!isSmall || work > workLeft)
    return {};
  workLeft -= work;
  SmallVector<nn::ReferenceTensor> operands;
  for (Value operand : op.getOperands())
    operands.push_back(nn::ReferenceTensor::fromAttr(preferred.contains(operand)
                                                         ? preferred.at(operand)
                                                         : known.at(operand)));
  SmallVector<const nn::ReferenceTensor *> pointers;
  for (const nn::ReferenceTensor &operand : operands)
    pointers.push_back(&operand);
  nn::ReferenceTensor result(type);
  if (failed(reference.evaluate(pointers, result)))
    return {};
  // Rounds to the element type, as the program would.
  return result.toAttr();
}

/// Operands are known.
void ConstantFolder::setEvaluated(Operation &op) {
  Value result = op.getResult(0);
  if (auto rows = dyn_cast<nn::BatchRowsOp>(op)) {
    auto make = [&](int64_t count) {
      return DenseElementsAttr::get(cast<ShapedType>(rows.getType()),
                                    ArrayRef(count));
    };
    known[result] = make(rows.getBatch());
    more[result] = make(rows.getBatch() + 1);
    return;
  }
  DenseElementsAttr elements = evaluate(op, Elements());
  known[result] = elements;
  if (!elements || llvm::none_of(op.getOperands(), [&](Value operand) {
        return more.contains(operand);
      }))
    return;
  DenseElementsAttr others = evaluate(op, more);
  if (!others)
    known[result] = others;
  else if (others != elements)
    more[result] = others;
}

DenseElementsAttr ConstantFolder::get(Value value) {
  SmallVector<Value> stack = {value};
  while (!stack.empty()) {
    Value last = stack.back();
    DenseElementsAttr elements;
    Operation *op = last.getDefiningOp();
    if (known.contains(last)) {
      stack.pop_back();
      continue;
    }
    if (op && !matchPattern(last, m_Constant(&elements)) &&
        isa<nn::ReferenceOpInterface>(op) && op->getNumResults() == 1) {
      // Operands come first.
      size_t size = stack.size();
      bool isConstant = llvm::all_of(op->getOperands(), [&](Value operand) {
        auto found = known.find(operand);
        if (found == known.end())
          stack.push_back(operand);
        return found == known.end() || found->second;
      });
      if (isConstant && stack.size() > size)
        continue;
      stack.truncate(size);
      if (isConstant) {
        setEvaluated(*op);
        stack.pop_back();
        continue;
      }
    }
    known[last] = elements;
    stack.pop_back();
  }
  return known.at(value);
}

void ConstantFolder::foldIntegers(Block &block, Operation *previous,
                                  MutableArrayRef<Value> results) {
  Block::iterator next =
      previous ? std::next(previous->getIterator()) : block.begin();
  for (Operation &op :
       llvm::make_early_inc_range(llvm::make_range(next, block.end()))) {
    DenseElementsAttr value = fold(op);
    if (!value && isSmallInteger(op))
      value = get(op.getResult(0));
    if (!value || more.contains(op.getResult(0)))
      continue;
    OpBuilder builder(&op);
    Value constant =
        nn::ConstantOp::create(builder, op.getLoc(), value.getType(), value);
    llvm::replace(results, Value(op.getResult(0)), constant);
    op.getResult(0).replaceAllUsesWith(constant);
    known.erase(op.getResult(0));
    op.erase();
  }
}

} // namespace dpc::legalize
