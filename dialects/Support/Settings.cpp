//===- Settings.cpp - Flags in a file -------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Support/Settings.h"
#include "dialects/Support/Suggest.h"

#include <algorithm>
#include <fstream>

namespace dpc {

namespace {

constexpr std::string_view kMarks = "&*!|>%@`[]{},#?-:'\"";

std::string_view trim(std::string_view text) {
  size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

class Parser {
public:
  explicit Parser(std::vector<Setting> &settings) : settings(settings) {}

  std::optional<SettingsError> parse(std::string_view text) {
    if (text.size() > kMostSettingsBytes)
      return SettingsError{0, "is too long for a file of settings", ""};
    if (text.starts_with("\xef\xbb\xbf"))
      text.remove_prefix(3);
    while (!text.empty() && !failure) {
      ++line;
      size_t end = std::min(text.find('\n'), text.size());
      std::string_view content = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (content.ends_with('\r'))
        content.remove_suffix(1);
      readLine(content);
    }
    closeBlock();
    return failure;
  }

private:
  void fail(std::string what, std::string hint = {}) {
    if (!failure)
      failure = SettingsError{line, std::move(what), std::move(hint)};
  }

  /// A setting whose values stand in the lines below has some.
  void closeBlock() {
    if (isOpen && settings.back().values.empty()) {
      line = settings.back().line;
      fail("'" + settings.back().key + "' has no value");
    }
    isOpen = false;
  }

  void readLine(std::string_view text) {
    size_t indent = text.find_first_not_of(' ');
    if (indent == std::string_view::npos || text[indent] == '#')
      return;
    text.remove_prefix(indent);
    for (char c : text)
      if (static_cast<unsigned char>(c) < ' ')
        return fail("holds a tab or another control character",
                    "indent by spaces");
    if (indent == 0 && text == "---" && settings.empty())
      return;
    if (indent > 0 || text.starts_with("- "))
      return readItem(text, indent);
    closeBlock();
    std::string key;
    if (!readKey(text, key))
      return;
    for (const Setting &other : settings)
      if (other.key == key)
        return fail("'" + key + "' is given twice, first in line " +
                    std::to_string(other.line));
    settings.push_back({key, {}, line});
    blockIndent.reset();
    if (text.empty() || text[0] == '#') {
      isOpen = true;
      return;
    }
    readValue(text);
  }

  /// A line beneath a setting without a value of its own.
  void readItem(std::string_view text, size_t indent) {
    if (!isOpen)
      return fail("is indented, but the line above has a value");
    bool isList = text == "-" || text.starts_with("- ");
    if (!blockIndent) {
      blockIndent = indent;
      blockIsList = isList;
    }
    if (indent != *blockIndent || isList != blockIsList)
      return fail("is not indented as the line above");
    std::string value;
    if (isList) {
      text = trim(text.substr(1));
      if (!readScalar(text, "", value))
        return;
    } else {
      std::string key;
      if (!readKey(text, key) || !readScalar(text, "", value))
        return;
      value = key + "=" + value;
    }
    if (endsHere(text))
      settings.back().values.push_back(std::move(value));
  }

  /// Takes "KEY: " off the text.
  bool readKey(std::string_view &text, std::string &key) {
    if (text[0] == '\'' || text[0] == '"') {
      if (!readScalar(text, ":", key))
        return false;
    } else {
      size_t colon = 0;
      while (colon < text.size() &&
             !(text[colon] == ':' &&
               (colon + 1 == text.size() || text[colon + 1] == ' ')))
        ++colon;
      if (colon == text.size() || colon == 0) {
        fail("is not of the form FLAG: VALUE");
        return false;
      }
      key = trim(text.substr(0, colon));
      text.remove_prefix(colon);
    }
    if (!text.starts_with(':')) {
      fail("is not of the form FLAG: VALUE");
      return false;
    }
    text = trim(text.substr(1));
    return true;
  }

  void readValue(std::string_view text) {
    char open = text[0], close = open == '[' ? ']' : '}';
    std::vector<std::string> &values = settings.back().values;
    if (open != '[' && open != '{') {
      std::string value;
      if (readScalar(text, "", value) && endsHere(text))
        values.push_back(std::move(value));
      return;
    }
    text = trim(text.substr(1));
    while (!text.empty() && text[0] != close) {
      std::string value;
      if (open == '{') {
        std::string key;
        if (!readKey(text, key) || !readScalar(text, ",}", value))
          return;
        value = key + "=" + value;
      } else if (!readScalar(text, ",]", value)) {
        return;
      }
      values.push_back(std::move(value));
      text = trim(text);
      if (text.starts_with(','))
        text = trim(text.substr(1));
      else if (!text.starts_with(close))
        break;
    }
    if (!text.starts_with(close))
      return fail(std::string("lacks a '") + close + "' in the same line");
    text.remove_prefix(1);
    if (values.empty())
      return fail("'" + settings.back().key + "' has no value");
    endsHere(text);
  }

  /// Takes a value off the text, which one of `ends` may follow.
  bool readScalar(std::string_view &text, std::string_view ends,
                  std::string &value) {
    if (text.empty() || text[0] == '#') {
      fail("has no value");
      return false;
    }
    char first = text[0];
    if (first == '\'' || first == '"')
      return readQuoted(text, first, value);
    bool isMark = kMarks.find(first) != std::string_view::npos;
    // A number may be negative.
    if (isMark && !(first == '-' && text.size() > 1 && text[1] != ' ')) {
      fail("a value that begins with '" + std::string(1, first) +
               "' stands in quotes",
           "write '" + std::string(text) + "'");
      return false;
    }
    size_t end = 0;
    while (end < text.size() &&
           ends.find(text[end]) == std::string_view::npos &&
           !(text[end] == '#' && text[end - 1] == ' '))
      ++end;
    std::string_view plain = trim(text.substr(0, end));
    if (plain.find(": ") != std::string_view::npos || plain.ends_with(':')) {
      fail("a value that holds ': ' stands in quotes");
      return false;
    }
    value = plain;
    text.remove_prefix(end);
    return true;
  }

  bool readQuoted(std::string_view &text, char quote, std::string &value) {
    for (size_t at = 1; at < text.size(); ++at) {
      char c = text[at];
      char next = at + 1 < text.size() ? text[at + 1] : 0;
      if (c == quote && quote == '\'' && next == quote) {
        value += c;
        ++at;
      } else if (c == quote) {
        text = trim(text.substr(at + 1));
        return true;
      } else if (c == '\\' && quote == '"') {
        if (next != '"' && next != '\\') {
          fail("only \\\" and \\\\ are known behind a backslash");
          return false;
        }
        value += next;
        ++at;
      } else {
        value += c;
      }
    }
    fail("a quote is not closed");
    return false;
  }

  bool endsHere(std::string_view text) {
    text = trim(text);
    if (text.empty() || text[0] == '#')
      return true;
    fail("has more behind its value: '" + std::string(text) + "'");
    return false;
  }

  std::vector<Setting> &settings;
  size_t line = 0;
  /// Whether lines beneath the last setting hold its values, and how.
  bool isOpen = false;
  std::optional<size_t> blockIndent;
  bool blockIsList = false;
  std::optional<SettingsError> failure;
};

std::string quote(std::string_view value) {
  bool isPlain =
      !value.empty() && value.front() != ' ' && value.back() != ' ' &&
      value.find_first_of("#'\"[]{},\\") == std::string_view::npos &&
      value.find(": ") == std::string_view::npos && value.back() != ':' &&
      (kMarks.find(value.front()) == std::string_view::npos ||
       (value.size() > 1 && value.front() == '-' && value[1] != ' '));
  if (isPlain)
    return std::string(value);
  std::string text = "'";
  for (char c : value)
    text += c == '\'' ? "''" : std::string(1, c);
  return text + "'";
}

bool isGiven(const SettableFlag &flag, const std::vector<std::string> &words) {
  for (const std::string &word : words) {
    if (word == "--")
      return false;
    for (const std::string &name : flag.names)
      if (word == name || word.starts_with(name + "=") ||
          (!name.starts_with("--") && !word.starts_with("--") &&
           word.starts_with(name)))
        return true;
  }
  return false;
}

/// Whether a word stands there that is no flag and no flag's value.
bool hasArgument(const std::vector<SettableFlag> &flags,
                 const std::vector<std::string> &words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].empty() || words[i][0] != '-' || words[i] == "--")
      return true;
    if (words[i] == "--config") {
      ++i;
      continue;
    }
    for (const SettableFlag &flag : flags)
      if (flag.takesValue && std::find(flag.names.begin(), flag.names.end(),
                                       words[i]) != flag.names.end()) {
        ++i;
        break;
      }
  }
  return false;
}

} // namespace

std::optional<SettingsError> parseSettings(std::string_view text,
                                           std::vector<Setting> &settings) {
  return Parser(settings).parse(text);
}

std::optional<SettingsError> readSettings(const std::string &path,
                                          std::vector<Setting> &settings) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostSettingsBytes + 1, 0);
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size())) &&
      !file.eof())
    return SettingsError{0, "cannot be read as a file of settings",
                         "name a file with lines FLAG: VALUE"};
  text.resize(static_cast<size_t>(file.gcount()));
  return parseSettings(text, settings);
}

std::string writeSetting(const std::string &key,
                         const std::vector<std::string> &values) {
  if (values.size() == 1)
    return key + ": " + quote(values[0]) + "\n";
  std::string text = key + ":\n";
  for (const std::string &value : values)
    text += "  - " + quote(value) + "\n";
  return text;
}

std::optional<std::string> findConfig(const std::vector<std::string> &words) {
  constexpr std::string_view flag = "--config";
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == flag && i + 1 < words.size())
      return words[i + 1];
    if (words[i].starts_with("--config="))
      return words[i].substr(flag.size() + 1);
  }
  return std::nullopt;
}

std::optional<SettingsError> addSettings(const std::vector<Setting> &settings,
                                         const std::vector<SettableFlag> &flags,
                                         std::vector<std::string> &words) {
  const std::vector<std::string> given = words;
  std::vector<std::string_view> keys;
  for (const SettableFlag &flag : flags)
    keys.push_back(flag.key);
  for (const Setting &setting : settings) {
    auto fail = [&](std::string what, std::string hint = {}) {
      return SettingsError{setting.line, std::move(what), std::move(hint)};
    };
    auto flag =
        std::find_if(flags.begin(), flags.end(), [&](const SettableFlag &flag) {
          return flag.key == setting.key;
        });
    if (flag == flags.end())
      return fail("there is no flag '" + setting.key + "'",
                  suggest(setting.key, keys, "see '--help' for the flags"));
    bool isArgument = flag->names.empty();
    if (flag->isIgnored ||
        (isArgument ? hasArgument(flags, given) : isGiven(*flag, given)))
      continue;
    for (const std::string &value : setting.values) {
      if (isArgument) {
        words.push_back(value);
      } else if (flag->takesValue) {
        words.push_back(flag->names.back() + "=" + value);
      } else if (value == "true") {
        words.push_back(flag->names.back());
      } else if (value != "false") {
        return fail("'" + setting.key + "' takes no value",
                    "write true or false");
      }
    }
  }
  return std::nullopt;
}

} // namespace dpc
