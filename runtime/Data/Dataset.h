//===- Dataset.h - From files to the arena's inputs -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Type rules. An input's file must have exactly the program's type. A label's
// file may have any type whose values the program's type can hold: integers
// exactly, floats as integers only when integral; float to float may round.
//
// Shape rules. With the rows in dimension 0, dimensions of size 1 do not
// count, and a row may be flat on either side ([784] for [28, 28]). With the
// rows in another dimension, the shapes must be equal but for the rows. An
// input that has no rows is read once, whole.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_DATASET_H
#define DPC_RUNTIME_DATA_DATASET_H

#include "runtime/Core/NotFinite.h"
#include "runtime/Core/Options.h"
#include "runtime/Data/RowSource.h"
#include "runtime/Device/Device.h"

namespace dpc::rt {

/// How sources are opened, beside the program and the bindings.
struct OpenContext {
  /// Fewer rows are refused.
  int64_t minRows = 1;
  /// This rank's part of the values is checked.
  int rank = 0, ranks = 1;
  /// See SourceRequest.
  ColumnFits *fits = nullptr;
  bool learns = true;
  double evalSplit = 0;
  int64_t splitSeed = 0;
  int64_t memory = DataOptions().memory;
};

class Dataset {
public:
  /// Opens and checks the bound files. A rank checks its part of the labels'
  /// values, so a fault may show on one rank only.
  static Expected<Dataset> open(const Program &program,
                                const std::vector<Binding> &bindings,
                                const OpenContext &context);

  /// Rows of the batched inputs; 1 when there are none.
  int64_t rows() const { return rowCount; }

  /// Bytes of a global batch that this rank reads.
  int64_t batchBytes() const { return bufferBytes; }
  /// Bytes of all rows, and whether reading them takes more than a copy.
  int64_t totalBytes() const;
  bool isSlow() const;

  /// Fills this rank's part of the inputs that it has, which lie in the arena
  /// of the device, with one global batch:
  /// whose row i is the data's row order[i] (or first + i where `order` is
  /// null), for i < valid; the rest is zero.
  Status load(Device &device, char *arena, const int64_t *order, int64_t first,
              int64_t valid, const ReadContext &context = {}) const;

  /// The same in two parts: the first, of any thread, to a buffer of
  /// batchBytes(); the second from there to the arena.
  Status prepare(char *buffer, const int64_t *order, int64_t first,
                 int64_t valid, const ReadContext &context) const;
  void install(Device &device, char *arena, const char *buffer) const;
  /// The second part of a buffer that was sent.
  void deliver(Parcel &parcel, char *arena) const;

  /// Where in the files something is that a loaded batch holds.
  struct Place : RowPlace {
    BadValue value;
  };
  /// The first value that is not finite, other than -inf, in this rank's part
  /// of the inputs, which hold the batch that load was given.
  std::optional<Place> findNotFinite(Device &device, const char *arena,
                                     const int64_t *order, int64_t first) const;
  /// Where this rank's row `local` of the batch is from.
  Place findRow(const Input &input, int64_t local, const int64_t *order,
                int64_t first) const;

private:
  struct Source {
    RowSourcePtr rows;
    const Input *input;
    /// A row as `outer` pieces of `inner` elements each: `outer` is 1 with the
    /// rows in dimension 0.
    int64_t outer = 1;
    int64_t inner = 0;
    /// This rank's rows of a global batch: blocks of `blockRows`, the first
    /// from row `blockFirst` on, each `blockStride` rows behind the last.
    int64_t blocks = 1;
    int64_t blockRows = 1;
    int64_t blockFirst = 0;
    int64_t blockStride = 0;
    bool converts = false;
    /// Whether this rank's arena has the input.
    bool isMine = false;
    /// Where a buffer has it.
    int64_t bufferOffset = 0;
  };

  static Expected<Source> openSource(const Program &program,
                                     const SourceRequest &request, int rank);
  static Status checkValues(const Source &source, int rank, int ranks);
  static Status fill(const Source &source, char *target, const int64_t *order,
                     int64_t first, int64_t valid, const ReadContext &context);

  int64_t bufferBytes = 0;
  int64_t rowCount = 1;
  std::vector<Source> sources;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_DATASET_H
