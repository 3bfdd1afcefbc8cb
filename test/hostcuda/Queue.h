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

#include "test/hostcuda/Api.h"
#include "test/hostcuda/Capture.h"

#include <chrono>
#include <deque>

namespace dpc::hostcuda {

struct Task {
  Body run;
  WorkPtr work;
  /// Done before this one, besides what is earlier in its stream.
  std::vector<std::shared_ptr<Task>> after;
  bool done = false;
  /// Something before it hangs.
  bool isLost = false;
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
  /// While it is captured.
  CapturePlace place;
};

/// A point in a stream; `task` is null before the first record.
struct Event {
  bool timed = true;
  TaskPtr task;
  Clock clock;
  /// If it was recorded last in a stream that was captured.
  CapturePlace place;
};

/// A graph that can be launched.
struct Executable {
  Graph graph;
  /// Streams of its own, by their number in the graph.
  std::vector<Stream *> chains;
  /// The end of its last launch.
  TaskPtr last;
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
  void add(Stream &stream, const std::string &name, Body run);
  /// The same of what `give` returns, which is called when the work is given to
  /// the device: now, or at each launch of the graph that it becomes a part of.
  void addGiven(Stream &stream, const std::string &name,
                std::function<Body()> give);
  void record(Stream &stream, Event &event);
  CUresult wait(Stream &stream, const Event &event);

  // Captures and graphs: Capture.cpp.
  void beginCapture(Stream &stream, CaptureMode mode);
  CUresult endCapture(Stream &stream, Graph &graph);
  /// An error where a capture forbids this thread what it does not see; the
  /// capture is lost then.
  CUresult refuseUnsafe();
  /// Whether one of the streams that are ordered with the default one is
  /// captured.
  bool capturesBlocking() const;
  Executable &instantiate(const Graph &graph);
  void launch(Stream &stream, Executable &executable);
  /// False if it is none.
  bool destroy(Executable *executable);
  bool has(const Executable *executable) const;

  // The host waits. What a task throws comes out of these.
  void synchronize(Stream &stream);
  void synchronize(const Event &event);
  void synchronizeAll();
  /// Without waiting; something runs, so that asking again comes to an end.
  bool isDone(Stream &stream);
  bool isDone(const Event &event);
  /// What runs, and all that comes behind, is never done.
  void hang() { hangs = true; }

private:
  /// Orders work for the stream with the default stream, if it is to be.
  void joinDefault(Stream &stream, Task *task);
  /// The stream's next work.
  WorkPtr makeWork(Stream &stream, const std::string &name);
  /// If the seed has it so: up to `task`, or something.
  void runNow(Stream &stream, const TaskPtr &task);
  TaskPtr addTask(Stream &stream, const std::string &name, Body run);
  void capture(Stream &stream, const std::string &name,
               std::function<Body()> give);
  CUresult captureWait(Stream &stream, const Event &event);
  // They end early, with false, where another process is waited for.
  bool runFirst(Stream &stream);
  bool tryUpTo(Stream &stream, const TaskPtr &task);
  /// Of all streams.
  void tryFirsts();
  void runUpTo(Stream &stream, TaskPtr task);
  void runSome();
  uint64_t draw(uint64_t below);
  /// The host stays here where something hangs.
  void stay() const;

  uint64_t seed, random;
  bool hangs = false;
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<std::unique_ptr<Executable>> executables;
  std::vector<CapturePtr> captures;
  uint32_t next = 1;
  /// What the host has waited for: all that it gives from now on comes after.
  Clock host;
};

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_QUEUE_H
