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

#include "dialects/ONNX/ONNXDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/ONNX/ONNXTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/ONNX/ONNXAttributes.h.inc"

#define GET_OP_CLASSES
#include "dialects/ONNX/ONNXOps.h.inc"

namespace dpc::onnx {

/// Discardable attributes of onnx.initializer: why it is trained, or why not;
/// that the parameter is the transposed of what the file holds; that it is in
/// no file, but zero.
inline constexpr llvm::StringLiteral kTrainedAttr = "onnx.trained";
inline constexpr llvm::StringLiteral kUntrainedAttr = "onnx.untrained";
inline constexpr llvm::StringLiteral kTransposedAttr = "onnx.transposed";
inline constexpr llvm::StringLiteral kZerosAttr = "onnx.zeros";
/// That it is part of the module's state, whether it is trained or not.
inline constexpr llvm::StringLiteral kStateAttr = "onnx.state";

/// Of the module: [where, what] for each warning that a training is due.
inline constexpr llvm::StringLiteral kTrainingNotesAttr = "onnx.training_notes";

/// Of a TensorProto.DataType: "FLOAT8E4M3FN", "STRING", "number 99".
std::string getElementTypeName(int64_t dataType);

/// Null for types that dpc does not compute with.
mlir::Type getElementType(mlir::MLIRContext *context, int64_t dataType);

} // namespace dpc::onnx

#endif // DPC_DIALECTS_ONNX_ONNXDIALECT_H
