//===- StreamFile.cpp - A file of records that grows ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Report/StreamFile.h"
#include "dialects/Support/FileNames.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

namespace dpc::rt {

using Clock = std::chrono::steady_clock;

/// To a pipe's reader it leaves some seconds to come; -1 and errno on failure.
static int openForAppending(const std::string &path) {
  int descriptor = -1;
  for (int tries = 0; tries < 100; ++tries) {
    descriptor =
        ::open(path.c_str(),
               O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | O_NONBLOCK, 0666);
    if (descriptor >= 0 || errno != ENXIO)
      break;
    ::usleep(50'000);
  }
  if (descriptor >= 0)
    ::fcntl(descriptor, F_SETFL, O_APPEND);
  return descriptor;
}

Expected<StreamFile> StreamFile::open(const char *flag,
                                      const std::string &path) {
  StreamFile file;
  file.path = path;
  file.descriptor = openForAppending(path);
  if (file.descriptor < 0)
    return Error{
        flag,
        "cannot write " + path + ": " +
            (errno == ENXIO ? "nobody reads the pipe" : systemError(errno)),
        "name a file in a folder that exists and can be written to"};
  struct stat info = {};
  if (::fstat(file.descriptor, &info) == 0)
    file.begin = info.st_size;
  return file;
}

StreamFile::StreamFile(StreamFile &&other) noexcept
    : path(std::move(other.path)),
      descriptor(std::exchange(other.descriptor, -1)), begin(other.begin),
      buffer(std::move(other.buffer)), ends(std::move(other.ends)),
      lastFlush(other.lastFlush), status(std::move(other.status)) {}

StreamFile::~StreamFile() {
  if (descriptor >= 0)
    ::close(descriptor);
}

Status StreamFile::add(std::string_view record) {
  if (descriptor < 0)
    return {};
  buffer += record;
  ends.push_back(buffer.size());
  if (buffer.size() > 65536 ||
      Clock::now() - lastFlush > std::chrono::seconds(1))
    return flush();
  return {};
}

Status StreamFile::flush() {
  lastFlush = Clock::now();
  size_t written = 0;
  while (descriptor >= 0 && written < buffer.size()) {
    ssize_t n =
        ::write(descriptor, buffer.data() + written, buffer.size() - written);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      status = Error{path, "cannot write the file: " + systemError(errno), ""};
      // There is nothing to cut of a pipe or a device.
      auto part = std::upper_bound(ends.begin(), ends.end(), written);
      size_t whole = part == ends.begin() ? 0 : part[-1];
      if (!namesDescriptor(path))
        std::ignore =
            ::ftruncate(descriptor, begin + static_cast<int64_t>(whole));
      ::close(std::exchange(descriptor, -1));
      return status;
    }
    written += static_cast<size_t>(n);
  }
  begin += static_cast<int64_t>(written);
  buffer.clear();
  ends.clear();
  return {};
}

Status StreamFile::finish() {
  std::ignore = flush();
  if (descriptor >= 0 && ::close(std::exchange(descriptor, -1)) != 0)
    status = Error{path, "cannot write the file: " + systemError(errno), ""};
  return status;
}

} // namespace dpc::rt
