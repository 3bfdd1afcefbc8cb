//===- ShardingRule.h - How an op may be split ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A sharding rule names the independent index dimensions of an op, its
// *factors*, and says which factor each dimension of each operand and result
// runs over. Splitting a factor over a mesh axis splits every dimension that
// runs over it; a factor of kind Reduction leaves the results partial.
//
// Worked example: y = dot(x, w), x: 100x784, w: 128x784, contracting dim 1 of
// both:
//   factors  i = 100 PassThrough, j = 128 PassThrough, k = 784 Reduction(sum)
//   operands [i, k], [j, k]    results [i, j]
// Sharding i over "data" splits x's and y's rows and leaves w whole; the
// gradient dw = dot(dy, x) has i as its reduction factor and is partial.
//
// A dimension may run over several factors, major to minor: reshape
// 100x28x28 -> 100x784 has factors 100, 28, 28; operand [a],[b],[c], result
// [a],[b c]. Of these, c may be split once every part of b is a single element:
// only then is a part of c a block of the dimension. A dimension of extent 1
// that is broadcast runs over none.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_SHARDINGRULE_H
#define DPC_DIALECTS_NN_SHARDINGRULE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

#include "dialects/NN/NNEnums.h"

namespace dpc::nn {

enum class FactorKind {
  PassThrough,     ///< independent: may be split freely
  Reduction,       ///< contracted: splitting it makes the results partial
  NeedReplication, ///< must not be split
};

struct Factor {
  int64_t size;
  FactorKind kind = FactorKind::PassThrough;
};

/// Per dimension, the factors it runs over, major to minor.
using DimFactors = llvm::SmallVector<llvm::SmallVector<int64_t, 1>>;

/// How results depend on operands that are partial sums.
enum class Linearity {
  None,     ///< no partial operand is allowed
  Joint,    ///< linear in the tuple of `linearOperands`: all of them must be
            ///< partial over the axis, or none (add, sub, reshape, reduce sum)
  Separate, ///< linear in each of `linearOperands`: exactly one may be partial,
            ///< the others must be whole (mul, dot; div in its first operand)
};

struct OpShardingRule {
  llvm::SmallVector<Factor> factors;
  llvm::SmallVector<DimFactors> operands;
  llvm::SmallVector<DimFactors> results;
  /// Combines the parts of a result when a Reduction factor is split.
  ReduceKind reduction = ReduceKind::Sum;
  Linearity linearity = Linearity::None;
  llvm::SmallVector<unsigned> linearOperands;
  /// Partial operands are taken as they are, however large the results are.
  bool sumsLate = false;

  /// Prints `([i,k],[j,k])->([i,j]) reduction={k}`.
  void print(llvm::raw_ostream &os) const;
};

/// The rule of an op whose operands and results all have the same shape.
/// Operands of rank 0 are broadcast.
OpShardingRule makeElementwiseRule(mlir::Operation *op, Linearity linearity,
                                   llvm::ArrayRef<unsigned> linearOperands);

/// What PartitionOpInterface::buildLocal sees of the partitioner.
class PartitionContext {
public:
  virtual ~PartitionContext() = default;
  /// Local (padded) type of result `i` of the op under partition.
  virtual mlir::RankedTensorType getLocalResultType(unsigned i) = 0;
  /// Global index of this rank's first element in dimension `dim` of result
  /// `i`, a tensor<i64>; null when the dimension is not split (offset 0).
  virtual mlir::Value getResultOffset(mlir::OpBuilder &builder, unsigned i,
                                      unsigned dim) = 0;
  /// Global index of this rank's first element in dimension `dim` of operand
  /// `i`, a tensor<i64>; null when the dimension is not split.
  virtual mlir::Value getOperandOffset(mlir::OpBuilder &builder, unsigned i,
                                       unsigned dim) = 0;
  /// Which positions along dimension `dim` of the local operand `i` are not
  /// padding, a tensor<...xi1>; null when there is no padding.
  virtual mlir::Value getOperandValid(mlir::OpBuilder &builder, unsigned i,
                                      unsigned dim) = 0;
};

/// Clones `op` onto `localOperands` with the local result types.
llvm::FailureOr<llvm::SmallVector<mlir::Value>>
cloneWithLocalTypes(mlir::Operation *op, mlir::OpBuilder &builder,
                    mlir::ValueRange localOperands, PartitionContext &ctx);

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_SHARDINGRULE_H
