//===- NcclShared.h - What the ranks of a job share -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Memory that the first rank makes and the others find by the unique id, without
// a name in any folder: it is gone with the processes. Nobody waits in here, all
// ask again and again.
//
// A rank puts what it brings to operation number n of a communicator at place
// n % 2. It comes to n + 2 only when all have brought n + 1, and so are done with
// what lies there. A message has a place of its own, which is empty again when
// it was taken.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_NCCLSHARED_H
#define DPC_TEST_HOSTCUDA_NCCLSHARED_H

#include "test/hostcuda/Nccl.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace dpc::hostcuda::nccl {

constexpr int kMostRanks = 16, kMostComms = 32, kMostSplits = 16;

enum class Kind : int {
  AllReduce,
  Reduce,
  Broadcast,
  AllGather,
  ReduceScatter,
  Send,
  Recv
};

/// What all must bring alike.
struct Terms {
  Kind kind;
  ncclDataType_t type;
  ncclRedOp_t op;
  int root;
  uint64_t count;

  bool operator==(const Terms &) const = default;
};
/// "AllReduce of 4 Float32 by Sum".
std::string describe(const Terms &terms);
uint64_t getBytes(ncclDataType_t type);

struct Post {
  /// The operation's number, from 1.
  std::atomic<uint64_t> number;
  Terms terms;
};
struct Message {
  std::atomic<uint64_t> posted, taken;
  Terms terms;
};
struct SplitVote {
  std::atomic<int> isThere;
  int color, key;
};
struct Header {
  std::atomic<int> size;
  /// By world rank: whether it has come, and with which card.
  std::atomic<int> joined[kMostRanks];
  int cards[kMostRanks];
  /// A rank has failed, or has aborted.
  std::atomic<int> isBroken;
  /// By communicator and by world rank.
  Post posts[kMostComms][kMostRanks][2];
  SplitVote votes[kMostComms][kMostSplits][kMostRanks];
  Message messages[kMostComms][kMostRanks][kMostRanks];
  /// What makes a communicator: parent, number of the split, first member.
  std::atomic<uint64_t> keys[kMostComms];
};

class Shared {
public:
  /// Null if the id is none.
  static std::shared_ptr<Shared> open(const ncclUniqueId &id);
  static bool makeId(ncclUniqueId &id);

  Header &operator*() const { return *header; }
  Header *operator->() const { return header; }
  /// The number of a communicator, the same on all ranks that ask with a key.
  int findComm(uint64_t key);

  // What ranks bring, by communicator and world rank.
  void writePost(int comm, int rank, uint64_t number, const void *data,
                 uint64_t bytes);
  void readPost(int comm, int rank, uint64_t number, void *data, uint64_t bytes,
                uint64_t from);
  void writeMessage(int comm, int from, int to, const void *data,
                    uint64_t bytes);
  void readMessage(int comm, int from, int to, void *data, uint64_t bytes);

private:
  int file = -1;
  Header *header = nullptr;
};

} // namespace dpc::hostcuda::nccl

#endif // DPC_TEST_HOSTCUDA_NCCLSHARED_H
