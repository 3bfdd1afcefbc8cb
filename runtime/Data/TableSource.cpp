//===- TableSource.cpp - Rows of tables -----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Three passes over the text, which is never held as cells: one counts the rows,
// one learns from those that train, one encodes.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/TableSource.h"
#include "dialects/Support/Suggest.h"
#include "runtime/Data/Compressed.h"
#include "runtime/Data/Csv.h"
#include "runtime/Data/RowOrder.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>

namespace dpc::rt {

namespace {

class TableSource : public RowSource {
public:
  TableSource(DpcType type, int64_t width, int64_t rows,
              std::vector<char> values, std::vector<RowPlace> begins)
      : RowSource(type, {width}, rows), values(std::move(values)),
        begins(std::move(begins)) {}

  Status read(int64_t row, const ReadContext &, char *target) const override {
    std::memcpy(target, values.data() + row * rowBytes(), rowBytes());
    return {};
  }
  RowPlace place(int64_t row) const override {
    auto file = std::upper_bound(
        begins.begin() + 1, begins.end(), row,
        [](int64_t row, const RowPlace &begin) { return row < begin.row; });
    return {file[-1].file, row - file[-1].row};
  }
  const char *contiguous() const override { return values.data(); }

private:
  std::vector<char> values;
  /// Of each file, its name and the number of its first row.
  std::vector<RowPlace> begins;
};

using Fields = std::vector<std::string_view>;

/// Calls `use` for each row of all files: its fields, its number, the file and
/// the number in it. All files have the columns of the first one, `header`.
Status forEachRow(const std::vector<TableText> &files,
                  std::vector<std::string> &header,
                  const std::function<Status(const Fields &, int64_t,
                                             const RowPlace &)> &use) {
  Fields fields;
  int64_t row = 0;
  for (const TableText &file : files) {
    bool tabs = file.path.find(".tsv") != std::string::npos;
    CsvReader reader(file.text, tabs ? '\t' : ',', file.path);
    Expected<bool> more = reader.next(fields);
    if (!more.ok())
      return more.error();
    if (!*more)
      return Error{file.path, "the file is empty",
                   "its first line must name the columns"};
    std::vector<std::string> names(fields.begin(), fields.end());
    if (header.empty())
      header = names;
    else if (header != names)
      return Error{file.path, "has other columns than " + files.front().path,
                   "give tables with the same first line"};
    for (RowPlace place{file.path, 0};; ++place.row, ++row) {
      more = reader.next(fields);
      if (!more.ok())
        return more.error();
      if (!*more)
        break;
      Status status = use(fields, row, place);
      if (!status.ok())
        return status;
    }
  }
  return {};
}

struct Column {
  std::string name;
  ColumnWish wish;
  /// In the table.
  size_t index = 0;
};

class Encoder {
public:
  Encoder(const std::vector<TableText> &files, const SourceRequest &request)
      : files(files), request(request), input(request.input) {}

  Expected<RowSourcePtr> run(const std::string &selector);

private:
  Status countRows();
  Status chooseColumns(const std::string &selector);
  Status findColumn(const std::string &name, size_t &index) const;
  std::set<std::string> findOthersColumns() const;
  Status learn();
  Status takeFits(const std::vector<ColumnFit> &given);
  Status checkWidth(int64_t width) const;
  Status encode(std::vector<char> &values, int64_t width);

  const std::vector<TableText> &files;
  const SourceRequest &request;
  const Input &input;
  std::vector<std::string> header;
  std::vector<RowPlace> begins;
  int64_t rows = 0;
  std::vector<Column> columns;
  std::vector<ColumnFit> fits;
};

Status Encoder::countRows() {
  return forEachRow(files, header,
                    [&](const Fields &, int64_t row, const RowPlace &place) {
                      if (place.row == 0)
                        begins.push_back({place.file, row});
                      rows = row + 1;
                      return Status();
                    });
}

Status Encoder::findColumn(const std::string &name, size_t &index) const {
  auto found = std::find(header.begin(), header.end(), name);
  std::vector<std::string_view> names(header.begin(), header.end());
  std::string list = "the columns are: ";
  for (const std::string &column : header)
    if (list.size() < 200)
      list += (&column == &header.front() ? "" : ", ") + column;
  if (found == header.end())
    return Error{files.front().path, "has no column '" + name + "'",
                 suggest(name, names, list)};
  if (std::find(found + 1, header.end(), name) != header.end())
    return Error{files.front().path, "has two columns '" + name + "'",
                 "rename one of them"};
  index = static_cast<size_t>(found - header.begin());
  return {};
}

/// The columns that other inputs name of the same files.
std::set<std::string> Encoder::findOthersColumns() const {
  std::set<std::string> names;
  for (const Binding &binding : request.bindings) {
    Expected<DataSpec> spec = parseDataSpec(binding.file);
    if (binding.input == input.name || !spec.ok() || spec->selector.empty() ||
        spec->files.front() != files.front().path)
      continue;
    Expected<std::vector<SelectorItem>> items =
        parseSelector(spec->selector, binding.file);
    for (size_t i = 0; items.ok() && i < items->size(); ++i)
      names.insert((*items)[i].key);
  }
  return names;
}

Status Encoder::chooseColumns(const std::string &selector) {
  std::vector<SelectorItem> items;
  if (!selector.empty()) {
    Expected<std::vector<SelectorItem>> parsed =
        parseSelector(selector, request.text);
    if (!parsed.ok())
      return parsed.status();
    items = std::move(*parsed);
  }
  std::set<std::string> excluded = findOthersColumns();
  bool takesAll = false;
  ColumnWish common;
  for (const SelectorItem &item : items) {
    Expected<ColumnWish> wish =
        item.hasValue ? ColumnWish::parse(item.value, request.text)
                      : Expected<ColumnWish>(ColumnWish());
    if (!wish.ok())
      return wish.status();
    bool isColumn =
        std::find(header.begin(), header.end(), item.key) != header.end();
    if (item.key == "*" && !isColumn) {
      common = *wish;
      common.isCommon = true;
      takesAll = true;
      continue;
    }
    if (item.key.starts_with('-') && !isColumn && !item.hasValue) {
      size_t index = 0;
      Status status = findColumn(item.key.substr(1), index);
      if (!status.ok())
        return status;
      excluded.insert(header[index]);
      takesAll = true;
      continue;
    }
    Column column{item.key, *wish, 0};
    Status status = findColumn(item.key, column.index);
    if (!status.ok())
      return status;
    for (const Column &other : columns)
      if (other.index == column.index)
        return usageError(request.text,
                          "column '" + item.key + "' is named twice");
    columns.push_back(std::move(column));
  }
  if (!takesAll && !columns.empty())
    return {};
  std::vector<Column> all;
  for (size_t i = 0; i < header.size(); ++i) {
    auto named = std::find_if(columns.begin(), columns.end(),
                              [&](const Column &c) { return c.index == i; });
    size_t index = 0;
    if (named != columns.end())
      all.push_back(*named);
    else if (!excluded.count(header[i])) {
      Status status = findColumn(header[i], index);
      if (!status.ok())
        return status;
      all.push_back({header[i], common, i});
    }
  }
  columns = std::move(all);
  if (columns.empty())
    return usageError(request.text,
                      "no column is left for the input '" + input.name + "'");
  return {};
}

Status Encoder::learn() {
  std::vector<ColumnLearner> learners;
  for (const Column &column : columns)
    learners.emplace_back(column.name, column.wish,
                          input.isLabel || !isFloat(input.dtype));
  RowSplit split;
  if (request.evalSplit > 0)
    split = splitRows(rows, request.evalSplit, request.splitSeed);
  // Both ascend.
  auto held = split.evaluation.begin();
  Status status = forEachRow(
      files, header,
      [&](const Fields &fields, int64_t row, const RowPlace &place) {
        if (held != split.evaluation.end() && *held == row) {
          ++held;
          return Status();
        }
        for (size_t i = 0; i < columns.size(); ++i)
          learners[i].add(fields[columns[i].index], place.file, place.row);
        return Status();
      });
  for (ColumnLearner &learner : learners) {
    if (!status.ok())
      return status;
    Expected<ColumnFit> fit = learner.finish(files.front().path);
    if (fit.ok())
      fits.push_back(std::move(*fit));
    else
      status = fit.status();
  }
  return status;
}

/// Of an earlier training: the columns are those of then, wherever in the table
/// they are now.
Status Encoder::takeFits(const std::vector<ColumnFit> &given) {
  columns.clear();
  for (const ColumnFit &fit : given) {
    Column column{fit.name, {}, 0};
    Status status = findColumn(fit.name, column.index);
    if (!status.ok())
      return status;
    columns.push_back(std::move(column));
  }
  fits = given;
  return {};
}

Status Encoder::checkWidth(int64_t width) const {
  Shape row = input.globalShape;
  if (input.batchDim >= 0)
    row.erase(row.begin() + input.batchDim);
  int64_t needed = elementCount(row).value_or(0);
  if (width == needed)
    return {};
  std::string list;
  for (const ColumnFit &fit : fits)
    if (list.size() < 200)
      list += (list.empty() ? "" : ", ") + fit.name + " " +
              std::to_string(fit.width());
  return Error{files.front().path,
               "its columns make " + std::to_string(width) + " values a row (" +
                   list + "), but the input '" + input.name + "' needs " +
                   std::to_string(needed),
               "name the columns, as in " + input.name +
                   "=FILE:NAME,NAME=onehot"};
}

Status Encoder::encode(std::vector<char> &values, int64_t width) {
  int64_t bytes = typeBytes(input.dtype);
  std::vector<double> numbers(static_cast<size_t>(width));
  return forEachRow(
      files, header,
      [&](const Fields &fields, int64_t row, const RowPlace &place) -> Status {
        double *next = numbers.data();
        char *target = values.data() + row * width * bytes;
        for (size_t i = 0; i < fits.size(); ++i) {
          std::string_view cell = fields[columns[i].index];
          std::optional<std::string> wrong = fits[i].encode(cell, next);
          for (int64_t j = 0; j < fits[i].width() && !wrong; ++j, ++next) {
            if (!convertElement(next, DPC_F64, target, input.dtype))
              wrong = "is '" + printable(cell, 40) + "', which no " +
                      typeName(input.dtype) + " holds";
            target += bytes;
          }
          if (wrong)
            return Error{place.file,
                         "row " + std::to_string(place.row) + ": column '" +
                             fits[i].name + "' " + *wrong,
                         "correct it, or say what to do with such values: "
                         "NAME=mean, mode, fill:VALUE or indicator"};
        }
        return {};
      });
}

Expected<RowSourcePtr> Encoder::run(const std::string &selector) {
  Status status = countRows();
  if (!status.ok())
    return status.error();
  auto isNumber = [](const std::string &name) {
    double value = 0;
    return parseNumber(name, value);
  };
  if (std::all_of(header.begin(), header.end(), isNumber))
    return Error{files.front().path, "its first line names no columns",
                 "write a line with their names in front"};
  if (rows == 0)
    return Error{files.front().path, "has no rows", "give data"};
  auto given = request.fits.find(input.name);
  if (given != request.fits.end()) {
    status = takeFits(given->second);
  } else if (!request.learns) {
    return Error{files.front().path,
                 "is read with the statistics of the training, which are not "
                 "there",
                 "name the file that was written beside the model with "
                 "--columns"};
  } else {
    status = chooseColumns(selector);
    if (status.ok())
      status = learn();
  }
  if (!status.ok())
    return status.error();
  int64_t width = 0;
  for (const ColumnFit &fit : fits)
    width += fit.width();
  status = checkWidth(width);
  std::optional<int64_t> bytes = byteCount({rows, width}, input.dtype);
  if (status.ok() && !bytes)
    status = Error{files.front().path, "is too large", ""};
  if (!status.ok())
    return status.error();
  std::vector<char> values(static_cast<size_t>(*bytes));
  status = encode(values, width);
  if (!status.ok())
    return status.error();
  if (given == request.fits.end())
    request.fits[input.name] = std::move(fits);
  return RowSourcePtr(std::make_unique<TableSource>(
      input.dtype, width, rows, std::move(values), std::move(begins)));
}

} // namespace

bool isTable(std::string_view path) {
  for (std::string_view end : {".gz", ".zst"})
    if (path.ends_with(end))
      path.remove_suffix(end.size());
  return path.ends_with(".csv") || path.ends_with(".tsv");
}

Expected<RowSourcePtr> encodeTable(const std::vector<TableText> &files,
                                   const std::string &selector,
                                   const SourceRequest &request) {
  if (request.input.batchDim < 0)
    return Error{files.front().path,
                 "is a table, but the input '" + request.input.name +
                     "' has no rows",
                 "give it a .npy file"};
  return Encoder(files, request).run(selector);
}

Expected<RowSourcePtr> openTable(const DataSpec &spec,
                                 const SourceRequest &request) {
  std::vector<FileContent> contents;
  std::vector<TableText> files;
  for (const std::string &path : spec.files) {
    Expected<FileContent> content = FileContent::open(path);
    if (!content.ok())
      return content.error();
    contents.push_back(std::move(*content));
    files.push_back({path, contents.back().view()});
  }
  return encodeTable(files, spec.selector, request);
}

} // namespace dpc::rt
