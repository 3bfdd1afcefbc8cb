//===- StagedCollectives.cpp - Collectives through the host ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/StagedCollectives.h"

#include <algorithm>

namespace dpc::rt {

char *StagedCollectives::stage(int slot, const void *source, int64_t count,
                               DpcType type, void *target) {
  if (staged.size() <= static_cast<size_t>(slot))
    staged.resize(static_cast<size_t>(slot) + 1);
  Staging &staging = staged[slot].emplace_back();
  int64_t bytes = count * typeBytes(type);
  staging.bytes.resize(static_cast<size_t>(bytes));
  staging.target = target;
  if (source)
    device.download(staging.bytes.data(), source, bytes);
  return staging.bytes.data();
}

void StagedCollectives::startReduce(int slot, void *buffer, int64_t count,
                                    DpcType type, DpcReduction reduction,
                                    int group, bool toRoot) {
  char *copy = stage(slot, buffer, count, type, buffer);
  host->startReduce(slot, copy, count, type, reduction, group, toRoot);
  settle(slot);
}

void StagedCollectives::startAllGather(int slot, const void *send, void *recv,
                                       int64_t count, DpcType type, int group) {
  char *from = stage(slot, send, count, type, nullptr);
  char *to = stage(slot, nullptr, count * groupSize(group), type, recv);
  host->startAllGather(slot, from, to, count, type, group);
  settle(slot);
}

void StagedCollectives::startReduceScatter(int slot, const void *send,
                                           void *recv, int64_t count,
                                           DpcType type, DpcReduction reduction,
                                           int group) {
  char *from = stage(slot, send, count * groupSize(group), type, nullptr);
  char *to = stage(slot, nullptr, count, type, recv);
  host->startReduceScatter(slot, from, to, count, type, reduction, group);
  settle(slot);
}

void StagedCollectives::startAllToAll(int slot, const void *send, void *recv,
                                      int64_t count, DpcType type, int group) {
  int64_t all = count * groupSize(group);
  char *from = stage(slot, send, all, type, nullptr);
  char *to = stage(slot, nullptr, all, type, recv);
  host->startAllToAll(slot, from, to, count, type, group);
  settle(slot);
}

void StagedCollectives::startSend(int slot, const void *buffer, int64_t count,
                                  DpcType type, int peer, int channel,
                                  int group) {
  char *from = stage(slot, buffer, count, type, nullptr);
  host->startSend(slot, from, count, type, peer, channel, group);
  settle(slot);
}

void StagedCollectives::startReceive(int slot, void *buffer, int64_t count,
                                     DpcType type, int peer, int channel,
                                     int group) {
  char *to = stage(slot, nullptr, count, type, buffer);
  host->startReceive(slot, to, count, type, peer, channel, group);
  settle(slot);
}

void StagedCollectives::settle(int slot) {
  if (!host->inFlight(slot))
    finish(slot);
  else if (!inFlight(slot))
    addPending(slot);
}

void StagedCollectives::finish(int slot) {
  for (const Staging &staging : staged[slot])
    if (staging.target)
      device.upload(staging.target, staging.bytes.data(),
                    static_cast<int64_t>(staging.bytes.size()));
  staged[slot].clear();
  if (inFlight(slot))
    removePending(slot);
}

void StagedCollectives::progress(std::vector<int> &finished) {
  size_t before = finished.size();
  host->progress(finished);
  for (size_t i = before; i < finished.size(); ++i)
    finish(finished[i]);
}

} // namespace dpc::rt
