//===- Nccl.h - The part of NCCL that the stand-in has ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Declared here, with the real library's names, types and values (2.28), so that
// neither the stand-in nor its tests need it.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_NCCL_H
#define DPC_TEST_HOSTCUDA_NCCL_H

#include "test/hostcuda/Api.h"

enum ncclResult_t : int {
  ncclSuccess = 0,
  ncclUnhandledCudaError = 1,
  ncclSystemError = 2,
  ncclInternalError = 3,
  ncclInvalidArgument = 4,
  ncclInvalidUsage = 5,
  ncclRemoteError = 6,
  ncclInProgress = 7,
};
enum ncclRedOp_t : int {
  ncclSum = 0,
  ncclProd = 1,
  ncclMax = 2,
  ncclMin = 3,
  ncclAvg = 4,
};
enum ncclDataType_t : int {
  ncclInt8 = 0,
  ncclUint8 = 1,
  ncclInt32 = 2,
  ncclUint32 = 3,
  ncclInt64 = 4,
  ncclUint64 = 5,
  ncclFloat16 = 6,
  ncclFloat32 = 7,
  ncclFloat64 = 8,
  ncclBfloat16 = 9,
};
using ncclComm_t = struct ncclComm *;
struct ncclUniqueId {
  char internal[128];
};
constexpr int NCCL_UNDEF_INT = -2147483647 - 1;
constexpr int NCCL_SPLIT_NOCOLOR = -1;
struct ncclConfig_t {
  size_t size = sizeof(ncclConfig_t);
  unsigned magic = 0xcafebeef;
  unsigned version = 22809;
  int blocking = NCCL_UNDEF_INT;
  int cgaClusterSize = NCCL_UNDEF_INT;
  int minCTAs = NCCL_UNDEF_INT;
  int maxCTAs = NCCL_UNDEF_INT;
  const char *netName = nullptr;
  int splitShare = NCCL_UNDEF_INT;
  int trafficClass = NCCL_UNDEF_INT;
  const char *commName = nullptr;
  int collnetEnable = NCCL_UNDEF_INT;
  int CTAPolicy = NCCL_UNDEF_INT;
  int shrinkShare = NCCL_UNDEF_INT;
  int nvlsCTAs = NCCL_UNDEF_INT;
  int nChannelsPerNetPeer = NCCL_UNDEF_INT;
  int nvlinkCentricSched = NCCL_UNDEF_INT;
};

extern "C" {
DPC_HOSTCUDA_API ncclResult_t ncclGetVersion(int *version);
DPC_HOSTCUDA_API ncclResult_t ncclGetUniqueId(ncclUniqueId *id);
DPC_HOSTCUDA_API const char *ncclGetErrorString(ncclResult_t result);
DPC_HOSTCUDA_API const char *ncclGetLastError(ncclComm_t comm);
DPC_HOSTCUDA_API ncclResult_t ncclCommInitRankConfig(ncclComm_t *comm, int size,
                                                     ncclUniqueId id, int rank,
                                                     ncclConfig_t *config);
DPC_HOSTCUDA_API ncclResult_t ncclCommSplit(ncclComm_t comm, int color, int key,
                                            ncclComm_t *result,
                                            ncclConfig_t *config);
DPC_HOSTCUDA_API ncclResult_t ncclCommGetAsyncError(ncclComm_t comm,
                                                    ncclResult_t *error);
DPC_HOSTCUDA_API ncclResult_t ncclCommFinalize(ncclComm_t comm);
DPC_HOSTCUDA_API ncclResult_t ncclCommDestroy(ncclComm_t comm);
DPC_HOSTCUDA_API ncclResult_t ncclCommAbort(ncclComm_t comm);
DPC_HOSTCUDA_API ncclResult_t ncclCommRegister(ncclComm_t comm, void *buffer,
                                               size_t bytes, void **handle);
DPC_HOSTCUDA_API ncclResult_t ncclCommDeregister(ncclComm_t comm, void *handle);
DPC_HOSTCUDA_API ncclResult_t ncclMemAlloc(void **buffer, size_t bytes);
DPC_HOSTCUDA_API ncclResult_t ncclMemFree(void *buffer);
DPC_HOSTCUDA_API ncclResult_t ncclGroupStart();
DPC_HOSTCUDA_API ncclResult_t ncclGroupEnd();
DPC_HOSTCUDA_API ncclResult_t ncclAllReduce(const void *send, void *recv,
                                            size_t count, ncclDataType_t type,
                                            ncclRedOp_t op, ncclComm_t comm,
                                            CUstream stream);
DPC_HOSTCUDA_API ncclResult_t ncclReduce(const void *send, void *recv,
                                         size_t count, ncclDataType_t type,
                                         ncclRedOp_t op, int root,
                                         ncclComm_t comm, CUstream stream);
DPC_HOSTCUDA_API ncclResult_t ncclBroadcast(const void *send, void *recv,
                                            size_t count, ncclDataType_t type,
                                            int root, ncclComm_t comm,
                                            CUstream stream);
DPC_HOSTCUDA_API ncclResult_t ncclAllGather(const void *send, void *recv,
                                            size_t count, ncclDataType_t type,
                                            ncclComm_t comm, CUstream stream);
DPC_HOSTCUDA_API ncclResult_t ncclReduceScatter(const void *send, void *recv,
                                                size_t count,
                                                ncclDataType_t type,
                                                ncclRedOp_t op, ncclComm_t comm,
                                                CUstream stream);
DPC_HOSTCUDA_API ncclResult_t ncclSend(const void *send, size_t count,
                                       ncclDataType_t type, int peer,
                                       ncclComm_t comm, CUstream stream);
DPC_HOSTCUDA_API ncclResult_t ncclRecv(void *recv, size_t count,
                                       ncclDataType_t type, int peer,
                                       ncclComm_t comm, CUstream stream);
}

#endif // DPC_TEST_HOSTCUDA_NCCL_H
