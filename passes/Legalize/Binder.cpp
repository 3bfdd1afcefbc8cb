//===- Binder.cpp - An ONNX node's operands and attributes ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Binder.h"

#include "dialects/NN/ReferenceTensor.h"

#include "dialects/NN/Signature.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace mlir;

namespace dpc::legalize {

bool isSupportedElementType(Type type) {
  if (isa<Float32Type, Float64Type, Float16Type, BFloat16Type>(type))
    return true;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || integer.isSigned())
    return false;
  unsigned width = integer.getWidth();
  return (width == 1 && integer.isSignless()) || width == 8 || width == 16 ||
         width == 32 || width == 64;
}

/// Zeros are left out: a product hidden behind one still has to be sane.
static bool isProductAtMost(ArrayRef<int64_t> extents, int64_t limit) {
  int64_t product = 1;
  for (int64_t extent : extents) {
    int64_t factor = std::max<int64_t>(extent, 1);
    if (extent < 0 || llvm::MulOverflow(product, factor, product) ||
        product > limit)
      return false;
  }
  return true;
}

bool isReasonableShape(ArrayRef<int64_t> shape) {
  return static_cast<int64_t>(shape.size()) <= limits::kRank &&
         isProductAtMost(shape, limits::kElements);
}

bool isReasonableWork(ArrayRef<int64_t> extents) {
  return isProductAtMost(extents, limits::kWork);
}

InFlightDiagnostic Binder::emitError() {
  return mlir::emitError(getLoc()) << node.getOpType() << ": ";
}

LogicalResult Binder::getInput(unsigned index, StringRef name, Value &value) {
  if (!hasInput(index))
    return emitError() << "input '" << name << "' is missing";
  value = inputs[index].tensor;
  if (!value)
    return emitError() << "input '" << name
                       << "' is a sequence; a tensor is needed";
  return success();
}

LogicalResult Binder::getSequence(unsigned index, StringRef name,
                                  Sequence &sequence) {
  if (!hasInput(index))
    return emitError() << "input '" << name << "' is missing";
  if (!inputs[index].sequence)
    return emitError() << "input '" << name
                       << "' is a tensor; a sequence is needed";
  sequence = *inputs[index].sequence;
  return success();
}

LogicalResult Binder::getFloatInput(unsigned index, StringRef name,
                                    Value &value) {
  if (failed(getInput(index, name, value)))
    return failure();
  return checkFloat(value, name);
}

LogicalResult
Binder::getConstantInts(unsigned index, StringRef name,
                        std::optional<SmallVector<int64_t>> &values) {
  values.reset();
  if (!hasInput(index))
    return success();
  Value value;
  if (failed(getInput(index, name, value)))
    return failure();
  Type elementType = nn::tensorType(value).getElementType();
  if (!elementType.isInteger(64) && !elementType.isInteger(32))
    return emitError() << "input '" << name << "' must hold integers, not "
                       << elementType;
  if (nn::tensorType(value).getRank() > 1)
    return emitError() << "input '" << name << "' must be a vector, not "
                       << value.getType();
  int64_t count = nn::tensorType(value).getNumElements();
  if (count > limits::kReadElements)
    return emitError() << "input '" << name << "' has " << count
                       << " numbers; at most " << limits::kReadElements
                       << " are read";
  DenseElementsAttr elements = getConstant(index);
  if (!elements)
    return emitError() << "input '" << name
                       << "' must be a constant of the model; dpc needs it to "
                          "know the shapes";
  values.emplace();
  for (const APInt &element : elements.getValues<APInt>())
    values->push_back(element.getSExtValue());
  return success();
}

LogicalResult Binder::getConstantFloat(unsigned index, StringRef name,
                                       double &value) {
  if (!hasInput(index))
    return success();
  auto elements = dyn_cast_or_null<DenseFPElementsAttr>(getConstant(index));
  if (!elements || elements.getNumElements() != 1)
    return emitError() << "input '" << name
                       << "' must be a constant floating-point scalar";
  value = (*elements.value_begin<FloatAttr>()).getValueAsDouble();
  return success();
}

LogicalResult Binder::getConstantReals(unsigned index, StringRef name,
                                       SmallVectorImpl<double> &values) {
  values.clear();
  Value value;
  if (!hasInput(index))
    return success();
  if (failed(getFloatInput(index, name, value)))
    return failure();
  DenseElementsAttr elements = getConstant(index);
  if (!elements) {
    elements = constants.getInitial(value);
    if (elements)
      keepUntrained(index, /*why=*/"");
  }
  if (!elements || elements.getNumElements() > limits::kReadElements)
    return emitError() << "input '" << name
                       << "' must be a constant of the model; dpc needs it to "
                          "know the shapes";
  for (const APFloat &element : elements.getValues<APFloat>())
    values.push_back(nn::toDouble(element));
  return success();
}

void Binder::keepUntrained(unsigned index, StringRef why) {
  if (!hasInput(index))
    return;
  Value value = inputs[index].tensor;
  // The copy in 16 bits of a wider parameter.
  if (auto convert = value ? value.getDefiningOp<nn::ConvertOp>() : nullptr)
    value = convert.getOperand();
  auto argument = dyn_cast_or_null<BlockArgument>(value);
  if (!argument)
    return;
  auto func = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  if (nn::getArgRole(func, argument.getArgNumber()) == nn::Role::Parameter)
    func.setArgAttr(argument.getArgNumber(), kUntrainedAttr,
                    builder.getStringAttr(why));
}

std::optional<int64_t> Binder::getRowDim(Value value) const {
  auto place = rows.getRowDim(value);
  if (!place ||
      nn::tensorType(value).getDimSize(place->first) != rows.getBatch())
    return std::nullopt;
  return place->first;
}

Value Binder::getRunScalar(StringRef name) {
  auto func = cast<func::FuncOp>(builder.getInsertionBlock()->getParentOp());
  if (auto found = nn::Signature(func).findArg(nn::Role::Scalar,
                                               builder.getStringAttr(name)))
    return func.getArgument(*found);
  // Behind all others, as the roles are in order.
  unsigned index = func.getNumArguments();
  LogicalResult inserted = func.insertArgument(
      index, RankedTensorType::get({}, builder.getI64Type()),
      nn::SignatureEntry::make(builder.getContext(), nn::Role::Scalar, name),
      NameLoc::get(builder.getStringAttr(name)));
  assert(succeeded(inserted) && "a function with a body takes arguments");
  (void)inserted;
  return func.getArgument(index);
}

void Binder::setRowsOfShape(unsigned index, unsigned operand) {
  DenseElementsAttr shape = getConstant(operand),
                    more = constants.getWithMoreRows(inputs[operand].tensor);
  Value result = results[index].tensor;
  if (!shape || !more || !result || !rows.lookup(result).empty())
    return;
  // The shape's dimensions are the last ones of the result.
  int64_t first = nn::tensorType(result).getRank() - shape.getNumElements();
  for (auto [i, count, other] :
       llvm::enumerate(shape.getValues<int64_t>(), more.getValues<int64_t>()))
    if (count != other && other == count + 1)
      return rows.setRows(result, first + i);
}

void Binder::visitMade() {
  Block &block = *builder.getInsertionBlock();
  auto next = visited ? std::next(visited->getIterator()) : block.begin();
  for (Operation &op : llvm::make_range(next, block.end())) {
    rows.visit(&op);
    visited = &op;
  }
}

Value Binder::divideByCount(Value sum, Value value, ArrayRef<int64_t> dims) {
  double count = 1;
  for (int64_t dim : dims)
    count *= static_cast<double>(nn::tensorType(value).getDimSize(dim));
  RankedTensorType type = nn::tensorType(sum);
  visitMade();
  if (!rows.hasRows(value, dims))
    return math.div(sum, math.constant(type, count));
  Value number =
      math.convert(math.batchRows(rows.getBatch()), type.getElementType());
  double each = count / static_cast<double>(rows.getBatch());
  if (each != 1)
    number = math.mul(number, math.constant(number, each));
  return math.div(sum, math.broadcast(number, type.getShape(), {}));
}

LogicalResult Binder::getInt(StringRef name, int64_t &value) {
  Attribute attr = getAttr(name);
  if (!attr)
    return success();
  auto integer = dyn_cast<IntegerAttr>(attr);
  if (!integer || integer.getValue().getBitWidth() > 64)
    return emitError() << "attribute '" << name << "' must be an integer";
  value = integer.getValue().getSExtValue();
  return success();
}

LogicalResult Binder::getFlag(StringRef name, bool &value) {
  int64_t integer = value;
  if (failed(getInt(name, integer)))
    return failure();
  value = integer != 0;
  return success();
}

LogicalResult Binder::getFloat(StringRef name, double &value) {
  Attribute attr = getAttr(name);
  if (!attr)
    return success();
  auto number = dyn_cast<FloatAttr>(attr);
  if (!number)
    return emitError() << "attribute '" << name << "' must be a float";
  value = number.getValueAsDouble();
  return success();
}

LogicalResult Binder::getString(StringRef name, std::string &value) {
  Attribute attr = getAttr(name);
  if (!attr)
    return success();
  auto string = dyn_cast<StringAttr>(attr);
  if (!string)
    return emitError() << "attribute '" << name << "' must be a string";
  value = string.getValue().str();
  return success();
}

LogicalResult Binder::getInts(StringRef name,
                              std::optional<SmallVector<int64_t>> &values) {
  values.reset();
  Attribute attr = getAttr(name);
  if (!attr)
    return success();
  auto integers = dyn_cast<DenseI64ArrayAttr>(attr);
  if (!integers)
    return emitError() << "attribute '" << name
                       << "' must be a list of integers";
  values = llvm::to_vector(integers.asArrayRef());
  return success();
}

LogicalResult Binder::checkFloat(Value value, StringRef name) {
  Type elementType = nn::tensorType(value).getElementType();
  if (!isa<FloatType>(elementType))
    return emitError() << "input '" << name << "' has element type "
                       << elementType << "; a floating-point type is needed";
  return success();
}

LogicalResult Binder::checkNumber(Value value, StringRef name) {
  if (nn::tensorType(value).getElementType().isInteger(1))
    return emitError() << "input '" << name
                       << "' has element type i1 (bool); a number is needed";
  return success();
}

LogicalResult Binder::checkSameElementType(Value a, Value b) {
  Type typeA = nn::tensorType(a).getElementType();
  Type typeB = nn::tensorType(b).getElementType();
  if (typeA != typeB)
    return emitError() << "the inputs have different element types: " << typeA
                       << " and " << typeB;
  return success();
}

LogicalResult Binder::normalizeAxis(int64_t &axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return emitError() << "axis " << axis << " is out of range for rank "
                       << rank;
  if (axis < 0)
    axis += rank;
  return success();
}

LogicalResult Binder::normalizeAxes(SmallVectorImpl<int64_t> &axes,
                                    int64_t rank) {
  for (int64_t &axis : axes)
    if (failed(normalizeAxis(axis, rank)))
      return failure();
  llvm::sort(axes);
  auto *twice = std::adjacent_find(axes.begin(), axes.end());
  if (twice != axes.end())
    return emitError() << "axis " << *twice << " is named twice";
  return success();
}

LogicalResult Binder::broadcastShapes(ArrayRef<int64_t> a, ArrayRef<int64_t> b,
                                      SmallVectorImpl<int64_t> &shape) {
  size_t rank = std::max(a.size(), b.size());
  auto extent = [&](ArrayRef<int64_t> dims, size_t i) {
    return i < rank - dims.size() ? 1 : dims[i - (rank - dims.size())];
  };
  shape.clear();
  for (size_t i = 0; i < rank; ++i) {
    int64_t left = extent(a, i), right = extent(b, i);
    if (left != right && left != 1 && right != 1) {
      auto print = [](ArrayRef<int64_t> dims) {
        std::string text;
        llvm::raw_string_ostream os(text);
        llvm::interleave(dims, os, "x");
        return text;
      };
      return emitError() << "shapes " << print(a) << " and " << print(b)
                         << " cannot be broadcast together";
    }
    shape.push_back(left == 1 ? right : left);
  }
  if (!isReasonableShape(shape))
    return emitError() << "the result would be too large";
  return success();
}

LogicalResult Binder::broadcastOperands(Value &a, Value &b) {
  SmallVector<int64_t> shape;
  if (failed(broadcastShapes(nn::tensorType(a).getShape(),
                             nn::tensorType(b).getShape(), shape)))
    return failure();
  a = math.broadcastNumpy(a, shape);
  b = math.broadcastNumpy(b, shape);
  return success();
}

LogicalResult Binder::broadcastTo(Value &value, StringRef name, Value like) {
  ArrayRef<int64_t> shape = nn::tensorType(like).getShape();
  SmallVector<int64_t> common;
  if (failed(broadcastShapes(nn::tensorType(value).getShape(), shape, common)))
    return failure();
  if (ArrayRef(common) != shape)
    return emitError() << "input '" << name << "' of " << value.getType()
                       << " cannot be broadcast to " << like.getType();
  value = math.broadcastNumpy(value, shape);
  return success();
}

LogicalResult
Binder::combineWithOthers(Value &value, StringRef name,
                          llvm::function_ref<Value(Value, Value)> combine) {
  SmallVector<Value> terms = {value};
  for (unsigned i = 1; i < getNumInputs(); ++i)
    if (failed(getInput(i, name, terms.emplace_back())) ||
        failed(checkSameElementType(value, terms.back())))
      return failure();
  // By pairs, so that many operands make no chain that is as deep.
  while (terms.size() > 1) {
    SmallVector<Value> combined;
    for (size_t i = 0; i + 1 < terms.size(); i += 2) {
      if (failed(broadcastOperands(terms[i], terms[i + 1])))
        return failure();
      combined.push_back(combine(terms[i], terms[i + 1]));
    }
    if (terms.size() % 2)
      combined.push_back(terms.back());
    terms = std::move(combined);
  }
  value = terms.front();
  return success();
}

/// An element of a concatenation is chosen among those of all its operands, so
/// that many are joined in steps.
static Value buildConcat(OpBuilder &builder, Location loc,
                         SmallVector<Value> inputs, int64_t axis) {
  constexpr size_t kFewInputs = 32;
  while (inputs.size() > 1) {
    SmallVector<Value> joined;
    for (ArrayRef<Value> rest = inputs; !rest.empty();) {
      ArrayRef<Value> few = rest.take_front(kFewInputs);
      rest = rest.drop_front(few.size());
      joined.push_back(few.size() == 1
                           ? few.front()
                           : nn::ConcatOp::create(builder, loc, few, axis));
    }
    inputs = std::move(joined);
  }
  return inputs.front();
}

LogicalResult Binder::concat(ArrayRef<Value> inputs, int64_t axis,
                             Value &result) {
  SmallVector<int64_t> first(nn::tensorType(inputs[0]).getShape());
  if (failed(normalizeAxis(axis, first.size())))
    return failure();
  SmallVector<int64_t> shape(first);
  shape[axis] = 0;
  for (Value input : inputs) {
    SmallVector<int64_t> extents(nn::tensorType(input).getShape());
    int64_t extent = extents.size() == first.size() ? extents[axis] : 0;
    if (extents.size() == first.size())
      extents[axis] = first[axis];
    if (failed(checkSameElementType(inputs[0], input)))
      return failure();
    if (extents != first)
      return emitError() << "inputs of " << inputs[0].getType() << " and "
                         << input.getType()
                         << " do not fit together along axis " << axis;
    shape[axis] += extent;
    if (!isReasonableShape(shape))
      return emitError() << "the result would be too large";
  }
  result = buildConcat(builder, loc, SmallVector<Value>(inputs), axis);
  return success();
}

Value Binder::slice(Value x, int64_t dim, int64_t start, int64_t count) {
  RankedTensorType type = nn::tensorType(x);
  if (count == type.getDimSize(dim))
    return x;
  SmallVector<int64_t> starts(type.getRank(), 0), limits(type.getShape()),
      strides(type.getRank(), 1);
  starts[dim] = start;
  limits[dim] = start + count;
  return nn::SliceOp::create(builder, loc, x, starts, limits, strides);
}

LogicalResult Binder::runBody(StringRef name, MutableArrayRef<Item> args,
                              std::optional<int64_t> iteration,
                              SmallVectorImpl<Item> &bodyResults) {
  auto attr = dyn_cast_or_null<onnx::BodyAttr>(getAttr(name));
  if (!attr)
    return emitError() << "attribute '" << name << "' must be a graph";
  Region &body = node.getBodies()[attr.getIndex()];
  if (body.getNumArguments() != args.size())
    return emitError() << "the graph '" << name << "' has "
                       << body.getNumArguments() << " inputs, not "
                       << args.size();
  return bodies(body, args, iteration, bodyResults);
}

} // namespace dpc::legalize
