//===- ColumnFits.cpp - Statistics of columns, as JSON --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Columns.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace dpc::rt {

using Json = nlohmann::json;
using Kind = ColumnWish::Kind;

static constexpr int version = 1;
static constexpr std::pair<Kind, const char *> kindNames[] = {
    {Kind::Number, "number"},
    {Kind::Category, "category"},
    {Kind::OneHot, "onehot"}};

std::string writeColumnFits(const ColumnFits &fits) {
  Json inputs = Json::object();
  for (const auto &[input, columns] : fits) {
    Json list = Json::array();
    for (const ColumnFit &fit : columns) {
      Json column = {{"name", fit.name}, {"indicator", fit.indicator}};
      for (auto [kind, name] : kindNames)
        if (kind == fit.kind)
          column["kind"] = name;
      if (fit.fill)
        column["fill"] = *fit.fill;
      if (fit.kind == Kind::Number) {
        column["shift"] = fit.shift;
        column["scale"] = fit.scale;
      } else {
        column["vocabulary"] = fit.vocabulary;
      }
      list.push_back(std::move(column));
    }
    inputs[input] = std::move(list);
  }
  // Names that are no UTF-8 are another column then, which is an error later.
  return Json{{"columns", version}, {"inputs", std::move(inputs)}}.dump(
             1, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

/// Throws where something is missing or of another type.
static ColumnFit readColumn(const Json &json) {
  ColumnFit fit;
  auto require = [](bool holds, const char *what) {
    if (!holds)
      throw std::runtime_error(what);
  };
  fit.name = json.at("name").get<std::string>();
  fit.indicator = json.at("indicator").get<bool>();
  std::string text = json.at("kind").get<std::string>();
  bool known = false;
  for (auto [kind, name] : kindNames)
    if (text == name) {
      fit.kind = kind;
      known = true;
    }
  require(known, "a column is of a kind that there is not");
  if (json.contains("fill"))
    fit.fill = json.at("fill").get<double>();
  if (fit.kind == Kind::Number) {
    fit.shift = json.at("shift").get<double>();
    fit.scale = json.at("scale").get<double>();
    require(std::isfinite(fit.shift) && std::isfinite(fit.scale) &&
                fit.scale != 0 && std::isfinite(fit.fill.value_or(0)),
            "a column has a scale that there is not");
    return fit;
  }
  for (const Json &word : json.at("vocabulary"))
    fit.vocabulary.push_back(word.get<std::string>());
  require(std::is_sorted(fit.vocabulary.begin(), fit.vocabulary.end()) &&
              std::adjacent_find(fit.vocabulary.begin(),
                                 fit.vocabulary.end()) == fit.vocabulary.end(),
          "a vocabulary is not in order");
  require(!fit.fill || (*fit.fill >= 0 && *fit.fill == std::floor(*fit.fill) &&
                        *fit.fill < static_cast<double>(fit.vocabulary.size())),
          "a column is filled with a value that there is not");
  return fit;
}

Expected<ColumnFits> readColumnFits(std::string_view text,
                                    const std::string &where) {
  auto refuse = [&](const std::string &why) {
    return Error{where, "holds no statistics of columns: " + why,
                 "take the file that was written with the model"};
  };
  Json::parser_callback_t limit = [](int depth, Json::parse_event_t, Json &) {
    if (depth > 8)
      throw std::runtime_error("it is nested too deeply");
    return true;
  };
  try {
    Json json = Json::parse(text, limit);
    if (json.at("columns").get<int>() != version)
      return refuse("they are of another version");
    ColumnFits fits;
    for (const auto &[input, list] : json.at("inputs").items())
      for (const Json &column : list)
        fits[input].push_back(readColumn(column));
    return fits;
  } catch (const std::exception &failure) {
    return refuse(printable(failure.what(), 200));
  }
}

} // namespace dpc::rt
