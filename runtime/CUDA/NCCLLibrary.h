//===- NCCLLibrary.h - NCCL, opened at run time -----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The functions of libnccl.so.2 that the runtime calls, as its documentation
// declares them: nothing of NCCL is needed to build.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_NCCLLIBRARY_H
#define DPC_RUNTIME_CUDA_NCCLLIBRARY_H

#include "runtime/CUDA/Driver.h"
#include "runtime/Core/Types.h"

#include <climits>
#include <optional>
#include <string>

namespace dpc::rt::nccl {

using Comm = struct CommTag *;
using cuda::Stream;

enum Code : int { kSuccess = 0, kInProgress = 7 };

struct UniqueId {
  char bytes[128];
};

/// As of version 2.28. Older libraries read as much of it as they know, by
/// `version`.
struct Config {
  size_t size = sizeof(Config);
  unsigned magic = 0xcafebeef;
  unsigned version = 22809;
  int blocking = INT_MIN, cgaClusterSize = INT_MIN, minCTAs = INT_MIN,
      maxCTAs = INT_MIN;
  const char *netName = nullptr;
  int splitShare = INT_MIN, trafficClass = INT_MIN;
  const char *commName = nullptr;
  int collnetEnable = INT_MIN, CTAPolicy = INT_MIN, shrinkShare = INT_MIN,
      nvlsCTAs = INT_MIN, nChannelsPerNetPeer = INT_MIN,
      nvlinkCentricSched = INT_MIN;
};

#define DPC_NCCL_FUNCTIONS(F)                                                  \
  F(ncclGetVersion, Code, (int *))                                             \
  F(ncclGetUniqueId, Code, (UniqueId *))                                       \
  F(ncclGetErrorString, const char *, (Code))                                  \
  F(ncclGetLastError, const char *, (Comm))                                    \
  F(ncclCommInitRankConfig, Code, (Comm *, int, UniqueId, int, Config *))      \
  F(ncclCommSplit, Code, (Comm, int, int, Comm *, Config *))                   \
  F(ncclCommGetAsyncError, Code, (Comm, Code *))                               \
  F(ncclCommFinalize, Code, (Comm))                                            \
  F(ncclCommDestroy, Code, (Comm))                                             \
  F(ncclGroupStart, Code, ())                                                  \
  F(ncclGroupEnd, Code, ())                                                    \
  F(ncclAllReduce, Code,                                                       \
    (const void *, void *, size_t, int, int, Comm, Stream))                    \
  F(ncclReduce, Code,                                                          \
    (const void *, void *, size_t, int, int, int, Comm, Stream))               \
  F(ncclAllGather, Code, (const void *, void *, size_t, int, Comm, Stream))    \
  F(ncclReduceScatter, Code,                                                   \
    (const void *, void *, size_t, int, int, Comm, Stream))                    \
  F(ncclSend, Code, (const void *, size_t, int, int, Comm, Stream))            \
  F(ncclRecv, Code, (void *, size_t, int, int, Comm, Stream))

struct Library {
#define DPC_NCCL_MEMBER(name, result, arguments) result(*name) arguments;
  DPC_NCCL_FUNCTIONS(DPC_NCCL_MEMBER)
#undef DPC_NCCL_MEMBER
  // Of newer versions; null where there is none.
  Code (*ncclCommRegister)(Comm, void *, size_t, void **);
  Code (*ncclCommDeregister)(Comm, void *);
  int version = 0;

  /// "2.28.9".
  std::string versionText() const;
};

/// An error says why it is not used: it is not there, too old, or the environment
/// says DPC_NCCL=off.
Expected<Library> openLibrary();

/// NCCL's number of the type; none if it has none.
std::optional<int> dataType(DpcType type);

} // namespace dpc::rt::nccl

#endif // DPC_RUNTIME_CUDA_NCCLLIBRARY_H
