//===- Reshard.cpp - Reshards as collectives and local ops ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A state machine over (layout that the value has, layout that is wanted). The
// first step that applies is taken until the two are equal:
//
//   0. scatter  the value is partial over axes by which a dimension is to be
//               split further: one reduce_scatter instead of an all_reduce of
//               the whole and a slice, with padding up to equal parts before
//   1. reduce   the value is partial over axes over which it is wanted whole:
//               one all_reduce over all of them
//   2. permute  every dimension has as many parts as it is to have: the parts
//               change places, one permute
//   3. exchange the last axes that split one dimension are to split another:
//               one all_to_all, with padding up to equal parts before
//   4. reorder  the axes that are to stay do not come first in a dimension, or
//               others with as many parts are to take their place: one permute
//               of the parts, so that less or nothing is gathered next
//   5. gather   a dimension is split by axes that do not lead to the wanted
//               ones: all_gather back to the longest common split from which
//               both follow by refinement, then cut the padding off
//   6. slice    a dimension is to be split further: every rank keeps its part
//
// A permute sends a rank's part once, where gathering p parts receives p - 1 of
// them. Hence step 4: of n elements over [a, b], wanted over [b], all_gather
// receives a rank's part ab - 1 times, permute to [b, a] and all_gather over a
// do so a times.
//
// Termination. Let P be the number of axes to reduce, G the number of split
// axes to gather (those behind the common prefix of what a dimension has and
// wants) and S the number of axes to slice by, each summed over all dimensions;
// steps are taken in this order. Step 0 lowers P and S and leaves G, because it
// only extends a split that leads to the wanted one. Step 1 lowers P and leaves
// G and S. Step 2 ends. Step 3 lowers G. Step 4 lowers G: at least one axis
// that was behind the common prefix becomes part of it, and no other dimension
// changes. Step 5 lowers G; steps 3 to 5 leave P = 0 and may raise S. Step 6
// lowers S and leaves P = G = 0, because what it splits is a prefix-extension
// of the wanted split. So (P, G, S) falls lexicographically, and is (0, 0, 0)
// only at the end.
//
// Refinement. Splitting n elements over p parts and each part over s more is
// splitting over p * s only if the blocks agree: ceil(n / p) = s * ceil(n /
// ps). 5 rows over 2 are [0, 3) and [3, 5); over 2 x 2 they are [0, 2), [2, 4),
// [4, 5) and none, and [2, 4) does not lie within one half. Then the dimension
// is gathered whole first.
//
//===----------------------------------------------------------------------===//

#include "passes/Partition/Reshard.h"
#include "passes/Sharding/Passes.h"

#include "dialects/NN/Builders.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace dpc {

using dist::ShardingAttr;

namespace {

class Resharder {
public:
  Resharder(OpBuilder &builder, Location loc, Value local,
            RankedTensorType type, ShardingAttr from, ShardingAttr to,
            RankPosition &position)
      : builder(builder), loc(loc), math(builder, loc), local(local),
        type(type), position(position), mesh(position.getMesh()) {
    now = dropUnits(from);
    this->to = dropUnits(to);
  }

  Value run() {
    while (now != to &&
           (reduce(true) || scatter() || reduce(false) || permute() ||
            exchange() || reorder() || gather() || slice()))
      ;
    return local;
  }

private:
  bool scatter();
  void scatterDim(unsigned dim, ArrayRef<Attribute> axes);
  bool reduce(bool onlyMicrobatches);
  bool canExchange(unsigned source, unsigned target, ArrayRef<Attribute> axes);
  bool exchange();
  void exchangeDims(unsigned source, unsigned target, ArrayRef<Attribute> axes);
  void padDim(unsigned dim, int64_t extent);
  bool permute();
  bool reorder();
  bool permuteTo(ShardingAttr target);
  bool gather();
  bool slice();

  /// Without axes of one rank, whose order would matter.
  ShardingAttr dropUnits(ShardingAttr sharding) {
    auto isUnit = [&](Attribute axis) {
      return mesh.getAxisSize(cast<StringAttr>(axis).getValue()) == 1;
    };
    SmallVector<ArrayAttr> dims;
    for (ArrayAttr dim : sharding.getDims()) {
      SmallVector<Attribute> axes(dim.getValue());
      llvm::erase_if(axes, isUnit);
      dims.push_back(getAxes(axes));
    }
    SmallVector<StringAttr> partial(sharding.getPartialAxes());
    llvm::erase_if(partial, isUnit);
    return ShardingAttr::get(builder.getContext(), dims, partial,
                             partial.empty() ? nn::ReduceKind::Sum
                                             : sharding.getPartialKind());
  }
  ArrayAttr getAxes(ArrayRef<Attribute> axes) {
    return builder.getArrayAttr(axes);
  }
  void setDim(unsigned dim, ArrayAttr axes) {
    SmallVector<ArrayAttr> dims(now.getDims());
    dims[dim] = axes;
    now = ShardingAttr::get(builder.getContext(), dims, now.getPartialAxes(),
                            now.getPartialKind());
  }
  bool isRefinement(int64_t extent, ArrayRef<Attribute> coarse, ArrayAttr fine);
  void gatherDim(unsigned dim, ArrayRef<Attribute> kept,
                 ArrayRef<Attribute> gathered);

  OpBuilder &builder;
  Location loc;
  nn::Math math;
  Value local;
  RankedTensorType type;
  ShardingAttr now, to;
  RankPosition &position;
  dist::MeshOp mesh;
};

bool Resharder::scatter() {
  auto isReduced = [&](Attribute axis) {
    return llvm::is_contained(now.getPartialAxes(), axis) &&
           !llvm::is_contained(to.getPartialAxes(), axis);
  };
  for (unsigned dim = 0, e = type.getRank(); dim < e; ++dim) {
    ArrayRef<Attribute> have = now.getDims()[dim].getValue(),
                        want = to.getDims()[dim].getValue();
    if (want.size() <= have.size() || want.take_front(have.size()) != have)
      continue;
    ArrayRef<Attribute> axes =
        want.drop_front(have.size()).take_while(isReduced);
    // The longest part of the wanted split that refines what is there and that
    // the wanted split refines.
    for (; !axes.empty(); axes = axes.drop_back()) {
      ArrayAttr split = getAxes(want.take_front(have.size() + axes.size()));
      int64_t extent = type.getDimSize(dim);
      if (isRefinement(extent, have, split) &&
          isRefinement(extent, split.getValue(), to.getDims()[dim]))
        break;
    }
    if (axes.empty())
      continue;
    scatterDim(dim, axes);
    return true;
  }
  return false;
}

/// Pads dimension `dim` at its end up to `extent`.
void Resharder::padDim(unsigned dim, int64_t extent) {
  ArrayRef<int64_t> shape = nn::tensorType(local).getShape();
  if (shape[dim] == extent)
    return;
  SmallVector<int64_t> none(shape.size(), 0), high(shape.size(), 0);
  high[dim] = extent - shape[dim];
  local = nn::PadOp::create(builder, loc, local, none, high, none,
                            llvm::APFloat(0.0));
}

/// reduce_scatter cuts the slowest dimension. The parts of any other become a
/// dimension of their own that is moved to the front, as in gatherDim:
/// 5x5 -> 5x6 -> 5x3x2 -> 3x5x2 -> 1x5x2 -> 5x2.
void Resharder::scatterDim(unsigned dim, ArrayRef<Attribute> axes) {
  int64_t parts = mesh.getGroupSize(getAxes(axes));
  SmallVector<Attribute> split(now.getDims()[dim].getValue());
  llvm::append_range(split, axes);
  nn::ReduceKind kind = now.getPartialKind();
  SmallVector<StringAttr> kept;
  for (StringAttr axis : now.getPartialAxes())
    if (!llvm::is_contained(axes, axis))
      kept.push_back(axis);
  SmallVector<ArrayAttr> dims(now.getDims());
  dims[dim] = getAxes(split);
  now = ShardingAttr::get(builder.getContext(), dims, kept,
                          kept.empty() ? nn::ReduceKind::Sum : kind);
  if (parts == 1)
    return;

  RankedTensorType part = dist::getLocalType(type, now, mesh);
  padDim(dim, parts * part.getDimSize(dim));
  SmallVector<int64_t> shape(nn::tensorType(local).getShape());
  auto reduceScatter = [&](Value value) {
    auto input = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(input.getShape());
    shape[0] /= parts;
    return dist::ReduceScatterOp::create(builder, loc, input.clone(shape), kind,
                                         value, getAxes(axes));
  };
  if (dim == 0) {
    local = reduceScatter(local);
    return;
  }
  SmallVector<int64_t> lifted(shape), permutation{dim};
  lifted[dim] = part.getDimSize(dim);
  lifted.insert(lifted.begin() + dim, parts);
  for (unsigned i = 0; i < lifted.size(); ++i)
    if (i != dim)
      permutation.push_back(i);
  local = math.reshape(
      reduceScatter(math.transpose(math.reshape(local, lifted), permutation)),
      part.getShape());
}

/// Step 1. Microbatches are summed first, on their own: all else is then done
/// once, with the sum.
bool Resharder::reduce(bool onlyMicrobatches) {
  SmallVector<Attribute> axes;
  SmallVector<StringAttr> kept;
  for (StringAttr axis : now.getPartialAxes())
    if (llvm::is_contained(to.getPartialAxes(), axis) ||
        (onlyMicrobatches && axis != dist::kMicrobatchAxis))
      kept.push_back(axis);
    else
      axes.push_back(axis);
  if (axes.empty())
    return false;
  if (mesh.getGroupSize(getAxes(axes)) > 1)
    local = dist::AllReduceOp::create(builder, loc, now.getPartialKind(),
                                      ValueRange{local}, getAxes(axes))
                .getResult(0);
  nn::ReduceKind kind =
      kept.empty() ? nn::ReduceKind::Sum : now.getPartialKind();
  now = ShardingAttr::get(builder.getContext(), now.getDims(), kept, kind);
  return true;
}

/// Whether splitting by `fine`, which starts with `coarse`, splits the blocks
/// that `coarse` makes.
bool Resharder::isRefinement(int64_t extent, ArrayRef<Attribute> coarse,
                             ArrayAttr fine) {
  int64_t parts = mesh.getGroupSize(getAxes(coarse));
  int64_t all = mesh.getGroupSize(fine);
  return parts == 1 ||
         dist::getPartSize(extent, getAxes(coarse), mesh) ==
             (all / parts) * dist::getPartSize(extent, fine, mesh);
}

/// Whether `axes`, the last that split dimension `source`, may go to `target`
/// at once: there they must extend the split towards the wanted one, and all
/// splits on the way must be refinements.
bool Resharder::canExchange(unsigned source, unsigned target,
                            ArrayRef<Attribute> axes) {
  ArrayRef<Attribute> have = now.getDims()[target].getValue(),
                      want = to.getDims()[target].getValue();
  SmallVector<Attribute> extended(have);
  llvm::append_range(extended, axes);
  if (want.size() < extended.size() ||
      want.take_front(extended.size()) != ArrayRef(extended))
    return false;
  ArrayAttr split = now.getDims()[source];
  int64_t extent = type.getDimSize(target);
  return isRefinement(type.getDimSize(source),
                      split.getValue().drop_back(axes.size()), split) &&
         isRefinement(extent, have, getAxes(extended)) &&
         isRefinement(extent, extended, to.getDims()[target]);
}

bool Resharder::exchange() {
  for (unsigned source = 0, e = type.getRank(); source < e; ++source) {
    ArrayRef<Attribute> have = now.getDims()[source].getValue(),
                        want = to.getDims()[source].getValue();
    size_t common = 0;
    while (common < std::min(have.size(), want.size()) &&
           have[common] == want[common])
      ++common;
    // As many axes as possible in one message.
    for (ArrayRef<Attribute> axes = have.drop_front(common); !axes.empty();
         axes = axes.drop_front())
      for (unsigned target = 0; target < e; ++target)
        if (target != source && canExchange(source, target, axes)) {
          exchangeDims(source, target, axes);
          return true;
        }
  }
  return false;
}

/// The parts of the target become a dimension of their own at the front; what
/// comes back are the parts of the source. From rows to columns over 3 ranks:
/// 2x7 -> 2x9 -> 2x3x3 -> 3x2x3, all_to_all, 3x2x3 -> 6x3 -> 5x3.
void Resharder::exchangeDims(unsigned source, unsigned target,
                             ArrayRef<Attribute> axes) {
  SmallVector<Attribute> moved(axes);
  int64_t parts = mesh.getGroupSize(getAxes(moved));
  setDim(source,
         getAxes(now.getDims()[source].getValue().drop_back(moved.size())));
  SmallVector<Attribute> extended(now.getDims()[target].getValue());
  llvm::append_range(extended, moved);
  setDim(target, getAxes(extended));
  if (parts == 1)
    return;

  SmallVector<int64_t> result(dist::getLocalType(type, now, mesh).getShape());
  padDim(target, parts * result[target]);
  SmallVector<int64_t> lifted(nn::tensorType(local).getShape());
  lifted[target] = result[target];
  lifted.insert(lifted.begin() + target, parts);
  SmallVector<int64_t> toFront{target};
  for (unsigned i = 0; i < lifted.size(); ++i)
    if (i != target)
      toFront.push_back(i);
  Value sent = math.transpose(math.reshape(local, lifted), toFront);
  Value received = dist::AllToAllOp::create(builder, loc, sent.getType(), sent,
                                            getAxes(moved));
  SmallVector<int64_t> permutation;
  for (unsigned i = 1; i < lifted.size(); ++i) {
    if (i - 1 == source)
      permutation.push_back(0);
    permutation.push_back(i);
  }
  SmallVector<int64_t> shape(result);
  shape[source] = parts * nn::tensorType(received).getDimSize(source + 1);
  local = math.reshape(math.transpose(received, permutation), shape);
  if (shape != result)
    local = nn::SliceOp::create(builder, loc, local,
                                SmallVector<int64_t>(shape.size(), 0), result,
                                SmallVector<int64_t>(shape.size(), 1));
}

/// Moves the parts to where `target` has them, which splits every dimension
/// into as many. Of the ranks that hold a part, each sends it to one of those
/// that are to hold it, to itself if it is one of them.
bool Resharder::permuteTo(ShardingAttr target) {
  // Only the axes behind the common prefixes matter.
  SmallVector<Attribute> moved;
  for (auto [have, want] : llvm::zip_equal(now.getDims(), target.getDims())) {
    size_t common = 0;
    while (common < std::min(have.size(), want.size()) &&
           have[common] == want[common])
      ++common;
    for (ArrayRef<Attribute> axes : {have.getValue(), want.getValue()})
      for (Attribute axis : axes.drop_front(common))
        if (!llvm::is_contained(moved, axis))
          moved.push_back(axis);
  }
  // Microbatches have no ranks that could send.
  if (llvm::is_contained(
          moved, Attribute(builder.getStringAttr(dist::kMicrobatchAxis))))
    return false;
  ArrayAttr axes = getAxes(moved);
  auto getPart = [&](ShardingAttr sharding, int64_t rank) {
    int64_t part = 0;
    for (ArrayAttr dim : sharding.getDims())
      part = part * mesh.getGroupSize(dim) + mesh.getGroupIndex(rank, dim);
    return part;
  };
  SmallVector<int64_t> group = mesh.getGroup(0, axes);
  SmallVector<int64_t> sources(group.size(), -1);
  DenseMap<int64_t, SmallVector<int64_t>> holders;
  bool moves = false;
  for (auto [i, rank] : llvm::enumerate(group))
    if (getPart(now, rank) == getPart(target, rank))
      sources[i] = i;
    else
      holders[getPart(now, rank)].push_back(i);
  for (auto [i, rank] : llvm::enumerate(group))
    if (sources[i] < 0) {
      SmallVector<int64_t> &left = holders[getPart(target, rank)];
      sources[i] = left.front();
      left.erase(left.begin());
      moves = true;
    }
  now = target;
  if (moves)
    local = dist::PermuteOp::create(builder, loc, local, sources, axes);
  return true;
}

bool Resharder::permute() {
  if (now.getDims() == to.getDims())
    return false;
  for (auto [have, want] : llvm::zip_equal(now.getDims(), to.getDims()))
    if (mesh.getGroupSize(have) != mesh.getGroupSize(want))
      return false;
  return permuteTo(ShardingAttr::get(builder.getContext(), to.getDims(),
                                     now.getPartialAxes(),
                                     now.getPartialKind()));
}

bool Resharder::reorder() {
  for (unsigned dim = 0, e = type.getRank(); dim < e; ++dim) {
    ArrayRef<Attribute> have = now.getDims()[dim].getValue(),
                        want = to.getDims()[dim].getValue();
    size_t common = 0;
    while (common < std::min(have.size(), want.size()) &&
           have[common] == want[common])
      ++common;
    ArrayRef<Attribute> leaving = have.drop_front(common);
    if (leaving.empty())
      continue;
    SmallVector<Attribute> order(have.take_front(common));
    bool isFree = llvm::all_of(want.drop_front(common), [&](Attribute axis) {
      return llvm::all_of(llvm::enumerate(now.getDims()), [&](auto other) {
        return other.index() == dim ||
               !llvm::is_contained(other.value().getValue(), axis);
      });
    });
    if (isFree &&
        mesh.getGroupSize(getAxes(have)) == mesh.getGroupSize(getAxes(want))) {
      llvm::append_range(order, want.drop_front(common));
    } else {
      for (Attribute axis : want.drop_front(common)) {
        if (!llvm::is_contained(leaving, axis))
          break;
        order.push_back(axis);
      }
      // Gathering must end at the axes that stay.
      int64_t extent = type.getDimSize(dim);
      if (order.size() == common ||
          !isRefinement(extent, order, now.getDims()[dim]) ||
          !isRefinement(extent, order, to.getDims()[dim]))
        continue;
      for (Attribute axis : leaving)
        if (!llvm::is_contained(order, axis))
          order.push_back(axis);
    }
    SmallVector<ArrayAttr> dims(now.getDims());
    dims[dim] = getAxes(order);
    if (permuteTo(ShardingAttr::get(builder.getContext(), dims,
                                    now.getPartialAxes(),
                                    now.getPartialKind())))
      return true;
  }
  return false;
}

bool Resharder::gather() {
  for (unsigned dim = 0, e = type.getRank(); dim < e; ++dim) {
    ArrayAttr have = now.getDims()[dim], want = to.getDims()[dim];
    if (have == want)
      continue;
    int64_t extent = type.getDimSize(dim);
    size_t common = 0;
    while (common < std::min(have.size(), want.size()) &&
           have[common] == want[common])
      ++common;
    ArrayRef<Attribute> kept = have.getValue().take_front(common);
    while (!kept.empty() && (!isRefinement(extent, kept, have) ||
                             !isRefinement(extent, kept, want)))
      kept = kept.drop_back();
    if (kept.size() == have.size())
      continue;
    gatherDim(dim, kept, have.getValue().drop_front(kept.size()));
    return true;
  }
  return false;
}

/// all_gather puts the ranks' buffers one after the other, which is
/// concatenation of the slowest dimension. For any other, the
/// ranks become a dimension of their own that is moved where it belongs:
/// 5x2 -> 1x5x2 -> 3x5x2 -> 5x3x2 -> 5x6 -> 5x5.
void Resharder::gatherDim(unsigned dim, ArrayRef<Attribute> kept,
                          ArrayRef<Attribute> gathered) {
  ArrayAttr axes = getAxes(gathered);
  int64_t parts = mesh.getGroupSize(axes);
  setDim(dim, getAxes(kept));
  if (parts == 1)
    return;

  auto part = cast<RankedTensorType>(local.getType());
  SmallVector<int64_t> shape(part.getShape());
  auto allGather = [&](Value value) {
    auto input = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(input.getShape());
    shape[0] *= parts;
    return dist::AllGatherOp::create(builder, loc, input.clone(shape), value, 0,
                                     axes);
  };
  if (dim == 0) {
    local = allGather(local);
    shape[0] *= parts;
  } else {
    SmallVector<int64_t> lifted(shape);
    lifted.insert(lifted.begin(), 1);
    SmallVector<int64_t> permutation;
    for (unsigned i = 0; i < dim; ++i)
      permutation.push_back(i + 1);
    permutation.push_back(0);
    for (unsigned i = dim; i < shape.size(); ++i)
      permutation.push_back(i + 1);
    shape[dim] *= parts;
    local = math.reshape(
        math.transpose(allGather(math.reshape(local, lifted)), permutation),
        shape);
  }

  SmallVector<int64_t> limits(dist::getLocalType(type, now, mesh).getShape());
  if (limits != shape)
    local = nn::SliceOp::create(builder, loc, local,
                                SmallVector<int64_t>(shape.size(), 0), limits,
                                SmallVector<int64_t>(shape.size(), 1));
}

bool Resharder::slice() {
  for (unsigned dim = 0, e = type.getRank(); dim < e; ++dim) {
    ArrayAttr have = now.getDims()[dim], want = to.getDims()[dim];
    if (have == want)
      continue;
    // The wanted split refines what is there: the rank's part starts at its
    // index along the further axes.
    ArrayAttr axes = getAxes(want.getValue().drop_front(have.size()));
    setDim(dim, want);
    RankedTensorType partType = dist::getLocalType(type, now, mesh);
    if (Value offset = position.getOffset(axes, partType.getDimSize(dim)))
      local =
          dist::SliceAtOp::create(builder, loc, partType, local, offset, dim);
    return true;
  }
  return false;
}

} // namespace

Value buildReshard(OpBuilder &builder, Location loc, Value local,
                   RankedTensorType type, ShardingAttr from, ShardingAttr to,
                   RankPosition &position) {
  return Resharder(builder, loc, local, type, from, to, position).run();
}

} // namespace dpc
