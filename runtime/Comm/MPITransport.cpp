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
#include "runtime/Comm/Watchdog.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace dpc::rt {

namespace {

constexpr int resultTag = 1;

/// What Open MPI itself prints. Once it has started, that is kept for this
/// rank's own error: of a rank that is killed, the others would print a line
/// each about messages that failed.
class MPIMessages {
public:
  /// Before MPI starts. Until divert(), what is printed goes to the launcher's
  /// log if there is one: of ranks that MPI ends in its start it says why.
  MPIMessages() {
    if (getRunLog() >= 0)
      terminal = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (terminal >= 0) {
      setErrorDescriptor(terminal);
      ::dup2(getRunLog(), STDERR_FILENO);
    }
    descriptor = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (descriptor >= 0)
      ::setenv("OPAL_OUTPUT_STDERR_FD", std::to_string(descriptor).c_str(), 0);
    // Nor does it print the stack of a process that a signal ends.
    ::setenv("OMPI_MCA_opal_signal", "", 0);
  }

  void divert() {
    restore();
    int memory = ::memfd_create("mpi", MFD_CLOEXEC);
    if (descriptor >= 0 && memory >= 0)
      ::dup3(memory, descriptor, O_CLOEXEC);
    if (memory >= 0)
      ::close(memory);
  }

  std::string read() const {
    std::string text(2000, '\0');
    ssize_t n = ::pread(descriptor, text.data(), text.size(), 0);
    text.resize(static_cast<size_t>(std::max<ssize_t>(n, 0)));
    return text;
  }

private:
  void restore() {
    if (terminal < 0)
      return;
    ::dup2(terminal, STDERR_FILENO);
    setErrorDescriptor(STDERR_FILENO);
    ::close(terminal);
    terminal = -1;
  }

  int terminal = -1, descriptor = -1;
};

class MPITransport final : public Transport {
public:
  MPITransport(int rank, int size, double limit, int64_t maxCount,
               const MPIMessages &messages)
      : Transport(rank, size, limit), maxCount(maxCount), messages(messages) {
    reductions.create();
    rollCall.create();
    int *largest = nullptr, found = 0;
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &largest, &found);
    if (found)
      lastTag = *largest;
  }

  void startMinimum(int64_t value) override {
    minimumValue = value;
    check(MPI_Iallreduce(MPI_IN_PLACE, &minimumValue, 1, MPI_INT64_T, MPI_MIN,
                         MPI_COMM_WORLD, &minimumRequest));
  }

  int64_t finishMinimum() override {
    await(minimumRequest);
    return minimumValue;
  }

  void barrier() override {
    MPI_Request request;
    check(MPI_Ibarrier(MPI_COMM_WORLD, &request));
    await(request);
  }

  std::vector<std::string> allGatherText(const std::string &text) override {
    constexpr size_t width = 128;
    std::string mine = text.substr(0, width);
    mine.resize(width, '\0');
    std::string all(width * static_cast<size_t>(worldSize), '\0');
    MPI_Request request;
    check(MPI_Iallgather(mine.data(), width, MPI_CHAR, all.data(), width,
                         MPI_CHAR, MPI_COMM_WORLD, &request));
    await(request);
    std::vector<std::string> texts;
    for (int i = 0; i < worldSize; ++i) {
      std::string one = all.substr(width * static_cast<size_t>(i), width);
      texts.push_back(one.substr(0, one.find('\0')));
    }
    return texts;
  }

  std::string receiveAtRoot(int from) override {
    uint64_t size = 0;
    auto receive = [&](void *target, int count, MPI_Datatype type) {
      MPI_Request request;
      check(MPI_Irecv(target, count, type, from, resultTag, MPI_COMM_WORLD,
                      &request));
      await(request, {from});
    };
    receive(&size, 1, MPI_UINT64_T);
    std::string bytes(size, '\0');
    inPieces(static_cast<int64_t>(size), [&](int64_t at, int piece) {
      receive(bytes.data() + at, piece, MPI_CHAR);
    });
    return bytes;
  }

  void sendToRoot(std::string_view bytes) override {
    uint64_t size = bytes.size();
    auto send = [&](const void *source, int count, MPI_Datatype type) {
      MPI_Request request;
      check(MPI_Isend(source, count, type, 0, resultTag, MPI_COMM_WORLD,
                      &request));
      await(request, {0});
    };
    send(&size, 1, MPI_UINT64_T);
    inPieces(static_cast<int64_t>(size), [&](int64_t at, int piece) {
      send(bytes.data() + at, piece, MPI_CHAR);
    });
  }

  [[noreturn]] void abort() override {
    MPI_Abort(MPI_COMM_WORLD, 1);
    std::_Exit(1);
  }

  void finalize() override {
    enter("the end");
    barrier();
    Watchdog watchdog(limit, myRank, "MPI's end");
    rollCall.free();
    for (Group &group : groups)
      if (group.comm != MPI_COMM_NULL)
        MPI_Comm_free(&group.comm);
    reductions.free();
    MPI_Finalize();
  }

  Status makeGroups(const std::vector<GroupPlace> &places) override {
    barrier();
    Watchdog watchdog(limit, myRank, "the making of MPI's communicators");
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
    char *data = static_cast<char *>(buffer);
    startPieces(slot, count,
                [&](int64_t begin, int piece, MPI_Request *request) {
                  char *at = data + begin * typeBytes(type);
                  if (!toRoot)
                    return MPI_Iallreduce(MPI_IN_PLACE, at, piece, datatype, op,
                                          comm, request);
                  if (root)
                    return MPI_Ireduce(MPI_IN_PLACE, at, piece, datatype, op, 0,
                                       comm, request);
                  return MPI_Ireduce(at, nullptr, piece, datatype, op, 0, comm,
                                     request);
                });
  }

  void startAllGather(int slot, const void *send, void *recv, int64_t count,
                      DpcType type, int group) override {
    MPI_Comm comm = groups[group].comm;
    int index = 0;
    MPI_Comm_rank(comm, &index);
    const char *own =
        static_cast<char *>(recv) + index * count * typeBytes(type);
    if (send == own)
      send = MPI_IN_PLACE;
    startParts(slot, count, type,
               [&](int n, MPI_Datatype datatype, MPI_Request *request) {
                 return MPI_Iallgather(send, n, datatype, recv, n, datatype,
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
        return MPI_Ireduce_scatter_block(send, recv, static_cast<int>(count),
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
            return MPI_Ireduce(from + (root * count + begin) * typeBytes(type),
                               to + begin * typeBytes(type), piece, datatype,
                               op, root, comm, request);
          });
  }

  void startAllToAll(int slot, const void *send, void *recv, int64_t count,
                     DpcType type, int group) override {
    startParts(slot, count, type,
               [&](int n, MPI_Datatype datatype, MPI_Request *request) {
                 return MPI_Ialltoall(send, n, datatype, recv, n, datatype,
                                      groups[group].comm, request);
               });
  }

  void startSend(int slot, const void *buffer, int64_t count, DpcType type,
                 int peer, int channel, int group) override {
    checkChannel(channel);
    const char *from = static_cast<const char *>(buffer);
    startPieces(
        slot, count, [&](int64_t begin, int piece, MPI_Request *request) {
          return MPI_Isend(from + begin * typeBytes(type), piece, mpiType(type),
                           peer, channel, groups[group].comm, request);
        });
  }

  void startReceive(int slot, void *buffer, int64_t count, DpcType type,
                    int peer, int channel, int group) override {
    checkChannel(channel);
    char *to = static_cast<char *>(buffer);
    startPieces(
        slot, count, [&](int64_t begin, int piece, MPI_Request *request) {
          return MPI_Irecv(to + begin * typeBytes(type), piece, mpiType(type),
                           peer, channel, groups[group].comm, request);
        });
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

  /// Calls `run(begin, size)` for each piece of `count` that MPI can count.
  template <typename Run> void inPieces(int64_t count, Run run) {
    for (int64_t begin = 0; begin < count; begin += maxCount)
      run(begin, static_cast<int>(std::min(maxCount, count - begin)));
  }

  /// Calls `run(&request)`, which starts an operation of the slot.
  template <typename Run> void start(int slot, Run run) {
    MPI_Request request = MPI_REQUEST_NULL;
    check(run(&request));
    if (pending.size() <= static_cast<size_t>(slot))
      pending.resize(static_cast<size_t>(slot) + 1, 0);
    ++pending[slot];
    ++pendingTotal;
    requests.push_back(request);
    owners.push_back(slot);
  }

  /// Calls `run(begin, size, &request)`, which starts a piece.
  template <typename Run> void startPieces(int slot, int64_t count, Run run) {
    inPieces(count, [&](int64_t begin, int piece) {
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
      MPI_Type_free(&datatype); // freed by MPI after the collective
  }

  void answer(const std::optional<std::string> &place) override {
    rollCall.answer(place);
  }
  std::vector<Answer> ask(const std::string &place) override {
    return rollCall.ask(place);
  }

  /// A wait in the control half.
  class ControlWait final : public Wait {
  public:
    ControlWait(const MPITransport &transport, const std::vector<int> &ranks)
        : transport(transport), ranks(ranks) {}
    std::string place() const override { return transport.activity; }
    std::vector<int> expected() const override {
      std::vector<int> others = ranks;
      for (int rank = 0; ranks.empty() && rank < transport.size(); ++rank)
        if (rank != transport.rank())
          others.push_back(rank);
      return others;
    }
    Error error(const std::string &late) const override {
      return stallError(transport.limit, transport.myRank,
                        "waits in " + transport.activity + " for " + late);
    }

  private:
    const MPITransport &transport;
    const std::vector<int> &ranks;
  };

  /// Waits for a request that takes these ranks; empty: all.
  void await(MPI_Request &request, const std::vector<int> &ranks = {}) {
    waitUntil(
        [&] {
          int done = 0;
          check(MPI_Test(&request, &done, MPI_STATUS_IGNORE));
          return done != 0;
        },
        ControlWait(*this, ranks));
  }

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
                  messages.read()});
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
  MPIMessages messages;
  /// What the standard guarantees, or more.
  int lastTag = 32767;
  MPIReductions reductions;
  RollCall rollCall;
  int64_t minimumValue = 0;
  MPI_Request minimumRequest = MPI_REQUEST_NULL;
  std::vector<Group> groups;
  /// Requests in flight and, beside each, its slot.
  std::vector<MPI_Request> requests;
  std::vector<int> owners;
  std::vector<int> indices;
};

} // namespace

Expected<std::unique_ptr<Transport>>
makeMPITransport(const Launch &launch, double limit, int64_t maxCount) {
  MPIMessages messages;
  Watchdog watchdog(limit, launch.rank, "MPI's start");
  int provided = 0;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) !=
      MPI_SUCCESS) {
    messages.divert();
    return Error{"MPI", "cannot be initialised", ""};
  }
  messages.divert();
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
  return std::unique_ptr<Transport>(
      new MPITransport(rank, size, limit, maxCount, messages));
}

} // namespace dpc::rt
