//===- SplitIdentities.h - Parameters of equal values -----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// PyTorch's older exporter (dynamo=False) keeps one of the initializers that
// share memory or, of a module in eval mode, that hold equal values; the others
// become nodes:
//
//   Identity(ln_1.weight) -> ln_2.weight     both 1 when exported
//   Identity(bn.bias) -> bn.running_mean     both 0
//   Identity(wte.weight) -> lm_head.weight   tied
//
// Trained like that, the first two are another model, so that they become
// initializers of their own again, with the same bytes. The file does not say
// why two tensors were one. It was by values if no two initializers are equal;
// then those are apart that hold one number everywhere, or whose names differ
// in numbers only (copies of a layer), and the others stay tied.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_SPLITIDENTITIES_H
#define DPC_COMPILER_IMPORT_SPLITIDENTITIES_H

#include "compiler/Import/InitializerReader.h"

namespace dpc {

/// For a file of the older exporter, which carries no notes.
void splitIdentities(ModelFile &model, InitializerReader &reader);

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_SPLITIDENTITIES_H
