//===- OutputFile.cpp - Files that are whole or not there -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/OutputFile.h"
#include "runtime/Core/Signals.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace dpc::rt {

/// A file without a name in `folder`; -1 if there are none here.
static int openUnnamed(const std::string &folder) {
  int descriptor =
      ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  // Its name will come from there.
  if (descriptor >= 0 && ::access("/proc/self/fd", X_OK) != 0) {
    ::close(descriptor);
    return -1;
  }
  return descriptor;
}

int syncDescriptor(int descriptor) {
  int result;
  do
    result = ::fsync(descriptor);
  while (result != 0 && errno == EINTR);
  return result;
}

/// A signal in between leaves it closed.
static bool closeDescriptor(int descriptor) {
  return ::close(descriptor) == 0 || errno == EINTR;
}

Expected<OutputFile> OutputFile::create(const std::string &path) {
  OutputFile file;
  file.target = path;
  struct stat info = {};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode))
      return Error{path, "is a directory", "name a file"};
    // Renaming onto a device or a pipe would replace it.
    if (!S_ISREG(info.st_mode))
      return Error{path, "is not a regular file", "name another file"};
    std::error_code code;
    std::filesystem::path real = std::filesystem::canonical(path, code);
    if (!code)
      file.target = real;
  }
  size_t slash = file.target.rfind('/');
  size_t base = slash == std::string::npos ? 0 : slash + 1;
  if (base == file.target.size())
    return Error{path, "is no name of a file", "name a file"};
  // The name is cut so that it stays within the file system's limit.
  std::string folder = base ? file.target.substr(0, base) : "./";
  file.temporary = folder + "." + file.target.substr(base, 200) + ".tmp" +
                   std::to_string(::getpid());
  file.descriptor = openUnnamed(folder);
  if (file.descriptor >= 0)
    return file;
  file.signalSlot = removeBySignal(file.temporary);
  file.descriptor = ::open(file.temporary.c_str(),
                           O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file.descriptor < 0)
    return Error{path, "cannot write the file: " + systemError(errno),
                 "name a file in a folder that exists and can be written to"};
  file.hasName = true;
  return file;
}

OutputFile::OutputFile(OutputFile &&other) noexcept
    : target(std::move(other.target)), temporary(std::move(other.temporary)),
      hasName(std::exchange(other.hasName, false)),
      signalSlot(std::exchange(other.signalSlot, -1)),
      descriptor(std::exchange(other.descriptor, -1)), end(other.end) {}

OutputFile::~OutputFile() {
  if (descriptor >= 0)
    ::close(descriptor);
  if (hasName)
    ::unlink(temporary.c_str());
  keepBySignal(signalSlot);
}

Error OutputFile::failure(const std::string &what) const {
  return Error{target, what + ": " + systemError(errno), ""};
}

Status OutputFile::write(std::string_view bytes) {
  Status status = writeAt(end, bytes);
  if (status.ok())
    end += bytes.size();
  return status;
}

Status OutputFile::writeAt(uint64_t position, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::pwrite(descriptor, bytes.data(), bytes.size(),
                         static_cast<off_t>(position));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return failure("cannot write the file");
    bytes.remove_prefix(static_cast<size_t>(n));
    position += static_cast<uint64_t>(n);
  }
  return {};
}

Status OutputFile::writeDirectly(std::string_view bytes) {
  size_t whole = bytes.size() / kDirectAlignment * kDirectAlignment, done = 0;
  int flags = ::fcntl(descriptor, F_GETFL);
  if (flags >= 0 && ::fcntl(descriptor, F_SETFL, flags | O_DIRECT) == 0) {
    constexpr size_t most = 8 << 20;
    // What is not written so, and why, is left to write().
    for (ssize_t n = 0; done < whole && n % kDirectAlignment == 0;) {
      n = ::pwrite(descriptor, bytes.data() + done,
                   std::min(whole - done, most),
                   static_cast<off_t>(end + done));
      if (n < 0 && errno == EINTR) {
        n = 0;
        continue;
      }
      if (n <= 0)
        break;
      done += static_cast<size_t>(n);
    }
    ::fcntl(descriptor, F_SETFL, flags);
  }
  end += done;
  return write(bytes.substr(done));
}

Status OutputFile::reserve(uint64_t bytes) {
  while (bytes > 0 &&
         ::fallocate(descriptor, 0, 0, static_cast<off_t>(bytes)) != 0) {
    // Not every file system can.
    if (errno == EOPNOTSUPP || errno == ENOSYS)
      return {};
    if (errno != EINTR)
      return Error{target,
                   "cannot take " + std::to_string(bytes) +
                       " bytes for the file: " + systemError(errno),
                   "make room or name another place"};
  }
  return {};
}

Status OutputFile::flush() {
  if (syncDescriptor(descriptor) != 0)
    return failure("cannot write the file");
  return {};
}

Status OutputFile::commit() {
  Status status = flush();
  if (!status.ok())
    return status;
  if (!hasName) {
    std::string self = "/proc/self/fd/" + std::to_string(descriptor);
    // A link replaces no file; then a renaming does.
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, target.c_str(),
                 AT_SYMLINK_FOLLOW) == 0) {
      if (!closeDescriptor(std::exchange(descriptor, -1)))
        return failure("cannot write the file");
      return {};
    }
    if (errno != EEXIST)
      return failure("cannot give the file its name");
    // Left by a process of the same number.
    ::unlink(temporary.c_str());
    signalSlot = removeBySignal(temporary);
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, temporary.c_str(),
                 AT_SYMLINK_FOLLOW) != 0)
      return failure("cannot give the file its name");
    hasName = true;
  }
  if (!closeDescriptor(std::exchange(descriptor, -1)))
    return failure("cannot write the file");
  if (::rename(temporary.c_str(), target.c_str()) != 0)
    return failure("cannot give the file its name");
  hasName = false;
  keepBySignal(std::exchange(signalSlot, -1));
  return {};
}

/// The error of OutputFile::create about the value of a flag.
static Error nameFlag(const std::string &flag, const std::string &path,
                      Error error) {
  error.what = path + ": " + error.what;
  error.where = flag;
  return error;
}

Expected<OutputFile> createOutput(const std::string &flag,
                                  const std::string &path) {
  Expected<OutputFile> file = OutputFile::create(path);
  if (!file.ok())
    return nameFlag(flag, path, file.error());
  return file;
}

Status probeStream(const std::string &flag, const std::string &path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode))
    return createOutput(flag, path).status();
  if (::access(path.c_str(), W_OK) == 0)
    return {};
  return Error{flag, "cannot write " + path + ": " + systemError(errno),
               "name a file that can be written to"};
}

Status makeFolder(const std::string &flag, const std::string &path) {
  std::error_code code, ignored;
  std::filesystem::create_directories(path, code);
  if (!std::filesystem::is_directory(path, ignored))
    return Error{flag,
                 "cannot make the folder " + path +
                     (code ? ": " + code.message() : std::string()),
                 "name a folder that can be written to"};
  return {};
}

Status prepareFolder(const std::string &flag, const std::string &path) {
  if (Status status = makeFolder(flag, path); !status.ok())
    return status;
  Expected<OutputFile> file = OutputFile::create(path + "/dpc-probe");
  if (file.ok())
    return {};
  Error error = nameFlag(flag, path, file.error());
  error.hint = "name a folder that can be written to";
  return error;
}

} // namespace dpc::rt
