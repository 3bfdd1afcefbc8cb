//===- LegalizePad.cpp - What surrounds a tensor --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Index.h"
#include "passes/Legalize/LegalizeTable.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

/// How many elements are added before and behind each dimension; fewer than
/// none are taken away.
struct Padding {
  SmallVector<int64_t> low, high;
};

enum class PadsFrom { Attribute, Input };

template <PadsFrom From>
LogicalResult bindPadding(Binder &node, RankedTensorType type,
                          Padding &padding) {
  std::optional<SmallVector<int64_t>> pads, axes;
  if (failed(From == PadsFrom::Attribute
                 ? node.getInts("pads", pads)
                 : node.getConstantInts(1, "pads", pads)) ||
      (From == PadsFrom::Input &&
       failed(node.getConstantInts(3, "axes", axes))))
    return failure();
  int64_t rank = type.getRank();
  if (!axes)
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  size_t count = axes->size();
  if (!pads || pads->size() != 2 * count)
    return node.emitError() << "'pads' must hold " << 2 * count << " numbers";
  padding.low.assign(rank, 0);
  padding.high.assign(rank, 0);
  SmallVector<bool> isNamed(rank, false);
  for (size_t i = 0; i < count; ++i) {
    int64_t axis = (*axes)[i];
    if (failed(node.normalizeAxis(axis, rank)))
      return failure();
    if (isNamed[axis])
      return node.emitError() << "axis " << axis << " is named twice";
    isNamed[axis] = true;
    padding.low[axis] = (*pads)[i];
    padding.high[axis] = (*pads)[count + i];
  }
  SmallVector<int64_t> shape;
  for (auto [low, high, extent] :
       llvm::zip_equal(padding.low, padding.high, type.getShape())) {
    int64_t most = limits::kElements;
    if (low > most || high > most || low < -extent || high < -extent ||
        low + high + extent < 0)
      return node.emitError()
             << "cannot pad " << type << " by " << low << " and " << high;
    shape.push_back(low + high + extent);
  }
  if (!isReasonableShape(shape))
    return node.emitError() << "the result would be too large";
  return success();
}

/// The element that stands at `position`, which lies outside of [0, extent).
int64_t findSource(StringRef mode, int64_t position, int64_t extent) {
  if (mode == "edge")
    return std::clamp<int64_t>(position, 0, extent - 1);
  auto wrap = [&](int64_t period) {
    int64_t rest = position % period;
    return rest < 0 ? rest + period : rest;
  };
  if (mode == "wrap")
    return wrap(extent);
  if (extent == 1)
    return 0;
  // Back and forth; the ends stand there once.
  int64_t rest = wrap(2 * (extent - 1));
  return rest < extent ? rest : 2 * (extent - 1) - rest;
}

/// Filled with elements of the tensor itself.
LogicalResult buildFromWithin(Binder &node, StringRef mode,
                              const Padding &padding, Value x) {
  for (auto [dim, extent] :
       llvm::enumerate(llvm::to_vector(nn::tensorType(x).getShape()))) {
    int64_t low = padding.low[dim], size = low + extent + padding.high[dim];
    if (low == 0 && size == extent)
      continue;
    if (extent == 0 && size > 0)
      return node.emitError()
             << "there is nothing along axis " << dim << " to pad with";
    if (size > limits::kReadElements)
      return node.emitError() << "pads axis " << dim << " to " << size
                              << " elements; at most " << limits::kReadElements
                              << " are possible in mode '" << mode << "'";
    SmallVector<int64_t> positions;
    for (int64_t i = 0; i < size; ++i)
      positions.push_back(findSource(mode, i - low, extent));
    x = buildTake(node, x, dim, positions);
  }
  node.setResult(0, x);
  return success();
}

template <PadsFrom From> LogicalResult legalizePad(Binder &node) {
  Value x, fill;
  std::string mode = "constant";
  Padding padding;
  double number = 0;
  if (failed(node.getInput(0, "data", x)) ||
      failed(node.getString("mode", mode)) ||
      failed(bindPadding<From>(node, nn::tensorType(x), padding)))
    return failure();
  if (mode == "edge" || mode == "wrap" || mode == "reflect")
    return buildFromWithin(node, mode, padding, x);
  if (mode != "constant")
    return node.emitError() << "unknown mode '" << mode
                            << "'; constant, edge, reflect and wrap are known";
  if (From == PadsFrom::Attribute) {
    if (failed(node.getFloat("value", number)))
      return failure();
  } else if (node.hasInput(2)) {
    if (failed(node.getInput(2, "constant_value", fill)) ||
        failed(node.checkSameElementType(x, fill)))
      return failure();
    if (nn::tensorType(fill).getNumElements() != 1)
      return node.emitError() << "input 'constant_value' must be a scalar";
  }
  nn::Math &m = node.getMath();
  for (auto [dim, extent] :
       llvm::enumerate(llvm::to_vector(nn::tensorType(x).getShape()))) {
    int64_t &low = padding.low[dim], &high = padding.high[dim];
    int64_t start = std::max<int64_t>(-low, 0);
    x = buildRange(
        node, x, dim,
        {start, 1,
         std::max<int64_t>(extent - start - std::max<int64_t>(-high, 0), 0)});
    low = std::max<int64_t>(low, 0);
    high = std::max<int64_t>(high, 0);
  }
  SmallVector<int64_t> interior(padding.low.size(), 0);
  auto pad = [&](Value inner, double value) -> Value {
    return nn::PadOp::create(node.getBuilder(), node.getLoc(), inner,
                             padding.low, padding.high, interior,
                             llvm::APFloat(value));
  };
  Type elementType = nn::tensorType(x).getElementType();
  DenseElementsAttr known = fill ? node.getConstant(2) : DenseElementsAttr();
  if (known) {
    // As a double if that is exact.
    Attribute element = *known.getValues<Attribute>().begin();
    if (auto real = dyn_cast<FloatAttr>(element))
      number = real.getValueAsDouble();
    else
      number = cast<IntegerAttr>(element).getValue().roundToDouble(
          !elementType.isUnsignedInteger() && !elementType.isInteger(1));
    if (nn::numberAttr(elementType, number) == element)
      fill = Value();
  }
  Value result = pad(x, fill ? 0 : number);
  if (fill) {
    auto flags = nn::tensorType(x).clone(node.getBuilder().getI1Type());
    Value isInside = pad(m.constant(flags, 1.0), 0);
    result = m.select(isInside, result,
                      m.broadcast(m.reshape(fill, {}),
                                  nn::tensorType(result).getShape(), {}));
  }
  node.setResult(0, result);
  return success();
}

/// Takes from or adds to both ends of some dimensions as much as leads to
/// 'shape'.
LogicalResult legalizeCenterCropPad(Binder &node) {
  Value x;
  std::optional<SmallVector<int64_t>> wanted, axes;
  if (failed(node.getInput(0, "input_data", x)) ||
      failed(node.getConstantInts(1, "shape", wanted)) ||
      failed(node.getInts("axes", axes)))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  if (!axes)
    axes = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  if (!wanted || wanted->size() != axes->size())
    return node.emitError()
           << "'shape' must hold " << axes->size() << " numbers";
  SmallVector<int64_t> zeros(type.getRank(), 0), low(zeros), high(zeros),
      shape(type.getShape());
  for (auto [axis, extent] : llvm::zip_equal(*axes, *wanted)) {
    if (failed(node.normalizeAxis(axis, type.getRank())))
      return failure();
    shape[axis] = extent;
  }
  if (!isReasonableShape(shape))
    return node.emitError() << "the result would be too large";
  for (int64_t axis : *axes) {
    int64_t extent = nn::tensorType(x).getDimSize(axis), size = shape[axis];
    if (size <= extent) {
      x = buildRange(node, x, axis, {(extent - size) / 2, 1, size});
      continue;
    }
    low[axis] = (size - extent) / 2;
    high[axis] = size - extent - low[axis];
  }
  node.setResult(0, nn::PadOp::create(node.getBuilder(), node.getLoc(), x, low,
                                      high, zeros, llvm::APFloat(0.0)));
  return success();
}

} // namespace

void registerPad(LegalizeTable &table) {
  table.add("CenterCropPad", 18, legalizeCenterCropPad);
  table.add("Pad", 2, legalizePad<PadsFrom::Attribute>);
  table.add("Pad", 11, legalizePad<PadsFrom::Input>);
}

} // namespace dpc::legalize
