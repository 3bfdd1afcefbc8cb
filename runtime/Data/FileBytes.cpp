//===- FileBytes.cpp - A file's content, mapped ----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/FileBytes.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dpc::rt {

namespace {

/// The mappings as the SIGBUS handler sees them. A slot's message is written
/// before its bounds, and the slot is free while `begin` is 0.
struct Mapping {
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> end{0};
  /// A line; it is never freed while `begin` is not 0.
  std::atomic<const char *> message{nullptr};
};
std::array<Mapping, 4096> mappings;

void handleBus(int, siginfo_t *info, void *) {
  uintptr_t at = reinterpret_cast<uintptr_t>(info->si_addr);
  for (const Mapping &mapping : mappings) {
    if (at < mapping.begin.load() || at >= mapping.end.load())
      continue;
    markAsExplained();
    const char *message = mapping.message.load();
    ssize_t ignored = ::write(STDERR_FILENO, message, std::strlen(message));
    static_cast<void>(ignored);
    // Leaving without MPI_Finalize makes the launcher end the other ranks.
    ::_exit(1);
  }
  std::signal(SIGBUS, SIG_DFL);
  std::raise(SIGBUS);
}

void registerMapping(const void *address, size_t length,
                     const std::string &path) {
  static const bool installed = [] {
    getRunLog();
    struct sigaction action = {};
    action.sa_sigaction = handleBus;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    return ::sigaction(SIGBUS, &action, nullptr) == 0;
  }();
  if (!installed)
    return;
  std::string line = Error{path, "the file was cut short while it was read",
                           "leave the data alone during a run"}
                         .line() +
                     "\n";
  for (Mapping &mapping : mappings) {
    if (mapping.begin.load() != 0)
      continue;
    mapping.message.store(::strdup(line.c_str()));
    uintptr_t begin = reinterpret_cast<uintptr_t>(address);
    mapping.end.store(begin + length);
    mapping.begin.store(begin);
    return;
  }
}

void unregisterMapping(const void *address) {
  for (Mapping &mapping : mappings)
    if (mapping.begin.load() == reinterpret_cast<uintptr_t>(address)) {
      mapping.begin.store(0);
      std::free(const_cast<char *>(mapping.message.exchange(nullptr)));
    }
}

} // namespace

Expected<FileBytes> FileBytes::open(const std::string &path) {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return Error{path, "cannot open the file: " + systemError(errno), ""};
  struct stat info = {};
  std::optional<Error> failure;
  if (::fstat(descriptor, &info) != 0)
    failure = Error{path, "cannot read the file: " + systemError(errno), ""};
  else if (S_ISDIR(info.st_mode))
    failure = Error{path, "is a directory", "name a file"};
  else if (!S_ISREG(info.st_mode))
    failure = Error{path, "is not a regular file", "copy the data to a file"};
  Expected<FileBytes> bytes =
      failure ? Expected<FileBytes>(*failure)
              : map(descriptor, static_cast<size_t>(info.st_size), path);
  ::close(descriptor);
  return bytes;
}

Expected<FileBytes> FileBytes::map(int descriptor, size_t length,
                                   const std::string &where) {
  FileBytes bytes;
  if (length == 0)
    return bytes;
  void *address =
      ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (address == MAP_FAILED)
    return Error{where, "cannot map the file: " + systemError(errno), ""};
  bytes.address = address;
  bytes.length = length;
  registerMapping(address, length, where);
  return bytes;
}

void FileBytes::release(size_t begin, size_t end) const {
  // Whole pages; the last of the file also if it is not.
  size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  begin = begin / page * page;
  end = end >= length ? length : end / page * page;
  if (begin < end)
    ::madvise(static_cast<char *>(address) + begin, end - begin, MADV_DONTNEED);
}

FileBytes::FileBytes(FileBytes &&other) noexcept
    : address(std::exchange(other.address, nullptr)),
      length(std::exchange(other.length, 0)) {}

FileBytes &FileBytes::operator=(FileBytes &&other) noexcept {
  std::swap(address, other.address);
  std::swap(length, other.length);
  return *this;
}

FileBytes::~FileBytes() {
  if (!address)
    return;
  unregisterMapping(address);
  ::munmap(address, length);
}

} // namespace dpc::rt
