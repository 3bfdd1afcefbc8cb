//===- Strategy.h - How the work is split -----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_DIST_STRATEGY_H
#define DPC_DIALECTS_DIST_STRATEGY_H

#include "dialects/Dist/Axes.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringRef.h"

#include <optional>

namespace dpc::dist {

/// On the module: the name of what -dist-annotate was asked for.
inline constexpr llvm::StringLiteral kStrategyAttr = "dist.strategy";
/// On the module: what --strategy model compared.
inline constexpr llvm::StringLiteral kChoiceAttr = "dist.choice";

enum class Strategy { Single, Data, Zero, Tensor, Pipeline, Model, Hybrid };

struct StrategyTraits {
  Strategy strategy;
  llvm::StringLiteral name;
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
    {Strategy::Single, "single", "", false, false},
    {Strategy::Data, "data", kDataAxis, true, false},
    {Strategy::Zero, "zero", kDataAxis, true, false},
    {Strategy::Tensor, "tensor", kTensorAxis, false, true},
    {Strategy::Pipeline, "pipeline", kPipeAxis, false, false},
    // Replaced by tensor or pipeline before anything is split.
    {Strategy::Model, "model", "", false, false},
    {Strategy::Hybrid, "hybrid", "", true, true}};

inline const StrategyTraits &getTraits(Strategy strategy) {
  return kStrategies[static_cast<size_t>(strategy)];
}

inline std::optional<Strategy> parseStrategy(llvm::StringRef name) {
  for (const StrategyTraits &traits : kStrategies)
    if (traits.name == name)
      return traits.strategy;
  return std::nullopt;
}

/// Nothing before -dist-annotate.
inline std::optional<Strategy> getStrategy(mlir::ModuleOp module) {
  auto name = module->getAttrOfType<mlir::StringAttr>(kStrategyAttr);
  return name ? parseStrategy(name.getValue()) : std::nullopt;
}

} // namespace dpc::dist

#endif // DPC_DIALECTS_DIST_STRATEGY_H
