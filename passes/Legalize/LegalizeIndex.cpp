//===- LegalizeIndex.cpp - Parts of tensors and their union ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Index.h"
#include "passes/Legalize/LegalizeTable.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

//===----------------------------------------------------------------------===//
// Slice and Split
//===----------------------------------------------------------------------===//

/// Python's start:end:step on a dimension of `extent`: negative bounds count
/// from the end, bounds outside are cut off; exporters write the largest i64
/// for "to the end".
Range clampRange(int64_t start, int64_t end, int64_t step, int64_t extent) {
  auto wrap = [&](int64_t index) { return index < 0 ? index + extent : index; };
  if (step > 0) {
    start = std::clamp<int64_t>(wrap(start), 0, extent);
    end = std::clamp<int64_t>(wrap(end), 0, extent);
    int64_t distance = std::max<int64_t>(end - start, 0);
    // Written so that it does not overflow for a huge step.
    return {start, step, distance == 0 ? 0 : (distance - 1) / step + 1};
  }
  start = std::clamp<int64_t>(wrap(start), -1, extent - 1);
  end = std::clamp<int64_t>(wrap(end), -1, extent - 1);
  int64_t distance = std::max<int64_t>(start - end, 0);
  uint64_t magnitude = 0 - static_cast<uint64_t>(step);
  return {start, step,
          distance == 0
              ? 0
              : static_cast<int64_t>(
                    static_cast<uint64_t>(distance - 1) / magnitude + 1)};
}

template <From Bounds>
LogicalResult getBound(Binder &node, unsigned index, StringRef name,
                       std::optional<SmallVector<int64_t>> &values) {
  return Bounds == From::Attribute ? node.getInts(name, values)
                                   : node.getConstantInts(index, name, values);
}

template <From Bounds> LogicalResult legalizeSlice(Binder &node) {
  Value x;
  std::optional<SmallVector<int64_t>> starts, ends, axes, steps;
  if (failed(node.getInput(0, "data", x)) ||
      failed(getBound<Bounds>(node, 1, "starts", starts)) ||
      failed(getBound<Bounds>(node, 2, "ends", ends)) ||
      failed(getBound<Bounds>(node, 3, "axes", axes)))
    return failure();
  if (Bounds == From::Input && failed(node.getConstantInts(4, "steps", steps)))
    return failure();
  if (!starts || !ends)
    return node.emitError() << "'starts' and 'ends' are needed";
  size_t count = starts->size();
  if (ends->size() != count || (axes && axes->size() != count) ||
      (steps && steps->size() != count))
    return node.emitError()
           << "'starts', 'ends', 'axes' and 'steps' differ in length";
  ArrayRef<int64_t> shape = nn::tensorType(x).getShape();
  int64_t rank = static_cast<int64_t>(shape.size());
  SmallVector<bool> isSliced(rank, false);
  for (size_t i = 0; i < count; ++i) {
    int64_t axis = axes ? (*axes)[i] : static_cast<int64_t>(i);
    int64_t step = steps ? (*steps)[i] : 1;
    if (failed(node.normalizeAxis(axis, rank)))
      return failure();
    if (isSliced[axis])
      return node.emitError() << "axis " << axis << " is named twice";
    isSliced[axis] = true;
    if (step == 0)
      return node.emitError() << "the step along axis " << axis << " is 0";
    x = buildRange(node, x, axis,
                   clampRange((*starts)[i], (*ends)[i], step, shape[axis]));
  }
  node.setResult(0, x);
  return success();
}

/// Sizes of `count` nearly equal chunks, the last of which may be smaller.
SmallVector<int64_t> splitEvenly(int64_t extent, int64_t count) {
  int64_t chunk = llvm::divideCeil(extent, count);
  SmallVector<int64_t> sizes;
  for (int64_t i = 0; i < count; ++i) {
    sizes.push_back(std::min(chunk, extent));
    extent -= sizes.back();
  }
  return sizes;
}

template <From Bounds> LogicalResult legalizeSplit(Binder &node) {
  Value x;
  int64_t axis = 0;
  std::optional<SmallVector<int64_t>> sizes;
  if (failed(node.getInput(0, "input", x)) ||
      failed(node.getInt("axis", axis)) ||
      failed(getBound<Bounds>(node, 1, "split", sizes)))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  if (failed(node.normalizeAxis(axis, type.getRank())))
    return failure();
  int64_t extent = type.getDimSize(axis);
  int64_t outputs = static_cast<int64_t>(node.getResults().size());
  if (!sizes) {
    int64_t count = outputs;
    if (failed(node.getInt("num_outputs", count)))
      return failure();
    if (count != outputs || count == 0)
      return node.emitError() << "'num_outputs' is " << count << ", but it has "
                              << outputs << " outputs";
    if (node.getVersion() < 18 && extent % count != 0)
      return node.emitError() << "cannot split " << extent << " elements into "
                              << count << " equal parts";
    sizes = splitEvenly(extent, count);
  }
  if (static_cast<int64_t>(sizes->size()) != outputs)
    return node.emitError() << "'split' has " << sizes->size() << " sizes for "
                            << outputs << " outputs";
  int64_t start = 0;
  for (auto [i, size] : llvm::enumerate(*sizes)) {
    if (size < 0 || size > extent - start)
      return node.emitError()
             << "the sizes in 'split' do not add up to the extent of "
             << extent;
    node.setResult(i, buildRange(node, x, axis, {start, 1, size}));
    start += size;
  }
  if (start != extent)
    return node.emitError()
           << "the sizes in 'split' do not add up to the extent of " << extent;
  return success();
}

//===----------------------------------------------------------------------===//
// Concat
//===----------------------------------------------------------------------===//

LogicalResult legalizeConcat(Binder &node) {
  SmallVector<Value> inputs(node.getNumInputs());
  if (inputs.empty())
    return node.emitError() << "has no inputs";
  for (auto [i, input] : llvm::enumerate(inputs))
    if (failed(node.getInput(i, "inputs", input)))
      return failure();
  if (!node.getAttr("axis"))
    return node.emitError() << "attribute 'axis' is missing";
  int64_t axis = 0;
  Value result;
  if (failed(node.getInt("axis", axis)) ||
      failed(node.concat(inputs, axis, result)))
    return failure();
  node.setResult(0, result);
  return success();
}

} // namespace

void registerIndex(LegalizeTable &table) {
  table.add("Concat", 4, legalizeConcat);
  table.add("Slice", 1, legalizeSlice<From::Attribute>);
  table.add("Slice", 10, legalizeSlice<From::Input>);
  table.add("Split", 2, legalizeSplit<From::Attribute>);
  table.add("Split", 13, legalizeSplit<From::Input>);
}

} // namespace dpc::legalize
