//===- DataOptions.h - The flags of how data is read ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_DATAOPTIONS_H
#define DPC_RUNTIME_CORE_DATAOPTIONS_H

#include "runtime/Core/Flags.h"

namespace dpc::rt {

struct DataOptions {
  /// The part of the rows that evaluates and does not train; 0 for none.
  double evalSplit = 0;
  int64_t splitSeed = 0;
  /// Rows of a block of the shuffle, 0 for a permutation of all rows. Without
  /// it, the data's size decides.
  std::optional<int64_t> shuffleBlock;
  /// Batches ready beside the one in use, and threads that read them; without,
  /// what reading costs decides.
  std::optional<int64_t> readAhead;
  std::optional<int> dataThreads;
  /// Bytes, of each file that is decompressed and each table.
  int64_t memory = int64_t(1) << 30;
  /// The file with the statistics of tables' columns.
  std::string columns;
};

class DataFlags {
public:
  void declare(FlagSet &flags, bool hasTraining);
  Status convert(DataOptions &options) const;

private:
  std::optional<std::string> evalSplit, splitSeed, shuffleBlock, readAhead,
      dataThreads, memory;
  std::string columns;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_DATAOPTIONS_H
