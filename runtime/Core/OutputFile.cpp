//===- OutputFile.cpp - Files that are whole or not there -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/OutputFile.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace dpc::rt {

Expected<OutputFile> OutputFile::create(const std::string &path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode))
      return Error{path, "is a directory", "name a file"};
    // Renaming onto a device or a pipe would replace it.
    if (!S_ISREG(info.st_mode))
      return Error{path, "is not a regular file", "name another file"};
  }
  size_t slash = path.rfind('/');
  size_t base = slash == std::string::npos ? 0 : slash + 1;
  if (base == path.size())
    return Error{path, "is no name of a file", "name a file"};
  OutputFile file;
  file.target = path;
  // The name is cut so that it stays within the file system's limit.
  file.temporary = path.substr(0, base) + "." + path.substr(base, 200) +
                   ".tmp" + std::to_string(::getpid());
  file.descriptor = ::open(file.temporary.c_str(),
                           O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file.descriptor < 0) {
    file.temporary.clear();
    return Error{path, "cannot write the file: " + systemError(errno),
                 "name a file in a folder that exists and can be written to"};
  }
  return file;
}

OutputFile::OutputFile(OutputFile &&other) noexcept
    : target(std::move(other.target)),
      temporary(std::exchange(other.temporary, {})),
      descriptor(std::exchange(other.descriptor, -1)), end(other.end) {}

OutputFile::~OutputFile() {
  if (descriptor >= 0)
    ::close(descriptor);
  if (!temporary.empty())
    ::unlink(temporary.c_str());
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

Status OutputFile::commit() {
  if (::fsync(descriptor) != 0)
    return failure("cannot write the file");
  int closing = std::exchange(descriptor, -1);
  if (::close(closing) != 0)
    return failure("cannot write the file");
  if (::rename(temporary.c_str(), target.c_str()) != 0)
    return failure("cannot give the file its name");
  temporary.clear();
  return {};
}

Status probeOutput(const std::string &flag, const std::string &path) {
  Expected<OutputFile> file = OutputFile::create(path);
  if (file.ok())
    return {};
  Error error = file.error();
  error.what = path + ": " + error.what;
  error.where = flag;
  return error;
}

Status probeStream(const std::string &flag, const std::string &path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode))
    return probeOutput(flag, path);
  if (::access(path.c_str(), W_OK) == 0)
    return {};
  return Error{flag, "cannot write " + path + ": " + systemError(errno),
               "name a file that can be written to"};
}

Status prepareFolder(const std::string &flag, const std::string &path) {
  std::error_code code, ignored;
  std::filesystem::create_directories(path, code);
  if (!std::filesystem::is_directory(path, ignored))
    return Error{flag,
                 "cannot make the folder " + path +
                     (code ? ": " + code.message() : std::string()),
                 "name a folder that can be written to"};
  Expected<OutputFile> file = OutputFile::create(path + "/dpc-probe");
  if (file.ok())
    return {};
  Error error = file.error();
  error.what = path + ": " + error.what;
  error.where = flag;
  error.hint = "name a folder that can be written to";
  return error;
}

} // namespace dpc::rt
