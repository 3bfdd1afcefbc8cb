//===- CheckpointFlags.h - Flags about checkpoints --------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CHECKPOINT_CHECKPOINTFLAGS_H
#define DPC_RUNTIME_CHECKPOINT_CHECKPOINTFLAGS_H

#include "runtime/Core/Flags.h"

namespace dpc::rt {

struct CheckpointOptions {
  /// The folder of the checkpoints; empty for none.
  std::string folder;
  /// Steps between two, 0 for none. With neither this nor minutes, a
  /// checkpoint is written at the end and every 10 minutes.
  int64_t every = 0;
  double minutes = 0;
  /// How many are kept; 0 for all.
  int64_t keep = 3;
  /// Of checkpoints to go on from; empty for none.
  std::string resume;
  /// Where the parameters come from; empty for the file beside the executable.
  std::string initFrom;
};

class CheckpointFlags {
public:
  /// `training`: whether there is anything to save.
  void declare(FlagSet &flags, bool training);
  Status convert(CheckpointOptions &options) const;

private:
  std::string folder, resume, initFrom;
  std::optional<std::string> every, minutes, keep;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CHECKPOINT_CHECKPOINTFLAGS_H
