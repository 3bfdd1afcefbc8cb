//===- Error.h - One-line errors --------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Every failure of the runtime is one line on standard error:
//
//   dpc: error: WHERE: WHAT; HINT
//
// Functions that can fail return a Status or an Expected. Exceptions of the
// libraries underneath are caught where they are called.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_ERROR_H
#define DPC_RUNTIME_CORE_ERROR_H

#include "dialects/Support/Text.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace dpc::rt {

/// What went wrong. `where` is a file, a flag or an ONNX node.
struct Error {
  std::string where;
  std::string what;
  std::string hint;
  /// 2 for wrong usage, 1 for everything else.
  int exitCode = 1;

  /// The whole line, without the newline. Of what came in with a path or a
  /// file's content, only what a terminal shows is kept, so that it stays one
  /// line.
  std::string line() const;
};

/// A usage error: exit status 2.
Error usageError(std::string where, std::string what, std::string hint = {});

/// Success, or an Error.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(Error error) : failure(std::move(error)) {}

  bool ok() const { return !failure; }
  const Error &error() const { return *failure; }

private:
  std::optional<Error> failure;
};

/// Of two things that are done both, whatever comes of the other.
inline Status firstFailure(const Status &first, const Status &second) {
  return first.ok() ? second : first;
}

/// A value, or an Error.
template <typename T> class [[nodiscard]] Expected {
public:
  Expected(T value) : content(std::move(value)) {}
  Expected(Error error) : content(std::move(error)) {}

  bool ok() const { return std::holds_alternative<T>(content); }
  const Error &error() const { return std::get<Error>(content); }
  T &operator*() { return std::get<T>(content); }
  const T &operator*() const { return std::get<T>(content); }
  T *operator->() { return &std::get<T>(content); }
  const T *operator->() const { return &std::get<T>(content); }

  /// The failure, or success, without the value.
  Status status() const { return ok() ? Status() : Status(error()); }

private:
  std::variant<T, Error> content;
};

/// A file of `dpc run` for what libraries print; -1 under other launchers.
int getRunLog();

/// Leaves the byte 1 there: a rank says itself why it ends. Safe in a handler
/// of signals once getRunLog() was called.
void markAsExplained();

/// Where errors and warnings are written while standard error belongs to a
/// library.
void setErrorDescriptor(int descriptor);

/// Writes the error's line to standard error in one write.
void printError(const Error &error);

/// Writes `dpc: warning: WHERE: WHAT` to standard error in one write.
void printWarning(const std::string &where, const std::string &what);

/// The text of the current errno value `code`.
std::string systemError(int code);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_ERROR_H
