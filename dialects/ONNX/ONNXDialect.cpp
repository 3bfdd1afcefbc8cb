//===- ONNXDialect.cpp - onnx dialect -------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/ONNX/ONNXDialect.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringSwitch.h"
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

LogicalResult
PlacedTensorAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                         StringAttr name, DenseI64ArrayAttr dims,
                         ArrayAttr groups, std::optional<int64_t> stage) {
  if (!name || !dims || dims.size() % 3 != 0)
    return emitError() << "needs a name, and dimension, extent and number of "
                          "parts for each of its dimensions";
  if (!groups || !llvm::all_of(groups, llvm::IsaPred<DenseI64ArrayAttr>))
    return emitError() << "needs an array of devices for each part";
  return success();
}

LogicalResult
PlacementAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                      StringAttr node, StringAttr configuration,
                      std::optional<int64_t> stage, ArrayAttr tensors) {
  if (!node || !configuration || !tensors ||
      !llvm::all_of(tensors, llvm::IsaPred<PlacedTensorAttr>))
    return emitError() << "needs a node, a configuration and placed tensors";
  return success();
}

LogicalResult InitializerOp::verify() {
  bool inFile = getFile() && getOffset() && getLength();
  bool partly = getFile() || getOffset() || getLength();
  if (partly && !inFile)
    return emitOpError("needs file, offset and length together");
  if (!inFile && !getValue())
    return emitOpError("needs a place in a file or a value");
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
  for (Region &body : getBodies())
    if (body.front().empty() || !isa<YieldOp>(body.front().back()))
      return emitOpError("has a body that does not end in onnx.yield");
  for (NamedAttribute attr : getAttrs())
    if (auto body = dyn_cast<BodyAttr>(attr.getValue()))
      if (body.getIndex() < 0 ||
          body.getIndex() >= static_cast<int64_t>(getBodies().size()))
        return emitOpError("has no body ") << body.getIndex();
  return success();
}

std::string dpc::onnx::getElementTypeName(int64_t dataType) {
  static constexpr StringLiteral kNames[] = {
      "UNDEFINED",      "FLOAT",        "UINT8",          "INT8",
      "UINT16",         "INT16",        "INT32",          "INT64",
      "STRING",         "BOOL",         "FLOAT16",        "DOUBLE",
      "UINT32",         "UINT64",       "COMPLEX64",      "COMPLEX128",
      "BFLOAT16",       "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2",
      "FLOAT8E5M2FNUZ", "UINT4",        "INT4",           "FLOAT4E2M1",
      "FLOAT8E8M0",     "UINT2",        "INT2",           "FLOAT6E2M3",
      "FLOAT6E3M2"};
  if (dataType >= 0 && dataType < static_cast<int64_t>(std::size(kNames)))
    return kNames[dataType].str();
  return "number " + std::to_string(dataType);
}

Type dpc::onnx::getElementType(MLIRContext *context, int64_t dataType) {
  Builder b(context);
  return llvm::StringSwitch<Type>(getElementTypeName(dataType))
      .Case("FLOAT", b.getF32Type())
      .Case("DOUBLE", b.getF64Type())
      .Case("FLOAT16", b.getF16Type())
      .Case("BFLOAT16", b.getBF16Type())
      .Case("BOOL", b.getI1Type())
      .Case("INT8", b.getI8Type())
      .Case("INT16", b.getI16Type())
      .Case("INT32", b.getI32Type())
      .Case("INT64", b.getI64Type())
      .Case("UINT8", b.getIntegerType(8, /*isSigned=*/false))
      .Case("UINT16", b.getIntegerType(16, /*isSigned=*/false))
      .Case("UINT32", b.getIntegerType(32, /*isSigned=*/false))
      .Case("UINT64", b.getIntegerType(64, /*isSigned=*/false))
      .Default(Type());
}
