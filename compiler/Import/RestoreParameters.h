//===- RestoreParameters.h - The module behind an exported graph *- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// PyTorch's exporter optimizes for inference: equal tensors become one, biases
// that are zero vanish, weights are stored transposed, and a head that shares
// the embedding's weight gets a copy of its own. Trained like that, a model is
// another one. The exporter's notes (TorchMetadata.h) tell which tensors every
// node took, so that all of it is undone here, in the file's own form, before
// anything else looks at it:
//
//   LayerNormalization(y, ln_1.weight, ..)
//                              [layer_norm(%y, %p_ln_2_weight, ..)]
//     -> LayerNormalization(y, ln_2.weight, ..)         the same bytes at first
//   MatMul(x, val_9)           [linear(%x, %p_fc_weight, %p_fc_b)]
//     -> val_9 = Transpose(fc.weight); o' = MatMul(x, val_9); o = Add(o', fc.b)
//   MatMul(x, val_7)           [linear(%x, %p_wte_weight)]
//     -> val_7 = Transpose(wte.weight)                  if the bytes are equal
//
// What no note names is left to RestoreCopies.h and, where there are no notes,
// to SplitIdentities.h; ParameterGraph.h rewrites the graph for all of them.
//
// What a note says must fit the shapes and, where two tensors become one, the
// values; a note that does not fit is left aside.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_RESTOREPARAMETERS_H
#define DPC_COMPILER_IMPORT_RESTOREPARAMETERS_H

#include "compiler/Import/ExporterNotes.h"

namespace dpc {

/// Undoes the exporter's optimizations and decides what every floating-point
/// initializer is. The same file gives the same result. Returns what a training
/// should know.
std::vector<ModelNote> restoreParameters(ModelFile &model,
                                         llvm::StringRef bytes,
                                         llvm::StringRef path,
                                         bool followLinks);

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_RESTOREPARAMETERS_H
