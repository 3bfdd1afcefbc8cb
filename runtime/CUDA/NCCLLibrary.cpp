//===- NCCLLibrary.cpp - NCCL, opened at run time -------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CUDA/NCCLLibrary.h"

#include <cstdlib>
#include <dlfcn.h>
#include <string_view>

namespace dpc::rt::nccl {

/// The first whose communicators can be split while nothing blocks.
static constexpr int kLeastVersion = 21800;

std::string Library::versionText() const {
  return std::to_string(version / 10000) + "." +
         std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

Expected<Library> openLibrary() {
  static constexpr const char *name = "libnccl.so.2";
  const char *wish = std::getenv("DPC_NCCL");
  if (wish && std::string_view(wish) == "off")
    return Error{"DPC_NCCL", "is off", "unset it"};
  void *handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *reason = ::dlerror();
    return Error{name,
                 "cannot be opened: " +
                     std::string(reason ? reason : "no reason given"),
                 "install NCCL 2, or name its folder in LD_LIBRARY_PATH"};
  }
  Library library;
  const char *missing = nullptr;
#define DPC_NCCL_FIND(name, result, arguments)                                 \
  library.name =                                                               \
      reinterpret_cast<result(*) arguments>(::dlsym(handle, #name));           \
  if (!library.name && !missing)                                               \
    missing = #name;
  DPC_NCCL_FUNCTIONS(DPC_NCCL_FIND)
#undef DPC_NCCL_FIND
  library.ncclCommRegister =
      reinterpret_cast<decltype(library.ncclCommRegister)>(
          ::dlsym(handle, "ncclCommRegister"));
  library.ncclCommDeregister =
      reinterpret_cast<decltype(library.ncclCommDeregister)>(
          ::dlsym(handle, "ncclCommDeregister"));
  if (library.ncclGetVersion)
    library.ncclGetVersion(&library.version);
  if (missing || library.version < kLeastVersion)
    return Error{name,
                 "is version " + library.versionText() +
                     ", but 2.18 or newer is needed",
                 "install a newer NCCL 2"};
  return library;
}

std::optional<int> dataType(DpcType type) {
  switch (type) {
  case DPC_F32:
    return 7;
  case DPC_F64:
    return 8;
  case DPC_F16:
    return 6;
  case DPC_BF16:
    return 9;
  case DPC_I8:
    return 0;
  case DPC_U8:
  case DPC_I1:
    return 1;
  case DPC_I32:
    return 2;
  case DPC_U32:
    return 3;
  case DPC_I64:
    return 4;
  case DPC_U64:
    return 5;
  case DPC_I16:
  case DPC_U16:
    return std::nullopt;
  }
  return std::nullopt;
}

} // namespace dpc::rt::nccl
