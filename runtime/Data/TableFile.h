//===- TableFile.h - Tables in files ----------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A format of tables is one file that defines a TableFile, and a case in
// openTableFile. What columns become is no matter of the format.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_TABLEFILE_H
#define DPC_RUNTIME_DATA_TABLEFILE_H

#include "runtime/Data/Columns.h"

#include <functional>
#include <memory>

namespace dpc::rt {

class TableFile {
public:
  virtual ~TableFile() = default;

  const std::string &path() const { return file; }
  /// The columns' names.
  const std::vector<std::string> &header() const { return names; }
  int64_t rows() const { return rowCount; }

  /// Why a column has no cells, as "is a list"; none if it has.
  virtual std::optional<std::string> refuse(size_t column) const;

  /// The cell of columns[index] in a row.
  using Use =
      std::function<Status(size_t index, int64_t row, const Cell &cell)>;
  /// All cells of the rows before `rows` have been given.
  using Done = std::function<Status(int64_t rows)>;
  /// Goes through the file once: gives the cells of each column in the order of
  /// the rows, and says every now and then, and at the end, how far all are. An
  /// error of either ends it.
  virtual Status read(const std::vector<size_t> &columns, const Use &use,
                      const Done &done) const = 0;

protected:
  TableFile(std::string path) : file(std::move(path)) {}

  std::string file;
  std::vector<std::string> names;
  int64_t rowCount = 0;
};

using TableFilePtr = std::unique_ptr<TableFile>;

/// Whether the name is that of a table: .csv, .tsv or .parquet, perhaps
/// compressed.
bool isTable(std::string_view path);

/// `memory` is what may be taken for what is decompressed.
Expected<TableFilePtr> openTableFile(const std::string &path, int64_t memory);

// The formats.

/// A table of text that outlives it; RFC 4180, see Csv.h. .tsv has tabs.
Expected<TableFilePtr> openCsv(const std::string &path, std::string_view text);
Expected<TableFilePtr> openCsv(const std::string &path, int64_t memory);
/// By Arrow, in a library that is opened for the first one.
Expected<TableFilePtr> openParquet(const std::string &path, int64_t memory);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_TABLEFILE_H
