//===- LegalizeSelect.cpp - The greatest, the nonzero, the marked ---------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Composed.h"
#include "passes/Legalize/Index.h"
#include "passes/Legalize/LegalizeTable.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

//===----------------------------------------------------------------------===//
// ArgMax, ArgMin, TopK
//===----------------------------------------------------------------------===//

template <nn::ReduceKind Kind> LogicalResult legalizeArgExtreme(Binder &node) {
  Value x;
  int64_t axis = 0;
  bool keepDims = true, isLast = false;
  if (failed(node.getInput(0, "data", x)) ||
      failed(node.checkNumber(x, "data")) ||
      failed(node.getInt("axis", axis)) ||
      failed(node.getFlag("keepdims", keepDims)) ||
      failed(node.getFlag("select_last_index", isLast)))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  if (failed(node.normalizeAxis(axis, type.getRank())))
    return failure();
  if (type.getDimSize(axis) == 0)
    return node.emitError()
           << "there is nothing along axis " << axis << " of " << type;
  nn::Math &m = node.getMath();
  Value index = buildArgExtreme(m, Kind, x, axis, isLast);
  SmallVector<int64_t> shape(type.getShape());
  shape[axis] = 1;
  node.setResult(0, keepDims ? m.reshape(index, shape) : index);
  return success();
}

/// What TopK gives, the dimension last.
struct TopK {
  Value values, indices;
};

/// One after the other, each the extreme of what is left.
TopK takeOneByOne(Binder &node, nn::ReduceKind kind, Value x, int64_t count) {
  nn::Math &m = node.getMath();
  RankedTensorType type = nn::tensorType(x);
  int64_t last = type.getRank() - 1;
  Value index = buildIota(m, x, last), isLeft;
  SmallVector<int64_t> unit(type.getShape());
  unit[last] = 1;
  SmallVector<Value> values, indices;
  for (int64_t i = 0; i < count; ++i) {
    Value best = buildArgExtreme(m, kind, x, last, /*isLast=*/false, isLeft);
    Value isBest = m.compare(index, nn::CompareDirection::EQ,
                             m.unreduce(best, type.getShape(), last));
    values.push_back(m.reshape(buildChoice(m, isBest, x, last), unit));
    indices.push_back(m.reshape(best, unit));
    Value isOther = m.logicalNot(isBest);
    isLeft = isLeft ? m.logicalAnd(isLeft, isOther) : isOther;
  }
  auto join = [&](ArrayRef<Value> parts) -> Value {
    return nn::ConcatOp::create(node.getBuilder(), node.getLoc(), parts, last);
  };
  return {join(values), join(indices)};
}

/// By the number of elements that go before each: those that are better, and
/// those that are as good and come first.
TopK takeByRank(Binder &node, nn::ReduceKind kind, Value x, int64_t count) {
  nn::Math &m = node.getMath();
  RankedTensorType type = nn::tensorType(x);
  int64_t last = type.getRank() - 1, extent = type.getDimSize(last);
  auto rows = llvm::to_vector(llvm::seq<int64_t>(0, last));
  // [..., i, j]: does j go before i?
  SmallVector<int64_t> pairs(type.getShape()), chosen(pairs);
  pairs.push_back(extent);
  auto along = [&](Value value, ArrayRef<int64_t> shape, int64_t dim) {
    SmallVector<int64_t> dims(rows);
    dims.push_back(dim);
    return m.broadcast(value, shape, dims);
  };
  Value self = along(x, pairs, last), other = along(x, pairs, last + 1);
  Value isBetter =
      m.compare(other,
                kind == nn::ReduceKind::Max ? nn::CompareDirection::GT
                                            : nn::CompareDirection::LT,
                self);
  Value isEqual = m.compare(other, nn::CompareDirection::EQ, self);
  if (Value isNaN = buildIsNaN(m, x)) {
    Value selfNaN = along(isNaN, pairs, last),
          otherNaN = along(isNaN, pairs, last + 1);
    isBetter =
        m.logicalOr(isBetter, m.logicalAnd(otherNaN, m.logicalNot(selfNaN)));
    isEqual = m.logicalOr(isEqual, m.logicalAnd(otherNaN, selfNaN));
  }
  Value isFirst = m.compare(buildIota(m, self, last + 1),
                            nn::CompareDirection::LT, buildIota(m, self, last));
  Value goesBefore = m.logicalOr(isBetter, m.logicalAnd(isEqual, isFirst));
  Value rank = m.reduce(nn::ReduceKind::Sum,
                        m.convert(goesBefore, node.getBuilder().getI64Type()),
                        {last + 1});
  // [..., r, i]: is i the one of rank r?
  chosen[last] = count;
  chosen.push_back(extent);
  Value rankHere = along(rank, chosen, last + 1);
  Value isChosen = m.compare(rankHere, nn::CompareDirection::EQ,
                             buildIota(m, rankHere, last));
  return {buildChoice(m, isChosen, along(x, chosen, last + 1), last + 1),
          buildChoice(m, isChosen, buildIota(m, rankHere, last + 1), last + 1)};
}

enum class Count { Attribute, Input };

/// NaN goes before all numbers. The result is sorted, whatever 'sorted' says.
template <Count From> LogicalResult legalizeTopK(Binder &node) {
  Value x;
  int64_t axis = -1, count = -1;
  bool isLargest = true;
  std::optional<SmallVector<int64_t>> counts;
  if (failed(node.getInput(0, "X", x)) || failed(node.checkNumber(x, "X")) ||
      failed(node.getInt("axis", axis)) ||
      failed(node.getFlag("largest", isLargest)))
    return failure();
  if (From == Count::Attribute) {
    if (failed(node.getInt("k", count)))
      return failure();
  } else if (failed(node.getConstantInts(1, "K", counts))) {
    return failure();
  } else if (counts && counts->size() == 1) {
    count = counts->front();
  }
  RankedTensorType type = nn::tensorType(x);
  if (failed(node.normalizeAxis(axis, type.getRank())))
    return failure();
  int64_t extent = type.getDimSize(axis), last = type.getRank() - 1;
  if (count < 0 || count > extent)
    return node.emitError() << "'K' must lie between 0 and " << extent
                            << ", the extent of axis " << axis;
  nn::Math &m = node.getMath();
  SmallVector<int64_t> swap =
      llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  std::swap(swap[axis], swap[last]);
  x = m.transpose(x, swap);
  nn::ReduceKind kind = isLargest ? nn::ReduceKind::Max : nn::ReduceKind::Min;
  constexpr int64_t kFew = 64, kPassesPerElement = 8;
  bool isOneByOne =
      count > 0 && count <= kFew && count * kPassesPerElement < extent;
  TopK top = isOneByOne ? takeOneByOne(node, kind, x, count)
                        : takeByRank(node, kind, x, count);
  node.setResult(0, m.transpose(top.values, swap));
  node.setResult(1, m.transpose(top.indices, swap));
  return success();
}

//===----------------------------------------------------------------------===//
// OneHot
//===----------------------------------------------------------------------===//

LogicalResult legalizeOneHot(Binder &node) {
  Value indices, values;
  std::optional<SmallVector<int64_t>> depths;
  int64_t axis = -1;
  if (failed(node.getInput(0, "indices", indices)) ||
      failed(node.checkNumber(indices, "indices")) ||
      failed(node.getInput(2, "values", values)) ||
      failed(node.getInt("axis", axis)))
    return failure();
  // Any number may name the depth.
  Attribute element;
  if (node.hasInput(1))
    if (DenseElementsAttr elements = node.getConstant(1))
      if (elements.getNumElements() == 1)
        element = *elements.getValues<Attribute>().begin();
  if (!element)
    return node.emitError()
           << "input 'depth' must be a constant scalar of the model";
  double depth = 0;
  if (auto number = dyn_cast<FloatAttr>(element))
    depth = number.getValueAsDouble();
  else
    depth = cast<IntegerAttr>(element).getValue().roundToDouble(true);
  RankedTensorType type = nn::tensorType(indices);
  if (failed(node.normalizeAxis(axis, type.getRank() + 1)))
    return failure();
  if (nn::tensorType(values).getNumElements() != 2)
    return node.emitError()
           << "input 'values' must hold two numbers, not " << values.getType();
  SmallVector<int64_t> shape(type.getShape());
  if (!(depth >= 0 && depth <= static_cast<double>(limits::kElements)))
    return node.emitError() << "the depth of " << depth << " is not possible";
  shape.insert(shape.begin() + axis, static_cast<int64_t>(depth));
  if (!isReasonableShape(shape))
    return node.emitError() << "the result would be too large";
  nn::Math &m = node.getMath();
  Value index = m.convert(indices, node.getBuilder().getI64Type());
  if (node.getVersion() >= 11)
    index = m.select(
        m.compare(index, nn::CompareDirection::LT, m.constant(index, 0.0)),
        m.add(index, m.constant(index, std::floor(depth))), index);
  index = m.unreduce(index, shape, axis);
  Value isHot = m.compare(index, nn::CompareDirection::EQ,
                          m.iota(nn::tensorType(index), axis));
  values = m.reshape(values, {2});
  auto value = [&](int64_t i) {
    Value one = nn::SliceOp::create(
        node.getBuilder(), node.getLoc(), values, ArrayRef<int64_t>{i},
        ArrayRef<int64_t>{i + 1}, ArrayRef<int64_t>{1});
    return m.broadcast(m.reshape(one, {}), shape, {});
  };
  node.setResult(0, m.select(isHot, value(1), value(0)));
  return success();
}

//===----------------------------------------------------------------------===//
// NonZero
//===----------------------------------------------------------------------===//

bool isZero(Attribute number) {
  if (auto real = dyn_cast<FloatAttr>(number))
    return real.getValue().isZero();
  return cast<IntegerAttr>(number).getValue().isZero();
}

/// The indices of all elements that are not zero; one row per dimension.
LogicalResult legalizeNonZero(Binder &node) {
  Value x;
  if (failed(node.getInput(0, "X", x)))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  int64_t rank = type.getRank();
  Type i64 = node.getBuilder().getI64Type();
  nn::Math &m = node.getMath();
  DenseElementsAttr elements = node.getConstant(0);
  if (!elements)
    return node.emitError()
           << "how many elements are not zero depends on the data; only of a "
              "constant of the model dpc knows it";
  if (elements.isSplat() && !elements.empty() && rank > 0 &&
      !isZero(elements.getSplatValue<Attribute>())) {
    SmallVector<Value> rows;
    for (int64_t dim = 0; dim < rank; ++dim)
      rows.push_back(
          m.reshape(m.iota(type.clone(i64), dim), {1, type.getNumElements()}));
    node.setResult(0, nn::ConcatOp::create(node.getBuilder(), node.getLoc(),
                                           rows, /*dim=*/0));
    return success();
  }
  if (elements.isSplat() && isZero(elements.getSplatValue<Attribute>())) {
    node.setResult(0, m.constant(RankedTensorType::get({rank, 0}, i64), 0.0));
    return success();
  }
  SmallVector<SmallVector<int64_t>> found(rank);
  int64_t count = 0;
  auto values = elements.getValues<Attribute>();
  auto next = values.begin();
  nn::forEachIndex(type.getShape(), [&](ArrayRef<int64_t> index) {
    if (isZero(*next++))
      return;
    ++count;
    for (auto [row, i] : llvm::zip_equal(found, index))
      row.push_back(i);
  });
  SmallVector<int64_t> flat;
  for (ArrayRef<int64_t> row : found)
    llvm::append_range(flat, row);
  node.setResult(
      0, nn::ConstantOp::create(
             node.getBuilder(), node.getLoc(),
             DenseElementsAttr::get(RankedTensorType::get({rank, count}, i64),
                                    ArrayRef(flat))));
  return success();
}

/// The elements along 'axis', or all in their order, that a constant condition
/// marks.
LogicalResult legalizeCompress(Binder &node) {
  Value x;
  int64_t axis = 0;
  if (failed(node.getInput(0, "input", x)))
    return failure();
  DenseElementsAttr marks =
      node.hasInput(1) ? node.getConstant(1) : DenseElementsAttr();
  if (!marks || !marks.getElementType().isInteger(1))
    return node.emitError()
           << "input 'condition' must hold booleans that are constants of the "
              "model; dpc needs them to know the shapes";
  nn::Math &m = node.getMath();
  if (node.getAttr("axis")) {
    if (failed(node.getInt("axis", axis)) ||
        failed(node.normalizeAxis(axis, nn::tensorType(x).getRank())))
      return failure();
  } else {
    x = m.reshape(x, {nn::tensorType(x).getNumElements()});
  }
  int64_t extent = nn::tensorType(x).getDimSize(axis);
  if (marks.getNumElements() > std::min(extent, limits::kReadElements))
    return node.emitError()
           << "input 'condition' has " << marks.getNumElements()
           << " elements for " << extent;
  SmallVector<int64_t> positions;
  for (auto [i, isMarked] : llvm::enumerate(marks.getValues<bool>()))
    if (isMarked)
      positions.push_back(i);
  node.setResult(0, buildTake(node, x, axis, positions));
  return success();
}

} // namespace

void registerSelect(LegalizeTable &table) {
  table.add("ArgMax", 1, legalizeArgExtreme<nn::ReduceKind::Max>);
  table.add("ArgMin", 1, legalizeArgExtreme<nn::ReduceKind::Min>);
  table.add("Compress", 9, legalizeCompress);
  table.add("NonZero", 9, legalizeNonZero);
  table.add("OneHot", 9, legalizeOneHot);
  table.add("TopK", 1, legalizeTopK<Count::Attribute>);
  table.add("TopK", 10, legalizeTopK<Count::Input>);
}

} // namespace dpc::legalize
