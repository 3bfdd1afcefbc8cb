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

/// A file that gets its name by commit(). Without commit() nothing is left
/// behind: until then it has no name or, where the file system does not know
/// such files, another one in the same folder. Only a regular file is replaced;
/// of a symbolic link, what it leads to.
class OutputFile {
public:
  static Expected<OutputFile> create(const std::string &path);

  OutputFile(OutputFile &&other) noexcept;
  OutputFile &operator=(OutputFile &&other) = delete;
  ~OutputFile();

  /// Takes `bytes` of the disk, all that will be written: what the disk has no
  /// room for is known beforehand, and no other file takes it meanwhile.
  Status reserve(uint64_t bytes);
  /// Appends.
  Status write(std::string_view bytes);
  /// Appends, past the page cache where the file system can, which costs the
  /// processor nothing. The address and the position are multiples of
  /// kDirectAlignment.
  Status writeDirectly(std::string_view bytes);
  static constexpr size_t kDirectAlignment = 4096;
  /// Writes at a position; does not move the end for write().
  Status writeAt(uint64_t position, std::string_view bytes);
  /// Sees to it that all is on the disk. Behind this, little is left that could
  /// fail.
  Status flush();
  /// Flushes and gives the file its name.
  Status commit();

  const std::string &path() const { return target; }

private:
  OutputFile() = default;
  Error failure(const std::string &what) const;

  std::string target;
  /// In the same folder: the file's name, or what it is called for a moment on
  /// its way to it.
  std::string temporary;
  bool hasName = false;
  /// By which a signal removes that name.
  int signalSlot = -1;
  int descriptor = -1;
  uint64_t end = 0;
};

/// fsync, also where a signal comes in between.
int syncDescriptor(int descriptor);

/// As OutputFile::create, for the value of `flag`. Asked before the work whose
/// result goes there.
Expected<OutputFile> createOutput(const std::string &flag,
                                  const std::string &path);

/// Whether a file that is written in place, which may also be a pipe or a
/// device, can be the value of `flag`.
Status probeStream(const std::string &flag, const std::string &path);

/// Makes the folder if it is missing.
Status makeFolder(const std::string &flag, const std::string &path);

/// The same, and checks that it can be written to.
Status prepareFolder(const std::string &flag, const std::string &path);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_OUTPUTFILE_H
