//===- Strategy.h - How the work is split -----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_DIST_STRATEGY_H
#define DPC_DIALECTS_DIST_STRATEGY_H

#include "dialects/Dist/DistDialect.h"

#include "mlir/IR/BuiltinOps.h"

namespace dpc::dist {

/// On the module: what -dist-annotate was asked for, a StrategyAttr.
inline constexpr llvm::StringLiteral kStrategyAttr = "dist.strategy";
/// On the module: what strategy model compared, a text for the report.
inline constexpr llvm::StringLiteral kChoiceAttr = "dist.choice";

struct StrategyTraits {
  Strategy strategy;
  /// The one axis that it splits something over; empty if there is none, or if
  /// the mesh says.
  llvm::StringLiteral axis;
  /// Whether there may be an axis "data", over which storage can be split.
  bool hasRows;
  /// Whether weights are split over "tensor" where a search finds it cheapest.
  bool searchesWeights;
};

/// In the order in which messages list them.
inline constexpr StrategyTraits kStrategies[] = {
    {Strategy::Single, "", false, false},
    {Strategy::Data, kDataAxis, true, false},
    {Strategy::Zero, kDataAxis, true, false},
    {Strategy::Tensor, kTensorAxis, false, true},
    {Strategy::Pipeline, kPipeAxis, false, false},
    {Strategy::Model, "", false, false},
    {Strategy::Hybrid, "", true, true}};

inline const StrategyTraits &getTraits(Strategy strategy) {
  return kStrategies[static_cast<size_t>(strategy)];
}

/// Nothing before -dist-annotate.
inline std::optional<Strategy> getStrategy(mlir::ModuleOp module) {
  auto attr = module->getAttrOfType<StrategyAttr>(kStrategyAttr);
  return attr ? std::optional(attr.getValue()) : std::nullopt;
}

} // namespace dpc::dist

#endif // DPC_DIALECTS_DIST_STRATEGY_H
