//===- NcclTest.cpp - What stands in for NCCL -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Nccl.h"
#include "test/hostcuda/TestCard.h"
#include "test/hostcuda/TestKernels.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

using namespace dpc::hostcuda;

namespace {

/// A rank: a process of its own.
struct Rank {
  int number, size;
  ncclUniqueId id;
  Card card;
  CUstream stream;
  ncclComm_t comm = nullptr;

  Rank(int number, int size, const ncclUniqueId &id)
      : number(number), size(size), id(id), card(makeModule(kScale)),
        stream(card.makeStream()) {}

  ncclResult_t settle(ncclComm_t of, ncclResult_t result) const {
    while (result == ncclInProgress) {
      if (ncclCommGetAsyncError(of, &result))
        return ncclInvalidArgument;
      usleep(100);
    }
    return result;
  }
  ncclResult_t init() {
    ncclConfig_t config;
    config.blocking = 0;
    ncclResult_t result =
        ncclCommInitRankConfig(&comm, size, id, number, &config);
    return settle(comm, result);
  }
  /// Values of `device`, when the stream has come to its end.
  std::vector<float> read(CUdeviceptr device, size_t count) {
    require(cuStreamSynchronize(stream), "cuStreamSynchronize");
    return card.download<float>(device, count);
  }
  CUdeviceptr write(std::vector<float> values) {
    CUdeviceptr at = card.upload(values);
    require(cuCtxSynchronize(), "upload");
    return at;
  }
};

void expect(bool right, const char *what) {
  if (right)
    return;
  std::fprintf(stderr, "wrong: %s\n", what);
}

void *pointer(CUdeviceptr address) { return reinterpret_cast<void *>(address); }

/// What both ranks write on standard error, one after the other.
std::string runTwo(const std::function<void(Rank &)> &body,
                   const std::function<std::string(int)> &card = {}) {
  ncclUniqueId id;
  EXPECT_EQ(ncclGetUniqueId(&id), ncclSuccess);
  struct Child {
    pid_t process;
    int output;
  };
  std::vector<Child> children;
  for (int number = 0; number < 2; ++number) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    pid_t process = fork();
    if (!process) {
      alarm(60);
      dup2(ends[1], STDERR_FILENO);
      close(ends[0]);
      setenv("DPC_HOSTCUDA_DEVICES", "2", 1);
      setenv("CUDA_VISIBLE_DEVICES",
             card     ? card(number).c_str()
             : number ? "1"
                      : "0",
             1);
      Rank rank(number, 2, id);
      body(rank);
      std::_Exit(0);
    }
    close(ends[1]);
    children.push_back({process, ends[0]});
  }
  std::string text;
  for (Child &child : children) {
    char buffer[4096];
    for (ssize_t got; (got = ::read(child.output, buffer, sizeof(buffer))) > 0;)
      text.append(buffer, static_cast<size_t>(got));
    close(child.output);
    int status = 0;
    waitpid(child.process, &status, 0);
    if (!WIFEXITED(status))
      text += "a rank was killed\n";
  }
  return text;
}

} // namespace

TEST(Nccl, Collectives) {
  EXPECT_EQ(
      runTwo([](Rank &rank) {
        expect(!rank.init(), "init");
        float mine = static_cast<float>(rank.number + 1);
        CUdeviceptr a = rank.write({mine, 2 * mine}),
                    out = rank.write({0, 0, 0, 0});
        auto all = [&](ncclResult_t result) {
          expect(!rank.settle(rank.comm, result), "a collective");
        };
        all(ncclAllReduce(pointer(a), pointer(out), 2, ncclFloat32, ncclSum,
                          rank.comm, rank.stream));
        expect(rank.read(out, 2) == std::vector<float>{3, 6}, "AllReduce");
        all(ncclAllGather(pointer(a), pointer(out), 2, ncclFloat32, rank.comm,
                          rank.stream));
        expect(rank.read(out, 4) == std::vector<float>{1, 2, 2, 4},
               "AllGather");
        all(ncclReduceScatter(pointer(a), pointer(out), 1, ncclFloat32, ncclMax,
                              rank.comm, rank.stream));
        expect(rank.read(out, 1)[0] == (rank.number ? 4.0f : 2.0f),
               "ReduceScatter");
        all(ncclReduce(pointer(a), pointer(a), 2, ncclFloat32, ncclMin, 1,
                       rank.comm, rank.stream));
        expect(rank.read(a, 2) == std::vector<float>{1, 2}, "Reduce");
        ncclGroupStart();
        ncclSend(pointer(out), 1, ncclFloat32, 1 - rank.number, rank.comm,
                 rank.stream);
        ncclRecv(pointer(a), 1, ncclFloat32, 1 - rank.number, rank.comm,
                 rank.stream);
        all(ncclGroupEnd());
        expect(rank.read(a, 1)[0] == (rank.number ? 2.0f : 4.0f), "a message");
        // Each a communicator of its own.
        ncclComm_t alone = nullptr;
        all(ncclCommSplit(rank.comm, rank.number, 0, &alone, nullptr));
        expect(!rank.settle(alone, ncclInProgress), "split");
        expect(!rank.settle(alone, ncclAllReduce(pointer(a), pointer(a), 1,
                                                 ncclFloat32, ncclSum, alone,
                                                 rank.stream)),
               "alone");
        expect(rank.read(a, 1)[0] == (rank.number ? 2.0f : 4.0f), "its sum");
      }),
      "");
}

TEST(Nccl, RefusedAsTheRealOnes) {
  EXPECT_EQ(
      runTwo([](Rank &rank) {
        ncclConfig_t config;
        config.blocking = 0;
        ncclCommInitRankConfig(&rank.comm, 2, rank.id, rank.number, &config);
        CUdeviceptr a = rank.write({1, 2, 3, 4});
        auto reduce = [&](ncclDataType_t type = ncclFloat32) {
          return ncclAllReduce(pointer(a), pointer(a), 1, type, ncclSum,
                               rank.comm, rank.stream);
        };
        expect(reduce() == ncclInvalidArgument, "before it is there");
        expect(!rank.settle(rank.comm, ncclInProgress), "init");
        expect(reduce(static_cast<ncclDataType_t>(10)) == ncclInvalidArgument,
               "a type");
        expect(ncclReduce(pointer(a), nullptr, 1, ncclFloat32, ncclSum,
                          rank.number, rank.comm,
                          rank.stream) == ncclInvalidArgument,
               "nothing to receive in");
        expect(ncclSend(pointer(a), 1, ncclFloat32, 2, rank.comm,
                        rank.stream) == ncclInvalidArgument,
               "a peer");
        expect(reduce() == ncclInProgress, "a collective");
        expect(reduce() == ncclInvalidArgument, "one before it was polled");
        expect(!rank.settle(rank.comm, ncclInProgress), "polled");
        void *handle = nullptr;
        expect(ncclCommRegister(rank.comm, nullptr, 4, &handle) ==
                   ncclInvalidArgument,
               "nothing to register");
        rank.read(a, 1);
        expect(!ncclCommAbort(rank.comm), "abort");
        expect(reduce() == ncclInvalidArgument, "after an abort");
        config.magic = 0;
        expect(ncclCommInitRankConfig(&rank.comm, 2, rank.id, rank.number,
                                      &config) == ncclInvalidArgument,
               "a configuration");
      }),
      "");
}

TEST(Nccl, TwoRanksOnOneCard) {
  EXPECT_EQ(runTwo(
                [](Rank &rank) {
                  expect(rank.init() == ncclInvalidUsage, "refused");
                  expect(std::string(ncclGetLastError(rank.comm))
                                 .find("Duplicate GPU detected") !=
                             std::string::npos,
                         "the reason");
                },
                [](int) { return "0"; }),
            "");
}

/// What rank 1 does otherwise than rank 0 is found, and said.
TEST(Nccl, Differences) {
  auto differ = [](const std::function<void(Rank &, CUdeviceptr)> &one,
                   const std::function<void(Rank &, CUdeviceptr)> &other) {
    return runTwo([&](Rank &rank) {
      expect(!rank.init(), "init");
      CUdeviceptr a = rank.write({1, 2, 3, 4, 5, 6, 7, 8});
      (rank.number ? other : one)(rank, a);
      cuStreamSynchronize(rank.stream);
    });
  };
  auto reduce = [](size_t count, ncclRedOp_t op = ncclSum,
                   ncclDataType_t type = ncclFloat32) {
    return [=](Rank &rank, CUdeviceptr a) {
      rank.settle(rank.comm, ncclAllReduce(pointer(a), pointer(a), count, type,
                                           op, rank.comm, rank.stream));
    };
  };
  auto root = [](int root) {
    return [=](Rank &rank, CUdeviceptr a) {
      rank.settle(rank.comm,
                  ncclBroadcast(pointer(a), pointer(a), 1, ncclFloat32, root,
                                rank.comm, rank.stream));
    };
  };
  auto both = [](auto first, auto second) {
    return [=](Rank &rank, CUdeviceptr a) {
      first(rank, a);
      second(rank, a);
    };
  };
  auto finds = [](const std::string &text, const char *what) {
    EXPECT_NE(text.find("hostcuda: error: collective: operation 1 of "
                        "communicator 0 is "),
              std::string::npos)
        << text;
    EXPECT_NE(text.find(what), std::string::npos) << text;
  };
  finds(differ(reduce(4), reduce(3)),
        "AllReduce of 4 Float32 by Sum on rank 0 and AllReduce of 3 Float32");
  finds(differ(reduce(4), reduce(4, ncclMax)), "by Max on rank 1");
  finds(differ(reduce(4), reduce(4, ncclSum, ncclInt32)), "4 Int32");
  finds(differ(root(0), root(1)), "root 1 on rank 1");
  finds(differ(both(reduce(4), root(0)), both(root(0), reduce(4))),
        "Broadcast of 1 Float32, root 0 on rank 1");
  EXPECT_EQ(differ(both(reduce(4), root(0)), both(reduce(4), root(0))), "");
}

/// A collective is work of its stream like any other.
TEST(Nccl, WaitsForOtherStreams) {
  for (bool waits : {true, false}) {
    std::string text = runTwo([&](Rank &rank) {
      expect(!rank.init(), "init");
      CUstream second = rank.card.makeStream();
      CUevent ready = rank.card.makeEvent();
      CUdeviceptr a = rank.write({1, 2, 3, 4}), b = rank.write({0, 0, 0, 0});
      rank.card.launch("scale", 1, 32, {a, b, 4}, second);
      require(cuEventRecord(ready, second), "cuEventRecord");
      if (waits)
        require(cuStreamWaitEvent(rank.stream, ready, 0), "cuStreamWaitEvent");
      rank.settle(rank.comm,
                  ncclAllReduce(pointer(b), pointer(b), 4, ncclFloat32, ncclSum,
                                rank.comm, rank.stream));
      cuStreamSynchronize(rank.stream);
    });
    EXPECT_EQ(text.empty(), waits) << text;
    EXPECT_EQ(text.find("neither waits for the other") != std::string::npos,
              !waits)
        << text;
  }
}
