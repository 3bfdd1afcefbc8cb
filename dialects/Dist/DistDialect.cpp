//===- DistDialect.cpp - dist dialect -------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/DistDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dpc::dist;

#include "dialects/Dist/DistDialect.cpp.inc"
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
  return ShardingAttr::get(parser.getContext(), dims, partialAxes, kind);
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

RankedTensorType dpc::dist::getLocalType(RankedTensorType type,
                                         ShardingAttr sharding, MeshOp mesh) {
  SmallVector<int64_t> shape(type.getShape());
  for (auto [extent, axes] : llvm::zip_equal(shape, sharding.getDims()))
    extent = llvm::divideCeil(extent, mesh.getGroupSize(axes));
  return RankedTensorType::get(shape, type.getElementType());
}
