//===- CheckpointNames.h - What stands for a checkpoint ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What `dpc run`, which starts a training again, and the training know of each
// other.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_CHECKPOINTNAMES_H
#define DPC_DIALECTS_SUPPORT_CHECKPOINTNAMES_H

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace dpc {

/// The exit status of a training that a signal ended and that --resume takes up
/// again: sysexits' "try again later".
inline constexpr int kResumableStatus = 75;

inline constexpr std::string_view kCheckpointPrefix = "step-";

/// How the states of a scaled loss are called, which are no parameter's. A
/// training may go on with another precision: they begin anew, or are left.
inline constexpr std::string_view kLossScalePrefix = "loss_scale.";

/// "step-00000040", with 8 digits or more.
inline bool isCheckpointName(std::string_view name) {
  constexpr size_t prefix = kCheckpointPrefix.size();
  return name.starts_with(kCheckpointPrefix) && name.size() >= prefix + 8 &&
         name.size() <= prefix + 19 &&
         name.find_first_not_of("0123456789", prefix) == std::string_view::npos;
}

/// The names of the checkpoints in a folder, the newest first; none if it is not
/// there. `code` is set where it cannot be read.
inline std::vector<std::string> listCheckpoints(const std::string &folder,
                                                std::error_code &code) {
  std::vector<std::string> names;
  std::filesystem::directory_iterator entries(folder, code), end;
  for (; !code && entries != end; entries.increment(code))
    if (std::string name = entries->path().filename(); isCheckpointName(name))
      names.push_back(std::move(name));
  if (code == std::errc::no_such_file_or_directory)
    code.clear();
  // Longer numbers are larger.
  std::sort(names.begin(), names.end(), [](auto &a, auto &b) {
    return std::pair(a.size(), a) > std::pair(b.size(), b);
  });
  return names;
}

} // namespace dpc

#endif // DPC_DIALECTS_SUPPORT_CHECKPOINTNAMES_H
