//===- Parquet.cpp - Tables in Parquet files ------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Compressed.h"
#include "runtime/Data/ParquetLibrary.h"
#include "runtime/Data/TableFile.h"

#include <algorithm>
#include <dlfcn.h>

namespace dpc::rt {

static constexpr const char *libraryName = "libdpc_parquet.so";
/// Rows that are read together, unless they have many columns.
static constexpr int64_t pieceRows = 4096, pieceCells = int64_t(1) << 18;

static Error refuseParquet(const std::string &where, const std::string &why) {
  return Error{where, "is a Parquet file, which cannot be read here: " + why,
               "pip install pyarrow and build dpc again, or convert it with "
               "python3 -c 'import pandas as p; "
               "p.read_parquet(\"FILE.parquet\").to_csv(\"FILE.csv\", "
               "index=False)'"};
}

static Expected<const DpcParquetLibrary *>
loadLibrary(const std::string &where) {
  static const char *failure = nullptr;
  static const DpcParquetLibrary *library = []() -> const DpcParquetLibrary * {
    // Never closed: threads of Arrow's may be at work until the end.
    void *handle = ::dlopen(libraryName, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle ? ::dlsym(handle, "dpc_parquet_library") : nullptr;
    if (!symbol) {
      failure = ::dlerror();
      return nullptr;
    }
    return reinterpret_cast<decltype(&dpc_parquet_library)>(symbol)();
  }();
  if (!library)
    return refuseParquet(where, failure ? failure : "no library");
  if (library->version != DPC_PARQUET_VERSION)
    return refuseParquet(where, std::string(libraryName) +
                                    " belongs to another version of dpc");
  return library;
}

namespace {

class ParquetTable : public TableFile {
public:
  ParquetTable(std::string path, FileContent content)
      : TableFile(std::move(path)), content(std::move(content)) {}
  ~ParquetTable() override {
    if (handle)
      library->close(handle);
  }

  Status open();
  std::optional<std::string> refuse(size_t column) const override;
  Status read(const std::vector<size_t> &columns, const Use &use,
              const Done &done) const override;

private:
  Error fail(const char *error) const {
    return Error{file, "cannot be read as Parquet: " + printable(error, 200),
                 "the file may be damaged; write it again"};
  }

  FileContent content;
  const DpcParquetLibrary *library = nullptr;
  DpcParquetFile *handle = nullptr;
};

Status ParquetTable::open() {
  Expected<const DpcParquetLibrary *> loaded = loadLibrary(file);
  if (!loaded.ok())
    return loaded.status();
  library = *loaded;
  std::string_view bytes = content.view();
  char error[DPC_PARQUET_ERROR] = "";
  handle =
      library->open(bytes.data(), static_cast<int64_t>(bytes.size()), error);
  if (!handle)
    return fail(error);
  for (int32_t i = 0; i < library->columns(handle); ++i)
    names.push_back(library->column(handle, i).name);
  rowCount = library->rows(handle);
  // Before memory is taken for so many, it is seen whether they are there.
  if (rowCount <= static_cast<int64_t>(bytes.size()))
    return {};
  for (size_t i = 0; i < names.size(); ++i)
    if (!refuse(i))
      return read(
          {i}, [](size_t, int64_t, const Cell &) { return Status(); },
          [](int64_t) { return Status(); });
  return Error{file, "has no column of numbers or text", "convert it"};
}

std::optional<std::string> ParquetTable::refuse(size_t index) const {
  DpcParquetColumn column =
      library->column(handle, static_cast<int32_t>(index));
  if (column.kind != DPC_PARQUET_OTHER)
    return std::nullopt;
  return "is of type " + printable(column.type, 80) +
         ", and no number, text or truth value";
}

Status ParquetTable::read(const std::vector<size_t> &columns, const Use &use,
                          const Done &done) const {
  std::vector<int32_t> indices(columns.begin(), columns.end());
  std::vector<DpcParquetKind> kinds;
  for (int32_t index : indices)
    kinds.push_back(library->column(handle, index).kind);
  char error[DPC_PARQUET_ERROR] = "";
  std::unique_ptr<DpcParquetReader, void (*)(DpcParquetReader *)> reader(
      library->start(handle, indices.data(),
                     static_cast<int32_t>(indices.size()), error),
      library->stop);
  if (!reader)
    return fail(error);
  std::vector<DpcParquetCells> cells(columns.size());
  int64_t piece = std::clamp<int64_t>(
      pieceCells / static_cast<int64_t>(columns.size()), 16, pieceRows);
  for (int64_t first = 0;;) {
    int64_t count = library->next(reader.get(), piece, cells.data(), error);
    if (count < 0)
      return fail(error);
    if (count == 0 && first < rowCount)
      return fail("it has fewer rows than it says");
    if (count == 0)
      return {};
    for (size_t i = 0; i < columns.size(); ++i) {
      const DpcParquetCells &column = cells[i];
      auto make = [&](int64_t row) {
        if (column.missing[row])
          return Cell(std::string_view());
        if (kinds[i] == DPC_PARQUET_INTEGER)
          return Cell(column.integers[row]);
        if (kinds[i] != DPC_PARQUET_TEXT)
          return Cell(column.reals[row], kinds[i] == DPC_PARQUET_SINGLE);
        int64_t begin = row ? column.textEnds[row - 1] : 0;
        return Cell(std::string_view(
            column.text + begin,
            static_cast<size_t>(column.textEnds[row] - begin)));
      };
      for (int64_t row = 0; row < count; ++row) {
        Status status = use(i, first + row, make(row));
        if (!status.ok())
          return status;
      }
    }
    first += count;
    Status status = done(first);
    if (!status.ok())
      return status;
    // What was read may lie anywhere.
    content.release(0, content.view().size());
  }
}

} // namespace

Expected<TableFilePtr> openParquet(const std::string &path, int64_t memory) {
  Expected<FileContent> content = FileContent::open(path, memory);
  if (!content.ok())
    return content.error();
  auto table = std::make_unique<ParquetTable>(path, std::move(*content));
  Status status = table->open();
  if (!status.ok())
    return status.error();
  return TableFilePtr(std::move(table));
}

} // namespace dpc::rt
