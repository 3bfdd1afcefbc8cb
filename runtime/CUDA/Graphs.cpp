//===- Graphs.cpp - Programs that a GPU repeats ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CUDA/Graphs.h"

#include <utility>

namespace dpc::rt::cuda {

void Graphs::close() {
  for (auto [number, executable] : std::exchange(programs, {}))
    if (executable)
      driver.cuGraphExecDestroy(executable);
}

Result Graphs::perform(int64_t program, Stream stream,
                       const std::function<void()> &tell) {
  auto [entry, isFirst] = programs.try_emplace(program, nullptr);
  if (isFirst) {
    tell();
    return 0;
  }
  GraphExec &executable = entry->second;
  if (!executable) {
    Result result = driver.cuStreamBeginCapture_v2(stream, kCaptureThreadLocal);
    if (result)
      return result;
    tell();
    Graph graph = nullptr;
    if ((result = driver.cuStreamEndCapture(stream, &graph)))
      return result;
    result = driver.cuGraphInstantiateWithFlags(&executable, graph, 0);
    driver.cuGraphDestroy(graph);
    if (result)
      return result;
  }
  return driver.cuGraphLaunch(executable, stream);
}

} // namespace dpc::rt::cuda
