//===- StampCopier.h - New ops belong where an old one did ------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LOWERING_STAMPCOPIER_H
#define DPC_PASSES_LOWERING_STAMPCOPIER_H

#include "dialects/Dist/Stamps.h"

#include "mlir/IR/Builders.h"

namespace dpc {

/// Stamps new ops as the op that they replace.
class StampCopier : public mlir::OpBuilder::Listener {
public:
  explicit StampCopier(mlir::Operation *from) : from(from) {}

  void notifyOperationInserted(mlir::Operation *op,
                               mlir::OpBuilder::InsertPoint) override {
    dist::copyStamps(op, from);
  }

private:
  mlir::Operation *from;
};

} // namespace dpc

#endif // DPC_PASSES_LOWERING_STAMPCOPIER_H
