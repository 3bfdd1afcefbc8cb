//===- Capture.h - Work that is kept instead of done ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// While a stream is captured, what it is given becomes nodes of a graph, each
// behind those that its stream knew of. What waits for an event of the capture
// becomes part of it, and must be waited for by the stream that began it.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_CAPTURE_H
#define DPC_TEST_HOSTCUDA_CAPTURE_H

#include "test/hostcuda/Order.h"

#include <functional>
#include <thread>

namespace dpc::hostcuda {

using Body = std::function<void(const WorkPtr &)>;

struct Graph {
  struct Node {
    std::string name;
    /// Called when the node's graph is launched: what runs later.
    std::function<Body()> give;
    /// The number of its stream among those that were captured.
    size_t chain = 0;
    /// Nodes that end before it begins, the last one of its chain among them.
    std::vector<size_t> after;
  };
  std::vector<Node> nodes;
  size_t chains = 0;

  /// Whether each of `others` is one of `ends` or before one of them.
  bool reaches(const std::vector<size_t> &ends,
               const std::vector<size_t> &others) const;
};

enum class CaptureMode { Global, ThreadLocal, Relaxed };

struct Capture {
  CaptureMode mode = CaptureMode::Global;
  std::thread::id thread;
  Graph graph;
  /// Something was asked for in between that a graph cannot hold.
  bool isInvalid = false;
  bool isOver = false;
};
using CapturePtr = std::shared_ptr<Capture>;

/// Where a stream or an event stands in a capture.
struct CapturePlace {
  CapturePtr capture;
  size_t chain = 0;
  /// The nodes that what comes next comes behind.
  std::vector<size_t> ends;

  explicit operator bool() const { return capture != nullptr; }
};

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_CAPTURE_H
