//===- StoredParameter.h - How a parameter is stored ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A parameter in 16 bits is trained in f32: an update that is smaller than a
// step between two of its values would otherwise be lost. The program computes
// with a copy that is rounded anew in every step; what is stored, here and in
// the trained model, has the type of the model's file.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_STOREDPARAMETER_H
#define DPC_DIALECTS_NN_STOREDPARAMETER_H

#include "dialects/NN/NNDialect.h"

namespace dpc::nn {

/// TypeAttr on nn.parameter: the element type in the file, if it is another.
inline constexpr llvm::StringLiteral kStoredTypeAttr = "nn.stored_type";

/// DenseElementsAttr on nn.parameter, of the stored type: the elements, if no
/// file holds them as plain bytes. The parameter's file is "" then.
inline constexpr llvm::StringLiteral kStoredValueAttr = "nn.stored_value";

inline mlir::RankedTensorType getStoredType(ParameterOp parameter) {
  auto type = mlir::cast<mlir::RankedTensorType>(parameter.getType());
  auto stored = parameter->getAttrOfType<mlir::TypeAttr>(kStoredTypeAttr);
  return stored ? type.clone(stored.getValue()) : type;
}

inline mlir::DenseElementsAttr getStoredValue(ParameterOp parameter) {
  return parameter->getAttrOfType<mlir::DenseElementsAttr>(kStoredValueAttr);
}

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_STOREDPARAMETER_H
