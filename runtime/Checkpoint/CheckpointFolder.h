//===- CheckpointFolder.h - Where checkpoints lie ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// DIR/step-00000040 is a checkpoint. DIR/step-00000040.partial is on its way to
// be one, or on its way out: whoever finds one that nobody writes removes it.
//
// A checkpoint gets its name last: files are written and synced in the partial
// folder, then the manifest, then the folder is renamed and its own folder
// synced. After a crash at any time there is the whole folder or none of it.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CHECKPOINT_CHECKPOINTFOLDER_H
#define DPC_RUNTIME_CHECKPOINT_CHECKPOINTFOLDER_H

#include "runtime/Core/Error.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace dpc::rt {

class CheckpointFolder {
public:
  explicit CheckpointFolder(std::string path) : path(std::move(path)) {}

  /// "step-00000040".
  static std::string nameOf(int64_t step);
  std::string finalPath(int64_t step) const;
  std::string partialPath(int64_t step) const;

  /// The names of the checkpoints, the newest first; whether they are whole is
  /// another question. An error if the folder cannot be read; one that is not
  /// there is empty.
  Expected<std::vector<std::string>> list() const;

  /// Makes the folder, keeps other jobs from writing there until this process
  /// ends, and leaves a mark. Waits a few seconds for one that is just ending.
  /// `between`: called while it waits.
  Status lock(const std::function<void()> &between);
  /// In words: the same for all who see the same folder.
  std::string mark() const;

  /// Gives a written folder its name; an earlier one of that step is removed.
  Status commit(int64_t step) const;
  /// Removes all but `keep`: the newest that are not behind step `last`. Those
  /// behind it are what a training that went on from an earlier one left out.
  Status prune(int64_t keep, int64_t last) const;
  /// Removes what no process writes any more.
  Status removePartial() const;

  /// Sees to it that a folder's entries are on the disk.
  static Status sync(const std::string &folder);

private:
  Status remove(const std::string &name) const;

  std::string path;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CHECKPOINT_CHECKPOINTFOLDER_H
