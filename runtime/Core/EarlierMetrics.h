//===- EarlierMetrics.h - Metrics that go on --------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_EARLIERMETRICS_H
#define DPC_RUNTIME_CORE_EARLIERMETRICS_H

#include "runtime/Report/Sink.h"

#include <iosfwd>

namespace dpc::rt {

/// Gives metrics of an earlier run the first free name of FILE.1, FILE.2, ...
/// and returns that; "" if there are none.
Expected<std::string> keepEarlierMetrics(const std::string &path);

/// For a training that goes on behind `step`: cuts the lines of later steps off,
/// and what is left of a line that was not written whole. Returns the length of
/// what stays; 0 where the file is none of metrics, and nothing was cut.
int64_t cutMetrics(const std::string &path, int64_t step);

/// Tells a sink of the steps and evaluations up to `step` that are in a file of
/// metrics. Says nothing of what is none.
void replayMetrics(const std::string &path, int64_t step, Sink &sink);
/// The same. Returns the length of what was told.
int64_t replayMetrics(std::istream &file, int64_t step, Sink *sink);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_EARLIERMETRICS_H
