//===- Rows.cpp - Where values hold the rows of the batch -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Rows.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

#include <numeric>

using namespace mlir;

namespace dpc::nn {

bool tellsRows(ArrayRef<RowFactor> factors) {
  return llvm::any_of(factors, [](RowFactor f) { return f.stride != 0; });
}

std::optional<OpShardingRule> getFactorRule(Operation *op) {
  if (auto ruled = dyn_cast<ShardingRuleOpInterface>(op))
    return ruled.getShardingRule();
  if (auto refinable = dyn_cast<RefineOpInterface>(op))
    return refinable.getRefinementRule();
  return std::nullopt;
}

/// Appends a factor; neighbours that count on are one: [2 by 2 rows][2 by 1
/// row] is [4 by 1 row].
static void append(DimRows &rows, RowFactor factor) {
  if (factor.size == 1 && factor.stride == 0)
    return;
  if (!rows.empty() && rows.back().stride == factor.size * factor.stride &&
      (rows.back().stride != 0 || factor.stride == 0)) {
    rows.back() = {rows.back().size * factor.size, factor.stride};
    return;
  }
  rows.push_back(factor);
}

/// Cuts `rows` into parts of the given sizes, major to minor; none if a cut
/// would fall inside of something that has no such factor.
static std::optional<SmallVector<DimRows>> cut(ArrayRef<RowFactor> rows,
                                               ArrayRef<int64_t> sizes) {
  SmallVector<RowFactor> rest(llvm::reverse(rows));
  SmallVector<DimRows> parts;
  for (int64_t size : sizes) {
    DimRows &part = parts.emplace_back();
    while (size > 1) {
      if (rest.empty())
        return std::nullopt;
      RowFactor next = rest.pop_back_val();
      if (next.size > size) {
        // The major part is taken; the minor one stays.
        if (next.size % size != 0)
          return std::nullopt;
        int64_t minor = next.size / size;
        rest.push_back({minor, next.stride});
        next = {size, next.stride * minor};
      }
      if (size % next.size != 0)
        return std::nullopt;
      size /= next.size;
      append(part, next);
    }
  }
  // What is left has one position: rows of a batch of one.
  for (RowFactor factor : llvm::reverse(rest)) {
    if (factor.size != 1)
      return std::nullopt;
    if (factor.stride && !parts.empty())
      parts.back().insert(parts.back().begin(), factor);
  }
  return parts;
}

RowAnalysis::RowAnalysis(func::FuncOp func, int64_t batch) : batch(batch) {
  if (batch <= 0)
    return;
  for (BlockArgument argument : func.getArguments())
    if (auto dim = func.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(),
                                                      kBatchDimAttr))
      setRows(argument, dim.getInt());
  for (Operation &op : func.front())
    visit(&op);
}

void RowAnalysis::setRows(Value value, int64_t dim) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || dim < 0 || dim >= type.getRank() ||
      type.getDimSize(dim) != batch)
    return;
  ValueRows &entry = rows[value];
  entry.assign(type.getRank(), {});
  entry[dim] = {{batch, 1}};
}

void RowAnalysis::setRowsLike(Value value, Value like) {
  if (ValueRows entry(lookup(like)); !entry.empty())
    rows[value] = std::move(entry);
}

void RowAnalysis::setRowsMoved(Value value, Value like,
                               ArrayRef<int64_t> dims) {
  auto from = llvm::to_vector(lookup(like));
  if (from.empty())
    return;
  ValueRows entry(cast<RankedTensorType>(value.getType()).getRank());
  for (auto [dim, dimRows] : llvm::zip_equal(dims, from))
    entry[dim] = std::move(dimRows);
  rows[value] = std::move(entry);
}

ArrayRef<DimRows> RowAnalysis::lookup(Value value) const {
  auto it = rows.find(value);
  return it == rows.end() ? ArrayRef<DimRows>() : ArrayRef(it->second);
}

std::optional<std::pair<int64_t, int64_t>>
RowAnalysis::getRowDim(Value value) const {
  std::optional<std::pair<int64_t, int64_t>> found;
  for (auto [dim, factors] : llvm::enumerate(lookup(value))) {
    int64_t outer = 1;
    for (RowFactor factor : factors) {
      if (factor.stride == 0) {
        outer *= factor.size;
        continue;
      }
      if (found || factor != RowFactor{batch, 1})
        return std::nullopt;
      found = {dim, outer};
    }
  }
  return found;
}

bool RowAnalysis::hasRows(Value value, ArrayRef<int64_t> dims) const {
  ArrayRef<DimRows> entry = lookup(value);
  return !entry.empty() &&
         llvm::any_of(dims, [&](int64_t dim) { return tellsRows(entry[dim]); });
}

void RowAnalysis::markMixing(Operation *op) {
  if (!mixing)
    mixing = op;
}

void RowAnalysis::requireMultiple(int64_t unit, Operation *op) {
  int64_t common = std::lcm(multiple, unit);
  if (common == multiple)
    return;
  multiple = common;
  multipleOp = op;
}

void RowAnalysis::visit(Operation *op) {
  if (op->getNumResults() == 0 || rows.contains(op->getResult(0)))
    return;
  if (auto dim = op->getAttrOfType<IntegerAttr>(kBatchDimAttr)) {
    setRows(op->getResult(0), dim.getInt());
    return;
  }
  if (llvm::all_of(op->getOperands(),
                   [&](Value operand) { return lookup(operand).empty(); }))
    return;
  if (isReshape(op)) {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    if (type.getNumElements() == 0)
      return visitEmpty(op);
    if (batch == 1)
      return visitUnitBatch(op);
  }
  if (std::optional<OpShardingRule> rule = getFactorRule(op))
    return visitRuled(op, *rule);
  markMixing(op);
}

/// Without elements no rule tells where a dimension went. The rows stay behind
/// as many positions as before, or in front of as many where it was none: 1x3x0
/// to 3x0 has them in dimension 0, 0x4x3 to 0x12 in dimension 1. Else leading
/// rows lead.
void RowAnalysis::visitEmpty(Operation *op) {
  Value operand = op->getOperand(0), result = op->getResult(0);
  std::optional<std::pair<int64_t, int64_t>> place = getRowDim(operand);
  if (!place)
    return;
  ArrayRef<int64_t> from = cast<RankedTensorType>(operand.getType()).getShape();
  ArrayRef<int64_t> to = cast<RankedTensorType>(result.getType()).getShape();
  auto [dim, outer] = *place;
  int64_t before = computeProduct(from.take_front(dim)) * outer;
  int64_t inner =
      from[dim] == 0 || batch == 0 ? 0 : from[dim] / (outer * batch);
  int64_t after = computeProduct(from.drop_front(dim + 1)) * inner;
  // A batch of none is a factor of nothing.
  for (auto [i, extent] :
       llvm::enumerate(batch == 0 ? ArrayRef<int64_t>() : to)) {
    int64_t front = computeProduct(to.take_front(i));
    int64_t back = computeProduct(to.drop_front(i + 1));
    int64_t major = 0;
    if (front != 0 && before % front == 0)
      major = before / front;
    else if (back != 0 && after % back == 0 && after != 0)
      major = extent / batch / (after / back);
    if (major == 0 || extent == 0 || extent % (major * batch) != 0)
      continue;
    ValueRows entry(to.size());
    append(entry[i], {major, 0});
    entry[i].push_back({batch, 1});
    append(entry[i], {extent / major / batch, 0});
    rows[result] = std::move(entry);
    return;
  }
  if (!to.empty() && dim == 0 && outer == 1)
    setRows(result, 0);
}

/// A batch of one is no factor of the elements, and a rule does not tell where
/// it goes: it stays in front of as many elements as before. 1x3x4 to 3x4 has
/// it in dimension 0, of which 3 are of a row.
void RowAnalysis::visitUnitBatch(Operation *op) {
  auto entry = llvm::to_vector(lookup(op->getOperand(0)));
  ArrayRef<int64_t> from =
      cast<RankedTensorType>(op->getOperand(0).getType()).getShape();
  ArrayRef<int64_t> to =
      cast<RankedTensorType>(op->getResult(0).getType()).getShape();
  int64_t before = 1;
  for (auto [extent, factors] : llvm::zip_equal(from, entry)) {
    if (tellsRows(factors)) {
      int64_t inner = 1;
      for (RowFactor factor : factors) {
        if (factor.stride)
          break;
        inner *= factor.size;
      }
      before *= inner;
      break;
    }
    before *= extent;
  }
  ValueRows result(to.size());
  int64_t product = 1;
  for (auto [dim, extent] : llvm::enumerate(to)) {
    if (product == before || product * extent > before) {
      int64_t major = product ? before / product : 0;
      if (major == 0 || extent % major != 0)
        return markMixing(op);
      append(result[dim], {major, 0});
      result[dim].push_back({1, 1});
      append(result[dim], {extent / major, 0});
      rows[op->getResult(0)] = std::move(result);
      return;
    }
    product *= extent;
  }
  markMixing(op);
}

void RowAnalysis::visitRuled(Operation *op, const OpShardingRule &rule) {
  SmallVector<DimRows> factors(rule.factors.size());
  for (auto [operand, dims] :
       llvm::zip_equal(op->getOperands(), rule.operands)) {
    ArrayRef<DimRows> entry = lookup(operand);
    if (entry.empty())
      continue;
    for (auto [dimRows, dimFactors] : llvm::zip_equal(entry, dims)) {
      if (!tellsRows(dimRows) || dimFactors.empty())
        continue;
      SmallVector<int64_t> sizes;
      for (int64_t factor : dimFactors)
        sizes.push_back(rule.factors[factor].size);
      std::optional<SmallVector<DimRows>> parts = cut(dimRows, sizes);
      if (!parts)
        return markMixing(op);
      for (auto [factor, part] : llvm::zip_equal(dimFactors, *parts)) {
        if (!tellsRows(part))
          continue;
        if (!factors[factor].empty() && factors[factor] != part)
          return markMixing(op);
        factors[factor] = part;
      }
    }
  }

  // Of rows that are told apart by two dimensions, only one of which is
  // reduced, whole multiples have a meaning.
  int64_t coarsest = 0;
  for (auto [factor, part] : llvm::zip_equal(rule.factors, factors)) {
    if (factor.kind == FactorKind::NeedReplication && tellsRows(part))
      markMixing(op);
    if (factor.kind != FactorKind::Reduction)
      continue;
    for (RowFactor piece : part) {
      if (piece.stride == 0 || piece.size == batch)
        continue;
      requireMultiple(piece.stride, op);
      if (piece.size * piece.stride < batch)
        requireMultiple(piece.size * piece.stride, op);
      coarsest = std::max(coarsest, piece.stride);
    }
  }
  for (auto [result, dims] : llvm::zip_equal(op->getResults(), rule.results)) {
    ValueRows entry;
    bool any = false;
    for (ArrayRef<int64_t> dimFactors : dims) {
      DimRows &dimRows = entry.emplace_back();
      for (int64_t factor : dimFactors) {
        if (factors[factor].empty())
          append(dimRows, {rule.factors[factor].size, 0});
        for (RowFactor piece : factors[factor]) {
          // All of these rows are there if the first one is.
          if (piece.stride < coarsest)
            piece.stride = 0;
          append(dimRows, piece);
        }
      }
      if (!tellsRows(dimRows))
        dimRows.clear();
      any |= !dimRows.empty();
    }
    if (any)
      rows[result] = std::move(entry);
  }
}

} // namespace dpc::nn
