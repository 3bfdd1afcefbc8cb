//===- ReportFlags.cpp - What is told of a run, and where -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Report/ReportFlags.h"
#include "runtime/Report/MetricsServer.h"

namespace dpc::rt {

void ReportFlags::declare(FlagSet &flags) {
  flags.add("--tensorboard", tensorboard, "DIR",
            "Write an event file for TensorBoard");
  flags.add("--histograms-every", histogramsEvery, "N",
            "With histograms of the parameters, every N steps");
  flags.add("--report", page, "FILE.html",
            "Write a page about the run: curves, plan, machine, settings");
  flags.add("--prometheus", prometheus, "[ADDR:]PORT",
            "Answer Prometheus there while training; at loopback without ADDR");
}

Status ReportFlags::convert(ReportOptions &options) const {
  options.tensorboard = tensorboard.value_or("");
  options.page = page.value_or("");
  options.prometheus = prometheus.value_or("");
  Status status = parseInteger("--histograms-every", histogramsEvery, 1,
                               kMaxInteger, options.histogramsEvery);
  if (status.ok() && histogramsEvery && !tensorboard)
    status = usageError("--histograms-every", "they go to an event file",
                        "add --tensorboard DIR");
  if (status.ok() && prometheus)
    status = parseListenAddress(*prometheus).status();
  return status;
}

} // namespace dpc::rt
