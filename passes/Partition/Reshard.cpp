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
//   2. exchange the last axes that split one dimension are to split another:
//               one all_to_all, with padding up to equal parts before
//   3. gather   a dimension is split by axes that do not lead to the wanted
//               ones: all_gather back to the longest common split from which
//               both follow by refinement, then cut the padding off
//   4. slice    a dimension is to be split further: every rank keeps its part
//
// Termination. Let P be the number of axes to reduce, G the number of split
// axes to gather and S the number of axes to slice by, each summed over all
// dimensions; steps are taken in this order. Step 0 lowers P and S and leaves
// G, because it only extends a split that leads to the wanted one. Step 1
// lowers P and leaves G and S. Steps 2 and 3 lower G and leave P = 0; step 3
// may raise S. Step 4 lowers S and leaves P = G = 0, because what it splits is
// a prefix-extension of the wanted split. So (P, G, S) falls lexicographically,
// and is (0, 0, 0) only at the end.
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
        type(type), now(from), to(to), position(position),
        mesh(position.getMesh()) {}

  Value run() {
    while (now != to && (reduce(true) || scatter() || reduce(false) ||
                         exchange() || gather() || slice()))
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
  bool gather();
  bool slice();

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
        (onlyMicrobatches && axis != kMicrobatchAxis))
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
  return parts == 1 || llvm::divideCeil(extent, parts) ==
                           (all / parts) * llvm::divideCeil(extent, all);
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
