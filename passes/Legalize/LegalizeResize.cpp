//===- LegalizeResize.cpp - Interpolation along dimensions ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A resize interpolates along one dimension after the other. Which elements an
// element of the result is made of, and with which weights, is known: it is a
// sum of as many products as there are weights.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Index.h"
#include "passes/Legalize/LegalizeTable.h"

#include "llvm/ADT/SmallVectorExtras.h"
#include <cmath>

using namespace mlir;

namespace dpc::legalize {
namespace {

/// What the attributes say. The defaults are those of version 10, which has
/// none of them.
struct ResizeRules {
  std::string mode = "nearest", nearest = "floor", coordinates = "asymmetric",
              policy = "stretch";
  double cubic = -0.75, extrapolation = 0;
  bool antialias = false, excludeOutside = false;
};

/// One dimension: from `extent` elements to `size`, `scale` times as many.
struct Axis {
  int64_t dim, extent, size;
  double scale, roiStart = 0, roiEnd = 1;
};

/// An element of the input and how much it counts; it may lie outside.
struct Tap {
  int64_t position;
  double weight;
};

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Where element `i` of the result lies among those of the input.
double findCoordinate(const ResizeRules &rules, const Axis &axis, int64_t i) {
  double x = static_cast<double>(i), extent = static_cast<double>(axis.extent),
         size = axis.scale * extent;
  StringRef mode = rules.coordinates;
  if (mode == "asymmetric")
    return x / axis.scale;
  if (mode == "align_corners")
    return size == 1 ? 0 : x * (extent - 1) / (size - 1);
  if (mode == "tf_crop_and_resize") {
    double width = (axis.roiEnd - axis.roiStart) * (extent - 1);
    return axis.roiStart * (extent - 1) +
           (size == 1 ? width / 2 : x * width / (size - 1));
  }
  double middle = (x + 0.5) / axis.scale - 0.5;
  if (mode == "pytorch_half_pixel" && size == 1)
    return -0.5;
  if (mode == "half_pixel_symmetric")
    return middle + extent / 2 * (1 - static_cast<double>(axis.size) / size);
  return middle;
}

/// Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981.
double evaluateCubic(double a, double x) {
  x = std::abs(x);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

/// The weights of the elements from `first` on, for a place at `x`.
SmallVector<Tap> findTaps(const ResizeRules &rules, const Axis &axis,
                          double x) {
  auto floor = static_cast<int64_t>(std::floor(x));
  double rest = x - static_cast<double>(floor);
  SmallVector<Tap> taps;
  if (rules.mode == "nearest") {
    bool isNext =
        rest > 0 && (rules.nearest == "ceil" ||
                     (rules.nearest == "round_prefer_floor" && rest > 0.5) ||
                     (rules.nearest == "round_prefer_ceil" && rest >= 0.5));
    return {{floor + isNext, 1.0}};
  }
  // A filter that is stretched where the result has fewer elements.
  double scale = rules.antialias ? std::min(axis.scale, 1.0) : 1.0;
  bool isCubic = rules.mode == "cubic";
  auto reach = static_cast<int64_t>(std::ceil((isCubic ? 2 : 1) / scale));
  double sum = 0;
  for (int64_t i = 1 - reach; i <= reach; ++i) {
    double distance = scale * (static_cast<double>(i) - rest);
    double weight = isCubic ? evaluateCubic(rules.cubic, distance)
                            : std::max(1 - std::abs(distance), 0.0);
    bool isOutside = floor + i < 0 || floor + i >= axis.extent;
    if (rules.excludeOutside && isOutside)
      weight = 0;
    taps.push_back({floor + i, weight});
    sum += weight;
  }
  for (Tap &tap : taps)
    tap.weight /= sum;
  return taps;
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

Value buildWeights(Binder &node, Value like, int64_t dim,
                   ArrayRef<double> weights) {
  nn::Math &m = node.getMath();
  Type elementType = nn::tensorType(like).getElementType();
  auto type = RankedTensorType::get(weights.size(), elementType);
  auto elements = llvm::map_to_vector(weights, [&](double weight) -> Attribute {
    return nn::numberAttr(elementType, weight);
  });
  Value line = nn::ConstantOp::create(node.getBuilder(), node.getLoc(),
                                      DenseElementsAttr::get(type, elements));
  return m.broadcast(line, nn::tensorType(like).getShape(), dim);
}

Value resizeAxis(Binder &node, const ResizeRules &rules, const Axis &axis,
                 Value x) {
  nn::Math &m = node.getMath();
  // By tap, one for every element of the result.
  SmallVector<SmallVector<int64_t>> positions;
  SmallVector<SmallVector<double>> weights;
  SmallVector<bool> isOutside;
  for (int64_t i = 0; i < axis.size; ++i) {
    double place = findCoordinate(rules, axis, i);
    isOutside.push_back(
        rules.coordinates == "tf_crop_and_resize" &&
        (place < 0 || place > static_cast<double>(axis.extent - 1)));
    SmallVector<Tap> taps =
        findTaps(rules, axis,
                 std::clamp(place, -static_cast<double>(axis.extent) - 4,
                            2 * static_cast<double>(axis.extent) + 4));
    positions.resize(taps.size());
    weights.resize(taps.size());
    for (auto [tap, at, weight] : llvm::zip_equal(taps, positions, weights)) {
      at.push_back(std::clamp<int64_t>(tap.position, 0, axis.extent - 1));
      weight.push_back(tap.weight);
    }
  }
  Value sum;
  for (auto [at, weight] : llvm::zip_equal(positions, weights)) {
    if (llvm::all_of(weight, [](double w) { return w == 0; }))
      continue;
    Value term = buildTake(node, x, axis.dim, at);
    if (llvm::any_of(weight, [](double w) { return w != 1; }))
      term = m.mul(term, buildWeights(node, term, axis.dim, weight));
    sum = sum ? m.add(sum, term) : term;
  }
  if (!llvm::is_contained(isOutside, true))
    return sum;
  auto type = RankedTensorType::get(axis.size, node.getBuilder().getI1Type());
  Value flags = nn::ConstantOp::create(
      node.getBuilder(), node.getLoc(),
      DenseElementsAttr::get(type, ArrayRef<bool>(isOutside)));
  return m.select(m.broadcast(flags, nn::tensorType(sum).getShape(), axis.dim),
                  m.constant(sum, rules.extrapolation), sum);
}

LogicalResult checkRules(Binder &node, const ResizeRules &rules) {
  auto check = [&](StringRef name, StringRef value,
                   ArrayRef<StringRef> known) -> LogicalResult {
    if (llvm::is_contained(known, value))
      return success();
    InFlightDiagnostic error = node.emitError();
    error << "unknown " << name << " '" << value << "'; ";
    llvm::interleaveComma(known, error);
    return error << " are known";
  };
  return failure(
      failed(check("mode", rules.mode, {"nearest", "linear", "cubic"})) ||
      failed(check(
          "nearest_mode", rules.nearest,
          {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})) ||
      failed(check("coordinate_transformation_mode", rules.coordinates,
                   {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
                    "align_corners", "asymmetric", "tf_crop_and_resize"})) ||
      failed(check("keep_aspect_ratio_policy", rules.policy,
                   {"stretch", "not_larger", "not_smaller"})));
}

LogicalResult buildResize(Binder &node, const ResizeRules &rules,
                          ArrayRef<Axis> axes, Value x) {
  SmallVector<int64_t> shape(nn::tensorType(x).getShape());
  for (const Axis &axis : axes) {
    if (!(axis.scale > 0) || axis.size < 0 || axis.extent == 0 ||
        axis.size > limits::kReadElements)
      return node.emitError()
             << "cannot resize dimension " << axis.dim << " of "
             << nn::tensorType(x) << " to " << axis.size << " elements";
    shape[axis.dim] = axis.size;
  }
  if (!isReasonableShape(shape))
    return node.emitError() << "the result would be too large";
  if (rules.mode != "nearest" && failed(node.checkFloat(x, "X")))
    return failure();
  for (const Axis &axis : axes)
    if (axis.scale != 1 || axis.size != axis.extent ||
        rules.coordinates == "tf_crop_and_resize")
      x = resizeAxis(node, rules, axis, x);
  node.setResult(0, x);
  return success();
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// One entry per dimension; `scales` has as many.
LogicalResult resizeByScales(Binder &node, const ResizeRules &rules,
                             ArrayRef<int64_t> dims, ArrayRef<double> scales,
                             ArrayRef<double> roi, Value x) {
  if (scales.size() != dims.size())
    return node.emitError()
           << "'scales' must hold " << dims.size() << " numbers";
  SmallVector<Axis> axes;
  for (auto [i, dim, scale] : llvm::enumerate(dims, scales)) {
    int64_t extent = nn::tensorType(x).getDimSize(dim);
    double size = std::floor(static_cast<double>(extent) * scale);
    if (!(size >= 0 && size <= static_cast<double>(limits::kReadElements)))
      size = -1;
    axes.push_back({dim, extent, static_cast<int64_t>(size), scale});
    if (!roi.empty()) {
      axes.back().roiStart = roi[i];
      axes.back().roiEnd = roi[dims.size() + i];
    }
  }
  return buildResize(node, rules, axes, x);
}

enum class Scales { Attribute, Input };

/// Before version 11, and Upsample: by scales alone.
template <Scales From> LogicalResult legalizeUpsample(Binder &node) {
  Value x;
  ResizeRules rules;
  SmallVector<double> scales;
  if (failed(node.getInput(0, "X", x)) ||
      failed(node.getString("mode", rules.mode)) ||
      failed(checkRules(node, rules)))
    return failure();
  if (From == Scales::Input) {
    if (failed(node.getConstantReals(1, "scales", scales)))
      return failure();
  } else if (auto list =
                 dyn_cast_or_null<DenseF32ArrayAttr>(node.getAttr("scales"))) {
    scales.assign(list.asArrayRef().begin(), list.asArrayRef().end());
  }
  auto dims =
      llvm::to_vector(llvm::seq<int64_t>(0, nn::tensorType(x).getRank()));
  return resizeByScales(node, rules, dims, scales, /*roi=*/{}, x);
}

LogicalResult legalizeResize(Binder &node) {
  Value x;
  ResizeRules rules;
  rules.nearest = "round_prefer_floor";
  rules.coordinates = "half_pixel";
  SmallVector<double> scales, roi;
  std::optional<SmallVector<int64_t>> sizes, dims;
  if (failed(node.getInput(0, "X", x)) ||
      failed(node.getString("mode", rules.mode)) ||
      failed(node.getString("nearest_mode", rules.nearest)) ||
      failed(node.getString("coordinate_transformation_mode",
                            rules.coordinates)) ||
      failed(node.getString("keep_aspect_ratio_policy", rules.policy)) ||
      failed(node.getFloat("cubic_coeff_a", rules.cubic)) ||
      failed(node.getFloat("extrapolation_value", rules.extrapolation)) ||
      failed(node.getFlag("antialias", rules.antialias)) ||
      failed(node.getFlag("exclude_outside", rules.excludeOutside)) ||
      failed(checkRules(node, rules)) || failed(node.getInts("axes", dims)) ||
      failed(node.getConstantReals(2, "scales", scales)) ||
      failed(node.getConstantInts(3, "sizes", sizes)))
    return failure();
  int64_t rank = nn::tensorType(x).getRank();
  if (!dims)
    dims = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  for (int64_t &dim : *dims)
    if (failed(node.normalizeAxis(dim, rank)))
      return failure();
  if (rules.coordinates == "tf_crop_and_resize") {
    if (failed(node.getConstantReals(1, "roi", roi)))
      return failure();
    if (roi.size() != 2 * dims->size())
      return node.emitError()
             << "'roi' must hold " << 2 * dims->size() << " numbers";
  }
  if (!sizes || sizes->empty())
    return resizeByScales(node, rules, *dims, scales, roi, x);
  if (sizes->size() != dims->size())
    return node.emitError()
           << "'sizes' must hold " << dims->size() << " numbers";
  SmallVector<Axis> axes;
  for (auto [i, dim, size] : llvm::enumerate(*dims, *sizes)) {
    int64_t extent = nn::tensorType(x).getDimSize(dim);
    if (extent == 0 || size < 0 || size > limits::kReadElements)
      return node.emitError()
             << "cannot resize dimension " << dim << " of " << nn::tensorType(x)
             << " to " << size << " elements";
    axes.push_back({dim, extent, size,
                    static_cast<double>(size) / static_cast<double>(extent)});
    if (!roi.empty()) {
      axes.back().roiStart = roi[i];
      axes.back().roiEnd = roi[dims->size() + i];
    }
  }
  if (rules.policy != "stretch" && !axes.empty()) {
    auto byScale = [](const Axis &a, const Axis &b) {
      return a.scale < b.scale;
    };
    double scale =
        (rules.policy == "not_larger" ? llvm::min_element(axes, byScale)
                                      : llvm::max_element(axes, byScale))
            ->scale;
    for (Axis &axis : axes) {
      axis.scale = scale;
      axis.size = static_cast<int64_t>(
          std::floor(scale * static_cast<double>(axis.extent) + 0.5));
    }
  }
  return buildResize(node, rules, axes, x);
}

} // namespace

void registerResize(LegalizeTable &table) {
  table.add("Resize", 10, legalizeUpsample<Scales::Input>);
  table.add("Resize", 11, legalizeResize);
  table.add("Upsample", 7, legalizeUpsample<Scales::Attribute>);
  table.add("Upsample", 9, legalizeUpsample<Scales::Input>);
}

} // namespace dpc::legalize
