//===- LegalizeContribAttention.cpp - onnxruntime's forms of attention ----===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Attention, MultiHeadAttention, GroupQueryAttention and RotaryEmbedding of the
// domain com.microsoft: other operands than those of ai.onnx, the same meaning.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Attention.h"
#include "passes/Legalize/Contrib.h"
#include "passes/Legalize/Dot.h"
#include "passes/Legalize/Index.h"
#include "passes/Legalize/LegalizeTable.h"
#include "passes/Legalize/Norms.h"

#include <algorithm>
#include <tuple>

using namespace mlir;

namespace dpc::legalize {
namespace {

Value buildConcat(Binder &node, ValueRange parts, int64_t dim) {
  return nn::ConcatOp::create(node.getBuilder(), node.getLoc(), parts, dim);
}

LogicalResult checkRank(Binder &node, Value x, int64_t rank, StringRef name) {
  if (nn::tensorType(x).getRank() != rank)
    return node.emitError() << "input '" << name << "' must have " << rank
                            << " dimensions, not " << x.getType();
  return success();
}

bool isInteger(Value x) {
  Type type = nn::tensorType(x).getElementType();
  return isa<IntegerType>(type) && !type.isInteger(1);
}

LogicalResult bindScale(Binder &node, AttentionSpec &spec) {
  double scale = 0;
  if (failed(node.getFloat("scale", scale)))
    return failure();
  if (scale != 0)
    spec.scale = scale;
  return success();
}

LogicalResult bindBias(Binder &node, unsigned index, AttentionSpec &spec) {
  if (!node.hasInput(index))
    return success();
  Value bias;
  if (failed(node.getInput(index, "attention_bias", bias)) ||
      failed(node.checkSameElementType(spec.q, bias)))
    return failure();
  spec.biases.push_back(bias);
  return success();
}

/// Booleans, of four dimensions, of what the mask in operand `index` lets
/// through: numbers of keys, of [batch], or with first keys behind, of
/// [2 * batch]; or what is above 0 of [batch, keys], [batch, queries, keys] or
/// [batch, 1, most keys, most keys].
LogicalResult buildKeyMask(Binder &node, Value mask, int64_t batch,
                           int64_t queries, int64_t keys, Value &isAllowed) {
  nn::Math &m = node.getMath();
  RankedTensorType type = nn::tensorType(mask);
  SmallVector<int64_t> shape(type.getShape());
  if (!isInteger(mask))
    return node.emitError() << "a mask of " << type << " is not supported by "
                            << "dpc; integers are";
  if (shape.size() == 1 && (shape[0] == batch || shape[0] == 2 * batch)) {
    isAllowed =
        buildKeyCounts(node, buildRange(node, mask, 0, {0, 1, batch}), keys);
    if (shape[0] != batch)
      isAllowed = m.logicalAnd(
          isAllowed,
          m.logicalNot(buildKeyCounts(
              node, buildRange(node, mask, 0, {batch, 1, batch}), keys)));
    return success();
  }
  if (shape.size() == 4 && shape[1] == 1 && shape[2] >= keys &&
      shape[3] >= keys && queries <= keys) {
    mask = buildRange(node, mask, 2, {keys - queries, 1, queries});
    mask = buildRange(node, mask, 3, {0, 1, keys});
    shape = {shape[0], 1, queries, keys};
  } else if (shape.size() == 3) {
    shape = {shape[0], 1, shape[1], shape[2]};
  } else if (shape.size() == 2) {
    shape = {shape[0], 1, 1, shape[1]};
  } else {
    return node.emitError()
           << "a mask of " << type << " for " << batch << " rows, " << queries
           << " queries and " << keys << " keys is not supported by dpc";
  }
  isAllowed = m.compare(m.reshape(mask, shape), nn::CompareDirection::GT,
                        m.constant(nn::tensorType(mask).clone(shape), 0.0));
  return success();
}

/// Keys that a mask does not let through are not forbidden but get a bias, of
/// -10000 by default.
LogicalResult bindKeyMask(Binder &node, unsigned index, StringRef name,
                          AttentionSpec &spec) {
  double filter = -10000.0;
  if (failed(node.getFloat("mask_filter_value", filter)))
    return failure();
  if (!node.hasInput(index))
    return success();
  Value mask, isAllowed;
  RankedTensorType q = nn::tensorType(spec.q), k = nn::tensorType(spec.k);
  if (failed(node.getInput(index, name, mask)) ||
      failed(buildKeyMask(node, mask, q.getDimSize(0), q.getDimSize(2),
                          k.getDimSize(2), isAllowed)))
    return failure();
  nn::Math &m = node.getMath();
  auto type = nn::tensorType(isAllowed).clone(q.getElementType());
  spec.biases.push_back(
      m.select(isAllowed, m.constant(type, 0.0), m.constant(type, filter)));
  return success();
}

/// Queries look at keys up to their own position, the last one at the last.
LogicalResult bindUnidirectional(Binder &node, AttentionSpec &spec) {
  bool isUnidirectional = false;
  if (failed(node.getFlag("unidirectional", isUnidirectional)))
    return failure();
  if (!isUnidirectional)
    return success();
  KeyWindow window;
  window.queries = nn::tensorType(spec.q).getDimSize(2);
  window.keys = nn::tensorType(spec.k).getDimSize(2);
  window.offset = window.keys - window.queries;
  window.right = 0;
  spec.allowed.push_back(buildWindow(node, window));
  spec.mayBeAlone = window.offset < 0;
  return success();
}

LogicalResult getHeads(Binder &node, StringRef name, int64_t &heads) {
  if (failed(node.getInt(name, heads)))
    return failure();
  if (heads < 1)
    return node.emitError()
           << "attribute '" << name << "' must be 1 or more, not " << heads;
  return success();
}

LogicalResult setAttention(Binder &node, const AttentionSpec &spec) {
  FailureOr<AttentionResult> result = buildAttention(node, spec);
  if (failed(result))
    return failure();
  node.setResult(0, joinHeads(node, result->y));
  return success();
}

/// Cuts the last dimension into parts of these sizes, of which it consists.
LogicalResult cutLast(Binder &node, Value x, ArrayRef<int64_t> sizes,
                      ArrayRef<Value *> parts) {
  int64_t last = nn::tensorType(x).getRank() - 1, start = 0;
  int64_t extent = nn::tensorType(x).getDimSize(last);
  for (int64_t size : sizes) {
    if (size < 0 || size > extent - start)
      return node.emitError() << "cannot cut " << x.getType()
                              << " into queries, keys and values";
    start += size;
  }
  if (start != extent)
    return node.emitError()
           << "cannot cut " << x.getType() << " into queries, keys and values";
  start = 0;
  for (auto [size, part] : llvm::zip_equal(sizes, parts)) {
    *part = buildRange(node, x, last, {start, 1, size});
    start += size;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Attention: with the projection of the input
//===----------------------------------------------------------------------===//

LogicalResult bindStackedPast(Binder &node, unsigned index,
                              AttentionSpec &spec) {
  if (!node.hasInput(index))
    return success();
  Value past;
  if (failed(node.getFloatInput(index, "past", past)) ||
      failed(checkRank(node, past, 5, "past")))
    return failure();
  ArrayRef<int64_t> shape = nn::tensorType(past).getShape();
  if (shape[0] != 2)
    return node.emitError() << "input 'past' of " << past.getType()
                            << " does not hold keys and values";
  nn::Math &m = node.getMath();
  auto part = [&](int64_t at) {
    return m.reshape(buildRange(node, past, 0, {at, 1, 1}), shape.drop_front());
  };
  if (failed(prependPast(node, "past", part(0), spec.k)))
    return failure();
  return prependPast(node, "past", part(1), spec.v);
}

LogicalResult legalizeAttention(Binder &node) {
  enum { X, Weights, Bias, Mask, Past, AttentionBias, PastLength };
  Value x, weights, all;
  AttentionSpec spec;
  int64_t heads = 0;
  std::optional<SmallVector<int64_t>> sizes;
  if (failed(
          refuseAttributes(node, {"do_rotary", "past_present_share_buffer"})) ||
      failed(refuseInputs(node, PastLength, {"past_sequence_length"})) ||
      failed(getHeads(node, "num_heads", heads)) ||
      failed(node.getInts("qkv_hidden_sizes", sizes)) ||
      failed(bindScale(node, spec)) ||
      failed(node.getFloatInput(X, "input", x)) ||
      failed(node.getFloatInput(Weights, "weights", weights)) ||
      failed(node.checkSameElementType(x, weights)) ||
      failed(checkRank(node, x, 3, "input")) ||
      failed(checkRank(node, weights, 2, "weights")) ||
      failed(buildMatMul(node, x, weights, all)) ||
      failed(applyBias(node, Bias, "bias", all)))
    return failure();
  if (!sizes || sizes->empty())
    sizes = SmallVector<int64_t>(3, nn::tensorType(all).getDimSize(2) / 3);
  if (sizes->size() != 3)
    return node.emitError() << "'qkv_hidden_sizes' must be three numbers";
  if (failed(cutLast(node, all, *sizes, {&spec.q, &spec.k, &spec.v})))
    return failure();
  for (Value *part : {&spec.q, &spec.k, &spec.v})
    if (failed(splitHeads(node, "input", heads, *part)))
      return failure();
  if (failed(bindStackedPast(node, Past, spec)) ||
      failed(bindKeyMask(node, Mask, "mask_index", spec)) ||
      failed(bindUnidirectional(node, spec)) ||
      failed(bindBias(node, AttentionBias, spec)) ||
      failed(setAttention(node, spec)))
    return failure();
  if (!node.isResultUsed(1))
    return success();
  if (spec.k.getType() != spec.v.getType())
    return node.emitError() << "output 'present' is not supported by dpc for "
                               "values of another size than keys";
  SmallVector<int64_t> shape(nn::tensorType(spec.k).getShape());
  shape.insert(shape.begin(), 1);
  nn::Math &m = node.getMath();
  node.setResult(
      1, buildConcat(node, {m.reshape(spec.k, shape), m.reshape(spec.v, shape)},
                     0));
  return success();
}

//===----------------------------------------------------------------------===//
// MultiHeadAttention
//===----------------------------------------------------------------------===//

/// Part `at` of dimension 3 of [batch, sequence, heads, parts, size], as
/// [batch, heads, sequence, size].
Value takePacked(Binder &node, Value packed, int64_t at) {
  ArrayRef<int64_t> shape = nn::tensorType(packed).getShape();
  nn::Math &m = node.getMath();
  return m.transpose(m.reshape(buildRange(node, packed, 3, {at, 1, 1}),
                               {shape[0], shape[1], shape[2], shape[4]}),
                     {0, 2, 1, 3});
}

/// Adds to x, of split heads, the elements of the bias from `start` on.
LogicalResult addHeadBias(Binder &node, Value bias, int64_t &start, Value &x) {
  ArrayRef<int64_t> shape = nn::tensorType(x).getShape();
  int64_t count = shape[1] * shape[3];
  if (count > nn::tensorType(bias).getDimSize(0) - start)
    return node.emitError() << "input 'bias' of " << bias.getType()
                            << " does not match the heads";
  nn::Math &m = node.getMath();
  Value part = m.reshape(buildRange(node, bias, 0, {start, 1, count}),
                         {shape[1], shape[3]});
  x = m.add(x, m.broadcast(part, shape, {1, 3}));
  start += count;
  return success();
}

/// Keys and values of one's own, packed, or those that an encoder left behind,
/// which have their heads and their bias already.
LogicalResult bindMultiHeads(Binder &node, int64_t heads, AttentionSpec &spec) {
  enum { Query, Key, Values, Bias };
  Value query, key, bias;
  if (failed(node.getFloatInput(Query, "query", query)))
    return failure();
  auto isPacked = [&](Value x, int64_t parts) {
    RankedTensorType type = nn::tensorType(x);
    return type.getRank() == 5 && type.getDimSize(3) == parts;
  };
  SmallVector<Value *> withBias = {&spec.q, &spec.k, &spec.v};
  if (isPacked(query, 3)) {
    if (failed(refuseInputs(node, Key, {"key", "value"})))
      return failure();
    for (int64_t i = 0; i < 3; ++i)
      *withBias[i] = takePacked(node, query, i);
  } else {
    spec.q = query;
    if (failed(splitHeads(node, "query", heads, spec.q)) ||
        failed(node.getFloatInput(Key, "key", key)))
      return failure();
    if (isPacked(key, 2)) {
      if (failed(refuseInputs(node, Values, {"value"})))
        return failure();
      spec.k = takePacked(node, key, 0);
      spec.v = takePacked(node, key, 1);
    } else {
      spec.k = key;
      if (failed(node.getFloatInput(Values, "value", spec.v)))
        return failure();
      if (nn::tensorType(spec.k).getRank() == 4)
        withBias.truncate(1);
      else if (failed(splitHeads(node, "key", heads, spec.k)) ||
               failed(splitHeads(node, "value", heads, spec.v)))
        return failure();
    }
  }
  for (Value *part : {&spec.q, &spec.k, &spec.v})
    if (failed(checkRank(node, *part, 4, "value")) ||
        failed(node.checkSameElementType(spec.q, *part)))
      return failure();
  if (!node.hasInput(Bias))
    return success();
  if (failed(node.getFloatInput(Bias, "bias", bias)) ||
      failed(node.checkSameElementType(query, bias)) ||
      failed(checkRank(node, bias, 1, "bias")))
    return failure();
  int64_t start = 0;
  for (Value *part : withBias)
    if (failed(addHeadBias(node, bias, start, *part)))
      return failure();
  return success();
}

LogicalResult legalizeMultiHeadAttention(Binder &node) {
  enum { Mask = 4, AttentionBias, PastKey, PastValue, PastLength };
  AttentionSpec spec;
  int64_t heads = 0;
  if (failed(refuseInputs(node, PastLength,
                          {"past_sequence_length", "cache_indirection"})) ||
      failed(getHeads(node, "num_heads", heads)) ||
      failed(bindScale(node, spec)) ||
      failed(bindMultiHeads(node, heads, spec)))
    return failure();
  Value pastKey, pastValue;
  if ((node.hasInput(PastKey) || node.hasInput(PastValue)) &&
      (failed(node.getFloatInput(PastKey, "past_key", pastKey)) ||
       failed(node.getFloatInput(PastValue, "past_value", pastValue)) ||
       failed(prependPast(node, "past_key", pastKey, spec.k)) ||
       failed(prependPast(node, "past_value", pastValue, spec.v))))
    return failure();
  if (failed(bindKeyMask(node, Mask, "key_padding_mask", spec)) ||
      failed(bindUnidirectional(node, spec)) ||
      failed(bindBias(node, AttentionBias, spec)) ||
      failed(setAttention(node, spec)))
    return failure();
  node.setResult(1, spec.k);
  node.setResult(2, spec.v);
  return success();
}

//===----------------------------------------------------------------------===//
// Rotary positions
//===----------------------------------------------------------------------===//

/// The rows of a table for [batch, sequence]: those that `positions` name, or
/// all from the one that its only element names, or the first.
LogicalResult bindAngles(Binder &node, unsigned index, StringRef name,
                         Value positions, int64_t batch, int64_t sequence,
                         Value &angles) {
  // A table of sines is none of the model's weights.
  node.keepUntrained(index);
  if (failed(node.getFloatInput(index, name, angles)) ||
      failed(checkRank(node, angles, 2, name)))
    return failure();
  if (positions && !isInteger(positions))
    return node.emitError()
           << "positions of " << positions.getType() << " are no integers";
  nn::Math &m = node.getMath();
  bool isFirst =
      positions && nn::tensorType(positions).getShape() == ArrayRef<int64_t>(1);
  if (!positions || isFirst) {
    Type element = positions ? nn::tensorType(positions).getElementType()
                             : node.getBuilder().getI64Type();
    auto line = RankedTensorType::get(sequence, element);
    Value index = m.iota(line, 0);
    if (isFirst)
      index = m.add(index, m.broadcast(m.reshape(positions, {}), sequence, {}));
    positions = index;
  }
  if (failed(buildGather(node, angles, positions, 0, angles)))
    return failure();
  SmallVector<int64_t> shape = {batch, sequence,
                                nn::tensorType(angles).getShape().back()};
  SmallVector<int64_t> common;
  if (failed(node.broadcastShapes(nn::tensorType(angles).getShape(), shape,
                                  common)))
    return failure();
  if (common != shape)
    return node.emitError()
           << "positions of " << positions.getType() << " do not match ["
           << batch << ", " << sequence << "]";
  angles = m.broadcastNumpy(angles, shape);
  return success();
}

LogicalResult legalizeRotaryEmbedding(Binder &node) {
  Value x, positions;
  RotarySpec spec;
  int64_t heads = 0;
  double scale = 1.0;
  if (failed(refuseAttributes(node, {"is_packed_batching"})) ||
      failed(node.getFloatInput(0, "input", x)) ||
      failed(node.getInput(1, "position_ids", positions)) ||
      failed(node.getInt("num_heads", heads)) ||
      failed(node.getInt("rotary_embedding_dim", spec.size)) ||
      failed(node.getFlag("interleaved", spec.isInterleaved)) ||
      failed(node.getFloat("scale", scale)))
    return failure();
  if (scale != 1.0)
    return node.emitError()
           << "a scale of " << scale << " is not supported by dpc";
  SmallVector<int64_t> shape(nn::tensorType(x).getShape());
  if (shape.size() != 3 && failed(checkRank(node, x, 4, "input")))
    return failure();
  spec.sequenceDim = shape.size() == 3 ? 1 : 2;
  for (auto [index, name, angles] : {std::tuple(2, "cos_cache", &spec.cos),
                                     std::tuple(3, "sin_cache", &spec.sin)})
    if (failed(bindAngles(node, index, name, positions, shape[0],
                          shape[spec.sequenceDim], *angles)) ||
        failed(node.checkSameElementType(x, *angles)))
      return failure();
  nn::Math &m = node.getMath();
  if (shape.size() == 3) {
    // Without a number of heads, the table says how large they are.
    int64_t size = heads > 0 ? shape[2] / heads
                             : 2 * nn::tensorType(spec.cos).getDimSize(2);
    if (size < 1 || shape[2] % size != 0)
      return node.emitError()
             << "cannot cut " << x.getType() << " into heads of " << size;
    x = m.reshape(x, {shape[0], shape[1], shape[2] / size, size});
  }
  FailureOr<Value> y = buildRotary(node, x, spec);
  if (failed(y))
    return failure();
  node.setResult(0, m.reshape(*y, shape));
  return success();
}

//===----------------------------------------------------------------------===//
// GroupQueryAttention: causal, with rotary positions inside
//===----------------------------------------------------------------------===//

/// Of a prompt only: there must be no past.
LogicalResult refusePast(Binder &node, unsigned from) {
  for (unsigned index : {from, from + 1}) {
    if (!node.hasInput(index))
      continue;
    Value past;
    if (failed(node.getInput(index, "past_key", past)))
      return failure();
    if (nn::tensorType(past).getNumElements() != 0)
      return node.emitError() << "a past of " << past.getType()
                              << " is not supported by dpc; one without "
                                 "elements is";
  }
  return success();
}

LogicalResult bindGroups(Binder &node, int64_t heads, int64_t keyHeads,
                         AttentionSpec &spec) {
  if (failed(node.getFloatInput(0, "query", spec.q)) ||
      failed(checkRank(node, spec.q, 3, "query")))
    return failure();
  if (node.hasInput(1) || node.hasInput(2)) {
    if (failed(node.getFloatInput(1, "key", spec.k)) ||
        failed(node.getFloatInput(2, "value", spec.v)) ||
        failed(node.checkSameElementType(spec.q, spec.k)) ||
        failed(node.checkSameElementType(spec.q, spec.v)))
      return failure();
  } else {
    int64_t extent = nn::tensorType(spec.q).getDimSize(2);
    if (heads > extent || keyHeads > extent)
      return node.emitError() << "cannot cut " << spec.q.getType() << " into "
                              << heads << " and twice " << keyHeads << " heads";
    int64_t size = extent / (heads + 2 * keyHeads);
    if (failed(cutLast(node, spec.q,
                       {heads * size, keyHeads * size, keyHeads * size},
                       {&spec.q, &spec.k, &spec.v})))
      return failure();
  }
  if (failed(splitHeads(node, "query", heads, spec.q)) ||
      failed(splitHeads(node, "key", keyHeads, spec.k)) ||
      failed(splitHeads(node, "value", keyHeads, spec.v)))
    return failure();
  return success();
}

LogicalResult rotateHeads(Binder &node, AttentionSpec &spec) {
  bool rotates = false;
  RotarySpec rotary;
  rotary.sequenceDim = 2;
  if (failed(node.getFlag("do_rotary", rotates)) ||
      failed(node.getFlag("rotary_interleaved", rotary.isInterleaved)))
    return failure();
  if (!rotates)
    return success();
  Value positions;
  if (node.hasInput(9) && failed(node.getInput(9, "position_ids", positions)))
    return failure();
  ArrayRef<int64_t> shape = nn::tensorType(spec.q).getShape();
  for (auto [index, name, angles] : {std::tuple(7, "cos_cache", &rotary.cos),
                                     std::tuple(8, "sin_cache", &rotary.sin)})
    if (failed(bindAngles(node, index, name, positions, shape[0], shape[2],
                          *angles)) ||
        failed(node.checkSameElementType(spec.q, *angles)))
      return failure();
  rotary.size = 2 * nn::tensorType(rotary.cos).getDimSize(2);
  for (Value *part : {&spec.q, &spec.k}) {
    FailureOr<Value> rotated = buildRotary(node, *part, rotary);
    if (failed(rotated))
      return failure();
    *part = *rotated;
  }
  return success();
}

LogicalResult legalizeGroupQueryAttention(Binder &node) {
  enum { PastKey = 3, Lengths = 5, AttentionBias = 10, Sink };
  AttentionSpec spec;
  int64_t heads = 0, keyHeads = 0, left = -1;
  bool isCausal = true;
  Value lengths;
  if (failed(refuseAttributes(node, {"smooth_softmax", "kv_cache_bit_width",
                                     "sliding_window_cache"})) ||
      failed(refuseInputs(node, Sink,
                          {"head_sink", "k_scale", "v_scale", "q_norm_weight",
                           "k_norm_weight", "query_seqlens"})) ||
      failed(refusePast(node, PastKey)) ||
      failed(getHeads(node, "num_heads", heads)) ||
      failed(getHeads(node, "kv_num_heads", keyHeads)) ||
      failed(bindScale(node, spec)) ||
      failed(node.getFloat("softcap", spec.softcap)) ||
      failed(node.getFlag("causal", isCausal)) ||
      failed(node.getInt("local_window_size", left)) ||
      failed(bindGroups(node, heads, keyHeads, spec)) ||
      failed(rotateHeads(node, spec)) ||
      failed(bindBias(node, AttentionBias, spec)) ||
      failed(node.getInput(Lengths, "seqlens_k", lengths)))
    return failure();
  // One less than there are keys.
  RankedTensorType type = nn::tensorType(lengths);
  nn::Math &m = node.getMath();
  int64_t batch = nn::tensorType(spec.q).getDimSize(0);
  if (!isInteger(lengths) || type.getNumElements() != batch)
    return node.emitError()
           << "input 'seqlens_k' of " << type
           << " is not one integer for each of " << batch << " rows";
  lengths = m.reshape(lengths, batch);
  KeyWindow window;
  window.queries = nn::tensorType(spec.q).getDimSize(2);
  window.keys = nn::tensorType(spec.k).getDimSize(2);
  spec.allowed.push_back(buildKeyCounts(
      node, m.add(lengths, m.constant(lengths, 1.0)), window.keys));
  if (isCausal)
    window.right = 0;
  // A query's own key counts.
  if (left > 0)
    window.left = left - 1;
  if (Value isAllowed = buildWindow(node, window))
    spec.allowed.push_back(isAllowed);
  // Queries behind the end of a row, for nobody to read.
  spec.mayBeAlone = true;
  if (failed(setAttention(node, spec)))
    return failure();
  node.setResult(1, spec.k);
  node.setResult(2, spec.v);
  return success();
}

} // namespace

void registerContribAttention(LegalizeTable &table) {
  table.add("Attention", 1, legalizeAttention, kContribDomain);
  table.add("MultiHeadAttention", 1, legalizeMultiHeadAttention,
            kContribDomain);
  table.add("GroupQueryAttention", 1, legalizeGroupQueryAttention,
            kContribDomain);
  table.add("RotaryEmbedding", 1, legalizeRotaryEmbedding, kContribDomain);
}

} // namespace dpc::legalize
