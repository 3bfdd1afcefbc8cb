//===- DeviceEmitter.h - What the nests of GPUs have in common --*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A nest derives from this and spreads the elements of a kernel over threads; a
// file each (DeviceKernel.cpp names them).
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_TARGET_CUDA_DEVICEEMITTER_H
#define DPC_COMPILER_TARGET_CUDA_DEVICEEMITTER_H

#include "compiler/Target/CUDA/DeviceKernel.h"

#include "passes/Lowering/KernelEmitter.h"

#include <memory>
#include <string>

namespace dpc {

class DeviceEmitter : protected KernelEmitter {
public:
  DeviceEmitter(plan::KernelOp kernel, mlir::ModuleOp device,
                llvm::StringRef name);

  /// Adds the function to the module of the device. Errors are emitted at the
  /// kernel.
  llvm::FailureOr<DeviceLaunch> write(llvm::ArrayRef<int64_t> alignments);

protected:
  static constexpr int64_t kWarp = 32;
  static constexpr int64_t kBlock = 256;

  /// The body of the function, and how it is launched.
  virtual void writeNest() = 0;

  static int64_t getCount(llvm::ArrayRef<int64_t> sizes) {
    return llvm::product_of(sizes);
  }

  //===--- Positions -------------------------------------------------------===//

  mlir::Value readRegister(llvm::StringRef what);
  mlir::Value constant(mlir::Type type, int64_t value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, int64_t b);
  mlir::Value div(mlir::Value a, int64_t b);
  mlir::Value rem(mlir::Value a, int64_t b);
  mlir::Value isLess(mlir::Value a, int64_t b);
  mlir::Value toIndex(mlir::Value position);
  /// Of positions up to `count` and a grid behind it: division of 64 bits is
  /// slow.
  mlir::Type getPositionType(int64_t count);
  mlir::Value widen(mlir::Value value, mlir::Type type);
  /// The indices of a row-major position.
  llvm::SmallVector<mlir::Value> delinearize(mlir::Value position,
                                             llvm::ArrayRef<int64_t> sizes);
  /// The indices of the `width` neighbours whose first is the position times
  /// `width`, which divides the last size.
  llvm::SmallVector<llvm::SmallVector<mlir::Value>>
  delinearizeRun(mlir::Value position, llvm::ArrayRef<int64_t> sizes,
                 int64_t width);

  /// `emitBody` is for threads for which the condition holds.
  void emitIf(mlir::Value condition, llvm::function_ref<void()> emitBody);
  /// Calls `emitBody` with each position below `count`, of which one thread of
  /// `threads` has every `threads`-th; `first` is its own number. What is
  /// grouped has the same number.
  void emitTurns(mlir::Value first, int64_t count, int64_t threads,
                 llvm::function_ref<void(mlir::Value)> emitBody);
  /// Spreads positions over blocks of `perBlock` threads or groups of them, of
  /// which `own` is this one's number in its block.
  void emitSpread(int64_t count, int64_t perBlock, mlir::Value own,
                  llvm::function_ref<void(mlir::Value)> emitBody);

  /// Neighbours that are at most 16 bytes of every large buffer, and at most 8.
  int64_t getVectorWidth();
  /// The same, of which each row of `size` neighbours has a whole number.
  int64_t getVectorWidth(int64_t size);

  //===--- What threads tell each other ------------------------------------===//

  /// The value of the lane of `members`, those of the warp that come, whose
  /// number differs in that bit.
  mlir::Value shuffle(mlir::Value value, mlir::Value members, int64_t distance);
  /// What the values of `sharers` threads come to, a power of two of them: lanes
  /// of a warp, `members`, or the whole block. All get it; `lane` is a thread's
  /// number among them.
  mlir::Value shareSum(nn::ReductionOpInterface reduction, mlir::Value value,
                       int64_t sharers, mlir::Value lane, mlir::Value members);
  /// Of all threads of the block.
  void emitBarrier();
  /// Of lanes of a warp.
  void emitWarpBarrier(mlir::Value members);

  /// Memory of the block for so many words of 64 bits. A kernel has one.
  mlir::Value getShared(int64_t words);
  /// In words of the value's type, of 32 or 64 bits.
  void storeShared(mlir::Value value, mlir::Value shared, mlir::Value at);
  mlir::Value loadShared(mlir::Type type, mlir::Value shared, mlir::Value at);

  /// Of accesses at the begin of a run.
  int64_t getAlignment(int64_t buffer, mlir::ValueRange indices) override;
  /// Notes that an index is a multiple of `width`.
  mlir::Value asMultiple(mlir::Value value, int64_t width) {
    multiples[value] = width;
    return value;
  }

  mlir::ModuleOp device;
  std::string name;
  DeviceLaunch launch;
  llvm::SmallVector<int64_t> resultSizes;

private:
  /// Whether a block computes one after the other, and what it has shared so far.
  bool takesTurns = false;
  int64_t numShared = 0;
  llvm::DenseMap<mlir::Value, int64_t> multiples;
  llvm::ArrayRef<int64_t> alignments;

  mlir::Value toWord(mlir::Value value);
  mlir::Value fromWord(mlir::Value word, mlir::Type type);
  mlir::Value shuffleWord(mlir::Value word, mlir::Value members,
                          int64_t distance);
  mlir::Value getSharedAddress(mlir::Type word, mlir::Value shared,
                               mlir::Value at);
};

using DeviceNest = std::unique_ptr<DeviceEmitter>;

/// A thread computes elements by itself.
DeviceNest makeElementsNest(plan::KernelOp kernel, mlir::ModuleOp device,
                            llvm::StringRef name);
/// The body is one of rows (RowKernels.h).
DeviceNest makeRowsNest(plan::KernelOp kernel, mlir::ModuleOp device,
                        llvm::StringRef name);
/// Whether a body that reduces nothing reads an operand across: its neighbours are
/// far apart in the results.
bool readsAcross(mlir::Block &body);
DeviceNest makeTransposesNest(plan::KernelOp kernel, mlir::ModuleOp device,
                              llvm::StringRef name);
/// Threads share the terms of each element's reductions; `terms` has the largest.
DeviceNest makeTermsNest(plan::KernelOp kernel, mlir::ModuleOp device,
                         llvm::StringRef name, int64_t terms);
/// The only result is a reduction that keeps the last dimension.
DeviceNest makeColumnsNest(plan::KernelOp kernel, mlir::ModuleOp device,
                           llvm::StringRef name);
DeviceNest makeScatterNest(plan::KernelOp kernel, mlir::ModuleOp device,
                           llvm::StringRef name);

} // namespace dpc

#endif // DPC_COMPILER_TARGET_CUDA_DEVICEEMITTER_H
