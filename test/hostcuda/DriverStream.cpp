//===- DriverStream.cpp - The API: copies, streams, events ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Enter.h"

#include <algorithm>

using namespace dpc::hostcuda;

/// Calls `body` with an event that exists.
template <class Body> static CUresult enterEvent(CUevent handle, Body body) {
  return enter([&](Device &device) {
    auto *event = reinterpret_cast<Event *>(handle);
    bool known = std::any_of(device.events.begin(), device.events.end(),
                             [&](const auto &e) { return e.get() == event; });
    return known ? body(device, *event) : CUDA_ERROR_INVALID_HANDLE;
  });
}

/// The same for what waits for an event, or looks at it.
template <class Body>
static CUresult enterEventUnsafe(CUevent handle, Body body) {
  return enterEvent(handle, [&](Device &device, Event &event) {
    CUresult refused = device.queue.refuseUnsafe();
    if (refused != CUDA_SUCCESS)
      return refused;
    if (event.place) {
      event.place.capture->isInvalid = true;
      return CUDA_ERROR_CAPTURED_EVENT;
    }
    return body(device, event);
  });
}

extern "C" {

// The synchronous ones, of the default stream.
DPC_HOSTCUDA_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from,
                                          size_t bytes) {
  return enterStreamUnsafe(nullptr, [&](Device &device, Stream &stream) {
    CUresult result = device.copyToDevice(to, from, bytes, stream);
    device.queue.synchronize(stream);
    return result;
  });
}
DPC_HOSTCUDA_API CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from,
                                          size_t bytes) {
  return enterStreamUnsafe(nullptr, [&](Device &device, Stream &stream) {
    CUresult result = device.copyToHost(to, from, bytes, stream);
    device.queue.synchronize(stream);
    return result;
  });
}
// The host does not wait for copies within the device, nor for fills.
DPC_HOSTCUDA_API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from,
                                          size_t bytes) {
  return enterStreamUnsafe(nullptr, [&](Device &device, Stream &stream) {
    return device.copy(to, from, bytes, stream, "a copy");
  });
}
DPC_HOSTCUDA_API CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value,
                                        size_t count) {
  return enterStreamUnsafe(nullptr, [&](Device &device, Stream &stream) {
    return device.fill(to, value, 1, count, stream);
  });
}
DPC_HOSTCUDA_API CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value,
                                         size_t count) {
  return enterStreamUnsafe(nullptr, [&](Device &device, Stream &stream) {
    return device.fill(to, value, 4, count, stream);
  });
}

DPC_HOSTCUDA_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from,
                                               size_t bytes, CUstream handle) {
  return enterStream(handle, [&](Device &device, Stream &stream) {
    return device.copyToDevice(to, from, bytes, stream);
  });
}
DPC_HOSTCUDA_API CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from,
                                               size_t bytes, CUstream handle) {
  return enterStream(handle, [&](Device &device, Stream &stream) {
    return device.copyToHost(to, from, bytes, stream);
  });
}
DPC_HOSTCUDA_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from,
                                               size_t bytes, CUstream handle) {
  return enterStream(handle, [&](Device &device, Stream &stream) {
    return device.copy(to, from, bytes, stream, "a copy");
  });
}
DPC_HOSTCUDA_API CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from,
                                        size_t bytes, CUstream handle) {
  return enterStream(handle, [&](Device &device, Stream &stream) {
    bool toDevice = to >= kDeviceBase && to < kSharedBase,
         fromDevice = from >= kDeviceBase && from < kSharedBase;
    if (toDevice && !fromDevice)
      return device.copyToDevice(to, reinterpret_cast<void *>(from), bytes,
                                 stream);
    if (fromDevice && !toDevice)
      return device.copyToHost(reinterpret_cast<void *>(to), from, bytes,
                               stream);
    return device.copy(to, from, bytes, stream, "a copy");
  });
}
DPC_HOSTCUDA_API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value,
                                          size_t count, CUstream handle) {
  return enterStream(handle, [&](Device &device, Stream &stream) {
    return device.fill(to, value, 1, count, stream);
  });
}
DPC_HOSTCUDA_API CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value,
                                           size_t count, CUstream handle) {
  return enterStream(handle, [&](Device &device, Stream &stream) {
    return device.fill(to, value, 2, count, stream);
  });
}
DPC_HOSTCUDA_API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value,
                                           size_t count, CUstream handle) {
  return enterStream(handle, [&](Device &device, Stream &stream) {
    return device.fill(to, value, 4, count, stream);
  });
}

DPC_HOSTCUDA_API CUresult cuStreamCreate(CUstream *result, unsigned flags) {
  return enter([&](Device &device) {
    if (flags > CU_STREAM_NON_BLOCKING)
      return CUDA_ERROR_INVALID_VALUE;
    *result = reinterpret_cast<CUstream>(
        &device.queue.makeStream(!(flags & CU_STREAM_NON_BLOCKING)));
    return CUDA_SUCCESS;
  });
}
DPC_HOSTCUDA_API CUresult cuStreamCreateWithPriority(CUstream *result,
                                                     unsigned flags, int) {
  return cuStreamCreate(result, flags);
}
DPC_HOSTCUDA_API CUresult cuStreamDestroy_v2(CUstream handle) {
  return enterStreamUnsafe(handle, [](Device &device, Stream &stream) {
    return device.queue.destroy(&stream) ? CUDA_SUCCESS
                                         : CUDA_ERROR_INVALID_HANDLE;
  });
}
DPC_HOSTCUDA_API CUresult cuStreamSynchronize(CUstream handle) {
  return enterStreamUnsafe(handle, [](Device &device, Stream &stream) {
    device.queue.synchronize(stream);
    return CUDA_SUCCESS;
  });
}
DPC_HOSTCUDA_API CUresult cuStreamWriteValue32_v2(CUstream handle,
                                                  CUdeviceptr to,
                                                  uint32_t value,
                                                  unsigned flags) {
  return enterStream(handle, [&](Device &device, Stream &stream) {
    if (flags || to % sizeof(value))
      return CUDA_ERROR_INVALID_VALUE;
    return device.fill(to, value, sizeof(value), 1, stream);
  });
}

DPC_HOSTCUDA_API CUresult cuStreamQuery(CUstream handle) {
  return enterStreamUnsafe(handle, [](Device &device, Stream &stream) {
    return device.queue.isDone(stream) ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
  });
}
DPC_HOSTCUDA_API CUresult cuStreamWaitEvent(CUstream handle, CUevent event,
                                            unsigned) {
  return enterStream(handle, [&](Device &, Stream &stream) {
    return enterEvent(event, [&](Device &device, Event &event) {
      if (++device.waits == device.settings.lostWait)
        return CUDA_SUCCESS;
      return device.queue.wait(stream, event);
    });
  });
}

DPC_HOSTCUDA_API CUresult cuEventCreate(CUevent *result, unsigned flags) {
  return enter([&](Device &device) {
    auto event = std::make_unique<Event>();
    event->timed = !(flags & CU_EVENT_DISABLE_TIMING);
    *result = reinterpret_cast<CUevent>(event.get());
    device.events.insert(std::move(event));
    return CUDA_SUCCESS;
  });
}
DPC_HOSTCUDA_API CUresult cuEventDestroy_v2(CUevent handle) {
  return enterEvent(handle, [](Device &device, Event &event) {
    std::erase_if(device.events,
                  [&](const auto &other) { return other.get() == &event; });
    return CUDA_SUCCESS;
  });
}
DPC_HOSTCUDA_API CUresult cuEventRecord(CUevent event, CUstream handle) {
  return enterStream(handle, [&](Device &, Stream &stream) {
    return enterEvent(event, [&](Device &device, Event &event) {
      device.queue.record(stream, event);
      return CUDA_SUCCESS;
    });
  });
}
DPC_HOSTCUDA_API CUresult cuEventQuery(CUevent handle) {
  return enterEventUnsafe(handle, [](Device &device, Event &event) {
    return device.queue.isDone(event) ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
  });
}
DPC_HOSTCUDA_API CUresult cuEventSynchronize(CUevent handle) {
  return enterEventUnsafe(handle, [](Device &device, Event &event) {
    device.queue.synchronize(event);
    return CUDA_SUCCESS;
  });
}
DPC_HOSTCUDA_API CUresult cuEventElapsedTime_v2(float *milliseconds,
                                                CUevent begin, CUevent end) {
  return enterEvent(begin, [&](Device &, Event &first) {
    return enterEvent(end, [&](Device &, Event &last) {
      if (first.place || last.place)
        return CUDA_ERROR_CAPTURED_EVENT;
      if (!first.timed || !last.timed || !first.task || !last.task)
        return CUDA_ERROR_INVALID_HANDLE;
      if (!first.task->done || !last.task->done)
        return CUDA_ERROR_NOT_READY;
      *milliseconds = std::chrono::duration<float, std::milli>(
                          last.task->ended - first.task->ended)
                          .count();
      return CUDA_SUCCESS;
    });
  });
}
DPC_HOSTCUDA_API CUresult cuEventElapsedTime(float *milliseconds, CUevent begin,
                                             CUevent end) {
  return cuEventElapsedTime_v2(milliseconds, begin, end);
}

} // extern "C"
