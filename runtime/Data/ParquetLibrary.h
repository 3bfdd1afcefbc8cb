//===- ParquetLibrary.h - The interface of libdpc_parquet.so ----*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Executables know nothing of Arrow: they open this library when a Parquet file
// is named. No exception comes through. Functions that can fail write a line to
// `error`, of DPC_PARQUET_ERROR bytes, and say so by what they return.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_PARQUETLIBRARY_H
#define DPC_RUNTIME_DATA_PARQUETLIBRARY_H

#include <cstdint>

extern "C" {

enum { DPC_PARQUET_VERSION = 1, DPC_PARQUET_ERROR = 256 };

/// What the cells of a column are.
enum DpcParquetKind : int32_t {
  /// Something that is not read.
  DPC_PARQUET_OTHER,
  DPC_PARQUET_INTEGER,
  DPC_PARQUET_DOUBLE,
  /// Floats, given as doubles.
  DPC_PARQUET_SINGLE,
  DPC_PARQUET_TEXT
};

struct DpcParquetColumn {
  /// Both live as long as the file.
  const char *name, *type;
  DpcParquetKind kind;
};

/// Cells of a column, of some rows; valid until the next ones are read.
struct DpcParquetCells {
  /// Not 0 where there is none, one for each row.
  const uint8_t *missing;
  /// By the kind. Text i ends at textEnds[i], where the next one begins.
  const int64_t *integers;
  const double *reals;
  const char *text;
  const int64_t *textEnds;
};

struct DpcParquetFile;
struct DpcParquetReader;

struct DpcParquetLibrary {
  int32_t version;
  /// Of the bytes of a file, which must outlive it; null if it is none.
  DpcParquetFile *(*open)(const char *bytes, int64_t size, char *error);
  void (*close)(DpcParquetFile *file);
  int64_t (*rows)(const DpcParquetFile *file);
  int32_t (*columns)(const DpcParquetFile *file);
  DpcParquetColumn (*column)(const DpcParquetFile *file, int32_t index);
  /// Of some columns, none of which is DPC_PARQUET_OTHER. May be null.
  DpcParquetReader *(*start)(DpcParquetFile *file, const int32_t *columns,
                             int32_t count, char *error);
  /// The next rows, at most `rows` of them: how many, 0 behind the last one, or
  /// -1. Writes one for each column to `cells`.
  int64_t (*next)(DpcParquetReader *reader, int64_t rows,
                  DpcParquetCells *cells, char *error);
  void (*stop)(DpcParquetReader *reader);
};

const DpcParquetLibrary *dpc_parquet_library(void);

} // extern "C"

#endif // DPC_RUNTIME_DATA_PARQUETLIBRARY_H
