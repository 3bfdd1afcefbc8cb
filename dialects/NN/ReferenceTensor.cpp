//===- ReferenceTensor.cpp - A tensor of the reference semantics ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/ReferenceTensor.h"

#include "dialects/NN/Builders.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/bit.h"
#include <cmath>

using namespace mlir;
using namespace dpc::nn;

static bool isUnsigned(Type elementType) {
  return elementType.isUnsignedInteger() || elementType.isInteger(1);
}

/// The low bits of `value` as an element of `elementType`.
static int64_t toElement(const APInt &value, Type elementType) {
  unsigned width = elementType.getIntOrFloatBitWidth();
  return isUnsigned(elementType)
             ? static_cast<int64_t>(value.zextOrTrunc(width).getZExtValue())
             : value.sextOrTrunc(width).getSExtValue();
}

static APFloat toAPFloat(double value, FloatType type) {
  APFloat result(value);
  bool losesInfo;
  result.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return result;
}

double dpc::nn::toDouble(APFloat value) {
  bool losesInfo;
  value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                &losesInfo);
  return value.convertToDouble();
}

double dpc::nn::roundToType(double value, FloatType type) {
  return toDouble(toAPFloat(value, type));
}

ReferenceTensor ReferenceTensor::fromAttr(DenseElementsAttr attr) {
  ReferenceTensor tensor(cast<RankedTensorType>(attr.getType()));
  Type elementType = tensor.type.getElementType();
  auto fill = [&](auto values, auto toElement) {
    if (attr.isSplat())
      llvm::fill(tensor.data, toElement(*values.begin()));
    else
      llvm::transform(values, tensor.data.begin(), toElement);
  };
  if (tensor.data.empty())
    return tensor;
  if (tensor.isFloat())
    fill(attr.getValues<APFloat>(), [](const APFloat &value) {
      return ReferenceElement{.real = toDouble(value)};
    });
  else
    fill(attr.getValues<APInt>(), [&](const APInt &value) {
      return ReferenceElement{.integer = toElement(value, elementType)};
    });
  return tensor;
}

DenseElementsAttr ReferenceTensor::toAttr() const {
  if (data.empty())
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  // Bits are compared, so that -0.0 and NaN survive.
  ArrayRef<ReferenceElement> values = data;
  uint64_t first = llvm::bit_cast<uint64_t>(values.front());
  if (llvm::all_of(values, [&](ReferenceElement value) {
        return llvm::bit_cast<uint64_t>(value) == first;
      }))
    values = values.take_front();

  if (auto floatType = dyn_cast<FloatType>(type.getElementType()))
    return DenseElementsAttr::get(
        type, llvm::map_to_vector<0>(values, [&](ReferenceElement value) {
          return toAPFloat(value.real, floatType);
        }));
  unsigned width = type.getElementTypeBitWidth();
  return DenseElementsAttr::get(
      type, llvm::map_to_vector<0>(values, [&](ReferenceElement value) {
        return APInt(width, static_cast<uint64_t>(value.integer),
                     /*isSigned=*/false, /*implicitTrunc=*/true);
      }));
}

double ReferenceTensor::getNumber(int64_t i) const {
  if (isFloat())
    return data[i].real;
  return isUnsigned(type.getElementType())
             ? static_cast<double>(static_cast<uint64_t>(data[i].integer))
             : static_cast<double>(data[i].integer);
}

void ReferenceTensor::setNumber(int64_t i, double value) {
  if (isFloat())
    data[i].real = value;
  else
    data[i].integer = toElement(
        cast<IntegerAttr>(numberAttr(type.getElementType(), value)).getValue(),
        type.getElementType());
}

APSInt ReferenceTensor::getInteger(int64_t i) const {
  return APSInt(APInt(type.getElementTypeBitWidth(),
                      static_cast<uint64_t>(data[i].integer),
                      /*isSigned=*/false, /*implicitTrunc=*/true),
                isUnsigned(type.getElementType()));
}

void ReferenceTensor::setInteger(int64_t i, const APSInt &value) {
  data[i].integer = toElement(value.extOrTrunc(type.getElementTypeBitWidth()),
                              type.getElementType());
}

void ReferenceTensor::accumulate(ReduceKind kind, int64_t i,
                                 const ReferenceTensor &other, int64_t j) {
  if (isFloat())
    data[i].real = reference::combine(kind, data[i].real, other.data[j].real);
  else
    setInteger(i, reference::combine(kind, getInteger(i), other.getInteger(j)));
}

double reference::div(double a, double b) { return a / b; }
APSInt reference::div(const APSInt &a, const APSInt &b) {
  return b == 0 ? b : a / b;
}

double reference::abs(double x) { return std::abs(x); }
APSInt reference::abs(const APSInt &x) { return x.isNegative() ? -x : x; }

template <typename T> static T computeRelu(T x, T zero) {
  return x < zero ? zero : x;
}
double reference::relu(double x) { return computeRelu(x, 0.0); }
APSInt reference::relu(const APSInt &x) {
  return computeRelu(x, APSInt(x.getBitWidth(), x.isUnsigned()));
}

double reference::roundEven(double x) {
  double down = std::floor(x), rest = x - down;
  if (rest != 0.5)
    return std::round(x);
  // -0.5 becomes -0.
  return std::copysign(std::fmod(down, 2.0) == 0 ? down : down + 1, x);
}

double reference::rem(double a, double b) { return std::fmod(a, b); }
APSInt reference::rem(const APSInt &a, const APSInt &b) {
  return b == 0 ? b : a % b;
}

APSInt reference::shift(const APSInt &a, const APSInt &b, bool toLeft) {
  unsigned width = a.getBitWidth();
  // As an unsigned number, a negative one is too large.
  if (static_cast<const APInt &>(b).uge(width))
    return APSInt(width, a.isUnsigned());
  return APSInt(toLeft ? a.shl(b) : a.lshr(b), a.isUnsigned());
}

double reference::combine(ReduceKind kind, double a, double b) {
  switch (kind) {
  case ReduceKind::Sum:
    return a + b;
  case ReduceKind::Max:
    return std::isnan(b) || b > a || (b == a && std::signbit(a)) ? b : a;
  case ReduceKind::Min:
    return std::isnan(b) || b < a || (b == a && std::signbit(b)) ? b : a;
  }
  llvm_unreachable("unknown reduction");
}

APSInt reference::combine(ReduceKind kind, const APSInt &a, const APSInt &b) {
  switch (kind) {
  case ReduceKind::Sum:
    return a + b;
  case ReduceKind::Max:
    return b > a ? b : a;
  case ReduceKind::Min:
    return b < a ? b : a;
  }
  llvm_unreachable("unknown reduction");
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
