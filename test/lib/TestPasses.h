//===- TestPasses.h - Passes of the reference tests -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_LIB_TESTPASSES_H
#define DPC_TEST_LIB_TESTPASSES_H

#include "dialects/NN/ReferenceTensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include <cstdint>

namespace dpc::test {

/// -test-break, -test-interpret, -test-jacobian, -test-emit-element, -test-partition,
/// -test-pipeline-schedule and -test-print-sharding-rules, for dpc-opt.
void registerPasses();
/// The dialects "toy" (ToyOps.td) and "wrong" (WrongOps.td).
void registerDialects(mlir::DialectRegistry &registry);

/// The targets of TestTarget.cpp, for `plan.target`.
void registerTargets(mlir::DialectRegistry &registry);

/// -test-break (TestBreak.cpp).
std::unique_ptr<mlir::Pass> createTestBreak(llvm::StringRef what);

void registerTestBreak();
void registerTestEmitElement();
void registerTestInterpret();
void registerTestJacobian();
void registerTestPartition();
void registerTestPipelineSchedule();
void registerTestReshard();
void registerTestLosses();
void registerTestShardingRules();

/// Deterministic values for tests.
class ValueGenerator {
public:
  /// In [0, 1).
  double next();

  /// A value for argument `arg` of `func`: the argument's `test.value`, or
  /// random numbers from `test.range = [low, high]` (default -2 to 2; integers
  /// 0 to 4), none closer to 0 than 0.05 if floating-point.
  nn::ReferenceTensor makeArgument(mlir::func::FuncOp func, unsigned arg);

private:
  uint64_t state = 0;
};

/// The only op of `func` besides constants and the return; null, with an error,
/// if there is none or more than one.
mlir::Operation *getOnlyOp(mlir::func::FuncOp func);

} // namespace dpc::test

#endif // DPC_TEST_LIB_TESTPASSES_H
