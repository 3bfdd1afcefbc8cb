//===- CheckpointReader.h - Reading a checkpoint ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CHECKPOINT_CHECKPOINTREADER_H
#define DPC_RUNTIME_CHECKPOINT_CHECKPOINTREADER_H

#include "runtime/Checkpoint/Manifest.h"
#include "runtime/Core/Program.h"
#include "runtime/Data/FileBytes.h"
#include "runtime/Device/Device.h"

#include <functional>

namespace dpc::rt {

class CheckpointReader {
public:
  /// Reads the manifest in a checkpoint's folder, and sees to it that the files
  /// are there in full.
  static Expected<CheckpointReader> open(const std::string &folder);

  const Manifest &manifest() const { return content; }

  /// Whether what is read is what was written: this rank's share of all parts,
  /// so that `ranks` ranks together look at each byte once. `between`: called
  /// between the parts.
  Status verify(
      int rank, int ranks, const std::function<void()> &between = [] {}) const;
  /// Whether the checkpoint has all of the program's parameters and state and
  /// nothing else, in the same types and shapes.
  Status checkFits(const Program &program) const;
  /// Reads what `rank` holds to its arena, from whatever parts.
  void load(const Program &program, int rank, Device &device,
            char *arena) const;
  /// One tensor of them.
  void load(const SavedTensor &saved, const Persistent &tensor,
            const Mesh &mesh, int rank, Device &device, char *arena) const;

  /// Of the files that were opened, in full.
  std::string_view bytesOf(const SavedPart &part) const {
    return files[part.file].view().substr(part.offset, part.bytes);
  }

private:
  CheckpointReader(std::string folder, Manifest content)
      : folder(std::move(folder)), content(std::move(content)) {}

  std::string folder;
  Manifest content;
  std::vector<FileBytes> files;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CHECKPOINT_CHECKPOINTREADER_H
