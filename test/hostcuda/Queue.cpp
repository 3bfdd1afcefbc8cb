//===- Queue.cpp - Streams, and the order in which they run ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Queue.h"
#include "test/hostcuda/Fault.h"

#include <algorithm>
#include <unistd.h>

using namespace dpc::hostcuda;

Stream &Queue::makeStream(bool blocking) {
  streams.push_back(std::make_unique<Stream>());
  streams.back()->number = next++;
  streams.back()->blocking = blocking;
  return *streams.back();
}

bool Queue::has(const Stream *stream) const {
  return std::any_of(streams.begin(), streams.end(),
                     [&](const auto &other) { return other.get() == stream; });
}

bool Queue::destroy(Stream *stream) {
  if (stream == streams[0].get() || !has(stream))
    return false;
  // What it still has to do is done.
  while (!stream->tasks.empty())
    runUpTo(*stream, stream->tasks.back());
  if (stream->blocking)
    streams[0]->clock.join(stream->clock);
  std::erase_if(streams,
                [&](const auto &other) { return other.get() == stream; });
  return true;
}

uint64_t Queue::draw(uint64_t below) {
  random = random * 6364136223846793005 + 1442695040888963407;
  return (random >> 33) % below;
}

void Queue::joinDefault(Stream &stream, Task *task) {
  auto follow = [&](Stream &other) {
    stream.clock.join(other.clock);
    if (task && other.last && !other.last->done)
      task->after.push_back(other.last);
  };
  if (&stream == streams[0].get()) {
    for (auto &other : streams)
      if (other->blocking && other.get() != &stream)
        follow(*other);
  } else if (stream.blocking) {
    follow(*streams[0]);
  }
}

WorkPtr Queue::makeWork(Stream &stream, const std::string &name) {
  stream.clock.set(stream.number, ++stream.count);
  auto work = std::make_shared<Work>();
  work->name = name + " of stream " + std::to_string(stream.number);
  work->stream = stream.number;
  work->time = stream.count;
  work->clock = stream.clock;
  return work;
}

void Queue::runNow(Stream &stream, const TaskPtr &task) {
  if (!seed)
    tryUpTo(stream, task);
  else if (seed % 2 == 0)
    runSome();
}

TaskPtr Queue::addTask(Stream &stream, const std::string &name, Body run) {
  auto task = std::make_shared<Task>();
  task->run = std::move(run);
  joinDefault(stream, task.get());
  stream.clock.join(host);
  task->work = makeWork(stream, name);
  stream.tasks.push_back(task);
  stream.last = task;
  runNow(stream, task);
  return task;
}

void Queue::add(Stream &stream, const std::string &name, Body run) {
  if (stream.place)
    capture(stream, name, [run = std::move(run)] { return run; });
  else
    addTask(stream, name, std::move(run));
}

void Queue::addGiven(Stream &stream, const std::string &name,
                     std::function<Body()> give) {
  if (stream.place)
    capture(stream, name, std::move(give));
  else
    addTask(stream, name, give());
}

void Queue::record(Stream &stream, Event &event) {
  event.place = stream.place;
  event.task = stream.place ? nullptr : addTask(stream, "an event", nullptr);
  event.clock = stream.clock;
}

CUresult Queue::wait(Stream &stream, const Event &event) {
  if (stream.place || event.place)
    return captureWait(stream, event);
  if (!event.task)
    return CUDA_SUCCESS;
  stream.clock.join(event.clock);
  TaskPtr before = event.task;
  TaskPtr task = std::make_shared<Task>();
  // Not by addTask(): it would run at once, before it waits.
  task->work = std::make_shared<Work>();
  task->after.push_back(before);
  stream.tasks.push_back(task);
  stream.last = task;
  if (!seed)
    tryUpTo(stream, task);
  return CUDA_SUCCESS;
}

bool Queue::runFirst(Stream &stream) {
  TaskPtr task = stream.tasks.front();
  for (const TaskPtr &before : task->after)
    for (auto &other : streams)
      if (std::find(other->tasks.begin(), other->tasks.end(), before) !=
          other->tasks.end()) {
        if (!tryUpTo(*other, before))
          return false;
        break;
      }
  task->after.clear();
  auto end = [&] {
    stream.tasks.pop_front();
    task->run = nullptr;
    task->done = true;
    task->isLost = hangs;
    task->ended = std::chrono::steady_clock::now();
  };
  try {
    if (task->run && !hangs)
      task->run(task->work);
  } catch (const NotYet &) {
    return false;
  } catch (...) {
    end();
    throw;
  }
  end();
  return true;
}

bool Queue::tryUpTo(Stream &stream, const TaskPtr &task) {
  while (!task->done && !stream.tasks.empty())
    if (!runFirst(stream))
      return false;
  return true;
}

void Queue::tryFirsts() {
  for (auto &stream : streams)
    if (!stream->tasks.empty())
      runFirst(*stream);
}

void Queue::runUpTo(Stream &stream, TaskPtr task) {
  while (!tryUpTo(stream, task)) {
    // A card goes on meanwhile, and others may wait for that.
    tryFirsts();
    usleep(100);
  }
}

/// None, one or some tasks of any streams.
void Queue::runSome() {
  while (draw(2)) {
    Stream &stream = *streams[draw(streams.size())];
    if (!stream.tasks.empty())
      runFirst(stream);
  }
}

void Queue::synchronize(Stream &stream) {
  Clock clock = stream.clock;
  if (!stream.tasks.empty())
    runUpTo(stream, stream.tasks.back());
  stay();
  host.join(clock);
}

void Queue::synchronize(const Event &event) {
  if (!event.task)
    return;
  for (auto &stream : streams)
    if (std::find(stream->tasks.begin(), stream->tasks.end(), event.task) !=
        stream->tasks.end())
      runUpTo(*stream, event.task);
  stay();
  host.join(event.clock);
}

void Queue::synchronizeAll() {
  for (auto &stream : streams)
    synchronize(*stream);
}

void Queue::stay() const {
  while (hangs)
    pause();
}

bool Queue::isDone(Stream &stream) {
  if (!stream.tasks.empty()) {
    if (!runFirst(stream))
      tryFirsts();
    return false;
  }
  if (hangs)
    return false;
  host.join(stream.clock);
  return true;
}

bool Queue::isDone(const Event &event) {
  if (event.task && !event.task->done) {
    for (auto &stream : streams)
      if (std::find(stream->tasks.begin(), stream->tasks.end(), event.task) !=
          stream->tasks.end())
        return isDone(*stream);
  }
  if (event.task && event.task->isLost)
    return false;
  host.join(event.clock);
  return true;
}
