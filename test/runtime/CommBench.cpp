//===- CommBench.cpp - How long collectives take --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What test/bench/bench_transport.py runs under each transport.
//
//===----------------------------------------------------------------------===//

#include "CommBench.h"

#include <chrono>
#include <cstdio>

using namespace dpc::rt;

static void finish(Control &control, Collectives &collectives) {
  std::vector<int> finished;
  // As Control::waitUntil.
  for (int round = 0; collectives.inFlight(0); ++round) {
    collectives.progress(finished);
    if (round >= 64 && collectives.inFlight(0))
      control.rest();
  }
}

void benchCollectives(Control &control, Collectives &collectives) {
  using Clock = std::chrono::steady_clock;
  for (int64_t bytes = 8; bytes <= int64_t(64) << 20; bytes *= 8) {
    std::vector<float> values(bytes / 4, 0.0f);
    auto run = [&](int64_t times) {
      control.barrier();
      Clock::time_point start = Clock::now();
      for (int64_t i = 0; i < times; ++i) {
        collectives.startReduce(0, values.data(), bytes / 4, DPC_F32, DPC_SUM,
                                0, false);
        finish(control, collectives);
      }
      return std::chrono::duration<double>(Clock::now() - start).count();
    };
    run(2);
    // As many as take half a second, the same number on all ranks.
    int64_t times = control.minimum(int64_t(1.0 / (run(2) + 1e-7)) + 1);
    double seconds = run(times) / static_cast<double>(times);
    if (control.rank() == 0)
      std::printf("{\"bytes\": %lld, \"seconds\": %.9f}\n",
                  static_cast<long long>(bytes), seconds);
  }
}
