//===- CheckpointFolder.cpp - Where checkpoints lie -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint/CheckpointFolder.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

namespace dpc::rt {

namespace fs = std::filesystem;

static constexpr std::string_view kPrefix = "step-", kPartial = ".partial";

std::string CheckpointFolder::nameOf(int64_t step) {
  char name[32];
  std::snprintf(name, sizeof(name), "step-%08lld",
                static_cast<long long>(step));
  return name;
}

std::string CheckpointFolder::finalPath(int64_t step) const {
  return path + "/" + nameOf(step);
}

std::string CheckpointFolder::partialPath(int64_t step) const {
  return finalPath(step) + std::string(kPartial);
}

static bool isCheckpoint(std::string_view name) {
  return name.starts_with(kPrefix) && name.size() >= kPrefix.size() + 8 &&
         name.size() <= kPrefix.size() + 19 &&
         name.find_first_not_of("0123456789", kPrefix.size()) ==
             std::string_view::npos;
}

/// The entries' names for which `is` holds.
template <typename Is>
static Expected<std::vector<std::string>> listNames(const std::string &path,
                                                    Is is) {
  std::vector<std::string> names;
  std::error_code code;
  fs::directory_iterator entries(path, code);
  for (; !code && entries != fs::directory_iterator(); entries.increment(code))
    if (std::string name = entries->path().filename(); is(name))
      names.push_back(std::move(name));
  if (code && code != std::errc::no_such_file_or_directory)
    return Error{path, "cannot be read: " + code.message(),
                 "name a folder of checkpoints"};
  return names;
}

Expected<std::vector<std::string>> CheckpointFolder::list() const {
  Expected<std::vector<std::string>> names = listNames(path, isCheckpoint);
  // Longer numbers are larger.
  if (names.ok())
    std::sort(names->begin(), names->end(), [](auto &a, auto &b) {
      return std::pair(a.size(), a) > std::pair(b.size(), b);
    });
  return names;
}

Status CheckpointFolder::lock() {
  std::string name = path + "/.lock";
  int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return Error{"--checkpoint",
                 path + " cannot be written to: " + systemError(errno),
                 "name a folder that can be written to"};
  // Held until the process ends.
  constexpr int tries = 100;
  for (int i = 0; i < tries; ++i) {
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0)
      return {};
    // Not every file system has locks.
    if (errno != EWOULDBLOCK && errno != EINTR)
      return {};
    ::usleep(100'000);
  }
  ::close(descriptor);
  return Error{"--checkpoint", "another run is writing to " + path,
               "end it, or name another folder"};
}

Status CheckpointFolder::sync(const std::string &folder) {
  int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool failed = descriptor < 0 || (::fsync(descriptor) != 0 && errno != EINVAL);
  int code = errno;
  if (descriptor >= 0)
    ::close(descriptor);
  if (failed)
    return Error{folder, "cannot be written: " + systemError(code), ""};
  return {};
}

/// Under the name of a partial one first: what is removed in part must not look
/// whole.
Status CheckpointFolder::remove(const std::string &name) const {
  std::error_code code;
  std::string partial = name;
  if (isCheckpoint(name)) {
    partial += kPartial;
    fs::remove_all(path + "/" + partial, code);
    if (!code)
      fs::rename(path + "/" + name, path + "/" + partial, code);
  }
  if (!code)
    fs::remove_all(path + "/" + partial, code);
  if (code)
    return Error{path + "/" + name, "cannot be removed: " + code.message(), ""};
  return {};
}

Status CheckpointFolder::commit(int64_t step) const {
  std::string from = partialPath(step), to = finalPath(step);
  Status status = sync(from);
  if (!status.ok())
    return status;
  if (::rename(from.c_str(), to.c_str()) != 0) {
    if (errno != ENOTEMPTY && errno != EEXIST)
      return Error{to, "cannot get its name: " + systemError(errno), ""};
    // Of an earlier life: that one goes back to a name of its own.
    std::error_code code;
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                    RENAME_EXCHANGE) != 0) {
      fs::remove_all(to, code);
      fs::rename(from, to, code);
    }
    if (code)
      return Error{to, "cannot get its name: " + code.message(), ""};
    fs::remove_all(from, code);
  }
  return sync(path);
}

Status CheckpointFolder::prune(int64_t keep) const {
  Expected<std::vector<std::string>> names = list();
  if (!names.ok())
    return names.status();
  Status status;
  for (size_t i = static_cast<size_t>(keep); i < names->size(); ++i)
    status = firstFailure(status, remove((*names)[i]));
  return status;
}

Status CheckpointFolder::removePartial() const {
  Expected<std::vector<std::string>> names =
      listNames(path, [](std::string_view name) {
        return name.ends_with(kPartial) &&
               isCheckpoint(name.substr(0, name.size() - kPartial.size()));
      });
  if (!names.ok())
    return names.status();
  Status status;
  for (const std::string &name : *names)
    status = firstFailure(status, remove(name));
  return status;
}

} // namespace dpc::rt
