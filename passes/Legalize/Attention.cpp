//===- Attention.cpp - Attention that several operators have --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Attention.h"
#include "passes/Legalize/Dot.h"
#include "passes/Legalize/Index.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace dpc::legalize {

LogicalResult splitHeads(Binder &node, StringRef name, int64_t heads,
                         Value &x) {
  ArrayRef<int64_t> shape = nn::tensorType(x).getShape();
  if (shape.size() != 3 || heads < 1 || shape[2] % heads != 0)
    return node.emitError()
           << "input '" << name << "' of " << x.getType()
           << " is not [batch, sequence, " << heads << " heads]";
  nn::Math &m = node.getMath();
  x = m.transpose(m.reshape(x, {shape[0], shape[1], heads, shape[2] / heads}),
                  {0, 2, 1, 3});
  return success();
}

Value joinHeads(Binder &node, Value x) {
  ArrayRef<int64_t> shape = nn::tensorType(x).getShape();
  nn::Math &m = node.getMath();
  return m.reshape(m.transpose(x, {0, 2, 1, 3}),
                   {shape[0], shape[2], shape[1] * shape[3]});
}

LogicalResult prependPast(Binder &node, StringRef name, Value past,
                          Value &now) {
  if (failed(node.checkSameElementType(past, now)))
    return failure();
  SmallVector<int64_t> shape(nn::tensorType(past).getShape());
  ArrayRef<int64_t> other = nn::tensorType(now).getShape();
  if (shape.size() == 4 && other.size() == 4)
    shape[2] = other[2];
  if (shape.size() != 4 || ArrayRef(shape) != other)
    return node.emitError() << "input '" << name << "' of " << past.getType()
                            << " does not fit in front of " << now.getType();
  shape[2] += nn::tensorType(past).getDimSize(2);
  if (!isReasonableShape(shape))
    return node.emitError() << "the result would be too large";
  now = nn::ConcatOp::create(node.getBuilder(), node.getLoc(),
                             ValueRange{past, now}, /*dim=*/2);
  return success();
}

/// Of the four dimensions that fit together.
static LogicalResult checkShapes(Binder &node, const AttentionSpec &spec) {
  for (Value value : {spec.q, spec.k, spec.v})
    if (nn::tensorType(value).getRank() != 4)
      return node.emitError()
             << "cannot attend with values of " << spec.q.getType() << ", "
             << spec.k.getType() << " and " << spec.v.getType();
  ArrayRef<int64_t> q = nn::tensorType(spec.q).getShape();
  ArrayRef<int64_t> k = nn::tensorType(spec.k).getShape();
  ArrayRef<int64_t> v = nn::tensorType(spec.v).getShape();
  if (q[0] != k[0] || k.take_front(3) != v.take_front(3) || q[3] != k[3] ||
      k[1] == 0 || q[1] % k[1] != 0)
    return node.emitError() << "queries of " << spec.q.getType() << ", keys of "
                            << spec.k.getType() << " and values of "
                            << spec.v.getType() << " do not fit together";
  if (!isReasonableShape({q[0], q[1], q[2], k[2]}))
    return node.emitError() << "the result would be too large";
  return success();
}

/// Contracts the dimensions `left` and `right`, with the batch and the heads of
/// the keys in front. Heads of queries that share one of those are free.
static LogicalResult buildHeadDot(Binder &node, Value a, int64_t left, Value b,
                                  int64_t right, Value &result) {
  nn::Math &m = node.getMath();
  SmallVector<int64_t> shape(nn::tensorType(a).getShape());
  int64_t heads = nn::tensorType(b).getDimSize(1);
  bool isShared = shape[1] != heads;
  if (isShared) {
    a = m.reshape(a, {shape[0], heads, shape[1] / heads, shape[2], shape[3]});
    ++left;
  }
  if (failed(buildDot(node, {a, {0, 1}, left}, {b, {0, 1}, right}, result)))
    return failure();
  if (isShared) {
    shape[3] = nn::tensorType(result).getDimSize(4);
    result = m.reshape(result, shape);
  }
  return success();
}

FailureOr<AttentionResult> buildAttention(Binder &node,
                                          const AttentionSpec &spec) {
  if (failed(checkShapes(node, spec)))
    return failure();
  nn::Math &m = node.getMath();
  RankedTensorType type = nn::tensorType(spec.q);
  AttentionResult result;
  double scale = spec.scale.value_or(
      1 / std::sqrt(static_cast<double>(type.getDimSize(3))));
  Value q = m.mul(spec.q, m.constant(spec.q, scale));
  if (failed(buildHeadDot(node, q, 3, spec.k, 3, result.scores)))
    return failure();
  Value x = result.scores;
  if (spec.softcap != 0) {
    Value cap = m.constant(x, spec.softcap);
    x = m.mul(cap, m.tanh(m.div(x, cap)));
  }
  result.capped = x;

  ArrayRef<int64_t> shape = nn::tensorType(x).getShape();
  constexpr double kLeast = -std::numeric_limits<double>::infinity();
  Value least = m.constant(x, kLeast);
  // Of every query whether it may look at some key, of all but the keys.
  Value isAllowed, bias;
  for (Value more : spec.biases) {
    if (failed(node.broadcastTo(more, "attn_mask", x)))
      return failure();
    bias = bias ? m.add(bias, more) : more;
  }
  for (Value more : spec.allowed) {
    if (failed(node.broadcastTo(more, "attn_mask", x)))
      return failure();
    isAllowed = isAllowed ? m.logicalAnd(isAllowed, more) : more;
  }
  if (bias)
    x = m.add(x, bias);
  if (isAllowed)
    x = m.select(isAllowed, x, least);
  result.biased = x;

  // A softmax of nothing but -inf would be NaN, and its gradient too.
  Value hasKey;
  if (spec.mayBeAlone && (isAllowed || bias)) {
    Value best = bias ? bias : m.constant(x, 0.0);
    if (isAllowed)
      best = m.select(isAllowed, best, least);
    best = m.reduce(nn::ReduceKind::Max, best, {3});
    hasKey = m.unreduce(
        m.compare(best, nn::CompareDirection::NE, m.constant(best, kLeast)),
        shape, {3});
    x = m.select(hasKey, x, m.constant(x, 0.0));
  }
  if (spec.softmaxType)
    x = m.convert(x, spec.softmaxType);
  x = nn::SoftmaxOp::create(node.getBuilder(), node.getLoc(), x, /*axis=*/3);
  x = m.convert(x, type.getElementType());
  if (hasKey)
    x = m.select(hasKey, x, m.constant(x, 0.0));
  result.weights = x;
  if (failed(buildHeadDot(node,
                          m.convert(x, nn::tensorType(spec.v).getElementType()),
                          3, spec.v, 2, result.y)))
    return failure();
  return result;
}

Value buildWindow(Binder &node, const KeyWindow &window) {
  if (!window.left && !window.right)
    return {};
  nn::Math &m = node.getMath();
  SmallVector<int64_t> shape = {window.queries, window.keys};
  if (window.offsets) {
    int64_t batch = nn::tensorType(window.offsets).getDimSize(0);
    shape.insert(shape.begin(), {batch, 1});
  }
  auto type = RankedTensorType::get(shape, node.getBuilder().getI64Type());
  auto last = static_cast<int64_t>(shape.size()) - 1;
  // How far a key lies before the query.
  Value distance = m.sub(m.iota(type, last - 1), m.iota(type, last));
  if (window.offset != 0)
    distance =
        m.add(distance, m.constant(type, static_cast<double>(window.offset)));
  if (window.offsets)
    distance = m.add(distance, m.broadcast(window.offsets, shape, {0}));
  Value isAllowed;
  auto require = [&](nn::CompareDirection direction, int64_t bound) {
    Value holds = m.compare(distance, direction,
                            m.constant(type, static_cast<double>(bound)));
    isAllowed = isAllowed ? m.logicalAnd(isAllowed, holds) : holds;
  };
  if (window.right)
    require(nn::CompareDirection::GE, -*window.right);
  if (window.left)
    require(nn::CompareDirection::LE, *window.left);
  return isAllowed;
}

Value buildKeyCounts(Binder &node, Value counts, int64_t keys) {
  nn::Math &m = node.getMath();
  RankedTensorType type = nn::tensorType(counts).clone(
      ArrayRef<int64_t>{nn::tensorType(counts).getDimSize(0), 1, 1, keys});
  return m.compare(m.iota(type, 3), nn::CompareDirection::LT,
                   m.broadcast(counts, type.getShape(), {0}));
}

FailureOr<Value> buildRotary(Binder &node, Value x, const RotarySpec &spec) {
  ArrayRef<int64_t> shape = nn::tensorType(x).getShape();
  int64_t size = spec.size ? spec.size : shape[3], half = size / 2;
  if (size % 2 != 0 || size < 0 || size > shape[3])
    return node.emitError() << "cannot rotate " << size << " of " << shape[3]
                            << " elements of a head";
  for (Value cache : {spec.cos, spec.sin})
    if (nn::tensorType(cache).getShape() !=
        ArrayRef<int64_t>{shape[0], shape[spec.sequenceDim], half})
      return node.emitError()
             << "angles of " << cache.getType() << " do not fit " << half
             << " pairs of " << x.getType();
  nn::Math &m = node.getMath();
  SmallVector<int64_t> pairs(shape);
  pairs[3] = half;
  auto repeat = [&](Value cache) {
    return m.broadcast(cache, pairs, {0, spec.sequenceDim, 3});
  };
  Value cos = repeat(spec.cos), sin = repeat(spec.sin);
  bool isInterleaved = spec.isInterleaved;
  Value a = buildRange(node, x, 3, {0, isInterleaved ? 2 : 1, half});
  Value b = buildRange(node, x, 3,
                       {isInterleaved ? 1 : half, isInterleaved ? 2 : 1, half});
  Value real = m.sub(m.mul(a, cos), m.mul(b, sin));
  Value imaginary = m.add(m.mul(a, sin), m.mul(b, cos));
  SmallVector<Value> parts = {real, imaginary};
  auto join = [&](int64_t dim) {
    return nn::ConcatOp::create(node.getBuilder(), node.getLoc(), parts, dim);
  };
  if (isInterleaved) {
    SmallVector<int64_t> split(pairs), whole(shape);
    split.push_back(1);
    whole[3] = size;
    for (Value &part : parts)
      part = m.reshape(part, split);
    parts = {m.reshape(join(4), whole)};
  }
  if (size < shape[3])
    parts.push_back(buildRange(node, x, 3, {size, 1, shape[3] - size}));
  return parts.size() == 1 ? parts.front() : Value(join(3));
}

} // namespace dpc::legalize
