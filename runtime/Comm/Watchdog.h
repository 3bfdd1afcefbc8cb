//===- Watchdog.h - A limit on what cannot be interrupted -------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A few of MPI's functions wait for other ranks inside: its start and end, and
// the making of communicators. A thread looks at the clock meanwhile.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_WATCHDOG_H
#define DPC_RUNTIME_COMM_WATCHDOG_H

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace dpc::rt {

/// While it lives, at most `seconds`: then an error names `activity`, and the
/// process ends. 0 seconds are no limit.
class Watchdog {
public:
  Watchdog(double seconds, int rank, const char *activity);
  ~Watchdog();
  Watchdog(const Watchdog &) = delete;

private:
  void watch(double seconds, int rank, const char *activity);

  std::mutex mutex;
  std::condition_variable changed;
  bool isOver = false;
  std::thread thread;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_WATCHDOG_H
