//===- WrongDialect.cpp - Ops with one mistake each -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/lib/WrongDialect.h"

#include "dialects/NN/Builders.h"
#include "test/lib/TestPasses.h"
#include "test/lib/ToyDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include "test/lib/WrongDialect.cpp.inc"

#define GET_OP_CLASSES
#include "test/lib/WrongOps.cpp.inc"

void dpc::wrong::WrongDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "test/lib/WrongOps.cpp.inc"
      >();
}

void dpc::test::registerDialects(mlir::DialectRegistry &registry) {
  registry.insert<toy::ToyDialect, wrong::WrongDialect>();
}
