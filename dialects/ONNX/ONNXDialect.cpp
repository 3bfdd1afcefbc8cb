//===- ONNXDialect.cpp - onnx dialect -------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/ONNX/ONNXDialect.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dpc::onnx;

#include "dialects/ONNX/ONNXDialect.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/ONNX/ONNXTypes.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/ONNX/ONNXAttributes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/ONNX/ONNXOps.cpp.inc"

void ONNXDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/ONNX/ONNXTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/ONNX/ONNXAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/ONNX/ONNXOps.cpp.inc"
      >();
}

LogicalResult InitializerOp::verify() {
  bool inFile = getFile() && getOffset() && getLength();
  bool partly = getFile() || getOffset() || getLength();
  if (partly && !inFile)
    return emitOpError("needs file, offset and length together");
  if (inFile == getValue().has_value())
    return emitOpError("needs either a place in a file or a value");
  if (inFile && (static_cast<int64_t>(*getOffset()) < 0 ||
                 static_cast<int64_t>(*getLength()) < 0))
    return emitOpError("needs a place that is not negative");
  auto type = dyn_cast<RankedTensorType>(getType());
  if (!type || !type.hasStaticShape())
    return emitOpError("needs a static tensor type");
  if (getValue() && getValue()->getShapedType() != type)
    return emitOpError("has a value of another type: ")
           << getValue()->getShapedType();
  return success();
}

LogicalResult NodeOp::verify() {
  if (getOutputs().size() != getNumResults())
    return emitOpError("names ") << getOutputs().size() << " outputs but has "
                                 << getNumResults() << " results";
  return success();
}

LogicalResult WeightOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto target = symbols.lookupNearestSymbolFrom<InitializerOp>(
      *this, getInitializerAttr());
  if (!target)
    return emitOpError("refers to no onnx.initializer: ") << getInitializer();
  if (target.getType() != getOutput().getType())
    return emitOpError("has another type than its initializer");
  return success();
}
