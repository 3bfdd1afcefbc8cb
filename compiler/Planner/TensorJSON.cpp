//===- TensorJSON.cpp - Regions of the arena as JSON ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Planner/TensorJSON.h"
#include "dialects/Dist/Layout.h"
#include "dialects/NN/InitialValue.h"
#include "dialects/Plan/TypeName.h"

using namespace mlir;
using namespace dpc;
using Json = nlohmann::ordered_json;

static dist::Layout getLayout(plan::SlotOp slot) {
  return {slot->getDiscardableAttrDictionary(), slot.getBuffer().getType()};
}

static Json makeTensor(plan::SlotOp slot) {
  auto type = cast<MemRefType>(slot.getBuffer().getType());
  Json json;
  json["name"] = getName(slot).str();
  json["dtype"] = plan::getTypeName(type.getElementType());
  json["shape"] = getShape(type);
  json["offset"] = slot.getOffset();
  json["bytes"] = slot.getBytes();
  if (!slot->hasAttr(plan::kResultAttr))
    addStage(json, getStage(slot));
  return json;
}

static void addSharding(const PlanModel &plan, Json &json, plan::SlotOp slot) {
  auto [global, sharding] = getLayout(slot);
  json["global_shape"] = getShape(global);
  int64_t batchDim = -1;
  if (std::optional<int64_t> dim = getEntry(slot).getBatchDim())
    batchDim = *dim;
  else if (sharding)
    for (auto [dim, axes] : llvm::enumerate(sharding.getDims()))
      if (batchDim < 0 && !axes.empty())
        batchDim = dim;
  json["batch_dim"] = batchDim;
  json["batch_axes"] = sharding && batchDim >= 0
                           ? plan.getAxes(sharding.getDims()[batchDim])
                           : std::vector<std::string>();
}

Json dpc::makePersistent(const PlanModel &plan, plan::SlotOp slot) {
  Json json = makeTensor(slot);
  if (auto parameter = slot->getAttrOfType<StringAttr>(nn::kStartsAsAttr))
    json["starts_as"] = parameter.str();
  dist::Layout layout = getLayout(slot);
  if (!layout.isSplit())
    return json;
  json["global_shape"] = getShape(layout.global);
  json["dim_axes"] = Json::array();
  for (ArrayAttr axes : layout.sharding.getDims())
    json["dim_axes"].push_back(plan.getAxes(axes));
  return json;
}

Json dpc::makeInput(const PlanModel &plan, plan::SlotOp slot) {
  Json json = makeTensor(slot);
  json["role"] = nn::stringifyRole(*getEntry(slot).getRole()).str();
  addSharding(plan, json, slot);
  if (auto count = slot->getAttrOfType<IntegerAttr>(dist::kMicrobatchesAttr))
    json["microbatches"] = count.getInt();
  if (auto classes = slot->getAttrOfType<IntegerAttr>(nn::kClassesAttr))
    json["classes"] = classes.getInt();
  if (auto ignored = slot->getAttrOfType<IntegerAttr>(nn::kIgnoreIndexAttr))
    json["ignore_index"] = ignored.getInt();
  if (auto range = slot->getAttrOfType<DictionaryAttr>(nn::kRangeAttr))
    json["range"] = {{"lower", range.getAs<IntegerAttr>("lower").getInt()},
                     {"upper", range.getAs<IntegerAttr>("upper").getInt()},
                     {"node", range.getAs<StringAttr>("node").str()}};
  return json;
}

Json dpc::makeScalar(plan::SlotOp slot) {
  auto type = cast<MemRefType>(slot.getBuffer().getType());
  Json json;
  json["name"] = getName(slot).str();
  json["dtype"] = plan::getTypeName(type.getElementType());
  json["offset"] = slot.getOffset();
  addStage(json, getStage(slot));
  Attribute value = slot->getAttr(nn::kDefaultAttr);
  if (auto number = dyn_cast_or_null<FloatAttr>(value))
    json["default"] = number.getValueAsDouble();
  else if (auto integer = dyn_cast_or_null<IntegerAttr>(value))
    json["default"] = integer.getInt();
  if (auto range = slot->getAttrOfType<DenseF64ArrayAttr>(nn::kLimitsAttr))
    json["range"] = std::vector<double>(range.asArrayRef());
  if (auto help = slot->getAttrOfType<StringAttr>(nn::kHelpAttr))
    json["help"] = help.getValue().str();
  return json;
}

/// Of an output whose rows are not a dimension of their own in the model.
static void addOutputShape(Json &json, plan::SlotOp slot) {
  if (auto shape =
          slot->getAttrOfType<DenseI64ArrayAttr>(nn::kOutputShapeAttr)) {
    json["output_shape"] = shape.asArrayRef();
    json["output_dim"] =
        slot->getAttrOfType<IntegerAttr>(nn::kOutputDimAttr).getInt();
  }
  if (auto unit = slot->getAttrOfType<IntegerAttr>(nn::kRowUnitAttr))
    json["row_unit"] = unit.getInt();
}

Json dpc::makeResult(const PlanModel &plan, plan::SlotOp slot) {
  Json result = makeTensor(slot);
  result["role"] = nn::stringifyRole(*getEntry(slot).getRole()).str();
  addSharding(plan, result, slot);
  addOutputShape(result, slot);
  return result;
}
