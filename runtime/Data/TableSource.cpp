//===- TableSource.cpp - Rows of tables -----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Passes over the files, which are never held as cells: one learns from the rows
// that train, one encodes.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/TableSource.h"
#include "dialects/Support/Suggest.h"
#include "runtime/Data/RowOrder.h"
#include "runtime/Data/Scratch.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace dpc::rt {

namespace {

class TableSource : public RowSource {
public:
  TableSource(DpcType type, int64_t width, int64_t rows, Scratch values,
              std::vector<RowPlace> begins)
      : RowSource(type, {width}, rows), values(std::move(values)),
        begins(std::move(begins)) {}

  Status read(int64_t row, const ReadContext &, char *target) const override {
    std::memcpy(target, contiguous() + row * rowBytes(), rowBytes());
    return {};
  }
  RowPlace place(int64_t row) const override {
    auto file = std::upper_bound(
        begins.begin() + 1, begins.end(), row,
        [](int64_t row, const RowPlace &begin) { return row < begin.row; });
    return {file[-1].file, row - file[-1].row};
  }
  const char *contiguous() const override { return values.view().data(); }

private:
  Scratch values;
  /// Of each file, its name and the number of its first row.
  std::vector<RowPlace> begins;
};

struct Column {
  std::string name;
  ColumnWish wish;
  /// In the table.
  size_t index = 0;
};

class Encoder {
public:
  Encoder(const std::vector<TableFilePtr> &files, const SourceRequest &request)
      : files(files), request(request), input(request.input),
        first(files.front()->path()), header(files.front()->header()) {}

  Expected<RowSourcePtr> run(const std::string &selector);

private:
  Status countRows();
  Status chooseColumns(const std::string &selector);
  Status findColumn(const std::string &name, size_t &index) const;
  std::set<std::string> findOthersColumns() const;
  Status learn();
  Status takeFits(const std::vector<ColumnFit> &given);
  Status checkWidth(int64_t width) const;
  Status encode(Scratch &values, int64_t width);
  /// Of the columns, in the table.
  std::vector<size_t> indices() const;

  const std::vector<TableFilePtr> &files;
  const SourceRequest &request;
  const Input &input;
  /// The first file's name, and its columns, which all others must have.
  const std::string &first;
  const std::vector<std::string> &header;
  std::vector<RowPlace> begins;
  int64_t rows = 0;
  std::vector<Column> columns;
  std::vector<ColumnFit> fits;
};

Status Encoder::countRows() {
  for (const TableFilePtr &file : files) {
    if (file->header() != header)
      return Error{file->path(), "has other columns than " + first,
                   "give tables with the same columns in the same order"};
    if (file->rows() > 0)
      begins.push_back({file->path(), rows});
    if (__builtin_add_overflow(rows, file->rows(), &rows))
      return Error{file->path(), "there are too many rows", ""};
  }
  if (rows == 0)
    return Error{first, "has no rows", "give data"};
  return {};
}

std::vector<size_t> Encoder::indices() const {
  std::vector<size_t> result;
  for (const Column &column : columns)
    result.push_back(column.index);
  return result;
}

Status Encoder::findColumn(const std::string &name, size_t &index) const {
  auto found = std::find(header.begin(), header.end(), name);
  std::vector<std::string_view> names(header.begin(), header.end());
  std::string list = "the columns are: ";
  for (const std::string &column : header)
    if (list.size() < 200)
      list += (&column == &header.front() ? "" : ", ") + column;
  if (found == header.end())
    return Error{first, "has no column '" + name + "'",
                 suggest(name, names, list)};
  if (std::find(found + 1, header.end(), name) != header.end())
    return Error{first, "has two columns '" + name + "'", "rename one of them"};
  index = static_cast<size_t>(found - header.begin());
  return {};
}

/// The columns that other inputs name of the same files.
std::set<std::string> Encoder::findOthersColumns() const {
  std::set<std::string> names;
  for (const Binding &binding : request.bindings) {
    Expected<DataSpec> spec = parseDataSpec(binding.file);
    if (binding.input == input.name || !spec.ok() || spec->selector.empty() ||
        spec->files.front() != first)
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
  std::vector<bool> isHeld(
      split.evaluation.empty() ? 0 : static_cast<size_t>(rows));
  for (int64_t row : split.evaluation)
    isHeld[static_cast<size_t>(row)] = true;
  Status status;
  int64_t begin = 0;
  for (const TableFilePtr &file : files) {
    if (status.ok())
      status = file->read(
          indices(),
          [&](size_t i, int64_t row, const Cell &cell) {
            if (isHeld.empty() || !isHeld[static_cast<size_t>(begin + row)])
              learners[i].add(cell, file->path(), row);
            return Status();
          },
          [](int64_t) { return Status(); });
    begin += file->rows();
  }
  for (ColumnLearner &learner : learners) {
    if (!status.ok())
      return status;
    Expected<ColumnFit> fit = learner.finish(first);
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
  return Error{first,
               "its columns make " + std::to_string(width) + " values a row (" +
                   list + "), but the input '" + input.name + "' needs " +
                   std::to_string(needed),
               "name the columns, as in " + input.name +
                   "=FILE:NAME,NAME=onehot"};
}

Status Encoder::encode(Scratch &values, int64_t width) {
  int64_t bytes = typeBytes(input.dtype), rowBytes = width * bytes;
  std::vector<double> numbers(static_cast<size_t>(width));
  std::vector<int64_t> offsets(1);
  for (const ColumnFit &fit : fits)
    offsets.push_back(offsets.back() + fit.width() * bytes);
  /// Of the rows from `begin` on.
  std::vector<char> buffer;
  int64_t begin = 0;
  const TableFile *file = nullptr;
  auto use = [&](size_t i, int64_t row, const Cell &cell) -> Status {
    size_t end = static_cast<size_t>((row + 1 - begin) * rowBytes);
    if (buffer.size() < end)
      buffer.resize(std::max(end, buffer.size() * 2));
    char *target = buffer.data() + (row - begin) * rowBytes + offsets[i];
    std::optional<std::string> wrong = fits[i].encode(cell, numbers.data());
    for (int64_t j = 0; j < fits[i].width() && !wrong; ++j)
      if (!convertElement(&numbers[static_cast<size_t>(j)], DPC_F64,
                          target + j * bytes, input.dtype))
        wrong = "is " + cell.quoted() + ", which no " + typeName(input.dtype) +
                " holds";
    if (!wrong)
      return {};
    return Error{file->path(),
                 "row " + std::to_string(row) + ": column '" + fits[i].name +
                     "' " + *wrong,
                 "correct it, or say what to do with such values: NAME=mean, "
                 "mode, fill:VALUE or indicator"};
  };
  auto done = [&](int64_t end) {
    int64_t count = std::exchange(begin, end);
    return values.append(
        {buffer.data(), static_cast<size_t>((end - count) * rowBytes)});
  };
  for (const TableFilePtr &next : files) {
    file = next.get();
    begin = 0;
    Status status = file->read(indices(), use, done);
    if (!status.ok())
      return status;
  }
  return {};
}

Expected<RowSourcePtr> Encoder::run(const std::string &selector) {
  Status status = countRows();
  if (!status.ok())
    return status.error();
  auto given = request.fits.find(input.name);
  if (given != request.fits.end()) {
    status = takeFits(given->second);
  } else if (!request.learns) {
    return Error{first,
                 "is read with the statistics of the training, which are not "
                 "there",
                 "name the file that was written beside the model with "
                 "--columns"};
  } else {
    status = chooseColumns(selector);
  }
  for (const TableFilePtr &file : files)
    for (const Column &column : columns)
      if (std::optional<std::string> why = file->refuse(column.index);
          why && status.ok())
        status = Error{file->path(), "column '" + column.name + "' " + *why,
                       "leave it out, as :-NAME, or convert it"};
  if (status.ok() && given == request.fits.end())
    status = learn();
  if (!status.ok())
    return status.error();
  int64_t width = 0;
  for (const ColumnFit &fit : fits)
    width += fit.width();
  status = checkWidth(width);
  std::optional<int64_t> bytes = byteCount({rows, width}, input.dtype);
  if (status.ok() && !bytes)
    status = Error{first, "is too large", ""};
  if (!status.ok())
    return status.error();
  Scratch values(first, request.memory);
  values.reserve(*bytes);
  status = encode(values, width);
  if (status.ok())
    status = values.finish();
  if (!status.ok())
    return status.error();
  if (given == request.fits.end())
    request.fits[input.name] = std::move(fits);
  return RowSourcePtr(std::make_unique<TableSource>(
      input.dtype, width, rows, std::move(values), std::move(begins)));
}

} // namespace

Expected<RowSourcePtr> encodeTable(const std::vector<TableFilePtr> &files,
                                   const std::string &selector,
                                   const SourceRequest &request) {
  if (request.input.batchDim < 0)
    return Error{files.front()->path(),
                 "is a table, but the input '" + request.input.name +
                     "' has no rows",
                 "give it a .npy file"};
  return Encoder(files, request).run(selector);
}

Expected<RowSourcePtr> openTable(const DataSpec &spec,
                                 const SourceRequest &request) {
  std::vector<TableFilePtr> files;
  for (const std::string &path : spec.files) {
    Expected<TableFilePtr> file = openTableFile(path, request.memory);
    if (!file.ok())
      return file.error();
    files.push_back(std::move(*file));
  }
  return encodeTable(files, spec.selector, request);
}

} // namespace dpc::rt
