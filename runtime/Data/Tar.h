//===- Tar.h - The members of tar files -------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// POSIX ustar and pax, and GNU's long names. Files only: folders, links and
// devices are passed over.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_TAR_H
#define DPC_RUNTIME_DATA_TAR_H

#include "runtime/Core/Error.h"

#include <string_view>
#include <vector>

namespace dpc::rt {

struct TarMember {
  std::string name;
  std::string_view content;
};

/// Whether the bytes start like a tar file.
bool isTar(std::string_view bytes);

/// The files in their order. The contents are parts of `bytes`.
Expected<std::vector<TarMember>> readTar(std::string_view bytes,
                                         const std::string &where);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_TAR_H
