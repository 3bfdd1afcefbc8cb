//===- Csv.cpp - Records of text tables -----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Csv.h"

#include <algorithm>

namespace dpc::rt {

CsvReader::CsvReader(std::string_view text, char separator, std::string where)
    : text(text), separator(separator), where(std::move(where)) {
  if (text.starts_with("\xef\xbb\xbf"))
    at = 3;
}

Error CsvReader::fail(const std::string &what, const std::string &hint) const {
  return Error{where, "line " + std::to_string(recordLine) + " " + what, hint};
}

/// From the opening quote to behind the closing one.
Status CsvReader::readQuoted(std::string_view &field) {
  size_t begin = ++at;
  bool hasQuotes = false;
  for (;; at += 2) {
    at = text.find('"', at);
    if (at == std::string_view::npos)
      return fail("has a quote that nothing closes",
                  "double the quotes within a field");
    if (at + 1 >= text.size() || text[at + 1] != '"')
      break;
    hasQuotes = true;
  }
  field = text.substr(begin, at - begin);
  nextLine += std::count(field.begin(), field.end(), '\n');
  ++at;
  if (!hasQuotes)
    return {};
  std::string &plain = unquoted.emplace_back();
  for (size_t i = 0; i < field.size(); i += field[i] == '"' ? 2 : 1)
    plain += field[i];
  field = plain;
  return {};
}

Expected<bool> CsvReader::next(std::vector<std::string_view> &fields) {
  fields.clear();
  unquoted.clear();
  recordLine = nextLine;
  if (at >= text.size())
    return false;
  for (;;) {
    std::string_view field;
    if (at < text.size() && text[at] == '"') {
      Status status = readQuoted(field);
      if (!status.ok())
        return status.error();
    } else {
      size_t end = at;
      while (end < text.size() && text[end] != separator && text[end] != '\n' &&
             text[end] != '"' && text[end] != '\0')
        ++end;
      field = text.substr(at, end - at);
      at = end;
      if (at < text.size() && text[at] == '"')
        return fail("has a quote within a field",
                    "put the whole field in quotes and double those within");
      if (at < text.size() && text[at] == '\0')
        return fail("holds a zero byte", "is it a table of text?");
      // The line's end, and no part of the field.
      if (field.ends_with('\r') && at < text.size() && text[at] == '\n') {
        field.remove_suffix(1);
        --at;
      }
    }
    fields.push_back(field);
    if (at < text.size() && text[at] == separator) {
      ++at;
      continue;
    }
    if (text.substr(at).starts_with("\r\n"))
      at += 2;
    else if (at < text.size() && text[at] == '\n')
      at += 1;
    else if (at < text.size())
      return fail("has text behind a closing quote",
                  "double the quotes within a field");
    ++nextLine;
    break;
  }
  if (width == 0)
    width = fields.size();
  if (fields.size() == width)
    return true;
  return fail("has " + std::to_string(fields.size()) + " fields, but line 1 " +
                  std::to_string(width),
              "put fields that hold the separator in quotes");
}

} // namespace dpc::rt
