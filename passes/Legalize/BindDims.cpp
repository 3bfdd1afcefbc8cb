//===- BindDims.cpp - Sizes of symbolic dimensions ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/BindDims.h"
#include "passes/Legalize/Binder.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

class DimBinder {
public:
  DimBinder(func::FuncOp main, int64_t batch) : main(main), batch(batch) {}

  LogicalResult parseDims(StringRef dims);
  FailureOr<BoundInputs> run();

private:
  StringRef getInputName(unsigned arg) {
    auto name = main.getArgAttrOfType<StringAttr>(arg, nn::kNameAttr);
    return name ? name.getValue() : "";
  }
  InFlightDiagnostic emitInputError(unsigned arg) {
    return mlir::emitError(main.getArgument(arg).getLoc())
           << "input '" << getInputName(arg) << "': ";
  }
  /// The dimension's name, "" if it has none.
  StringRef getDimName(unsigned arg, int64_t dim) {
    auto names = main.getArgAttrOfType<ArrayAttr>(arg, "onnx.dims");
    if (!names || dim >= static_cast<int64_t>(names.size()))
      return "";
    auto name = dyn_cast<StringAttr>(names[dim]);
    return name ? name.getValue() : "";
  }

  LogicalResult checkTypes();
  LogicalResult checkNames();
  LogicalResult bindBatch();
  LogicalResult bindInput(unsigned arg, BoundInputs &bound);
  std::optional<int64_t> lookup(unsigned arg, int64_t dim);

  func::FuncOp main;
  int64_t batch;
  bool batchIsStatic = false;
  std::string batchSymbol;
  llvm::StringMap<int64_t> sizes;
  SmallVector<RankedTensorType> types;
};

LogicalResult DimBinder::parseDims(StringRef dims) {
  SmallVector<StringRef> bindings;
  dims.split(bindings, ',', -1, /*KeepEmpty=*/false);
  for (StringRef binding : bindings) {
    auto [name, size] = binding.split('=');
    int64_t value;
    if (name.empty() || size.getAsInteger(10, value) || value < 1)
      return main.emitError()
             << "--dim " << binding << ": a positive size is needed, NAME=N";
    auto [entry, isNew] = sizes.try_emplace(name, value);
    if (!isNew && entry->second != value)
      return main.emitError() << "--dim " << name << " is given twice";
  }
  return success();
}

LogicalResult DimBinder::checkTypes() {
  for (auto [i, type] : llvm::enumerate(main.getArgumentTypes())) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return emitInputError(i) << "is no tensor of known rank";
    if (!isSupportedElementType(tensor.getElementType()))
      return emitInputError(i) << "element type " << tensor.getElementType()
                               << " is not supported by dpc";
    types.push_back(tensor);
  }
  return success();
}

/// A name in --dim that no input has is a typing error.
LogicalResult DimBinder::checkNames() {
  llvm::StringSet<> known;
  SmallVector<StringRef> inOrder;
  for (auto [i, type] : llvm::enumerate(types))
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (StringRef name = getDimName(i, dim);
          type.isDynamicDim(dim) && !name.empty() && known.insert(name).second)
        inOrder.push_back(name);
  SmallVector<StringRef> given = llvm::to_vector(sizes.keys());
  llvm::sort(given);
  for (StringRef name : given)
    if (!known.contains(name))
      return main.emitError()
             << "--dim " << name << ": no input has a dimension of that name; "
             << (inOrder.empty() ? "all are static" : "there are: ")
             << llvm::join(inOrder, ", ");
  return success();
}

/// The batch is the first dimension of the first input that has any.
LogicalResult DimBinder::bindBatch() {
  const auto *first = llvm::find_if(
      types, [](RankedTensorType type) { return type.getRank() > 0; });
  if (first == types.end())
    return success();
  unsigned arg = first - types.begin();
  batchIsStatic = !first->isDynamicDim(0);
  if (batchIsStatic) {
    int64_t size = first->getDimSize(0);
    if (batch != 0 && batch != size)
      return emitInputError(arg) << "the model has a fixed batch of " << size
                                 << ", not the " << batch << " of --batch";
    batch = size;
    return success();
  }
  batchSymbol = getDimName(arg, 0).str();
  auto bound = sizes.find(batchSymbol);
  if (!batchSymbol.empty() && bound != sizes.end()) {
    if (batch != 0 && batch != bound->second)
      return emitInputError(arg)
             << "--batch " << batch << " and --dim " << batchSymbol << "="
             << bound->second << " bind the same dimension";
    batch = bound->second;
  }
  if (batch == 0) {
    InFlightDiagnostic diag = emitInputError(arg) << "dimension 0 ";
    if (!batchSymbol.empty())
      diag << "('" << batchSymbol << "') ";
    return diag << "has no size; give one with --batch N";
  }
  if (!batchSymbol.empty())
    sizes[batchSymbol] = batch;
  return success();
}

std::optional<int64_t> DimBinder::lookup(unsigned arg, int64_t dim) {
  auto bound = sizes.find(getDimName(arg, dim));
  if (bound != sizes.end())
    return bound->second;
  if (dim == 0 && batch != 0)
    return batch;
  return std::nullopt;
}

LogicalResult DimBinder::bindInput(unsigned arg, BoundInputs &bound) {
  RankedTensorType type = types[arg];
  SmallVector<int64_t> shape(type.getShape());
  for (auto [i, extent] : llvm::enumerate(shape)) {
    if (!ShapedType::isDynamic(extent))
      continue;
    StringRef name = getDimName(arg, i);
    std::optional<int64_t> size = lookup(arg, i);
    if (!size && name.empty())
      return emitInputError(arg)
             << "dimension " << i
             << " has neither a size nor a name; give it one in the model";
    if (!size)
      return emitInputError(arg)
             << "dimension " << i << " ('" << name
             << "') has no size; give one with --dim " << name << "=N";
    extent = *size;
  }
  if (!isReasonableShape(shape))
    return emitInputError(arg) << "is too large";
  // In a model with a symbolic batch, a first dimension of fixed size is
  // something else, even if the sizes happen to agree.
  bool isBatched = batch != 0 && !shape.empty() && shape[0] == batch &&
                   type.isDynamicDim(0) != batchIsStatic;
  bound.types.push_back(type.clone(shape));
  bound.isBatched.push_back(isBatched);
  return success();
}

FailureOr<BoundInputs> DimBinder::run() {
  if (failed(checkTypes()) || failed(checkNames()) || failed(bindBatch()))
    return failure();
  BoundInputs bound;
  for (unsigned arg = 0; arg < types.size(); ++arg)
    if (failed(bindInput(arg, bound)))
      return failure();
  bound.batch = batch;
  return bound;
}

} // namespace

FailureOr<BoundInputs> bindDims(func::FuncOp main, int64_t batch,
                                StringRef dims) {
  if (batch < 0)
    return main.emitError()
           << "--batch " << batch << ": a positive size is needed";
  DimBinder binder(main, batch);
  if (failed(binder.parseDims(dims)))
    return failure();
  return binder.run();
}

} // namespace dpc::legalize
