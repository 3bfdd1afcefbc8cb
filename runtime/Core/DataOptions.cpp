//===- DataOptions.cpp - The flags of how data is read --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/DataOptions.h"

namespace dpc::rt {

void DataFlags::declare(FlagSet &flags, bool hasTraining) {
  if (hasTraining) {
    flags.add("--eval-split", evalSplit, "SHARE",
              "Evaluate on this share of the data's rows, and train on the "
              "others");
    flags.add("--split-seed", splitSeed, "N",
              "Which rows --eval-split takes (0)");
    flags.add("--shuffle-block", shuffleBlock, "ROWS",
              "Shuffle blocks of so many rows, 0: all rows (by the data's "
              "size)");
  }
  flags.add("--read-ahead", readAhead, "N",
            "Batches to read ahead, 0: none (by what reading takes)");
  flags.add("--data-threads", dataThreads, "N",
            "Threads per rank that read ahead (by the cores)");
  flags.add("--data-memory", memory, "MIB",
            "Memory for what is made of each table or compressed file; beyond "
            "it, that is in a file without a name in TMPDIR or /var/tmp "
            "(1024)");
  flags.add("--columns", columns, "FILE.json",
            "Statistics of tables' columns, of an earlier training (those "
            "beside the model)");
}

Status DataFlags::convert(DataOptions &options) const {
  options.columns = columns;
  if (evalSplit && !(parseNumber(*evalSplit, options.evalSplit) &&
                     options.evalSplit > 0 && options.evalSplit < 1))
    return usageError("--eval-split",
                      "'" + *evalSplit + "' is not a number in (0, 1)");
  if (splitSeed && !evalSplit)
    return usageError("--split-seed", "has no meaning without --eval-split",
                      "leave it out");
  Status status = parseInteger("--split-seed", splitSeed,
                               std::numeric_limits<int64_t>::min(), kMaxInteger,
                               options.splitSeed);
  if (status.ok())
    status = parseInteger("--shuffle-block", shuffleBlock, 0, int64_t(1) << 40,
                          options.shuffleBlock);
  if (status.ok())
    status =
        parseInteger("--read-ahead", readAhead, 0, 4096, options.readAhead);
  if (status.ok())
    status = parseInteger("--data-threads", dataThreads, 1, 1024,
                          options.dataThreads);
  int64_t mebibytes = options.memory >> 20;
  if (status.ok())
    status =
        parseInteger("--data-memory", memory, 0, int64_t(1) << 40, mebibytes);
  options.memory = mebibytes << 20;
  return status;
}

} // namespace dpc::rt
