//===- RowSource.h - Rows of one input, in any format -----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A format is one file that defines a RowSource, and a case in openRowSource.
// What a row holds is a function of the files, the row's number and the
// ReadContext, whoever asks, so that any number of ranks sees the same data.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_ROWSOURCE_H
#define DPC_RUNTIME_DATA_ROWSOURCE_H

#include "runtime/Core/Options.h"
#include "runtime/Data/Columns.h"

#include <memory>

namespace dpc::rt {

/// What rows are read for. Augmentation is a function of it and of the row.
struct ReadContext {
  int64_t seed = 0;
  /// Counted from 0.
  int64_t epoch = 0;
  /// Evaluation and inference see rows as they are.
  bool isTraining = false;
};

/// Where a row is from, for messages.
struct RowPlace {
  std::string file;
  /// -1 in an input without rows.
  int64_t row = -1;
};

class RowSource {
public:
  virtual ~RowSource() = default;

  DpcType dtype() const { return type; }
  /// Without the dimension of the rows.
  const Shape &rowShape() const { return shape; }
  int64_t rows() const { return rowCount; }
  int64_t rowBytes() const { return bytes; }

  /// Writes a row to `target`, row-major and in the machine's byte order. Reads
  /// of several threads may overlap.
  virtual Status read(int64_t row, const ReadContext &context,
                      char *target) const = 0;
  virtual RowPlace place(int64_t row) const = 0;
  /// The rows one behind the other as read() gives them, if they are in memory
  /// or mapped like that; else null.
  virtual const char *contiguous() const { return nullptr; }
  /// Whether a read takes long enough that a step should not wait for it.
  virtual bool isSlow() const { return false; }

protected:
  /// `bytes` of the rows do not overflow, which the caller has checked.
  RowSource(DpcType type, Shape shape, int64_t rows)
      : type(type), shape(std::move(shape)), rowCount(rows),
        bytes(byteCount(this->shape, type).value_or(0)) {}

private:
  DpcType type;
  Shape shape;
  int64_t rowCount;
  int64_t bytes;
};

using RowSourcePtr = std::unique_ptr<RowSource>;

/// The files that a value of --data names, in the order of their rows, and what
/// to take of them:
///   PATH[:SELECTOR]
/// PATH is a file, a folder, or a pattern of glob(7) with {a,b} also, whose
/// matches come sorted by their bytes. A PATH that exists is taken literally,
/// colons and all.
struct DataSpec {
  std::vector<std::string> files;
  std::string selector;
};
Expected<DataSpec> parseDataSpec(const std::string &text);

/// Options behind a word: "WORD,KEY=VALUE,KEY". A value or key in double quotes
/// may hold anything, "" being a quote.
struct SelectorItem {
  std::string key, value;
  bool hasValue = false;
};
Expected<std::vector<SelectorItem>> parseSelector(const std::string &selector,
                                                  const std::string &where);

/// How rows become an input; what a format needs to know of program and run.
struct SourceRequest {
  const Input &input;
  /// The value of the flag, for messages.
  std::string text;
  /// What all inputs are bound to.
  const std::vector<Binding> &bindings;
  /// Statistics of columns: those of tables that have none here are learned from
  /// the rows that train, and kept here, or refused.
  ColumnFits &fits;
  bool learns = true;
  double evalSplit = 0;
  int64_t splitSeed = 0;
  /// What is made of the files may take so many bytes of memory, each, and is
  /// else in files.
  int64_t memory = DataOptions().memory;
};

/// Opens what an input is bound to.
Expected<RowSourcePtr> openRowSource(const DataSpec &spec,
                                     const SourceRequest &request);

/// The shape that the input needs, with "rows" for how many there are.
std::string neededShape(const Input &input);

// The formats, each with a file of its own.

/// .npy, IDX, and with a selector tensors of safetensors files. The rows are in
/// dimension `input.batchDim`; an input without rows is one row.
Expected<RowSourcePtr> openArray(const std::string &path,
                                 const std::string &selector,
                                 const Input &input);

/// .csv and .tsv, see TableSource.h.
Expected<RowSourcePtr> openTable(const DataSpec &spec,
                                 const SourceRequest &request);

/// See TokenSource.h. Each file is a stream of its own.
Expected<RowSourcePtr> openTokens(const DataSpec &spec,
                                  const SourceRequest &request);

/// Folders and tar files, see ImageSource.cpp.
bool areImages(const DataSpec &spec);
Expected<RowSourcePtr> openImages(const DataSpec &spec,
                                  const SourceRequest &request);

/// The rows of one source behind those of the other; all of one type and shape.
Expected<RowSourcePtr> concatenate(std::vector<RowSourcePtr> parts);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_ROWSOURCE_H
