//===- LegalizeStructure.cpp - Control flow and sequences -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A program of dpc has neither branches nor loops: what decides over them is
// known when compiling, or the node is refused. Of an If, one branch is
// legalized in its place; a Loop's or a Scan's body once for each iteration:
//
//   Loop(2, true, x) { ^(i, go, s): yield go, Add(s, w), s }
//   becomes   a = add(x, w), b = add(a, w), stacked = concat([x], [a])
//
// A sequence is the list of its tensors, and stands in no program.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/LegalizeTable.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

Item makeConstant(Binder &node, bool value) {
  auto type = RankedTensorType::get({}, node.getBuilder().getIntegerType(1));
  return {node.getMath().constant(type, value)};
}

Item makeConstant(Binder &node, int64_t value) {
  auto type = RankedTensorType::get({}, node.getBuilder().getI64Type());
  return {nn::ConstantOp::create(node.getBuilder(), node.getLoc(), type,
                                 DenseElementsAttr::get(type, value))};
}

/// The boolean that `item` is; none unless it is known.
std::optional<bool> getKnown(Binder &node, const Item &item) {
  DenseElementsAttr elements =
      item.tensor ? node.getConstant(item.tensor) : DenseElementsAttr();
  if (!elements || elements.getNumElements() != 1 ||
      !elements.getElementType().isInteger(1))
    return std::nullopt;
  return *elements.value_begin<bool>();
}

LogicalResult legalizeIf(Binder &node) {
  Value condition;
  if (failed(node.getInput(0, "cond", condition)))
    return failure();
  std::optional<bool> isTrue = getKnown(node, {condition});
  if (!isTrue)
    return node.emitError()
           << "the condition depends on the model's inputs or parameters; dpc "
              "needs it to be a boolean that is known when compiling";
  SmallVector<Item> results;
  if (failed(node.runBody(*isTrue ? "then_branch" : "else_branch", {},
                          std::nullopt, results)))
    return failure();
  if (results.size() < node.getResults().size())
    return node.emitError()
           << "has " << node.getResults().size()
           << " outputs, but its branch only " << results.size();
  for (auto [i, result] : llvm::enumerate(results))
    node.setItem(i, result);
  return success();
}

/// Joins tensors of one type along a new dimension.
LogicalResult stack(Binder &node, ArrayRef<Value> parts, int64_t axis,
                    Value &result) {
  SmallVector<Value> slices;
  for (Value part : parts) {
    if (part.getType() != parts.front().getType())
      return node.emitError() << "cannot stack " << parts.front().getType()
                              << " and " << part.getType();
    SmallVector<int64_t> shape(nn::tensorType(part).getShape());
    shape.insert(shape.begin() + axis, 1);
    slices.push_back(node.getMath().reshape(part, shape));
  }
  return node.concat(slices, axis, result);
}

/// What iterations scan out, an entry per output.
class ScanOutputs {
public:
  explicit ScanOutputs(Binder &node) : node(node) {}

  LogicalResult add(ArrayRef<Item> items) {
    parts.resize(items.size());
    for (auto [list, item] : llvm::zip_equal(parts, items)) {
      if (!item.tensor)
        return node.emitError() << "an output that is scanned is no tensor";
      list.push_back(item.tensor);
    }
    return success();
  }

  /// Output `i` becomes result `index`.
  LogicalResult set(unsigned i, unsigned index, int64_t axis, bool reversed) {
    if (!node.isResultUsed(index))
      return success();
    if (i >= parts.size())
      return node.emitError()
             << "output " << index << " has no shape, as there is no iteration";
    Value result;
    SmallVector<Value> list = parts[i];
    if (reversed)
      std::reverse(list.begin(), list.end());
    // Axes count dimensions of the result.
    if (failed(node.normalizeAxis(axis, nn::tensorType(list.front()).getRank() +
                                            1)) ||
        failed(stack(node, list, axis, result)))
      return failure();
    node.setResult(index, result);
    return success();
  }

private:
  Binder &node;
  SmallVector<SmallVector<Value>> parts;
};

LogicalResult legalizeLoop(Binder &node) {
  std::optional<SmallVector<int64_t>> count;
  if (failed(node.getConstantInts(0, "M", count)))
    return failure();
  if (count && count->size() != 1)
    return node.emitError() << "input 'M' must be a scalar";
  // Without a condition, what the body says about one counts for nothing.
  bool hasCondition = node.hasInput(1);
  Item goesOn = hasCondition ? node.getItem(1) : makeConstant(node, true);
  SmallVector<Item> state;
  for (unsigned i = 2; i < node.getNumInputs(); ++i)
    state.push_back(node.getItem(i));
  ScanOutputs scanned(node);
  for (int64_t i = 0; !count || i < count->front(); ++i) {
    std::optional<bool> isTrue = getKnown(node, goesOn);
    if (!isTrue)
      return node.emitError()
             << "whether iteration " << i
             << " runs depends on the model's inputs or parameters; dpc needs "
                "a number of iterations that is known when compiling";
    if (!*isTrue)
      break;
    SmallVector<Item> args = {makeConstant(node, i), goesOn}, results;
    llvm::append_range(args, state);
    if (failed(node.runBody("body", args, i, results)))
      return failure();
    if (results.size() < 1 + state.size())
      return node.emitError()
             << "its body has " << results.size() << " outputs for "
             << state.size() << " values that it carries";
    if (hasCondition)
      goesOn = results.front();
    ArrayRef<Item> rest = ArrayRef(results).drop_front();
    state.assign(rest.begin(), rest.begin() + state.size());
    if (failed(scanned.add(rest.drop_front(state.size()))))
      return failure();
  }
  for (auto [i, item] : llvm::enumerate(state))
    node.setItem(i, item);
  for (unsigned i = state.size(); i < node.getResults().size(); ++i)
    if (failed(scanned.set(i - state.size(), i, /*axis=*/0,
                           /*reversed=*/false)))
      return failure();
  return success();
}

/// A list of `count` numbers, zeros where the attribute is missing.
LogicalResult getList(Binder &node, StringRef name, size_t count,
                      SmallVector<int64_t> &list) {
  std::optional<SmallVector<int64_t>> values;
  if (failed(node.getInts(name, values)))
    return failure();
  list = values.value_or(SmallVector<int64_t>(count, 0));
  if (list.size() != count)
    return node.emitError() << "attribute '" << name << "' has " << list.size()
                            << " numbers; " << count << " are needed";
  return success();
}

LogicalResult legalizeScan(Binder &node) {
  int64_t numScanned = 0;
  if (failed(node.getInt("num_scan_inputs", numScanned)))
    return failure();
  int64_t numStates = node.getNumInputs() - numScanned;
  if (numScanned < 1 || numStates < 0)
    return node.emitError() << "'num_scan_inputs' is " << numScanned << " of "
                            << node.getNumInputs() << " inputs";
  int64_t numOutputs =
      static_cast<int64_t>(node.getResults().size()) - numStates;
  if (numOutputs < 0)
    return node.emitError() << "has fewer outputs than states";
  SmallVector<int64_t> inputAxes, inputDirections, outputAxes, outputDirections;
  if (failed(getList(node, "scan_input_axes", numScanned, inputAxes)) ||
      failed(getList(node, "scan_input_directions", numScanned,
                     inputDirections)) ||
      failed(getList(node, "scan_output_axes", numOutputs, outputAxes)) ||
      failed(getList(node, "scan_output_directions", numOutputs,
                     outputDirections)))
    return failure();
  SmallVector<Item> state;
  for (int64_t i = 0; i < numStates; ++i)
    state.push_back(node.getItem(i));
  SmallVector<Value> inputs(numScanned);
  std::optional<int64_t> count;
  for (int64_t i = 0; i < numScanned; ++i) {
    if (failed(node.getInput(numStates + i, "initial_state_and_scan_inputs",
                             inputs[i])) ||
        failed(node.normalizeAxis(inputAxes[i],
                                  nn::tensorType(inputs[i]).getRank())))
      return failure();
    int64_t extent = nn::tensorType(inputs[i]).getDimSize(inputAxes[i]);
    if (count.value_or(extent) != extent)
      return node.emitError() << "its scan inputs are of different lengths, "
                              << *count << " and " << extent;
    count = extent;
  }
  ScanOutputs scanned(node);
  for (int64_t i = 0; i < *count; ++i) {
    SmallVector<Item> args(state), results;
    for (auto [input, axis, reversed] :
         llvm::zip_equal(inputs, inputAxes, inputDirections)) {
      Value part = node.slice(input, axis, reversed ? *count - 1 - i : i, 1);
      SmallVector<int64_t> shape(nn::tensorType(part).getShape());
      shape.erase(shape.begin() + axis);
      args.push_back({node.getMath().reshape(part, shape)});
    }
    if (failed(node.runBody("body", args, i, results)))
      return failure();
    if (results.size() < state.size())
      return node.emitError() << "its body has " << results.size()
                              << " outputs for " << state.size() << " states";
    state.assign(results.begin(), results.begin() + numStates);
    if (failed(scanned.add(ArrayRef(results).drop_front(numStates))))
      return failure();
  }
  for (auto [i, item] : llvm::enumerate(state))
    node.setItem(i, item);
  for (int64_t i = 0; i < numOutputs; ++i)
    if (failed(scanned.set(i, numStates + i, outputAxes[i],
                           outputDirections[i] != 0)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

LogicalResult legalizeSequenceEmpty(Binder &node) {
  node.setItem(0, {Value(), Sequence()});
  return success();
}

LogicalResult legalizeSequenceConstruct(Binder &node) {
  Sequence sequence(node.getNumInputs());
  for (auto [i, value] : llvm::enumerate(sequence))
    if (failed(node.getInput(i, "inputs", value)))
      return failure();
  node.setItem(0, {Value(), sequence});
  return success();
}

/// The position in operand `index`, of `count`; the last one if it is omitted.
/// What is inserted may come behind the last one.
LogicalResult getPosition(Binder &node, unsigned index, int64_t count,
                          int64_t &position, bool isInserted = false) {
  std::optional<SmallVector<int64_t>> values;
  if (failed(node.getConstantInts(index, "position", values)))
    return failure();
  if (values && values->size() != 1)
    return node.emitError() << "input 'position' must be a scalar";
  position = values ? values->front() : -1;
  if (position < -count || position >= count + isInserted)
    return node.emitError() << "position " << position
                            << " is outside of a sequence of " << count;
  position += position < 0 ? count : 0;
  return success();
}

LogicalResult legalizeSequenceInsert(Binder &node) {
  Sequence sequence;
  Value value;
  int64_t position = 0;
  if (failed(node.getSequence(0, "input_sequence", sequence)) ||
      failed(node.getInput(1, "tensor", value)))
    return failure();
  if (node.hasInput(2)) {
    if (failed(getPosition(node, 2, sequence.size(), position,
                           /*isInserted=*/true)))
      return failure();
  } else {
    position = static_cast<int64_t>(sequence.size());
  }
  sequence.insert(sequence.begin() + position, value);
  node.setItem(0, {Value(), sequence});
  return success();
}

/// The sequence and the position that operand 1 names, the last one by default.
LogicalResult bindElement(Binder &node, Sequence &sequence, int64_t &position) {
  if (failed(node.getSequence(0, "input_sequence", sequence)))
    return failure();
  return getPosition(node, 1, sequence.size(), position);
}

LogicalResult legalizeSequenceErase(Binder &node) {
  Sequence sequence;
  int64_t position = 0;
  if (failed(bindElement(node, sequence, position)))
    return failure();
  sequence.erase(sequence.begin() + position);
  node.setItem(0, {Value(), sequence});
  return success();
}

LogicalResult legalizeSequenceAt(Binder &node) {
  Sequence sequence;
  int64_t position = 0;
  if (failed(bindElement(node, sequence, position)))
    return failure();
  node.setResult(0, sequence[position]);
  return success();
}

LogicalResult legalizeSequenceLength(Binder &node) {
  Sequence sequence;
  if (failed(node.getSequence(0, "input_sequence", sequence)))
    return failure();
  node.setItem(0, makeConstant(node, static_cast<int64_t>(sequence.size())));
  return success();
}

LogicalResult legalizeConcatFromSequence(Binder &node) {
  Sequence sequence;
  int64_t axis = 0;
  bool isNew = false;
  if (failed(node.getSequence(0, "input_sequence", sequence)) ||
      failed(node.getInt("axis", axis)) ||
      failed(node.getFlag("new_axis", isNew)))
    return failure();
  if (sequence.empty())
    return node.emitError() << "cannot join an empty sequence";
  int64_t rank = nn::tensorType(sequence.front()).getRank() + isNew;
  Value result;
  if (failed(node.normalizeAxis(axis, rank)) ||
      failed(isNew ? stack(node, sequence, axis, result)
                   : node.concat(sequence, axis, result)))
    return failure();
  node.setResult(0, result);
  return success();
}

/// Parts of the sizes in `split`; a scalar is the size of all but the last, and
/// without it parts have no extent, or 1 with `keepdims`.
LogicalResult legalizeSplitToSequence(Binder &node) {
  Value x;
  std::optional<SmallVector<int64_t>> split;
  int64_t axis = 0;
  bool keepDims = true;
  if (failed(node.getInput(0, "input", x)) ||
      failed(node.getConstantInts(1, "split", split)) ||
      failed(node.getInt("axis", axis)) ||
      failed(node.getFlag("keepdims", keepDims)) ||
      failed(node.normalizeAxis(axis, nn::tensorType(x).getRank())))
    return failure();
  int64_t extent = nn::tensorType(x).getDimSize(axis);
  SmallVector<int64_t> sizes;
  if (split && nn::tensorType(node.getItem(1).tensor).getRank() == 1) {
    sizes = *split;
  } else {
    int64_t size = split ? split->front() : 1;
    if (size < 1 || extent / size > limits::kOperations)
      return node.emitError()
             << "cannot split " << extent << " elements by " << size;
    for (int64_t rest = extent; rest > 0; rest -= size)
      sizes.push_back(std::min(rest, size));
  }
  Sequence sequence;
  int64_t start = 0;
  for (int64_t size : sizes) {
    if (size < 0 || size > extent - start)
      break;
    Value part = node.slice(x, axis, start, size);
    if (!split && !keepDims) {
      SmallVector<int64_t> shape(nn::tensorType(part).getShape());
      shape.erase(shape.begin() + axis);
      part = node.getMath().reshape(part, shape);
    }
    sequence.push_back(part);
    start += size;
  }
  if (sequence.size() != sizes.size() || start != extent)
    return node.emitError()
           << "the sizes in 'split' do not add up to the extent of " << extent;
  node.setItem(0, {Value(), sequence});
  return success();
}

/// The body, once for each element of the first sequence; tensors among the
/// other inputs are the same each time.
LogicalResult legalizeSequenceMap(Binder &node) {
  Sequence first;
  if (failed(node.getSequence(0, "input_sequence", first)))
    return failure();
  SmallVector<Sequence> mapped(node.getResults().size());
  for (int64_t i = 0, e = first.size(); i < e; ++i) {
    SmallVector<Item> args, results;
    for (unsigned input = 0; input < node.getNumInputs(); ++input) {
      Item item = node.getItem(input);
      if (item.sequence && static_cast<int64_t>(item.sequence->size()) <= i)
        return node.emitError() << "its sequences are of different lengths";
      args.push_back(item.sequence ? Item{(*item.sequence)[i]} : item);
    }
    if (failed(node.runBody("body", args, i, results)))
      return failure();
    if (results.size() < mapped.size())
      return node.emitError() << "its body has " << results.size()
                              << " outputs for " << mapped.size();
    for (auto [sequence, result] : llvm::zip(mapped, results)) {
      if (!result.tensor)
        return node.emitError() << "its body's output is no tensor";
      sequence.push_back(result.tensor);
    }
  }
  for (auto [i, sequence] : llvm::enumerate(mapped))
    node.setItem(i, {Value(), sequence});
  return success();
}

//===----------------------------------------------------------------------===//
// Optional values
//===----------------------------------------------------------------------===//

LogicalResult legalizeOptional(Binder &node) {
  if (node.getNumInputs() > 0)
    node.setItem(0, node.getItem(0));
  return success();
}

LogicalResult legalizeOptionalGetElement(Binder &node) {
  if (node.getNumInputs() == 0 || !node.hasInput(0))
    return node.emitError() << "there is no element";
  node.setItem(0, node.getItem(0));
  return success();
}

LogicalResult legalizeOptionalHasElement(Binder &node) {
  node.setItem(0, makeConstant(node, node.hasInput(0)));
  return success();
}

} // namespace

void registerStructure(LegalizeTable &table) {
  table.add("If", 1, legalizeIf);
  table.add("Loop", 1, legalizeLoop);
  table.add("Scan", 9, legalizeScan);
  table.add("SequenceEmpty", 11, legalizeSequenceEmpty);
  table.add("SequenceConstruct", 11, legalizeSequenceConstruct);
  table.add("SequenceInsert", 11, legalizeSequenceInsert);
  table.add("SequenceErase", 11, legalizeSequenceErase);
  table.add("SequenceAt", 11, legalizeSequenceAt);
  table.add("SequenceLength", 11, legalizeSequenceLength);
  table.add("SequenceMap", 17, legalizeSequenceMap);
  table.add("ConcatFromSequence", 11, legalizeConcatFromSequence);
  table.add("SplitToSequence", 11, legalizeSplitToSequence);
  table.add("Optional", 15, legalizeOptional);
  table.add("OptionalGetElement", 15, legalizeOptionalGetElement);
  table.add("OptionalHasElement", 15, legalizeOptionalHasElement);
}

} // namespace dpc::legalize
