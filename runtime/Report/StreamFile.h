//===- StreamFile.h - A file of records that grows --------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// It may also be a pipe or a device.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_REPORT_STREAMFILE_H
#define DPC_RUNTIME_REPORT_STREAMFILE_H

#include "runtime/Core/Error.h"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dpc::rt {

class StreamFile {
public:
  /// For appending. `flag`: whose value the path is.
  static Expected<StreamFile> open(const char *flag, const std::string &path);

  StreamFile(StreamFile &&other) noexcept;
  StreamFile &operator=(StreamFile &&) = delete;
  ~StreamFile();

  /// Written at the latest a second later, if others follow. Behind a failure,
  /// which is told once, nothing more is written, and no record is left in part.
  Status add(std::string_view record);
  Status flush();
  /// Closes it. Whether all was written.
  Status finish();

private:
  StreamFile() = default;

  std::string path;
  int descriptor = -1;
  /// Where in the file the buffer begins.
  int64_t begin = 0;
  std::string buffer;
  /// Where in the buffer records end.
  std::vector<size_t> ends;
  std::chrono::steady_clock::time_point lastFlush;
  Status status;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_REPORT_STREAMFILE_H
