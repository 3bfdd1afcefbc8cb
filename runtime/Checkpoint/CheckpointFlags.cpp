//===- CheckpointFlags.cpp - Flags about checkpoints ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint/CheckpointFlags.h"

namespace dpc::rt {

void CheckpointFlags::declare(FlagSet &flags, bool training) {
  flags.add("--init-from", initFrom, "FILE|DIR",
            "Take the parameters from a checkpoint, a safetensors or an ONNX "
            "file, as far as they match");
  if (!training)
    return;
  flags.add("--checkpoint", folder, "DIR",
            "Save checkpoints there, also at the end and on SIGTERM");
  flags.add("--checkpoint-every", every, "N",
            "Steps from one checkpoint to the next");
  flags.add("--checkpoint-minutes", minutes, "M",
            "Minutes from one checkpoint to the next (10, without "
            "--checkpoint-every)");
  flags.add("--keep", keep, "K", "Checkpoints that are kept, 0: all (3)");
  flags.add("--resume", resume, "DIR",
            "Go on from the newest whole checkpoint there; from the start if "
            "there is none");
}

Status CheckpointFlags::convert(CheckpointOptions &options) const {
  options.folder = folder;
  options.resume = resume;
  options.initFrom = initFrom;
  const std::pair<const char *, bool> needFolder[] = {
      {"--checkpoint-every", every.has_value()},
      {"--checkpoint-minutes", minutes.has_value()},
      {"--keep", keep.has_value()}};
  for (auto [flag, given] : needFolder)
    if (given && folder.empty())
      return usageError(flag, "has no meaning without --checkpoint",
                        "add --checkpoint DIR");
  Status status =
      parseInteger("--checkpoint-every", every, 1, kMaxInteger, options.every);
  if (status.ok())
    status = parseAmount("--checkpoint-minutes", minutes, 0.001, "minutes",
                         options.minutes);
  if (status.ok())
    status = parseInteger("--keep", keep, 0, kMaxInteger, options.keep);
  if (!every && !minutes)
    options.minutes = 10;
  return status;
}

} // namespace dpc::rt
