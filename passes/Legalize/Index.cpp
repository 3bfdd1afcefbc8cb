//===- Index.cpp - Parts of tensors that indices name ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Index.h"

#include "dialects/ONNX/Limits.h"
#include "passes/Legalize/Composed.h"

#include "llvm/ADT/SmallVectorExtras.h"
#include <numeric>

using namespace mlir;

namespace dpc::legalize {

/// Elements of a constant that stands in the program.
static constexpr size_t kMaxPositions = 1024;

/// So many times the elements of a table are compared with indices rather than
/// looked up behind a dimension that both have.
static constexpr int64_t kMaxComparisons = 64;

static int64_t product(ArrayRef<int64_t> extents) {
  return std::accumulate(extents.begin(), extents.end(), int64_t(1),
                         std::multiplies<int64_t>());
}

static SmallVector<int64_t> getExtents(ArrayRef<int64_t> shape,
                                       ArrayRef<int64_t> dims) {
  return llvm::map_to_vector(dims, [&](int64_t dim) { return shape[dim]; });
}

/// Where each of `dims` stands in `all`.
static SmallVector<int64_t> findPlaces(ArrayRef<int64_t> dims,
                                       ArrayRef<int64_t> all) {
  return llvm::map_to_vector(dims, [&](int64_t dim) {
    return static_cast<int64_t>(llvm::find(all, dim) - all.begin());
  });
}

static SmallVector<int64_t> unite(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  SmallVector<int64_t> all(a);
  llvm::append_range(all, b);
  llvm::sort(all);
  all.erase(llvm::unique(all), all.end());
  return all;
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

Value buildRange(Binder &node, Value x, int64_t dim, Range range) {
  RankedTensorType type = nn::tensorType(x);
  if (range.step == 1 && range.count == type.getDimSize(dim))
    return x;
  if (range.step < 0 && range.count > 1) {
    nn::Math &m = node.getMath();
    auto indexType =
        RankedTensorType::get(range.count, node.getBuilder().getI64Type());
    Value index = m.iota(indexType, /*dim=*/0);
    index = m.mul(index, m.constant(index, static_cast<double>(range.step)));
    index = m.add(index, m.constant(index, static_cast<double>(range.start)));
    return nn::GatherOp::create(node.getBuilder(), node.getLoc(), x, index,
                                dim);
  }
  SmallVector<int64_t> starts(type.getRank(), 0), limits(type.getShape()),
      strides(type.getRank(), 1);
  starts[dim] = range.count == 0 ? 0 : range.start;
  // A single element has any step.
  strides[dim] = range.count <= 1 ? 1 : range.step;
  limits[dim] =
      range.count == 0 ? 0 : range.start + (range.count - 1) * strides[dim] + 1;
  return nn::SliceOp::create(node.getBuilder(), node.getLoc(), x, starts,
                             limits, strides);
}

std::optional<Range> findRange(ArrayRef<int64_t> positions) {
  if (positions.empty())
    return std::nullopt;
  Range range{positions[0],
              positions.size() > 1 ? positions[1] - positions[0] : 1,
              static_cast<int64_t>(positions.size())};
  if (range.step < 1)
    return std::nullopt;
  for (auto [i, position] : llvm::enumerate(positions))
    if (position != range.start + static_cast<int64_t>(i) * range.step)
      return std::nullopt;
  return range;
}

Value buildTake(Binder &node, Value x, int64_t dim,
                ArrayRef<int64_t> positions) {
  if (positions.empty())
    return buildRange(node, x, dim, {0, 1, 0});
  if (std::optional<Range> range = findRange(positions))
    return buildRange(node, x, dim, *range);
  auto type =
      RankedTensorType::get(positions.size(), node.getBuilder().getI64Type());
  Value index = nn::ConstantOp::create(node.getBuilder(), node.getLoc(),
                                       DenseElementsAttr::get(type, positions));
  return nn::GatherOp::create(node.getBuilder(), node.getLoc(), x, index, dim);
}

//===----------------------------------------------------------------------===//
// What is known of indices
//===----------------------------------------------------------------------===//

Index Index::identity(int64_t dim) {
  Index index;
  index.dims.push_back(dim);
  return index;
}

namespace {
/// A value without what repeats it: `dims` are those of the value that it was
/// found for, one for each of its own.
struct Narrow {
  Value value;
  SmallVector<int64_t> dims;
};
} // namespace

/// For each dimension of the shape `from`, that of `to` where a reshape puts
/// it: -1 where an extent of 1 has no place. None if it does more than adding
/// and dropping such.
static std::optional<SmallVector<int64_t>> mapUnits(ArrayRef<int64_t> from,
                                                    ArrayRef<int64_t> to) {
  SmallVector<int64_t> map;
  size_t next = 0;
  for (int64_t extent : from) {
    if (extent == 1) {
      bool hasPlace = next < to.size() && to[next] == 1;
      map.push_back(hasPlace ? next++ : -1);
      continue;
    }
    while (next < to.size() && to[next] == 1)
      ++next;
    if (next == to.size() || to[next] != extent)
      return std::nullopt;
    map.push_back(next++);
  }
  if (llvm::any_of(to.drop_front(next), [](int64_t e) { return e != 1; }))
    return std::nullopt;
  return map;
}

static Narrow findNarrow(nn::Math &m, Value value) {
  SmallVector<int64_t> map =
      llvm::to_vector(llvm::seq<int64_t>(0, nn::tensorType(value).getRank()));
  while (Operation *op = value.getDefiningOp()) {
    std::optional<SmallVector<int64_t>> places;
    if (auto broadcast = dyn_cast<nn::BroadcastOp>(op))
      places = llvm::to_vector(broadcast.getDims());
    else if (auto reshape = dyn_cast<nn::ReshapeOp>(op))
      places = mapUnits(nn::tensorType(reshape.getInput()).getShape(),
                        nn::tensorType(value).getShape());
    if (!places)
      break;
    for (int64_t &place : *places)
      place = place < 0 ? place : map[place];
    map = std::move(*places);
    value = op->getOperand(0);
  }
  SmallVector<int64_t> dims, extents;
  for (auto [extent, dim] :
       llvm::zip_equal(nn::tensorType(value).getShape(), map))
    if (dim >= 0) {
      dims.push_back(dim);
      extents.push_back(extent);
    }
  return {m.reshape(value, extents), dims};
}

/// Drops dimensions along which known positions are the same.
static void narrowPositions(Index &index, ArrayRef<int64_t> extents) {
  SmallVector<int64_t> shape(extents);
  for (size_t i = shape.size(); i-- > 0;) {
    SmallVector<int64_t> &all = *index.positions;
    int64_t inner = product(ArrayRef(shape).drop_front(i + 1));
    int64_t block = inner * shape[i], size = all.size();
    bool isSame = llvm::all_of(llvm::seq<int64_t>(0, size), [&](int64_t at) {
      return all[at] == all[at - at % block + at % inner];
    });
    if (!isSame || size == 0)
      continue;
    SmallVector<int64_t> kept;
    for (int64_t at : llvm::seq<int64_t>(0, size))
      if (at % block < inner)
        kept.push_back(all[at]);
    all = std::move(kept);
    shape.erase(shape.begin() + i);
    index.dims.erase(index.dims.begin() + i);
  }
}

FailureOr<Index> bindIndex(Binder &node, Value indices, int64_t extent,
                           int64_t axis, Type type) {
  nn::Math &m = node.getMath();
  RankedTensorType indexType = nn::tensorType(indices);
  if (!indexType.getElementType().isInteger(32) &&
      !indexType.getElementType().isInteger(64))
    return node.emitError() << "input 'indices' must hold integers, not "
                            << indexType.getElementType();
  Narrow narrow = findNarrow(m, indices);
  Index index;
  index.dims = narrow.dims;
  auto getShape = [&] { return getExtents(indexType.getShape(), index.dims); };
  Value value = narrow.value;
  if (DenseElementsAttr elements = node.getConstantOf(narrow.value)) {
    index.positions.emplace();
    for (const APInt &element : elements.getValues<APInt>()) {
      int64_t position = element.getSExtValue();
      if (position >= extent || position < -extent)
        return node.emitError()
               << "index " << position << " is out of range for axis " << axis
               << " of " << type;
      index.positions->push_back(position < 0 ? position + extent : position);
    }
    narrowPositions(index, getShape());
    // One position, for the batch perhaps, if that is 1.
    const auto *unit = llvm::find_if(narrow.dims, [&](int64_t dim) {
      return indexType.getDimSize(dim) == 1;
    });
    if (index.dims.empty() && unit != narrow.dims.end())
      index.dims.push_back(*unit);
    if (index.positions->size() <= kMaxPositions) {
      auto constantType =
          RankedTensorType::get(getShape(), node.getBuilder().getI64Type());
      index.value = nn::ConstantOp::create(
          node.getBuilder(), node.getLoc(),
          DenseElementsAttr::get(constantType, ArrayRef(*index.positions)));
      return index;
    }
    // More than a program should hold is computed by it.
    for (auto [i, dim] : llvm::enumerate(narrow.dims))
      if (!llvm::is_contained(index.dims, dim))
        value = buildRange(node, value, i, {0, 1, 1});
    value = m.reshape(value, getShape());
  } else if (extent == 0 && indexType.getNumElements() > 0) {
    return node.emitError() << "takes elements along axis " << axis << " of "
                            << type << ", which has none";
  }
  value = m.convert(nn::CheckRangeOp::create(node.getBuilder(), node.getLoc(),
                                             value, -extent, extent),
                    node.getBuilder().getI64Type());
  Value isNegative =
      m.compare(value, nn::CompareDirection::LT, m.constant(value, 0.0));
  index.value = m.select(
      isNegative, m.add(value, m.constant(value, static_cast<double>(extent))),
      value);
  return index;
}

FailureOr<SmallVector<Index>> bindIndexTuples(Binder &node, Value indices,
                                              Value data, int64_t batchDims) {
  nn::Math &m = node.getMath();
  ArrayRef<int64_t> shape = nn::tensorType(indices).getShape();
  RankedTensorType type = nn::tensorType(data);
  if (shape.empty() || type.getRank() == 0)
    return node.emitError() << "'data' and 'indices' must not be scalars";
  int64_t last = static_cast<int64_t>(shape.size()) - 1, count = shape[last];
  if (batchDims < 0 || batchDims > last || count < 1 ||
      batchDims + count > type.getRank())
    return node.emitError() << "indices of " << count << " numbers behind "
                            << batchDims << " dimensions do not fit " << type;
  shape = shape.drop_back();
  // What was concatenated is known in parts.
  SmallVector<Value> parts;
  auto split = [&](Value value) {
    int64_t extent = nn::tensorType(value).getDimSize(last);
    for (int64_t i = 0; i < extent; ++i)
      parts.push_back(
          m.reshape(buildRange(node, value, last, {i, 1, 1}), shape));
  };
  auto concat = indices.getDefiningOp<nn::ConcatOp>();
  if (concat && static_cast<int64_t>(concat.getDim()) == last)
    llvm::for_each(concat.getInputs(), split);
  else
    split(indices);
  SmallVector<Index> result;
  for (int64_t dim = 0; dim < batchDims; ++dim) {
    if (shape[dim] != type.getDimSize(dim))
      return node.emitError()
             << "batch dimension " << dim << " of " << indices.getType()
             << " and " << type << " have different extents";
    result.push_back(Index::identity(dim));
  }
  for (auto [i, part] : llvm::enumerate(parts)) {
    int64_t dim = batchDims + static_cast<int64_t>(i);
    FailureOr<Index> index =
        bindIndex(node, part, type.getDimSize(dim), dim, type);
    if (failed(index))
      return failure();
    result.push_back(std::move(*index));
  }
  return result;
}

FailureOr<SmallVector<Index>> bindElementIndices(Binder &node, Value indices,
                                                 Value data) {
  RankedTensorType type = nn::tensorType(data);
  ArrayRef<int64_t> shape = nn::tensorType(indices).getShape();
  int64_t axis = 0;
  if (failed(node.getInt("axis", axis)) ||
      failed(node.normalizeAxis(axis, type.getRank())))
    return failure();
  bool fits = static_cast<int64_t>(shape.size()) == type.getRank();
  for (int64_t dim = 0; fits && dim < type.getRank(); ++dim)
    fits = dim == axis || shape[dim] <= type.getDimSize(dim);
  if (!fits)
    return node.emitError() << "indices of " << indices.getType()
                            << " do not fit " << type << " along axis " << axis;
  SmallVector<Index> result;
  for (auto [dim, extent] : llvm::enumerate(shape)) {
    if (static_cast<int64_t>(dim) == axis) {
      FailureOr<Index> index =
          bindIndex(node, indices, type.getDimSize(axis), axis, type);
      if (failed(index))
        return failure();
      result.push_back(std::move(*index));
      continue;
    }
    result.push_back(Index::identity(dim));
  }
  return result;
}

Value expandIndex(Binder &node, const Index &index, ArrayRef<int64_t> shape,
                  ArrayRef<int64_t> dims) {
  nn::Math &m = node.getMath();
  SmallVector<int64_t> extents = getExtents(shape, dims),
                       places = findPlaces(index.dims, dims);
  if (index.value)
    return m.broadcast(index.value, extents, places);
  return m.iota(RankedTensorType::get(extents, node.getBuilder().getI64Type()),
                places.front());
}

Value linearize(Binder &node, ArrayRef<Index> indices,
                ArrayRef<int64_t> extents, ArrayRef<int64_t> shape,
                ArrayRef<int64_t> dims) {
  nn::Math &m = node.getMath();
  Value linear;
  for (auto [i, index] : llvm::enumerate(indices)) {
    Value part = expandIndex(node, index, shape, dims);
    int64_t stride = product(extents.drop_front(i + 1));
    if (stride != 1)
      part = m.mul(part, m.constant(part, static_cast<double>(stride)));
    linear = linear ? m.add(linear, part) : part;
  }
  return linear;
}

//===----------------------------------------------------------------------===//
// Look-ups
//===----------------------------------------------------------------------===//

namespace {
/// A look-up under construction: first what is known is taken out of the data,
/// then the rest is looked up for the dimensions of the shape that matter.
class Lookup {
public:
  Lookup(Binder &node, Value data, ArrayRef<Index> indices,
         ArrayRef<int64_t> shape)
      : node(node), m(node.getMath()), source(data), data(data),
        indices(indices), shape(shape) {}

  Value build();

private:
  void takeAligned();
  void permute();
  Value lookUp(ArrayRef<int64_t> dims);

  Binder &node;
  nn::Math &m;
  Value source, data;
  ArrayRef<Index> indices;
  ArrayRef<int64_t> shape;
  /// Dimensions of the data: with that of `shape` that each is taken along; of
  /// one position; the others that are named.
  SmallVector<std::pair<int64_t, int64_t>> aligned;
  SmallVector<int64_t> single, computed;
  /// Of `shape`, those of `aligned`.
  SmallVector<int64_t> alignedDims;
  /// Extents of the aligned and of the computed dimensions.
  SmallVector<int64_t> alignedExtents, computedExtents;
};
} // namespace

void Lookup::takeAligned() {
  llvm::SmallDenseSet<int64_t> used;
  // Two indices that run along one dimension are a diagonal: one is computed.
  // The data's own dimensions go first.
  for (bool isIdentity : {true, false})
    for (auto [dim, index] : llvm::enumerate(indices)) {
      if (isIdentity != !index.value)
        continue;
      bool isNew =
          !index.dims.empty() && used.insert(index.dims.front()).second;
      bool isSingle = index.positions && index.positions->size() == 1;
      if (!index.isAligned() || !(isNew || isSingle)) {
        computed.push_back(dim);
        continue;
      }
      if (index.positions)
        data = buildTake(node, data, dim, *index.positions);
      else
        data = buildRange(node, data, dim, {0, 1, shape[index.dims.front()]});
      if (isNew)
        aligned.push_back({dim, index.dims.front()});
      else
        single.push_back(dim);
    }
  llvm::sort(aligned, llvm::less_second());
  llvm::sort(computed);
}

/// The data's dimensions become the aligned ones, one for all computed ones if
/// there are any, the rest.
void Lookup::permute() {
  ArrayRef<int64_t> from = nn::tensorType(data).getShape();
  SmallVector<int64_t> permutation, extents;
  for (auto [dim, along] : aligned) {
    permutation.push_back(dim);
    alignedDims.push_back(along);
    alignedExtents.push_back(from[dim]);
  }
  extents = alignedExtents;
  llvm::append_range(permutation, computed);
  computedExtents = getExtents(from, computed);
  if (!computed.empty())
    extents.push_back(product(computedExtents));
  llvm::append_range(permutation, single);
  for (auto dim = static_cast<int64_t>(indices.size());
       dim < static_cast<int64_t>(from.size()); ++dim) {
    permutation.push_back(dim);
    extents.push_back(from[dim]);
  }
  data = m.reshape(m.transpose(data, permutation), extents);
}

Value Lookup::lookUp(ArrayRef<int64_t> dims) {
  SmallVector<Index> parts;
  for (int64_t dim : computed)
    parts.push_back(indices[dim]);
  Value index = linearize(node, parts, computedExtents, shape, dims);
  ArrayRef<int64_t> from = nn::tensorType(data).getShape();
  if (aligned.empty())
    return nn::GatherOp::create(node.getBuilder(), node.getLoc(), data, index,
                                /*axis=*/0);
  bool hasRows = llvm::any_of(
      aligned, [&](auto pair) { return node.hasRows(source, pair.first); });
  if (!hasRows && product(getExtents(shape, dims)) >
                      kMaxComparisons * product(alignedExtents)) {
    SmallVector<Index> all;
    for (int64_t dim : alignedDims)
      all.push_back(Index::identity(dim));
    int64_t choices = from[aligned.size()];
    SmallVector<int64_t> merged = {product(alignedExtents) * choices};
    llvm::append_range(merged, from.drop_front(aligned.size() + 1));
    Value first = linearize(node, all, alignedExtents, shape, dims);
    first = m.mul(first, m.constant(first, static_cast<double>(choices)));
    return nn::GatherOp::create(node.getBuilder(), node.getLoc(),
                                m.reshape(data, merged), m.add(first, index),
                                /*axis=*/0);
  }
  // Each position along the aligned dimensions has choices of its own. All are
  // compared with the index: that keeps the dimensions apart.
  auto middle = static_cast<int64_t>(dims.size());
  SmallVector<int64_t> every = getExtents(shape, dims),
                       places = findPlaces(alignedDims, dims);
  for (int64_t extent : from.drop_front(aligned.size())) {
    places.push_back(every.size());
    every.push_back(extent);
  }
  index =
      m.broadcast(index, every, llvm::to_vector(llvm::seq<int64_t>(0, middle)));
  Value isChosen = m.compare(index, nn::CompareDirection::EQ,
                             m.iota(nn::tensorType(index), middle));
  return buildChoice(m, isChosen, m.broadcast(data, every, places), middle);
}

Value Lookup::build() {
  takeAligned();
  permute();
  ArrayRef<int64_t> rest = nn::tensorType(data).getShape().drop_front(
      aligned.size() + !computed.empty());
  SmallVector<int64_t> result(shape), places(alignedDims);
  llvm::append_range(result, rest);
  if (!computed.empty()) {
    for (int64_t dim : computed)
      places = unite(places, indices[dim].dims);
    data = lookUp(places);
  }
  for (size_t i = shape.size(); i < result.size(); ++i)
    places.push_back(i);
  return m.broadcast(data, result, places);
}

Value buildLookup(Binder &node, Value data, ArrayRef<Index> indices,
                  ArrayRef<int64_t> shape) {
  return Lookup(node, data, indices, shape).build();
}

} // namespace dpc::legalize
