//===- LegalizeRandom.cpp - Random numbers --------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Numbers depend on the program's seed, the step (of an inference the batch's
// number), the operator and the element's global position. The attribute 'seed'
// is not looked at: it would make all steps alike.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/LegalizeTable.h"

#include <cmath>

using namespace mlir;

namespace dpc::legalize {
namespace {

/// Uniform in [0, 1), f32; every one has a stream of its own. Holds rows where
/// `like` does, if that is not null. The streams are numbered once all nodes
/// are there.
Value buildDraw(Binder &node, ArrayRef<int64_t> shape, Value like) {
  auto type = RankedTensorType::get(shape, node.getBuilder().getF32Type());
  auto random = nn::RandomOp::create(
      node.getBuilder(), node.getLoc(), type, node.getRunScalar("seed"),
      node.getRunScalar("step"), ValueRange(), /*stream=*/0, shape);
  if (std::optional<int64_t> dim = like ? node.getRowDim(like) : std::nullopt)
    random->setAttr(nn::kBatchDimAttr,
                    node.getBuilder().getI64IntegerAttr(*dim));
  return random;
}

/// Two uniform numbers make a normal one (Box and Muller, A Note on the
/// Generation of Random Normal Deviates, 1958); none is beyond 5.8.
Value buildNormal(Binder &node, ArrayRef<int64_t> shape, Value like) {
  nn::Math &m = node.getMath();
  Value u = buildDraw(node, shape, like), angle = buildDraw(node, shape, like);
  // Not 0, whose logarithm is infinite.
  Value size = m.log(m.sub(m.constant(u, 1.0), u));
  return m.mul(m.sqrt(m.mul(size, m.constant(size, -2.0))),
               m.cos(m.mul(angle, m.constant(angle, 2 * M_PI))));
}

/// The element type that the attribute 'dtype' names, `type` where there is
/// none.
LogicalResult getType(Binder &node, Type &type) {
  if (!node.getAttr("dtype"))
    return success();
  int64_t number = 0;
  if (failed(node.getInt("dtype", number)))
    return failure();
  type = onnx::getElementType(node.getBuilder().getContext(), number);
  if (!type || !isSupportedElementType(type))
    return node.emitError()
           << "element type " << onnx::getElementTypeName(number)
           << " is not supported by dpc";
  return success();
}

LogicalResult getFloatType(Binder &node, Type &type) {
  if (failed(getType(node, type)))
    return failure();
  if (!isa<FloatType>(type))
    return node.emitError() << "makes floating-point numbers, not " << type;
  return success();
}

enum class ShapeFrom { Attribute, Operand };

template <ShapeFrom From>
LogicalResult bindShape(Binder &node, SmallVector<int64_t> &shape, Value &like,
                        Type &type) {
  if (From == ShapeFrom::Operand) {
    if (failed(node.getInput(0, "input", like)))
      return failure();
    llvm::append_range(shape, nn::tensorType(like).getShape());
    type = nn::tensorType(like).getElementType();
    return getFloatType(node, type);
  }
  std::optional<SmallVector<int64_t>> stated;
  if (failed(node.getInts("shape", stated)))
    return failure();
  if (!stated || !isReasonableShape(*stated))
    return node.emitError() << "attribute 'shape' is no possible shape";
  shape = std::move(*stated);
  type = node.getBuilder().getF32Type();
  return getFloatType(node, type);
}

/// base + factor * x
void setScaled(Binder &node, Value x, double base, double factor, Type type) {
  nn::Math &m = node.getMath();
  if (factor != 1)
    x = m.mul(x, m.constant(x, factor));
  if (base != 0)
    x = m.add(x, m.constant(x, base));
  node.setResult(0, m.convert(x, type));
}

template <ShapeFrom From> LogicalResult legalizeRandomNormal(Binder &node) {
  SmallVector<int64_t> shape;
  Value like;
  Type type;
  double mean = 0, scale = 1;
  if (failed(bindShape<From>(node, shape, like, type)) ||
      failed(node.getFloat("mean", mean)) ||
      failed(node.getFloat("scale", scale)))
    return failure();
  setScaled(node, buildNormal(node, shape, like), mean, scale, type);
  return success();
}

template <ShapeFrom From> LogicalResult legalizeRandomUniform(Binder &node) {
  SmallVector<int64_t> shape;
  Value like;
  Type type;
  double low = 0, high = 1;
  if (failed(bindShape<From>(node, shape, like, type)) ||
      failed(node.getFloat("low", low)) || failed(node.getFloat("high", high)))
    return failure();
  setScaled(node, buildDraw(node, shape, like), low, high - low, type);
  return success();
}

/// 1 with the probability that the operand says, else 0.
LogicalResult legalizeBernoulli(Binder &node) {
  Value p;
  if (failed(node.getFloatInput(0, "input", p)))
    return failure();
  Type type = nn::tensorType(p).getElementType();
  if (failed(getType(node, type)))
    return failure();
  nn::Math &m = node.getMath();
  Value draw = buildDraw(node, nn::tensorType(p).getShape(), p);
  if (nn::tensorType(p).getElementType().getIntOrFloatBitWidth() > 32)
    draw = m.convert(draw, nn::tensorType(p).getElementType());
  else
    p = m.convert(p, nn::tensorType(draw).getElementType());
  node.setResult(0,
                 m.convert(m.compare(draw, nn::CompareDirection::LT, p), type));
  return success();
}

} // namespace

void registerRandom(LegalizeTable &table) {
  table.add("RandomNormal", 1, legalizeRandomNormal<ShapeFrom::Attribute>);
  table.add("RandomNormalLike", 1, legalizeRandomNormal<ShapeFrom::Operand>);
  table.add("RandomUniform", 1, legalizeRandomUniform<ShapeFrom::Attribute>);
  table.add("RandomUniformLike", 1, legalizeRandomUniform<ShapeFrom::Operand>);
  table.add("Bernoulli", 15, legalizeBernoulli);
}

} // namespace dpc::legalize
