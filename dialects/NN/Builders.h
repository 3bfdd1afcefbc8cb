//===- Builders.h - Short forms for building nn ops -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_BUILDERS_H
#define DPC_DIALECTS_NN_BUILDERS_H

#include "dialects/NN/NNDialect.h"

namespace dpc::nn {

/// Builds nn ops at one location, with types inferred from the operands.
class Math {
public:
  Math(mlir::OpBuilder &builder, mlir::Location loc)
      : builder(builder), loc(loc) {}

  mlir::Value neg(mlir::Value x);
  mlir::Value exp(mlir::Value x);
  mlir::Value log(mlir::Value x);
  mlir::Value sqrt(mlir::Value x);
  mlir::Value tanh(mlir::Value x);
  mlir::Value logistic(mlir::Value x);
  mlir::Value softplus(mlir::Value x);
  mlir::Value sin(mlir::Value x);
  mlir::Value cos(mlir::Value x);
  mlir::Value sinh(mlir::Value x);
  mlir::Value cosh(mlir::Value x);
  mlir::Value abs(mlir::Value x);
  mlir::Value rem(mlir::Value a, mlir::Value b);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value div(mlir::Value a, mlir::Value b);
  mlir::Value pow(mlir::Value a, mlir::Value b);
  mlir::Value compare(mlir::Value a, CompareDirection direction, mlir::Value b);
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);
  mlir::Value convert(mlir::Value x, mlir::Type elementType);
  /// The same to a type of which values are rounded where they are kept only
  /// (nn.convert).
  mlir::Value convertStored(mlir::Value x, mlir::Type elementType);
  /// Of booleans.
  mlir::Value logicalAnd(mlir::Value a, mlir::Value b);
  mlir::Value logicalOr(mlir::Value a, mlir::Value b);
  mlir::Value logicalNot(mlir::Value a);

  /// A splat of `like`'s type. Integers take the truncated value.
  mlir::Value constant(mlir::Value like, double value);
  mlir::Value constant(mlir::RankedTensorType type, double value);
  mlir::Value iota(mlir::RankedTensorType type, int64_t dim);
  /// The number of rows with data, a tensor<i64>.
  mlir::Value batchRows(int64_t batch);

  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<int64_t> shape);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> permutation);
  /// x's dimension i becomes dimension dims[i] of `shape`.
  mlir::Value broadcast(mlir::Value x, llvm::ArrayRef<int64_t> shape,
                        llvm::ArrayRef<int64_t> dims);
  /// Numpy broadcasting of x to `shape` (trailing dimensions aligned, extents
  /// of 1 expanded); `shape` must be compatible.
  mlir::Value broadcastNumpy(mlir::Value x, llvm::ArrayRef<int64_t> shape);
  /// Sums of 16-bit numbers are added up in f32.
  mlir::Value reduce(ReduceKind kind, mlir::Value x,
                     llvm::ArrayRef<int64_t> dims);
  mlir::Value reduceAll(ReduceKind kind, mlir::Value x);
  /// Repeats x, which lacks `dims` of `shape`, along them: undoes a reduce.
  mlir::Value unreduce(mlir::Value x, llvm::ArrayRef<int64_t> shape,
                       llvm::ArrayRef<int64_t> dims);
  /// Matrix product of the last two dimensions, as numpy.matmul on operands of
  /// equal rank and equal leading dimensions.
  mlir::Value matmul(mlir::Value a, mlir::Value b);

private:
  mlir::OpBuilder &builder;
  mlir::Location loc;
};

mlir::RankedTensorType tensorType(mlir::Value value);

/// Whether it is a floating-point type of 16 bits or fewer.
bool isNarrow(mlir::Type elementType);

/// `value` as an attribute of a number type. Integers are truncated towards
/// zero and saturate; NaN becomes 0; booleans are `value != 0`.
mlir::TypedAttr numberAttr(mlir::Type elementType, double value);

/// Scalar arithmetic of kernels, on floats or signless integers.
namespace scalar {
using mlir::Location;
using mlir::OpBuilder;
using mlir::Value;
Value neg(OpBuilder &builder, Location loc, Value x);
Value add(OpBuilder &builder, Location loc, Value a, Value b);
Value sub(OpBuilder &builder, Location loc, Value a, Value b);
Value mul(OpBuilder &builder, Location loc, Value a, Value b);
/// Integers: truncated, 0 where the divisor is 0.
Value div(OpBuilder &builder, Location loc, Value a, Value b, bool isUnsigned);
/// C's fmod; integers: 0 where the divisor is 0.
Value rem(OpBuilder &builder, Location loc, Value a, Value b, bool isUnsigned);
/// Of integers; zeros move in, and are all that is left of too long a shift.
Value shift(OpBuilder &builder, Location loc, Value a, Value b, bool toLeft);
Value abs(OpBuilder &builder, Location loc, Value x, bool isUnsigned);
Value relu(OpBuilder &builder, Location loc, Value x);
Value logistic(OpBuilder &builder, Location loc, Value x);
Value softplus(OpBuilder &builder, Location loc, Value x);
/// Combines two terms of a reduction.
Value combine(OpBuilder &builder, Location loc, ReduceKind kind, Value a,
              Value b, bool isUnsigned);
/// The reduction's identity, as a scalar of the kernel type of `elementType`.
Value identity(OpBuilder &builder, Location loc, ReduceKind kind,
               mlir::Type elementType);
Value constant(OpBuilder &builder, Location loc, mlir::Type elementType,
               double value);
/// The number of an attribute, exactly.
Value constant(OpBuilder &builder, Location loc, mlir::TypedAttr value);
/// Converts between element types `from` and `to` (see nn.convert).
Value convert(OpBuilder &builder, Location loc, Value x, mlir::Type from,
              mlir::Type to);
/// The value of a reduction's element: loops over the reduced domain with the
/// accumulator carried.
Value reduce(OpBuilder &builder, Location loc, ReductionOpInterface op,
             mlir::ValueRange indices, ReadElement read);
/// The scalar type that kernels compute in: ui8 -> i8, bf16 -> f32.
mlir::Type kernelType(mlir::Type elementType);
/// An element as it is loaded from a buffer of `elementType`s, to compute with,
/// and back.
Value fromStorage(OpBuilder &builder, Location loc, Value stored,
                  mlir::Type elementType);
Value toStorage(OpBuilder &builder, Location loc, Value element,
                mlir::Type elementType);
} // namespace scalar

/// Identity of a reduction as a number: 0, -inf or +inf (the extremes of
/// integer types).
double reductionIdentity(ReduceKind kind, mlir::Type elementType);

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_BUILDERS_H
