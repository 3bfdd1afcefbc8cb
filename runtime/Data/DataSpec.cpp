//===- DataSpec.cpp - Values of --data ------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/RowSource.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <glob.h>
#include <sys/stat.h>

namespace dpc::rt {

static bool exists(const std::string &path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 || errno == EACCES;
}

static bool isPattern(std::string_view text) {
  return text.find_first_of("*?[{") != std::string_view::npos;
}

/// What a path or a pattern names; empty if that is nothing.
static std::vector<std::string> findFiles(const std::string &path) {
  if (exists(path))
    return {path};
  if (!isPattern(path))
    return {};
  std::vector<std::string> files;
  glob_t found = {};
  if (::glob(path.c_str(), GLOB_NOSORT | GLOB_BRACE, nullptr, &found) == 0)
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  std::erase_if(files, [](const std::string &file) { return !exists(file); });
  // By bytes, whatever the language of the ranks' machines is.
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

Expected<DataSpec> parseDataSpec(const std::string &text) {
  DataSpec spec;
  for (size_t colon = text.size(); colon != std::string::npos;
       colon = colon ? text.rfind(':', colon - 1) : std::string::npos) {
    spec.files = findFiles(text.substr(0, colon));
    if (spec.files.empty())
      continue;
    if (colon < text.size())
      spec.selector = text.substr(colon + 1);
    if (colon + 1 == text.size())
      return Error{text, "names nothing behind the colon",
                   "leave the colon out"};
    return spec;
  }
  std::string path = text.substr(0, text.find(':'));
  if (isPattern(path))
    return Error{text, "no file has a name like that",
                 "write the pattern in quotes"};
  return Error{text, "cannot open the file: " + systemError(ENOENT), ""};
}

Expected<std::vector<SelectorItem>> parseSelector(const std::string &selector,
                                                  const std::string &where) {
  std::vector<SelectorItem> items;
  size_t at = 0;
  // A word up to one of the ends, or in quotes.
  auto readWord = [&](const char *ends, std::string &word) {
    if (at >= selector.size() || selector[at] != '"') {
      size_t end = std::min(selector.find_first_of(ends, at), selector.size());
      word = selector.substr(at, end - at);
      at = end;
      return true;
    }
    for (++at; at < selector.size(); ++at) {
      if (selector[at] != '"')
        word += selector[at];
      else if (at + 1 < selector.size() && selector[at + 1] == '"')
        word += selector[at++];
      else
        break;
    }
    if (at++ >= selector.size())
      return false;
    return at == selector.size() || std::strchr(ends, selector[at]) != nullptr;
  };
  for (;;) {
    SelectorItem item;
    bool good = readWord(",=", item.key);
    if (good && at < selector.size() && selector[at] == '=') {
      ++at;
      item.hasValue = true;
      good = readWord(",", item.value);
    }
    if (!good || item.key.empty())
      return Error{where,
                   "'" + printable(selector, 80) +
                       "' behind the colon is no list of the form A,B=VALUE",
                   "put names that hold commas, quotes or = into \"\""};
    items.push_back(std::move(item));
    if (at >= selector.size())
      return items;
    ++at;
  }
}

} // namespace dpc::rt
