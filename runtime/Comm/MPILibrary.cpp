//===- MPILibrary.cpp - MPI, opened when a launcher says so ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/MPILibrary.h"

#include <dlfcn.h>

namespace dpc::rt {

MPILibrary mpi;

Status openMPI() {
  auto refuse = [](const std::string &what) {
    return Error{"MPI", what,
                 "install the MPI of the launcher (Debian: libopenmpi3), or "
                 "start with 'dpc run --transport tcp', torchrun or srun"};
  };
  // Its parts, which it opens itself, look for its symbols among all.
  void *library = ::dlopen(DPC_MPI_LIBRARY, RTLD_NOW | RTLD_GLOBAL);
  if (!library)
    return refuse(std::string("a launcher of MPI started this process, but its "
                              "library cannot be opened: ") +
                  ::dlerror());
  std::string missing;
  auto find = [&](const char *name) {
    void *symbol = ::dlsym(library, name);
    if (!symbol)
      missing = name;
    return symbol;
  };
#define DPC_MPI_MEMBER(name)                                                   \
  mpi.name = reinterpret_cast<decltype(mpi.name)>(find("MPI_" #name));
  DPC_MPI_FUNCTIONS(DPC_MPI_MEMBER)
#undef DPC_MPI_MEMBER
#ifdef OPEN_MPI
#define DPC_MPI_MEMBER(type, name, constant, symbol)                           \
  mpi.name = static_cast<type>(find(#symbol));
#else
#define DPC_MPI_MEMBER(type, name, constant, symbol) mpi.name = constant;
#endif
  DPC_MPI_HANDLES(DPC_MPI_MEMBER)
#undef DPC_MPI_MEMBER
  if (!missing.empty())
    return refuse(std::string(DPC_MPI_LIBRARY) + " has no " + missing);
  return {};
}

} // namespace dpc::rt
