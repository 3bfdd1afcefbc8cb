//===- DimensionGroups.cpp - Which dimensions were one --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/DimensionGroups.h"

using namespace mlir;
using namespace dpc;

std::optional<SmallVector<SmallVector<int64_t>>>
nn::getDimensionGroups(ArrayRef<int64_t> shape, ArrayRef<int64_t> refined) {
  SmallVector<SmallVector<int64_t>> groups;
  for (int64_t extent : shape) {
    SmallVector<int64_t> &group = groups.emplace_back();
    int64_t product = 1;
    do {
      if (refined.empty())
        return std::nullopt;
      int64_t part = refined.consume_front();
      product *= part;
      group.push_back(part);
    } while (product > 0 && product < extent);
    if (product != extent)
      return std::nullopt;
  }
  for (int64_t rest : refined) {
    if (rest != 1 || groups.empty())
      return std::nullopt;
    groups.back().push_back(rest);
  }
  return groups;
}
