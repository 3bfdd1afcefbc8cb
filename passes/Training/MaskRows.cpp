//===- MaskRows.cpp - Rows that only fill up a batch ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The last batch of an evaluation or inference may have fewer rows than the
// program. What an op computes of a row that only fills up stays in such a row,
// until something is reduced over the rows: there such rows are replaced by the
// reduction's identity (of a product in both operands: 0 * NaN is not 0), as
// -dist-partition does with the padding of ranks. What cannot be masked, as a
// slice of the batch, makes the runtime refuse batches that are not full
// (kRowMultiplesAttr).
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"
#include "passes/Training/RowMultiples.h"

#include "dialects/NN/Builders.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_MASKROWS
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

class RowMasker {
public:
  RowMasker(ProgramFunction &program, int64_t batch)
      : program(program), analysis(program.getFunc(), batch) {}

  void run();

private:
  Value getRows() { return program.getOrAddInteger("rows"); }
  SmallVector<int64_t> getReducedDims(Value operand, const nn::DimFactors &dims,
                                      const nn::OpShardingRule &rule);
  Value buildIndex(nn::Math &m, OpBuilder &builder, RankedTensorType type,
                   int64_t dim, ArrayRef<nn::RowFactor> factors);
  Value buildMask(nn::Math &m, OpBuilder &builder, Operation *op, Value operand,
                  ArrayRef<int64_t> reduced);
  void maskOperands(Operation *op, const nn::OpShardingRule &rule);

  ProgramFunction &program;
  nn::RowAnalysis analysis;
};

} // namespace

/// The dimensions that tell rows apart and are reduced.
SmallVector<int64_t> RowMasker::getReducedDims(Value operand,
                                               const nn::DimFactors &dims,
                                               const nn::OpShardingRule &rule) {
  SmallVector<int64_t> reduced;
  for (auto [dim, factors] : llvm::enumerate(dims))
    if (analysis.hasRows(operand, {static_cast<int64_t>(dim)}) &&
        llvm::any_of(factors, [&](int64_t factor) {
          return rule.factors[factor].kind == nn::FactorKind::Reduction;
        }))
      reduced.push_back(dim);
  return reduced;
}

/// Per position along `dim`, the first of the rows that it belongs to, as far
/// as this dimension tells.
Value RowMasker::buildIndex(nn::Math &m, OpBuilder &builder,
                            RankedTensorType type, int64_t dim,
                            ArrayRef<nn::RowFactor> factors) {
  auto line = RankedTensorType::get(type.getDimSize(dim), builder.getI64Type());
  Value position = m.iota(line, 0), index;
  int64_t minor = 1;
  for (auto [i, factor] : llvm::enumerate(llvm::reverse(factors))) {
    if (factor.stride) {
      Value part = position;
      auto times = [&](Value x, int64_t by) {
        return by == 1 ? x : m.mul(x, m.constant(x, static_cast<double>(by)));
      };
      auto over = [&](Value x, int64_t by) {
        return by == 1 ? x : m.div(x, m.constant(x, static_cast<double>(by)));
      };
      part = over(part, minor);
      if (i + 1 < factors.size())
        part = m.sub(part, times(over(part, factor.size), factor.size));
      part = times(part, factor.stride);
      index = index ? m.add(index, part) : part;
    }
    minor *= factor.size;
  }
  return index;
}

/// Whether an element of `operand` belongs to a row with data, of the rows that
/// the dimensions `reduced` tell apart. Parts of one batch's rows in several
/// dimensions are looked at together.
Value RowMasker::buildMask(nn::Math &m, OpBuilder &builder, Operation *op,
                           Value operand, ArrayRef<int64_t> reduced) {
  RankedTensorType type = nn::tensorType(operand);
  ArrayRef<nn::DimRows> rows = analysis.lookup(operand);
  auto isPart = [&](nn::RowFactor factor) {
    return factor.stride != 0 && factor.size != analysis.getBatch();
  };
  bool hasParts = llvm::any_of(
      reduced, [&](int64_t dim) { return llvm::any_of(rows[dim], isPart); });
  Value sum;
  SmallVector<Value> conditions;
  auto require = [&](Value index) {
    Value limit = m.broadcast(getRows(), nn::tensorType(index).getShape(), {});
    conditions.push_back(m.compare(index, nn::CompareDirection::LT, limit));
  };
  int64_t told = 1;
  for (auto [i, factors] : llvm::enumerate(rows)) {
    int64_t dim = i;
    bool hasPart = llvm::any_of(factors, isPart);
    if (!nn::tellsRows(factors) ||
        !(llvm::is_contained(reduced, dim) || (hasParts && hasPart)))
      continue;
    // Every whole batch is looked at for itself: both of products of rows.
    for (size_t whole = 0; !hasPart && whole < factors.size(); ++whole) {
      if (factors[whole].stride == 0)
        continue;
      nn::DimRows alone(factors);
      for (auto [j, factor] : llvm::enumerate(alone))
        if (j != whole)
          factor.stride = 0;
      require(buildIndex(m, builder, type, dim, alone));
      conditions.back() =
          m.broadcast(conditions.back(), type.getShape(), {dim});
    }
    if (!hasPart)
      continue;
    for (nn::RowFactor factor : factors)
      told *= factor.stride ? factor.size : 1;
    Value index = buildIndex(m, builder, type, dim, factors);
    index = m.broadcast(index, type.getShape(), {dim});
    sum = sum ? m.add(sum, index) : index;
  }
  if (sum)
    require(sum);
  // Parts of several batches cannot be told apart.
  if (told > analysis.getBatch())
    analysis.requireMultiple(analysis.getBatch(), op);
  Value mask = conditions.front();
  for (Value condition : llvm::drop_begin(conditions))
    mask = m.logicalAnd(mask, condition);
  return mask;
}

void RowMasker::maskOperands(Operation *op, const nn::OpShardingRule &rule) {
  OpBuilder builder(op);
  nn::Math m(builder, op->getLoc());
  for (OpOperand &operand : op->getOpOperands()) {
    SmallVector<int64_t> reduced = getReducedDims(
        operand.get(), rule.operands[operand.getOperandNumber()], rule);
    if (reduced.empty())
      continue;
    Value value = operand.get();
    double identity = nn::reductionIdentity(
        rule.reduction, nn::tensorType(value).getElementType());
    operand.set(m.select(buildMask(m, builder, op, value, reduced), value,
                         m.constant(value, identity)));
  }
}

void RowMasker::run() {
  Block &block = program.getFunc().front();
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (auto ruled = dyn_cast<nn::ShardingRuleOpInterface>(op))
      maskOperands(&op, ruled.getShardingRule());
    if (auto rows = dyn_cast<nn::BatchRowsOp>(op)) {
      rows.replaceAllUsesWith(getRows());
      rows.erase();
    }
  }
  recordMultiple(program.getFunc(), analysis);
}

namespace {
struct MaskRows : dpc::impl::MaskRowsBase<MaskRows> {
  using MaskRowsBase::MaskRowsBase;

  void runOnOperation() override {
    auto batch = getOperation()->getAttrOfType<IntegerAttr>(nn::kBatchAttr);
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      if (func.isExternal() || !llvm::hasSingleElement(func.getBody()))
        continue;
      ProgramFunction program(func);
      if (batch && (program.isProgram("eval") || program.isProgram("infer")))
        RowMasker(program, batch.getInt()).run();
      // All rows of a training batch hold data.
      func.walk([](nn::BatchRowsOp op) {
        OpBuilder builder(op);
        nn::Math m(builder, op.getLoc());
        op.replaceAllUsesWith(
            m.constant(op.getResult(), static_cast<double>(op.getBatch())));
        op.erase();
      });
    }
  }
};
} // namespace
