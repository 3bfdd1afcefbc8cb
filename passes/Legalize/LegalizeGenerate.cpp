//===- LegalizeGenerate.cpp - Values made from shapes and numbers ---------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// All shapes are known, so that what graphs compute from them is constant:
// ConstantFolder evaluates whatever these operators build.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/LegalizeTable.h"

#include <cmath>

using namespace mlir;

namespace dpc::legalize {
namespace {

Value buildIntegers(Binder &node, ArrayRef<int64_t> values,
                    ArrayRef<int64_t> shape) {
  auto type =
      RankedTensorType::get(shape, node.getBuilder().getIntegerType(64));
  return nn::ConstantOp::create(node.getBuilder(), node.getLoc(), type,
                                DenseElementsAttr::get(type, values));
}

/// Counts of elements, of which `varying` are of full batches and as many more
/// or fewer as there are rows.
Value buildCounts(Binder &node, ArrayRef<int64_t> counts,
                  ArrayRef<bool> varying, ArrayRef<int64_t> shape) {
  int64_t batch = node.getBatch();
  SmallVector<int64_t> fixed, each;
  for (auto [count, varies] : llvm::zip_equal(counts, varying)) {
    // Two rows merged into one are not told from others.
    bool isWhole = varies && count % batch == 0;
    fixed.push_back(isWhole ? 0 : count);
    each.push_back(isWhole ? count / batch : 0);
  }
  Value result = buildIntegers(node, fixed, shape);
  if (llvm::all_of(each, [](int64_t number) { return number == 0; }))
    return result;
  nn::Math &m = node.getMath();
  return m.add(result, m.mul(buildIntegers(node, each, shape),
                             m.broadcast(m.batchRows(batch), shape, {})));
}

/// `start` and `end` (15) cut a part out of the shape, as in Python.
LogicalResult legalizeShape(Binder &node) {
  Value x;
  if (failed(node.getInput(0, "data", x)))
    return failure();
  ArrayRef<int64_t> shape = nn::tensorType(x).getShape();
  int64_t rank = static_cast<int64_t>(shape.size());
  int64_t start = 0, end = rank;
  if (failed(node.getInt("start", start)) || failed(node.getInt("end", end)))
    return failure();
  auto clamp = [&](int64_t index) {
    return std::clamp<int64_t>(index < 0 ? index + rank : index, 0, rank);
  };
  start = clamp(start);
  end = std::max(start, clamp(end));
  SmallVector<bool> varying;
  for (int64_t dim = start; dim < end; ++dim)
    varying.push_back(node.hasRows(x, dim));
  node.setResult(0, buildCounts(node, shape.slice(start, end - start), varying,
                                {end - start}));
  return success();
}

LogicalResult legalizeSize(Binder &node) {
  Value x;
  if (failed(node.getInput(0, "data", x)))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  bool varies = llvm::any_of(llvm::seq<int64_t>(0, type.getRank()),
                             [&](int64_t dim) { return node.hasRows(x, dim); });
  node.setResult(0, buildCounts(node, type.getNumElements(), varies, {}));
  return success();
}

/// The shape in operand `index`, which must be a constant.
LogicalResult getShape(Binder &node, unsigned index, StringRef name,
                       SmallVectorImpl<int64_t> &shape) {
  std::optional<SmallVector<int64_t>> values;
  if (failed(node.getConstantInts(index, name, values)))
    return failure();
  if (!values)
    return node.emitError() << "input '" << name << "' is missing";
  if (!isReasonableShape(*values))
    return node.emitError() << "input '" << name << "' is no possible shape";
  shape.assign(values->begin(), values->end());
  return success();
}

LogicalResult legalizeConstantOfShape(Binder &node) {
  SmallVector<int64_t> shape;
  if (failed(getShape(node, 0, "input", shape)))
    return failure();
  Attribute element = node.getBuilder().getF32FloatAttr(0);
  Type elementType = node.getBuilder().getF32Type();
  if (Attribute attr = node.getAttr("value")) {
    auto value = dyn_cast<DenseElementsAttr>(attr);
    if (!value || value.getNumElements() != 1)
      return node.emitError() << "attribute 'value' must be a tensor of one "
                                 "element";
    element = *value.getValues<Attribute>().begin();
    elementType = value.getElementType();
  }
  if (!isSupportedElementType(elementType))
    return node.emitError()
           << "element type " << elementType << " is not supported by dpc";
  auto type = RankedTensorType::get(shape, elementType);
  node.setResult(0,
                 nn::ConstantOp::create(node.getBuilder(), node.getLoc(), type,
                                        DenseElementsAttr::get(type, element)));
  node.setRowsOfShape(0, 0);
  return success();
}

/// Both shapes are broadcast: an extent of 1 in `shape` keeps the input's.
LogicalResult legalizeExpand(Binder &node) {
  Value x;
  SmallVector<int64_t> wanted, shape;
  if (failed(node.getInput(0, "input", x)) ||
      failed(getShape(node, 1, "shape", wanted)) ||
      failed(node.broadcastShapes(nn::tensorType(x).getShape(), wanted, shape)))
    return failure();
  node.setResult(0, node.getMath().broadcastNumpy(x, shape));
  node.setRowsOfShape(0, 1);
  return success();
}

/// The one element of operand `index`, a constant.
LogicalResult getConstantNumber(Binder &node, unsigned index, StringRef name,
                                Value &scalar, Attribute &number) {
  Value value;
  if (failed(node.getInput(index, name, value)))
    return failure();
  DenseElementsAttr elements = node.getConstant(index);
  if (!elements || elements.getNumElements() != 1)
    return node.emitError() << "input '" << name
                            << "' must be a constant scalar of the model; dpc "
                               "needs it to know the shapes";
  number = *elements.getValues<Attribute>().begin();
  scalar = node.getMath().reshape(value, {});
  return success();
}

/// How many numbers there are from `start` to before `limit`, `delta` apart;
/// none if that is no sensible question.
std::optional<int64_t> countRange(Attribute start, Attribute limit,
                                  Attribute delta) {
  constexpr int64_t kMost = 1000000000;
  if (isa<FloatAttr>(start)) {
    auto number = [](Attribute attr) {
      return cast<FloatAttr>(attr).getValueAsDouble();
    };
    double step = number(delta);
    double count =
        std::max(std::ceil((number(limit) - number(start)) / step), 0.0);
    return step != 0 && count <= kMost ? std::optional<int64_t>(count)
                                       : std::nullopt;
  }
  // Two bits more than i64 and ui64 have.
  auto number = [](Attribute attr) {
    auto integer = cast<IntegerAttr>(attr);
    return integer.getType().isUnsignedInteger() ? integer.getValue().zext(66)
                                                 : integer.getValue().sext(66);
  };
  APInt step = number(delta);
  if (step.isZero())
    return std::nullopt;
  APInt count = llvm::APIntOps::RoundingSDiv(number(limit) - number(start),
                                             step, APInt::Rounding::UP);
  if (count.isNegative())
    return 0;
  return count.ule(kMost) ? std::optional<int64_t>(count.getZExtValue())
                          : std::nullopt;
}

LogicalResult legalizeRange(Binder &node) {
  Value start, limit, delta;
  Attribute first, last, step;
  if (failed(getConstantNumber(node, 0, "start", start, first)) ||
      failed(getConstantNumber(node, 1, "limit", limit, last)) ||
      failed(getConstantNumber(node, 2, "delta", delta, step)) ||
      failed(node.checkNumber(start, "start")) ||
      failed(node.checkSameElementType(start, limit)) ||
      failed(node.checkSameElementType(start, delta)))
    return failure();
  std::optional<int64_t> count = countRange(first, last, step);
  if (!count) {
    auto print = [](Attribute number) {
      std::string text;
      llvm::raw_string_ostream os(text);
      number.print(os, /*elideType=*/true);
      return text;
    };
    return node.emitError() << "cannot count from " << print(first) << " to "
                            << print(last) << " by " << print(step);
  }
  nn::Math &m = node.getMath();
  Type elementType = nn::tensorType(start).getElementType();
  auto type = RankedTensorType::get(*count, elementType);
  auto repeat = [&](Value scalar) { return m.broadcast(scalar, *count, {}); };
  Value result = m.iota(type, /*dim=*/0);
  if (step != nn::numberAttr(elementType, 1))
    result = m.mul(result, repeat(delta));
  if (first != nn::numberAttr(elementType, 0))
    result = m.add(result, repeat(start));
  node.setResult(0, result);
  return success();
}

/// Keeps element (i, j) where j >= i + k, or, for a lower triangle, j <= i + k.
LogicalResult legalizeTrilu(Binder &node) {
  Value x;
  bool isUpper = true;
  std::optional<SmallVector<int64_t>> diagonal;
  if (failed(node.getInput(0, "input", x)) ||
      failed(node.getFlag("upper", isUpper)) ||
      failed(node.getConstantInts(1, "k", diagonal)))
    return failure();
  if (diagonal && diagonal->size() != 1)
    return node.emitError() << "input 'k' must be a scalar";
  RankedTensorType type = nn::tensorType(x);
  int64_t rank = type.getRank();
  if (rank < 2)
    return node.emitError() << "the input must be a matrix, not " << type;
  // Beyond the matrix, one diagonal is as good as another.
  auto k = static_cast<double>(std::clamp<int64_t>(
      diagonal ? diagonal->front() : 0, -type.getDimSize(rank - 2),
      type.getDimSize(rank - 1)));
  nn::Math &m = node.getMath();
  // One mask for all matrices.
  auto index = RankedTensorType::get(type.getShape().take_back(2),
                                     node.getBuilder().getI64Type());
  Value row = m.iota(index, /*dim=*/0), column = m.iota(index, /*dim=*/1);
  Value isKept = m.compare(
      column, isUpper ? nn::CompareDirection::GE : nn::CompareDirection::LE,
      k == 0 ? row : m.add(row, m.constant(row, k)));
  node.setResult(0, m.select(m.broadcastNumpy(isKept, type.getShape()), x,
                             m.constant(x, 0.0)));
  return success();
}

/// What weighs `size` samples before a Fourier transform, with one, two or
/// three terms of a cosine series.
template <int First, int Second, int Third, int Denominator>
LogicalResult legalizeWindow(Binder &node) {
  std::optional<SmallVector<int64_t>> size;
  bool isPeriodic = true;
  int64_t to = /*FLOAT=*/1;
  if (failed(node.getConstantInts(0, "size", size)) ||
      failed(node.getFlag("periodic", isPeriodic)) ||
      failed(node.getInt("output_datatype", to)))
    return failure();
  Type type = onnx::getElementType(node.getBuilder().getContext(), to);
  if (!size || size->size() != 1 || !isReasonableShape(*size))
    return node.emitError() << "input 'size' must be a scalar";
  if (!type)
    return node.emitError() << "element type " << onnx::getElementTypeName(to)
                            << " is not supported by dpc";
  int64_t count = size->front();
  nn::Math &m = node.getMath();
  Value angle =
      m.iota(RankedTensorType::get(count, node.getBuilder().getF64Type()), 0);
  angle =
      m.mul(angle, m.constant(angle, 2 * M_PI /
                                         static_cast<double>(
                                             isPeriodic ? count : count - 1)));
  auto number = [&](double value) { return m.constant(angle, value); };
  Value window =
      m.sub(number(double(First) / Denominator),
            m.mul(m.cos(angle), number(double(Second) / Denominator)));
  if (Third != 0)
    window = m.add(window, m.mul(m.cos(m.add(angle, angle)),
                                 number(double(Third) / Denominator)));
  node.setResult(0, m.convert(window, type));
  return success();
}

/// Ones at (i, i + k), zeros elsewhere.
LogicalResult legalizeEyeLike(Binder &node) {
  Value x;
  int64_t diagonal = 0;
  if (failed(node.getInput(0, "input", x)) ||
      failed(node.getInt("k", diagonal)))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  Type elementType = type.getElementType();
  if (node.getAttr("dtype")) {
    int64_t to = 0;
    if (failed(node.getInt("dtype", to)))
      return failure();
    elementType = onnx::getElementType(node.getBuilder().getContext(), to);
    if (!elementType)
      return node.emitError() << "element type " << onnx::getElementTypeName(to)
                              << " is not supported by dpc";
  }
  if (type.getRank() != 2)
    return node.emitError() << "the input must be a matrix, not " << type;
  diagonal = std::clamp(diagonal, -type.getDimSize(0), type.getDimSize(1));
  nn::Math &m = node.getMath();
  auto index = type.clone(node.getBuilder().getI64Type());
  Value row = m.iota(index, /*dim=*/0);
  Value isOne =
      m.compare(m.iota(index, /*dim=*/1), nn::CompareDirection::EQ,
                m.add(row, m.constant(row, static_cast<double>(diagonal))));
  node.setResult(0, m.convert(isOne, elementType));
  node.setRowsLike(0, x);
  return success();
}

} // namespace

void registerGenerate(LegalizeTable &table) {
  table.add("Shape", 1, legalizeShape);
  table.add("Size", 1, legalizeSize);
  table.add("ConstantOfShape", 9, legalizeConstantOfShape);
  table.add("Expand", 8, legalizeExpand);
  table.add("HannWindow", 17, legalizeWindow<1, 1, 0, 2>);
  table.add("HammingWindow", 17, legalizeWindow<25, 21, 0, 46>);
  table.add("BlackmanWindow", 17, legalizeWindow<42, 50, 8, 100>);
  table.add("EyeLike", 9, legalizeEyeLike);
  table.add("Range", 11, legalizeRange);
  table.add("Trilu", 14, legalizeTrilu);
}

} // namespace dpc::legalize
