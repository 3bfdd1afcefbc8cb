//===- TestValues.cpp - Values for the reference tests --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/lib/TestPasses.h"

#include <cmath>

using namespace mlir;

namespace dpc::test {

void registerPasses() {
  registerTestBreak();
  registerTestEmitElement();
  registerTestInterpret();
  registerTestJacobian();
  registerTestPartition();
  registerTestPipelineSchedule();
  registerTestReshard();
  registerTestLosses();
  registerTestShardingRules();
}

// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
// Generators).
double ValueGenerator::next() {
  uint64_t z = state += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  z ^= z >> 31;
  return std::ldexp(static_cast<double>(z >> 11), -53);
}

nn::ReferenceTensor ValueGenerator::makeArgument(func::FuncOp func,
                                                 unsigned arg) {
  if (auto value = func.getArgAttrOfType<DenseElementsAttr>(arg, "test.value"))
    return nn::ReferenceTensor::fromAttr(value);
  nn::ReferenceTensor tensor(
      cast<RankedTensorType>(func.getArgumentTypes()[arg]));
  Type elementType = tensor.type.getElementType();
  bool isFloat = isa<FloatType>(elementType);
  double low = isFloat ? -2 : 0, high = isFloat ? 2 : 4;
  if (elementType.isInteger(1))
    high = 2;
  if (auto range = func.getArgAttrOfType<ArrayAttr>(arg, "test.range")) {
    low = cast<FloatAttr>(range[0]).getValueAsDouble();
    high = cast<FloatAttr>(range[1]).getValueAsDouble();
  }
  for (int64_t i = 0; i < tensor.size(); ++i) {
    double value = low + (high - low) * next();
    if (!isFloat)
      value = std::floor(value);
    else if (std::abs(value) < 0.05)
      value = std::copysign(0.05 + std::abs(value), value);
    tensor.setNumber(i, value);
  }
  return tensor;
}

Operation *getOnlyOp(func::FuncOp func) {
  Operation *only = nullptr;
  for (Operation &op : func.getBody().front().without_terminator()) {
    if (op.hasTrait<OpTrait::ConstantLike>() &&
        op.getNextNode() != func.getBody().front().getTerminator())
      continue;
    if (only) {
      func.emitError("must hold one op");
      return nullptr;
    }
    only = &op;
  }
  if (!only)
    func.emitError("must hold one op");
  return only;
}

} // namespace dpc::test
