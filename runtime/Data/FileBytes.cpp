//===- FileBytes.cpp - A file's content, mapped or inflated ---------------===//
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
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

namespace dpc::rt {

namespace {

/// The mappings as the SIGBUS handler sees them. A slot's message is written
/// before its bounds, and the slot is free while `begin` is 0.
struct Mapping {
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> end{0};
  char message[1024];
};
std::array<Mapping, 64> mappings;

void handleBus(int, siginfo_t *info, void *) {
  uintptr_t at = reinterpret_cast<uintptr_t>(info->si_addr);
  for (const Mapping &mapping : mappings) {
    if (at < mapping.begin.load() || at >= mapping.end.load())
      continue;
    markAsExplained();
    ssize_t ignored =
        ::write(STDERR_FILENO, mapping.message, std::strlen(mapping.message));
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
                         .line();
  for (Mapping &mapping : mappings) {
    if (mapping.begin.load() != 0)
      continue;
    size_t size = std::min(line.size(), sizeof(mapping.message) - 2);
    std::memcpy(mapping.message, line.data(), size);
    mapping.message[size] = '\n';
    mapping.message[size + 1] = 0;
    uintptr_t begin = reinterpret_cast<uintptr_t>(address);
    mapping.end.store(begin + length);
    mapping.begin.store(begin);
    return;
  }
}

void unregisterMapping(const void *address) {
  for (Mapping &mapping : mappings)
    if (mapping.begin.load() == reinterpret_cast<uintptr_t>(address))
      mapping.begin.store(0);
}

} // namespace

Expected<FileBytes> FileBytes::open(const std::string &path) {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return Error{path, "cannot open the file: " + systemError(errno), ""};
  struct stat info = {};
  FileBytes bytes;
  std::optional<Error> failure;
  if (::fstat(descriptor, &info) != 0)
    failure = Error{path, "cannot read the file: " + systemError(errno), ""};
  else if (S_ISDIR(info.st_mode))
    failure = Error{path, "is a directory", "name a file"};
  else if (!S_ISREG(info.st_mode))
    failure = Error{path, "is not a regular file", "copy the data to a file"};
  else if (info.st_size > 0) {
    size_t length = static_cast<size_t>(info.st_size);
    void *address =
        ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (address == MAP_FAILED) {
      failure = Error{path, "cannot map the file: " + systemError(errno), ""};
    } else {
      bytes.address = address;
      bytes.length = length;
      registerMapping(address, length, path);
    }
  }
  ::close(descriptor);
  if (failure)
    return *failure;
  return bytes;
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

bool isGzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

/// Inflates into `output` (already sized) and sets `produced`; stops when the
/// output is full or the content ends. `ended` tells which.
static Status inflateInto(std::string_view bytes, std::string &output,
                          size_t &produced, bool &ended,
                          const std::string &where) {
  z_stream stream = {};
  // 15 window bits, +16 for the gzip wrapper only.
  if (inflateInit2(&stream, 15 + 16) != Z_OK)
    return Error{where, "cannot set up gzip decompression", ""};
  struct Guard {
    z_stream &stream;
    ~Guard() { inflateEnd(&stream); }
  } guard{stream};

  constexpr size_t chunk = size_t(1) << 30; // zlib counts in 32 bits
  size_t consumed = 0;
  produced = 0;
  ended = false;
  while (true) {
    size_t in = std::min(chunk, bytes.size() - consumed);
    size_t out = std::min(chunk, output.size() - produced);
    stream.next_in =
        reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data() + consumed));
    stream.avail_in = static_cast<uInt>(in);
    stream.next_out = reinterpret_cast<Bytef *>(output.data() + produced);
    stream.avail_out = static_cast<uInt>(out);
    int code = inflate(&stream, Z_NO_FLUSH);
    consumed += in - stream.avail_in;
    produced += out - stream.avail_out;
    if (code == Z_STREAM_END) {
      // Further members may follow; gzip itself tolerates zero padding.
      std::string_view rest = bytes.substr(consumed);
      if (rest.find_first_not_of('\0') == std::string_view::npos) {
        ended = true;
        return {};
      }
      if (!isGzip(rest))
        return Error{where, "the gzip data is followed by something else",
                     "the file may be damaged; write it again"};
      if (inflateReset(&stream) != Z_OK)
        return Error{where, "cannot decompress the gzip data", ""};
      continue;
    }
    if (code != Z_OK && code != Z_BUF_ERROR)
      return Error{where,
                   "the gzip data is damaged" +
                       (stream.msg ? " (" + std::string(stream.msg) + ")"
                                   : std::string()),
                   "download or write the file again"};
    if (produced == output.size())
      return {};
    if (consumed == bytes.size())
      return Error{where, "the gzip data is cut short",
                   "download or write the file again"};
  }
}

Expected<std::string> gunzipPrefix(std::string_view bytes, size_t limit,
                                   const std::string &where) {
  std::string output(limit, '\0');
  size_t produced = 0;
  bool ended = false;
  Status status = inflateInto(bytes, output, produced, ended, where);
  if (!status.ok())
    return status.error();
  output.resize(produced);
  return output;
}

Expected<std::string> gunzipExactly(std::string_view bytes, uint64_t size,
                                    const std::string &where) {
  uint64_t memory = static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                    static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  if (size / 1032 > bytes.size())
    return Error{where,
                 "the header promises " + std::to_string(size) +
                     " bytes, more than the compressed file can hold",
                 "download or write the file again"};
  if (size > memory)
    return Error{where,
                 "needs " + std::to_string(size) +
                     " bytes of memory to decompress",
                 "decompress it with gunzip first: plain files are not read "
                 "to memory"};
  // One byte more than expected tells "exactly" from "at least".
  std::string output(size + 1, '\0');
  size_t produced = 0;
  bool ended = false;
  Status status = inflateInto(bytes, output, produced, ended, where);
  if (!status.ok())
    return status.error();
  if (produced != size)
    return Error{where,
                 (produced > size ? "holds more data than the "
                                  : "holds " + std::to_string(produced) +
                                        " bytes of the ") +
                     std::to_string(size) + " bytes that its header promises",
                 "the file may be damaged; write it again"};
  output.resize(size);
  return output;
}

} // namespace dpc::rt
