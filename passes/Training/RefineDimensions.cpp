//===- RefineDimensions.cpp - Dimensions that reshapes split stay split ---===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A reshape hides what a split dimension means: of a fused projection to 60 =
// 3 (query, key, value) x 5 heads x 4, a rank's contiguous part is no set of
// heads; and of 4x11 rows as 44, no part of 5 rows of 11 can be told. So
// reshapes are moved out of the way, which leaves no dimension that holds
// several:
//
// - one that splits a dimension moves up, from a value all of whose users are
//   that reshape to the operands of the op that makes it; a slice of 20 of 60
//   is taken of 3x5x4 instead;
// - one that merges dimensions moves down, into the op that uses it, where
//   nothing but parameters and constants must be split for that; a contraction
//   or a sum takes the dimensions one by one, and what is left of the reshape
//   stands behind any other op;
// - one that does both, as of batch and hidden 4x18 to batch and heads 12x6, is
//   a split to 4x3x6 where it moves up, and a merge of that where it moves
//   down; the other half stays behind;
// - two that meet fold.
//
// A parameter that is only used split becomes a parameter of that shape: the
// same bytes, and gradient and optimizer state follow.
//
// Either kind only moves in its direction, past one op at a time, and neither
// makes the other, so this ends: what does both comes apart once.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Signature.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

#include "dialects/NN/Builders.h"
#include "dialects/NN/DimensionGroups.h"
#include "dialects/NN/InitialValue.h"
#include "dialects/ONNX/AttributeNames.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_REFINEDIMENSIONS
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using namespace dpc::nn;

namespace {

/// Per dimension of `coarse`, the extents that it has in `fine`; none where
/// `fine` is not `coarse` with dimensions split, or is equal to it.
using Split = SmallVector<SmallVector<int64_t>>;
std::optional<Split> getSplit(ArrayRef<int64_t> coarse,
                              ArrayRef<int64_t> fine) {
  std::optional<Split> split = getDimensionGroups(coarse, fine);
  // An extent of 1 that is added says nothing.
  bool isSplit = split && fine.size() > coarse.size() &&
                 llvm::none_of(*split, [](ArrayRef<int64_t> parts) {
                   return parts.size() > 1 && llvm::is_contained(parts, 1);
                 });
  return isSplit ? split : std::nullopt;
}

/// The coarsest shape that splits both: 4x3x6 of 4x18 and 12x6. It is one of
/// them if that splits the other.
std::optional<SmallVector<int64_t>> getCommonSplit(ArrayRef<int64_t> left,
                                                   ArrayRef<int64_t> right) {
  SmallVector<int64_t> fine;
  while (!left.empty() && !right.empty()) {
    int64_t l = left.consume_front(), r = right.consume_front();
    while (l != r) {
      if (l > r) {
        std::swap(l, r);
        std::swap(left, right);
      }
      if (l == 0 || r % l != 0 || left.empty())
        return std::nullopt;
      fine.push_back(l);
      r /= l;
      l = left.consume_front();
    }
    fine.push_back(l);
  }
  if (!left.empty() || !right.empty())
    return std::nullopt;
  return fine;
}

ArrayRef<int64_t> getShape(Value value) { return tensorType(value).getShape(); }

/// How `reshape` splits its input, whatever it merges after that, and how its
/// result is merged, whatever was split before.
std::optional<Split> getSplit(ReshapeOp reshape) {
  ArrayRef<int64_t> shape = getShape(reshape.getInput());
  auto fine = getCommonSplit(shape, reshape.getType().getShape());
  return fine ? getSplit(shape, *fine) : std::nullopt;
}
std::optional<Split> getMerge(ReshapeOp reshape) {
  ArrayRef<int64_t> shape = reshape.getType().getShape();
  auto fine = getCommonSplit(getShape(reshape.getInput()), shape);
  return fine ? getSplit(shape, *fine) : std::nullopt;
}

/// Builds `op` with its dimensions refined, and gives operands that have other
/// shapes than it then needs a reshape.
Value buildRefined(PatternRewriter &rewriter, RefineOpInterface op,
                   const Refinement &refinement) {
  SmallVector<Value> operands;
  for (auto [operand, dims] :
       llvm::zip_equal(op->getOperands(), refinement.rule.operands)) {
    RankedTensorType type = refinement.getType(operand.getType(), dims);
    if (type == operand.getType())
      operands.push_back(operand);
    else
      operands.push_back(
          rewriter.createOrFold<ReshapeOp>(op->getLoc(), type, operand));
  }
  return op.buildRefined(rewriter, operands, refinement);
}

LogicalResult refine(Refinement &refinement, const DimFactors &dims,
                     const Split &split) {
  for (auto [factors, wanted] : llvm::zip_equal(dims, split))
    if (failed(refinement.refine(factors, wanted)))
      return failure();
  return success();
}

/// Parameters and nodes whose values the user speaks of by their dimensions.
class KeptNames {
public:
  KeptNames(ModuleOp module, ArrayRef<std::string> list)
      : shapes(module->getAttrOfType<DictionaryAttr>(onnx::kShapesAttr)),
        parts(module->getAttrOfType<DictionaryAttr>(onnx::kKeptPartsAttr)) {
    for (StringRef name : list)
      names.insert(name);
  }
  bool contains(StringRef name) const { return names.contains(name); }
  bool contains(Operation *op) const {
    return op && contains(getNodeName(op->getLoc()));
  }
  /// Whether what is called so may have the shape: contiguous parts of a
  /// dimension are parts of the first that is made of it, or none of any.
  bool allows(StringRef name, Type type) const {
    if (contains(name))
      return false;
    auto counts = parts ? parts.getAs<DenseI64ArrayAttr>(name) : nullptr;
    auto shape = shapes ? shapes.getAs<DenseI64ArrayAttr>(name) : nullptr;
    if (!counts || !shape || counts.size() != shape.size())
      return true;
    auto groups = getDimensionGroups(shape.asArrayRef(),
                                     cast<RankedTensorType>(type).getShape());
    // The node makes it on the way to its result.
    if (!groups)
      return true;
    return llvm::all_of(
        llvm::zip_equal(*groups, counts.asArrayRef()), [](auto entry) {
          auto [group, count] = entry;
          auto first = llvm::find_if(group, [](int64_t e) { return e != 1; });
          return group.size() == 1 || first == group.end() ||
                 *first % count == 0;
        });
  }
  bool allows(Operation *op, Type type) const {
    return !op || allows(getNodeName(op->getLoc()), type);
  }
  /// Whether `op`, refined, takes a value that must stay in another shape: the
  /// reshape between them could fold with what makes the value.
  bool hinder(RefineOpInterface op, const Refinement &refinement) const {
    return llvm::any_of(
        llvm::zip_equal(op->getOperands(), refinement.rule.operands),
        [&](auto entry) {
          auto [operand, dims] = entry;
          RankedTensorType type = refinement.getType(operand.getType(), dims);
          return type != operand.getType() &&
                 !allows(operand.getDefiningOp(), type);
        });
  }

private:
  llvm::StringSet<> names;
  DictionaryAttr shapes, parts;
};

struct MoveSplitUp : OpRewritePattern<ReshapeOp> {
  MoveSplitUp(MLIRContext *context, const KeptNames &kept)
      : OpRewritePattern(context), kept(kept) {}

  LogicalResult matchAndRewrite(ReshapeOp reshape,
                                PatternRewriter &rewriter) const override {
    Value value = reshape.getInput();
    auto op = value.getDefiningOp<RefineOpInterface>();
    std::optional<Split> split = getSplit(reshape);
    if (!op || !split || op->getNumResults() != 1 || kept.contains(op))
      return failure();
    SmallVector<Operation *> users(value.getUsers());
    if (!llvm::all_of(users, [&](Operation *user) {
          return isa<ReshapeOp>(user) && !kept.contains(user) &&
                 user->getResult(0).getType() == reshape.getType();
        }))
      return failure();
    Refinement refinement(op.getRefinementRule());
    if (failed(refine(refinement, refinement.rule.results[0], *split)) ||
        kept.hinder(op, refinement) ||
        !kept.allows(op, refinement.getType(value.getType(),
                                            refinement.rule.results[0])))
      return failure();
    rewriter.setInsertionPoint(op);
    Value refined = buildRefined(rewriter, op, refinement);
    RankedTensorType type = reshape.getType();
    for (Operation *user : users) {
      // What is left of it merges.
      rewriter.setInsertionPoint(user);
      rewriter.replaceOp(user, rewriter.createOrFold<ReshapeOp>(user->getLoc(),
                                                                type, refined));
    }
    rewriter.eraseOp(op);
    return success();
  }

private:
  const KeptNames &kept;
};

/// 20 of 60, as 5x4, is 1x5x4 of 3x5x4; 40 of it, as 2x5x4, is 2x5x4 of that.
struct MoveSplitAboveSlice : OpRewritePattern<ReshapeOp> {
  MoveSplitAboveSlice(MLIRContext *context, const KeptNames &kept)
      : OpRewritePattern(context), kept(kept) {}

  LogicalResult matchAndRewrite(ReshapeOp reshape,
                                PatternRewriter &rewriter) const override {
    auto slice = reshape.getInput().getDefiningOp<SliceOp>();
    if (!slice || kept.contains(slice) || kept.contains(reshape) ||
        kept.contains(slice.getInput().getDefiningOp()))
      return failure();
    std::optional<Split> split = getSplit(reshape);
    if (!split)
      return failure();
    SmallVector<int64_t> shape, starts, limits, strides;
    auto add = [&](int64_t extent, int64_t start, int64_t limit,
                   int64_t stride) {
      shape.push_back(extent);
      starts.push_back(start);
      limits.push_back(limit);
      strides.push_back(stride);
    };
    for (auto [extent, start, limit, stride, parts] :
         llvm::zip_equal(getShape(slice.getInput()), slice.getStarts(),
                         slice.getLimits(), slice.getStrides(), *split)) {
      int64_t length = limit - start;
      if (parts.size() == 1) {
        add(extent, start, limit, stride);
        continue;
      }
      if (stride != 1)
        return failure();
      ArrayRef<int64_t> inner(parts);
      if (start % length == 0 && extent % length == 0) {
        if (length < extent)
          add(extent / length, start / length, start / length + 1, 1);
      } else {
        int64_t unit = length / inner.consume_front();
        if (start % unit != 0 || extent % unit != 0)
          return failure();
        add(extent / unit, start / unit, limit / unit, 1);
      }
      for (int64_t part : inner)
        add(part, 0, part, 1);
    }
    if (!kept.allows(slice.getInput().getDefiningOp(),
                     slice.getType().clone(shape)))
      return failure();
    rewriter.setInsertionPoint(slice);
    Value input =
        ReshapeOp::create(rewriter, slice.getLoc(),
                          slice.getType().clone(shape), slice.getInput());
    Value part = SliceOp::create(rewriter, slice.getLoc(), input, starts,
                                 limits, strides);
    rewriter.replaceOpWithNewOp<ReshapeOp>(reshape, reshape.getType(), part);
    if (slice->use_empty())
      rewriter.eraseOp(slice);
    return success();
  }

private:
  const KeptNames &kept;
};

/// What values are computed from.
class Sources {
public:
  explicit Sources(func::FuncOp func) : func(func) {}

  bool hasParameter(Value value) {
    return visit(value, [&](Value leaf) { return isParameter(leaf); });
  }
  bool hasInput(Value value) {
    return visit(value, [&](Value leaf) {
      return isa<BlockArgument>(leaf) && !isParameter(leaf);
    });
  }

private:
  bool isParameter(Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument && ProgramFunction(func).getArgRole(
                           argument.getArgNumber()) == Role::Parameter;
  }

  bool visit(Value value, function_ref<bool(Value)> found) {
    SmallVector<Value> worklist = {value};
    llvm::SmallPtrSet<Value, 16> seen;
    while (!worklist.empty()) {
      Value next = worklist.pop_back_val();
      if (!seen.insert(next).second)
        continue;
      if (found(next))
        return true;
      if (Operation *op = next.getDefiningOp())
        llvm::append_range(worklist, op->getOperands());
    }
    return false;
  }

  func::FuncOp func;
};

struct MoveMergeDown : OpInterfaceRewritePattern<RefineOpInterface> {
  MoveMergeDown(func::FuncOp func, const KeptNames &kept)
      : OpInterfaceRewritePattern(func.getContext()), sources(func),
        kept(kept) {}

  LogicalResult matchAndRewrite(RefineOpInterface op,
                                PatternRewriter &rewriter) const override {
    if (op->getNumResults() != 1 || kept.contains(op))
      return failure();
    Refinement refinement(op.getRefinementRule());
    // A flattened input says nothing about how layers should be split, but of
    // rows and places in one, as of labels, no part of the rows can be told.
    bool isWorthwhile = false;
    for (auto [operand, dims] :
         llvm::zip_equal(op->getOperands(), refinement.rule.operands)) {
      auto merge = operand.getDefiningOp<ReshapeOp>();
      if (!merge || kept.contains(merge))
        continue;
      std::optional<Split> split = getMerge(merge);
      if (!split)
        continue;
      if (failed(refine(refinement, dims, *split)))
        return failure();
      isWorthwhile = isWorthwhile || split->front().size() > 1 ||
                     sources.hasParameter(merge.getInput());
    }
    if (!isWorthwhile || kept.hinder(op, refinement) ||
        !kept.allows(op, refinement.getType(op->getResult(0).getType(),
                                            refinement.rule.results[0])))
      return failure();
    for (auto [operand, dims] :
         llvm::zip_equal(op->getOperands(), refinement.rule.operands)) {
      RankedTensorType type = refinement.getType(operand.getType(), dims);
      auto merge = operand.getDefiningOp<ReshapeOp>();
      bool folds = type == operand.getType();
      if (merge && !folds) {
        auto fine = getCommonSplit(getShape(merge.getInput()), getShape(merge));
        folds = fine && type.getShape() == ArrayRef<int64_t>(*fine);
      }
      if (!folds && sources.hasInput(operand))
        return failure();
    }
    Value refined = buildRefined(rewriter, op, refinement);
    if (refined.getType() != op->getResult(0).getType())
      refined = ReshapeOp::create(rewriter, op->getLoc(),
                                  op->getResult(0).getType(), refined);
    rewriter.replaceOp(op, refined);
    return success();
  }

private:
  mutable Sources sources;
  const KeptNames &kept;
};

struct RefineDimensions : dpc::impl::RefineDimensionsBase<RefineDimensions> {
  using RefineDimensionsBase::RefineDimensionsBase;

  void refineParameters(func::FuncOp func, const KeptNames &kept) {
    ProgramFunction program(func);
    auto parameters = getParameters(getOperation());
    for (BlockArgument argument : program.getArguments(Role::Parameter)) {
      SmallVector<Operation *> users(argument.getUsers());
      if (users.empty() || !isa<ReshapeOp>(users.front()))
        continue;
      Type type = users.front()->getResult(0).getType();
      if (!llvm::all_of(users, [&](Operation *user) {
            return isa<ReshapeOp>(user) && user->getResult(0).getType() == type;
          }))
        continue;
      ParameterOp parameter =
          parameters.lookup(Signature(func).getArg(argument).getNameAttr());
      if (!parameter || !kept.allows(parameter.getName(), type) ||
          !getSplit(getShape(argument),
                    cast<RankedTensorType>(type).getShape()))
        continue;
      if (!parameter->hasAttr(kModelShapeAttr))
        parameter->setAttr(
            kModelShapeAttr,
            DenseI64ArrayAttr::get(&getContext(), getShape(argument)));
      parameter.setType(type);
      argument.setType(type);
      for (Operation *user : users) {
        user->getResult(0).replaceAllUsesWith(argument);
        user->erase();
      }
    }
    func.setFunctionType(FunctionType::get(
        &getContext(), func.front().getArgumentTypes(), func.getResultTypes()));
  }

  void runOnOperation() override {
    auto func = getOperation().lookupSymbol<func::FuncOp>("forward");
    if (!func || func.isExternal())
      return;
    KeptNames kept(getOperation(), keep);
    RewritePatternSet patterns(&getContext());
    patterns.add<MoveSplitUp, MoveSplitAboveSlice>(&getContext(), kept);
    patterns.add<MoveMergeDown>(func, kept);
    if (failed(applyPatternsGreedily(func, std::move(patterns),
                                     GreedyRewriteConfig().setMaxIterations(
                                         GreedyRewriteConfig::kNoLimit)))) {
      func.emitError("has reshapes that do not come to rest");
      return signalPassFailure();
    }
    refineParameters(func, kept);
  }
};

} // namespace
