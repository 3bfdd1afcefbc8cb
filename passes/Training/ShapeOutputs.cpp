//===- ShapeOutputs.cpp - Outputs whose rows can be written ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A model may return its rows merged with something else, as logits of tokens
// in [rows * sequence, classes]. Then no part of the first dimension is a
// rank's, and the runtime could not tell which of it holds data. Such an output
// is returned in a shape with a dimension for the rows; row-major order is the
// same, and the runtime writes it in the model's shape.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"
#include "passes/Training/RowMultiples.h"

#include "dialects/NN/Builders.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_SHAPEOUTPUTS
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

/// How an output is laid out with its rows apart.
struct RowShape {
  SmallVector<int64_t> shape;
  /// The dimension of `shape` that counts rows, `unit` at a time.
  int64_t batchDim = 0;
  int64_t unit = 1;
  /// The dimension of the output that grows with the rows, and how many rows
  /// are a step of it: 2 where two are merged into one.
  int64_t outputDim = 0;
  int64_t outputUnit = 1;
};

/// None if the rows are no run of neighbouring positions that count from the
/// first to the last.
std::optional<RowShape> getRowShape(RankedTensorType type,
                                    ArrayRef<nn::DimRows> rows, int64_t batch) {
  RowShape result;
  std::optional<int64_t> first;
  bool isOver = false;
  int64_t next = batch;
  for (auto [dim, extent] : llvm::enumerate(type.getShape())) {
    if (!nn::tellsRows(rows[dim])) {
      isOver |= first && extent != 1;
      result.shape.push_back(extent);
      continue;
    }
    int64_t plain = 1;
    for (nn::RowFactor factor : rows[dim]) {
      if (factor.stride == 0) {
        isOver |= first.has_value();
        plain *= factor.size;
        continue;
      }
      if (isOver || factor.size * factor.stride != next)
        return std::nullopt;
      next = factor.stride;
      if (!first) {
        if (plain > 1)
          result.shape.push_back(plain);
        plain = 1;
        first = result.batchDim = result.shape.size();
        result.outputDim = dim;
        result.shape.push_back(1);
      }
      result.shape[*first] *= factor.size;
      result.unit = factor.stride;
      if (result.outputDim == static_cast<int64_t>(dim))
        result.outputUnit = factor.stride;
    }
    if (plain > 1)
      result.shape.push_back(plain);
  }
  return result;
}

/// What legalization found, where nothing else is known: of a batch of one, and
/// of an output that became a constant.
nn::ValueRows getRecordedRows(RankedTensorType type, DictionaryAttr attrs,
                              int64_t batch) {
  auto dim = attrs.getAs<IntegerAttr>(nn::kBatchDimAttr);
  auto outer = attrs.getAs<IntegerAttr>(nn::kRowsOuterAttr);
  if (!dim || !outer)
    return {};
  int64_t extent = type.getDimSize(dim.getInt()), rows = outer.getInt() * batch;
  if (rows <= 0 || extent % rows != 0)
    return {};
  nn::ValueRows result(type.getRank());
  result[dim.getInt()] = {{outer.getInt(), 0}, {batch, 1}, {extent / rows, 0}};
  return result;
}

struct ShapeOutputs : dpc::impl::ShapeOutputsBase<ShapeOutputs> {
  using ShapeOutputsBase::ShapeOutputsBase;

  void shape(ProgramFunction &program, int64_t batch) {
    func::FuncOp func = program.getFunc();
    Builder attrs(&getContext());
    nn::RowAnalysis analysis(func, batch);
    Operation *terminator = program.getTerminator();
    SmallVector<ProgramFunction::Result> results = program.getResults();
    for (auto [i, result] : llvm::enumerate(results)) {
      NamedAttrList list(result.attrs);
      auto type = nn::tensorType(result.value);
      nn::ValueRows recorded = getRecordedRows(type, result.attrs, batch);
      ArrayRef<nn::DimRows> rows = analysis.lookup(result.value);
      if (rows.empty() || (batch == 1 && !recorded.empty()))
        rows = recorded;
      list.erase(nn::kRowsOuterAttr);
      std::optional<RowShape> form;
      if (!rows.empty()) {
        form = getRowShape(type, rows, batch);
        Operation *op = result.value.getDefiningOp();
        analysis.requireMultiple(form ? form->outputUnit : batch,
                                 op ? op : terminator);
      }
      list.set(nn::kBatchDimAttr,
               attrs.getI64IntegerAttr(form ? form->batchDim : -1));
      if (form && ArrayRef<int64_t>(form->shape) != type.getShape()) {
        OpBuilder builder(terminator);
        result.value = nn::Math(builder, result.value.getLoc())
                           .reshape(result.value, form->shape);
        list.set(nn::kOutputShapeAttr,
                 attrs.getDenseI64ArrayAttr(type.getShape()));
        list.set(nn::kOutputDimAttr, attrs.getI64IntegerAttr(form->outputDim));
      }
      if (form && form->unit != 1)
        list.set(nn::kRowUnitAttr, attrs.getI64IntegerAttr(form->unit));
      result.attrs = list.getDictionary(&getContext());
    }
    program.setResults(results);
    recordMultiple(func, analysis);
  }

  void runOnOperation() override {
    auto batch = getOperation()->getAttrOfType<IntegerAttr>(nn::kBatchAttr);
    if (!batch)
      return;
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      if (func.isExternal() || !llvm::hasSingleElement(func.getBody()))
        continue;
      ProgramFunction program(func);
      if (program.isProgram("infer"))
        shape(program, batch.getInt());
    }
  }
};
} // namespace
