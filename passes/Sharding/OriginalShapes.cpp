//===- OriginalShapes.cpp - Tensors as the model has them -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// -nn-refine-dimensions makes several dimensions of one. What the model says of
// that one, and what the plan has to say in its terms, needs the shape before.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Signature.h"
#include "passes/Sharding/Passes.h"
#include "passes/Sharding/Pins.h"

#include "dialects/NN/DimensionGroups.h"

#include <numeric>

using namespace mlir;
using namespace dpc;

llvm::DenseMap<Value, DenseI64ArrayAttr>
dpc::getOriginalShapes(func::FuncOp func) {
  llvm::DenseMap<Value, DenseI64ArrayAttr> found;
  auto shapes =
      func->getParentOfType<ModuleOp>()->getAttrOfType<DictionaryAttr>(
          onnx::kShapesAttr);
  if (!shapes)
    return found;
  nn::Signature signature(func);
  for (BlockArgument argument : func.getArguments())
    if (StringAttr name = signature.getArg(argument).getNameAttr())
      if (auto shape = shapes.getAs<DenseI64ArrayAttr>(name))
        found[argument] = shape;
  for (auto &[node, values] : getNodeResults(func))
    if (auto shape = shapes.getAs<DenseI64ArrayAttr>(node))
      for (Value value : values)
        found[value] = shape;
  return found;
}

void dpc::recordOriginalShapes(ModuleOp module) {
  auto func = module.lookupSymbol<func::FuncOp>("forward");
  if (!func || !getValueNames(module))
    return;
  Builder builder(module.getContext());
  nn::Signature signature(func);
  llvm::MapVector<StringRef, ArrayRef<int64_t>> shapes;
  for (BlockArgument argument : func.getArguments())
    if (StringAttr name = signature.getArg(argument).getNameAttr())
      if (auto type = dyn_cast<RankedTensorType>(argument.getType()))
        shapes[name] = type.getShape();
  for (auto &[node, values] : getNodeResults(func)) {
    ArrayRef<int64_t> shape =
        cast<RankedTensorType>(values.front().getType()).getShape();
    // Which output is which is known where all are alike only.
    if (llvm::all_of(values, [&](Value value) {
          return cast<RankedTensorType>(value.getType()).getShape() == shape;
        }))
      shapes.insert({node, shape});
  }
  module->setAttr(
      onnx::kShapesAttr,
      builder.getDictionaryAttr(llvm::map_to_vector(shapes, [&](auto &entry) {
        return builder.getNamedAttr(entry.first,
                                    builder.getDenseI64ArrayAttr(entry.second));
      })));
}

/// 2 parts of 60 are 2 blocks of 30, however the program could cut it.
void dpc::keepPlacedParts(ModuleOp module, int64_t ranks) {
  auto shapes = module->getAttrOfType<DictionaryAttr>(onnx::kShapesAttr);
  auto placements = module->getAttrOfType<ArrayAttr>(onnx::kPlacementsAttr);
  StringRef configuration = findConfiguration(module, ranks);
  if (!shapes || !placements || configuration.empty())
    return;
  DictionaryAttr values = getValueNames(module);
  llvm::MapVector<StringAttr, SmallVector<int64_t>> kept;
  for (auto placement : placements.getAsRange<onnx::PlacementAttr>()) {
    if (placement.getConfiguration() != configuration)
      continue;
    for (auto tensor :
         placement.getTensors().getAsRange<onnx::PlacedTensorAttr>()) {
      StringAttr owner = tensor.getName();
      if (auto entry = values.getNamed(owner))
        owner = getNodeOfValue(*entry);
      auto shape =
          owner ? shapes.getAs<DenseI64ArrayAttr>(owner) : DenseI64ArrayAttr();
      if (!shape)
        continue;
      SmallVector<int64_t> &parts = kept[owner];
      parts.resize(shape.size(), 1);
      for (const PlacedFactor &factor : getPlacedFactors(tensor)) {
        int64_t dim = factor.dim < 0 ? factor.dim + shape.size() : factor.dim;
        if (!factor.extent && dim >= 0 && dim < shape.size())
          parts[dim] = std::lcm(parts[dim], factor.parts);
      }
    }
  }
  Builder builder(module.getContext());
  SmallVector<NamedAttribute> attrs;
  for (auto &[owner, parts] : kept)
    if (llvm::any_of(parts, [](int64_t count) { return count > 1; }))
      attrs.push_back(
          builder.getNamedAttr(owner, builder.getDenseI64ArrayAttr(parts)));
  if (!attrs.empty())
    module->setAttr(onnx::kKeptPartsAttr, builder.getDictionaryAttr(attrs));
}
