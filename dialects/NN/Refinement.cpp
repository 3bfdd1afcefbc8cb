//===- Refinement.cpp - One dimension given as several --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Refinement.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace dpc::nn;

Refinement::Refinement(OpShardingRule rule) : rule(std::move(rule)) {
  for (const Factor &factor : this->rule.factors)
    extents.push_back({factor.size});
}

LogicalResult Refinement::refine(ArrayRef<int64_t> factors,
                                 ArrayRef<int64_t> wanted) {
  if (wanted.size() == 1)
    return success();
  if (factors.size() != 1 ||
      rule.factors[factors[0]].kind == FactorKind::NeedReplication)
    return failure();
  SmallVector<int64_t> &mine = extents[factors[0]];
  if (isRefined(factors[0]) && ArrayRef<int64_t>(mine) != wanted)
    return failure();
  mine.assign(wanted.begin(), wanted.end());
  return success();
}

SmallVector<int64_t> Refinement::getExtents(int64_t extent,
                                            ArrayRef<int64_t> factors) const {
  if (factors.size() == 1)
    return extents[factors[0]];
  return {extent};
}

bool Refinement::isRefined(const DimFactors &dims, int64_t dim) const {
  return dims[dim].size() == 1 && isRefined(dims[dim][0]);
}

SmallVector<int64_t> Refinement::getShape(ArrayRef<int64_t> shape,
                                          const DimFactors &dims) const {
  SmallVector<int64_t> result;
  for (auto [extent, factors] : llvm::zip_equal(shape, dims))
    llvm::append_range(result, getExtents(extent, factors));
  return result;
}

RankedTensorType Refinement::getType(Type type, const DimFactors &dims) const {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.clone(getShape(tensor.getShape(), dims));
}

SmallVector<int64_t> Refinement::getDims(ArrayRef<int64_t> old,
                                         const DimFactors &dims) const {
  SmallVector<int64_t> first = {0};
  for (const auto &factors : dims)
    first.push_back(first.back() + getExtents(0, factors).size());
  SmallVector<int64_t> result;
  for (int64_t dim : old)
    for (int64_t i = first[dim]; i < first[dim + 1]; ++i)
      result.push_back(i);
  return result;
}

Value dpc::nn::cloneRefined(Operation *op, OpBuilder &builder,
                            ValueRange operands, const Refinement &refinement) {
  Operation *clone = builder.clone(*op);
  clone->setOperands(operands);
  clone->getResult(0).setType(refinement.getType(op->getResult(0).getType(),
                                                 refinement.rule.results[0]));
  return clone->getResult(0);
}
