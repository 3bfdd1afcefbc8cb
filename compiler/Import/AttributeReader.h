//===- AttributeReader.h - AttributeProto to MLIR ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_ATTRIBUTEREADER_H
#define DPC_COMPILER_IMPORT_ATTRIBUTEREADER_H

#include "compiler/Import/TensorReader.h"

namespace dpc {

/// Converts an attribute that is no reference to a function's attribute. The
/// mapping stands in the onnx dialect's description.
llvm::Expected<mlir::Attribute> readAttribute(const pb::AttributeProto &attr,
                                              TensorReader &tensors,
                                              mlir::MLIRContext &context);

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_ATTRIBUTEREADER_H
