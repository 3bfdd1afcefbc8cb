//===- Register.h - dialects and passes of dpc ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_REGISTER_H
#define DPC_COMPILER_DRIVER_REGISTER_H

#include "mlir/IR/DialectRegistry.h"

namespace dpc {

/// All dialects that any part of the compiler uses.
void registerDialects(mlir::DialectRegistry &registry);

/// All passes of dpc, for dpc-opt.
void registerPasses();

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_REGISTER_H
