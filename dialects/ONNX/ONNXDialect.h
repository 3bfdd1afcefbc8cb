//===- ONNXDialect.h - onnx dialect -----------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_ONNX_ONNXDIALECT_H
#define DPC_DIALECTS_ONNX_ONNXDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/ONNX/AttributeNames.h"

#include "dialects/ONNX/ONNXDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/ONNX/ONNXTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/ONNX/ONNXAttributes.h.inc"

#define GET_OP_CLASSES
#include "dialects/ONNX/ONNXOps.h.inc"

namespace dpc::onnx {

/// Of a TensorProto.DataType: "FLOAT8E4M3FN", "STRING", "number 99".
std::string getElementTypeName(int64_t dataType);

/// Null for types that dpc does not compute with.
mlir::Type getElementType(mlir::MLIRContext *context, int64_t dataType);

} // namespace dpc::onnx

#endif // DPC_DIALECTS_ONNX_ONNXDIALECT_H
