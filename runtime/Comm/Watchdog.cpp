//===- Watchdog.cpp - A limit on what cannot be interrupted ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/Watchdog.h"
#include "runtime/Comm/Late.h"
#include "runtime/Comm/Patience.h"
#include "runtime/Comm/Siblings.h"

#include <cstdlib>

namespace dpc::rt {

Watchdog::Watchdog(double seconds, int rank, const char *activity) {
  if (seconds > 0)
    thread = std::thread([=, this] { watch(seconds, rank, activity); });
}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex);
    isOver = true;
  }
  changed.notify_one();
  if (thread.joinable())
    thread.join();
}

void Watchdog::watch(double seconds, int rank, const char *activity) {
  auto pause = [&](double time) {
    std::unique_lock lock(mutex);
    for (Patience patience(time); !isOver && !patience.isOver();)
      changed.wait_for(lock, std::chrono::milliseconds(100));
    return isOver;
  };
  if (pause(seconds))
    return;
  // All that wait are here. The first one speaks, the others leave it the time
  // to end the job. One that has ended may have spoken.
  std::map<int, char> siblings = findSiblings();
  int before = rank;
  std::string late;
  for (auto [other, state] : siblings) {
    before -= other < rank && state == 'T';
    if (state == 'T' || state == 'Z')
      late += (late.empty() ? "rank " : ", rank ") + std::to_string(other) +
              (state == 'T' ? " is stopped" : " has ended");
  }
  if (before > 0 && pause(std::min(before, 4) * 5))
    return;
  printError(stallError(seconds, rank,
                        std::string("waits in ") + activity +
                            (late.empty() ? " for other ranks" : ": " + late)));
  std::_Exit(1);
}

} // namespace dpc::rt
