//===- KernelEmitter.h - The scalar code of a kernel ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A kernel is emitted by pulling: the value of an output at an index asks its
// op for scalar code, which asks for operands' elements, down to loads. Around
// it a target's writer of loops, which derives from this, says at which indices
// (KernelNest.h).
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LOWERING_KERNELEMITTER_H
#define DPC_PASSES_LOWERING_KERNELEMITTER_H

#include "dialects/Plan/PlanDialect.h"
#include "passes/Lowering/KernelNest.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <map>
#include <vector>

namespace dpc {

class KernelEmitter {
protected:
  explicit KernelEmitter(plan::KernelOp kernel);
  virtual ~KernelEmitter() = default;

  /// An error if an op of the body has no scalar form.
  llvm::LogicalResult checkOps();
  /// Makes `function`, of the kernel's buffers, where the builder stands, which
  /// then stands at its begin. Arguments are noalias.
  void createFunction(llvm::StringRef name);
  /// Ends the function.
  void finishFunction();

  mlir::Value index(int64_t value);
  /// Loops over `sizes`; `emitBody` is called with the insertion point in the
  /// innermost one.
  void emitLoops(llvm::ArrayRef<int64_t> sizes,
                 llvm::function_ref<void(mlir::ValueRange)> emitBody);
  /// All results at the indices of an element.
  llvm::SmallVector<mlir::Value> pullResults(mlir::ValueRange indices);
  /// Behind the loads of every element that it may replace.
  void storeResults(mlir::ValueRange values, mlir::ValueRange indices);

  /// `emitThen` is called where the updates at `outer`, the indices down to the
  /// last one that selects, have a place in the result: `row` of the dimension
  /// that the data selects.
  void emitScatterRow(nn::ScatterOpInterface scatter, mlir::ValueRange outer,
                      llvm::function_ref<void(mlir::Value row)> emitThen);
  /// Adds the update at `outer` and `inner` to the element of that row.
  void emitUpdate(nn::ScatterOpInterface scatter, mlir::ValueRange outer,
                  mlir::Value row, mlir::ValueRange inner);

  mlir::Value combine(nn::ReductionOpInterface reduction, mlir::Value a,
                      mlir::Value b);
  mlir::Value identity(nn::ReductionOpInterface reduction);
  mlir::Value emitTerm(nn::ReductionOpInterface reduction,
                       mlir::ValueRange indices, mlir::ValueRange reduced);
  /// A reduction; here by loops with the accumulator in a register.
  virtual mlir::Value emitReduction(nn::ReductionOpInterface reduction,
                                    mlir::ValueRange indices);

  /// The element of `value` at `indices`.
  mlir::Value pull(mlir::Value value, mlir::ValueRange indices);
  /// Has `pull` find `element` there, where it is visible.
  void keep(mlir::Value value, mlir::ValueRange indices, mlir::Value element) {
    elements[getKey(value, indices)] = element;
  }
  /// By which the address of an element can be divided, in bytes; 0: as its type
  /// says.
  virtual int64_t getAlignment(int64_t buffer, mlir::ValueRange indices) {
    return 0;
  }
  mlir::Value load(mlir::Type elementType, int64_t buffer,
                   mlir::ValueRange indices);
  void store(mlir::Value element, int64_t buffer, mlir::ValueRange indices);

  plan::KernelOp kernel;
  mlir::Block &body;
  mlir::OpBuilder builder;
  mlir::Location loc;
  KernelNest nest;
  bool isLinear;
  mlir::func::FuncOp function;

private:
  using Key = std::pair<void *, std::vector<void *>>;
  static Key getKey(mlir::Value value, mlir::ValueRange indices);
  bool isVisible(mlir::Value value);
  mlir::Value emitElement(mlir::Value value, mlir::ValueRange indices);
  llvm::SmallVector<mlir::Value> getBufferIndices(mlir::Value buffer,
                                                  mlir::ValueRange indices);

  /// By launch buffer; of rank <= 1 in a linear kernel.
  llvm::SmallVector<mlir::Value> buffers;
  llvm::DenseMap<int64_t, mlir::Value> indexConstants;
  /// For look-up only: its order is of pointers.
  std::map<Key, mlir::Value> elements;
};

} // namespace dpc

#endif // DPC_PASSES_LOWERING_KERNELEMITTER_H
