//===- StageAssigner.h - Which op belongs to which piece --------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// See AssignStages.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_PIPELINE_STAGEASSIGNER_H
#define DPC_PASSES_PIPELINE_STAGEASSIGNER_H

#include "passes/Pipeline/Recomputed.h"
#include "passes/Sharding/Passes.h"

#include "dialects/Dist/DistDialect.h"
#include "dialects/NN/Signature.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

namespace dpc {

/// What a value depends on.
enum Origin : unsigned { Parameters = 1, Data = 2, Microbatch = 4, Inputs = 8 };

/// What holds for all functions.
struct PipelineModel {
  int64_t pieces;
  dist::MachineAttr machine;
  /// The piece of every trained parameter.
  llvm::StringMap<int64_t> owners;
  /// The pieces of ONNX nodes, where the model says so.
  llvm::StringMap<int64_t> nodes;
  /// Forward pass cut already, by the training step.
  bool hasOwners = false;
};

/// Assigns the ops of one function.
class FuncAssigner {
public:
  FuncAssigner(mlir::func::FuncOp func, dist::MeshOp mesh, PipelineModel &model)
      : func(func), block(func.front()), model(model),
        microbatches(
            std::max<int64_t>(1, mesh.getAxisSize(dist::kMicrobatchAxis))),
        recomputed(block) {}

  llvm::LogicalResult run();

private:
  bool isPlaced(mlir::Operation *op) const { return places.contains(op); }
  int64_t getPlace(mlir::Operation *op) const { return places.lookup(op); }
  nn::Phase getPhase(mlir::Operation *op) const { return phases.lookup(op); }
  bool isIn(mlir::Operation *op, nn::Phase phase) const {
    return isPlaced(op) && getPhase(op) == phase;
  }
  std::optional<int64_t> getPlaceOf(mlir::Value value) const {
    mlir::Operation *op = value.getDefiningOp();
    return op && isPlaced(op) ? std::optional(getPlace(op)) : std::nullopt;
  }
  bool sumsMicrobatches(mlir::Operation *op);
  int64_t getBytes(mlir::Value value) const;
  double getCost(mlir::Operation *op) const;
  void erase(mlir::Operation *op) {
    places.erase(op);
    phases.erase(op);
    for (mlir::Value result : op->getResults()) {
      origins.erase(result);
      presence.erase(result);
    }
    op->erase();
  }

  void findOrigins();
  llvm::LogicalResult cutForward();
  void followOwners();
  void findPresence();
  bool isPresent(mlir::Value value, int64_t piece) const;
  void placeBackward();
  void read(mlir::OpOperand &use, mlir::Value value, bool isAgain);
  void keepReceived();
  std::optional<int64_t> getOwner(mlir::Value value);
  void placeUpdate();
  int64_t addMoved(mlir::Operation *op, int64_t piece,
                   llvm::SmallSetVector<mlir::Operation *, 4> &moved);
  void sinkBackward();
  void splitSums();
  void splitSum(mlir::Operation *op);
  void setAttributes();

  mlir::func::FuncOp func;
  nn::Signature signature{func};
  mlir::Block &block;
  PipelineModel &model;
  int64_t microbatches;
  /// All maps are only looked up.
  llvm::DenseMap<mlir::Value, unsigned> origins;
  llvm::DenseMap<mlir::Operation *, nn::Phase> phases;
  llvm::DenseMap<mlir::Operation *, int64_t> places;
  llvm::DenseMap<mlir::Value, llvm::BitVector> presence;
  Recomputed recomputed;
};

} // namespace dpc

#endif // DPC_PASSES_PIPELINE_STAGEASSIGNER_H
