//===- NcclWork.cpp - Collectives of the stand-in for NCCL ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An operation is work of its stream. When the stream comes to it, it brings what
// it sends, and runs once what it needs of the others is there and they have
// asked for the same.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Fault.h"
#include "test/hostcuda/Foreign.h"
#include "test/hostcuda/NcclComm.h"
#include "test/hostcuda/NcclReduce.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

using namespace dpc::hostcuda;
using namespace dpc::hostcuda::nccl;

namespace {

using Time = std::chrono::steady_clock;

/// Of this process, by their order on the card.
uint64_t begunOperations = 0;

struct Operation {
  ncclComm *comm;
  Terms terms;
  CUdeviceptr send, recv;
  int peer = -1;
  CUstream stream;

  // What has happened to it as it runs; all is forgotten when it has run.
  uint64_t order = 0, number = 0;
  Time::time_point begin{};
  bool isPosted = false, isDone = false;
  std::vector<uint8_t> received{};

  uint64_t bytes() const { return terms.count * getBytes(terms.type); }
  uint64_t sentBytes() const;
  uint64_t receivedBytes() const;
  bool sends() const { return sentBytes() > 0; }
  bool step(const ForeignMemory &memory);
  void finish(const ForeignMemory &memory);

private:
  bool goesWrong();
  bool stepMessage(const ForeignMemory &memory);
  bool stepCollective(const ForeignMemory &memory);
  void compare(int other, const Terms &theirs) const;
};

uint64_t Operation::sentBytes() const {
  switch (terms.kind) {
  case Kind::ReduceScatter:
    return bytes() * static_cast<uint64_t>(comm->size());
  case Kind::Broadcast:
    return comm->rank == terms.root ? bytes() : 0;
  case Kind::Recv:
    return 0;
  default:
    return bytes();
  }
}

uint64_t Operation::receivedBytes() const {
  switch (terms.kind) {
  case Kind::AllGather:
    return bytes() * static_cast<uint64_t>(comm->size());
  case Kind::Reduce:
    return comm->rank == terms.root ? bytes() : 0;
  case Kind::Send:
    return 0;
  default:
    return bytes();
  }
}

/// What the environment asked for; true if it does not go on.
bool Operation::goesWrong() {
  const Ordered &ordered = getOrdered();
  if (ordered.rank != comm->worldRank || ordered.number != order)
    return false;
  if (ordered.kind == "late")
    return std::chrono::duration<double>(Time::now() - begin).count() <
           ordered.seconds;
  if (ordered.kind == "error") {
    comm->state = ncclSystemError;
    comm->lastError = "unhandled system error";
    (*comm->shared)->isBroken = 1;
  }
  return ordered.kind == "lost" || ordered.kind == "hang" ||
         ordered.kind == "error";
}

void Operation::compare(int other, const Terms &theirs) const {
  if (theirs == terms)
    return;
  throw Fault{"collective",
              "operation " + std::to_string(number) + " of communicator " +
                  std::to_string(comm->number) + " is " + describe(terms) +
                  " on rank " + std::to_string(comm->worldRank) + " and " +
                  describe(theirs) + " on rank " + std::to_string(other)};
}

bool Operation::stepMessage(const ForeignMemory &memory) {
  int self = comm->worldRank, other = comm->members[static_cast<size_t>(peer)];
  bool isSend = terms.kind == Kind::Send;
  Message &message = (*comm->shared)
                         ->messages[comm->number][isSend ? self : other]
                                   [isSend ? other : self];
  if (isSend) {
    if (!isPosted) {
      number = message.posted + 1;
      message.terms = terms;
      std::vector<uint8_t> copy(memory(send), memory(send) + bytes());
      comm->shared->writeMessage(comm->number, self, other, copy.data(),
                                 bytes());
      isPosted = true;
      message.posted = number;
    }
    return message.taken == number;
  }
  number = message.taken + 1;
  if (message.posted != number)
    return false;
  Terms theirs = message.terms;
  theirs.kind = Kind::Recv;
  compare(other, theirs);
  received.resize(bytes());
  comm->shared->readMessage(comm->number, other, self, received.data(),
                            bytes());
  message.taken = number;
  return true;
}

bool Operation::stepCollective(const ForeignMemory &memory) {
  int self = comm->worldRank;
  Header &header = **comm->shared;
  if (!isPosted) {
    number = ++comm->begun;
    Post &post = header.posts[comm->number][self][number % 2];
    post.terms = terms;
    if (sends())
      comm->shared->writePost(comm->number, self, number, memory(send),
                              sentBytes());
    isPosted = true;
    post.number = number;
  }
  for (int member : comm->members) {
    const Post &post = header.posts[comm->number][member][number % 2];
    if (post.number != number)
      return false;
    compare(member, post.terms);
  }
  received.resize(receivedBytes());
  if (received.empty())
    return true;
  uint64_t from = terms.kind == Kind::ReduceScatter
                      ? bytes() * static_cast<uint64_t>(comm->rank)
                      : 0;
  std::vector<uint8_t> part(bytes());
  for (int i = 0; i < comm->size(); ++i) {
    int member = comm->members[static_cast<size_t>(i)];
    if (terms.kind == Kind::Broadcast && i != terms.root)
      continue;
    comm->shared->readPost(comm->number, member, number, part.data(), bytes(),
                           from);
    if (terms.kind == Kind::AllGather)
      std::copy(part.begin(), part.end(),
                received.begin() + i * static_cast<int64_t>(bytes()));
    else if (terms.kind == Kind::Broadcast || i == 0)
      received = part;
    else
      reduce(received.data(), part.data(), terms.count, terms.type, terms.op);
  }
  if (terms.op == ncclAvg)
    divide(received.data(), terms.count, terms.type, comm->size());
  return true;
}

bool Operation::step(const ForeignMemory &memory) {
  if (isDone || comm->isGone)
    return isDone = true;
  if (!order) {
    order = ++begunOperations;
    begin = Time::now();
  }
  if (!isPosted && goesWrong())
    return false;
  return isDone = peer >= 0 ? stepMessage(memory) : stepCollective(memory);
}

void Operation::finish(const ForeignMemory &memory) {
  if (!received.empty())
    std::memcpy(memory(recv), received.data(), received.size());
  order = number = 0;
  isPosted = isDone = false;
  received.clear();
}

// What is given between ncclGroupStart and ncclGroupEnd.
int groupDepth = 0;
std::vector<Operation> group;
ncclResult_t groupResult = ncclSuccess;
/// Operations that were given, and one that the environment holds back.
uint64_t givenOperations = 0;
std::vector<Operation> heldBack;

/// Gives the operations to their streams: those of one stream together.
void launch(std::vector<Operation> operations) {
  while (!operations.empty()) {
    CUstream stream = operations.front().stream;
    auto mine = std::make_shared<std::vector<Operation>>();
    std::vector<Operation> rest;
    for (Operation &operation : operations)
      (operation.stream == stream ? *mine : rest).push_back(operation);
    operations = std::move(rest);
    std::vector<ForeignRange> ranges;
    std::string name;
    for (const Operation &operation : *mine) {
      if (uint64_t bytes = operation.sentBytes())
        ranges.push_back({operation.send, bytes, false});
      if (uint64_t bytes = operation.receivedBytes())
        ranges.push_back({operation.recv, bytes, true});
      name += (name.empty() ? "" : ", ") + describe(operation.terms);
    }
    addForeign(
        stream, "NCCL's " + name, ranges,
        [mine](const ForeignMemory &memory) {
          for (Operation &operation : *mine)
            operation.finish(memory);
        },
        [mine](const ForeignMemory &memory) {
          bool isReady = true;
          for (Operation &operation : *mine)
            isReady &= operation.step(memory);
          return isReady;
        });
  }
}

/// Whether what is received lies where it may beside what is sent.
bool mayOverlap(const Operation &operation) {
  uint64_t sent = operation.sentBytes(), received = operation.receivedBytes();
  if (!sent || !received || operation.send + sent <= operation.recv ||
      operation.recv + received <= operation.send)
    return true;
  uint64_t mine =
      operation.bytes() * static_cast<uint64_t>(operation.comm->rank);
  switch (operation.terms.kind) {
  case Kind::AllGather:
    return operation.send == operation.recv + mine;
  case Kind::ReduceScatter:
    return operation.recv == operation.send + mine;
  default:
    return operation.send == operation.recv;
  }
}

/// Gives a group to the card when its communicators are asked.
ncclResult_t start(std::vector<Operation> operations) {
  const Ordered &ordered = getOrdered();
  if (!operations.empty() && ordered.asks("swap", *operations.front().comm)) {
    ++givenOperations;
    if (givenOperations == ordered.number) {
      heldBack = std::move(operations);
      return ncclSuccess;
    }
    if (givenOperations == ordered.number + 1) {
      std::vector<Operation> earlier = std::move(heldBack);
      launch(std::move(operations));
      launch(std::move(earlier));
      return ncclSuccess;
    }
  }
  // A rank that never comes.
  if (!operations.empty() && ordered.asks("absent", *operations.front().comm) &&
      ++givenOperations >= ordered.number)
    return ncclSuccess;
  auto given = std::make_shared<std::vector<Operation>>(std::move(operations));
  std::set<ncclComm *> comms;
  for (const Operation &operation : *given)
    comms.insert(operation.comm);
  ncclResult_t result = ncclSuccess;
  for (ncclComm *comm : comms)
    result = begin(*comm, [given] {
      launch(std::exchange(*given, {}));
      return true;
    });
  return result;
}

ncclResult_t add(Operation operation) {
  ncclComm *comm = operation.comm;
  const Terms &terms = operation.terms;
  ncclResult_t result = checkReady(comm);
  if (!result) {
    int type = terms.type, op = terms.op, last = comm->size() - 1;
    bool isMessage = operation.peer >= 0;
    if (type < ncclInt8 || type > ncclBfloat16 || op < ncclSum ||
        op > ncclAvg || terms.root < 0 || terms.root > last ||
        (terms.kind >= Kind::Send && !isMessage) || operation.peer > last ||
        (operation.sentBytes() && !operation.send) ||
        (operation.receivedBytes() && !operation.recv))
      result = fail(comm, ncclInvalidArgument,
                    "bad arguments of " + describe({terms.kind, ncclInt8,
                                                    ncclSum, 0, terms.count}));
    else if (!mayOverlap(operation)) {
      reportForeignFault("collective", describe(terms) +
                                           " sends and receives overlapping "
                                           "memory that is not in place");
      result = ncclInvalidUsage;
    }
  }
  if (result) {
    if (groupDepth && !groupResult)
      groupResult = result;
    return result;
  }
  // Nothing is done of nothing.
  if (terms.count == 0 && operation.peer < 0)
    return ncclSuccess;
  if (groupDepth) {
    group.push_back(std::move(operation));
    return ncclSuccess;
  }
  return start({std::move(operation)});
}

CUdeviceptr toAddress(const void *pointer) {
  return reinterpret_cast<CUdeviceptr>(pointer);
}

} // namespace

extern "C" {

ncclResult_t ncclGroupStart() {
  if (groupDepth++ == 0)
    groupResult = ncclSuccess;
  return ncclSuccess;
}

ncclResult_t ncclGroupEnd() {
  if (groupDepth == 0)
    return ncclInvalidUsage;
  if (--groupDepth > 0)
    return ncclSuccess;
  std::vector<Operation> operations = std::exchange(group, {});
  if (groupResult || operations.empty())
    return groupResult;
  return start(std::move(operations));
}

ncclResult_t ncclAllReduce(const void *send, void *recv, size_t count,
                           ncclDataType_t type, ncclRedOp_t op, ncclComm_t comm,
                           CUstream stream) {
  return add({comm,
              {Kind::AllReduce, type, op, 0, count},
              toAddress(send),
              toAddress(recv),
              -1,
              stream});
}

ncclResult_t ncclReduce(const void *send, void *recv, size_t count,
                        ncclDataType_t type, ncclRedOp_t op, int root,
                        ncclComm_t comm, CUstream stream) {
  return add({comm,
              {Kind::Reduce, type, op, root, count},
              toAddress(send),
              toAddress(recv),
              -1,
              stream});
}

ncclResult_t ncclBroadcast(const void *send, void *recv, size_t count,
                           ncclDataType_t type, int root, ncclComm_t comm,
                           CUstream stream) {
  return add({comm,
              {Kind::Broadcast, type, ncclSum, root, count},
              toAddress(send),
              toAddress(recv),
              -1,
              stream});
}

ncclResult_t ncclAllGather(const void *send, void *recv, size_t count,
                           ncclDataType_t type, ncclComm_t comm,
                           CUstream stream) {
  return add({comm,
              {Kind::AllGather, type, ncclSum, 0, count},
              toAddress(send),
              toAddress(recv),
              -1,
              stream});
}

ncclResult_t ncclReduceScatter(const void *send, void *recv, size_t count,
                               ncclDataType_t type, ncclRedOp_t op,
                               ncclComm_t comm, CUstream stream) {
  return add({comm,
              {Kind::ReduceScatter, type, op, 0, count},
              toAddress(send),
              toAddress(recv),
              -1,
              stream});
}

ncclResult_t ncclSend(const void *send, size_t count, ncclDataType_t type,
                      int peer, ncclComm_t comm, CUstream stream) {
  return add({comm,
              {Kind::Send, type, ncclSum, 0, count},
              toAddress(send),
              0,
              peer,
              stream});
}

ncclResult_t ncclRecv(void *recv, size_t count, ncclDataType_t type, int peer,
                      ncclComm_t comm, CUstream stream) {
  return add({comm,
              {Kind::Recv, type, ncclSum, 0, count},
              0,
              toAddress(recv),
              peer,
              stream});
}

} // extern "C"
