//===- FlightRing.cpp - What a GPU's collectives are doing ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CUDA/FlightRing.h"

#include <algorithm>
#include <utility>

namespace dpc::rt {

std::string FlightRing::Entry::key() const {
  std::string end =
      " of program '" + program->name + "', step " + std::to_string(step);
  // The two ends of a message have numbers of their own.
  if (channel >= 0)
    return "message " + std::to_string(channel) + ")" + end;
  const Collective &entry = getCollective();
  return "collective #" + std::to_string(collective) + " (" +
         std::string(getName(entry.kind)) +
         (entry.phase.empty() ? "" : ", " + entry.phase) + ")" + end;
}

std::string FlightRing::Entry::describe() const {
  if (channel < 0)
    return key();
  const Collective &entry = getCollective();
  return "collective #" + std::to_string(collective) + " (" +
         std::string(getName(entry.kind)) +
         (entry.phase.empty() ? "" : ", " + entry.phase) + ", " + key();
}

void FlightRing::beginRun(const StepProgram &of, int64_t number) {
  program = &of;
  step = number;
  before = count;
  finished = 0;
  isFresh = true;
}

void FlightRing::repeatRun() {
  // add() keeps them again.
  const std::vector<Entry> last = runs[program];
  for (const Entry &entry : last)
    add(entry);
}

uint32_t FlightRing::add(const Entry &given) {
  Entry &entry = at(count++);
  entry = given;
  entry.program = program;
  entry.step = step;
  entry.sequence = ++sequences[entry.communicator];
  entry.enqueued = Clock::now();
  entry.started = entry.ended = {};
  std::vector<Entry> &run = runs[program];
  if (std::exchange(isFresh, false))
    run.clear();
  run.push_back(given);
  return static_cast<uint32_t>(count - before - 1);
}

void FlightRing::observe(uint32_t number) {
  Clock::time_point now = Clock::now();
  uint64_t most = std::min<uint64_t>(number / 2, count - before);
  for (; finished < most; ++finished) {
    Entry &entry = at(before + finished);
    if (entry.started == Clock::time_point())
      entry.started = now;
    entry.ended = now;
  }
  Entry &next = at(before + finished);
  if (number == 2 * finished + 1 && before + finished < count &&
      next.started == Clock::time_point())
    next.started = now;
}

const FlightRing::Entry *FlightRing::findUnfinished() const {
  if (before + finished >= count)
    return nullptr;
  return &entries[(before + finished) % capacity];
}

} // namespace dpc::rt
