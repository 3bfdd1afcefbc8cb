//===- FactorSharding.cpp - Mesh axes per factor of an op -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/FactorSharding.h"

using namespace mlir;

namespace dpc {

DimAxes getDimAxes(dist::ShardingAttr sharding) {
  DimAxes dims;
  for (ArrayAttr axes : sharding.getDims())
    dims.emplace_back(axes.getAsRange<StringAttr>());
  return dims;
}

dist::ShardingAttr makeSharding(MLIRContext *context, const DimAxes &dims,
                                ArrayRef<StringAttr> partialAxes,
                                nn::ReduceKind kind) {
  SmallVector<ArrayAttr> attrs;
  for (const AxisList &axes : dims)
    attrs.push_back(ArrayAttr::get(
        context, SmallVector<Attribute>(axes.begin(), axes.end())));
  // Equal layouts must be equal attributes.
  if (partialAxes.empty())
    kind = nn::ReduceKind::Sum;
  return dist::ShardingAttr::get(context, attrs, partialAxes, kind);
}

int64_t FactorSharding::getParts(ArrayRef<StringAttr> list) const {
  int64_t parts = 1;
  for (StringAttr axis : list)
    parts *= mesh.getAxisSize(axis.getValue());
  return parts;
}

int64_t FactorSharding::getPartSize(int64_t extent,
                                    ArrayRef<StringAttr> list) const {
  SmallVector<Attribute> attrs(list.begin(), list.end());
  return dist::getPartSize(extent, ArrayAttr::get(mesh.getContext(), attrs),
                           mesh);
}

bool FactorSharding::usesAxis(StringAttr axis) const {
  return llvm::any_of(axes, [&](const AxisList &list) {
    return llvm::is_contained(list, axis);
  });
}

bool FactorSharding::reducesOver(StringAttr axis) const {
  for (auto [factor, list] : llvm::zip_equal(rule.factors, axes))
    if (factor.kind == nn::FactorKind::Reduction &&
        llvm::is_contained(list, axis))
      return true;
  return false;
}

bool FactorSharding::isLegal(ArrayRef<nn::DimFactors> values) const {
  for (const nn::DimFactors &dims : values)
    for (ArrayRef<int64_t> factors : dims) {
      int64_t extent = 1;
      for (int64_t factor : factors)
        extent *= rule.factors[factor].size;
      // Whether every more major factor is split into single elements.
      bool open = true;
      for (int64_t factor : factors) {
        int64_t size = rule.factors[factor].size;
        int64_t parts = getParts(axes[factor]);
        if (!axes[factor].empty()) {
          bool alone = extent == size;
          if (!open ||
              (!alone && parts * getPartSize(size, axes[factor]) != size))
            return false;
        }
        open &= parts == size;
      }
    }
  return true;
}

bool FactorSharding::isLegal() const {
  return isLegal(rule.operands) && isLegal(rule.results);
}

void FactorSharding::assign(const nn::DimFactors &dims, const DimAxes &layout) {
  for (auto [factors, wanted] : llvm::zip_equal(dims, layout)) {
    ArrayRef<StringAttr> rest = wanted;
    bool onlyUnits = llvm::all_of(factors, [&](int64_t factor) {
      return rule.factors[factor].size == 1;
    });
    for (int64_t factor : factors) {
      if (rest.empty())
        break;
      const nn::Factor &info = rule.factors[factor];
      if (info.size == 1 && !onlyUnits)
        continue;
      if (info.kind == nn::FactorKind::NeedReplication)
        break;
      AxisList &mine = axes[factor];
      size_t common = std::min(mine.size(), rest.size());
      if (!llvm::equal(ArrayRef(mine).take_front(common),
                       rest.take_front(common)))
        break;
      // The longest extension that keeps the invariants.
      rest = rest.drop_front(common);
      while (!rest.empty() && !usesAxis(rest.front())) {
        mine.push_back(rest.front());
        if (!isLegal()) {
          mine.pop_back();
          break;
        }
        rest = rest.drop_front();
      }
      if (getParts(mine) != info.size)
        break;
    }
  }
}

DimAxes FactorSharding::project(const nn::DimFactors &dims) const {
  DimAxes layout;
  for (ArrayRef<int64_t> factors : dims) {
    AxisList &list = layout.emplace_back();
    for (int64_t factor : factors)
      llvm::append_range(list, axes[factor]);
  }
  return layout;
}

} // namespace dpc
