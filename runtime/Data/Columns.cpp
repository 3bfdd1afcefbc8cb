//===- Columns.cpp - From cells of text to numbers ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Columns.h"
#include "runtime/Core/Flags.h"

#include <algorithm>
#include <cmath>

namespace dpc::rt {

using Kind = ColumnWish::Kind;

/// Values of one column that count as classes; more are hardly meant.
static constexpr size_t maxClasses = 1'000'000;
/// A column that held nothing but so many different numbers has no classes.
static constexpr size_t maxNumbers = 10'000;

bool isMissing(std::string_view cell) {
  for (const char *word :
       {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"})
    if (cell == word)
      return true;
  return false;
}

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

static std::string quote(std::string_view cell) {
  return "'" + printable(cell, 40) + "'";
}

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

std::optional<std::string> ColumnFit::encode(std::string_view cell,
                                             double *values) const {
  cell = trim(cell);
  bool missing = isMissing(cell);
  if (kind == Kind::Number) {
    double number = fill.value_or(0);
    if (missing && !fill)
      return "is missing";
    if (!missing && !(parseNumber(cell, number) && std::isfinite(number)))
      return "is " + quote(cell) + ", which is no number";
    values[0] = (number - shift) / scale;
    if (indicator)
      values[1] = missing;
    return std::nullopt;
  }
  std::optional<double> index;
  if (!missing) {
    auto found = std::lower_bound(vocabulary.begin(), vocabulary.end(), cell);
    if (found != vocabulary.end() && *found == cell)
      index = static_cast<double>(found - vocabulary.begin());
  }
  // What is unknown counts as missing.
  if (!index)
    index = indicator ? static_cast<double>(vocabulary.size()) : fill;
  if (!index)
    return missing ? "is missing"
                   : "is " + quote(cell) + ", which is none of its " +
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

void ColumnLearner::add(std::string_view cell, const std::string &file,
                        int64_t row) {
  cell = trim(cell);
  if (isMissing(cell))
    return;
  double number = 0;
  if (!parseNumber(cell, number) || !std::isfinite(number)) {
    if (texts++ == 0) {
      firstText = cell;
      firstTextFile = file;
      firstTextRow = row;
    }
  } else {
    low = count ? std::min(low, number) : number;
    high = count ? std::max(high, number) : number;
    double change = number - mean;
    mean += change / static_cast<double>(++count);
    squares += change * (number - mean);
  }
  bool needsCounts = wish.missing == ColumnWish::Missing::Mode ||
                     (wish.kind != Kind::Number && wish.kind != Kind::Auto);
  if (wish.kind == Kind::Auto && texts == 0 && counts.size() > maxNumbers)
    wish.kind = Kind::Number;
  if (wish.kind != Kind::Auto && !needsCounts) {
    counts.clear();
    return;
  }
  auto found = counts.find(cell);
  if (found != counts.end())
    ++found->second;
  else if (counts.size() <= maxClasses)
    counts.emplace(cell, 1);
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
