//===- EarlierMetrics.cpp - Metrics that go on ----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/EarlierMetrics.h"
#include "dialects/Support/FileNames.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace dpc::rt {

/// Whether there is anything in the file that could be lost.
static bool holdsSomething(const std::string &path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         info.st_size > 0 && !namesDescriptor(path);
}

Expected<std::string> keepEarlierMetrics(const std::string &path) {
  if (!holdsSomething(path))
    return std::string();
  std::string from = followLinks(path);
  for (int number = 1;; ++number) {
    std::string to = from + "." + std::to_string(number);
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                    RENAME_NOREPLACE) == 0)
      return to;
    // Not every file system can see to it that nothing is replaced.
    if (errno == EINVAL && ::access(to.c_str(), F_OK) != 0 &&
        ::rename(from.c_str(), to.c_str()) == 0)
      return to;
    if (errno != EEXIST && errno != EINVAL)
      return Error{"--metrics",
                   "cannot keep the earlier " + path + " as " + to + ": " +
                       systemError(errno),
                   "name another file"};
  }
}

int64_t cutMetrics(const std::string &path, int64_t step) {
  constexpr std::string_view start = "{\"step\": ";
  if (!holdsSomething(path))
    return 0;
  std::ifstream file(path);
  int64_t kept = 0;
  for (std::string line; std::getline(file, line) && !file.eof();) {
    int64_t number = 0;
    if (!line.starts_with(start) ||
        std::from_chars(line.data() + start.size(), line.data() + line.size(),
                        number)
                .ec != std::errc() ||
        number > step)
      break;
    kept += static_cast<int64_t>(line.size()) + 1;
  }
  if (kept > 0 && ::truncate(path.c_str(), kept) != 0)
    return 0;
  return kept;
}

} // namespace dpc::rt
