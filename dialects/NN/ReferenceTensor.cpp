//===- ReferenceTensor.cpp - A tensor of the reference semantics ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/ReferenceTensor.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace dpc::nn;

ReferenceTensor ReferenceTensor::fromAttr(DenseElementsAttr attr) {
  ReferenceTensor tensor(cast<RankedTensorType>(attr.getType()));
  Type elementType = tensor.type.getElementType();
  auto fill = [&](auto values, auto toDouble) {
    if (attr.isSplat())
      llvm::fill(tensor.data, toDouble(*values.begin()));
    else
      llvm::transform(values, tensor.data.begin(), toDouble);
  };
  if (tensor.data.empty())
    return tensor;
  if (isa<FloatType>(elementType)) {
    fill(attr.getValues<APFloat>(), [](APFloat value) {
      bool losesInfo;
      value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                    &losesInfo);
      return value.convertToDouble();
    });
    return tensor;
  }
  bool isUnsigned = elementType.isUnsignedInteger() || elementType.isInteger(1);
  fill(attr.getValues<APInt>(), [&](const APInt &value) {
    return isUnsigned ? static_cast<double>(value.getZExtValue())
                      : static_cast<double>(value.getSExtValue());
  });
  return tensor;
}

DenseElementsAttr ReferenceTensor::toAttr() const {
  if (data.empty())
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  // Bits are compared, so that -0.0 and NaN survive.
  ArrayRef<double> values = data;
  uint64_t first = llvm::bit_cast<uint64_t>(values.front());
  if (llvm::all_of(values, [&](double value) {
        return llvm::bit_cast<uint64_t>(value) == first;
      }))
    values = values.take_front();

  if (auto floatType = dyn_cast<FloatType>(type.getElementType()))
    return DenseElementsAttr::get(
        type, llvm::map_to_vector<0>(values, [&](double value) {
          APFloat result(value);
          bool losesInfo;
          result.convert(floatType.getFloatSemantics(),
                         APFloat::rmNearestTiesToEven, &losesInfo);
          return result;
        }));
  auto intType = cast<IntegerType>(type.getElementType());
  bool isUnsigned = intType.isUnsigned() || intType.getWidth() == 1;
  return DenseElementsAttr::get(
      type, llvm::map_to_vector<0>(values, [&](double value) {
        APSInt result(intType.getWidth(), isUnsigned);
        bool isExact;
        APFloat(value).convertToInteger(result, APFloat::rmTowardZero,
                                        &isExact);
        return APInt(result);
      }));
}

SmallVector<int64_t> dpc::nn::rowMajorStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size());
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

void dpc::nn::forEachIndex(ArrayRef<int64_t> shape,
                           function_ref<void(ArrayRef<int64_t>)> fn) {
  if (llvm::is_contained(shape, 0))
    return;
  SmallVector<int64_t> index(shape.size(), 0);
  while (true) {
    fn(index);
    size_t dim = shape.size();
    while (dim > 0 && ++index[dim - 1] == shape[dim - 1])
      index[--dim] = 0;
    if (dim == 0)
      return;
  }
}
