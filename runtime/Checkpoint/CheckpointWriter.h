//===- CheckpointWriter.h - Saving beside the training ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A checkpoint is a copy of what this rank saves, and a thread that writes it
// while the training goes on. The thread talks to nobody. That all ranks have
// written theirs shows in the agreement behind each step, a number per rank of
// which all learn the smallest; then rank 0 writes the manifest, by another
// thread. A checkpoint that fails is given up with a warning: a training is
// worth more than one of its checkpoints.
//
//   step 40   all copy, and begin to write
//   step 43   the slowest is done: its number is 1 now
//   step 44   all know; rank 0 begins with the manifest
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CHECKPOINT_CHECKPOINTWRITER_H
#define DPC_RUNTIME_CHECKPOINT_CHECKPOINTWRITER_H

#include "runtime/Checkpoint/CheckpointFlags.h"
#include "runtime/Checkpoint/CheckpointFolder.h"
#include "runtime/Checkpoint/Manifest.h"
#include "runtime/Checkpoint/Pieces.h"
#include "runtime/Comm/Control.h"
#include "runtime/Device/Device.h"

#include <chrono>
#include <cstdlib>
#include <future>
#include <memory>

namespace dpc::rt {

class CheckpointWriter {
public:
  CheckpointWriter(const Program &program, Control &control, Device &device,
                   const CheckpointOptions &options);

  /// Rank 0 makes the folder and looks whether it may write there; all take
  /// the memory of the copy.
  Status prepare();
  /// Behind that on all ranks: what tells whether they see the same folder.
  std::string folderMark() const { return folder.mark(); }

  /// Whether the clock says that it is time; once for each checkpoint.
  bool takeTime();
  /// Of a step that all ranks have done.
  bool isDue(int64_t step) const {
    return options.every > 0 && step % options.every == 0;
  }

  /// What this rank says in the agreement behind a step.
  int64_t note();
  /// The smallest of all ranks' notes.
  void advance(int64_t least);
  /// Whether the last checkpoint that was begun is still being written by some
  /// rank, as far as all know: the same on all ranks.
  bool isBusy() const { return begun > agreed; }
  /// On all ranks together, with no agreement open: waits until they have
  /// written. `isLast`: nothing goes on without the checkpoint, and so its
  /// outcome is no warning.
  Status finish(bool isLast);
  /// The same for a checkpoint that is no good after all.
  void discard();

  /// Copies what this rank saves of `arena` and begins to write. Not while
  /// isBusy().
  void begin(const char *arena, Manifest manifest);
  /// The step of the last checkpoint that was begun; -1 if there is none.
  int64_t lastStep() const { return begun ? manifest.position.step : -1; }
  std::string lastPath() const {
    return folder.finalPath(manifest.position.step);
  }

private:
  Status writeFile() const;
  Status writeManifest();
  using SavedTensors = std::map<const Persistent *, SavedTensor *>;
  Expected<CheckpointFile> readFile(size_t rank,
                                    const SavedTensors &tensors) const;
  void prune() const;
  void wait(std::future<Status> &job);
  void warn(const Status &status) const;

  const Program &program;
  Control &control;
  Device &device;
  const CheckpointOptions &options;
  CheckpointFolder folder;
  std::vector<std::vector<Piece>> pieces;
  /// This rank's pieces, one behind the other.
  struct Free {
    void operator()(char *memory) const { std::free(memory); }
  };
  std::unique_ptr<char, Free> copy;
  size_t copyBytes = 0;
  Manifest manifest;
  /// Numbers of checkpoints: begun by all, written by all.
  int64_t begun = 0, agreed = 0;
  /// Of the last one, as far as this rank has come with it.
  Status outcome;
  bool isQuiet = false;
  std::future<Status> file, commit;
  std::chrono::steady_clock::time_point lastBegin;
  bool isTimeTaken = false;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CHECKPOINT_CHECKPOINTWRITER_H
