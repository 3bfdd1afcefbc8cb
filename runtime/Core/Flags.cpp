//===- Flags.cpp - How groups of flags are declared and converted ---------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Flags.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>

namespace dpc::rt {

template <typename T>
void FlagSet::addValue(const char *flag, T &target, const char *value,
                       const std::string &help) {
  app.add_option(flag, target, help)
      ->type_name(value)
      ->allow_extra_args(false)
      ->check([](const std::string &text) {
        return std::string(text.empty() ? "the value is empty" : "");
      });
}

void FlagSet::add(const char *flag, std::string &target, const char *value,
                  const std::string &help) {
  addValue(flag, target, value, help);
}

void FlagSet::add(const char *flag, std::optional<std::string> &target,
                  const char *value, const std::string &help) {
  addValue(flag, target, value, help);
}

void FlagSet::add(const char *flag, std::vector<std::string> &target,
                  const char *value, const std::string &help) {
  addValue(flag, target, value, help);
}

void FlagSet::add(const char *flag, bool &target, const std::string &help) {
  app.add_flag(flag, target, help)->disable_flag_override();
}

Status parseInteger(const char *flag, const std::optional<std::string> &text,
                    int64_t low, int64_t high, int64_t &value) {
  if (!text)
    return {};
  if (parseNumber(*text, value) && value >= low && value <= high)
    return {};
  std::string range;
  if (low != std::numeric_limits<int64_t>::min())
    range = high == kMaxInteger ? " of at least " + std::to_string(low)
                                : " in [" + std::to_string(low) + ", " +
                                      std::to_string(high) + "]";
  return usageError(flag, "'" + *text + "' is not a whole number" + range);
}

Status parseAmount(const char *flag, const std::optional<std::string> &text,
                   double low, const char *unit, double &value) {
  if (!text ||
      (parseNumber(*text, value) && value >= low && std::isfinite(value)))
    return {};
  char range[80];
  std::snprintf(range, sizeof(range), "' is not a number of %s, at least %g",
                unit, low);
  return usageError(flag, "'" + *text + range);
}

} // namespace dpc::rt
