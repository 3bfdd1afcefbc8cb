//===- RowMultiples.h - Batches that a program can be run on ----*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_ROWMULTIPLES_H
#define DPC_PASSES_TRAINING_ROWMULTIPLES_H

#include "dialects/NN/Rows.h"

namespace dpc {

/// Notes on the module what the analysis of a program found
/// (kRowMultiplesAttr).
inline void recordMultiple(mlir::func::FuncOp func,
                           const nn::RowAnalysis &analysis) {
  auto module = func->getParentOfType<mlir::ModuleOp>();
  mlir::Builder builder(func.getContext());
  mlir::NamedAttrList programs(
      module->getAttrOfType<mlir::DictionaryAttr>(nn::kRowMultiplesAttr));
  programs.erase(func.getName());
  if (mlir::Operation *op = analysis.getMultipleOp())
    programs.set(
        func.getName(),
        builder.getDictionaryAttr(
            {builder.getNamedAttr(
                 "multiple", builder.getI64IntegerAttr(analysis.getMultiple())),
             builder.getNamedAttr("node", builder.getStringAttr(nn::getNodeName(
                                              op->getLoc())))}));
  if (programs.empty())
    module->removeAttr(nn::kRowMultiplesAttr);
  else
    module->setAttr(nn::kRowMultiplesAttr,
                    programs.getDictionary(func.getContext()));
}

} // namespace dpc

#endif // DPC_PASSES_TRAINING_ROWMULTIPLES_H
