//===- LegalizeLogic.cpp - Comparisons, logic, choices --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/LegalizeTable.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

template <nn::CompareDirection Direction>
LogicalResult legalizeCompare(Binder &node) {
  Value a, b;
  if (failed(node.getInput(0, "A", a)) || failed(node.getInput(1, "B", b)) ||
      failed(node.checkSameElementType(a, b)) ||
      failed(node.broadcastOperands(a, b)))
    return failure();
  node.setResult(0, node.getMath().compare(a, Direction, b));
  return success();
}

LogicalResult checkBool(Binder &node, Value value, StringRef name) {
  Type elementType = nn::tensorType(value).getElementType();
  if (!elementType.isInteger(1))
    return node.emitError() << "input '" << name << "' has element type "
                            << elementType << "; booleans are needed";
  return success();
}

enum class Logic { And, Or, Xor };

template <Logic Kind> LogicalResult legalizeLogic(Binder &node) {
  Value a, b;
  if (failed(node.getInput(0, "A", a)) || failed(node.getInput(1, "B", b)) ||
      failed(checkBool(node, a, "A")) || failed(checkBool(node, b, "B")) ||
      failed(node.broadcastOperands(a, b)))
    return failure();
  nn::Math &m = node.getMath();
  switch (Kind) {
  case Logic::And:
    node.setResult(0, m.logicalAnd(a, b));
    break;
  case Logic::Or:
    node.setResult(0, m.logicalOr(a, b));
    break;
  case Logic::Xor:
    node.setResult(0, m.compare(a, nn::CompareDirection::NE, b));
    break;
  }
  return success();
}

LogicalResult legalizeNot(Binder &node) {
  Value x;
  if (failed(node.getInput(0, "X", x)) || failed(checkBool(node, x, "X")))
    return failure();
  nn::Math &m = node.getMath();
  node.setResult(0, m.logicalNot(x));
  return success();
}

LogicalResult checkInteger(Binder &node, Value value, StringRef name) {
  Type elementType = nn::tensorType(value).getElementType();
  if (isa<FloatType>(elementType) || elementType.isInteger(1))
    return node.emitError() << "input '" << name << "' has element type "
                            << elementType << "; integers are needed";
  return success();
}

LogicalResult bindIntegers(Binder &node, StringRef first, StringRef second,
                           Value &a, Value &b) {
  return failure(failed(node.getInput(0, first, a)) ||
                 failed(node.getInput(1, second, b)) ||
                 failed(checkInteger(node, a, first)) ||
                 failed(node.checkSameElementType(a, b)) ||
                 failed(node.broadcastOperands(a, b)));
}

template <typename OpTy> LogicalResult legalizeBits(Binder &node) {
  Value a, b;
  if (failed(bindIntegers(node, "A", "B", a, b)))
    return failure();
  node.setResult(0, OpTy::create(node.getBuilder(), node.getLoc(), a, b));
  return success();
}

/// All bits of x turned over: -1 - x, of unsigned numbers too.
Value turnBits(nn::Math &m, Value x) {
  return m.sub(m.sub(m.constant(x, 0.0), x), m.constant(x, 1.0));
}

LogicalResult legalizeBitwiseNot(Binder &node) {
  Value x;
  if (failed(node.getInput(0, "X", x)) || failed(checkInteger(node, x, "X")))
    return failure();
  node.setResult(0, turnBits(node.getMath(), x));
  return success();
}

/// To the right, the sign moves in: of a negative number, what is turned over
/// moves.
Value buildShiftRight(Binder &node, Value x, Value distance) {
  nn::Math &m = node.getMath();
  auto shift = [&](Value value) -> Value {
    return nn::ShiftRightOp::create(node.getBuilder(), node.getLoc(), value,
                                    distance);
  };
  if (nn::tensorType(x).getElementType().isUnsignedInteger())
    return shift(x);
  Value isNegative = m.compare(x, nn::CompareDirection::LT, m.constant(x, 0.0));
  Value shifted = shift(m.select(isNegative, turnBits(m, x), x));
  return m.select(isNegative, turnBits(m, shifted), shifted);
}

LogicalResult legalizeBitShift(Binder &node) {
  Value x, distance;
  std::string direction;
  if (failed(bindIntegers(node, "X", "Y", x, distance)) ||
      failed(node.getString("direction", direction)))
    return failure();
  if (direction == "LEFT")
    node.setResult(0, nn::ShiftLeftOp::create(node.getBuilder(), node.getLoc(),
                                              x, distance));
  else if (direction == "RIGHT")
    node.setResult(0, buildShiftRight(node, x, distance));
  else
    return node.emitError() << "unknown direction '" << direction
                            << "'; LEFT and RIGHT are known";
  return success();
}

LogicalResult legalizeWhere(Binder &node) {
  Value condition, x, y;
  SmallVector<int64_t> values, shape;
  if (failed(node.getInput(0, "condition", condition)) ||
      failed(node.getInput(1, "X", x)) || failed(node.getInput(2, "Y", y)) ||
      failed(checkBool(node, condition, "condition")) ||
      failed(node.checkSameElementType(x, y)) ||
      failed(node.broadcastShapes(nn::tensorType(x).getShape(),
                                  nn::tensorType(y).getShape(), values)) ||
      failed(node.broadcastShapes(nn::tensorType(condition).getShape(), values,
                                  shape)))
    return failure();
  nn::Math &m = node.getMath();
  node.setResult(0, m.select(m.broadcastNumpy(condition, shape),
                             m.broadcastNumpy(x, shape),
                             m.broadcastNumpy(y, shape)));
  return success();
}

template <typename OpTy> LogicalResult legalizeExtreme(Binder &node) {
  Value extreme;
  if (failed(node.getInput(0, "data_0", extreme)) ||
      failed(node.checkNumber(extreme, "data_0")) ||
      failed(node.combineWithOthers(extreme, "data_0", [&](Value a, Value b) {
        return OpTy::create(node.getBuilder(), node.getLoc(), a, b);
      })))
    return failure();
  node.setResult(0, extreme);
  return success();
}

/// x where it is inside of the bound, NaN included. Unlike nn.max and nn.min,
/// which share the gradient between equal operands, x alone gets it.
Value choose(nn::Math &m, nn::CompareDirection direction, Value a, Value b) {
  Value takeFirst = m.compare(a, direction, b);
  if (isa<FloatType>(nn::tensorType(a).getElementType())) {
    Value isNaN = m.compare(a, nn::CompareDirection::NE, a);
    takeFirst = m.select(isNaN, isNaN, takeFirst);
  }
  return m.select(takeFirst, a, b);
}

/// min(max(x, low), high), either bound optional.
template <From Bounds> LogicalResult legalizeClip(Binder &node) {
  static constexpr std::pair<StringLiteral, nn::CompareDirection> kBounds[] = {
      {"min", nn::CompareDirection::GE}, {"max", nn::CompareDirection::LE}};
  Value x;
  if (failed(node.getInput(0, "input", x)) ||
      failed(node.checkNumber(x, "input")))
    return failure();
  nn::Math &m = node.getMath();
  for (auto [i, entry] : llvm::enumerate(kBounds)) {
    auto [name, direction] = entry;
    Value bound;
    if (Bounds == From::Attribute) {
      if (!node.getAttr(name))
        continue;
      double number = 0;
      if (failed(node.getFloat(name, number)))
        return failure();
      bound = m.constant(x, number);
    } else {
      if (!node.hasInput(i + 1))
        continue;
      if (failed(node.getInput(i + 1, name, bound)) ||
          failed(node.checkSameElementType(x, bound)))
        return failure();
      if (nn::tensorType(bound).getNumElements() != 1)
        return node.emitError() << "input '" << name << "' must be a scalar";
      bound = m.broadcast(m.reshape(bound, {}), nn::tensorType(x).getShape(),
                          ArrayRef<int64_t>());
    }
    x = choose(m, direction, x, bound);
  }
  node.setResult(0, x);
  return success();
}

} // namespace

void registerLogic(LegalizeTable &table) {
  using nn::CompareDirection;
  table.add("Equal", 7, legalizeCompare<CompareDirection::EQ>);
  table.add("Less", 7, legalizeCompare<CompareDirection::LT>);
  table.add("LessOrEqual", 12, legalizeCompare<CompareDirection::LE>);
  table.add("Greater", 7, legalizeCompare<CompareDirection::GT>);
  table.add("GreaterOrEqual", 12, legalizeCompare<CompareDirection::GE>);
  table.add("And", 7, legalizeLogic<Logic::And>);
  table.add("Or", 7, legalizeLogic<Logic::Or>);
  table.add("Xor", 7, legalizeLogic<Logic::Xor>);
  table.add("Not", 1, legalizeNot);
  table.add("BitShift", 11, legalizeBitShift);
  table.add("BitwiseAnd", 18, legalizeBits<nn::BitAndOp>);
  table.add("BitwiseOr", 18, legalizeBits<nn::BitOrOp>);
  table.add("BitwiseXor", 18, legalizeBits<nn::BitXorOp>);
  table.add("BitwiseNot", 18, legalizeBitwiseNot);
  table.add("Where", 9, legalizeWhere);
  table.add("Max", 8, legalizeExtreme<nn::MaxOp>);
  table.add("Min", 8, legalizeExtreme<nn::MinOp>);
  table.add("Clip", 6, legalizeClip<From::Attribute>);
  table.add("Clip", 11, legalizeClip<From::Input>);
}

} // namespace dpc::legalize
