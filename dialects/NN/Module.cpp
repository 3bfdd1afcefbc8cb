//===- Module.cpp - parameter, kernel -------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/StoredParameter.h"

#include "dialects/NN/NNDialect.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dpc::nn;

LogicalResult ParameterOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getType());
  if (!type || !type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return emitOpError("needs a tensor type with a static shape, not ")
           << getType();
  int64_t offset = getOffset(), length = getLength();
  if (offset < 0)
    return emitOpError("has a negative offset");
  RankedTensorType stored = getStoredType(*this);
  int64_t bytes = stored.getNumElements() *
                  llvm::divideCeil(stored.getElementTypeBitWidth(), 8);
  if (length != bytes)
    return emitOpError("holds ")
           << length << " bytes for " << stored << ", which has " << bytes;
  if (DenseElementsAttr value = getStoredValue(*this);
      value && value.getType() != stored)
    return emitOpError("has a value of ")
           << value.getType() << ", not " << stored;
  return success();
}

LogicalResult KernelOp::verify() {
  Block &body = getBody().front();
  if (!llvm::equal(body.getArgumentTypes(), getInputs().getTypes()))
    return emitOpError(
        "has a body whose arguments are not its operands' types");
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield)
    return emitOpError("needs a body that ends in nn.yield");
  if (!llvm::equal(yield.getValues().getTypes(), getOutputs().getTypes()))
    return emitOpError("yields values of other types than its results");
  return success();
}
