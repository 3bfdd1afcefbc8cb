//===- TableFile.cpp - Tables in files ------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/TableFile.h"
#include "runtime/Data/Compressed.h"
#include "runtime/Data/Csv.h"

#include <algorithm>

namespace dpc::rt {

std::optional<std::string> TableFile::refuse(size_t) const {
  return std::nullopt;
}

namespace {

class CsvTable : public TableFile {
public:
  CsvTable(std::string path, std::string_view text)
      : TableFile(std::move(path)), text(text) {}
  CsvTable(std::string path, FileContent given)
      : TableFile(std::move(path)), content(std::move(given)),
        text(content->view()) {}

  Status open();
  Status read(const std::vector<size_t> &columns, const Use &use,
              const Done &done) const override;

private:
  /// Calls `each` with the fields of each record, and `done` sometimes.
  template <typename Each> Status scan(Each each, const Done &done) const;

  std::optional<FileContent> content;
  std::string_view text;
};

/// Between two calls of Done, in bytes of text.
constexpr size_t pieceBytes = size_t(1) << 20;

template <typename Each>
Status CsvTable::scan(Each each, const Done &done) const {
  bool tabs = file.find(".tsv") != std::string::npos;
  CsvReader reader(text, tabs ? '\t' : ',', file);
  std::vector<std::string_view> fields;
  int64_t record = 0;
  for (size_t begin = 0;; ++record) {
    Expected<bool> more = reader.next(fields);
    Status status = more.status();
    if (status.ok() && *more)
      status = each(fields, record);
    if (!status.ok())
      return status;
    if (*more && reader.position() - begin < pieceBytes)
      continue;
    // The first one is the header.
    status = done(std::max<int64_t>(0, record - !*more));
    if (!status.ok() || !*more)
      return status;
    if (content)
      content->release(begin, reader.position());
    begin = reader.position();
  }
}

Status CsvTable::open() {
  rowCount = -1;
  Status status = scan(
      [&](const std::vector<std::string_view> &fields, int64_t record) {
        if (record == 0)
          names.assign(fields.begin(), fields.end());
        rowCount = record;
        return Status();
      },
      [](int64_t) { return Status(); });
  if (!status.ok())
    return status;
  if (rowCount < 0)
    return Error{file, "the file is empty",
                 "its first line must name the columns"};
  auto isNumber = [](const std::string &name) {
    return Cell(name).number().has_value();
  };
  if (std::all_of(names.begin(), names.end(), isNumber))
    return Error{file, "its first line names no columns",
                 "write a line with their names in front"};
  return {};
}

Status CsvTable::read(const std::vector<size_t> &columns, const Use &use,
                      const Done &done) const {
  return scan(
      [&](const std::vector<std::string_view> &fields, int64_t record) {
        Status status;
        for (size_t i = 0; i < columns.size() && record > 0 && status.ok(); ++i)
          status = use(i, record - 1, fields[columns[i]]);
        return status;
      },
      done);
}

Expected<TableFilePtr> finish(std::unique_ptr<CsvTable> table) {
  Status status = table->open();
  if (!status.ok())
    return status.error();
  return TableFilePtr(std::move(table));
}

/// Without what compression adds.
std::string_view getPlainName(std::string_view path) {
  for (std::string_view end : {".gz", ".zst"})
    if (path.ends_with(end))
      path.remove_suffix(end.size());
  return path;
}

} // namespace

Expected<TableFilePtr> openCsv(const std::string &path, std::string_view text) {
  return finish(std::make_unique<CsvTable>(path, text));
}

Expected<TableFilePtr> openCsv(const std::string &path, int64_t memory) {
  Expected<FileContent> content = FileContent::open(path, memory);
  if (!content.ok())
    return content.error();
  return finish(std::make_unique<CsvTable>(path, std::move(*content)));
}

bool isTable(std::string_view path) {
  path = getPlainName(path);
  return path.ends_with(".csv") || path.ends_with(".tsv") ||
         path.ends_with(".parquet");
}

Expected<TableFilePtr> openTableFile(const std::string &path, int64_t memory) {
  return getPlainName(path).ends_with(".parquet") ? openParquet(path, memory)
                                                  : openCsv(path, memory);
}

} // namespace dpc::rt
