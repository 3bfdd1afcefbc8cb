//===- LegalizeShape.cpp - Constants and operators on shapes --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/LegalizeTable.h"

#include <numeric>

using namespace mlir;

namespace dpc::legalize {
namespace {

LogicalResult getAxes(Binder &node, From from,
                      std::optional<SmallVector<int64_t>> &axes) {
  return from == From::Attribute ? node.getInts("axes", axes)
                                 : node.getConstantInts(1, "axes", axes);
}

/// Of a sequence as well.
LogicalResult legalizeIdentity(Binder &node) {
  if (!node.hasInput(0))
    return node.emitError() << "input 'input' is missing";
  node.setItem(0, node.getItem(0));
  return success();
}

/// The one attribute that a Constant has, as elements; null if unsupported.
DenseElementsAttr getConstantValue(Binder &node) {
  Builder builder(node.getBuilder().getContext());
  auto floats = [&](ArrayRef<int64_t> shape, ArrayRef<float> values) {
    return DenseElementsAttr::get(
        RankedTensorType::get(shape, builder.getF32Type()), values);
  };
  auto integers = [&](ArrayRef<int64_t> shape, ArrayRef<int64_t> values) {
    return DenseElementsAttr::get(
        RankedTensorType::get(shape, builder.getI64Type()), values);
  };
  if (auto value = dyn_cast_or_null<DenseElementsAttr>(node.getAttr("value")))
    return value;
  if (auto value = dyn_cast_or_null<FloatAttr>(node.getAttr("value_float")))
    return floats({}, static_cast<float>(value.getValueAsDouble()));
  if (auto value =
          dyn_cast_or_null<DenseF32ArrayAttr>(node.getAttr("value_floats")))
    return floats(value.size(), value.asArrayRef());
  if (auto value = dyn_cast_or_null<IntegerAttr>(node.getAttr("value_int")))
    return integers({}, value.getValue().getSExtValue());
  if (auto value =
          dyn_cast_or_null<DenseI64ArrayAttr>(node.getAttr("value_ints")))
    return integers(value.size(), value.asArrayRef());
  return {};
}

LogicalResult legalizeConstant(Binder &node) {
  DenseElementsAttr value = getConstantValue(node);
  if (!value)
    return node.emitError() << "needs a tensor, float or integer value; "
                               "strings and sparse tensors are not supported";
  if (!isSupportedElementType(value.getElementType()))
    return node.emitError() << "element type " << value.getElementType()
                            << " is not supported by dpc";
  node.setResult(0, nn::ConstantOp::create(node.getBuilder(), node.getLoc(),
                                           value.getType(), value));
  return success();
}

LogicalResult legalizeFlatten(Binder &node) {
  Value x;
  int64_t axis = 1;
  if (failed(node.getInput(0, "input", x)) || failed(node.getInt("axis", axis)))
    return failure();
  ArrayRef<int64_t> shape = nn::tensorType(x).getShape();
  int64_t rank = static_cast<int64_t>(shape.size());
  // Unlike elsewhere, the rank itself is a legal axis.
  if (axis != rank && failed(node.normalizeAxis(axis, rank)))
    return failure();
  auto product = [](ArrayRef<int64_t> extents) {
    return std::accumulate(extents.begin(), extents.end(), int64_t(1),
                           std::multiplies<int64_t>());
  };
  node.setResult(0,
                 node.getMath().reshape(x, {product(shape.take_front(axis)),
                                            product(shape.drop_front(axis))}));
  return success();
}

/// Replaces 0 and -1 in `shape`, the target shape of a reshape of `from`.
LogicalResult resolveShape(Binder &node, ArrayRef<int64_t> from, bool allowZero,
                           SmallVectorImpl<int64_t> &shape) {
  std::optional<size_t> inferred;
  for (auto [i, extent] : llvm::enumerate(shape)) {
    if (extent == 0 && !allowZero) {
      if (i >= from.size())
        return node.emitError()
               << "extent " << i << " of 'shape' is 0 (copy), "
               << "but the input has only rank " << from.size();
      extent = from[i];
    } else if (extent == -1 && inferred) {
      return node.emitError() << "'shape' has more than one -1";
    } else if (extent == -1) {
      inferred = i;
      extent = 1;
    } else if (extent < 0) {
      return node.emitError() << "'shape' has a negative extent: " << extent;
    }
  }
  if (!isReasonableShape(shape))
    return node.emitError() << "the result would be too large";
  int64_t have = std::accumulate(from.begin(), from.end(), int64_t(1),
                                 std::multiplies<int64_t>());
  int64_t want = std::accumulate(shape.begin(), shape.end(), int64_t(1),
                                 std::multiplies<int64_t>());
  if (inferred && want > 0 && have % want == 0) {
    shape[*inferred] = have / want;
    return success();
  }
  if (inferred || have != want) {
    std::string text;
    llvm::raw_string_ostream os(text);
    if (inferred)
      shape[*inferred] = -1;
    llvm::interleave(shape, os, "x");
    return node.emitError()
           << "cannot reshape " << have << " elements to " << text;
  }
  return success();
}

LogicalResult legalizeReshape(Binder &node) {
  Value x;
  std::optional<SmallVector<int64_t>> shape;
  bool allowZero = false;
  if (failed(node.getInput(0, "data", x)) ||
      failed(node.getConstantInts(1, "shape", shape)) ||
      // Ignored before version 14, where the attribute does not exist.
      failed(node.getFlag("allowzero", allowZero)))
    return failure();
  if (!shape)
    return node.emitError() << "input 'shape' is missing";
  if (failed(resolveShape(node, nn::tensorType(x).getShape(),
                          allowZero && node.getVersion() >= 14, *shape)))
    return failure();
  node.setResult(0, node.getMath().reshape(x, *shape));
  return success();
}

LogicalResult legalizeTranspose(Binder &node) {
  Value x;
  std::optional<SmallVector<int64_t>> permutation;
  if (failed(node.getInput(0, "data", x)) ||
      failed(node.getInts("perm", permutation)))
    return failure();
  int64_t rank = nn::tensorType(x).getRank();
  if (!permutation)
    permutation = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  SmallVector<int64_t> sorted(*permutation);
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, rank)))
    return node.emitError()
           << "'perm' is no permutation of the " << rank << " dimensions";
  node.setResult(0, node.getMath().transpose(x, *permutation));
  return success();
}

template <From Axes> LogicalResult legalizeSqueeze(Binder &node) {
  Value x;
  std::optional<SmallVector<int64_t>> axes;
  if (failed(node.getInput(0, "data", x)) || failed(getAxes(node, Axes, axes)))
    return failure();
  ArrayRef<int64_t> from = nn::tensorType(x).getShape();
  if (!axes) {
    axes.emplace();
    for (auto [i, extent] : llvm::enumerate(from))
      if (extent == 1)
        axes->push_back(i);
  }
  if (failed(node.normalizeAxes(*axes, from.size())))
    return failure();
  SmallVector<int64_t> shape;
  for (auto [i, extent] : llvm::enumerate(from)) {
    if (!llvm::is_contained(*axes, static_cast<int64_t>(i)))
      shape.push_back(extent);
    else if (extent != 1)
      return node.emitError() << "cannot squeeze dimension " << i
                              << ", whose extent is " << extent;
  }
  node.setResult(0, node.getMath().reshape(x, shape));
  return success();
}

template <From Axes> LogicalResult legalizeUnsqueeze(Binder &node) {
  Value x;
  std::optional<SmallVector<int64_t>> axes;
  if (failed(node.getInput(0, "data", x)) || failed(getAxes(node, Axes, axes)))
    return failure();
  if (!axes)
    return node.emitError() << "'axes' is missing";
  ArrayRef<int64_t> from = nn::tensorType(x).getShape();
  int64_t rank = static_cast<int64_t>(from.size() + axes->size());
  if (!isReasonableShape(SmallVector<int64_t>(rank, 1)))
    return node.emitError()
           << "the result would have " << rank << " dimensions";
  // Axes count dimensions of the result.
  if (failed(node.normalizeAxes(*axes, rank)))
    return failure();
  SmallVector<int64_t> shape, dims;
  for (int64_t i = 0; i < rank; ++i) {
    bool isNew = llvm::is_contained(*axes, i);
    shape.push_back(isNew ? 1 : from[dims.size()]);
    if (!isNew)
      dims.push_back(i);
  }
  node.setResult(0, node.getMath().reshape(x, shape));
  node.setRowsMoved(0, x, dims);
  return success();
}

} // namespace

void registerShape(LegalizeTable &table) {
  table.add("Constant", 1, legalizeConstant);
  table.add("Identity", 1, legalizeIdentity);
  table.add("Flatten", 1, legalizeFlatten);
  table.add("Reshape", 5, legalizeReshape);
  table.add("Transpose", 1, legalizeTranspose);
  table.add("Squeeze", 1, legalizeSqueeze<From::Attribute>);
  table.add("Squeeze", 13, legalizeSqueeze<From::Input>);
  table.add("Unsqueeze", 1, legalizeUnsqueeze<From::Attribute>);
  table.add("Unsqueeze", 13, legalizeUnsqueeze<From::Input>);
}

} // namespace dpc::legalize
