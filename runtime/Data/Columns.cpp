//===- Columns.cpp - From cells of text to numbers ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Columns.h"
#include "runtime/Core/Flags.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace dpc::rt {

using Kind = ColumnWish::Kind;

/// Values of one column that count as classes; more are hardly meant.
static constexpr size_t maxClasses = 1'000'000;
/// A column that held nothing but so many different numbers has no classes.
static constexpr size_t maxNumbers = 10'000;

static std::string_view trim(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

static bool isUtf8(std::string_view text) {
  while (!text.empty()) {
    size_t length = decodeCharacter(text).second;
    if (length == 0)
      return false;
    text.remove_prefix(length);
  }
  return true;
}

static std::string quote(std::string_view text) {
  return "'" + printable(text, 40) + "'";
}

Cell::Cell(std::string_view text) : kind(Kind::Text), words(trim(text)) {}

bool Cell::isMissing() const {
  if (kind != Kind::Text)
    return kind != Kind::Integer && std::isnan(real);
  for (const char *word :
       {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"})
    if (words == word)
      return true;
  return false;
}

std::optional<double> Cell::number() const {
  double number = real;
  if (kind == Kind::Integer)
    number = static_cast<double>(integer);
  else if (kind == Kind::Text && !parseNumber(words, number))
    return std::nullopt;
  if (!std::isfinite(number))
    return std::nullopt;
  return number;
}

std::string_view Cell::text() const {
  if (kind == Kind::Text || !words.empty())
    return words;
  char *end = digits + sizeof(digits);
  if (kind == Kind::Integer)
    end = std::to_chars(digits, end, integer).ptr;
  else if (kind == Kind::Single)
    end = std::to_chars(digits, end, static_cast<float>(real)).ptr;
  else
    end = std::to_chars(digits, end, real).ptr;
  return words = {digits, static_cast<size_t>(end - digits)};
}

std::string Cell::quoted() const { return quote(text()); }

Expected<ColumnWish> ColumnWish::parse(const std::string &text,
                                       const std::string &where) {
  ColumnWish wish;
  std::string_view rest = text;
  for (bool more = true; more;) {
    size_t end = rest.find('+');
    std::string_view word = rest.substr(0, end);
    more = end != std::string_view::npos;
    if (more)
      rest.remove_prefix(end + 1);
    if (word == "number")
      wish.kind = Kind::Number;
    else if (word == "category")
      wish.kind = Kind::Category;
    else if (word == "onehot")
      wish.kind = Kind::OneHot;
    else if (word == "mean")
      wish.missing = Missing::Mean;
    else if (word == "mode")
      wish.missing = Missing::Mode;
    else if (word.starts_with("fill:")) {
      wish.missing = Missing::Value;
      wish.fill = word.substr(5);
    } else if (word == "indicator")
      wish.indicator = true;
    else if (word == "standard")
      wish.scale = Scale::Standard;
    else if (word == "minmax")
      wish.scale = Scale::MinMax;
    else
      return usageError(where,
                        quote(word) + " is nothing that can be done with a "
                                      "column",
                        "use number, category, onehot, mean, mode, fill:VALUE, "
                        "indicator, standard or minmax, joined by +");
  }
  return wish;
}

int64_t ColumnFit::width() const {
  switch (kind) {
  case Kind::OneHot:
    return classes();
  case Kind::Category:
    return 1;
  default:
    return 1 + indicator;
  }
}

std::optional<std::string> ColumnFit::encode(const Cell &cell,
                                             double *values) const {
  bool missing = cell.isMissing();
  if (kind == Kind::Number) {
    std::optional<double> number = missing ? fill : cell.number();
    if (!number)
      return missing ? "is missing"
                     : "is " + cell.quoted() + ", which is no number";
    values[0] = (*number - shift) / scale;
    if (indicator)
      values[1] = missing;
    return std::nullopt;
  }
  std::optional<double> index;
  if (!missing) {
    std::string_view text = cell.text();
    auto found = std::lower_bound(vocabulary.begin(), vocabulary.end(), text);
    if (found != vocabulary.end() && *found == text)
      index = static_cast<double>(found - vocabulary.begin());
  }
  // What is unknown counts as missing.
  if (!index)
    index = indicator ? static_cast<double>(vocabulary.size()) : fill;
  if (!index)
    return missing ? "is missing"
                   : "is " + cell.quoted() + ", which is none of its " +
                         std::to_string(vocabulary.size()) + " values";
  if (kind == Kind::Category) {
    values[0] = *index;
    return std::nullopt;
  }
  std::fill_n(values, width(), 0.0);
  values[static_cast<int64_t>(*index)] = 1;
  return std::nullopt;
}

ColumnLearner::ColumnLearner(std::string name, ColumnWish wish,
                             bool prefersClasses)
    : name(std::move(name)), wish(std::move(wish)),
      prefersClasses(prefersClasses) {}

void ColumnLearner::add(const Cell &cell, const std::string &file,
                        int64_t row) {
  if (cell.isMissing())
    return;
  if (std::optional<double> number = cell.number()) {
    low = count ? std::min(low, *number) : *number;
    high = count ? std::max(high, *number) : *number;
    double change = *number - mean;
    mean += change / static_cast<double>(++count);
    squares += change * (*number - mean);
  } else if (texts++ == 0) {
    firstText = cell.text();
    firstTextFile = file;
    firstTextRow = row;
  }
  bool needsCounts = wish.missing == ColumnWish::Missing::Mode ||
                     (wish.kind != Kind::Number && wish.kind != Kind::Auto);
  if (wish.kind == Kind::Auto && texts == 0 &&
      (cell.isTyped() || counts.size() > maxNumbers))
    wish.kind = Kind::Number;
  if (wish.kind != Kind::Auto && !needsCounts) {
    counts.clear();
    return;
  }
  auto found = counts.find(cell.text());
  if (found != counts.end())
    ++found->second;
  else if (counts.size() <= maxClasses)
    counts.emplace(cell.text(), 1);
}

Expected<ColumnFit> ColumnLearner::finish(const std::string &where) {
  std::string column = "column '" + printable(name, 80) + "' ";
  ColumnFit fit;
  fit.name = name;
  fit.kind = wish.kind;
  fit.indicator = wish.indicator;
  if (fit.kind == Kind::Auto)
    fit.kind = texts == 0       ? Kind::Number
               : prefersClasses ? Kind::Category
                                : Kind::OneHot;
  if (wish.isCommon && fit.kind != Kind::Number) {
    wish.scale = ColumnWish::Scale::None;
    if (wish.missing == ColumnWish::Missing::Mean)
      wish.missing = ColumnWish::Missing::Mode;
  }
  auto mostFrequent =
      std::max_element(counts.begin(), counts.end(),
                       [](auto &a, auto &b) { return a.second < b.second; });
  if (count == 0 && texts == 0)
    return Error{where, column + "has no values in the rows that train",
                 "leave it out, as :-NAME"};
  if (fit.kind == Kind::Number) {
    if (texts > 0)
      return Error{firstTextFile,
                   "row " + std::to_string(firstTextRow) + ": " + column +
                       "is " + quote(firstText) + ", which is no number",
                   "correct it, or take it as NAME=onehot or NAME=category"};
    switch (wish.missing) {
    case ColumnWish::Missing::Mean:
      fit.fill = mean;
      break;
    case ColumnWish::Missing::Mode: {
      double number = 0;
      parseNumber(mostFrequent->first, number);
      fit.fill = number;
      break;
    }
    case ColumnWish::Missing::Value: {
      double number = 0;
      if (!parseNumber(wish.fill, number) || !std::isfinite(number))
        return usageError(where,
                          column + "cannot be filled with " + quote(wish.fill) +
                              ", which is no number",
                          "use fill:NUMBER");
      fit.fill = number;
      break;
    }
    case ColumnWish::Missing::Refuse:
      // Told apart by the indicator.
      if (wish.indicator)
        fit.fill = mean;
      break;
    }
    double spread = 1;
    if (wish.scale == ColumnWish::Scale::Standard) {
      fit.shift = mean;
      spread = std::sqrt(squares / static_cast<double>(count));
    } else if (wish.scale == ColumnWish::Scale::MinMax) {
      fit.shift = low;
      spread = high - low;
    }
    // A column that is always the same becomes zero.
    fit.scale = spread > 0 && std::isfinite(spread) ? spread : 1;
    return fit;
  }
  if (wish.scale != ColumnWish::Scale::None ||
      wish.missing == ColumnWish::Missing::Mean)
    return usageError(where,
                      column + "holds categories, such as " +
                          quote(counts.begin()->first) +
                          ", which have no mean or scale",
                      "name it with mode, fill:VALUE or indicator instead");
  if (counts.size() > maxClasses)
    return Error{where,
                 column + "has more than " + std::to_string(maxClasses) +
                     " different values",
                 "leave it out, as :-NAME"};
  if (wish.missing == ColumnWish::Missing::Value)
    counts.emplace(wish.fill, 0);
  for (const auto &[value, times] : counts) {
    if (!isUtf8(value))
      return Error{where,
                   column + "holds " + quote(value) + ", which is not UTF-8",
                   "convert the file with iconv"};
    fit.vocabulary.push_back(value);
  }
  std::optional<std::string> filler;
  if (wish.missing == ColumnWish::Missing::Mode)
    filler = mostFrequent->first;
  if (wish.missing == ColumnWish::Missing::Value)
    filler = wish.fill;
  if (filler)
    fit.fill =
        static_cast<double>(std::lower_bound(fit.vocabulary.begin(),
                                             fit.vocabulary.end(), *filler) -
                            fit.vocabulary.begin());
  return fit;
}

} // namespace dpc::rt
