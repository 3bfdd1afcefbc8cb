//===- Attention.h - Attention that several operators have ------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_ATTENTION_H
#define DPC_PASSES_LEGALIZE_ATTENTION_H

#include "passes/Legalize/Binder.h"

namespace dpc::legalize {

/// Scaled dot-product attention (Vaswani et al., Attention Is All You Need,
/// NIPS 2017). A key's head serves as many neighbouring heads of queries as
/// there are more of these (Ainslie et al., GQA, EMNLP 2023).
struct AttentionSpec {
  /// [batch, heads, sequence, head size].
  mlir::Value q, k, v;
  /// What is multiplied by; 1 / sqrt(head size) by default.
  std::optional<double> scale;
  /// 0, or the size of scores in the limit.
  double softcap = 0;
  /// Added to the scores; of a shape that can be broadcast to theirs, [batch,
  /// heads of queries, queries, keys], as those of `allowed`.
  llvm::SmallVector<mlir::Value> biases;
  /// Booleans: whether a query may look at a key.
  llvm::SmallVector<mlir::Value> allowed;
  /// Whether there may be queries that may look at no key: their result is 0.
  bool mayBeAlone = false;
  /// Of the softmax; null: of q.
  mlir::Type softmaxType;
};

/// The result [batch, heads of queries, queries, head size of v], and what was
/// computed on the way, of the shape of the scores.
struct AttentionResult {
  mlir::Value y, scores, capped, biased, weights;
};

mlir::FailureOr<AttentionResult> buildAttention(Binder &node,
                                                const AttentionSpec &spec);

/// [batch, sequence, heads * size] as [batch, heads, sequence, size].
mlir::LogicalResult splitHeads(Binder &node, llvm::StringRef name,
                               int64_t heads, mlir::Value &x);
/// The opposite.
mlir::Value joinHeads(Binder &node, mlir::Value x);

/// Puts `past`, operand `name`, in front of `now` along the sequence.
mlir::LogicalResult prependPast(Binder &node, llvm::StringRef name,
                                mlir::Value past, mlir::Value &now);

/// Which keys a query may look at by their positions: key j of query i where
/// i + offset - left <= j <= i + offset + right, each bound if there is one.
struct KeyWindow {
  int64_t queries, keys;
  int64_t offset = 0;
  /// One more offset for every row of the batch: [batch] of i64, or null.
  mlir::Value offsets;
  std::optional<int64_t> left, right;
};

/// Null if all are allowed.
mlir::Value buildWindow(Binder &node, const KeyWindow &window);

/// Whether key j is one of the first `counts[batch]`: [batch, 1, 1, keys].
mlir::Value buildKeyCounts(Binder &node, mlir::Value counts, int64_t keys);

/// Rotary positions (Su et al., RoFormer, 2021).
struct RotarySpec {
  /// Where `x`, of four dimensions, has its sequence; its heads are the other
  /// one between the batch and the head size.
  int64_t sequenceDim;
  /// How many of a head's elements are rotated, the first ones; 0: all.
  int64_t size = 0;
  /// Pairs are neighbours, not halves.
  bool isInterleaved = false;
  /// [batch, sequence, size / 2].
  mlir::Value cos, sin;
};

mlir::FailureOr<mlir::Value> buildRotary(Binder &node, mlir::Value x,
                                         const RotarySpec &spec);

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_ATTENTION_H
