//===- Queue.h - Streams, and the order in which they run -------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Nothing runs by itself: tasks run when they are given (seed 0), when the host
// waits for them and not before (odd seeds), or at any time between (others).
// Streams' order among each other holds only where events say so.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_QUEUE_H
#define DPC_TEST_HOSTCUDA_QUEUE_H

#include "test/hostcuda/Order.h"

#include <chrono>
#include <deque>
#include <functional>

namespace dpc::hostcuda {

struct Task {
  std::function<void(const WorkPtr &)> run;
  WorkPtr work;
  /// Done before this one, besides what is earlier in its stream.
  std::vector<std::shared_ptr<Task>> after;
  bool done = false;
  std::chrono::steady_clock::time_point ended;
};
using TaskPtr = std::shared_ptr<Task>;

struct Stream {
  uint32_t number = 0;
  /// Ordered with the default stream, as CUDA's older rules have it.
  bool blocking = true;
  uint64_t count = 0;
  /// Of all that was given to it.
  Clock clock;
  std::deque<TaskPtr> tasks;
  TaskPtr last;
};

/// A point in a stream; `task` is null before the first record.
struct Event {
  bool timed = true;
  TaskPtr task;
  Clock clock;
};

class Queue {
public:
  explicit Queue(uint64_t seed) : seed(seed), random(seed) {
    streams.push_back(std::make_unique<Stream>());
  }

  Stream &getDefault() { return *streams[0]; }
  Stream &makeStream(bool blocking);
  /// False if it is none, or the default one.
  bool destroy(Stream *stream);
  bool has(const Stream *stream) const;

  /// `run` throws what run() below hands on.
  TaskPtr add(Stream &stream, const std::string &name,
              std::function<void(const WorkPtr &)> run);
  void record(Stream &stream, Event &event);
  void wait(Stream &stream, const Event &event);

  // The host waits. What a task throws comes out of these.
  void synchronize(Stream &stream);
  void synchronize(const Event &event);
  void synchronizeAll();
  /// Without waiting; something runs, so that asking again comes to an end.
  bool isDone(Stream &stream);
  bool isDone(const Event &event);

private:
  void run(const TaskPtr &task);
  void runUpTo(Stream &stream, TaskPtr task);
  void runSome();
  uint64_t draw(uint64_t below);

  uint64_t seed, random;
  std::vector<std::unique_ptr<Stream>> streams;
  uint32_t next = 1;
  /// What the host has waited for: all that it gives from now on comes after.
  Clock host;
};

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_QUEUE_H
