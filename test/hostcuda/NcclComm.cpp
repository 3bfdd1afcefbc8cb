//===- NcclComm.cpp - Communicators of the stand-in for NCCL --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/NcclComm.h"
#include "test/hostcuda/Foreign.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

using namespace dpc::hostcuda;
using namespace dpc::hostcuda::nccl;

const Ordered &dpc::hostcuda::nccl::getOrdered() {
  static const Ordered ordered = [] {
    Ordered result;
    char kind[32] = "";
    unsigned long long number = 0;
    const char *text = std::getenv("DPC_HOSTCUDA_NCCL");
    if (text && std::sscanf(text, "%31[^:]:%d:%llu:%lf", kind, &result.rank,
                            &number, &result.seconds) >= 2)
      result.kind = kind;
    result.number = number;
    return result;
  }();
  return ordered;
}

ncclResult_t dpc::hostcuda::nccl::fail(ncclComm *comm, ncclResult_t result,
                                       const std::string &text) {
  if (comm)
    comm->lastError = text;
  return result;
}

ncclResult_t dpc::hostcuda::nccl::checkReady(ncclComm *comm) {
  if (!comm || comm->isGone)
    return fail(comm, ncclInvalidArgument,
                "the communicator is none, destroyed or aborted");
  if (comm->state == ncclInProgress)
    return fail(comm, ncclInvalidArgument,
                "Attempt to use communicator before the previous operation "
                "returned ncclSuccess");
  if (comm->state != ncclSuccess)
    return comm->state;
  if (comm->isFinalized)
    return fail(comm, ncclInvalidUsage, "the communicator is finalized");
  return ncclSuccess;
}

void dpc::hostcuda::nccl::poll(ncclComm &comm) {
  if (comm.shared && (*comm.shared)->isBroken && !comm.isGone &&
      comm.state <= ncclInProgress &&
      (comm.state == ncclSuccess || comm.state == ncclInProgress)) {
    comm.state = ncclRemoteError;
    comm.lastError = "remote process exited or there was a network error";
    comm.job = nullptr;
    return;
  }
  if (!comm.job || !comm.job())
    return;
  comm.job = nullptr;
  if (comm.state == ncclInProgress)
    comm.state = ncclSuccess;
}

ncclResult_t dpc::hostcuda::nccl::begin(ncclComm &comm,
                                        std::function<bool()> job) {
  comm.job = std::move(job);
  comm.state = ncclInProgress;
  if (!comm.isBlocking)
    return ncclInProgress;
  while (comm.state == ncclInProgress) {
    poll(comm);
    usleep(50);
  }
  return comm.state;
}

/// False if it is not what the header's initializer makes.
static bool apply(const ncclConfig_t *config, ncclComm &comm) {
  if (!config)
    return true;
  if (config->magic != 0xcafebeef || config->size != sizeof(ncclConfig_t) ||
      (config->blocking != NCCL_UNDEF_INT && config->blocking != 0 &&
       config->blocking != 1) ||
      (config->splitShare != NCCL_UNDEF_INT && config->splitShare != 0 &&
       config->splitShare != 1))
    return false;
  if (config->blocking != NCCL_UNDEF_INT)
    comm.isBlocking = config->blocking == 1;
  return true;
}

/// Whether all have come, with a card each.
static bool join(ncclComm &comm) {
  Header &header = **comm.shared;
  for (int rank = 0; rank < comm.size(); ++rank)
    if (!header.joined[rank])
      return false;
  for (int rank = 0; rank < comm.size(); ++rank)
    if (rank != comm.rank && header.cards[rank] == header.cards[comm.rank]) {
      comm.state = fail(&comm, ncclInvalidUsage,
                        "Duplicate GPU detected : rank " +
                            std::to_string(comm.rank) + " and rank " +
                            std::to_string(rank) + " both on CUDA device " +
                            std::to_string(header.cards[rank]));
      return true;
    }
  return true;
}

/// Whether all of the parent have voted; then `child` has its members.
static bool split(const ncclComm &parent, int turn, int color,
                  ncclComm &child) {
  Header &header = **parent.shared;
  // Equal keys keep the parent's order.
  std::vector<std::pair<int, int>> keys;
  for (int place = 0; place < parent.size(); ++place) {
    int member = parent.members[static_cast<size_t>(place)];
    const SplitVote &vote = header.votes[parent.number][turn][member];
    if (!vote.isThere)
      return false;
    if (vote.color == color)
      keys.push_back({vote.key, place});
  }
  std::sort(keys.begin(), keys.end());
  child.members.clear();
  for (auto [key, place] : keys) {
    int member = parent.members[static_cast<size_t>(place)];
    if (member == parent.worldRank)
      child.rank = static_cast<int>(child.members.size());
    child.members.push_back(member);
  }
  int first = *std::min_element(child.members.begin(), child.members.end());
  child.number = child.shared->findComm(
      1 + static_cast<uint64_t>(first) +
      kMostRanks * (static_cast<uint64_t>(turn) +
                    kMostSplits * static_cast<uint64_t>(parent.number)));
  return true;
}

extern "C" {

ncclResult_t ncclGetVersion(int *version) {
  if (!version)
    return ncclInvalidArgument;
  const char *text = std::getenv("DPC_HOSTCUDA_NCCL_VERSION");
  *version = text ? std::atoi(text) : 22809;
  return ncclSuccess;
}

ncclResult_t ncclGetUniqueId(ncclUniqueId *id) {
  if (!id)
    return ncclInvalidArgument;
  return Shared::makeId(*id) ? ncclSuccess : ncclSystemError;
}

const char *ncclGetErrorString(ncclResult_t result) {
  static const char *const texts[] = {
      "no error",
      "unhandled cuda error (run with NCCL_DEBUG=INFO for details)",
      "unhandled system error (run with NCCL_DEBUG=INFO for details)",
      "internal error - please report this issue to the NCCL developers",
      "invalid argument (run with NCCL_DEBUG=WARN for details)",
      "invalid usage (run with NCCL_DEBUG=WARN for details)",
      "remote process exited or there was a network error",
      "NCCL operation in progress"};
  return result >= 0 && result < 8 ? texts[result] : "unknown result code";
}

const char *ncclGetLastError(ncclComm_t comm) {
  return comm ? comm->lastError.c_str() : "";
}

ncclResult_t ncclCommInitRankConfig(ncclComm_t *result, int size,
                                    ncclUniqueId id, int rank,
                                    ncclConfig_t *config) {
  auto comm = std::make_unique<ncclComm>();
  if (!result || size < 1 || rank < 0 || rank >= size || size > kMostRanks ||
      !apply(config, *comm))
    return ncclInvalidArgument;
  comm->shared = Shared::open(id);
  if (!comm->shared)
    return ncclInvalidArgument;
  Header &header = **comm->shared;
  int none = 0;
  if (!header.size.compare_exchange_strong(none, size) && none != size)
    return ncclInvalidUsage;
  comm->number = 0;
  comm->rank = comm->worldRank = rank;
  for (int member = 0; member < size; ++member)
    comm->members.push_back(member);
  header.cards[rank] = getCard();
  bool comes = !getOrdered().asks("init-hang", *comm);
  if (comes && header.joined[rank].exchange(1))
    return ncclInvalidUsage;
  *result = comm.release();
  ncclComm &made = **result;
  return begin(made, [&made, comes] { return comes && join(made); });
}

ncclResult_t ncclCommSplit(ncclComm_t comm, int color, int key,
                           ncclComm_t *result, ncclConfig_t *config) {
  if (ncclResult_t state = checkReady(comm))
    return state;
  auto child = std::make_unique<ncclComm>();
  child->isBlocking = comm->isBlocking;
  if (!result || (color < 0 && color != NCCL_SPLIT_NOCOLOR) ||
      !apply(config, *child) || comm->splits == kMostSplits)
    return fail(comm, ncclInvalidArgument, "bad arguments of a split");
  child->shared = comm->shared;
  child->worldRank = comm->worldRank;
  int turn = comm->splits++;
  SplitVote &vote = (*comm->shared)->votes[comm->number][turn][comm->worldRank];
  vote.color = color;
  vote.key = key;
  vote.isThere = 1;
  if (color == NCCL_SPLIT_NOCOLOR) {
    *result = nullptr;
    return begin(*comm, [] { return true; });
  }
  *result = child.release();
  ncclComm &made = **result;
  made.state = ncclInProgress;
  made.job = [comm, turn, color, &made] {
    return split(*comm, turn, color, made);
  };
  // The parent is busy as long as the child is made.
  return begin(*comm, [&made] {
    poll(made);
    return made.state != ncclInProgress;
  });
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t *error) {
  if (!comm || !error || comm->isGone)
    return ncclInvalidArgument;
  poll(*comm);
  *error = comm->state;
  return ncclSuccess;
}

/// What a rank is asked to do wrong in the end.
static void hangIfOrdered(const ncclComm &comm) {
  while (getOrdered().asks("hang", comm))
    pause();
}

ncclResult_t ncclCommFinalize(ncclComm_t comm) {
  if (ncclResult_t state = checkReady(comm))
    return state;
  hangIfOrdered(*comm);
  ncclResult_t result = begin(*comm, [] { return true; });
  comm->isFinalized = true;
  return result;
}

ncclResult_t ncclCommDestroy(ncclComm_t comm) {
  if (!comm || comm->isGone)
    return ncclInvalidArgument;
  hangIfOrdered(*comm);
  comm->isGone = true;
  return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t comm) {
  if (!comm || comm->isGone)
    return ncclInvalidArgument;
  hangIfOrdered(*comm);
  comm->isGone = true;
  (*comm->shared)->isBroken = 1;
  return ncclSuccess;
}

ncclResult_t ncclCommRegister(ncclComm_t comm, void *buffer, size_t bytes,
                              void **handle) {
  if (ncclResult_t state = checkReady(comm))
    return state;
  if (!buffer || !bytes || !handle || !comm->registered.insert(buffer).second)
    return fail(comm, ncclInvalidArgument, "bad arguments of a registration");
  *handle = buffer;
  return begin(*comm, [] { return true; });
}

ncclResult_t ncclCommDeregister(ncclComm_t comm, void *handle) {
  if (ncclResult_t state = checkReady(comm))
    return state;
  if (!comm->registered.erase(handle))
    return fail(comm, ncclInvalidArgument, "nothing is registered there");
  return begin(*comm, [] { return true; });
}

ncclResult_t ncclMemAlloc(void **buffer, size_t bytes) {
  CUdeviceptr address = 0;
  if (!buffer || cuMemAlloc_v2(&address, bytes))
    return buffer ? ncclUnhandledCudaError : ncclInvalidArgument;
  *buffer = reinterpret_cast<void *>(address);
  return ncclSuccess;
}

ncclResult_t ncclMemFree(void *buffer) {
  return cuMemFree_v2(reinterpret_cast<CUdeviceptr>(buffer))
             ? ncclUnhandledCudaError
             : ncclSuccess;
}

} // extern "C"
