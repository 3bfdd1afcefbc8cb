//===- dpc-opt.cpp - runs passes on MLIR files ----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

#include "compiler/Driver/Register.h"
#include "test/lib/TestPasses.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  dpc::registerDialects(registry);
  dpc::test::registerTargets(registry);
  dpc::test::registerDialects(registry);
  dpc::registerPasses();
  dpc::test::registerPasses();
  mlir::registerTransformsPasses();
  return mlir::failed(
      mlir::MlirOptMain(argc, argv, "dpc optimizer driver\n", registry));
}
