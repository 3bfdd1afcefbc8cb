//===- RestoreCopies.h - Copies of parameters and tied heads ----*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An exporter that folds `x @ wte.weight.T` leaves a matrix of its own, which
// would be trained apart from the table `wte.weight`:
//
//   MatMul(x, t)                 t was computed from wte.weight
//   MatMul(x, onnx::MatMul_440)  older exporter: wte.weight transposed, it seems
//     -> wte.weight.T = Transpose(wte.weight); MatMul(x, wte.weight.T)
//
// A copy becomes the parameter again if both have the same values. Where the
// layer itself was copied, and the exporter merged the equal copies, it becomes
// the parameter of its own that no node speaks of any more.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_RESTORECOPIES_H
#define DPC_COMPILER_IMPORT_RESTORECOPIES_H

#include "compiler/Import/ExporterNotes.h"
#include "compiler/Import/ParameterGraph.h"

namespace dpc {

/// Copies that nodes take without a call that names their parameter. `named`
/// are the parameters that calls name. The notes have a signature.
void restoreCopies(ParameterGraph &graph, const ExporterNotes &notes,
                   const llvm::StringSet<> &named);

/// Heads that take the table of an embedding, of a file without notes.
void restoreTiedHeads(ParameterGraph &graph);

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_RESTORECOPIES_H
