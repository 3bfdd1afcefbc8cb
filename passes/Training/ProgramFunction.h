//===- ProgramFunction.h - Arguments and results by role --------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_PROGRAMFUNCTION_H
#define DPC_PASSES_TRAINING_PROGRAMFUNCTION_H

#include "dialects/NN/Signature.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dpc {

/// A function whose arguments and results carry nn.role and nn.name.
class ProgramFunction {
public:
  struct Result {
    mlir::Value value;
    mlir::DictionaryAttr attrs;

    llvm::StringRef getName() const {
      return nn::SignatureEntry(attrs).getName();
    }
  };

  explicit ProgramFunction(mlir::func::FuncOp func) : func(func) {}
  mlir::func::FuncOp getFunc() { return func; }
  /// Of the function as it is now.
  nn::Signature getSignature() { return nn::Signature(func); }

  bool isProgram(llvm::StringRef name);
  /// Renames the function to the program that it becomes.
  void setProgram(llvm::StringRef name);

  std::optional<nn::Role> getArgRole(unsigned index) {
    return getSignature().getArg(index).getRole();
  }
  llvm::StringRef getArgName(unsigned index) {
    return getSignature().getArg(index).getName();
  }
  std::optional<nn::Role> getResultRole(unsigned index) {
    return getSignature().getResult(index).getRole();
  }
  llvm::StringRef getResultName(unsigned index) {
    return getSignature().getResult(index).getName();
  }

  /// Null if there is none.
  mlir::BlockArgument findArgument(nn::Role role, llvm::StringRef name);
  /// The arguments of a role, in order.
  llvm::SmallVector<mlir::BlockArgument> getArguments(nn::Role role);
  struct NewArgument {
    mlir::Type type;
    std::string name;
    mlir::Location loc;
    llvm::SmallVector<mlir::NamedAttribute> attrs = {};
  };
  /// Inserts arguments behind the last one whose role comes before or is the
  /// same: arguments stay in the order of the roles. Returns the first's index.
  unsigned addArguments(nn::Role role, llvm::ArrayRef<NewArgument> arguments);
  /// The same for one.
  mlir::BlockArgument
  addArgument(mlir::Type type, nn::Role role, llvm::StringRef name,
              mlir::Location loc,
              llvm::ArrayRef<mlir::NamedAttribute> attrs = {});
  /// A scalar argument that is a run-time flag, a tensor<f32> whose values lie in
  /// [least, limit).
  mlir::BlockArgument addHyperParameter(llvm::StringRef name,
                                        double defaultValue,
                                        llvm::StringRef help, double limit,
                                        double least = 0);
  /// The scalar argument `name`, a tensor<i64> that is added if need be.
  mlir::BlockArgument getOrAddInteger(llvm::StringRef name);

  mlir::Operation *getTerminator();
  llvm::SmallVector<Result> getResults();
  void setResults(llvm::ArrayRef<Result> results);
  Result makeResult(mlir::Value value, nn::Role role, llvm::StringRef name);

private:
  mlir::func::FuncOp func;
};

/// The function of a program or of @forward; an error at the module if there is
/// none.
mlir::FailureOr<ProgramFunction> lookupFunction(mlir::ModuleOp module,
                                                llvm::StringRef name);

/// Marks every op that a builder creates as a part of `phase`.
class PhaseMarker : public mlir::OpBuilder::Listener {
public:
  explicit PhaseMarker(nn::Phase phase) : phase(phase) {}
  void notifyOperationInserted(mlir::Operation *op,
                               mlir::OpBuilder::InsertPoint) override {
    nn::setPhase(op, phase);
  }

private:
  nn::Phase phase;
};

} // namespace dpc

#endif // DPC_PASSES_TRAINING_PROGRAMFUNCTION_H
