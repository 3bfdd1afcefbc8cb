//===- PlanModel.h - What reports ask of a plan -----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_PLANNER_PLANMODEL_H
#define DPC_COMPILER_PLANNER_PLANMODEL_H

#include "dialects/Dist/DistDialect.h"
#include "dialects/NN/Signature.h"
#include "dialects/Plan/PlanDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"

#include <nlohmann/json.hpp>

#include <map>

namespace dpc {

/// A module at the plan stage, with what several parts of a report look up.
class PlanModel {
public:
  explicit PlanModel(mlir::ModuleOp module);

  mlir::ModuleOp module;
  /// Null on one rank.
  dist::MeshOp mesh;
  /// What collectives' "group" counts.
  llvm::SmallVector<mlir::ArrayAttr> groups;
  llvm::SmallVector<plan::ProgramOp> programs;
  /// Parameters that training changes.
  llvm::StringSet<> updated;

  /// "train" or, of an inference plan, the first one: of every stage one.
  llvm::SmallVector<plan::ProgramOp> getMainPrograms() const;
  /// In order; -1 alone without a pipeline.
  llvm::SmallVector<int64_t> getStages() const;
  /// Arguments' slots of that role in all programs, by stage and name, each
  /// once, in their order.
  llvm::ArrayRef<plan::SlotOp> getSlots(nn::Role role) const;
  /// As the user names them.
  std::vector<std::string> getAxes(mlir::ArrayAttr axes) const;
  /// An attribute of the module; empty if it has none.
  std::string getString(llvm::StringRef name) const;
  /// Operations of a step, of one stage.
  int64_t getFlops(int64_t stage) const;

private:
  void collectSlots();

  std::map<nn::Role, llvm::SmallVector<plan::SlotOp>> slots;
};

/// The stage of the program that an op is in; -1 without a pipeline.
int64_t getStage(mlir::Operation *op);
/// What the slot of an argument or a result says of it.
nn::SignatureEntry getEntry(plan::SlotOp slot);
/// nn.name of a slot; empty if it holds no argument and no result.
llvm::StringRef getName(plan::SlotOp slot);
/// The names of the ONNX nodes in a location, in order, each once.
std::vector<std::string> getNodes(mlir::Location loc);
std::string getPhaseName(mlir::Operation *op);
std::vector<int64_t> getShape(mlir::Type type);
/// "stage", if there are several.
void addStage(nlohmann::ordered_json &json, int64_t stage);

} // namespace dpc

#endif // DPC_COMPILER_PLANNER_PLANMODEL_H
