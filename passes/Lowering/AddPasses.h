//===- AddPasses.h - From local programs to LLVM ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LOWERING_ADDPASSES_H
#define DPC_PASSES_LOWERING_ADDPASSES_H

#include "mlir/Pass/PassManager.h"

namespace dpc {

/// Local nn + dist functions to the plan.
void addLoweringPasses(mlir::OpPassManager &pm);

} // namespace dpc

#endif // DPC_PASSES_LOWERING_ADDPASSES_H
