//===- Manifest.h - What a checkpoint holds ---------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A checkpoint is a folder DIR/step-00000040 with a safetensors file per rank
// and manifest.json, which is written last. The manifest says where each part
// of each tensor is, and what a training needs to go on: it depends on no plan,
// so that another one can take it up.
//
//   {"hash": "0123456789abcdef",              of all that follows
//    "format": "dpc-checkpoint", "version": 1,
//    "step": 40, "epoch": 2, "row": 320,      rows of that epoch that were used
//    "rows": 1000, "batch": 32, "seed": 0, "order": "shuffled",
//    "plan": {"hash": ..., "model": ..., "mesh": "data=2", "ranks": 2},
//    "settings": {"lr": 0.001, ...},          the optimizer's
//    "progress": {"evaluated_step": 30, ...}, what else the training remembers
//    "versions": {"dpc": ..., ...},
//    "files": [{"bytes": 4096, "header": "..."}, ...],   of rank 0, 1, ...
//    "tensors": [{"name": "w", "kind": "parameter", "dtype": "f32",
//                 "shape": [8, 4], "parts": [
//                   {"file": 0, "begin": [0, 0], "shape": [4, 4],
//                    "offset": 256, "hash": "..."}, ...]}, ...]}
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CHECKPOINT_MANIFEST_H
#define DPC_RUNTIME_CHECKPOINT_MANIFEST_H

#include "runtime/Core/Error.h"
#include "runtime/Data/Box.h"

#include <map>

namespace dpc::rt {

/// Where the training is.
struct TrainingPosition {
  /// Steps that are done.
  int64_t step = 0;
  /// From 1, and how many of its rows the steps took.
  int64_t epoch = 1, row = 0;
  /// Of the data; 1 without rows.
  int64_t rows = 1;
  int64_t batch = 1;
  int64_t seed = 0;
  /// In which order an epoch takes them, in words: a permutation by the seed, or
  /// by what.
  std::string order;
};

struct SavedPart {
  Box box;
  size_t file = 0;
  /// Of its bytes in the file.
  uint64_t offset = 0, bytes = 0;
  uint64_t hash = 0;
};

struct SavedTensor {
  std::string name;
  bool isState = false;
  DpcType dtype = DPC_F32;
  Shape shape;
  /// After parsing, they lie beside each other and fill the shape.
  std::vector<SavedPart> parts;
};

struct CheckpointFile {
  uint64_t bytes = 0;
  /// Of the header, which is all in front of the first part.
  uint64_t headerBytes = 0, headerHash = 0;
};

struct Manifest {
  TrainingPosition position;
  std::string planHash, model, mesh;
  int64_t ranks = 1;
  std::map<std::string, double> settings, progress;
  std::map<std::string, std::string> versions;
  std::vector<CheckpointFile> files;
  std::vector<SavedTensor> tensors;
  /// After parsing, where in `tensors` a name is, of a parameter or of state.
  std::map<std::pair<std::string, bool>, size_t> numbers;

  static std::string fileName(size_t rank);
  static constexpr const char *name = "manifest.json";

  const SavedTensor *find(const std::string &name, bool isState) const;
  std::string write() const;
};

/// Checks everything that can be checked without the other files; `where` is
/// the manifest's path.
Expected<Manifest> parseManifest(std::string_view text,
                                 const std::string &where);
/// The same of a text whose hash nobody looks at.
Expected<Manifest> parseManifestFields(std::string_view text,
                                       const std::string &where);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CHECKPOINT_MANIFEST_H
