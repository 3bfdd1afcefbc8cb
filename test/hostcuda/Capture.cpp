//===- Capture.cpp - Work that is kept instead of done --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Queue.h"

#include <algorithm>

using namespace dpc::hostcuda;

bool Graph::reaches(const std::vector<size_t> &ends,
                    const std::vector<size_t> &others) const {
  std::vector<bool> known(nodes.size());
  std::vector<size_t> open = ends;
  while (!open.empty()) {
    size_t at = open.back();
    open.pop_back();
    if (known[at])
      continue;
    known[at] = true;
    open.insert(open.end(), nodes[at].after.begin(), nodes[at].after.end());
  }
  return std::all_of(others.begin(), others.end(),
                     [&](size_t at) { return known[at]; });
}

/// Gives the nodes to streams of the graph's own, between what `stream` has and
/// what it will be given.
void Queue::launch(Stream &stream, Executable &executable) {
  joinDefault(stream, nullptr);
  stream.clock.join(host);
  // Two launches of one graph never run at the same time.
  stream.clock.join(executable.clock);
  std::vector<TaskPtr> before;
  for (const TaskPtr &last : {stream.last, executable.last})
    if (last && !last->done)
      before.push_back(last);
  std::vector<TaskPtr> tasks;
  for (const Graph::Node &node : executable.graph.nodes) {
    Stream &chain = *executable.chains[node.chain];
    auto task = std::make_shared<Task>();
    task->run = node.give();
    task->after = before;
    chain.clock.join(stream.clock);
    for (size_t other : node.after) {
      chain.clock.join(tasks[other]->work->clock);
      if (executable.graph.nodes[other].chain != node.chain)
        task->after.push_back(tasks[other]);
    }
    task->work = makeWork(chain, node.name);
    chain.tasks.push_back(task);
    chain.last = task;
    tasks.push_back(task);
  }
  auto end = std::make_shared<Task>();
  for (Stream *chain : executable.chains) {
    if (chain->last)
      end->after.push_back(chain->last);
    stream.clock.join(chain->clock);
  }
  end->work = makeWork(stream, "a graph");
  stream.tasks.push_back(end);
  stream.last = executable.last = end;
  executable.clock = stream.clock;
  runNow(stream, end);
}

Executable &Queue::instantiate(const Graph &graph) {
  executables.push_back(std::make_unique<Executable>());
  Executable &executable = *executables.back();
  executable.graph = graph;
  for (size_t i = 0; i < graph.chains; ++i)
    executable.chains.push_back(&makeStream(/*blocking=*/false));
  return executable;
}

bool Queue::destroy(Executable *executable) {
  auto found = std::find_if(
      executables.begin(), executables.end(),
      [&](const auto &other) { return other.get() == executable; });
  if (found == executables.end())
    return false;
  for (Stream *chain : executable->chains)
    destroy(chain);
  executables.erase(found);
  return true;
}

bool Queue::has(const Executable *executable) const {
  return std::any_of(
      executables.begin(), executables.end(),
      [&](const auto &other) { return other.get() == executable; });
}

void Queue::beginCapture(Stream &stream, CaptureMode mode) {
  auto capture = std::make_shared<Capture>();
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  capture->graph.chains = 1;
  stream.place = {capture, 0, {}};
  captures.push_back(capture);
}

CUresult Queue::endCapture(Stream &stream, Graph &graph) {
  if (!stream.place)
    return CUDA_ERROR_ILLEGAL_STATE;
  CapturePtr capture = stream.place.capture;
  if (stream.place.chain != 0)
    return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
  if (capture->mode != CaptureMode::Relaxed &&
      capture->thread != std::this_thread::get_id())
    return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
  bool isJoined = true;
  std::vector<size_t> ends = stream.place.ends;
  for (auto &other : streams)
    if (other->place.capture == capture) {
      isJoined &= capture->graph.reaches(ends, other->place.ends);
      other->place = {};
    }
  capture->isOver = true;
  std::erase(captures, capture);
  if (capture->isInvalid)
    return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  if (!isJoined)
    return CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
  graph = std::move(capture->graph);
  return CUDA_SUCCESS;
}

CUresult Queue::refuseUnsafe() {
  bool isRefused = false;
  for (const CapturePtr &capture : captures)
    if (capture->mode == CaptureMode::Global ||
        (capture->mode == CaptureMode::ThreadLocal &&
         capture->thread == std::this_thread::get_id()))
      isRefused = capture->isInvalid = true;
  return isRefused ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : CUDA_SUCCESS;
}

bool Queue::capturesBlocking() const {
  return std::any_of(streams.begin(), streams.end(), [](const auto &stream) {
    return stream->blocking && stream->place;
  });
}

void Queue::capture(Stream &stream, const std::string &name,
                    std::function<Body()> give) {
  auto &[capture, chain, ends] = stream.place;
  std::vector<Graph::Node> &nodes = capture->graph.nodes;
  nodes.push_back({name, std::move(give), chain, ends});
  ends = {nodes.size() - 1};
}

CUresult Queue::captureWait(Stream &stream, const Event &event) {
  auto refuse = [&](CUresult result) {
    for (const CapturePlace &place : {stream.place, event.place})
      if (place)
        place.capture->isInvalid = true;
    return result;
  };
  if (!event.place)
    // What lies before the capture is no part of the graph.
    return event.task ? refuse(CUDA_ERROR_STREAM_CAPTURE_ISOLATION)
                      : CUDA_SUCCESS;
  const CapturePtr &capture = event.place.capture;
  if (capture->isOver)
    return refuse(CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
  if (stream.place && stream.place.capture != capture)
    return refuse(CUDA_ERROR_STREAM_CAPTURE_MERGE);
  if (!stream.place)
    stream.place = {capture, capture->graph.chains++, {}};
  std::vector<size_t> &ends = stream.place.ends;
  for (size_t end : event.place.ends)
    if (std::find(ends.begin(), ends.end(), end) == ends.end())
      ends.push_back(end);
  return CUDA_SUCCESS;
}
