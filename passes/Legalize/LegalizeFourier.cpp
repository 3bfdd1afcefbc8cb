//===- LegalizeFourier.cpp - Discrete Fourier transforms ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A transform of known length is a product with a table of cosines, which takes
// n^2 multiplications for n samples where a fast one takes n log n, but shards
// and differentiates as every product does.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Dot.h"
#include "passes/Legalize/Index.h"
#include "passes/Legalize/LegalizeTable.h"

#include <cmath>

using namespace mlir;

namespace dpc::legalize {
namespace {

/// Of `length` samples or frequencies. One-sided: the frequencies up to half of
/// it, which tell the others where samples are real.
struct Transform {
  int64_t length = 0;
  bool isInverse = false, isOneSided = false;

  int64_t getHalf() const { return length / 2 + 1; }
  /// How many inputs count.
  int64_t getInputs() const {
    return isInverse && isOneSided ? getHalf() : length;
  }
  int64_t getOutputs() const {
    return !isInverse && isOneSided ? getHalf() : length;
  }
  int64_t getOutputParts() const { return isInverse && isOneSided ? 1 : 2; }
};

/// What part `p` (0: real, 1: imaginary) of input n counts in part q of output
/// k, [inputs * parts, outputs * parts]: the real part of e^(i a) is cos(a),
/// and a factor i turns a by a quarter.
Value buildTable(Binder &node, const Transform &transform, int64_t inputs,
                 int64_t parts, Type elementType) {
  nn::Math &m = node.getMath();
  int64_t outputs = transform.getOutputs(),
          outputParts = transform.getOutputParts();
  auto type = RankedTensorType::get({inputs, parts, outputs, outputParts},
                                    node.getBuilder().getF64Type());
  auto length = static_cast<double>(transform.length);
  auto scale = [&](Value x, double factor) {
    return m.mul(x, m.constant(type, factor));
  };
  Value n = m.iota(type, 0), p = m.iota(type, 1), k = m.iota(type, 2),
        q = m.iota(type, 3);
  Value turn = scale(m.sub(p, q), transform.isInverse ? M_PI_2 : -M_PI_2);
  Value table = m.cos(m.add(scale(m.mul(n, k), 2 * M_PI / length), turn));
  if (transform.isInverse)
    table = scale(table, 1 / length);
  // Frequencies but the first and the middle one stand for two.
  if (transform.isInverse && transform.isOneSided) {
    Value isFirst =
        m.compare(n, nn::CompareDirection::EQ, m.constant(type, 0.0));
    Value isMiddle =
        m.compare(n, nn::CompareDirection::EQ, m.constant(type, length / 2));
    table = m.select(m.logicalOr(isFirst, isMiddle), table, scale(table, 2));
  }
  return m.convert(m.reshape(table, {inputs * parts, outputs * outputParts}),
                   elementType);
}

/// Transforms dimension `dim` of x, whose last one holds real and imaginary
/// parts.
LogicalResult buildTransform(Binder &node, const Transform &transform,
                             int64_t dim, Value &x) {
  nn::Math &m = node.getMath();
  int64_t inputs =
      std::min(nn::tensorType(x).getDimSize(dim), transform.getInputs());
  x = node.slice(x, dim, 0, inputs);
  RankedTensorType type = nn::tensorType(x);
  int64_t rank = type.getRank(), parts = type.getDimSize(rank - 1);
  SmallVector<int64_t> order, back(rank);
  for (int64_t i = 0; i < rank; ++i)
    if (i != dim && i != rank - 1)
      order.push_back(i);
  order.append({dim, rank - 1});
  for (auto [to, from] : llvm::enumerate(order))
    back[from] = static_cast<int64_t>(to);
  x = m.transpose(x, order);
  SmallVector<int64_t> shape(nn::tensorType(x).getShape().drop_back(2));
  shape.push_back(inputs * parts);
  x = m.reshape(x, shape);
  Value table =
      buildTable(node, transform, inputs, parts, type.getElementType());
  if (failed(buildDot(node, {x, {}, rank - 2}, {table, {}, 0}, x)))
    return failure();
  shape.back() = transform.getOutputs();
  shape.push_back(transform.getOutputParts());
  x = m.transpose(m.reshape(x, shape), back);
  return success();
}

/// Operand 'input', whose last dimension is of one or two parts.
LogicalResult getSignal(Binder &node, StringRef name, Value &x) {
  if (failed(node.getFloatInput(0, name, x)))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  if (type.getRank() < 2 || type.getShape().back() < 1 ||
      type.getShape().back() > 2)
    return node.emitError()
           << "input '" << name << "' must end in a dimension of 1 or 2, for "
           << "real or complex numbers, not be " << type;
  return success();
}

/// The scalar in operand `index`, if it is there.
LogicalResult getScalar(Binder &node, unsigned index, StringRef name,
                        int64_t &value) {
  std::optional<SmallVector<int64_t>> values;
  if (failed(node.getConstantInts(index, name, values)))
    return failure();
  if (!values)
    return success();
  if (values->size() != 1)
    return node.emitError() << "input '" << name << "' must be a scalar";
  value = values->front();
  return success();
}

LogicalResult checkLength(Binder &node, int64_t length, int64_t samples) {
  if (length >= 1 && samples >= 1 && isReasonableShape({length, length, 4}))
    return success();
  return node.emitError() << "cannot transform " << samples
                          << " samples with a length of " << length;
}

/// The axis is an operand from version 20 on.
template <bool HasAxisOperand> LogicalResult legalizeDFT(Binder &node) {
  Value x;
  Transform transform;
  int64_t axis = HasAxisOperand ? -2 : 1;
  if (failed(getSignal(node, "input", x)) ||
      failed(node.getFlag("inverse", transform.isInverse)) ||
      failed(node.getFlag("onesided", transform.isOneSided)) ||
      failed(HasAxisOperand ? getScalar(node, 2, "axis", axis)
                            : node.getInt("axis", axis)))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  if (failed(node.normalizeAxis(axis, type.getRank())))
    return failure();
  if (axis == type.getRank() - 1)
    return node.emitError() << "the last dimension holds the parts of complex "
                               "numbers and cannot be transformed";
  int64_t samples = type.getDimSize(axis);
  transform.length =
      transform.isInverse && transform.isOneSided ? 2 * (samples - 1) : samples;
  if (failed(getScalar(node, 1, "dft_length", transform.length)) ||
      failed(checkLength(node, transform.length, samples)) ||
      failed(buildTransform(node, transform, axis, x)))
    return failure();
  node.setResult(0, x);
  return success();
}

/// Transforms of parts of the signal, `frame_step` apart.
LogicalResult legalizeSTFT(Binder &node) {
  Value x, window;
  Transform transform;
  transform.isOneSided = true;
  int64_t step = 0;
  if (failed(getSignal(node, "signal", x)) ||
      failed(node.getFlag("onesided", transform.isOneSided)) ||
      failed(getScalar(node, 1, "frame_step", step)))
    return failure();
  if (nn::tensorType(x).getRank() != 3)
    return node.emitError() << "input 'signal' must be [batch, samples, parts]"
                            << ", not " << nn::tensorType(x);
  int64_t samples = nn::tensorType(x).getDimSize(1);
  transform.length = samples;
  if (node.hasInput(2)) {
    if (failed(node.getInput(2, "window", window)) ||
        failed(node.checkSameElementType(x, window)))
      return failure();
    if (nn::tensorType(window).getRank() != 1)
      return node.emitError() << "input 'window' must be a vector";
    transform.length = nn::tensorType(window).getDimSize(0);
  }
  if (failed(getScalar(node, 3, "frame_length", transform.length)) ||
      failed(checkLength(node, transform.length, samples)))
    return failure();
  int64_t length = transform.length;
  if (step < 1 || length > samples ||
      (window && nn::tensorType(window).getDimSize(0) != length))
    return node.emitError()
           << "cannot cut " << samples << " samples into frames of " << length
           << ", " << step << " apart";
  nn::Math &m = node.getMath();
  int64_t frames = (samples - length) / step + 1;
  if (!isReasonableShape({frames, length}))
    return node.emitError() << "the result would be too large";
  auto type =
      RankedTensorType::get({frames, length}, node.getBuilder().getI64Type());
  Value first = m.iota(type, 0);
  Value positions =
      m.add(m.mul(first, m.constant(type, static_cast<double>(step))),
            m.iota(type, 1));
  if (failed(buildGather(node, x, positions, /*axis=*/1, x)))
    return failure();
  if (window)
    x = m.mul(x, m.broadcast(window, nn::tensorType(x).getShape(), {2}));
  if (failed(buildTransform(node, transform, /*dim=*/2, x)))
    return failure();
  node.setResult(0, x);
  return success();
}

} // namespace

void registerFourier(LegalizeTable &table) {
  table.add("DFT", 17, legalizeDFT<false>);
  table.add("DFT", 20, legalizeDFT<true>);
  table.add("STFT", 17, legalizeSTFT);
}

} // namespace dpc::legalize
