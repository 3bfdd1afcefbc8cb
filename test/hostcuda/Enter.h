//===- Enter.h - What every function of the API does first ------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_ENTER_H
#define DPC_TEST_HOSTCUDA_ENTER_H

#include "test/hostcuda/Device.h"
#include "test/hostcuda/Report.h"

#include <new>

namespace dpc::hostcuda {

extern bool isInitialized;
extern thread_local bool hasContext;

CUresult getResult(const Fault &fault);

/// Calls `body` with the card, if there is one and nothing went wrong before.
template <class Body> CUresult enter(Body body, bool needsContext = true) {
  std::lock_guard<std::recursive_mutex> lock(getLock());
  if (!isInitialized)
    return CUDA_ERROR_NOT_INITIALIZED;
  if (needsContext && !hasContext)
    return CUDA_ERROR_INVALID_CONTEXT;
  Device &device = getDevice();
  if (device.error != CUDA_SUCCESS)
    return device.error;
  try {
    return body(device);
  } catch (const Fault &fault) {
    reportFault(fault);
    return device.error = getResult(fault);
  } catch (const std::bad_alloc &) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
}

/// The same for what is no part of a graph, and is refused while one is made.
template <class Body>
CUresult enterUnsafe(Body body, bool needsContext = true) {
  return enter(
      [&](Device &device) {
        CUresult refused = device.queue.refuseUnsafe();
        return refused == CUDA_SUCCESS ? body(device) : refused;
      },
      needsContext);
}

/// The same for what needs a stream.
template <class Body>
CUresult enterStream(CUstream handle, Body body, bool endsCapture = false) {
  return enter([&](Device &device) {
    // 1 is the default stream by its older rules, 2 that of the thread.
    auto number = reinterpret_cast<uintptr_t>(handle);
    if (number == 2)
      return CUDA_ERROR_NOT_SUPPORTED;
    if (number <= 1) {
      if (device.queue.capturesBlocking())
        return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
      return body(device, device.queue.getDefault());
    }
    auto *stream = reinterpret_cast<Stream *>(handle);
    if (!device.queue.has(stream))
      return CUDA_ERROR_INVALID_HANDLE;
    if (!endsCapture && stream->place && stream->place.capture->isInvalid)
      return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    return body(device, *stream);
  });
}

/// The same for what waits for a stream, or looks at it.
template <class Body> CUresult enterStreamUnsafe(CUstream handle, Body body) {
  return enterStream(handle, [&](Device &device, Stream &stream) {
    CUresult refused = device.queue.refuseUnsafe();
    if (refused != CUDA_SUCCESS)
      return refused;
    if (stream.place) {
      stream.place.capture->isInvalid = true;
      return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    return body(device, stream);
  });
}

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_ENTER_H
