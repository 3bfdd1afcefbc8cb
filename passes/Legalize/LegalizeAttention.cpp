//===- LegalizeAttention.cpp - Attention and rotary positions of ai.onnx --===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Attention.h"
#include "passes/Legalize/Index.h"
#include "passes/Legalize/LegalizeTable.h"

#include <limits>

using namespace mlir;

namespace dpc::legalize {
namespace {

enum Input { Q, K, V, Mask, PastKey, PastValue, KeyCounts };

LogicalResult bindPast(Binder &node, unsigned index, StringRef name,
                       Value &now) {
  Value past;
  if (!node.hasInput(index))
    return success();
  if (failed(node.getInput(index, name, past)))
    return failure();
  return prependPast(node, name, past, now);
}

/// Binds Q, K and V as [batch, heads, sequence, head size].
LogicalResult bindHeads(Binder &node, AttentionSpec &spec, bool &isJoined) {
  int64_t heads = 0, keyHeads = 0;
  if (failed(node.getFloatInput(Q, "Q", spec.q)) ||
      failed(node.getFloatInput(K, "K", spec.k)) ||
      failed(node.getFloatInput(V, "V", spec.v)) ||
      failed(node.checkSameElementType(spec.q, spec.k)) ||
      failed(node.getInt("q_num_heads", heads)) ||
      failed(node.getInt("kv_num_heads", keyHeads)))
    return failure();
  isJoined = nn::tensorType(spec.q).getRank() == 3;
  if (!isJoined) {
    for (Value value : {spec.q, spec.k, spec.v})
      if (nn::tensorType(value).getRank() != 4)
        return node.emitError()
               << "inputs must have 3 or 4 dimensions, not " << value.getType();
    return success();
  }
  if (failed(splitHeads(node, "Q", heads, spec.q)) ||
      failed(splitHeads(node, "K", keyHeads, spec.k)) ||
      failed(splitHeads(node, "V", keyHeads, spec.v)))
    return failure();
  return success();
}

/// A mask may end before the keys do, of which none behind it is allowed.
LogicalResult bindMask(Binder &node, AttentionSpec &spec) {
  if (!node.hasInput(Mask))
    return success();
  Value mask;
  if (failed(node.getInput(Mask, "attn_mask", mask)))
    return failure();
  RankedTensorType type = nn::tensorType(mask);
  bool isBool = type.getElementType().isInteger(1);
  if (!isBool && failed(node.checkSameElementType(spec.q, mask)))
    return failure();
  int64_t rank = type.getRank();
  int64_t keys = nn::tensorType(spec.k).getDimSize(2);
  if (rank > 0 && type.getShape().back() != 1 &&
      type.getShape().back() < keys) {
    SmallVector<int64_t> none(rank, 0), high(rank, 0);
    high.back() = keys - type.getShape().back();
    double value = isBool ? 0.0 : -std::numeric_limits<double>::infinity();
    mask = nn::PadOp::create(node.getBuilder(), node.getLoc(), mask, none, high,
                             none, llvm::APFloat(value));
  }
  (isBool ? spec.allowed : spec.biases).push_back(mask);
  spec.mayBeAlone = true;
  return success();
}

/// What positions and counts of keys allow.
LogicalResult bindPositions(Binder &node, AttentionSpec &spec) {
  bool isCausal = false;
  int64_t left = -1, right = -1;
  if (failed(node.getFlag("is_causal", isCausal)) ||
      failed(node.getInt("left_window_size", left)) ||
      failed(node.getInt("right_window_size", right)))
    return failure();
  if (left < -1 || right < -1)
    return node.emitError() << "a window's size must be -1 or more";
  KeyWindow window;
  window.queries = nn::tensorType(spec.q).getDimSize(2);
  window.keys = nn::tensorType(spec.k).getDimSize(2);
  if (left >= 0)
    window.left = left;
  if (right >= 0)
    window.right = right;
  if (isCausal)
    window.right = 0;
  if (node.hasInput(PastKey)) {
    Value past;
    if (failed(node.getInput(PastKey, "past_key", past)))
      return failure();
    window.offset = nn::tensorType(past).getDimSize(2);
  }
  if (node.hasInput(KeyCounts)) {
    Value counts;
    if (node.hasInput(PastKey))
      return node.emitError() << "inputs 'past_key' and 'nonpad_kv_seqlen' "
                                 "cannot be together";
    if (failed(node.getInput(KeyCounts, "nonpad_kv_seqlen", counts)))
      return failure();
    RankedTensorType type = nn::tensorType(counts);
    int64_t batch = nn::tensorType(spec.q).getDimSize(0);
    if (!type.getElementType().isInteger(64) ||
        type.getShape() != ArrayRef<int64_t>(batch))
      return node.emitError()
             << "input 'nonpad_kv_seqlen' of " << type
             << " is not one i64 for each of " << batch << " rows";
    spec.allowed.push_back(buildKeyCounts(node, counts, window.keys));
    window.offsets = counts;
    window.offset = -window.queries;
    spec.mayBeAlone = true;
  }
  if (Value isAllowed = buildWindow(node, window))
    spec.allowed.push_back(isAllowed);
  // A window to the left alone may end before the first key does.
  spec.mayBeAlone |= window.left.has_value();
  return success();
}

LogicalResult bindSoftmaxType(Binder &node, AttentionSpec &spec) {
  int64_t precision = 0;
  if (failed(node.getInt("softmax_precision", precision)))
    return failure();
  if (precision == 0)
    return success();
  spec.softmaxType =
      onnx::getElementType(node.getBuilder().getContext(), precision);
  if (!isa_and_nonnull<FloatType>(spec.softmaxType) ||
      !isSupportedElementType(spec.softmaxType))
    return node.emitError() << "'softmax_precision' names "
                            << onnx::getElementTypeName(precision)
                            << ", which is no floating-point type that is "
                               "supported by dpc";
  return success();
}

LogicalResult legalizeAttention(Binder &node) {
  AttentionSpec spec;
  bool isJoined;
  int64_t mode = 0;
  double scale = 0;
  if (failed(bindHeads(node, spec, isJoined)) ||
      failed(bindPast(node, PastKey, "past_key", spec.k)) ||
      failed(bindPast(node, PastValue, "past_value", spec.v)) ||
      failed(node.getFloat("scale", scale)) ||
      failed(node.getFloat("softcap", spec.softcap)) ||
      failed(node.getInt("qk_matmul_output_mode", mode)))
    return failure();
  if (node.hasInput(PastKey) != node.hasInput(PastValue))
    return node.emitError()
           << "inputs 'past_key' and 'past_value' must be together";
  for (Value value : {spec.q, spec.k})
    if (nn::tensorType(value).getRank() != 4)
      return node.emitError()
             << "inputs must have 3 or 4 dimensions, not " << value.getType();
  if (node.getAttr("scale"))
    spec.scale = scale;
  if (mode < 0 || mode > 3)
    return node.emitError()
           << "'qk_matmul_output_mode' must be 0 to 3, not " << mode;
  if (failed(bindMask(node, spec)) || failed(bindPositions(node, spec)) ||
      failed(bindSoftmaxType(node, spec)))
    return failure();
  FailureOr<AttentionResult> result = buildAttention(node, spec);
  if (failed(result))
    return failure();
  node.setResult(0, isJoined ? joinHeads(node, result->y) : result->y);
  node.setResult(1, spec.k);
  node.setResult(2, spec.v);
  const Value modes[] = {result->scores, result->capped, result->biased,
                         result->weights};
  node.setResult(3, modes[mode]);
  return success();
}

/// [batch, sequence, size / 2], by position ids where there are any.
LogicalResult bindAngles(Binder &node, unsigned index, StringRef name,
                         Value &angles) {
  // A table of sines is none of the model's weights.
  node.keepUntrained(index);
  Value positions;
  if (failed(node.getFloatInput(index, name, angles)))
    return failure();
  if (!node.hasInput(3))
    return success();
  if (nn::tensorType(angles).getRank() != 2)
    return node.emitError() << "input '" << name << "' must be a matrix, not "
                            << angles.getType();
  if (failed(node.getInput(3, "position_ids", positions)) ||
      failed(buildGather(node, angles, positions, 0, angles)))
    return failure();
  return success();
}

LogicalResult legalizeRotaryEmbedding(Binder &node) {
  Value x;
  RotarySpec spec;
  int64_t heads = 0;
  if (failed(node.getFloatInput(0, "X", x)) ||
      failed(node.getInt("num_heads", heads)) ||
      failed(node.getInt("rotary_embedding_dim", spec.size)) ||
      failed(node.getFlag("interleaved", spec.isInterleaved)) ||
      failed(bindAngles(node, 1, "cos_cache", spec.cos)) ||
      failed(bindAngles(node, 2, "sin_cache", spec.sin)) ||
      failed(node.checkSameElementType(x, spec.cos)) ||
      failed(node.checkSameElementType(x, spec.sin)))
    return failure();
  SmallVector<int64_t> shape(nn::tensorType(x).getShape());
  nn::Math &m = node.getMath();
  spec.sequenceDim = shape.size() == 3 ? 1 : 2;
  if (shape.size() == 3) {
    if (heads < 1 || shape[2] % heads != 0)
      return node.emitError()
             << "input 'X' of " << x.getType() << " is not [batch, sequence, "
             << heads << " heads]";
    x = m.reshape(x, {shape[0], shape[1], heads, shape[2] / heads});
  } else if (shape.size() != 4) {
    return node.emitError()
           << "input 'X' must have 3 or 4 dimensions, not " << x.getType();
  }
  FailureOr<Value> y = buildRotary(node, x, spec);
  if (failed(y))
    return failure();
  node.setResult(0, m.reshape(*y, shape));
  return success();
}

} // namespace

void registerAttention(LegalizeTable &table) {
  table.add("Attention", 23, legalizeAttention);
  table.add("RotaryEmbedding", 23, legalizeRotaryEmbedding);
}

} // namespace dpc::legalize
