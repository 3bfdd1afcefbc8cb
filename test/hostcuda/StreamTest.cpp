//===- StreamTest.cpp - Work in several streams ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/TestCard.h"
#include "test/hostcuda/TestKernels.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace dpc::hostcuda;

namespace {

std::string makeScale() { return makeModule(kScale); }

constexpr unsigned kCount = 64;

/// Two kernels in two streams, the second of which reads what the first writes.
/// What each test leaves out is not done.
struct Pipeline {
  bool record = true, wait = true, back = true;

  void run() const {
    Card card(makeScale());
    CUstream first = card.makeStream(), second = card.makeStream();
    CUevent ready = card.makeEvent(), free = card.makeEvent();
    CUdeviceptr in = card.upload(std::vector<float>(kCount, 1)),
                middle = card.allocate(4 * kCount),
                out = card.allocate(4 * kCount);
    require(cuCtxSynchronize(), "upload");
    for (int step = 0; step < 3; ++step) {
      card.launch("scale", 1, kCount, {in, middle, kCount}, first);
      if (record)
        require(cuEventRecord(ready, first), "cuEventRecord");
      if (wait)
        require(cuStreamWaitEvent(second, ready, 0), "cuStreamWaitEvent");
      card.launch("scale", 1, kCount, {middle, out, kCount}, second);
      require(cuEventRecord(free, second), "cuEventRecord");
      if (back)
        require(cuStreamWaitEvent(first, free, 0), "cuStreamWaitEvent");
    }
    require(cuCtxSynchronize(), "the streams");
    for (float value : card.download<float>(out, kCount))
      if (value != 4)
        std::fprintf(stderr, "a wrong value: %g\n", static_cast<double>(value));
  }
};

std::string getSeed(int seed) {
  return "DPC_HOSTCUDA_SEED=" + std::to_string(seed);
}

void expectMissing(const Pipeline &pipeline) {
  for (int seed = 0; seed < 12; ++seed) {
    Outcome outcome = runApart([&] { pipeline.run(); }, {getSeed(seed)});
    EXPECT_NE(outcome.result, 0) << "seed " << seed;
    // Who comes first, or before its data, depends on the seed.
    bool isOrder = outcome.errors.find("order: kernel 'scale' of stream") !=
                       std::string::npos &&
                   outcome.errors.find("which kernel 'scale' of stream") !=
                       std::string::npos;
    bool isEarly =
        outcome.errors.find("unwritten: kernel 'scale'") != std::string::npos;
    EXPECT_TRUE(isOrder || isEarly)
        << "seed " << seed << ": " << outcome.errors;
    if (seed == 0)
      EXPECT_TRUE(isOrder) << outcome.errors;
  }
}

} // namespace

/// As above, by a program that is right.
TEST(Streams, LostWaits) {
  for (int seed : {0, 1, 2})
    for (const char *lost : {"1", "2", "5"}) {
      Outcome outcome = runApart(
          [] { Pipeline().run(); },
          {getSeed(seed), std::string("DPC_HOSTCUDA_LOST_WAIT=") + lost});
      EXPECT_NE(outcome.result, 0) << "seed " << seed << ", wait " << lost;
    }
  // Behind the last one nothing comes.
  EXPECT_EQ(
      runApart([] { Pipeline().run(); }, {"DPC_HOSTCUDA_LOST_WAIT=6"}).result,
      0);
}

TEST(Streams, RightInEveryOrder) {
  for (int seed = 0; seed < 50; ++seed) {
    Outcome outcome = runApart([] { Pipeline().run(); }, {getSeed(seed)});
    EXPECT_EQ(outcome.result, 0) << "seed " << seed;
    EXPECT_EQ(outcome.errors, "");
  }
}

TEST(Streams, MissingWait) {
  Pipeline pipeline;
  pipeline.wait = false;
  expectMissing(pipeline);
}

TEST(Streams, MissingRecord) {
  Pipeline pipeline;
  pipeline.record = false;
  expectMissing(pipeline);
}

/// The next step overwrites what the last one may still read.
TEST(Streams, MissingWaitBackwards) {
  Pipeline pipeline;
  pipeline.back = false;
  expectMissing(pipeline);
}

/// Streams made without the flag are ordered with the default one.
TEST(Streams, DefaultStream) {
  for (bool blocking : {true, false}) {
    Outcome outcome = runApart(
        [&] {
          Card card(makeScale());
          CUstream stream;
          require(
              cuStreamCreate(&stream, blocking ? 0 : CU_STREAM_NON_BLOCKING),
              "cuStreamCreate");
          CUdeviceptr at = card.upload(std::vector<float>(kCount, 1));
          card.launch("scale", 1, kCount, {at, at, kCount}, stream);
          card.launch("scale", 1, kCount, {at, at, kCount});
        },
        {getSeed(1)});
    EXPECT_EQ(outcome.result == 0, blocking) << outcome.errors;
  }
}

/// Pinned memory is read when the copy runs, other memory when it is asked for.
TEST(Streams, HostChangesWhatIsCopied) {
  for (bool pinned : {true, false}) {
    Outcome outcome = runApart(
        [&] {
          Card card(makeScale());
          CUstream stream = card.makeStream();
          CUdeviceptr at = card.allocate(4 * kCount);
          float other[kCount] = {};
          void *host = other;
          if (pinned)
            require(cuMemHostAlloc(&host, sizeof(other), 0), "cuMemHostAlloc");
          std::memset(host, 0, sizeof(other));
          require(cuMemcpyHtoDAsync_v2(at, host, sizeof(other), stream),
                  "copy");
          std::memset(host, 1, sizeof(other));
        },
        {getSeed(1)});
    EXPECT_EQ(outcome.result != 0, pinned);
    EXPECT_EQ(outcome.errors.find("the host has changed") != std::string::npos,
              pinned);
  }
}

TEST(Streams, QueriesComeToAnEnd) {
  for (int seed = 0; seed < 4; ++seed) {
    Outcome outcome = runApart(
        [] {
          Card card(makeScale());
          CUstream stream = card.makeStream();
          CUevent begin, end;
          require(cuEventCreate(&begin, 0), "cuEventCreate");
          require(cuEventCreate(&end, 0), "cuEventCreate");
          CUdeviceptr at = card.upload(std::vector<float>(kCount, 1));
          require(cuCtxSynchronize(), "upload");
          require(cuEventRecord(begin, stream), "cuEventRecord");
          card.launch("scale", 1, kCount, {at, at, kCount}, stream);
          require(cuEventRecord(end, stream), "cuEventRecord");
          int tries = 0;
          while (cuEventQuery(end) == CUDA_ERROR_NOT_READY && tries < 100)
            ++tries;
          float time = -1;
          require(cuEventElapsedTime(&time, begin, end), "cuEventElapsedTime");
          if (time < 0 || tries == 100)
            std::fprintf(stderr, "%d tries, %g ms\n", tries,
                         static_cast<double>(time));
          require(cuStreamQuery(stream), "cuStreamQuery");
          // The host knows of it without waiting again.
          card.download<float>(at, kCount);
        },
        {getSeed(seed)});
    EXPECT_EQ(outcome.result, 0);
    EXPECT_EQ(outcome.errors, "");
  }
}

/// As an executable finds them.
TEST(Names, AreFoundByName) {
  void *function = nullptr;
  int found = -1;
  EXPECT_EQ(cuGetProcAddress_v2("cuMemAlloc", &function, 12000, 0, &found),
            CUDA_SUCCESS);
  EXPECT_EQ(function, reinterpret_cast<void *>(&cuMemAlloc_v2));
  EXPECT_EQ(found, 0);
  EXPECT_EQ(cuGetProcAddress_v2("cuNothing", &function, 12000, 0, &found),
            CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(cuMemAlloc_v2(nullptr, 4), CUDA_ERROR_NOT_INITIALIZED);
}
