//===- TrialStep.h - What a choice of layouts leads to ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_TRIALSTEP_H
#define DPC_PASSES_SHARDING_TRIALSTEP_H

#include "dialects/Dist/DistDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace dpc {

/// A program to try layouts of parameters on, with -dist-propagate as the
/// judge.
///
/// The update is left out, as it is half of the ops and decides nothing: each
/// of them lies as the parameter that it changes, and the optimizer's states
/// do. The gradients are results instead.
class TrialStep {
public:
  explicit TrialStep(mlir::func::FuncOp func);

  struct Outcome {
    /// Of every argument of the program.
    llvm::SmallVector<dist::ShardingAttr> arguments;
    double seconds = 0; ///< estimated, of a step
    int64_t bytes = 0;  ///< a rank's parameters and states
  };

  /// `decided` has a sharding for every argument, null where it is free to
  /// follow the others over `axes`.
  llvm::FailureOr<Outcome> run(llvm::ArrayRef<dist::ShardingAttr> decided,
                               dist::MeshOp mesh,
                               llvm::ArrayRef<mlir::StringAttr> axes) const;

  size_t getNumOps() const;

private:
  struct Argument {
    bool isPersistent = false;
    /// The argument whose layout this one shares: itself, or the parameter of a
    /// state.
    unsigned leader = 0;
  };

  void readArguments();
  void dropUpdate();

  mutable mlir::OwningOpRef<mlir::func::FuncOp> step;
  llvm::SmallVector<Argument> arguments;
  /// By result, the argument that it replaces or whose gradient it is.
  llvm::SmallVector<std::optional<unsigned>> replaced;
  /// What the update writes, were no parameter split, and the bytes of all
  /// parameters and states then.
  double updateBytes = 0, wholeBytes = 0;
};

/// The function whose time the search weighs, the training step if there is
/// one. Null if the strategy asks for no search or "tensor" has one rank.
mlir::func::FuncOp getSearchedFunction(mlir::ModuleOp module);

} // namespace dpc

#endif // DPC_PASSES_SHARDING_TRIALSTEP_H
