//===- Settings.h - Flags in a file -----------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A small and strict part of YAML, the same for the compiler and for what it
// makes: one mapping of flags to values, lists, or one mapping more, of which
// `image: FILE` means image=FILE.
//
//   epochs: 20
//   no-shuffle: true            # a flag without a value
//   data:
//     image: train-images.npy
//     label: train-labels.npy
//   freeze: ['embed.*', head]
//
// Anchors, tags, texts of several lines and documents of several parts are
// errors, not something else than what was meant.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_SETTINGS_H
#define DPC_DIALECTS_SUPPORT_SETTINGS_H

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dpc {

struct Setting {
  std::string key;
  /// One, unless a list or a mapping is there.
  std::vector<std::string> values;
  size_t line = 0;
};

struct SettingsError {
  /// 0: of the whole.
  size_t line = 0;
  std::string what;
  std::string hint;
};

/// Adds what the file holds.
std::optional<SettingsError> readSettings(const std::string &path,
                                          std::vector<Setting> &settings);

/// Adds what the text holds. It has at most kMostSettingsBytes.
std::optional<SettingsError> parseSettings(std::string_view text,
                                           std::vector<Setting> &settings);
inline constexpr size_t kMostSettingsBytes = 1 << 20;

/// The text of a setting, which parseSettings reads back.
std::string writeSetting(const std::string &key,
                         const std::vector<std::string> &values);

/// A flag that a file can name.
struct SettableFlag {
  /// As "output": the key in the file.
  std::string key;
  /// As they stand in a command line: "-o", "--output"; none of an argument
  /// without a flag.
  std::vector<std::string> names;
  bool takesValue = true;
  /// It may stand in a file, where it does nothing.
  bool isIgnored = false;
};

/// What a file can set of the flags of a CLI::App.
template <typename App> std::vector<SettableFlag> listSettable(const App &app) {
  std::vector<SettableFlag> flags;
  for (const auto *option : app.get_options()) {
    SettableFlag flag;
    for (const std::string &name : option->get_snames())
      flag.names.push_back("-" + name);
    for (const std::string &name : option->get_lnames())
      flag.names.push_back("--" + name);
    flag.key = option->get_lnames().empty() ? option->get_name()
                                            : option->get_lnames().front();
    if (flag.names.empty())
      for (char &c : flag.key)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    flag.takesValue = option->get_expected_max() != 0;
    if (option->get_configurable())
      flags.push_back(std::move(flag));
  }
  return flags;
}

/// The settings that a parsed command line gave.
template <typename App> std::vector<Setting> listGiven(const App &app) {
  std::vector<Setting> given;
  size_t index = 0;
  const std::vector<SettableFlag> flags = listSettable(app);
  for (const auto *option : app.get_options()) {
    if (!option->get_configurable())
      continue;
    const SettableFlag &flag = flags[index++];
    if (option->count() > 0)
      given.push_back({flag.key, flag.takesValue
                                     ? option->results()
                                     : std::vector<std::string>{"true"}});
  }
  return given;
}

/// The same as text.
template <typename App> std::string writeSettings(const App &app) {
  std::string text;
  for (const Setting &setting : listGiven(app))
    text += writeSetting(setting.key, setting.values);
  return text;
}

/// Appends the settings to a command line that does not give them: the words
/// behind the command.
std::optional<SettingsError> addSettings(const std::vector<Setting> &settings,
                                         const std::vector<SettableFlag> &flags,
                                         std::vector<std::string> &words);

/// The value of --config among the words, if it is there.
std::optional<std::string> findConfig(const std::vector<std::string> &words);

} // namespace dpc

#endif // DPC_DIALECTS_SUPPORT_SETTINGS_H
