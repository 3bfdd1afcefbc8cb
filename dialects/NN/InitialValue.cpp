//===- InitialValue.cpp - Where a parameter begins ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/InitialValue.h"
#include "dialects/NN/StoredParameter.h"

#include "llvm/Support/MathExtras.h"

#include <cstring>
#include <vector>

using namespace mlir;
using namespace dpc::nn;

/// Large enough that opening the file again costs nothing.
static constexpr int64_t kPieceBytes = 16 << 20;

ArrayRef<int64_t> dpc::nn::getModelShape(ParameterOp parameter) {
  auto shape = parameter->getAttrOfType<DenseI64ArrayAttr>(kModelShapeAttr);
  return shape ? shape.asArrayRef()
               : cast<RankedTensorType>(parameter.getType()).getShape();
}

StringRef dpc::nn::getReason(ParameterOp parameter) {
  auto reason = parameter->getAttrOfType<StringAttr>(kReasonAttr);
  if (reason)
    return reason.getValue();
  auto type = cast<RankedTensorType>(parameter.getType());
  if (!isa<FloatType>(type.getElementType()))
    return "no floating-point numbers";
  return parameter.getFrozen() && type.getRank() == 0
             ? "a scalar"
             : "a weight of floating-point numbers";
}

/// What `stored`, a matrix of that shape, is transposed.
static std::vector<char> transpose(ArrayRef<char> stored,
                                   ArrayRef<int64_t> shape, size_t width) {
  std::vector<char> result(stored.size());
  int64_t rows = shape[0], columns = shape[1];
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      std::memcpy(&result[(c * rows + r) * width],
                  &stored[(r * columns + c) * width], width);
  return result;
}

LogicalResult dpc::nn::readInitialValue(
    ParameterOp parameter,
    function_ref<LogicalResult(int64_t, MutableArrayRef<char>)> read,
    function_ref<LogicalResult(ArrayRef<char>)> write) {
  if (DenseElementsAttr value = getStoredValue(parameter)) {
    std::vector<char> raw(value.getRawData());
    int64_t repeats = value.isSplat() ? value.getNumElements() : 1;
    for (int64_t i = 1; i < repeats; ++i)
      llvm::append_range(raw, value.getRawData());
    return write(raw);
  }
  int64_t total = parameter.getLength();
  auto stored = parameter->getAttrOfType<DenseI64ArrayAttr>(kStoredShapeAttr);
  bool isZero = parameter->hasAttr(kZerosAttr);
  // Every row of the file has a part in every piece.
  int64_t most = stored ? total : std::min(total, kPieceBytes);
  std::vector<char> piece(most);
  for (int64_t done = 0; done < total; done += piece.size()) {
    piece.resize(std::min(most, total - done));
    if (!isZero && failed(read(parameter.getOffset() + done, piece)))
      return failure();
    if (stored) {
      Type element = getStoredType(parameter).getElementType();
      piece = transpose(piece, stored,
                        llvm::divideCeil(element.getIntOrFloatBitWidth(), 8));
    }
    if (failed(write(piece)))
      return failure();
  }
  return success();
}
