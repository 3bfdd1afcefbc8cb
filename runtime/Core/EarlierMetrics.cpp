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
#include <memory>
#include <nlohmann/json.hpp>
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

/// A value that was not finite is null.
static std::optional<double> findNumber(const nlohmann::ordered_json &line,
                                        const char *key) {
  auto found = line.find(key);
  if (found == line.end() || !found->is_number())
    return std::nullopt;
  return found->get<double>();
}

static Status tell(const nlohmann::ordered_json &line, int64_t step,
                   Sink &sink) {
  Evaluation evaluation;
  for (const auto &[key, value] : line.items())
    if (key.starts_with("eval_") && value.is_number())
      evaluation.metrics.push_back({key.substr(5), value.get<double>()});
  if (!evaluation.metrics.empty())
    return sink.evaluation(step, evaluation);
  if (!line.contains("step_ms"))
    return {};
  StepRecord record;
  record.step = step;
  record.loss = findNumber(line, "loss");
  record.learningRate = findNumber(line, "lr");
  record.gradNorm = findNumber(line, "grad_norm");
  record.seconds = findNumber(line, "step_ms").value_or(0) / 1e3;
  record.dataSeconds = findNumber(line, "data_ms").value_or(0) / 1e3;
  record.rate = findNumber(line, "samples_per_second").value_or(0);
  return sink.step(record);
}

int64_t replayMetrics(std::istream &file, int64_t step, Sink *sink) {
  constexpr std::string_view start = "{\"step\": ";
  // Longer than any line; a file of something else may have no lines.
  constexpr std::streamsize longest = 1 << 20;
  auto buffer = std::make_unique_for_overwrite<char[]>(longest);
  int64_t told = 0;
  while (file.getline(buffer.get(), longest) && !file.eof()) {
    std::string_view line(buffer.get(), static_cast<size_t>(file.gcount()) - 1);
    int64_t number = 0;
    if (!line.starts_with(start) ||
        std::from_chars(line.data() + start.size(), line.data() + line.size(),
                        number)
                .ec != std::errc() ||
        number > step)
      break;
    if (sink) {
      auto values = nlohmann::ordered_json::parse(line, nullptr,
                                                  /*allow_exceptions=*/false);
      if (values.is_object() && !tell(values, number, *sink).ok())
        break;
    }
    told += file.gcount();
  }
  return told;
}

int64_t cutMetrics(const std::string &path, int64_t step) {
  if (!holdsSomething(path))
    return 0;
  std::ifstream file(path);
  int64_t kept = replayMetrics(file, step, nullptr);
  if (kept > 0 && ::truncate(path.c_str(), kept) != 0)
    return 0;
  return kept;
}

void replayMetrics(const std::string &path, int64_t step, Sink &sink) {
  if (!holdsSomething(path))
    return;
  std::ifstream file(path);
  replayMetrics(file, step, &sink);
}

} // namespace dpc::rt
