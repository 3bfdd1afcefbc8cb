//===- Compilation.h - from a model to its program -----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_COMPILATION_H
#define DPC_COMPILER_DRIVER_COMPILATION_H

#include "compiler/Driver/Diagnostics.h"
#include "compiler/Driver/Options.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"

namespace dpc {

struct ShardingOptions;

/// One model on its way through the compiler. Every step prints its error (one
/// line, see DiagnosticPrinter) and fails.
class Compilation {
public:
  explicit Compilation(const CompileOptions &options);

  /// Collects what would be printed, see DiagnosticPrinter.
  void collectDiagnostics(std::vector<DiagnosticPrinter::Line> &lines) {
    diagnostics.collect(lines);
  }

  /// The first two steps of run: the module is the file's, then in nn. With
  /// `allErrors`, legalization goes on behind a node that cannot be compiled;
  /// if there is one, the module then holds the parameters only.
  llvm::LogicalResult import();
  llvm::LogicalResult legalize(bool allErrors = false);

  /// Imports the model and compiles it up to `upTo` (at most LLVM).
  llvm::LogicalResult run(Product upTo);

  /// Up to nn with the training step built; the gradients stay results when
  /// `keepGradients`.
  llvm::LogicalResult buildStep(bool keepGradients);
  /// From nn to one rank's program or its plan, with what is left to the memory
  /// limit chosen.
  llvm::LogicalResult partition(Product upTo);

  /// The model's file with the plan in it, behind Product::ONNXSharded.
  mlir::FailureOr<std::string> makeModelWithPlan();

  /// Writes the executable and its parameters: OUT and OUT.safetensors.
  llvm::LogicalResult link();

  mlir::ModuleOp getModule() { return *module; }
  mlir::MLIRContext &getContext() { return context; }

private:
  /// What saves memory at the price of time, the cheapest first.
  struct Saving {
    std::string recompute;
    /// Gather parameters for every microbatch.
    bool gatherAgain;
    /// Gather parameters before their use.
    bool ahead;
    /// Write out all microbatches: the buffers of a loop are each as many as are
    /// alive at a time, and share less memory.
    bool unrolls = false;
  };
  std::vector<Saving> getSavings();
  llvm::LogicalResult chooseSaving();
  llvm::LogicalResult partitionWith(const Saving &saving, Product upTo);
  llvm::SmallVector<int64_t> countWritten(const Saving &saving);
  llvm::LogicalResult lower();
  llvm::LogicalResult recordPlacements(const ShardingOptions &sharding);
  llvm::LogicalResult runPasses(llvm::StringRef what, mlir::PassManager &pm,
                                bool verifies = true);
  void report(llvm::StringRef what, double seconds);

  CompileOptions options;
  /// Chosen by the memory limit.
  std::optional<Saving> saving;
  bool keepsGradients = false;
  mlir::MLIRContext context;
  DiagnosticPrinter diagnostics;
  /// Of --mlir-timing; prints its report at the end.
  mlir::DefaultTimingManager timing;
  mlir::TimingScope timingScope;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// `dpc compile`: up to options.emit, into options.output. Exit status.
int compile(const CompileOptions &options);

/// `dpc plan`: text or JSON on standard output. Exit status.
int showPlan(const CompileOptions &options, bool json);

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_COMPILATION_H
