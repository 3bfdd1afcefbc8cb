//===- ReferenceTensor.h - A tensor of the reference semantics --*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_REFERENCETENSOR_H
#define DPC_DIALECTS_NN_REFERENCETENSOR_H

#include "dialects/NN/NNEnums.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/APSInt.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <vector>

namespace dpc::nn {

/// `real` of a floating-point tensor, `integer` of any other.
union ReferenceElement {
  double real;
  /// The value; that of a ui64 modulo 2^64. Booleans are 0 and 1.
  int64_t integer;
};

/// A dense row-major tensor. Integers are exact, and wrap as the machine's do.
/// Floating-point values are f64, whatever the element type says, and *not*
/// rounded to it except by nn.convert: the reference computes the mathematics,
/// not the machine's arithmetic.
struct ReferenceTensor {
  mlir::RankedTensorType type;
  std::vector<ReferenceElement> data;

  ReferenceTensor() = default;
  /// All zeros.
  explicit ReferenceTensor(mlir::RankedTensorType type)
      : type(type), data(type.getNumElements()) {}

  static ReferenceTensor fromAttr(mlir::DenseElementsAttr attr);
  mlir::DenseElementsAttr toAttr() const;

  llvm::ArrayRef<int64_t> shape() const { return type.getShape(); }
  int64_t rank() const { return type.getRank(); }
  int64_t size() const { return static_cast<int64_t>(data.size()); }
  bool isFloat() const {
    return mlir::isa<mlir::FloatType>(type.getElementType());
  }

  /// Element `i`; of the integers beyond 2^53, the nearest f64.
  double getNumber(int64_t i) const;
  /// Integers are truncated towards zero and saturate; NaN becomes 0; booleans
  /// are `value != 0`.
  void setNumber(int64_t i, double value);
  /// Of an integer tensor; booleans are unsigned.
  llvm::APSInt getInteger(int64_t i) const;
  /// Takes the low bits of `value`.
  void setInteger(int64_t i, const llvm::APSInt &value);
  /// Combines element `i` with element `j` of `other`, of the same type.
  void accumulate(ReduceKind kind, int64_t i, const ReferenceTensor &other,
                  int64_t j);
};

/// `value` rounded to `type`, to nearest, ties to even.
double roundToType(double value, mlir::FloatType type);
/// The nearest f64.
double toDouble(llvm::APFloat value);

/// Arithmetic on the numbers of a reference tensor: f64 or integers of a type.
namespace reference {
/// Integers: truncated towards zero, 0 where the divisor is 0.
double div(double a, double b);
llvm::APSInt div(const llvm::APSInt &a, const llvm::APSInt &b);
double abs(double x);
llvm::APSInt abs(const llvm::APSInt &x);
double relu(double x);
llvm::APSInt relu(const llvm::APSInt &x);
/// Of two nearest integers the even one.
double roundEven(double x);
/// C's fmod; of integers 0 where the divisor is 0.
double rem(double a, double b);
llvm::APSInt rem(const llvm::APSInt &a, const llvm::APSInt &b);
/// See nn.shift_left; to the right, zeros move in.
llvm::APSInt shift(const llvm::APSInt &a, const llvm::APSInt &b, bool toLeft);
/// Extremes are NaN if a or b is; +0 is greater than -0.
double combine(ReduceKind kind, double a, double b);
llvm::APSInt combine(ReduceKind kind, const llvm::APSInt &a,
                     const llvm::APSInt &b);

/// Every element of `result` is `fn` of those of `operands` there, as f64.
template <typename Fn, typename... Tensors>
void mapReals(ReferenceTensor &result, Fn fn, const Tensors &...operands) {
  for (int64_t i = 0; i < result.size(); ++i)
    result.data[i].real = fn(operands.data[i].real...);
}

/// The same of f64 or of integers, as the operands' type is; the result has it.
template <typename Fn, typename... Tensors>
void mapNumbers(ReferenceTensor &result, Fn fn, const Tensors &...operands) {
  if (result.isFloat())
    return mapReals(result, fn, operands...);
  for (int64_t i = 0; i < result.size(); ++i)
    result.setInteger(i, fn(operands.getInteger(i)...));
}

/// The same where there are integers only.
template <typename Fn, typename... Tensors>
void mapIntegers(ReferenceTensor &result, Fn fn, const Tensors &...operands) {
  for (int64_t i = 0; i < result.size(); ++i)
    result.setInteger(i, fn(operands.getInteger(i)...));
}
} // namespace reference

/// Row-major strides, in elements.
llvm::SmallVector<int64_t> rowMajorStrides(llvm::ArrayRef<int64_t> shape);

/// Calls `fn` with every index of `shape` in row-major order (once, with an
/// empty index, for rank 0; never when a dimension is 0).
void forEachIndex(llvm::ArrayRef<int64_t> shape,
                  llvm::function_ref<void(llvm::ArrayRef<int64_t>)> fn);

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_REFERENCETENSOR_H
