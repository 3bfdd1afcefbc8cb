//===- Format.h - Numbers and times as text ---------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_REPORT_FORMAT_H
#define DPC_RUNTIME_REPORT_FORMAT_H

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <string>

namespace dpc::rt {

/// At most 511 bytes.
__attribute__((format(printf, 1, 2))) inline std::string
format(const char *text, ...) {
  char buffer[512];
  va_list arguments;
  va_start(arguments, text);
  std::vsnprintf(buffer, sizeof(buffer), text, arguments);
  va_end(arguments);
  return buffer;
}

/// "42 s", "3:02:01".
inline std::string formatDuration(double seconds) {
  if (seconds < 60)
    return format("%.0f s", seconds);
  int64_t whole = static_cast<int64_t>(std::min(seconds, 1e9));
  if (whole < 3600)
    return format("%ld:%02ld", long(whole / 60), long(whole % 60));
  return format("%ld:%02ld:%02ld", long(whole / 3600), long(whole / 60 % 60),
                long(whole % 60));
}

/// "1.5 MB"; a thousand is 1e3.
inline std::string formatScaled(double value, const char *unit) {
  const char *prefixes[] = {"", "k", "M", "G", "T", "P"};
  size_t prefix = 0;
  while (value >= 999.5 && prefix + 1 < std::size(prefixes)) {
    value /= 1e3;
    ++prefix;
  }
  return format("%.3g %s%s", value, prefixes[prefix], unit);
}

} // namespace dpc::rt

#endif // DPC_RUNTIME_REPORT_FORMAT_H
