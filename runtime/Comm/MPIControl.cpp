//===- MPIControl.cpp - Ranks that agree through MPI ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/MPIControl.h"
#include "runtime/Comm/MPICollectives.h"
#include "runtime/Comm/MPIPieces.h"
#include "runtime/Comm/MPIRollCall.h"
#include "runtime/Comm/Watchdog.h"

#include <cstdlib>

namespace dpc::rt {

namespace {

constexpr int resultTag = 1;

class MPIControl final : public Control {
public:
  MPIControl(int rank, int size, double limit, int64_t maxCount,
             const MPIMessages &messages)
      : Control(rank, size, limit), maxCount(maxCount), messages(messages) {
    rollCall.create();
  }

  void startMinimum(int64_t value) override {
    minimumValue = value;
    check(mpi.Iallreduce(MPI_IN_PLACE, &minimumValue, 1, mpi.i64, mpi.min,
                         mpi.world, &minimumRequest));
  }

  int64_t finishMinimum() override {
    await(minimumRequest);
    return minimumValue;
  }

  void barrier() override {
    MPI_Request request;
    check(mpi.Ibarrier(mpi.world, &request));
    await(request);
  }

  std::vector<std::string> allGatherText(const std::string &text) override {
    constexpr size_t width = 128;
    std::string mine = text.substr(0, width);
    mine.resize(width, '\0');
    std::string all(width * static_cast<size_t>(worldSize), '\0');
    MPI_Request request;
    check(mpi.Iallgather(mine.data(), width, mpi.character, all.data(), width,
                         mpi.character, mpi.world, &request));
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
      check(
          mpi.Irecv(target, count, type, from, resultTag, mpi.world, &request));
      await(request, {from});
    };
    receive(&size, 1, mpi.u64);
    std::string bytes(size, '\0');
    inPieces(static_cast<int64_t>(size), maxCount, [&](int64_t at, int piece) {
      receive(bytes.data() + at, piece, mpi.character);
    });
    return bytes;
  }

  void sendToRoot(std::string_view bytes) override {
    uint64_t size = bytes.size();
    auto send = [&](const void *source, int count, MPI_Datatype type) {
      MPI_Request request;
      check(mpi.Isend(source, count, type, 0, resultTag, mpi.world, &request));
      await(request, {0});
    };
    send(&size, 1, mpi.u64);
    inPieces(static_cast<int64_t>(size), maxCount, [&](int64_t at, int piece) {
      send(bytes.data() + at, piece, mpi.character);
    });
  }

  std::string describeLibrary() const override {
    char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0;
    mpi.Get_library_version(text, &length);
    std::string library(text, static_cast<size_t>(length));
    return library.substr(0, library.find(','));
  }

  [[noreturn]] void abort() override {
    mpi.Abort(mpi.world, 1);
    std::_Exit(1);
  }

  void finalize(std::unique_ptr<Collectives> collectives) override {
    enter("the end");
    barrier();
    collectives.reset();
    Watchdog watchdog(limit, myRank, "MPI's end");
    rollCall.free();
    mpi.Finalize();
  }

  std::unique_ptr<Collectives> makeCollectives() override {
    return makeMPICollectives(*this, messages, maxCount);
  }

private:
  void answer(const std::optional<std::string> &place) override {
    rollCall.answer(place);
  }
  std::vector<Answer> ask(const std::string &place) override {
    return rollCall.ask(place);
  }

  /// Waits for a request that takes these ranks; empty: all.
  void await(MPI_Request &request, const std::vector<int> &ranks = {}) {
    waitUntil(
        [&] {
          int done = 0;
          check(mpi.Test(&request, &done, MPI_STATUS_IGNORE));
          return done != 0;
        },
        ControlWait(*this, ranks));
  }

  void check(int code) { messages.check(*this, code); }

  int64_t maxCount;
  MPIMessages messages;
  MPIRollCall rollCall;
  int64_t minimumValue = 0;
  MPI_Request minimumRequest = mpi.noRequest;
};

} // namespace

Expected<std::unique_ptr<Control>>
makeMPIControl(const Launch &launch, double limit, int64_t maxCount) {
  if (Status status = openMPI(); !status.ok())
    return status.error();
  MPIMessages messages;
  Watchdog watchdog(limit, launch.rank, "MPI's start");
  int provided = 0;
  if (mpi.Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) !=
      MPI_SUCCESS) {
    messages.divert();
    return Error{"MPI", "cannot be initialised", ""};
  }
  messages.divert();
  mpi.Comm_set_errhandler(mpi.world, mpi.errorsReturn);
  int rank = 0, size = 1;
  mpi.Comm_rank(mpi.world, &rank);
  mpi.Comm_size(mpi.world, &size);
  if (launch.size > 0 && (size != launch.size || rank != launch.rank)) {
    mpi.Finalize();
    return Error{launch.source,
                 "the launcher started rank " + std::to_string(launch.rank) +
                     " of " + std::to_string(launch.size) +
                     " but MPI sees rank " + std::to_string(rank) + " of " +
                     std::to_string(size),
                 "start with the mpirun of the same MPI, or 'dpc run'"};
  }
  return std::unique_ptr<Control>(
      new MPIControl(rank, size, limit, maxCount, messages));
}

} // namespace dpc::rt
