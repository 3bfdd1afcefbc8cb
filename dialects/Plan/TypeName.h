//===- TypeName.h - Names of element types in plans -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_PLAN_TYPENAME_H
#define DPC_DIALECTS_PLAN_TYPENAME_H

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"

namespace dpc::plan {

/// As the runtime knows it: f32, bf16, u8, i1. Nothing is printed, which a thread
/// beside one that loads dialects must not do.
inline std::string getTypeName(mlir::Type type) {
  if (auto integer = llvm::dyn_cast<mlir::IntegerType>(type))
    return (integer.isUnsigned() ? "u" : "i") +
           llvm::utostr(integer.getWidth());
  return (type.isBF16() ? "bf" : "f") +
         llvm::utostr(type.getIntOrFloatBitWidth());
}

} // namespace dpc::plan

#endif // DPC_DIALECTS_PLAN_TYPENAME_H
