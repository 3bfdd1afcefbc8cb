//===- BindDims.cpp - Sizes of symbolic dimensions ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/BindDims.h"
#include "dialects/NN/Signature.h"
#include "dialects/ONNX/AttributeNames.h"
#include "dialects/Support/Suggest.h"
#include "passes/Legalize/Binder.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

/// Dimension `dim` of argument `arg`.
struct Place {
  unsigned arg;
  int64_t dim;
};

class DimBinder {
public:
  DimBinder(func::FuncOp main, int64_t batch) : main(main), batch(batch) {}

  LogicalResult parseDims(StringRef dims);
  FailureOr<BoundInputs> run(StringRef batchDims);

private:
  StringRef getInputName(unsigned arg) {
    return nn::Signature(main).getArg(arg).getName();
  }
  InFlightDiagnostic emitInputError(unsigned arg) {
    return mlir::emitError(main.getArgument(arg).getLoc())
           << "input '" << getInputName(arg) << "': ";
  }
  InFlightDiagnostic emitFlagError(StringRef flag) {
    return mlir::emitError(
        NameLoc::get(StringAttr::get(main.getContext(), flag)));
  }
  /// The dimension's name, "" if it has none.
  StringRef getDimName(unsigned arg, int64_t dim) {
    auto names = main.getArgAttrOfType<ArrayAttr>(arg, onnx::kDimsAttr);
    if (!names || dim >= static_cast<int64_t>(names.size()))
      return "";
    auto name = dyn_cast<StringAttr>(names[dim]);
    return name ? name.getValue() : "";
  }
  /// What --dim calls a dimension: its name, or else INPUT:DIM.
  std::string getSymbol(unsigned arg, int64_t dim) {
    StringRef name = getDimName(arg, dim);
    return name.empty() ? (getInputName(arg) + ":" + Twine(dim)).str()
                        : name.str();
  }
  /// All dimensions without a size in the model, in order.
  SmallVector<Place> getSymbolic();

  LogicalResult checkTypes();
  LogicalResult checkNames();
  LogicalResult readPlaces(StringRef list);
  LogicalResult choosePlaces();
  std::optional<Place> chooseSymbol();
  std::optional<int64_t> chooseExtent();
  LogicalResult bindBatch();
  LogicalResult bindInput(unsigned arg, BoundInputs &bound);
  bool isBatch(unsigned arg, int64_t dim);
  std::optional<int64_t> lookup(unsigned arg, int64_t dim);

  func::FuncOp main;
  int64_t batch;
  /// The user said which dimensions are the batch: no others are.
  bool isGiven = false;
  /// Where the batch stands; all dimensions of the same symbol are it, too.
  SmallVector<Place> places;
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
      if (type.isDynamicDim(dim))
        if (auto [entry, isNew] = known.insert(getSymbol(i, dim)); isNew)
          inOrder.push_back(entry->getKey());
  SmallVector<StringRef> given = llvm::to_vector(sizes.keys());
  llvm::sort(given);
  for (StringRef name : given)
    if (!known.contains(name))
      return main.emitError()
             << "--dim " << name << ": no input has a dimension of that name; "
             << suggest(name, inOrder,
                        inOrder.empty()
                            ? "all are static"
                            : "there are: " + llvm::join(inOrder, ", "));
  return success();
}

SmallVector<Place> DimBinder::getSymbolic() {
  SmallVector<Place> symbolic;
  for (auto [arg, type] : llvm::enumerate(types))
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (type.isDynamicDim(dim))
        symbolic.push_back({static_cast<unsigned>(arg), dim});
  return symbolic;
}

/// A list of INPUT, INPUT:DIM or SYMBOL; "none" alone for a model without rows.
LogicalResult DimBinder::readPlaces(StringRef list) {
  isGiven = true;
  if (list == "none")
    return success();
  auto findInput = [&](StringRef name, Place &place) {
    for (unsigned arg = 0; arg < types.size(); ++arg)
      if (getInputName(arg) == name) {
        place.arg = arg;
        return true;
      }
    return false;
  };
  SmallVector<StringRef> entries;
  list.split(entries, ',', -1, /*KeepEmpty=*/false);
  for (StringRef entry : entries) {
    Place place{0, 0};
    auto [name, dim] = entry.rsplit(':');
    bool found = findInput(entry, place) ||
                 (!dim.getAsInteger(10, place.dim) && findInput(name, place));
    if (!found) {
      bool isSymbol = false;
      for (Place symbolic : getSymbolic())
        if (getDimName(symbolic.arg, symbolic.dim) == entry) {
          places.push_back(symbolic);
          isSymbol = true;
        }
      if (!isSymbol) {
        SmallVector<StringRef> known;
        for (unsigned arg = 0; arg < types.size(); ++arg)
          known.push_back(getInputName(arg));
        for (Place symbolic : getSymbolic())
          known.push_back(getDimName(symbolic.arg, symbolic.dim));
        return emitFlagError("--batch-dim")
               << "'" << entry
               << "' is no input and no symbolic dimension of the model; "
               << suggest(name, known,
                          "write INPUT, INPUT:DIM, the symbol, or none");
      }
      continue;
    }
    if (place.dim < 0 || place.dim >= types[place.arg].getRank())
      return emitFlagError("--batch-dim")
             << "input '" << getInputName(place.arg) << "' has no dimension "
             << place.dim << ": " << types[place.arg];
    places.push_back(place);
  }
  return success();
}

/// A dimension that is called a batch; else, of those that --dim leaves open, a
/// first dimension, else any; else a first one that --dim gives the batch's
/// size.
std::optional<Place> DimBinder::chooseSymbol() {
  SmallVector<Place> symbolic = getSymbolic();
  auto find = [&](auto predicate) -> std::optional<Place> {
    auto *found = llvm::find_if(symbolic, predicate);
    return found == symbolic.end() ? std::nullopt : std::optional(*found);
  };
  auto isOpen = [&](Place place) {
    return !sizes.contains(getSymbol(place.arg, place.dim));
  };
  std::optional<Place> place = find([&](Place place) {
    std::string name = getDimName(place.arg, place.dim).lower();
    return StringRef(name).contains("batch") || name == "n" || name == "b" ||
           name == "bs";
  });
  if (!place)
    place = find([&](Place place) { return isOpen(place) && place.dim == 0; });
  if (!place)
    place = find(isOpen);
  if (!place)
    place = find([&](Place place) {
      int64_t size = sizes.lookup(getSymbol(place.arg, place.dim));
      return place.dim == 0 && (batch == 0 || size == batch);
    });
  return place;
}

/// Where no symbolic dimension is the batch, its size: --batch, or
/// the first dimension of the first output if an input has it too, or what most
/// inputs have.
std::optional<int64_t> DimBinder::chooseExtent() {
  SmallVector<int64_t> extents;
  for (RankedTensorType type : types)
    if (type.getRank() > 0 && !type.isDynamicDim(0))
      extents.push_back(type.getDimSize(0));
  if (extents.empty())
    return std::nullopt;
  if (batch != 0 && llvm::is_contained(extents, batch))
    return batch;
  if (main.getNumResults() > 0)
    if (auto output = dyn_cast<RankedTensorType>(main.getResultTypes().front());
        output && output.getRank() > 0 &&
        llvm::is_contained(extents, output.getDimSize(0)))
      return output.getDimSize(0);
  return *llvm::max_element(extents, [&](int64_t a, int64_t b) {
    return llvm::count(extents, a) < llvm::count(extents, b);
  });
}

LogicalResult DimBinder::choosePlaces() {
  if (std::optional<Place> place = chooseSymbol()) {
    places.push_back(*place);
    return success();
  }
  std::optional<int64_t> extent = chooseExtent();
  if (!extent)
    return success();
  std::string names;
  for (auto [arg, type] : llvm::enumerate(types))
    if (type.getRank() > 0 && type.getDimSize(0) == *extent) {
      places.push_back({static_cast<unsigned>(arg), 0});
      names += (names.empty() ? "'" : ", '") + getInputName(arg).str() + "'";
    }
  if (types.size() > 1 || batch == 0)
    mlir::emitRemark(main.getArgument(places.front().arg).getLoc())
        << "no symbolic dimension is the batch; the first dimension of "
        << names << ", " << *extent
        << ", is taken for it; --batch-dim names another";
  return success();
}

/// Gives the batch its size.
LogicalResult DimBinder::bindBatch() {
  if (places.empty()) {
    if (isGiven && batch != 0)
      return emitFlagError("--batch")
             << "--batch-dim none says that the model has no batch; leave out "
                "one of them";
    return success();
  }
  Place place = places.front();
  RankedTensorType type = types[place.arg];
  if (!type.isDynamicDim(place.dim)) {
    int64_t size = type.getDimSize(place.dim);
    if (batch != 0 && batch != size)
      return emitInputError(place.arg)
             << "the model has a fixed batch of " << size << ", not the "
             << batch
             << " of --batch; leave --batch out, or export the model with a "
                "dynamic batch";
    batch = size;
    return success();
  }
  batchSymbol = getDimName(place.arg, place.dim).str();
  auto bound = sizes.find(batchSymbol);
  if (!batchSymbol.empty() && bound != sizes.end()) {
    if (batch != 0 && batch != bound->second)
      return emitInputError(place.arg)
             << "--batch " << batch << " and --dim " << batchSymbol << "="
             << bound->second << " bind the same dimension";
    batch = bound->second;
  }
  if (batch == 0) {
    InFlightDiagnostic diag = emitInputError(place.arg)
                              << "dimension " << place.dim << " ";
    if (!batchSymbol.empty())
      diag << "('" << batchSymbol << "') ";
    return diag << "has no size; give one with --batch N";
  }
  if (!batchSymbol.empty())
    sizes[batchSymbol] = batch;
  return success();
}

/// Besides the places that are known, exporters call the batch of every input
/// another name: a first dimension that nothing else gives a size is one, too.
bool DimBinder::isBatch(unsigned arg, int64_t dim) {
  if (llvm::any_of(places, [&](Place place) {
        return place.arg == arg && place.dim == dim;
      }))
    return true;
  if (batch == 0 || places.empty() || !types[arg].isDynamicDim(dim))
    return false;
  StringRef name = getDimName(arg, dim);
  if (!name.empty() && name == batchSymbol)
    return true;
  return !isGiven && dim == 0 && !sizes.contains(getSymbol(arg, dim));
}

std::optional<int64_t> DimBinder::lookup(unsigned arg, int64_t dim) {
  auto bound = sizes.find(getSymbol(arg, dim));
  if (bound != sizes.end())
    return bound->second;
  if (isBatch(arg, dim))
    return batch;
  return std::nullopt;
}

LogicalResult DimBinder::bindInput(unsigned arg, BoundInputs &bound) {
  RankedTensorType type = types[arg];
  SmallVector<int64_t> shape(type.getShape());
  int64_t batchDim = -1;
  for (auto [i, extent] : llvm::enumerate(shape)) {
    // A second dimension of the same size is no batch: of an N x N matrix, a
    // batch has N rows.
    if (batchDim < 0 && isBatch(arg, i))
      batchDim = i;
    if (!ShapedType::isDynamic(extent))
      continue;
    StringRef name = getDimName(arg, i);
    std::optional<int64_t> size = lookup(arg, i);
    if (!size && name.empty())
      return emitInputError(arg)
             << "dimension " << i << " has no size; give one with --dim "
             << getSymbol(arg, i) << "=N";
    if (!size)
      return emitInputError(arg)
             << "dimension " << i << " ('" << name
             << "') has no size; give one with --dim " << name << "=N";
    extent = *size;
  }
  if (!isReasonableShape(shape))
    return emitInputError(arg) << "is too large";
  if (batchDim >= 0 && shape[batchDim] != batch)
    return emitFlagError("--batch-dim")
           << "dimension " << batchDim << " of input '" << getInputName(arg)
           << "' is " << shape[batchDim] << ", not the batch of " << batch;
  bound.types.push_back(type.clone(shape));
  bound.batchDims.push_back(batchDim);
  return success();
}

FailureOr<BoundInputs> DimBinder::run(StringRef batchDims) {
  if (failed(checkTypes()) || failed(checkNames()) ||
      failed(batchDims.empty() ? choosePlaces() : readPlaces(batchDims)) ||
      failed(bindBatch()))
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
                                StringRef dims, StringRef batchDims) {
  if (batch < 0)
    return main.emitError()
           << "--batch " << batch << ": a positive size is needed";
  DimBinder binder(main, batch);
  if (failed(binder.parseDims(dims)))
    return failure();
  return binder.run(batchDims);
}

} // namespace dpc::legalize
