//===- Error.cpp - One-line errors ----------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Error.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace dpc::rt {

std::string Error::line() const {
  std::string text = "dpc: error: " + where + ": " + what;
  if (!hint.empty())
    text += "; " + hint;
  return printable(text, 16384);
}

Error usageError(std::string where, std::string what, std::string hint) {
  return Error{std::move(where), std::move(what), std::move(hint), 2};
}

int getRunLog() {
  static const int log = [] {
    const char *number = std::getenv("DPC_RUN_LOG");
    int descriptor = number ? std::atoi(number) : -1;
    // Only this process's.
    if (descriptor >= 0 && ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0)
      descriptor = -1;
    ::unsetenv("DPC_RUN_LOG");
    return descriptor;
  }();
  return log;
}

/// Another thread may print while MPI starts.
static std::atomic<int> errorDescriptor = STDERR_FILENO;

void setErrorDescriptor(int descriptor) { errorDescriptor = descriptor; }

static void writeStderr(std::string text) {
  text += '\n';
  if (getRunLog() >= 0) [[maybe_unused]]
    ssize_t ignored = ::write(getRunLog(), "\1", 1);
  const char *at = text.data();
  size_t left = text.size();
  while (left > 0) {
    ssize_t n = ::write(errorDescriptor, at, left);
    if (n <= 0)
      return;
    at += n;
    left -= static_cast<size_t>(n);
  }
}

void markAsExplained() {
  int log = getRunLog();
  ssize_t ignored = log >= 0 ? ::write(log, "\1", 1) : 0;
  static_cast<void>(ignored);
}

void printError(const Error &error) {
  markAsExplained();
  writeStderr(error.line());
}

void printWarning(const std::string &where, const std::string &what) {
  writeStderr(printable("dpc: warning: " + where + ": " + what, 16384));
}

std::string systemError(int code) { return std::strerror(code); }

} // namespace dpc::rt
