//===- LegalizeUnique.cpp - The different elements of a constant ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Index.h"
#include "passes/Legalize/LegalizeTable.h"

#include "dialects/NN/ReferenceTensor.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

/// Orders elements of one tensor; NaN is equal to itself and comes last.
int compare(const nn::ReferenceTensor &x, int64_t a, int64_t b) {
  if (x.isFloat()) {
    double left = x.data[a].real, right = x.data[b].real;
    bool isLeftNaN = left != left, isRightNaN = right != right;
    if (isLeftNaN || isRightNaN)
      return static_cast<int>(isLeftNaN) - static_cast<int>(isRightNaN);
    return left < right ? -1 : left > right;
  }
  llvm::APSInt left = x.getInteger(a), right = x.getInteger(b);
  return left < right ? -1 : left > right;
}

/// What is different along a dimension: for each position the first one that is
/// the same, in the order of the result.
struct Different {
  SmallVector<int64_t> first, inverse, counts;
};

/// Of a tensor [outer, count, inner].
Different findDifferent(const nn::ReferenceTensor &x, int64_t outer,
                        int64_t count, int64_t inner, bool isSorted) {
  auto compareAt = [&](int64_t a, int64_t b) {
    for (int64_t i = 0; i < outer; ++i)
      for (int64_t j = 0; j < inner; ++j)
        if (int order = compare(x, (i * count + a) * inner + j,
                                (i * count + b) * inner + j))
          return order;
    return 0;
  };
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, count));
  llvm::sort(order, [&](int64_t a, int64_t b) {
    int order = compareAt(a, b);
    return order < 0 || (order == 0 && a < b);
  });
  // Groups of equal ones, each in increasing order.
  SmallVector<SmallVector<int64_t>> groups;
  for (int64_t at : order) {
    if (groups.empty() || compareAt(groups.back().front(), at) != 0)
      groups.emplace_back();
    groups.back().push_back(at);
  }
  if (!isSorted)
    llvm::sort(groups, [](const auto &a, const auto &b) {
      return a.front() < b.front();
    });
  Different result;
  result.inverse.resize(count);
  for (auto [i, group] : llvm::enumerate(groups)) {
    result.first.push_back(group.front());
    result.counts.push_back(group.size());
    for (int64_t at : group)
      result.inverse[at] = i;
  }
  return result;
}

LogicalResult legalizeUnique(Binder &node) {
  Value x;
  bool isSorted = true;
  int64_t axis = 0;
  if (failed(node.getInput(0, "X", x)) ||
      failed(node.getFlag("sorted", isSorted)))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  DenseElementsAttr elements = node.getConstant(0);
  if (!elements)
    return node.emitError()
           << "how many elements are different depends on the data; only of a "
              "constant of the model dpc knows it";
  if (type.getNumElements() > limits::kConstantElements)
    return node.emitError() << "of " << type.getNumElements()
                            << " elements it takes too long to say which are "
                               "different";
  nn::Math &m = node.getMath();
  int64_t outer = 1, count = type.getNumElements(), inner = 1;
  if (node.getAttr("axis")) {
    if (failed(node.getInt("axis", axis)) ||
        failed(node.normalizeAxis(axis, type.getRank())))
      return failure();
    count = type.getDimSize(axis);
    for (auto [dim, extent] : llvm::enumerate(type.getShape()))
      if (static_cast<int64_t>(dim) != axis)
        (static_cast<int64_t>(dim) < axis ? outer : inner) *= extent;
  } else {
    x = m.reshape(x, {count});
  }
  Different found = findDifferent(nn::ReferenceTensor::fromAttr(elements),
                                  outer, count, inner, isSorted);
  auto setIntegers = [&](unsigned index, ArrayRef<int64_t> values) {
    auto integers =
        RankedTensorType::get(values.size(), node.getBuilder().getI64Type());
    node.setResult(index, nn::ConstantOp::create(
                              node.getBuilder(), node.getLoc(),
                              DenseElementsAttr::get(integers, values)));
  };
  node.setResult(0, buildTake(node, x, axis, found.first));
  setIntegers(1, found.first);
  setIntegers(2, found.inverse);
  setIntegers(3, found.counts);
  return success();
}

} // namespace

void registerUnique(LegalizeTable &table) {
  table.add("Unique", 11, legalizeUnique);
}

} // namespace dpc::legalize
