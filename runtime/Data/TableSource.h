//===- TableSource.h - Rows of tables ---------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_TABLESOURCE_H
#define DPC_RUNTIME_DATA_TABLESOURCE_H

#include "runtime/Data/RowSource.h"
#include "runtime/Data/TableFile.h"

namespace dpc::rt {

/// Encodes the columns that the selector names, of all files, to memory or beyond
/// request.memory to a file, see Scratch.h:
///   NAME[=TREATMENT], ...   these, in this order
///   *[=TREATMENT]           all others too, in the table's order
///   -NAME                   all others, but not this one
/// Without any of these, all but those that other inputs take of the same files.
/// Fits of the request are used, or learned from the rows that train.
Expected<RowSourcePtr> encodeTable(const std::vector<TableFilePtr> &files,
                                   const std::string &selector,
                                   const SourceRequest &request);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_TABLESOURCE_H
