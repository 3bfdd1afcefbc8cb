//===- DriverGraph.cpp - The API: captures and graphs ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Enter.h"

#include <algorithm>

using namespace dpc::hostcuda;

template <class Body> static CUresult enterGraph(CUgraph handle, Body body) {
  return enter([&](Device &device) {
    auto *graph = reinterpret_cast<Graph *>(handle);
    bool known = std::any_of(device.graphs.begin(), device.graphs.end(),
                             [&](const auto &g) { return g.get() == graph; });
    return known ? body(device, *graph) : CUDA_ERROR_INVALID_HANDLE;
  });
}

extern "C" {

DPC_HOSTCUDA_API CUresult cuStreamBeginCapture_v2(CUstream handle, int mode) {
  return enterStream(handle, [&](Device &device, Stream &stream) {
    if (&stream == &device.queue.getDefault())
      return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    if (mode < 0 || mode > 2)
      return CUDA_ERROR_INVALID_VALUE;
    if (stream.place)
      return CUDA_ERROR_ILLEGAL_STATE;
    device.queue.beginCapture(stream, static_cast<CaptureMode>(mode));
    return CUDA_SUCCESS;
  });
}

DPC_HOSTCUDA_API CUresult cuStreamEndCapture(CUstream handle, CUgraph *result) {
  return enterStream(
      handle,
      [&](Device &device, Stream &stream) {
        *result = nullptr;
        auto graph = std::make_unique<Graph>();
        CUresult ended = device.queue.endCapture(stream, *graph);
        if (ended != CUDA_SUCCESS)
          return ended;
        *result = reinterpret_cast<CUgraph>(graph.get());
        device.graphs.insert(std::move(graph));
        return CUDA_SUCCESS;
      },
      /*endsCapture=*/true);
}

DPC_HOSTCUDA_API CUresult cuStreamIsCapturing(CUstream handle, int *status) {
  return enterStream(
      handle,
      [&](Device &, Stream &stream) {
        *status = !stream.place ? 0 : stream.place.capture->isInvalid ? 2 : 1;
        return CUDA_SUCCESS;
      },
      /*endsCapture=*/true);
}

DPC_HOSTCUDA_API CUresult cuGraphDestroy(CUgraph handle) {
  return enterGraph(handle, [](Device &device, Graph &graph) {
    std::erase_if(device.graphs,
                  [&](const auto &other) { return other.get() == &graph; });
    return CUDA_SUCCESS;
  });
}

DPC_HOSTCUDA_API CUresult cuGraphInstantiateWithFlags(
    CUgraphExec *result, CUgraph handle, unsigned long long flags) {
  return enterGraph(handle, [&](Device &device, Graph &graph) {
    if (flags)
      return CUDA_ERROR_NOT_SUPPORTED;
    *result = reinterpret_cast<CUgraphExec>(&device.queue.instantiate(graph));
    return CUDA_SUCCESS;
  });
}

DPC_HOSTCUDA_API CUresult cuGraphLaunch(CUgraphExec handle, CUstream stream) {
  return enterStream(stream, [&](Device &device, Stream &stream) {
    auto *executable = reinterpret_cast<Executable *>(handle);
    if (!device.queue.has(executable))
      return CUDA_ERROR_INVALID_HANDLE;
    // It would become a node.
    if (stream.place)
      return CUDA_ERROR_NOT_SUPPORTED;
    reportGraph(executable->graph.nodes.size(), stream.number);
    device.queue.launch(stream, *executable);
    return CUDA_SUCCESS;
  });
}

DPC_HOSTCUDA_API CUresult cuGraphExecDestroy(CUgraphExec handle) {
  return enter([&](Device &device) {
    return device.queue.destroy(reinterpret_cast<Executable *>(handle))
               ? CUDA_SUCCESS
               : CUDA_ERROR_INVALID_HANDLE;
  });
}

} // extern "C"
