//===- CheckpointFolder.cpp - Where checkpoints lie -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint/CheckpointFolder.h"
#include "dialects/Support/CheckpointNames.h"
#include "dialects/Support/Hash.h"
#include "runtime/Core/OutputFile.h"
#include "runtime/Data/FileBytes.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

namespace dpc::rt {

namespace fs = std::filesystem;

static constexpr const char *kLock = "/.lock";
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

Status CheckpointFolder::lock(const std::function<void()> &between) {
  if (Status status = makeFolder("--checkpoint", path); !status.ok())
    return status;
  std::string name = path + kLock;
  int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return Error{"--checkpoint",
                 path + " cannot be written to: " + systemError(errno),
                 "name a folder that can be written to"};
  constexpr int tries = 100;
  for (int i = 0; ::flock(descriptor, LOCK_EX | LOCK_NB) != 0; ++i) {
    // Not every file system has locks.
    if (errno != EWOULDBLOCK && errno != EINTR)
      break;
    if (i == tries) {
      ::close(descriptor);
      return Error{"--checkpoint", "another run is writing to " + path,
                   "end it, or name another folder"};
    }
    between();
    ::usleep(100'000);
  }
  // Held until the process ends.
  uint64_t chance = 0;
  if (::getrandom(&chance, sizeof(chance), 0) != sizeof(chance))
    return Error{"--checkpoint",
                 "random numbers cannot be had: " + systemError(errno), ""};
  std::string mark =
      Hash::text(chance * 1000003 + static_cast<uint64_t>(::getpid()));
  if (::pwrite(descriptor, mark.data(), mark.size(), 0) !=
      static_cast<ssize_t>(mark.size()))
    return Error{"--checkpoint",
                 name + " cannot be written: " + systemError(errno),
                 "name a folder that can be written to"};
  return {};
}

std::string CheckpointFolder::mark() const {
  Expected<FileBytes> bytes = FileBytes::open(path + kLock);
  return bytes.ok() ? "the folder with the mark " +
                          std::string(bytes->view().substr(0, 16))
                    : "a folder without rank 0's mark";
}

Status CheckpointFolder::sync(const std::string &folder) {
  int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool failed =
      descriptor < 0 || (syncDescriptor(descriptor) != 0 && errno != EINVAL);
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

Status CheckpointFolder::prune(int64_t keep, int64_t last) const {
  Expected<std::vector<std::string>> names = list();
  if (!names.ok())
    return names.status();
  auto kept = std::find(names->begin(), names->end(), nameOf(last));
  Status status;
  for (; kept != names->end(); ++kept)
    if (keep-- <= 0)
      status = firstFailure(status, remove(*kept));
  return status;
}

Status CheckpointFolder::removePartial() const {
  Status status;
  std::error_code code;
  std::vector<std::string> names;
  fs::directory_iterator entries(path, code);
  for (; !code && entries != fs::directory_iterator();
       entries.increment(code)) {
    std::string name = entries->path().filename();
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
