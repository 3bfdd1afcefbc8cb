//===- FoldConstants.h - Values computed from constants ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_FOLDCONSTANTS_H
#define DPC_PASSES_LEGALIZE_FOLDCONSTANTS_H

#include "dialects/ONNX/Limits.h"
#include "mlir/IR/Block.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/DenseMap.h"

namespace dpc::legalize {

/// Values that depend on constants alone, such as the shapes and axes that
/// graphs compute. The meaning of an op is its reference semantics; what
/// another row of the batch changes comes from nn.batch_rows, the one op known
/// here.
class ConstantFolder {
public:
  /// The elements of `value`, computed when first asked for: floating-point
  /// values on the way stay ops of the program. Null if they depend on an
  /// argument, or take more work than shapes do.
  mlir::DenseElementsAttr get(mlir::Value value);

  /// The same if a batch had one more row; null where that changes nothing.
  /// What is computed from the number of rows is a shape to some ops, which
  /// take it for a full batch, and a number to others, which stay ops of the
  /// program.
  mlir::DenseElementsAttr getWithMoreRows(mlir::Value value) {
    return get(value) ? more.lookup(value) : mlir::DenseElementsAttr();
  }

  /// Says what the elements of an argument are.
  void set(mlir::Value value, mlir::DenseElementsAttr elements) {
    known[value] = elements;
  }

  /// Says what the elements of an argument are at first; training may change
  /// them.
  void setInitial(mlir::Value value, mlir::DenseElementsAttr elements) {
    initial[value] = elements;
  }
  mlir::DenseElementsAttr getInitial(mlir::Value value) const {
    return initial.lookup(value);
  }

  /// Replaces the small integer values among the ops of `block` behind
  /// `previous` (null: all of them) by constants.
  void foldIntegers(mlir::Block &block, mlir::Operation *previous,
                    llvm::MutableArrayRef<mlir::Value> results);

private:
  using Elements = llvm::DenseMap<mlir::Value, mlir::DenseElementsAttr>;
  /// The op's value if its operands' are known; `preferred` goes before them.
  mlir::DenseElementsAttr evaluate(mlir::Operation &op,
                                   const Elements &preferred);
  void setEvaluated(mlir::Operation &op);

  /// Of values that were asked for, null where there are none.
  Elements known;
  /// With one more row, where that differs.
  Elements more;
  Elements initial;
  int64_t workLeft = limits::kFoldedElements;
};

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_FOLDCONSTANTS_H
