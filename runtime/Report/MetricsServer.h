//===- MetricsServer.h - What Prometheus reads ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A page of text over HTTP, at /metrics, from a thread of its own. The training
// never waits for it: what it tells while the thread reads is told with the next
// step.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_REPORT_METRICSSERVER_H
#define DPC_RUNTIME_REPORT_METRICSSERVER_H

#include "runtime/Report/Sink.h"

#include <memory>

namespace dpc::rt {

class MetricsServer : public Sink {
public:
  /// Listens at "[ADDR:]PORT", at loopback without an address; port 0 is any
  /// that is free.
  static Expected<std::unique_ptr<MetricsServer>>
  open(const std::string &address, int64_t totalSteps, bool quiet);

  ~MetricsServer() override;

  const char *name() const override { return "Prometheus"; }
  Status step(const StepRecord &record) override;
  Status evaluation(int64_t step, const Evaluation &evaluation) override;
  Status finish() override;

private:
  struct State;
  explicit MetricsServer(std::unique_ptr<State> state);

  std::unique_ptr<State> state;
};

/// The parts of "[ADDR:]PORT"; an error names --prometheus.
struct ListenAddress {
  std::string host = "127.0.0.1";
  std::string port;
};
Expected<ListenAddress> parseListenAddress(const std::string &text);

} // namespace dpc::rt

#endif // DPC_RUNTIME_REPORT_METRICSSERVER_H
