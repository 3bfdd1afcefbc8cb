//===- CheckpointFolder.cpp - Where checkpoints lie -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint/CheckpointFolder.h"
#include "dialects/Support/CheckpointNames.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

namespace dpc::rt {

namespace fs = std::filesystem;

static constexpr std::string_view kPartial = ".partial";

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

Expected<std::vector<std::string>> CheckpointFolder::list() const {
  std::error_code code;
  std::vector<std::string> names = listCheckpoints(path, code);
  if (code)
    return Error{path, "cannot be read: " + code.message(),
                 "name a folder of checkpoints"};
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
  if (isCheckpointName(name)) {
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
  Status status;
  std::error_code code;
  std::vector<std::string> names;
  for (const fs::directory_entry &entry : fs::directory_iterator(path, code)) {
    std::string name = entry.path().filename();
    if (name.ends_with(kPartial) &&
        isCheckpointName(
            std::string_view(name).substr(0, name.size() - kPartial.size())))
      names.push_back(std::move(name));
  }
  for (const std::string &name : names)
    status = firstFailure(status, remove(name));
  return status;
}

} // namespace dpc::rt
