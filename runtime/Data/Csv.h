//===- Csv.h - Records of text tables ---------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// RFC 4180, strictly: what may be read in two ways is refused. Lines may end
// with LF alone, and a byte-order mark in front is skipped. (Debian 12's parsers
// take other dialects silently, or fix the columns when they are compiled.)
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_CSV_H
#define DPC_RUNTIME_DATA_CSV_H

#include "runtime/Core/Error.h"

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace dpc::rt {

class CsvReader {
public:
  /// `where` names the file in errors. The text must outlive the reader.
  CsvReader(std::string_view text, char separator, std::string where);

  /// The next record, which must have as many fields as the first one; false
  /// behind the last. The fields are valid until the next call.
  Expected<bool> next(std::vector<std::string_view> &fields);

  /// Of the record that was read last, from 1.
  int64_t line() const { return recordLine; }
  /// Where in the text the next record begins.
  size_t position() const { return at; }

private:
  Error fail(const std::string &what, const std::string &hint) const;
  Status readQuoted(std::string_view &field);

  std::string_view text;
  char separator;
  std::string where;
  size_t at = 0;
  int64_t recordLine = 0, nextLine = 1;
  size_t width = 0;
  /// Fields that hold quotes, without the quotes' doubles.
  std::deque<std::string> unquoted;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_CSV_H
