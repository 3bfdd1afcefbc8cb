//===- Scratch.cpp - What is made of the data, and may be large -----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Scratch.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace dpc::rt {

/// Between two looks at the room on the disk.
static constexpr int64_t checkInterval = int64_t(64) << 20;
/// The share of the disk that is left to others.
static constexpr uint64_t shareForOthers = 50;

Scratch::Scratch(Scratch &&other) noexcept
    : where(std::move(other.where)), limit(other.limit), length(other.length),
      text(std::move(other.text)), mapped(std::move(other.mapped)),
      descriptor(std::exchange(other.descriptor, -1)),
      folder(std::move(other.folder)), checkedLength(other.checkedLength) {}

Scratch::~Scratch() {
  if (descriptor >= 0)
    ::close(descriptor);
}

Status Scratch::openFile() {
  const char *named = std::getenv("TMPDIR");
  folder = named && *named ? named : "/var/tmp";
  descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    // Not all file systems have files without a name. mkostemp replaces the end.
    std::string path = folder + "/dpc-" + std::string(6, 'X');
    descriptor = ::mkostemp(path.data(), O_CLOEXEC);
    if (descriptor >= 0)
      ::unlink(path.c_str());
  }
  if (descriptor >= 0)
    return {};
  return Error{where,
               "needs a file for what does not fit into memory, which cannot "
               "be made in " +
                   folder + ": " + systemError(errno),
               "set TMPDIR to a folder on a disk with room, or give more "
               "--data-memory"};
}

Status Scratch::write(std::string_view bytes) {
  int64_t end = length + static_cast<int64_t>(bytes.size());
  int failure = 0;
  if (struct statvfs disk = {};
      end > checkedLength && ::fstatvfs(descriptor, &disk) == 0) {
    checkedLength = end + checkInterval;
    // What is written next is checked before it is written.
    if (disk.f_bavail * disk.f_frsize <
        disk.f_blocks * disk.f_frsize / shareForOthers +
            static_cast<uint64_t>(checkInterval))
      failure = ENOSPC;
  }
  for (int64_t at = length; at < end && !failure;) {
    ssize_t count =
        ::pwrite(descriptor, bytes.data() + (at - length), end - at, at);
    if (count > 0)
      at += count;
    else if (count == 0 || errno != EINTR)
      failure = count == 0 ? ENOSPC : errno;
  }
  if (!failure)
    return {};
  return Error{where,
               "needs more than " + std::to_string(length) +
                   " bytes in a file in " + folder + ": " +
                   systemError(failure),
               "set TMPDIR to a folder on a disk with room, or give more "
               "--data-memory"};
}

void Scratch::reserve(int64_t bytes) {
  if (descriptor < 0 && bytes <= limit)
    text.reserve(static_cast<size_t>(bytes));
}

Status Scratch::append(std::string_view bytes) {
  int64_t end = length + static_cast<int64_t>(bytes.size());
  if (descriptor < 0 && end <= limit) {
    text.append(bytes);
    length = end;
    return {};
  }
  if (descriptor < 0) {
    Status status = openFile();
    length = 0;
    if (status.ok())
      status = write(text);
    if (!status.ok())
      return status;
    length = static_cast<int64_t>(text.size());
    text = {};
  }
  Status status = write(bytes);
  if (status.ok())
    length += static_cast<int64_t>(bytes.size());
  return status;
}

Status Scratch::finish() {
  if (descriptor < 0)
    return {};
  Expected<FileBytes> bytes =
      FileBytes::map(descriptor, static_cast<size_t>(length), where);
  if (bytes.ok())
    mapped.emplace(std::move(*bytes));
  return bytes.status();
}

} // namespace dpc::rt
