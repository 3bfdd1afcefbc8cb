//===- PinShardings.cpp - Put the user's constraints on the program -------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A pin of a parameter becomes the sharding of the argument, of its state and
// of what replaces them. A pin of any other value becomes a dist.reshard from a
// layout to the same one behind the value: -dist-propagate gives the value that
// layout if it can, and otherwise -dist-resolve inserts a reshard in front. All
// users, those of the backward pass too, see the pinned value.
//
// Only the rows of an input are read in parts. If a pin splits more of it,
// every rank reads its rows and keeps its part of them.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Signature.h"
#include "passes/Sharding/Passes.h"
#include "passes/Sharding/Pins.h"

#include "dialects/NN/DimensionGroups.h"
#include "dialects/Support/Suggest.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_PINSHARDINGS
#include "passes/Sharding/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using dist::ShardingAttr;

SmallVector<BlockArgument> dpc::pinParameter(func::FuncOp func,
                                             BlockArgument parameter,
                                             ShardingAttr sharding,
                                             ArrayAttr pinnedAxes) {
  nn::Signature signature(func);
  StringRef name = signature.getArg(parameter).getName();
  auto belongs = [&](const nn::SignatureEntry &entry, Type type) {
    return type == parameter.getType() && entry.isLikeParameter() &&
           entry.getParameterName() == name;
  };
  SmallVector<BlockArgument> arguments;
  for (BlockArgument argument : func.getArguments()) {
    unsigned i = argument.getArgNumber();
    if (argument != parameter &&
        !belongs(signature.getArg(i), argument.getType()))
      continue;
    func.setArgAttr(i, dist::kShardingAttr, sharding);
    func.setArgAttr(i, dist::kPinnedAxesAttr, pinnedAxes);
    arguments.push_back(argument);
  }
  for (auto [i, type] : llvm::enumerate(func.getResultTypes()))
    if (belongs(signature.getResult(i), type))
      func.setResultAttr(i, dist::kShardingAttr, sharding);
  return arguments;
}

DictionaryAttr dpc::getValueNames(ModuleOp module) {
  return module->getAttrOfType<DictionaryAttr>(onnx::kValuesAttr);
}

StringAttr dpc::getNodeOfValue(NamedAttribute entry) {
  // [node, index] for all outputs but the first.
  if (auto later = dyn_cast<ArrayAttr>(entry.getValue()))
    return cast<StringAttr>(later[0]);
  return dyn_cast<StringAttr>(entry.getValue());
}

namespace {

/// The pins of one function's values.
class FuncPinner {
public:
  FuncPinner(func::FuncOp func, dist::MeshOp mesh, DictionaryAttr values)
      : func(func), mesh(mesh), builder(func.getContext()),
        shapes(getOriginalShapes(func)) {
    collectNames(values);
  }

  LogicalResult match(Pin &pin);
  LogicalResult apply();
  auto getNames() const { return llvm::make_first_range(names); }

private:
  void collectNames(DictionaryAttr values);
  LogicalResult pinValue(Pin &pin, Value value);
  FailureOr<bool> fitSparse(Pin &pin, Value value);
  LogicalResult applyToArgument(BlockArgument argument, const Pin &pin);
  void insertReshard(Value value, ShardingAttr sharding, const Pin &pin);
  bool isFree(StringAttr axis);
  ArrayAttr getPinnedAxes();

  func::FuncOp func;
  dist::MeshOp mesh;
  OpBuilder builder;
  /// Values by the names of parameters, inputs, nodes and ONNX values.
  llvm::MapVector<StringRef, SmallVector<Value>> names;
  llvm::MapVector<Value, const Pin *> pinned;
  llvm::DenseMap<Value, DenseI64ArrayAttr> shapes;
};

void FuncPinner::collectNames(DictionaryAttr values) {
  nn::Signature signature(func);
  for (BlockArgument argument : func.getArguments())
    if (StringAttr name = signature.getArg(argument).getModelName())
      names[name].push_back(argument);
  llvm::MapVector<StringRef, SmallVector<Value>> nodes = getNodeResults(func);
  for (auto &[node, results] : nodes)
    llvm::append_range(names[node], results);
  if (!values)
    return;
  for (NamedAttribute entry : values) {
    StringAttr node = getNodeOfValue(entry);
    StringRef name = entry.getName();
    if (auto found = node ? nodes.find(node.getValue()) : nodes.end();
        found != nodes.end() && name != node.getValue())
      llvm::append_range(names[name], found->second);
  }
}

LogicalResult FuncPinner::pinValue(Pin &pin, Value value) {
  const Pin *&known = pinned[value];
  // One name says more than a pattern, and the user more than the model.
  auto getWeight = [](const Pin &pin) {
    return 2 * !pin.isOptional + !pin.glob;
  };
  if (!known || getWeight(*known) < getWeight(pin)) {
    known = &pin;
    return success();
  }
  if (known->dims == pin.dims || getWeight(pin) < getWeight(*known))
    return success();
  return emitError(NameLoc::get(builder.getStringAttr(pin.where)))
         << "'" << pin.pattern << "' pins a tensor that " << known->where
         << " pins otherwise; keep one of them";
}

/// Spreads the axes that split the factors of a dimension over the extents that
/// the program has of it. The two may differ where blocks stay the same: 60 in
/// 3 parts splits the 3 of 3x5x4, and 3 in 3 and 5 in 5 parts are 15 of 15.
static bool spreadAxes(dist::MeshOp mesh, ArrayRef<Pin::Factor> factors,
                       ArrayRef<int64_t> extents,
                       MutableArrayRef<AxisList> dims) {
  int64_t whole = 1;
  for (int64_t extent : extents)
    whole *= extent;
  int64_t extent = 1, parts = 1;
  AxisList axes;
  auto take = [&]() {
    const Pin::Factor &next = factors.consume_front();
    extent *= next.placed.extent.value_or(whole);
    parts *= next.placed.parts;
    llvm::append_range(axes, next.axes);
  };
  for (auto [wanted, list] : llvm::zip_equal(extents, dims)) {
    while (extent < wanted) {
      if (factors.empty())
        return false;
      // What is split below a factor that is not split all the way, or unevenly
      // above, makes no blocks.
      if (extent > 1 && parts != extent &&
          (factors.front().placed.parts > 1 || extent % parts))
        return false;
      take();
    }
    if (extent == wanted) {
      list = axes;
      extent = parts = 1;
      axes.clear();
      continue;
    }
    if (wanted == 0 || extent % wanted)
      return false;
    // Whole axes, until there is one part for each of the extent.
    int64_t mine = 1;
    while (mine < wanted && !axes.empty()) {
      list.push_back(axes.front());
      mine *= mesh.getAxisSize(axes.front().getValue());
      axes.erase(axes.begin());
    }
    if (wanted % mine || (mine < wanted && parts != mine))
      return false;
    extent /= wanted;
    parts /= mine;
  }
  while (!factors.empty() && factors.front().placed.extent == 1 &&
         factors.front().placed.parts == 1)
    factors.consume_front();
  return factors.empty() && extent == 1;
}

/// Fills in the layout of a pin that the model carries. Values that have other
/// ranks than the one that was seen first are none of its.
FailureOr<bool> FuncPinner::fitSparse(Pin &pin, Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  ArrayRef<int64_t> refined = type ? type.getShape() : ArrayRef<int64_t>();
  DenseI64ArrayAttr original = shapes.lookup(value);
  ArrayRef<int64_t> shape = original ? original.asArrayRef() : refined;
  int64_t rank = shape.size();
  auto fail = [&](int64_t dim) {
    return emitError(NameLoc::get(builder.getStringAttr(pin.where)))
           << "the model splits dimension " << dim << " of '" << pin.pattern
           << "', which ";
  };
  auto groups = nn::getDimensionGroups(shape, refined);
  DimAxes dims(refined.size());
  for (ArrayRef<Pin::Factor> rest(*pin.sparse); !rest.empty();) {
    int64_t written = rest.front().placed.dim;
    if (written < -rank || written >= rank)
      return fail(written) << "has " << rank
                           << (rank == 1 ? " dimension" : " dimensions");
    ArrayRef<Pin::Factor> factors =
        rest.take_while([&](const Pin::Factor &factor) {
          return factor.placed.dim == written;
        });
    rest = rest.drop_front(factors.size());
    int64_t dim = written < 0 ? written + rank : written, first = 0;
    if (groups)
      for (ArrayRef<int64_t> group : ArrayRef(*groups).take_front(dim))
        first += group.size();
    if (!groups ||
        !spreadAxes(mesh, factors, (*groups)[dim],
                    MutableArrayRef(dims).slice(first, (*groups)[dim].size())))
      return fail(written) << "the program does not keep apart in this way; "
                              "split another dimension, or remove the model's "
                              "device configurations";
  }
  if (pin.fits && dims != pin.dims)
    return false;
  pin.dims = std::move(dims);
  return true;
}

LogicalResult FuncPinner::match(Pin &pin) {
  for (auto &[name, values] : names) {
    if (!pin.matchesName(name))
      continue;
    // Which of a node's outputs a value is, is not known any more.
    if (pin.isOptional && values.size() != 1)
      continue;
    for (Value value : values) {
      ++pin.matches;
      auto type = dyn_cast<RankedTensorType>(value.getType());
      int64_t rank = type ? type.getRank() : 0;
      bool fits = rank == static_cast<int64_t>(pin.dims.size());
      if (pin.sparse) {
        FailureOr<bool> result = fitSparse(pin, value);
        if (failed(result))
          return failure();
        fits = *result;
      }
      if (fits) {
        ++pin.fits;
        if (failed(pinValue(pin, value)))
          return failure();
      } else if (!pin.glob && !pin.isOptional) {
        return emitError(NameLoc::get(builder.getStringAttr(pin.where)))
               << "'" << pin.pattern << "' has " << rank
               << (rank == 1 ? " dimension" : " dimensions")
               << ", but the list has " << pin.dims.size()
               << (pin.dims.size() == 1 ? " entry" : " entries");
      }
    }
  }
  return success();
}

/// Whether pins leave an axis alone: it has no ranks to speak of, and says how
/// the program is cut in time, or which dimension is the batch.
bool FuncPinner::isFree(StringAttr axis) {
  return axis.getValue() == dist::kMicrobatchAxis ||
         mesh.getAxisSize(axis.getValue()) == 1;
}

ArrayAttr FuncPinner::getPinnedAxes() {
  SmallVector<Attribute> axes;
  for (auto axis : mesh.getAxes().getAsRange<StringAttr>())
    if (!isFree(axis))
      axes.push_back(axis);
  return builder.getArrayAttr(axes);
}

void FuncPinner::insertReshard(Value value, ShardingAttr sharding,
                               const Pin &pin) {
  Location loc = value.getLoc();
  if (Operation *op = value.getDefiningOp()) {
    builder.setInsertionPointAfter(op);
    loc = op->getLoc();
  } else {
    builder.setInsertionPointToStart(&func.front());
  }
  auto reshard =
      dist::ReshardOp::create(builder, loc, value, sharding, sharding);
  reshard->setAttr(dist::kPinnedAxesAttr, getPinnedAxes());
  reshard->setAttr(dist::kReasonAttr,
                   builder.getStringAttr(pin.isOptional
                                             ? "pinned by the model"
                                             : "pinned by " + pin.where));
  value.replaceAllUsesExcept(reshard, reshard);
}

LogicalResult FuncPinner::applyToArgument(BlockArgument argument,
                                          const Pin &pin) {
  unsigned i = argument.getArgNumber();
  ShardingAttr sharding =
      makeSharding(builder.getContext(), pin.dims, {}, nn::ReduceKind::Sum);
  if (nn::getArgRole(func, i) == nn::Role::Parameter) {
    pinParameter(func, argument, sharding, getPinnedAxes());
    return success();
  }
  auto batch = func.getArgAttrOfType<IntegerAttr>(i, nn::kBatchDimAttr);
  DimAxes read(pin.dims.size());
  if (batch && batch.getInt() >= 0 &&
      batch.getInt() < static_cast<int64_t>(read.size())) {
    int64_t dim = batch.getInt();
    for (StringAttr axis : pin.dims[dim])
      if (!isFree(axis))
        read[dim].push_back(axis);
    int64_t parts = 1;
    bool hasMicrobatches = false;
    ArrayAttr old = dist::getSharding(argument).getDims()[dim];
    for (auto axis : old.getAsRange<StringAttr>()) {
      if (!isFree(axis))
        continue;
      bool isMicrobatch = axis.getValue() == dist::kMicrobatchAxis,
           leads = isMicrobatch && mesh->hasAttr(dist::kMicrobatchPartsAttr);
      read[dim].insert(leads ? read[dim].begin() : read[dim].end(), axis);
      hasMicrobatches |= isMicrobatch && !leads;
    }
    for (StringAttr axis : read[dim])
      parts *= mesh.getAxisSize(axis.getValue());
    int64_t rows = cast<RankedTensorType>(argument.getType()).getDimSize(dim);
    if (hasMicrobatches && rows % parts)
      return emitError(NameLoc::get(builder.getStringAttr(pin.where)))
             << "the batch of " << rows << " rows does not divide into "
             << parts << " microbatches and parts; choose a multiple of "
             << parts << " with --batch";
  }
  func.setArgAttr(
      i, dist::kShardingAttr,
      makeSharding(builder.getContext(), read, {}, nn::ReduceKind::Sum));
  for (auto [dim, axes] : llvm::enumerate(pin.dims))
    if (read[dim].empty() &&
        !llvm::all_of(axes, [&](StringAttr axis) { return isFree(axis); })) {
      insertReshard(argument, sharding, pin);
      break;
    }
  return success();
}

LogicalResult FuncPinner::apply() {
  for (auto [value, pin] : pinned) {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      if (failed(applyToArgument(argument, *pin)))
        return failure();
    } else {
      insertReshard(value,
                    makeSharding(builder.getContext(), pin->dims, {},
                                 nn::ReduceKind::Sum),
                    *pin);
    }
  }
  return success();
}

struct PinShardings : dpc::impl::PinShardingsBase<PinShardings> {
  using PinShardingsBase::PinShardingsBase;

  LogicalResult pin(dist::MeshOp mesh) {
    FailureOr<std::vector<Pin>> pins = getModelPins(getOperation(), mesh);
    if (failed(pins))
      return failure();
    if (!file.empty()) {
      FailureOr<std::vector<Pin>> read = readPins(file, mesh);
      if (failed(read))
        return failure();
      llvm::move(*read, std::back_inserter(*pins));
    }
    DictionaryAttr values = getValueNames(getOperation());
    std::vector<FuncPinner> pinners;
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal() && func.getBody().hasOneBlock())
        pinners.emplace_back(func, mesh, values);
    for (Pin &pin : *pins) {
      for (FuncPinner &pinner : pinners)
        if (failed(pinner.match(pin)))
          return failure();
      auto fail = [&]() {
        return emitError(
            NameLoc::get(StringAttr::get(&getContext(), pin.where)));
      };
      if (pin.matches == 0 && !pin.isOptional) {
        SmallVector<StringRef> known;
        for (FuncPinner &pinner : pinners)
          llvm::append_range(known, pinner.getNames());
        return fail() << "'" << pin.pattern
                      << "' matches no parameter, input, node or value of the "
                         "program; "
                      << suggest(pin.pattern, known,
                                 "names are listed by dpc plan --json and dpc "
                                 "compile --emit nn");
      }
      if (pin.fits == 0 && !pin.isOptional)
        return fail() << "none of the tensors that '" << pin.pattern
                      << "' matches has " << pin.dims.size()
                      << (pin.dims.size() == 1 ? " dimension" : " dimensions")
                      << "; write one entry per dimension";
    }
    for (FuncPinner &pinner : pinners)
      if (failed(pinner.apply()))
        return failure();
    return success();
  }

  void runOnOperation() override {
    dist::MeshOp mesh = requireMesh(getOperation());
    if (!mesh || failed(pin(mesh)))
      return signalPassFailure();
  }
};

} // namespace
