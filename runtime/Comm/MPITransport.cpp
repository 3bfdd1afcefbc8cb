//===- MPITransport.cpp - Ranks that talk through MPI ---------------------===//
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

#include "runtime/Comm/MPITransport.h"
#include "runtime/Comm/MPIReductions.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace dpc::rt {

namespace {

constexpr int resultTag = 1;

class MPITransport final : public Transport {
public:
  MPITransport(int rank, int size, int64_t maxCount)
      : Transport(rank, size), maxCount(maxCount) {
    reductions.create();
    int *limit = nullptr, found = 0;
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &limit, &found);
    if (found)
      lastTag = *limit;
  }

  int64_t minimum(int64_t value) override {
    int64_t result = value;
    check(MPI_Allreduce(&value, &result, 1, MPI_INT64_T, MPI_MIN,
                        MPI_COMM_WORLD));
    return result;
  }

  void barrier() override { check(MPI_Barrier(MPI_COMM_WORLD)); }

  std::vector<std::string> allGatherText(const std::string &text) override {
    constexpr size_t width = 128;
    std::string mine = text.substr(0, width);
    mine.resize(width, '\0');
    std::string all(width * static_cast<size_t>(worldSize), '\0');
    check(MPI_Allgather(mine.data(), width, MPI_CHAR, all.data(), width,
                        MPI_CHAR, MPI_COMM_WORLD));
    std::vector<std::string> texts;
    for (int i = 0; i < worldSize; ++i) {
      std::string one = all.substr(width * static_cast<size_t>(i), width);
      texts.push_back(one.substr(0, one.find('\0')));
    }
    return texts;
  }

  std::string receiveAtRoot(int from) override {
    uint64_t size = 0;
    check(MPI_Recv(&size, 1, MPI_UINT64_T, from, resultTag, MPI_COMM_WORLD,
                   MPI_STATUS_IGNORE));
    std::string bytes(size, '\0');
    for (uint64_t at = 0; at < size; at += step())
      check(MPI_Recv(bytes.data() + at,
                     static_cast<int>(std::min(step(), size - at)), MPI_CHAR,
                     from, resultTag, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
    return bytes;
  }

  void sendToRoot(std::string_view bytes) override {
    uint64_t size = bytes.size();
    check(MPI_Send(&size, 1, MPI_UINT64_T, 0, resultTag, MPI_COMM_WORLD));
    for (uint64_t at = 0; at < size; at += step())
      check(MPI_Send(bytes.data() + at,
                     static_cast<int>(std::min(step(), size - at)), MPI_CHAR, 0,
                     resultTag, MPI_COMM_WORLD));
  }

  [[noreturn]] void abort() override {
    MPI_Abort(MPI_COMM_WORLD, 1);
    std::_Exit(1);
  }

  void finalize() override {
    for (Group &group : groups)
      if (group.comm != MPI_COMM_NULL)
        MPI_Comm_free(&group.comm);
    reductions.free();
    MPI_Finalize();
  }

  Status makeGroups(const std::vector<GroupPlace> &places) override {
    for (const GroupPlace &place : places) {
      Group group;
      int code =
          MPI_Comm_split(MPI_COMM_WORLD, place.color, place.key, &group.comm);
      if (code != MPI_SUCCESS)
        return Error{"MPI", "cannot make a communicator: " + text(code), ""};
      // A new communicator inherits MPI_COMM_WORLD's error handler.
      MPI_Comm_size(group.comm, &group.size);
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
      MPI_Comm_rank(comm, &index);
      root = index == 0;
    }
    char *at = static_cast<char *>(buffer);
    for (int64_t done = 0; done < count; done += maxCount) {
      int piece = static_cast<int>(std::min(maxCount, count - done));
      MPI_Request request = MPI_REQUEST_NULL;
      if (!toRoot)
        check(MPI_Iallreduce(MPI_IN_PLACE, at, piece, datatype, op, comm,
                             &request));
      else if (root)
        check(MPI_Ireduce(MPI_IN_PLACE, at, piece, datatype, op, 0, comm,
                          &request));
      else
        check(MPI_Ireduce(at, nullptr, piece, datatype, op, 0, comm, &request));
      add(slot, request);
      at += piece * typeBytes(type);
    }
  }

  void startAllGather(int slot, const void *send, void *recv, int64_t count,
                      DpcType type, int group) override {
    if (count == 0)
      return;
    MPI_Comm comm = groups[group].comm;
    int index = 0;
    MPI_Comm_rank(comm, &index);
    const char *own =
        static_cast<char *>(recv) + index * count * typeBytes(type);
    if (send == own)
      send = MPI_IN_PLACE;
    MPI_Request request = MPI_REQUEST_NULL;
    if (count <= maxCount) {
      int n = static_cast<int>(count);
      check(MPI_Iallgather(send, n, mpiType(type), recv, n, mpiType(type), comm,
                           &request));
    } else {
      // Pieces would need displacements beyond int. One element of a type that
      // spans the whole part needs none.
      MPI_Datatype whole = wholeType(count, mpiType(type), typeBytes(type));
      check(MPI_Iallgather(send, 1, whole, recv, 1, whole, comm, &request));
      MPI_Type_free(&whole); // freed by MPI after the collective
    }
    add(slot, request);
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
      MPI_Request request = MPI_REQUEST_NULL;
      check(MPI_Ireduce_scatter_block(send, recv, static_cast<int>(count),
                                      datatype, op, comm, &request));
      add(slot, request);
      return;
    }
    // Pieces of all parts do not lie next to each other, so that every part is
    // reduced to its rank on its own.
    const char *from = static_cast<const char *>(send);
    for (int root = 0; root < groups[group].size; ++root) {
      char *to = static_cast<char *>(recv);
      for (int64_t done = 0; done < count; done += maxCount) {
        int piece = static_cast<int>(std::min(maxCount, count - done));
        MPI_Request request = MPI_REQUEST_NULL;
        check(MPI_Ireduce(from, to, piece, datatype, op, root, comm, &request));
        add(slot, request);
        from += piece * typeBytes(type);
        to += piece * typeBytes(type);
      }
    }
  }

  void startAllToAll(int slot, const void *send, void *recv, int64_t count,
                     DpcType type, int group) override {
    if (count == 0)
      return;
    MPI_Comm comm = groups[group].comm;
    MPI_Request request = MPI_REQUEST_NULL;
    if (count <= maxCount) {
      int n = static_cast<int>(count);
      check(MPI_Ialltoall(send, n, mpiType(type), recv, n, mpiType(type), comm,
                          &request));
    } else {
      MPI_Datatype whole = wholeType(count, mpiType(type), typeBytes(type));
      check(MPI_Ialltoall(send, 1, whole, recv, 1, whole, comm, &request));
      MPI_Type_free(&whole); // freed by MPI after the collective
    }
    add(slot, request);
  }

  void startSend(int slot, const void *buffer, int64_t count, DpcType type,
                 int peer, int channel, int group) override {
    checkChannel(channel);
    const char *at = static_cast<const char *>(buffer);
    for (int64_t done = 0; done < count; done += maxCount) {
      int piece = static_cast<int>(std::min(maxCount, count - done));
      MPI_Request request = MPI_REQUEST_NULL;
      check(MPI_Isend(at, piece, mpiType(type), peer, channel,
                      groups[group].comm, &request));
      add(slot, request);
      at += piece * typeBytes(type);
    }
  }

  void startReceive(int slot, void *buffer, int64_t count, DpcType type,
                    int peer, int channel, int group) override {
    checkChannel(channel);
    char *at = static_cast<char *>(buffer);
    for (int64_t done = 0; done < count; done += maxCount) {
      int piece = static_cast<int>(std::min(maxCount, count - done));
      MPI_Request request = MPI_REQUEST_NULL;
      check(MPI_Irecv(at, piece, mpiType(type), peer, channel,
                      groups[group].comm, &request));
      add(slot, request);
      at += piece * typeBytes(type);
    }
  }

  void progress(std::vector<int> &finished) override {
    int count = 0;
    indices.resize(requests.size());
    check(MPI_Testsome(static_cast<int>(requests.size()), requests.data(),
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
      --pendingTotal;
      if (--pending[slot] == 0)
        finished.push_back(slot);
    }
  }

private:
  struct Group {
    MPI_Comm comm = MPI_COMM_NULL;
    int size = 1;
  };

  uint64_t step() const { return static_cast<uint64_t>(maxCount); }

  static std::string text(int code) {
    char buffer[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(code, buffer, &length);
    return std::string(buffer, static_cast<size_t>(length));
  }

  void check(int code) {
    if (code != MPI_SUCCESS)
      fatal(*this,
            Error{"MPI", "rank " + std::to_string(myRank) + ": " + text(code),
                  ""});
  }

  /// A channel is MPI's tag. Collectives never meet messages, even on one
  /// communicator.
  void checkChannel(int channel) {
    if (channel > lastTag)
      fatal(*this,
            Error{"MPI",
                  "has tags up to " + std::to_string(lastTag) +
                      " but the plan has message " + std::to_string(channel),
                  "use fewer microbatches"});
  }

  void add(int slot, MPI_Request request) {
    if (pending.size() <= static_cast<size_t>(slot))
      pending.resize(static_cast<size_t>(slot) + 1, 0);
    ++pending[slot];
    ++pendingTotal;
    requests.push_back(request);
    owners.push_back(slot);
  }

  MPI_Datatype wholeType(int64_t count, MPI_Datatype element, int64_t bytes) {
    int block = static_cast<int>(maxCount);
    int blocks = static_cast<int>(count / maxCount);
    int rest = static_cast<int>(count % maxCount);
    MPI_Datatype blockType, body, whole;
    check(MPI_Type_contiguous(block, element, &blockType));
    check(MPI_Type_contiguous(blocks, blockType, &body));
    int lengths[] = {1, rest};
    MPI_Aint places[] = {0, static_cast<MPI_Aint>(count - rest) * bytes};
    MPI_Datatype types[] = {body, element};
    check(MPI_Type_create_struct(rest ? 2 : 1, lengths, places, types, &whole));
    check(MPI_Type_commit(&whole));
    MPI_Type_free(&blockType);
    MPI_Type_free(&body);
    return whole;
  }

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

Expected<std::unique_ptr<Transport>> makeMPITransport(const Launch &launch,
                                                      int64_t maxCount) {
  int provided = 0;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) !=
      MPI_SUCCESS)
    return Error{"MPI", "cannot be initialised", ""};
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  int rank = 0, size = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (launch.size > 0 && (size != launch.size || rank != launch.rank)) {
    MPI_Finalize();
    return Error{launch.source,
                 "the launcher started rank " + std::to_string(launch.rank) +
                     " of " + std::to_string(launch.size) +
                     " but MPI sees rank " + std::to_string(rank) + " of " +
                     std::to_string(size),
                 "start with the mpirun of the same MPI, or 'dpc run'"};
  }
  return std::unique_ptr<Transport>(new MPITransport(rank, size, maxCount));
}

} // namespace dpc::rt
