//===- Reshard.cpp - Reshards as collectives and local ops ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A state machine over (layout that the value has, layout that is wanted). The
// first step that applies is taken until the two are equal:
//
//   1. reduce   the value is partial over axes over which it is wanted whole:
//               one all_reduce over all of them
//   2. gather   a dimension is split by axes that do not lead to the wanted
//   ones:
//               all_gather back to the longest common split from which both
//               follow by refinement, then cut the padding off
//   3. slice    a dimension is to be split further: every rank keeps its part
//
// Termination. Let P be the number of axes to reduce, G the number of split
// axes to gather and S the number of axes to slice by, each summed over all
// dimensions; steps are taken in this order. Step 1 lowers P and leaves G and
// S. Step 2 lowers G; it may raise S, and leaves P = 0. Step 3 lowers S and
// leaves P = G = 0, because what it splits is a prefix-extension of the wanted
// split. So (P, G, S) falls lexicographically, and is (0, 0, 0) only at the
// end. A cheaper step for a combination (reduce_scatter for 1 + 3, all_to_all
// for 2 + 3) goes before step 1 and must lower the same measure.
//
// Refinement. Splitting n elements over p parts and each part over s more is
// splitting over p * s only if the blocks agree: ceil(n / p) = s * ceil(n /
// ps). 5 rows over 2 are [0, 3) and [3, 5); over 2 x 2 they are [0, 2), [2, 4),
// [4, 5) and none, and [2, 4) does not lie within one half. Then the dimension
// is gathered whole first.
//
//===----------------------------------------------------------------------===//

#include "passes/Partition/Reshard.h"

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
    while (now != to && (reduce() || gather() || slice()))
      ;
    return local;
  }

private:
  bool reduce();
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

bool Resharder::reduce() {
  SmallVector<Attribute> axes;
  SmallVector<StringAttr> kept;
  for (StringAttr axis : now.getPartialAxes())
    if (llvm::is_contained(to.getPartialAxes(), axis))
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
