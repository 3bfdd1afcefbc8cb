//===- OutputFile.h - Files that are whole or not there ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_OUTPUTFILE_H
#define DPC_RUNTIME_CORE_OUTPUTFILE_H

#include "runtime/Core/Error.h"

#include <cstdint>
#include <string_view>

namespace dpc::rt {

/// A file written under another name in the same folder and renamed by
/// commit(). Without commit() nothing is left behind.
class OutputFile {
public:
  static Expected<OutputFile> create(const std::string &path);

  OutputFile(OutputFile &&other) noexcept;
  OutputFile &operator=(OutputFile &&other) = delete;
  ~OutputFile();

  /// Appends.
  Status write(std::string_view bytes);
  /// Writes at a position; does not move the end for write().
  Status writeAt(uint64_t position, std::string_view bytes);
  /// Flushes to the disk and gives the file its name.
  Status commit();

  const std::string &path() const { return target; }

private:
  OutputFile() = default;
  Error failure(const std::string &what) const;

  std::string target;
  std::string temporary;
  int descriptor = -1;
  uint64_t end = 0;
};

/// Can the value of `flag`, a path, be created or replaced by OutputFile? Asked
/// before the work whose result goes there. Leaves nothing behind.
Status probeOutput(const std::string &flag, const std::string &path);

/// The same for a file that is written in place, which may also be a pipe or a
/// device.
Status probeStream(const std::string &flag, const std::string &path);

/// Makes the folder if it is missing and checks that it can be written to.
Status prepareFolder(const std::string &flag, const std::string &path);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_OUTPUTFILE_H
