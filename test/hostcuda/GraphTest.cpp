//===- GraphTest.cpp - Captures and graphs --------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/TestCard.h"
#include "test/hostcuda/TestKernels.h"

#include <gtest/gtest.h>

#include <thread>

using namespace dpc::hostcuda;

namespace {

constexpr unsigned kCount = 64;
constexpr int kGlobal = 0, kThreadLocal = 1, kRelaxed = 2;

std::string getSeed(int seed) {
  return "DPC_HOSTCUDA_SEED=" + std::to_string(seed);
}

/// A graph of two kernels in two streams, the second of which reads what the
/// first writes, launched three times. What a test leaves out is not done.
struct TwoStreams {
  bool wait = true, join = true;

  CUgraph capture(Card &card, CUdeviceptr in, CUdeviceptr middle,
                  CUdeviceptr out, CUresult expected) const {
    CUstream first = card.makeStream(), second = card.makeStream();
    CUevent begin = card.makeEvent(), ready = card.makeEvent(),
            end = card.makeEvent();
    CUgraph graph = nullptr;
    require(cuStreamBeginCapture_v2(first, kThreadLocal), "begin");
    require(cuEventRecord(begin, first), "cuEventRecord");
    require(cuStreamWaitEvent(second, begin, 0), "cuStreamWaitEvent");
    card.launch("scale", 1, kCount, {in, middle, kCount}, first);
    if (wait) {
      require(cuEventRecord(ready, first), "cuEventRecord");
      require(cuStreamWaitEvent(second, ready, 0), "cuStreamWaitEvent");
    }
    card.launch("scale", 1, kCount, {middle, out, kCount}, second);
    if (join) {
      require(cuEventRecord(end, second), "cuEventRecord");
      require(cuStreamWaitEvent(first, end, 0), "cuStreamWaitEvent");
    }
    if (cuStreamEndCapture(first, &graph) != expected)
      std::fprintf(stderr, "the capture does not end as expected\n");
    return graph;
  }

  void run() const {
    Card card(makeModule(kScale));
    CUstream stream = card.makeStream();
    CUdeviceptr in = card.upload(std::vector<float>(kCount, 1)),
                middle = card.allocate(4 * kCount),
                out = card.allocate(4 * kCount);
    require(cuCtxSynchronize(), "upload");
    CUgraph graph = capture(card, in, middle, out, CUDA_SUCCESS);
    CUgraphExec executable;
    require(cuGraphInstantiateWithFlags(&executable, graph, 0), "instantiate");
    require(cuGraphDestroy(graph), "cuGraphDestroy");
    for (int i = 0; i < 3; ++i) {
      CUresult result = cuGraphLaunch(executable, stream);
      // A fault that comes at once is seen by whoever waits.
      if (result < CUDA_ERROR_ILLEGAL_ADDRESS)
        require(result, "cuGraphLaunch");
      card.launch("scale", 1, kCount, {out, in, kCount}, stream);
    }
    require(cuCtxSynchronize(), "the graph");
    if (card.download<float>(out, kCount)[kCount - 1] != 4 * 64)
      std::fprintf(stderr, "a wrong value\n");
    require(cuGraphExecDestroy(executable), "cuGraphExecDestroy");
  }
};

} // namespace

TEST(Graphs, RightInEveryOrder) {
  for (int seed = 0; seed < 20; ++seed) {
    Outcome outcome = runApart([] { TwoStreams().run(); }, {getSeed(seed)});
    EXPECT_EQ(outcome.result, 0) << "seed " << seed;
    EXPECT_EQ(outcome.errors, "");
  }
}

TEST(Graphs, MissingWait) {
  TwoStreams streams;
  streams.wait = false;
  for (int seed = 0; seed < 12; ++seed) {
    Outcome outcome = runApart([&] { streams.run(); }, {getSeed(seed)});
    EXPECT_NE(outcome.result, 0) << "seed " << seed;
    bool isFound =
        outcome.errors.find("order: kernel 'scale'") != std::string::npos ||
        outcome.errors.find("unwritten: kernel 'scale'") != std::string::npos;
    EXPECT_TRUE(isFound) << "seed " << seed << ": " << outcome.errors;
    if (seed == 0)
      EXPECT_NE(outcome.errors.find("neither waits for the other"),
                std::string::npos)
          << outcome.errors;
  }
}

TEST(Graphs, UnjoinedStream) {
  TwoStreams streams;
  streams.join = false;
  Outcome outcome = runApart([&] {
    Card card(makeModule(kScale));
    CUdeviceptr at = card.upload(std::vector<float>(kCount, 1));
    streams.capture(card, at, at, at, CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
  });
  EXPECT_EQ(outcome.errors, "");
}

/// What a graph does not see is refused to the thread that captures, and ends the
/// capture. Others may do it, unless the capture is of all threads.
TEST(Graphs, RefusesWhatIsNotCaptured) {
  Outcome outcome = runApart([] {
    Card card(makeModule(kScale));
    CUstream stream = card.makeStream(), other = card.makeStream();
    CUevent event = card.makeEvent(), captured = card.makeEvent();
    CUdeviceptr at = card.upload(std::vector<float>(kCount, 1));
    require(cuEventRecord(event, other), "cuEventRecord");
    float values[4];
    CUdeviceptr fresh = 0;
    void *host = nullptr;
    auto expect = [&](const char *what, CUresult expected, auto call,
                      int mode = kThreadLocal, bool isLost = true,
                      bool inThread = false) {
      require(cuStreamBeginCapture_v2(stream, mode), "begin");
      require(cuEventRecord(captured, stream), "cuEventRecord");
      CUresult result = CUDA_SUCCESS;
      auto apart = [&] {
        cuCtxSetCurrent(nullptr);
        CUcontext context;
        require(cuDevicePrimaryCtxRetain(&context, 0), "context");
        require(cuCtxSetCurrent(context), "context");
        result = call();
      };
      if (inThread)
        std::thread(apart).join();
      else
        result = call();
      CUgraph graph = nullptr;
      CUresult end = cuStreamEndCapture(stream, &graph);
      if (result != expected ||
          (end == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED) != isLost)
        std::fprintf(stderr, "%s: %d, then %d\n", what, result, end);
    };
    constexpr CUresult unsupported = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    expect("wait", unsupported, [&] { return cuStreamSynchronize(stream); });
    expect("wait", unsupported, [&] { return cuStreamSynchronize(other); });
    expect("query", unsupported, [&] { return cuStreamQuery(stream); });
    expect("event", unsupported, [&] { return cuEventQuery(event); });
    expect(
        "own event", CUDA_ERROR_CAPTURED_EVENT,
        [&] { return cuEventQuery(captured); }, kRelaxed);
    expect("all", unsupported, [&] { return cuCtxSynchronize(); });
    expect("allocate", unsupported, [&] { return cuMemAlloc_v2(&fresh, 4); });
    expect("pin", unsupported, [&] { return cuMemHostAlloc(&host, 4, 0); });
    expect(
        "allocate, relaxed", CUDA_SUCCESS,
        [&] { return cuMemAlloc_v2(&fresh, 4); }, kRelaxed, false);
    expect("copy", unsupported, [&] { return cuMemcpyHtoD_v2(at, values, 4); });
    expect(
        "copy from memory that moves", unsupported,
        [&] { return cuMemcpyHtoDAsync_v2(at, values, 4, stream); },
        kThreadLocal, false);
    expect("an event from before", CUDA_ERROR_STREAM_CAPTURE_ISOLATION,
           [&] { return cuStreamWaitEvent(stream, event, 0); });
    expect(
        "a second capture", CUDA_ERROR_ILLEGAL_STATE,
        [&] { return cuStreamBeginCapture_v2(stream, kThreadLocal); },
        kThreadLocal, false);
    auto query = [&] { return cuEventQuery(event); };
    expect("a thread", CUDA_SUCCESS, query, kThreadLocal, false, true);
    expect("a thread, all", unsupported, query, kGlobal, true, true);
    CUgraph graph = nullptr;
    if (cuStreamEndCapture(stream, &graph) != CUDA_ERROR_ILLEGAL_STATE ||
        cuStreamWaitEvent(other, captured, 0) !=
            CUDA_ERROR_STREAM_CAPTURE_ISOLATION)
      std::fprintf(stderr, "what comes behind a capture is not refused\n");
  });
  // Nothing but what the copy is refused with.
  EXPECT_EQ(outcome.errors,
            "hostcuda: error: launch: a copy from memory that is not pinned is "
            "captured\n");
  EXPECT_EQ(outcome.result, 0);
}

/// A stream that is ordered with the default one forbids that one its use.
TEST(Graphs, DefaultStream) {
  Outcome outcome = runApart([] {
    Card card(makeModule(kScale));
    CUstream stream;
    require(cuStreamCreate(&stream, 0), "cuStreamCreate");
    CUdeviceptr at = card.upload(std::vector<float>(kCount, 1));
    require(cuStreamBeginCapture_v2(stream, kRelaxed), "begin");
    if (cuMemsetD8Async(at, 0, 4, nullptr) !=
        CUDA_ERROR_STREAM_CAPTURE_IMPLICIT)
      std::fprintf(stderr, "the default stream is not refused\n");
    CUgraph graph;
    require(cuStreamEndCapture(stream, &graph), "end");
  });
  EXPECT_EQ(outcome.errors, "");
}

/// What a graph copies from pinned memory is what lies there when it is
/// launched; until the copy has run, the host leaves it alone.
TEST(Graphs, PinnedMemory) {
  for (bool early : {false, true}) {
    Outcome outcome = runApart(
        [&] {
          Card card(makeModule(kScale));
          CUstream stream = card.makeStream();
          CUdeviceptr at = card.allocate(4);
          void *host = nullptr;
          require(cuMemHostAlloc(&host, 4, 0), "cuMemHostAlloc");
          auto *value = static_cast<float *>(host);
          *value = 1;
          require(cuStreamBeginCapture_v2(stream, kThreadLocal), "begin");
          require(cuMemcpyHtoDAsync_v2(at, host, 4, stream), "copy");
          CUgraph graph;
          require(cuStreamEndCapture(stream, &graph), "end");
          CUgraphExec executable;
          require(cuGraphInstantiateWithFlags(&executable, graph, 0), "graph");
          for (int i = 2; i < 4; ++i) {
            *value = static_cast<float>(i);
            require(cuGraphLaunch(executable, stream), "launch");
            if (!early)
              require(cuStreamSynchronize(stream), "wait");
          }
          if (early)
            return;
          if (card.download<float>(at, 1)[0] != 3)
            std::fprintf(stderr, "a wrong value\n");
        },
        {getSeed(1)});
    EXPECT_EQ(outcome.result != 0, early);
    EXPECT_EQ(outcome.errors.find("host: the host has changed") !=
                  std::string::npos,
              early)
        << outcome.errors;
  }
}
