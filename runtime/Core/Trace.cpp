//===- Trace.cpp - What ran when ------------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Trace.h"
#include "runtime/Core/OutputFile.h"

#include <nlohmann/json.hpp>

namespace dpc::rt {

Trace::Trace(const Program &program, Control &control, const Device &device)
    : program(program), device(device), begin(measureClock(control)) {}

int64_t Trace::nanoseconds(Clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             time.time_since_epoch())
      .count();
}

void Trace::endInstruction(const StepProgram &current, Moment moment,
                           int64_t step) {
  int64_t start = nanoseconds(instructionStart);
  events.push_back({start, nanoseconds(Clock::now()) - start, step,
                    static_cast<int32_t>(current.index),
                    static_cast<int32_t>(moment.instruction), moment.iteration,
                    false});
}

void Trace::startCollective(int32_t collective) {
  size_t at = static_cast<size_t>(collective);
  if (collectiveStarts.size() <= at)
    collectiveStarts.resize(at + 1);
  collectiveStarts[at] = Clock::now();
}

void Trace::endCollective(const StepProgram &current, int32_t collective,
                          int64_t step) {
  // A slot without a start belongs to a step before the trace.
  size_t at = static_cast<size_t>(collective);
  if (collectiveStarts.size() <= at)
    return;
  int64_t start = nanoseconds(collectiveStarts[at]);
  events.push_back({start, nanoseconds(Clock::now()) - start, step,
                    static_cast<int32_t>(current.index), collective, 0, true});
}

void Trace::add(const StepProgram &current, const Device::Span &span,
                int64_t step) {
  events.push_back({span.begin, span.end - span.begin, step,
                    static_cast<int32_t>(current.index),
                    static_cast<int32_t>(span.number), span.iteration,
                    span.isCollective});
}

/// A JSON string; bytes that are no UTF-8 are replaced.
static std::string jsonString(const std::string &text) {
  return nlohmann::json(text).dump(-1, ' ', false,
                                   nlohmann::json::error_handler_t::replace);
}

std::string Trace::describe(int rank, const MeasuredClock &end) const {
  double length = std::max(static_cast<double>(end.when - begin.when), 1.0);
  // Microseconds since the begin, by rank 0's clock.
  auto convert = [&](int64_t time) {
    double way = static_cast<double>(time - begin.when) / length;
    double drift =
        static_cast<double>(end.offset.offset - begin.offset.offset) * way;
    return (static_cast<double>(time - begin.offset.offset - begin.rootTime) -
            drift) /
           1e3;
  };
  std::string pid = std::to_string(rank), text;
  auto meta = [&](const char *what, const char *tid, const std::string &name) {
    text += "{\"ph\":\"M\",\"pid\":" + pid + ",\"tid\":" + tid +
            ",\"name\":\"" + what + "\",\"args\":{\"name\":\"" + name +
            "\"}},\n";
  };
  char clock[80];
  double uncertainty = static_cast<double>(std::max(begin.offset.uncertainty,
                                                    end.offset.uncertainty)) /
                       1e3;
  std::snprintf(clock, sizeof(clock), "rank %d (clock within %.1f us)", rank,
                uncertainty);
  meta("process_name", "0", clock);
  bool isTimed = device.hasClock();
  meta("thread_name", "0", isTimed ? "compute stream" : "instructions");
  meta("thread_name", "1",
       isTimed ? "communication stream" : "collectives in flight");
  for (const Event &event : events) {
    const StepProgram &current = program.programs[event.program];
    std::string name, node, phase, kind;
    int64_t collective = event.index;
    if (event.collective) {
      const Collective &entry = current.collectives[event.index];
      name = getName(entry.kind);
      node = entry.node;
      phase = entry.phase;
      kind = getName(entry.kind);
    } else {
      const Instruction &entry = current.instructions[event.index];
      name = entry.name;
      node = entry.node;
      phase = entry.phase;
      kind = getName(entry.kind);
      collective = entry.collectiveIn(event.iteration);
    }
    char times[80];
    std::snprintf(times, sizeof(times), "\"ts\":%.3f,\"dur\":%.3f",
                  convert(event.start),
                  static_cast<double>(event.duration) / 1e3);
    text += "{\"ph\":\"X\",\"pid\":" + pid +
            ",\"tid\":" + (event.collective ? "1" : "0") +
            ",\"name\":" + jsonString(name) + "," + times +
            ",\"args\":{\"node\":" + jsonString(node) +
            ",\"phase\":" + jsonString(phase) +
            ",\"kind\":" + jsonString(kind) +
            ",\"step\":" + std::to_string(event.step);
    if (!event.collective && current.timesOf(event.index) > 1)
      text += ",\"iteration\":" + std::to_string(event.iteration);
    if (collective >= 0)
      text += ",\"collective\":" + std::to_string(collective);
    text += "}},\n";
  }
  return text;
}

Status Trace::write(const std::string &path, Control &control) const {
  std::string mine = describe(control.rank(), measureClock(control));
  if (control.rank() != 0) {
    control.sendToRoot(mine);
    return {};
  }
  Status status;
  Expected<OutputFile> file = OutputFile::create(path);
  // The other ranks' events are taken even if they cannot be written, because
  // those ranks are sending.
  auto put = [&](std::string_view text) {
    if (file.ok() && status.ok())
      status = file->write(text);
  };
  put("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n");
  for (int rank = 0; rank < control.size(); ++rank) {
    std::string text =
        rank == 0 ? std::move(mine) : control.receiveAtRoot(rank);
    // Every entry ends in ",\n", which the very last one must not.
    if (rank + 1 == control.size())
      text.resize(text.size() - 2);
    put(text);
  }
  put("\n]}\n");
  if (!file.ok())
    return file.status();
  return status.ok() ? file->commit() : status;
}

} // namespace dpc::rt
