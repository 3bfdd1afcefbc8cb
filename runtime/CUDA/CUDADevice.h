//===- CUDADevice.h - A GPU of NVIDIA as a device ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One process has one GPU: that of its number on this machine. What goes wrong
// there ends the job with one line. The host never waits within the driver, where
// nothing could end it, but asks whether an event has come, for no longer than
// --timeout.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_CUDADEVICE_H
#define DPC_RUNTIME_CUDA_CUDADEVICE_H

#include "runtime/CUDA/Clock.h"
#include "runtime/CUDA/Driver.h"
#include "runtime/CUDA/FiniteRows.h"
#include "runtime/CUDA/Graphs.h"
#include "runtime/CUDA/Parcels.h"
#include "runtime/CUDA/Products.h"
#include "runtime/CUDA/Staging.h"
#include "runtime/CUDA/Streams.h"
#include "runtime/Device/Device.h"

#include <functional>

namespace dpc::rt {

class Wait;

class CUDADevice final : public Device {
public:
  /// The GPU, and this executable's code on it. An error names what is missing.
  static Expected<std::unique_ptr<Device>> open();
  ~CUDADevice() override;

  Status check(std::string_view processor,
               const std::string &program) const override;
  void setThreads(int) override {}
  std::string describeIdle(int) const override { return {}; }
  std::string describeLibrary() const override;
  Expected<std::unique_ptr<Collectives>>
  makeCollectives(Control &control) override;

  Status checkMemory(int64_t bytes, int64_t beside) override;
  /// An error with both numbers if the GPU has not as much free.
  Expected<char *> allocate(int64_t bytes) override;
  void upload(void *to, const void *from, int64_t bytes) override;
  void download(void *to, const void *from, int64_t bytes) override;
  void fill(void *to, unsigned char value, int64_t bytes) override;
  void copy(void *to, const void *from, int64_t bytes) override;
  void store(int64_t *to, int64_t value) override;
  char *allocateHost(int64_t bytes) override;
  void fetch(char *to, const void *from, int64_t bytes) override;
  std::unique_ptr<Parcel> makeParcel(int64_t bytes) override;
  bool watchRows(const std::vector<Row> &rows) override;
  bool areRowsFinite() override;
  bool keepsPrograms() const override { return true; }
  void perform(int64_t program, const std::function<void()> &tell) override;
  bool hasClock() const override { return true; }
  void startClock() override;
  void beginSpan() override;
  void endSpan(int64_t instruction, int64_t iteration) override;
  std::vector<Span> takeSpans() override;
  Status finish() override;

  /// Starts kernel `number` of dpc_device_kernels on buffers at `addresses`.
  /// Returns what went wrong, empty for success.
  std::string launch(int32_t number, int64_t grid, int32_t block,
                     void *const *addresses, int32_t count);
  /// Starts a product. Returns what went wrong, empty for success.
  std::string multiply(const Product &product, const ProductBuffers &buffers) {
    return products->start(product, buffers, streams.compute);
  }

  // For collectives that are work of the GPU. Each is told to the communication
  // stream between beginCommunication() and endCommunication(), and waited for
  // by awaitCommunication(); see Streams.h.
  cuda::Stream computeStream() const { return streams.compute; }
  cuda::Stream communicationStream() const { return streams.communication; }
  void beginCommunication();
  void endCommunication(int slot);
  void awaitCommunication(int slot);
  const cuda::Driver &getDriver() const { return driver; }
  /// Whoever looks after that work: `wait` says what the host waits for, and
  /// `look` is called again and again meanwhile.
  void setWatch(const Wait *wait, std::function<void()> look) {
    watchedWait = wait;
    watch = std::move(look);
  }
  /// Ends the job unless the result is success.
  void need(cuda::Result result, const char *what) const;

private:
  CUDADevice(const cuda::Driver &driver)
      : Device(/*shared=*/false), driver(driver), streams(this->driver),
        graphs(this->driver), staging(this->driver, awaits()),
        parcels(this->driver, streams.compute, awaits(),
                [this](cuda::Result result) {
                  need(result, "copying a batch to it");
                }),
        clock(this->driver, awaits()), finiteRows(this->driver) {}
  cuda::Staging::Await awaits() {
    return [this](cuda::Event event) { return await(event); };
  }
  Status openGPU();
  Status loadCode();
  [[noreturn]] void stop(const Error &error) const;
  Error describe(cuda::Result result, const char *what) const;
  /// Returns when the event has come.
  cuda::Result await(cuda::Event event);

  cuda::Driver driver;
  cuda::DeviceNumber number = 0;
  cuda::Context context = nullptr;
  cuda::Module module = nullptr;
  cuda::Streams streams;
  cuda::Graphs graphs;
  cuda::Staging staging;
  cuda::Parcels parcels;
  cuda::Clock clock;
  cuda::FiniteRows finiteRows;
  cuda::Event reached = nullptr;
  std::string name;
  /// major * 10 + minor.
  int capability = 0;
  std::vector<std::string> kernelNames;
  std::vector<cuda::Function> kernels;
  std::vector<cuda::Address> regions;
  /// Of the host's memory, pinned.
  std::vector<void *> hostRegions;
  std::unique_ptr<Products> products;
  /// Behind makeCollectives(), in front of everything that needs it.
  Control *control = nullptr;
  /// Whether its collectives are NCCL's.
  bool hasNCCL = false;
  const Wait *watchedWait = nullptr;
  std::function<void()> watch;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CUDA_CUDADEVICE_H
