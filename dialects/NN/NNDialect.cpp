//===- NNDialect.cpp - nn dialect -----------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dpc::nn;

#include "dialects/NN/NNDialect.cpp.inc"
#include "dialects/NN/NNEnums.cpp.inc"
#include "dialects/NN/NNInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/NN/NNAttributes.cpp.inc"

void NNDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/NN/NNAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/NN/NNOps.cpp.inc"
      >();
}

Operation *NNDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                          Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, type, elements);
}

LogicalResult
dpc::nn::foldEmptyResults(Operation *op,
                          SmallVectorImpl<OpFoldResult> &results) {
  auto isEmpty = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && llvm::is_contained(tensor.getShape(), 0);
  };
  if (op->getNumResults() == 0 || !llvm::all_of(op->getResultTypes(), isEmpty))
    return failure();
  for (Type type : op->getResultTypes())
    results.push_back(DenseElementsAttr::get(cast<RankedTensorType>(type),
                                             ArrayRef<Attribute>()));
  return success();
}

DenseMap<StringAttr, ParameterOp> dpc::nn::getParameters(ModuleOp module) {
  DenseMap<StringAttr, ParameterOp> parameters;
  for (auto parameter : module.getOps<ParameterOp>())
    parameters[parameter.getNameAttr()] = parameter;
  return parameters;
}

Phase dpc::nn::getPhase(Operation *op) {
  if (auto attr = op->getAttrOfType<PhaseAttr>(kPhaseAttr))
    return attr.getValue();
  return Phase::Forward;
}

void dpc::nn::setPhase(Operation *op, Phase phase) {
  if (phase == Phase::Forward)
    op->removeAttr(kPhaseAttr);
  else
    op->setAttr(kPhaseAttr, PhaseAttr::get(op->getContext(), phase));
}

static std::optional<Role> getRole(Attribute attr) {
  auto role = dyn_cast_or_null<RoleAttr>(attr);
  return role ? std::optional(role.getValue()) : std::nullopt;
}

std::optional<Role> dpc::nn::getArgRole(FunctionOpInterface function,
                                        unsigned index) {
  return getRole(function.getArgAttr(index, kRoleAttr));
}

std::optional<Role> dpc::nn::getResultRole(FunctionOpInterface function,
                                           unsigned index) {
  return getRole(function.getResultAttr(index, kRoleAttr));
}

bool dpc::nn::isReshape(Operation *op) {
  auto count = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getNumElements();
  };
  auto kernelOp = dyn_cast<KernelOpInterface>(op);
  return kernelOp && kernelOp.getViewOffset() &&
         count(op->getResult(0)) == count(op->getOperand(0));
}

Value dpc::nn::skipReshapes(Value value) {
  Operation *op = value.getDefiningOp();
  return op && isReshape(op) ? skipReshapes(op->getOperand(0)) : value;
}

bool dpc::nn::isNarrowCopy(Operation *op) {
  auto known = dyn_cast_or_null<PrecisionOpInterface>(op);
  return known && known.isNarrowCopy();
}

StringRef dpc::nn::getNodeName(Location loc) {
  StringRef name;
  loc->walk([&](Location inner) {
    if (auto named = dyn_cast<NameLoc>(inner)) {
      name = named.getName();
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return name;
}
