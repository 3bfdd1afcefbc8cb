//===- MPICollectives.cpp - Collectives through MPI -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Collectives and messages are MPI's non-blocking ones. Each is one request, or
// several when its count is above `maxCount`; all ranks cut alike, so the
// pieces match.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/MPICollectives.h"
#include "runtime/Comm/MPIPieces.h"
#include "runtime/Comm/MPIReductions.h"
#include "runtime/Comm/Watchdog.h"

#include <algorithm>

namespace dpc::rt {

namespace {

class MPICollectives final : public Collectives {
public:
  MPICollectives(Control &control, const MPIMessages &messages,
                 int64_t maxCount)
      : control(control), messages(messages), maxCount(maxCount) {
    reductions.create();
    int *largest = nullptr, found = 0;
    mpi.Comm_get_attr(mpi.world, MPI_TAG_UB, &largest, &found);
    if (found)
      lastTag = *largest;
  }

  ~MPICollectives() override {
    Watchdog watchdog(control.timeLimit(), control.rank(), "MPI's end");
    for (Group &group : groups)
      if (group.comm != mpi.noComm)
        mpi.Comm_free(&group.comm);
    reductions.free();
  }

  Status makeGroups(const std::vector<GroupPlace> &places) override {
    control.barrier();
    Watchdog watchdog(control.timeLimit(), control.rank(),
                      "the making of MPI's communicators");
    for (const GroupPlace &place : places) {
      Group group;
      int code = mpi.Comm_split(mpi.world, place.color, place.key, &group.comm);
      if (code != MPI_SUCCESS)
        return Error{"MPI",
                     "cannot make a communicator: " + MPIMessages::text(code),
                     ""};
      // A new communicator inherits MPI_COMM_WORLD's error handler.
      mpi.Comm_size(group.comm, &group.size);
      groups.push_back(group);
    }
    return {};
  }

  int groupSize(int group) const override { return groups[group].size; }

  void startReduce(int slot, void *buffer, int64_t count, DpcType type,
                   DpcReduction reduction, int group, bool toRoot) override {
    MPI_Comm comm = groups[group].comm;
    MPI_Datatype datatype = mpiType(type);
    MPI_Op op = reductions.get(type, reduction);
    bool root = false;
    if (toRoot) {
      int index = 0;
      mpi.Comm_rank(comm, &index);
      root = index == 0;
    }
    char *data = static_cast<char *>(buffer);
    startPieces(slot, count,
                [&](int64_t begin, int piece, MPI_Request *request) {
                  char *at = data + begin * typeBytes(type);
                  if (!toRoot)
                    return mpi.Iallreduce(MPI_IN_PLACE, at, piece, datatype, op,
                                          comm, request);
                  if (root)
                    return mpi.Ireduce(MPI_IN_PLACE, at, piece, datatype, op, 0,
                                       comm, request);
                  return mpi.Ireduce(at, nullptr, piece, datatype, op, 0, comm,
                                     request);
                });
  }

  void startAllGather(int slot, const void *send, void *recv, int64_t count,
                      DpcType type, int group) override {
    MPI_Comm comm = groups[group].comm;
    int index = 0;
    mpi.Comm_rank(comm, &index);
    const char *own =
        static_cast<char *>(recv) + index * count * typeBytes(type);
    if (send == own)
      send = MPI_IN_PLACE;
    startParts(slot, count, type,
               [&](int n, MPI_Datatype datatype, MPI_Request *request) {
                 return mpi.Iallgather(send, n, datatype, recv, n, datatype,
                                       comm, request);
               });
  }

  void startReduceScatter(int slot, const void *send, void *recv, int64_t count,
                          DpcType type, DpcReduction reduction,
                          int group) override {
    MPI_Comm comm = groups[group].comm;
    MPI_Datatype datatype = mpiType(type);
    MPI_Op op = reductions.get(type, reduction);
    if (count == 0)
      return;
    if (count <= maxCount / groups[group].size) {
      return start(slot, [&](MPI_Request *request) {
        return mpi.Ireduce_scatter_block(send, recv, static_cast<int>(count),
                                         datatype, op, comm, request);
      });
    }
    // Pieces of all parts do not lie next to each other, so that every part is
    // reduced to its rank on its own.
    const char *from = static_cast<const char *>(send);
    char *to = static_cast<char *>(recv);
    for (int root = 0; root < groups[group].size; ++root)
      startPieces(
          slot, count, [&](int64_t begin, int piece, MPI_Request *request) {
            return mpi.Ireduce(from + (root * count + begin) * typeBytes(type),
                               to + begin * typeBytes(type), piece, datatype,
                               op, root, comm, request);
          });
  }

  void startAllToAll(int slot, const void *send, void *recv, int64_t count,
                     DpcType type, int group) override {
    startParts(slot, count, type,
               [&](int n, MPI_Datatype datatype, MPI_Request *request) {
                 return mpi.Ialltoall(send, n, datatype, recv, n, datatype,
                                      groups[group].comm, request);
               });
  }

  void startSend(int slot, const void *buffer, int64_t count, DpcType type,
                 int peer, int channel, int group) override {
    checkChannel(channel);
    const char *from = static_cast<const char *>(buffer);
    startPieces(
        slot, count, [&](int64_t begin, int piece, MPI_Request *request) {
          return mpi.Isend(from + begin * typeBytes(type), piece, mpiType(type),
                           peer, channel, groups[group].comm, request);
        });
  }

  void startReceive(int slot, void *buffer, int64_t count, DpcType type,
                    int peer, int channel, int group) override {
    checkChannel(channel);
    char *to = static_cast<char *>(buffer);
    startPieces(
        slot, count, [&](int64_t begin, int piece, MPI_Request *request) {
          return mpi.Irecv(to + begin * typeBytes(type), piece, mpiType(type),
                           peer, channel, groups[group].comm, request);
        });
  }

  void progress(std::vector<int> &finished) override {
    int count = 0;
    indices.resize(requests.size());
    check(mpi.Testsome(static_cast<int>(requests.size()), requests.data(),
                       &count, indices.data(), MPI_STATUSES_IGNORE));
    if (count == MPI_UNDEFINED || count == 0)
      return;
    // From the back, so that moving the last request into a gap keeps the
    // remaining indices valid.
    std::sort(indices.begin(), indices.begin() + count);
    for (int i = count; i-- > 0;) {
      size_t at = static_cast<size_t>(indices[i]);
      int slot = owners[at];
      requests[at] = requests.back();
      owners[at] = owners.back();
      requests.pop_back();
      owners.pop_back();
      if (removePending(slot))
        finished.push_back(slot);
    }
  }

private:
  struct Group {
    MPI_Comm comm = mpi.noComm;
    int size = 1;
  };

  /// Calls `run(&request)`, which starts an operation of the slot.
  template <typename Run> void start(int slot, Run run) {
    MPI_Request request = mpi.noRequest;
    check(run(&request));
    addPending(slot);
    requests.push_back(request);
    owners.push_back(slot);
  }

  /// Calls `run(begin, size, &request)`, which starts a piece.
  template <typename Run> void startPieces(int slot, int64_t count, Run run) {
    inPieces(count, maxCount, [&](int64_t begin, int piece) {
      start(slot,
            [&](MPI_Request *request) { return run(begin, piece, request); });
    });
  }

  /// Calls `run(count, type, &request)`, which starts a collective whose parts
  /// lie next to each other. Pieces would need displacements beyond int; one
  /// element of a type that spans a whole part needs none.
  template <typename Run>
  void startParts(int slot, int64_t count, DpcType type, Run run) {
    if (count == 0)
      return;
    int number = static_cast<int>(count);
    MPI_Datatype datatype = mpiType(type);
    bool isLong = count > maxCount;
    if (isLong) {
      number = 1;
      datatype = wholeType(count, datatype, typeBytes(type));
    }
    start(slot,
          [&](MPI_Request *request) { return run(number, datatype, request); });
    if (isLong)
      mpi.Type_free(&datatype); // freed by MPI after the collective
  }

  void check(int code) { messages.check(control, code); }

  /// A channel is MPI's tag. Collectives never meet messages, even on one
  /// communicator.
  void checkChannel(int channel) {
    if (channel > lastTag)
      fatal(control,
            Error{"MPI",
                  "has tags up to " + std::to_string(lastTag) +
                      " but the plan has message " + std::to_string(channel),
                  "use fewer microbatches"});
  }

  MPI_Datatype wholeType(int64_t count, MPI_Datatype element, int64_t bytes) {
    int block = static_cast<int>(maxCount);
    int blocks = static_cast<int>(count / maxCount);
    int rest = static_cast<int>(count % maxCount);
    MPI_Datatype blockType, body, whole;
    check(mpi.Type_contiguous(block, element, &blockType));
    check(mpi.Type_contiguous(blocks, blockType, &body));
    int lengths[] = {1, rest};
    MPI_Aint places[] = {0, static_cast<MPI_Aint>(count - rest) * bytes};
    MPI_Datatype types[] = {body, element};
    check(mpi.Type_create_struct(rest ? 2 : 1, lengths, places, types, &whole));
    check(mpi.Type_commit(&whole));
    mpi.Type_free(&blockType);
    mpi.Type_free(&body);
    return whole;
  }

  Control &control;
  MPIMessages messages;
  int64_t maxCount;
  /// What the standard guarantees, or more.
  int lastTag = 32767;
  MPIReductions reductions;
  std::vector<Group> groups;
  /// Requests in flight and, beside each, its slot.
  std::vector<MPI_Request> requests;
  std::vector<int> owners;
  std::vector<int> indices;
};

} // namespace

std::unique_ptr<Collectives> makeMPICollectives(Control &control,
                                                const MPIMessages &messages,
                                                int64_t maxCount) {
  return std::make_unique<MPICollectives>(control, messages, maxCount);
}

} // namespace dpc::rt
