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

/// As the runtime knows it: f32, u8, i1.
inline std::string getTypeName(mlir::Type type) {
  if (auto integer = llvm::dyn_cast<mlir::IntegerType>(type))
    return (integer.isUnsigned() ? "u" : "i") +
           llvm::utostr(integer.getWidth());
  std::string name;
  llvm::raw_string_ostream os(name);
  type.print(os);
  return name;
}

} // namespace dpc::plan

#endif // DPC_DIALECTS_PLAN_TYPENAME_H
