//===- LegalizeContrib.cpp - onnxruntime's fused operators ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What onnxruntime's optimizer puts into a transformer in place of several
// nodes (domain com.microsoft), apart from attention.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Activations.h"
#include "passes/Legalize/Contrib.h"
#include "passes/Legalize/Dot.h"
#include "passes/Legalize/Index.h"
#include "passes/Legalize/LegalizeTable.h"
#include "passes/Legalize/Norms.h"

#include <algorithm>

using namespace mlir;

namespace dpc::legalize {

LogicalResult refuseInputs(Binder &node, unsigned from,
                           ArrayRef<StringRef> names) {
  for (auto [i, name] : llvm::enumerate(names))
    if (node.hasInput(from + i))
      return node.emitError()
             << "input '" << name << "' is not supported by dpc";
  return success();
}

LogicalResult refuseAttributes(Binder &node, ArrayRef<StringRef> names) {
  for (StringRef name : names) {
    int64_t value = 0;
    if (failed(node.getInt(name, value)))
      return failure();
    if (value > 0)
      return node.emitError() << "attribute '" << name << "' of " << value
                              << " is not supported by dpc";
  }
  return success();
}

namespace {

//===----------------------------------------------------------------------===//
// Normalization
//===----------------------------------------------------------------------===//

/// Normalizes the last dimension of `x`, with the statistics of each row.
LogicalResult getLastNorm(Binder &node, Value x, Centre centre,
                          Normalization &norm) {
  // 1e-12, as onnxruntime has it.
  double epsilon = 0x1.1979980000000p-40;
  if (failed(node.getFloat("epsilon", epsilon)))
    return failure();
  int64_t rank = nn::tensorType(x).getRank();
  if (rank < 1)
    return node.emitError() << "the input must not be a scalar";
  norm = normalize(node, x, {rank - 1}, epsilon, centre);
  return success();
}

Value keepLastDim(Binder &node, Value statistic) {
  if (!statistic)
    return {};
  SmallVector<int64_t> shape(nn::tensorType(statistic).getShape());
  shape.push_back(1);
  return node.getMath().reshape(statistic, shape);
}

/// The normalized sum of `input`, `skip` and a bias, and that sum.
template <Centre Off>
LogicalResult legalizeSkipLayerNormalization(Binder &node) {
  constexpr unsigned kBias = Off == Centre::Yes ? 4 : 3;
  Value x;
  Normalization norm;
  if (failed(node.getFloatInput(0, "input", x)) ||
      failed(applyBias(node, 1, "skip", x)) ||
      failed(applyBias(node, kBias, "bias", x)) ||
      failed(getLastNorm(node, x, Off, norm)))
    return failure();
  if (failed(applyScale(node, 2, "gamma", norm.y)) ||
      (Off == Centre::Yes && failed(applyBias(node, 3, "beta", norm.y))))
    return failure();
  node.setResult(0, norm.y);
  node.setResult(1, keepLastDim(node, norm.mean));
  node.setResult(2, keepLastDim(node, norm.inverse));
  node.setResult(3, x);
  return success();
}

/// Adds the rows of a table that `ids` name, repeated for the batch.
LogicalResult addEmbedding(Binder &node, unsigned table, StringRef name,
                           Value ids, Value &sum) {
  Value rows;
  if (failed(node.getFloatInput(table, name, rows)))
    return failure();
  if (nn::tensorType(rows).getRank() != 2)
    return node.emitError()
           << "input '" << name << "' must be a matrix, not " << rows.getType();
  if (failed(buildGather(node, rows, ids, 0, rows)))
    return failure();
  if (!sum) {
    sum = rows;
    return success();
  }
  if (failed(node.checkSameElementType(sum, rows)) ||
      failed(node.broadcastTo(rows, name, sum)))
    return failure();
  sum = node.getMath().add(sum, rows);
  return success();
}

/// The normalized sum of the embeddings of words, positions and segments.
LogicalResult legalizeEmbedLayerNormalization(Binder &node) {
  enum { Ids, Segments, Words, Positions, SegmentTable, Gamma, Beta, Mask };
  constexpr unsigned kPositionIds = 8;
  Value ids, segments, positions, sum;
  Normalization norm;
  if (failed(node.getInput(Ids, "input_ids", ids)))
    return failure();
  RankedTensorType type = nn::tensorType(ids);
  if (type.getRank() != 2)
    return node.emitError() << "input 'input_ids' must be [batch, sequence], "
                            << "not " << type;
  nn::Math &m = node.getMath();
  if (node.hasInput(kPositionIds)) {
    if (failed(node.getInput(kPositionIds, "position_ids", positions)))
      return failure();
  } else {
    positions = m.iota(RankedTensorType::get(type.getDimSize(1),
                                             node.getBuilder().getI64Type()),
                       0);
  }
  if (failed(addEmbedding(node, Words, "word_embedding", ids, sum)) ||
      failed(
          addEmbedding(node, Positions, "position_embedding", positions, sum)))
    return failure();
  if (node.hasInput(Segments) &&
      (failed(node.getInput(Segments, "segment_ids", segments)) ||
       failed(addEmbedding(node, SegmentTable, "segment_embedding", segments,
                           sum))))
    return failure();
  if (failed(getLastNorm(node, sum, Centre::Yes, norm)) ||
      failed(applyScale(node, Gamma, "gamma", norm.y)) ||
      failed(applyBias(node, Beta, "beta", norm.y)))
    return failure();
  node.setResult(0, norm.y);
  node.setResult(2, sum);
  if (!node.isResultUsed(1))
    return success();
  // How many words of each row the mask lets through.
  Type counted = node.getBuilder().getI32Type();
  Value count =
      m.constant(RankedTensorType::get(type.getDimSize(0), counted), 0.0);
  if (node.hasInput(Mask)) {
    Value mask;
    if (failed(node.getInput(Mask, "mask", mask)))
      return failure();
    if (nn::tensorType(mask).getShape() != type.getShape())
      return node.emitError() << "input 'mask' of " << mask.getType()
                              << " does not match 'input_ids' of " << type;
    Value isWord =
        m.compare(mask, nn::CompareDirection::EQ, m.constant(mask, 1.0));
    count = m.reduce(nn::ReduceKind::Sum, m.convert(isWord, counted), {1});
  }
  node.setResult(1, count);
  return success();
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// The second operand, where there is one, is a bias.
template <GeluKind Kind> LogicalResult legalizeBiasGelu(Binder &node) {
  Value x;
  if (failed(node.getFloatInput(0, "X", x)) ||
      failed(applyBias(node, 1, "bias", x)))
    return failure();
  node.setResult(0, buildGelu(node, x, Kind));
  return success();
}

LogicalResult legalizeQuickGelu(Binder &node) {
  Value x;
  double alpha = 1.702f;
  if (failed(node.getFloatInput(0, "X", x)) ||
      failed(node.getFloat("alpha", alpha)))
    return failure();
  node.setResult(0, buildSwish(node, x, alpha));
  return success();
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// `transpose` swaps the last two dimensions; `transposeBatch` before that puts
/// the first dimension behind those of the batch.
Value transposeOperand(nn::Math &m, Value x, bool transpose,
                       bool transposeBatch) {
  int64_t rank = nn::tensorType(x).getRank();
  if (rank < 2)
    return x;
  SmallVector<int64_t> permutation =
      llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (transposeBatch)
    std::rotate(permutation.begin(), permutation.begin() + 1,
                permutation.end() - 1);
  if (transpose)
    std::swap(permutation[rank - 1], permutation[rank - 2]);
  return m.transpose(x, permutation);
}

LogicalResult legalizeFusedMatMul(Binder &node) {
  Value a, b, result;
  bool transA = false, transB = false, batchA = false, batchB = false;
  double alpha = 1.0;
  if (failed(node.getFloatInput(0, "A", a)) ||
      failed(node.getFloatInput(1, "B", b)) ||
      failed(node.checkSameElementType(a, b)) ||
      failed(node.getFlag("transA", transA)) ||
      failed(node.getFlag("transB", transB)) ||
      failed(node.getFlag("transBatchA", batchA)) ||
      failed(node.getFlag("transBatchB", batchB)) ||
      failed(node.getFloat("alpha", alpha)))
    return failure();
  nn::Math &m = node.getMath();
  if (failed(buildMatMul(node, transposeOperand(m, a, transA, batchA),
                         transposeOperand(m, b, transB, batchB), result)))
    return failure();
  if (alpha != 1.0)
    result = m.mul(result, m.constant(result, alpha));
  node.setResult(0, result);
  return success();
}

/// An activation behind, whose number has another name than Gemm's.
LogicalResult legalizeFusedGemm(Binder &node) {
  Value result;
  std::string activation;
  double alpha = 0.01;
  if (failed(node.getString("activation", activation)) ||
      failed(node.getFloat("activation_alpha", alpha)) ||
      failed(node.getFloatInput(0, "A", result)) ||
      failed(buildGemm(node, result)))
    return failure();
  nn::Math &m = node.getMath();
  if (activation == "Relu")
    result = nn::ReluOp::create(node.getBuilder(), node.getLoc(), result);
  else if (activation == "LeakyRelu")
    result = buildLeakyRelu(node, result, alpha);
  else if (activation == "Sigmoid")
    result = m.logistic(result);
  else if (activation == "Tanh")
    result = m.tanh(result);
  else
    return node.emitError() << "the activation '" << activation
                            << "' is not supported by dpc; LeakyRelu, Relu, "
                               "Sigmoid and Tanh are";
  node.setResult(0, result);
  return success();
}

} // namespace

void registerContrib(LegalizeTable &table) {
  table.add("SkipLayerNormalization", 1,
            legalizeSkipLayerNormalization<Centre::Yes>, kContribDomain);
  table.add("SkipSimplifiedLayerNormalization", 1,
            legalizeSkipLayerNormalization<Centre::No>, kContribDomain);
  table.add("EmbedLayerNormalization", 1, legalizeEmbedLayerNormalization,
            kContribDomain);
  table.add("BiasGelu", 1, legalizeBiasGelu<GeluKind::Erf>, kContribDomain);
  table.add("Gelu", 1, legalizeBiasGelu<GeluKind::Erf>, kContribDomain);
  table.add("FastGelu", 1, legalizeBiasGelu<GeluKind::Tanh>, kContribDomain);
  table.add("QuickGelu", 1, legalizeQuickGelu, kContribDomain);
  table.add("FusedGemm", 1, legalizeFusedGemm, kContribDomain);
  table.add("FusedMatMul", 1, legalizeFusedMatMul, kContribDomain);
  table.add("TransposeMatMul", 1, legalizeFusedMatMul, kContribDomain);
}

} // namespace dpc::legalize
