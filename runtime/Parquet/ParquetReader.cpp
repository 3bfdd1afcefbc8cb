//===- ParquetReader.cpp - Columns of Parquet files, by Arrow -------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Columns at the top of the schema, without lists, in pieces of a few rows: what
// is in memory is a page of each column. Arrow throws where a file is damaged;
// what it does not look at (that all columns have the rows of their group, and
// that a group has all columns) is looked at here.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/ParquetLibrary.h"

#include <arrow/io/memory.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using parquet::ParquetException;
using parquet::Type;

/// What is done with a column's values.
enum class Reading {
  None,
  Integer,
  Unsigned,
  Single,
  Double,
  Truth,
  Text,
  Decimal
};

struct Column {
  std::string name, type;
  Reading reading = Reading::None;
  /// Among the columns that hold values.
  int leaf = -1;
  /// Whether cells may be missing.
  bool isOptional = false;
  Type::type physical = Type::UNDEFINED;
  /// Of decimals: digits behind the point, and bytes of those that have one size.
  int scale = 0, width = 0;

  DpcParquetKind kind() const;
};

DpcParquetKind Column::kind() const {
  switch (reading) {
  case Reading::None:
    return DPC_PARQUET_OTHER;
  case Reading::Integer:
    return DPC_PARQUET_INTEGER;
  case Reading::Unsigned:
    return physical == Type::INT32 ? DPC_PARQUET_INTEGER : DPC_PARQUET_TEXT;
  case Reading::Single:
    return DPC_PARQUET_SINGLE;
  case Reading::Double:
    return DPC_PARQUET_DOUBLE;
  default:
    return DPC_PARQUET_TEXT;
  }
}

Reading chooseReading(const parquet::ColumnDescriptor &column) {
  // Never null: without one it is of no type.
  const parquet::LogicalType &logical = *column.logical_type();
  bool isPlain = logical.is_none() || logical.is_null();
  // Of 38 digits, what 16 bytes hold.
  if (logical.is_decimal())
    return column.type_precision() <= 38 && column.type_scale() >= 0 &&
                   column.type_scale() <= 38
               ? Reading::Decimal
               : Reading::None;
  switch (column.physical_type()) {
  case Type::BOOLEAN:
    return Reading::Truth;
  case Type::INT32:
  case Type::INT64:
    if (isPlain)
      return Reading::Integer;
    if (!logical.is_int())
      return Reading::None;
    return static_cast<const parquet::IntLogicalType &>(logical).is_signed()
               ? Reading::Integer
               : Reading::Unsigned;
  case Type::FLOAT:
    return isPlain ? Reading::Single : Reading::None;
  case Type::DOUBLE:
    return isPlain ? Reading::Double : Reading::None;
  case Type::BYTE_ARRAY:
    return isPlain || logical.is_string() || logical.is_enum() ||
                   logical.is_JSON()
               ? Reading::Text
               : Reading::None;
  default:
    return Reading::None;
  }
}

/// Two's complement, the highest byte first.
__int128 readBigEndian(const uint8_t *bytes, uint32_t count) {
  if (count > 16)
    throw ParquetException("a decimal number has too many digits");
  unsigned __int128 value = count && bytes[0] & 0x80 ? ~__int128(0) : 0;
  for (uint32_t i = 0; i < count; ++i)
    value = value << 8 | bytes[i];
  return static_cast<__int128>(value);
}

/// "-1.05" for -105 and a scale of 2.
void appendDecimal(std::string &text, __int128 value, int scale) {
  bool isNegative = value < 0;
  unsigned __int128 rest = value;
  if (isNegative)
    rest = -rest;
  char digits[64];
  char *end = digits + sizeof(digits), *begin = end;
  for (int count = 0; rest || count <= scale; ++count, rest /= 10) {
    if (count == scale && scale)
      *--begin = '.';
    *--begin = static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  if (isNegative)
    *--begin = '-';
  text.append(begin, end);
}

/// Cells of one column of a group of rows.
class Cells {
public:
  explicit Cells(const Column &column) : column(column) {}

  void begin(std::shared_ptr<parquet::ColumnReader> reader) {
    this->reader = std::move(reader);
  }
  void read(int64_t rows);
  DpcParquetCells cells() const {
    return {missing.data(), integers.data(), reals.data(), text.data(),
            ends.data()};
  }

private:
  template <typename Type, typename Add> void readValues(int64_t rows, Add add);

  const Column &column;
  std::shared_ptr<parquet::ColumnReader> reader;
  std::vector<uint8_t> missing;
  std::vector<int64_t> integers, ends;
  std::vector<double> reals;
  std::string text;
};

/// Calls `add` with the number of a row and its value.
template <typename Type, typename Add>
void Cells::readValues(int64_t rows, Add add) {
  constexpr int64_t piece = 1024;
  std::array<typename Type::c_type, piece> values;
  std::array<int16_t, piece> levels;
  auto &typed = static_cast<parquet::TypedColumnReader<Type> &>(*reader);
  for (int64_t row = 0; row < rows;) {
    int64_t found = 0, used = 0;
    // Never more than a page holds; texts lie in the page.
    int64_t count = typed.ReadBatch(std::min(piece, rows - row),
                                    column.isOptional ? levels.data() : nullptr,
                                    nullptr, values.data(), &found);
    if (count <= 0)
      throw ParquetException("the column '" + column.name + "' ends too early");
    for (int64_t i = 0; i < count; ++i, ++row) {
      if (column.isOptional && levels[i] == 0) {
        missing[row] = 1;
      } else {
        if (used == found)
          throw ParquetException("the column '" + column.name +
                                 "' lacks values");
        add(row, values[used++]);
      }
      ends[row] = static_cast<int64_t>(text.size());
    }
  }
}

void Cells::read(int64_t rows) {
  size_t size = static_cast<size_t>(rows);
  missing.assign(size, 0);
  integers.resize(size);
  reals.resize(size);
  ends.resize(size);
  text.clear();
  auto addReal = [&](int64_t row, double value) { reals[row] = value; };
  auto addInteger = [&](int64_t row, int64_t value) {
    if (column.reading == Reading::Decimal)
      appendDecimal(text, value, column.scale);
    else
      integers[row] = value;
  };
  bool isUnsigned = column.reading == Reading::Unsigned;
  switch (column.physical) {
  case Type::BOOLEAN:
    return readValues<parquet::BooleanType>(
        rows, [&](int64_t, bool value) { text += value ? "true" : "false"; });
  case Type::INT32:
    return readValues<parquet::Int32Type>(
        rows, [&](int64_t row, int32_t value) {
          addInteger(row, isUnsigned ? int64_t(static_cast<uint32_t>(value))
                                     : value);
        });
  case Type::INT64:
    return readValues<parquet::Int64Type>(
        rows, [&](int64_t row, int64_t value) {
          if (isUnsigned)
            text += std::to_string(static_cast<uint64_t>(value));
          else
            addInteger(row, value);
        });
  case Type::FLOAT:
    return readValues<parquet::FloatType>(rows, addReal);
  case Type::DOUBLE:
    return readValues<parquet::DoubleType>(rows, addReal);
  case Type::BYTE_ARRAY:
    return readValues<parquet::ByteArrayType>(
        rows, [&](int64_t, const parquet::ByteArray &value) {
          if (column.reading == Reading::Decimal)
            appendDecimal(text, readBigEndian(value.ptr, value.len),
                          column.scale);
          else
            text.append(reinterpret_cast<const char *>(value.ptr), value.len);
        });
  case Type::FIXED_LEN_BYTE_ARRAY:
    return readValues<parquet::FLBAType>(
        rows, [&](int64_t, const parquet::FixedLenByteArray &value) {
          appendDecimal(text, readBigEndian(value.ptr, column.width),
                        column.scale);
        });
  default:
    throw ParquetException("the column '" + column.name +
                           "' is of another type");
  }
}

/// What `work` returns, or `failed` if it throws.
template <typename Work, typename Result>
Result guard(Work work, Result failed, char *error) {
  try {
    return work();
  } catch (const std::exception &failure) {
    std::snprintf(error, DPC_PARQUET_ERROR, "%s", failure.what());
  } catch (...) {
    std::snprintf(error, DPC_PARQUET_ERROR, "Arrow fails");
  }
  return failed;
}

} // namespace

struct DpcParquetFile {
  std::unique_ptr<parquet::ParquetFileReader> reader;
  std::vector<Column> columns;
  int64_t rows = 0;

  void readSchema();
};

void DpcParquetFile::readSchema() {
  const parquet::FileMetaData &data = *reader->metadata();
  const parquet::SchemaDescriptor &schema = *data.schema();
  const parquet::schema::GroupNode &root = *schema.group_node();
  for (int i = 0; i < root.field_count(); ++i) {
    const parquet::schema::Node &node = *root.field(i);
    Column &column = columns.emplace_back();
    column.name = node.name();
    column.type = node.is_repeated() ? "list" : "struct or list";
    if (!node.is_primitive() || node.is_repeated())
      continue;
    column.leaf = schema.ColumnIndex(node);
    if (column.leaf < 0)
      throw ParquetException("the schema is broken");
    const parquet::ColumnDescriptor &leaf = *schema.Column(column.leaf);
    column.physical = leaf.physical_type();
    column.reading = chooseReading(leaf);
    column.type = leaf.logical_type()->is_none()
                      ? parquet::TypeToString(column.physical)
                      : leaf.logical_type()->ToString();
    column.isOptional = leaf.max_definition_level() > 0;
    column.scale = std::max(0, leaf.type_scale());
    column.width = leaf.type_length();
  }
  for (int i = 0; i < data.num_row_groups(); ++i) {
    std::unique_ptr<parquet::RowGroupMetaData> group = data.RowGroup(i);
    if (group->num_columns() != schema.num_columns() || group->num_rows() < 0 ||
        __builtin_add_overflow(rows, group->num_rows(), &rows))
      throw ParquetException("a group of rows is broken");
  }
}

struct DpcParquetReader {
  DpcParquetFile &file;
  std::vector<const Column *> columns;
  std::vector<Cells> cells;
  /// The group of rows, and how many of its rows are left.
  int group = -1;
  int64_t left = 0;

  int64_t next(int64_t rows, DpcParquetCells *result);
};

int64_t DpcParquetReader::next(int64_t rows, DpcParquetCells *result) {
  while (left == 0) {
    if (++group >= file.reader->metadata()->num_row_groups())
      return 0;
    std::shared_ptr<parquet::RowGroupReader> reader =
        file.reader->RowGroup(group);
    left = reader->metadata()->num_rows();
    for (size_t i = 0; i < cells.size() && left > 0; ++i)
      cells[i].begin(reader->Column(columns[i]->leaf));
  }
  int64_t count = std::min(rows, left);
  for (size_t i = 0; i < cells.size(); ++i) {
    cells[i].read(count);
    result[i] = cells[i].cells();
  }
  left -= count;
  return count;
}

static DpcParquetFile *openFile(const char *bytes, int64_t size, char *error) {
  return guard(
      [&] {
        auto file = std::make_unique<DpcParquetFile>();
        auto buffer = std::make_shared<arrow::Buffer>(
            reinterpret_cast<const uint8_t *>(bytes), size);
        parquet::ReaderProperties properties;
        properties.set_page_checksum_verification(true);
        file->reader = parquet::ParquetFileReader::Open(
            std::make_shared<arrow::io::BufferReader>(buffer), properties);
        file->readSchema();
        return file.release();
      },
      static_cast<DpcParquetFile *>(nullptr), error);
}

static DpcParquetColumn describe(const DpcParquetFile *file, int32_t index) {
  const Column &column = file->columns[static_cast<size_t>(index)];
  return {column.name.c_str(), column.type.c_str(), column.kind()};
}

static DpcParquetReader *start(DpcParquetFile *file, const int32_t *columns,
                               int32_t count, char *error) {
  return guard(
      [&] {
        auto reader = std::make_unique<DpcParquetReader>(*file);
        for (int32_t i = 0; i < count; ++i) {
          const Column &column = file->columns[static_cast<size_t>(columns[i])];
          reader->columns.push_back(&column);
          reader->cells.emplace_back(column);
        }
        return reader.release();
      },
      static_cast<DpcParquetReader *>(nullptr), error);
}

static int64_t readNext(DpcParquetReader *reader, int64_t rows,
                        DpcParquetCells *cells, char *error) {
  return guard([&] { return reader->next(rows, cells); }, int64_t(-1), error);
}

extern "C" __attribute__((visibility("default"))) const DpcParquetLibrary *
dpc_parquet_library(void) {
  static const DpcParquetLibrary library = {
      DPC_PARQUET_VERSION,
      openFile,
      [](DpcParquetFile *file) { delete file; },
      [](const DpcParquetFile *file) { return file->rows; },
      [](const DpcParquetFile *file) {
        return static_cast<int32_t>(file->columns.size());
      },
      describe,
      start,
      readNext,
      [](DpcParquetReader *reader) { delete reader; }};
  return &library;
}
