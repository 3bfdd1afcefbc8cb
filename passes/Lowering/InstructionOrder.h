//===- InstructionOrder.h - Steps and where values lie ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LOWERING_INSTRUCTIONORDER_H
#define DPC_PASSES_LOWERING_INSTRUCTIONORDER_H

#include "dialects/Dist/DistDialect.h"
#include "passes/Lowering/MemoryPlanner.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

namespace dpc {

/// Where a value lies: `offset` bytes into a function argument's persistent
/// slot or into a temporary buffer.
struct Place {
  enum Kind { Argument, Temporary } kind = Temporary;
  unsigned index = 0;
  int64_t offset = 0;

  bool operator==(const Place &) const = default;
};

/// One instruction to be.
struct Step {
  enum Kind {
    Kernel,
    Library,
    CheckRange,
    RankIndex,
    Start,
    Wait,
    Copy,
    Interleave
  };
  Kind kind;
  /// The op it comes from; a start's and a wait's is the collective.
  mlir::Operation *op;
  mlir::Location loc;
  nn::Phase phase;
  /// Number of the collective or message.
  unsigned collective = 0;
  /// Library: where the call's workspace is, if it has one.
  std::optional<Place> workspace{};
  /// Copy and Interleave: from where to where.
  Place from{}, to{};
  mlir::RankedTensorType type{};
  /// Its dist.task, or null.
  mlir::Attribute task{};
  /// Whose it is; a start's and a wait's is the collective's.
  std::optional<int64_t> microbatch{};
};

/// Puts a function's ops in their final order and decides which values share
/// memory:
/// - a reshape is its operand, a microbatch a part of its input's slot;
/// - the new value of a parameter or state takes the old one's slot, at once if
///   the kernel that computes it is the last to read the old one, and else by a
///   copy at the end;
/// - what a kernel computes takes the place of an input that nobody reads
///   afterwards, if the kernel can do so element by element;
/// - the members of an all_reduce lie next to each other in one buffer, which
///   their producers write straight into, and the results replace them there.
class InstructionOrder {
public:
  /// Emits an error at the op that cannot be ordered.
  static mlir::FailureOr<InstructionOrder> build(mlir::func::FuncOp function);

  llvm::SmallVector<Step> steps;
  /// With lifetimes; offsets are not set.
  llvm::SmallVector<Lifetime> temporaries;
  /// Arguments that the program replaces.
  llvm::DenseSet<unsigned> updated;

  /// Where a value lies (views looked through).
  Place getPlace(mlir::Value value) const;

  /// Calls fn(place, isWritten) for what the step touches, in an order that depends
  /// on its kind only. What it changes in place is called read, too.
  void forEachPlace(const Step &step,
                    llvm::function_ref<void(const Place &, bool)> fn) const;

  /// A collective's one buffer: for all_gather, reduce_scatter, all_to_all and
  /// recv, the received one. A send has none.
  struct Bucket {
    Place place;
    mlir::RankedTensorType type;
  };
  llvm::SmallVector<Bucket> buckets;
  /// Where program results lie; nothing for updated parameters and states, which
  /// lie in their arguments' slots.
  llvm::SmallVector<std::optional<Place>> results;

private:
  friend class InstructionOrderer;
  llvm::DenseMap<mlir::Value, Place> places;
};

/// `value` with views looked through: whose memory it is in.
mlir::Value getMemoryRoot(mlir::Value value);
/// The op of the step that makes a root: of a wait's, the transfer. Null for an
/// argument.
mlir::Operation *getMaker(mlir::Value root);
/// How many bytes after its root's begin `value` lies.
int64_t getOffsetInRoot(mlir::Value value);

} // namespace dpc

#endif // DPC_PASSES_LOWERING_INSTRUCTIONORDER_H
