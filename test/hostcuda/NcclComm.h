//===- NcclComm.h - A communicator of the stand-in for NCCL -----*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_NCCLCOMM_H
#define DPC_TEST_HOSTCUDA_NCCLCOMM_H

#include "test/hostcuda/NcclShared.h"

#include <functional>
#include <set>

/// What asks for a communicator finds out whether it goes on.
struct ncclComm {
  std::shared_ptr<dpc::hostcuda::nccl::Shared> shared;
  /// Its number among all of the job; -1 as long as that is open.
  int number = -1;
  int rank = 0;
  /// World ranks.
  std::vector<int> members;
  int worldRank = 0;
  bool isBlocking = true;
  bool isFinalized = false, isGone = false;
  ncclResult_t state = ncclSuccess;
  /// What it waits for; true when it has come.
  std::function<bool()> job;
  std::string lastError;
  int splits = 0;
  /// Collectives that the card has begun.
  uint64_t begun = 0;
  std::set<void *> registered;

  int size() const { return static_cast<int>(members.size()); }
};

namespace dpc::hostcuda::nccl {

/// What the environment asks to go wrong: DPC_HOSTCUDA_NCCL=KIND:RANK:N:SECONDS
/// at the operation number N of a rank, from 1.
struct Ordered {
  std::string kind;
  int rank = -1;
  uint64_t number = 0;
  double seconds = 0;

  bool asks(const char *what, const ncclComm &comm) const {
    return kind == what && rank == comm.worldRank;
  }
};
const Ordered &getOrdered();

/// Sets the text of the last error.
ncclResult_t fail(ncclComm *comm, ncclResult_t result, const std::string &text);
/// Whether the communicator may be used now.
ncclResult_t checkReady(ncclComm *comm);
/// Begins what is done when `job` says so: at once of a blocking one.
ncclResult_t begin(ncclComm &comm, std::function<bool()> job);
/// Asks its job.
void poll(ncclComm &comm);

} // namespace dpc::hostcuda::nccl

#endif // DPC_TEST_HOSTCUDA_NCCLCOMM_H
