//===- Flags.h - How groups of flags are declared and converted -*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// All values are taken as strings and converted behind the parsing, so that
// each message names its flag, the value and what was expected. A group of
// flags that belong together is a class of its own:
//
//   class CheckpointFlags {
//   public:
//     void declare(FlagSet &flags);
//     Status convert(CheckpointOptions &options) const;
//   private:
//     std::optional<std::string> every;
//   };
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_FLAGS_H
#define DPC_RUNTIME_CORE_FLAGS_H

#include "runtime/Core/Error.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace CLI {
class App;
} // namespace CLI

namespace dpc::rt {

/// Where flags are declared. Targets must outlive the parsing.
class FlagSet {
public:
  explicit FlagSet(CLI::App &app) : app(app) {}

  /// A flag with one value, which `value` describes in the help.
  void add(const char *flag, std::string &target, const char *value,
           const std::string &help);
  void add(const char *flag, std::optional<std::string> &target,
           const char *value, const std::string &help);
  /// One that may be given several times.
  void add(const char *flag, std::vector<std::string> &target,
           const char *value, const std::string &help);
  /// One without a value.
  void add(const char *flag, bool &target, const std::string &help);

private:
  template <typename T>
  void addValue(const char *flag, T &target, const char *value,
                const std::string &help);

  CLI::App &app;
};

inline constexpr int64_t kMaxInteger = std::numeric_limits<int64_t>::max();

/// Whether the whole text is a number; a '+' in front is allowed.
template <typename T> bool parseNumber(std::string_view text, T &value) {
  if (text.starts_with('+'))
    text.remove_prefix(1);
  const char *end = text.data() + text.size();
  auto [stop, code] = std::from_chars(text.data(), end, value);
  return code == std::errc() && stop == end;
}

/// Leaves `value` alone where the flag was not given.
Status parseInteger(const char *flag, const std::optional<std::string> &text,
                    int64_t low, int64_t high, int64_t &value);
template <typename T>
Status parseInteger(const char *flag, const std::optional<std::string> &text,
                    int64_t low, int64_t high, std::optional<T> &value) {
  int64_t parsed = 0;
  Status status = parseInteger(flag, text, low, high, parsed);
  if (text && status.ok())
    value = static_cast<T>(parsed);
  return status;
}
/// A number of at least `low`, of the unit: "seconds".
Status parseAmount(const char *flag, const std::optional<std::string> &text,
                   double low, const char *unit, double &value);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_FLAGS_H
