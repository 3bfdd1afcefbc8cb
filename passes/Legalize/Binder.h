//===- Binder.h - An ONNX node's operands and attributes --------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_BINDER_H
#define DPC_PASSES_LEGALIZE_BINDER_H

#include "dialects/NN/Builders.h"
#include "dialects/NN/PaddingRow.h"
#include "dialects/NN/Rows.h"
#include "dialects/ONNX/ONNXDialect.h"
#include "passes/Legalize/FoldConstants.h"

#include <optional>

namespace dpc::legalize {

/// The element types that nn computes with.
bool isSupportedElementType(mlir::Type type);

/// Checks that a value of this shape can exist: the extents are not negative,
/// and neither they nor the elements are too many (Limits.h).
bool isReasonableShape(llvm::ArrayRef<int64_t> shape);

/// Checks that an operator may loop over these extents, each counted once.
bool isReasonableWork(llvm::ArrayRef<int64_t> extents);

using Sequence = llvm::SmallVector<mlir::Value>;

/// What a value of the model is once it is legalized: a tensor, a sequence of
/// tensors, or nothing where it is omitted.
struct Item {
  mlir::Value tensor = {};
  std::optional<Sequence> sequence = std::nullopt;

  explicit operator bool() const { return tensor || sequence; }
};

/// Legalizes a body of a node in its place, on `args`. `iteration`, if there
/// are several, makes the names of its nodes distinct.
using RunBody = llvm::function_ref<mlir::LogicalResult(
    mlir::Region &body, llvm::MutableArrayRef<Item> args,
    std::optional<int64_t> iteration, llvm::SmallVectorImpl<Item> &results)>;

/// Set on arguments by keepUntrained; its reason.
inline constexpr llvm::StringLiteral kUntrainedAttr = "nn.untrained";

/// Where a version of an operator has its settings.
enum class From { Attribute, Input };

/// One node under legalization: hands out its operands and attributes with
/// checks, and takes its results. Every check that fails has reported an error
/// at the node's location.
class Binder {
public:
  /// `inputs` are the legalized operands. `rows` knows where these hold the
  /// rows of the batch.
  Binder(onnx::NodeOp node, mlir::Location loc, llvm::ArrayRef<Item> inputs,
         nn::RowAnalysis &rows, mlir::OpBuilder &builder,
         ConstantFolder &constants, RunBody bodies)
      : node(node), loc(loc), inputs(inputs), rows(rows), builder(builder),
        constants(constants), bodies(bodies), math(builder, loc),
        results(node.getNumResults()) {
    mlir::Block &block = *builder.getInsertionBlock();
    visited = block.empty() ? nullptr : &block.back();
  }

  mlir::OpBuilder &getBuilder() { return builder; }
  nn::Math &getMath() { return math; }
  mlir::Location getLoc() { return loc; }
  int64_t getVersion() { return static_cast<int64_t>(node.getVersion()); }
  unsigned getNumInputs() const { return inputs.size(); }

  /// An error at the node, beginning with the operator's name.
  mlir::InFlightDiagnostic emitError();

  // Operands. `name` is the operand's name in the ONNX specification.
  bool hasInput(unsigned index) const {
    return index < inputs.size() && inputs[index];
  }
  /// The operand, whatever it is.
  const Item &getItem(unsigned index) const { return inputs[index]; }
  mlir::LogicalResult getSequence(unsigned index, llvm::StringRef name,
                                  Sequence &sequence);
  mlir::LogicalResult getInput(unsigned index, llvm::StringRef name,
                               mlir::Value &value);
  mlir::LogicalResult getFloatInput(unsigned index, llvm::StringRef name,
                                    mlir::Value &value);
  /// The operand's elements, null unless it is computed from constants.
  mlir::DenseElementsAttr getConstant(unsigned index) {
    return getConstant(inputs[index].tensor);
  }
  mlir::DenseElementsAttr getConstant(mlir::Value value) {
    return value ? constants.get(value) : mlir::DenseElementsAttr();
  }
  /// The same of any value.
  mlir::DenseElementsAttr getConstantOf(mlir::Value value) {
    return constants.get(value);
  }
  /// The operand's elements if it is there; it must be a constant.
  mlir::LogicalResult
  getConstantInts(unsigned index, llvm::StringRef name,
                  std::optional<llvm::SmallVector<int64_t>> &values);
  mlir::LogicalResult getConstantFloat(unsigned index, llvm::StringRef name,
                                       double &value);
  /// The numbers of a floating-point operand if it is there: a constant, or a
  /// vector that is not trained then. None otherwise.
  mlir::LogicalResult getConstantReals(unsigned index, llvm::StringRef name,
                                       llvm::SmallVectorImpl<double> &values);
  /// Says that an operand belongs to the problem and not to the model: if it is
  /// an initializer, it is not trained. `why` completes a warning, "initializer
  /// 'w' ... and is not trained"; none where everybody expects it.
  void keepUntrained(unsigned index, llvm::StringRef why = {});

  /// Whether dimension `dim` of an operand tells rows of the batch apart.
  bool hasRows(mlir::Value value, int64_t dim) const {
    return rows.hasRows(value, {dim});
  }
  int64_t getBatch() const { return rows.getBatch(); }
  /// The dimension of an operand that is the batch's and nothing else.
  std::optional<int64_t> getRowDim(mlir::Value value) const;
  /// A number that the program is given with every step, an argument of the
  /// function: "seed" or "step".
  mlir::Value getRunScalar(llvm::StringRef name);
  /// Result `index`, a constant of the shape of operand `like`, holds rows
  /// where that does.
  void setRowsLike(unsigned index, mlir::Value like) {
    rows.setRowsLike(results[index].tensor, like);
  }
  /// Result `index` is operand `like` with new extents of 1; its dimension i is
  /// now dims[i].
  void setRowsMoved(unsigned index, mlir::Value like,
                    llvm::ArrayRef<int64_t> dims) {
    rows.setRowsMoved(results[index].tensor, like, dims);
  }
  /// Result `index` holds the rows where the shape in operand `operand` has
  /// their number, for all that a constant could tell.
  void setRowsOfShape(unsigned index, unsigned operand);
  /// `sum`, which was summed over the dimensions `dims` of a value that lies as
  /// `value` does, divided by their number of elements; only rows with data
  /// count.
  mlir::Value divideByCount(mlir::Value sum, mlir::Value value,
                            llvm::ArrayRef<int64_t> dims);

  /// Of a look-up: the row that gets no gradient; null if each gets one.
  mlir::IntegerAttr getPaddingRow() {
    return node->getAttrOfType<mlir::IntegerAttr>(nn::kPaddingRowAttr);
  }

  // Attributes. Leaves the value as it is where the attribute is missing.
  mlir::Attribute getAttr(llvm::StringRef name) {
    return node.getAttrs().get(name);
  }
  mlir::LogicalResult getInt(llvm::StringRef name, int64_t &value);
  mlir::LogicalResult getFlag(llvm::StringRef name, bool &value);
  mlir::LogicalResult getFloat(llvm::StringRef name, double &value);
  mlir::LogicalResult getString(llvm::StringRef name, std::string &value);
  mlir::LogicalResult
  getInts(llvm::StringRef name,
          std::optional<llvm::SmallVector<int64_t>> &values);

  // Checks.
  mlir::LogicalResult checkFloat(mlir::Value value, llvm::StringRef name);
  /// Refuses booleans.
  mlir::LogicalResult checkNumber(mlir::Value value, llvm::StringRef name);
  mlir::LogicalResult checkSameElementType(mlir::Value a, mlir::Value b);
  /// Brings a possibly negative axis into [0, rank).
  mlir::LogicalResult normalizeAxis(int64_t &axis, int64_t rank);
  /// The same for a list, which is sorted and must name no axis twice.
  mlir::LogicalResult normalizeAxes(llvm::SmallVectorImpl<int64_t> &axes,
                                    int64_t rank);
  /// The shape that numpy broadcasts `a` and `b` to.
  mlir::LogicalResult broadcastShapes(llvm::ArrayRef<int64_t> a,
                                      llvm::ArrayRef<int64_t> b,
                                      llvm::SmallVectorImpl<int64_t> &shape);
  /// Broadcasts both operands of a binary op to one shape.
  mlir::LogicalResult broadcastOperands(mlir::Value &a, mlir::Value &b);
  /// Broadcasts operand `name` to the shape of `like`, which stays as it is.
  mlir::LogicalResult broadcastTo(mlir::Value &value, llvm::StringRef name,
                                  mlir::Value like);
  /// Combines `value`, which is made of the first operand, with the others,
  /// broadcast, by pairs of neighbours.
  mlir::LogicalResult combineWithOthers(
      mlir::Value &value, llvm::StringRef name,
      llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine);

  // Shorthands that check.
  /// Joins tensors along `axis`.
  mlir::LogicalResult concat(llvm::ArrayRef<mlir::Value> inputs, int64_t axis,
                             mlir::Value &result);
  /// The `count` elements from `start` on of dimension `dim`.
  mlir::Value slice(mlir::Value x, int64_t dim, int64_t start, int64_t count);

  /// Legalizes the graph in attribute `name` in the place of the node.
  mlir::LogicalResult runBody(llvm::StringRef name,
                              llvm::MutableArrayRef<Item> args,
                              std::optional<int64_t> iteration,
                              llvm::SmallVectorImpl<Item> &bodyResults);

  // Results.
  bool isResultUsed(unsigned index) {
    return index < results.size() && !node.getResult(index).use_empty();
  }
  /// Results that the node does not have are dropped.
  void setResult(unsigned index, mlir::Value value) { setItem(index, {value}); }
  void setItem(unsigned index, const Item &item) {
    if (index < results.size())
      results[index] = item;
  }
  llvm::MutableArrayRef<Item> getResults() { return results; }

private:
  /// Derives the rows of what the node has built so far.
  void visitMade();

  onnx::NodeOp node;
  mlir::Location loc;
  llvm::ArrayRef<Item> inputs;
  nn::RowAnalysis &rows;
  mlir::OpBuilder &builder;
  ConstantFolder &constants;
  RunBody bodies;
  nn::Math math;
  llvm::SmallVector<Item> results;
  /// The last op whose rows are known; null if there was none before.
  mlir::Operation *visited;
};

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_BINDER_H
