//===- FixedTables.h - Tensors that nobody trains ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Tables that a program computes once and keeps: told by their values, each of
// which no training would leave as it is.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_FIXEDTABLES_H
#define DPC_COMPILER_IMPORT_FIXEDTABLES_H

#include "compiler/Import/InitializerReader.h"

namespace dpc {

/// What initializer `index` is: "a table of sines and cosines"; empty if it is
/// none of the tables known. Few elements are read unless the first ones look
/// like a mask.
llvm::StringRef findFixedTable(const ModelFile &model,
                               InitializerReader &reader, int index);

/// Whether a matrix is the identity.
bool isIdentity(const ModelFile &model, InitializerReader &reader, int index);

/// Whether no two rows along the last dimension have the same bytes.
bool hasDistinctRows(const ModelFile &model, InitializerReader &reader,
                     int index);

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_FIXEDTABLES_H
