//===- Error.cpp - One-line errors ----------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Error.h"

#include <atomic>
#include <cstring>
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

/// Another thread may print while MPI starts.
static std::atomic<int> errorDescriptor = STDERR_FILENO;

void setErrorDescriptor(int descriptor) { errorDescriptor = descriptor; }

static void writeStderr(std::string text) {
  text += '\n';
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

void printError(const Error &error) { writeStderr(error.line()); }

void printWarning(const std::string &where, const std::string &what) {
  writeStderr(printable("dpc: warning: " + where + ": " + what, 16384));
}

std::string systemError(int code) { return std::strerror(code); }

} // namespace dpc::rt
