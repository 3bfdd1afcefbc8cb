//===- LegalizeScatter.cpp - Elements put where indices say ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Composed.h"
#include "passes/Legalize/Index.h"
#include "passes/Legalize/LegalizeTable.h"

#include "llvm/ADT/SmallVectorExtras.h"
#include <numeric>

using namespace mlir;

namespace dpc::legalize {
namespace {

enum class Combine { Replace, Add, Mul, Max, Min };

/// What a scatter does with an element that is there.
LogicalResult getCombine(Binder &node, Value data, Combine &combine) {
  std::string text = "none";
  // Ignored before it exists.
  if (node.getVersion() >= 16 && failed(node.getString("reduction", text)))
    return failure();
  std::optional<Combine> found =
      llvm::StringSwitch<std::optional<Combine>>(text)
          .Case("none", Combine::Replace)
          .Case("add", Combine::Add)
          .Case("mul", Combine::Mul)
          .Case("max", Combine::Max)
          .Case("min", Combine::Min)
          .Default(std::nullopt);
  if (!found)
    return node.emitError() << "unknown reduction '" << text
                            << "'; none, add, mul, max and min are known";
  combine = *found;
  if (combine != Combine::Replace)
    return node.checkNumber(data, "data");
  return success();
}

SmallVector<int64_t> count(int64_t begin, int64_t end) {
  return llvm::to_vector(llvm::seq<int64_t>(begin, end));
}

Value combineWith(Binder &node, Combine kind, Value data, Value updates) {
  nn::Math &m = node.getMath();
  OpBuilder &builder = node.getBuilder();
  switch (kind) {
  case Combine::Replace:
    return updates;
  case Combine::Add:
    return m.add(data, updates);
  case Combine::Mul:
    return m.mul(data, updates);
  case Combine::Max:
    return nn::MaxOp::create(builder, node.getLoc(), data, updates);
  case Combine::Min:
    return nn::MinOp::create(builder, node.getLoc(), data, updates);
  }
  llvm_unreachable("unknown combination");
}

/// Updates of a box: ranges along different dimensions of `shape`, which cover
/// it. Null if the indices are no such thing.
Value buildBox(Binder &node, Combine kind, Value data, Value updates,
               ArrayRef<Index> indices, ArrayRef<int64_t> shape) {
  nn::Math &m = node.getMath();
  RankedTensorType type = nn::tensorType(data);
  SmallVector<Range> ranges;
  SmallVector<int64_t> along;
  for (const Index &index : indices) {
    if (!index.isAligned())
      return {};
    std::optional<Range> range = index.positions
                                     ? findRange(*index.positions)
                                     : Range{0, 1, shape[index.dims.front()]};
    if (!range || range->count == 0)
      return {};
    ranges.push_back(*range);
    if (!index.positions || range->count != 1)
      llvm::append_range(along, index.dims);
  }
  SmallVector<int64_t> sorted(along);
  llvm::sort(sorted);
  for (auto [dim, extent] : llvm::enumerate(shape))
    if (llvm::count(sorted, dim) > 1 ||
        (extent != 1 && !llvm::is_contained(sorted, dim)))
      return {};

  // The updates in the order of the data's dimensions, zeros around them.
  ArrayRef<int64_t> rest = type.getShape().drop_front(indices.size());
  SmallVector<int64_t> extents, permutation, low, high, interior;
  for (int64_t dim : sorted)
    extents.push_back(shape[dim]);
  for (int64_t dim : along)
    permutation.push_back(llvm::find(sorted, dim) - sorted.begin());
  auto named = static_cast<int64_t>(sorted.size());
  llvm::append_range(permutation,
                     count(named, named + static_cast<int64_t>(rest.size())));
  llvm::append_range(extents, rest);
  Value box = m.transpose(m.reshape(updates, extents), permutation);
  SmallVector<int64_t> boxShape;
  for (auto [dim, range] : llvm::enumerate(ranges)) {
    boxShape.push_back(range.count);
    low.push_back(range.start);
    interior.push_back(range.step - 1);
    high.push_back(type.getDimSize(dim) - 1 - range.start -
                   (range.count - 1) * range.step);
  }
  llvm::append_range(boxShape, rest);
  for (SmallVector<int64_t> *list : {&low, &high, &interior})
    list->append(rest.size(), 0);
  box = nn::PadOp::create(node.getBuilder(), node.getLoc(),
                          m.reshape(box, boxShape), low, high, interior,
                          llvm::APFloat(0.0));
  if (kind == Combine::Add)
    return m.add(data, box);

  Value isHit;
  for (auto [dim, range] : llvm::enumerate(ranges)) {
    int64_t extent = type.getDimSize(dim);
    if (range.count == extent)
      continue;
    Value position = m.iota(
        RankedTensorType::get(extent, node.getBuilder().getI64Type()), 0);
    auto number = [&](int64_t value) {
      return m.constant(position, static_cast<double>(value));
    };
    position = m.sub(position, number(range.start));
    Value isIn =
        m.logicalAnd(m.compare(position, nn::CompareDirection::GE, number(0)),
                     m.compare(position, nn::CompareDirection::LE,
                               number((range.count - 1) * range.step)));
    if (range.step != 1)
      isIn = m.logicalAnd(isIn, m.compare(m.rem(position, number(range.step)),
                                          nn::CompareDirection::EQ, number(0)));
    isIn = m.broadcast(isIn, type.getShape(), static_cast<int64_t>(dim));
    isHit = isHit ? m.logicalAnd(isHit, isIn) : isIn;
  }
  Value result = combineWith(node, kind, data, box);
  return isHit ? m.select(isHit, result, data) : result;
}

/// Updates along dimension `axis` of the data, behind dimensions that data,
/// indices and updates share: data [..., K, rest], indices [..., J], updates
/// [..., J, rest]. Of several that replace the same element the last one
/// counts.
Value buildScatter(Binder &node, Combine kind, Value data, Value indices,
                   Value updates) {
  nn::Math &m = node.getMath();
  RankedTensorType type = nn::tensorType(data);
  int64_t axis = nn::tensorType(indices).getRank() - 1;
  int64_t number = nn::tensorType(indices).getDimSize(axis);
  if (number == 0)
    return data;
  if (kind == Combine::Add && axis == 0)
    return m.add(data,
                 nn::ScatterAddOp::create(node.getBuilder(), node.getLoc(),
                                          type, indices, updates, axis));
  // [..., K, J], then [..., K, J, rest].
  SmallVector<int64_t> pairs(type.getShape().take_front(axis + 1));
  pairs.push_back(number);
  SmallVector<int64_t> all(pairs);
  llvm::append_range(all, type.getShape().drop_front(axis + 1));
  SmallVector<int64_t> without = count(0, axis);
  llvm::append_range(without, count(axis + 1, all.size()));
  auto indexType = RankedTensorType::get(pairs, node.getBuilder().getI64Type());
  Value isHit = m.compare(
      m.iota(indexType, axis), nn::CompareDirection::EQ,
      m.broadcast(indices, pairs, ArrayRef(without).take_front(axis + 1)));
  auto onPairs = count(0, axis + 2), onPlaces = count(0, axis + 1);
  if (kind == Combine::Replace) {
    Value update = m.iota(indexType, axis + 1);
    Value last =
        m.reduce(nn::ReduceKind::Max,
                 m.select(isHit, update, m.constant(update, -1.0)), {axis + 1});
    Value isReplaced = m.broadcast(
        m.compare(last, nn::CompareDirection::GE, m.constant(last, 0.0)),
        type.getShape(), onPlaces);
    Value chosen;
    if (axis == 0) {
      chosen = nn::GatherOp::create(node.getBuilder(), node.getLoc(), updates,
                                    last, axis);
    } else {
      Value isLast = m.compare(m.unreduce(last, pairs, axis + 1),
                               nn::CompareDirection::EQ, update);
      chosen = buildChoice(m, m.broadcast(isLast, all, onPairs),
                           m.broadcast(updates, all, without), axis + 1);
    }
    return m.select(isReplaced, chosen, data);
  }
  isHit = m.broadcast(isHit, all, onPairs);
  updates = m.broadcast(updates, all, without);
  Type elementType = type.getElementType();
  auto reduceBy = [&](nn::ReduceKind by) {
    Value identity =
        m.constant(updates, nn::reductionIdentity(by, elementType));
    return m.reduce(by, m.select(isHit, updates, identity), {axis + 1});
  };
  Value combined;
  if (kind == Combine::Mul)
    combined = buildProduct(node.getBuilder(), node.getLoc(),
                            m.select(isHit, updates, m.constant(updates, 1.0)),
                            axis + 1);
  else
    combined = reduceBy(kind == Combine::Add   ? nn::ReduceKind::Sum
                        : kind == Combine::Max ? nn::ReduceKind::Max
                                               : nn::ReduceKind::Min);
  return combineWith(node, kind, data, combined);
}

LogicalResult bindScatter(Binder &node, Value &data, Value &indices,
                          Value &updates, Combine &kind) {
  if (failed(node.getInput(0, "data", data)) ||
      failed(node.getInput(1, "indices", indices)) ||
      failed(node.getInput(2, "updates", updates)) ||
      failed(node.checkSameElementType(data, updates)))
    return failure();
  return getCombine(node, data, kind);
}

LogicalResult legalizeScatterND(Binder &node) {
  Value data, indices, updates;
  Combine kind;
  if (failed(bindScatter(node, data, indices, updates, kind)))
    return failure();
  FailureOr<SmallVector<Index>> tuples =
      bindIndexTuples(node, indices, data, /*batchDims=*/0);
  if (failed(tuples))
    return failure();
  RankedTensorType type = nn::tensorType(data);
  ArrayRef<int64_t> shape = nn::tensorType(indices).getShape().drop_back();
  ArrayRef<int64_t> named = type.getShape().take_front(tuples->size()),
                    rest = type.getShape().drop_front(tuples->size());
  SmallVector<int64_t> wanted(shape);
  llvm::append_range(wanted, rest);
  if (nn::tensorType(updates).getShape() != ArrayRef(wanted))
    return node.emitError()
           << "updates of " << updates.getType() << " do not fit indices of "
           << indices.getType() << " and data of " << type;
  if (Value box = buildBox(node, kind, data, updates, *tuples, shape)) {
    node.setResult(0, box);
    return success();
  }
  nn::Math &m = node.getMath();
  auto flatten = [](ArrayRef<int64_t> lead, ArrayRef<int64_t> rest) {
    SmallVector<int64_t> flat = {std::accumulate(
        lead.begin(), lead.end(), int64_t(1), std::multiplies<int64_t>())};
    llvm::append_range(flat, rest);
    return flat;
  };
  Value index = linearize(node, *tuples, named, shape,
                          count(0, static_cast<int64_t>(shape.size())));
  Value result = buildScatter(node, kind, m.reshape(data, flatten(named, rest)),
                              m.reshape(index, flatten(shape, {})),
                              m.reshape(updates, flatten(shape, rest)));
  node.setResult(0, m.reshape(result, type.getShape()));
  return success();
}

/// x filled up with `value` to the extents of `shape`.
Value padTo(Binder &node, Value x, ArrayRef<int64_t> shape, double value) {
  if (nn::tensorType(x).getShape() == shape)
    return x;
  SmallVector<int64_t> zeros(shape.size(), 0), high;
  for (auto [extent, wanted] :
       llvm::zip_equal(nn::tensorType(x).getShape(), shape))
    high.push_back(wanted - extent);
  return nn::PadOp::create(node.getBuilder(), node.getLoc(), x, zeros, high,
                           zeros, llvm::APFloat(value));
}

LogicalResult legalizeScatterElements(Binder &node) {
  Value data, indices, updates;
  Combine kind;
  FailureOr<SmallVector<Index>> bound = failure();
  if (failed(bindScatter(node, data, indices, updates, kind)) ||
      failed(bound = bindElementIndices(node, indices, data)))
    return failure();
  RankedTensorType type = nn::tensorType(data);
  ArrayRef<int64_t> shape = nn::tensorType(indices).getShape();
  if (nn::tensorType(updates).getShape() != shape)
    return node.emitError() << "updates of " << updates.getType()
                            << " do not fit indices of " << indices.getType();
  if (Value box = buildBox(node, kind, data, updates, *bound, shape)) {
    node.setResult(0, box);
    return success();
  }
  nn::Math &m = node.getMath();
  int64_t axis = 0;
  if (failed(node.getInt("axis", axis)) ||
      failed(node.normalizeAxis(axis, type.getRank())))
    return failure();
  const Index &index = (*bound)[axis];
  SmallVector<int64_t> full(type.getShape());
  full[axis] = shape[axis];
  // An index that is the same for all but the position moves whole slices.
  bool isSame =
      ArrayRef(full) == shape &&
      llvm::all_of(index.dims, [&](int64_t dim) { return dim == axis; });
  SmallVector<int64_t> others, permutation, inverse(shape.size());
  for (int64_t dim : count(0, type.getRank()))
    if (dim != axis)
      others.push_back(dim);
  permutation = others;
  permutation.insert(isSame ? permutation.begin() : permutation.end(), axis);
  for (auto [i, dim] : llvm::enumerate(permutation))
    inverse[dim] = i;
  Value where =
      isSame ? expandIndex(node, index, shape, axis)
             : padTo(node,
                     expandIndex(node, index, shape, count(0, type.getRank())),
                     full, -1);
  if (!isSame) {
    updates = padTo(node, updates, full, 0);
    where = m.transpose(where, permutation);
  }
  Value result = buildScatter(node, kind, m.transpose(data, permutation), where,
                              m.transpose(updates, permutation));
  node.setResult(0, m.transpose(result, inverse));
  return success();
}

/// Consecutive updates along 'axis', from a place on that each row of the batch
/// has; 'circular', the end is followed by the start.
LogicalResult legalizeTensorScatter(Binder &node) {
  Value past, update, first;
  int64_t axis = -2;
  std::string mode = "linear";
  if (failed(node.getInput(0, "past_cache", past)) ||
      failed(node.getInput(1, "update", update)) ||
      failed(node.checkSameElementType(past, update)) ||
      failed(node.getInt("axis", axis)) || failed(node.getString("mode", mode)))
    return failure();
  RankedTensorType type = nn::tensorType(past);
  if (failed(node.normalizeAxis(axis, type.getRank())))
    return failure();
  SmallVector<int64_t> expected(type.getShape());
  int64_t places = expected[axis];
  if (nn::tensorType(update).getRank() == type.getRank())
    expected[axis] = nn::tensorType(update).getDimSize(axis);
  int64_t number = expected[axis];
  if (axis == 0 || nn::tensorType(update).getShape() != ArrayRef(expected) ||
      number > places || number == 0)
    return node.emitError() << "updates of " << update.getType()
                            << " do not fit " << type << " along axis " << axis;
  if (mode != "linear" && mode != "circular")
    return node.emitError()
           << "unknown mode '" << mode << "'; linear and circular are known";
  bool isCircular = mode == "circular";
  nn::Math &m = node.getMath();
  SmallVector<int64_t> pairs = {type.getDimSize(0), places};
  auto pairType = RankedTensorType::get(pairs, node.getBuilder().getI64Type());
  Value from = m.iota(pairType, 1);
  auto number64 = [&](int64_t value) {
    return m.constant(from, static_cast<double>(value));
  };
  if (node.hasInput(2)) {
    if (failed(node.getInput(2, "write_indices", first)))
      return failure();
    if (first.getType() != pairType.clone(pairs[0]))
      return node.emitError()
             << "input 'write_indices' must be " << pairType.clone(pairs[0])
             << ", not " << first.getType();
    first = nn::CheckRangeOp::create(node.getBuilder(), node.getLoc(), first, 0,
                                     isCircular ? places : places - number + 1);
    from = m.sub(from, m.broadcast(first, pairs, static_cast<int64_t>(0)));
  }
  Value zero = number64(0);
  Value isBefore = m.compare(from, nn::CompareDirection::LT, zero);
  if (isCircular)
    from = m.select(isBefore, m.add(from, number64(places)), from);
  Value isNew =
      m.logicalAnd(m.compare(from, nn::CompareDirection::GE, zero),
                   m.compare(from, nn::CompareDirection::LT, number64(number)));
  SmallVector<Index> indices;
  for (int64_t dim : count(0, type.getRank()))
    indices.push_back(Index::identity(dim));
  indices[axis].value = m.select(isNew, from, zero);
  indices[axis].dims = {0, axis};
  SmallVector<int64_t> dims = {0, axis};
  node.setResult(
      0, m.select(m.broadcast(isNew, type.getShape(), dims),
                  buildLookup(node, update, indices, type.getShape()), past));
  return success();
}

} // namespace

void registerScatter(LegalizeTable &table) {
  table.add("ScatterElements", 11, legalizeScatterElements);
  table.add("Scatter", 9, legalizeScatterElements);
  table.add("ScatterND", 11, legalizeScatterND);
  table.add("TensorScatter", 24, legalizeTensorScatter);
}

} // namespace dpc::legalize
