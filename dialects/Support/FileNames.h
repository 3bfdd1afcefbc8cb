//===- FileNames.h - What a file's name leads to ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The compiler includes this too.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_FILENAMES_H
#define DPC_DIALECTS_SUPPORT_FILENAMES_H

#include <filesystem>

namespace dpc {

/// Follows `path` as far as its last component is a symbolic link, through
/// folders without any, to a name that need not exist. Stops at a link in
/// /proc, which names a descriptor of a process.
inline std::filesystem::path followLinks(std::filesystem::path path) {
  std::error_code code;
  for (int links = 0; links < 40; ++links) {
    std::filesystem::path folder = path.parent_path();
    folder = std::filesystem::canonical(folder.empty() ? "." : folder, code);
    if (code)
      return path;
    path = folder / path.filename();
    if (folder.native().starts_with("/proc/"))
      return path;
    std::filesystem::path target = std::filesystem::read_symlink(path, code);
    if (code)
      return path;
    path = folder / target;
  }
  return path;
}

/// Whether `path` names a process's descriptor, as /dev/stdout and /dev/fd/3
/// do: what it stands for is written to and not replaced.
inline bool namesDescriptor(const std::filesystem::path &path) {
  return followLinks(path).native().starts_with("/proc/");
}

/// Whether two names are or would be those of one file, by whatever links.
/// Those of a device or a pipe never are, as nothing of it is replaced.
inline bool isSameFile(const std::filesystem::path &a,
                       const std::filesystem::path &b) {
  std::error_code code;
  std::filesystem::file_status status = std::filesystem::status(a, code);
  if (std::filesystem::exists(status))
    return std::filesystem::is_regular_file(status) &&
           std::filesystem::equivalent(a, b, code);
  return followLinks(a) == followLinks(b);
}

} // namespace dpc

#endif // DPC_DIALECTS_SUPPORT_FILENAMES_H
