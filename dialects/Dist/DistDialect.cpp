//===- DistDialect.cpp - dist dialect -------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/DistDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dpc::dist;

#include "dialects/Dist/DistDialect.cpp.inc"
#include "dialects/Dist/DistEnums.cpp.inc"
#include "dialects/Dist/DistInterfaces.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/Dist/DistTypes.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Dist/DistAttributes.cpp.inc"

void DistDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/Dist/DistTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Dist/DistAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Dist/DistOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// ShardingAttr
//===----------------------------------------------------------------------===//

// <[["data"], []]> or <[["data"], []], partial = sum ["tensor"]>.
Attribute ShardingAttr::parse(AsmParser &parser, Type) {
  auto parseAxes = [&](SmallVectorImpl<StringAttr> &axes) {
    return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
      std::string name;
      if (parser.parseString(&name))
        return failure();
      axes.push_back(StringAttr::get(parser.getContext(), name));
      return success();
    });
  };
  SmallVector<ArrayAttr> dims;
  SmallVector<StringAttr> partialAxes;
  nn::ReduceKind kind = nn::ReduceKind::Sum;
  SMLoc start = parser.getCurrentLocation();
  if (parser.parseLess() ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
        SmallVector<StringAttr> axes;
        if (failed(parseAxes(axes)))
          return failure();
        SmallVector<Attribute> attrs(axes.begin(), axes.end());
        dims.push_back(ArrayAttr::get(parser.getContext(), attrs));
        return success();
      }))
    return {};
  if (succeeded(parser.parseOptionalComma())) {
    StringRef keyword;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword("partial") || parser.parseEqual() ||
        parser.parseKeyword(&keyword))
      return {};
    std::optional<nn::ReduceKind> parsed = nn::symbolizeReduceKind(keyword);
    if (!parsed) {
      parser.emitError(loc, "expected sum, max or min");
      return {};
    }
    kind = *parsed;
    if (failed(parseAxes(partialAxes)))
      return {};
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<ShardingAttr>(start, parser.getContext(), dims,
                                         partialAxes, kind);
}

void ShardingAttr::print(AsmPrinter &printer) const {
  auto printAxes = [&](auto axes) {
    printer << '[';
    llvm::interleaveComma(axes, printer,
                          [&](Attribute axis) { printer << axis; });
    printer << ']';
  };
  printer << "<[";
  llvm::interleaveComma(getDims(), printer,
                        [&](ArrayAttr axes) { printAxes(axes.getValue()); });
  printer << ']';
  if (isPartial()) {
    printer << ", partial = " << nn::stringifyReduceKind(getPartialKind())
            << ' ';
    printAxes(getPartialAxes());
  }
  printer << '>';
}

// An axis can split a value, or leave it partial, only once.
LogicalResult ShardingAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   ArrayRef<ArrayAttr> dims,
                                   ArrayRef<StringAttr> partialAxes,
                                   nn::ReduceKind) {
  llvm::SmallDenseSet<Attribute> seen;
  auto verifyAxis = [&](Attribute axis) -> LogicalResult {
    auto name = dyn_cast<StringAttr>(axis);
    if (!name)
      return emitError() << "axes are named by strings";
    if (!seen.insert(name).second)
      return emitError() << "axis " << name << " is used twice";
    return success();
  };
  for (ArrayAttr axes : dims)
    for (Attribute axis : axes)
      if (failed(verifyAxis(axis)))
        return failure();
  for (StringAttr axis : partialAxes)
    if (failed(verifyAxis(axis)))
      return failure();
  return success();
}

ShardingAttr ShardingAttr::getReplicated(MLIRContext *context, int64_t rank) {
  SmallVector<ArrayAttr> dims(rank, ArrayAttr::get(context, {}));
  return get(context, dims, {}, nn::ReduceKind::Sum);
}

bool ShardingAttr::isSplit() const {
  return llvm::any_of(getDims(), [](ArrayAttr axes) { return !axes.empty(); });
}

bool ShardingAttr::isReplicated() const { return !isSplit() && !isPartial(); }

bool ShardingAttr::usesAxis(StringRef axis) const {
  auto named = [&](Attribute attr) {
    return cast<StringAttr>(attr).getValue() == axis;
  };
  return llvm::any_of(getPartialAxes(), named) ||
         llvm::any_of(getDims(), [&](ArrayAttr axes) {
           return llvm::any_of(axes, named);
         });
}

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

MeshOp dpc::dist::getMesh(Operation *op) {
  auto module = dyn_cast<ModuleOp>(op);
  if (!module)
    module = op->getParentOfType<ModuleOp>();
  return module ? module.lookupSymbol<MeshOp>(kMeshName) : MeshOp();
}

int64_t dpc::dist::getPartSize(int64_t extent, ArrayAttr axes, MeshOp mesh) {
  int64_t parts = mesh.getGroupSize(axes);
  auto multiple = mesh->getAttrOfType<IntegerAttr>(kMicrobatchPartsAttr);
  if (multiple && !axes.empty() &&
      cast<StringAttr>(axes[0]).getValue() == kMicrobatchAxis)
    extent = llvm::alignTo(extent, mesh.getAxisSize(kMicrobatchAxis) *
                                       multiple.getInt());
  return llvm::divideCeil(extent, parts);
}

RankedTensorType dpc::dist::getLocalType(RankedTensorType type,
                                         ShardingAttr sharding, MeshOp mesh) {
  SmallVector<int64_t> shape(type.getShape());
  for (auto [extent, axes] : llvm::zip_equal(shape, sharding.getDims()))
    extent = getPartSize(extent, axes, mesh);
  return RankedTensorType::get(shape, type.getElementType());
}

ShardingAttr dpc::dist::getSharding(Value value) {
  ShardingAttr sharding;
  if (auto arg = dyn_cast<BlockArgument>(value)) {
    auto func = dyn_cast<FunctionOpInterface>(arg.getOwner()->getParentOp());
    if (func && arg.getOwner()->isEntryBlock())
      sharding = func.getArgAttrOfType<ShardingAttr>(arg.getArgNumber(),
                                                     kShardingAttr);
  } else if (auto reshard = value.getDefiningOp<ReshardOp>()) {
    sharding = reshard.getTo();
  } else {
    auto result = cast<OpResult>(value);
    if (auto all = result.getOwner()->getAttrOfType<ArrayAttr>(kShardingsAttr))
      sharding = cast<ShardingAttr>(all[result.getResultNumber()]);
  }
  if (sharding)
    return sharding;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return ShardingAttr::getReplicated(value.getContext(),
                                     type ? type.getRank() : 0);
}

int64_t dpc::dist::getSizeInBytes(ShapedType type) {
  return type.getNumElements() *
         llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

//===----------------------------------------------------------------------===//
// Verification of discardable attributes
//===----------------------------------------------------------------------===//

static LogicalResult verifySharding(Operation *op, Attribute attr, Type type,
                                    const Twine &what) {
  auto sharding = dyn_cast<ShardingAttr>(attr);
  if (!sharding)
    return op->emitOpError() << what << " is not a #dist.sharding";
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return op->emitOpError() << what << " is on a value that is no tensor";
  return verifySharding(op, sharding, tensor, what);
}

LogicalResult dpc::dist::verifySharding(Operation *op, ShardingAttr sharding,
                                        RankedTensorType type,
                                        const Twine &what) {
  if (static_cast<int64_t>(sharding.getDims().size()) != type.getRank())
    return op->emitOpError() << what << " has " << sharding.getDims().size()
                             << " dimensions, the value has " << type.getRank();
  SmallVector<StringAttr> axes(sharding.getPartialAxes());
  for (ArrayAttr dim : sharding.getDims())
    llvm::append_range(axes, dim.getAsRange<StringAttr>());
  std::string problem = findAxisProblem(getMesh(op), axes);
  return problem.empty() ? success()
                         : op->emitOpError() << what << ' ' << problem;
}

LogicalResult DistDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attr) {
  bool results = attr.getName() == kShardingsAttr;
  if (!results && attr.getName() != kOperandShardingsAttr)
    return success();
  SmallVector<Type> types(results ? SmallVector<Type>(op->getResultTypes())
                                  : SmallVector<Type>(op->getOperandTypes()));
  auto all = dyn_cast<ArrayAttr>(attr.getValue());
  if (!all || all.size() != types.size())
    return op->emitOpError()
           << attr.getName().getValue() << " must have one sharding per "
           << (results ? "result" : "operand");
  for (auto [index, sharding, type] : llvm::enumerate(all, types))
    if (failed(::verifySharding(
            op, sharding, type,
            (results ? "sharding of result " : "sharding of operand ") +
                Twine(index))))
      return failure();
  return success();
}

LogicalResult DistDialect::verifyRegionArgAttribute(Operation *op, unsigned,
                                                    unsigned argIndex,
                                                    NamedAttribute attr) {
  auto func = dyn_cast<FunctionOpInterface>(op);
  if (!func || attr.getName() != kShardingAttr)
    return success();
  return ::verifySharding(op, attr.getValue(),
                          func.getArgumentTypes()[argIndex],
                          "sharding of argument " + Twine(argIndex));
}

LogicalResult DistDialect::verifyRegionResultAttribute(Operation *op, unsigned,
                                                       unsigned resultIndex,
                                                       NamedAttribute attr) {
  auto func = dyn_cast<FunctionOpInterface>(op);
  if (!func || attr.getName() != kShardingAttr)
    return success();
  return ::verifySharding(op, attr.getValue(),
                          func.getResultTypes()[resultIndex],
                          "sharding of result " + Twine(resultIndex));
}
