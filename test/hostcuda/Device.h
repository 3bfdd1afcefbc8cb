//===- Device.h - The card that the stand-in is -----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_DEVICE_H
#define DPC_TEST_HOSTCUDA_DEVICE_H

#include "test/hostcuda/Foreign.h"
#include "test/hostcuda/Launch.h"
#include "test/hostcuda/Memory.h"
#include "test/hostcuda/Program.h"
#include "test/hostcuda/Queue.h"

#include <mutex>
#include <set>

namespace dpc::hostcuda {

struct LoadedModule;

/// A kernel as the API sees it.
struct LoadedKernel {
  Kernel kernel;
  const LoadedModule *module;
  /// What cuFuncSetAttribute allows; 0 before.
  uint32_t allowedShared = 0;

  uint64_t getMostDynamicShared() const {
    return allowedShared ? allowedShared : (48 << 10) - kernel.cardSharedBytes;
  }
};

struct LoadedModule {
  /// Of its text, for messages.
  std::vector<std::string> lines;
  std::vector<std::unique_ptr<LoadedKernel>> kernels;
  std::map<std::string, Allocation *> variables;
};

/// Settings, from the environment (see README.md).
struct Settings {
  uint64_t seed, memory, limit;
  /// The wait of a stream for an event, counted from 1, that is not heard.
  uint64_t lostWait;
  /// The kernel that does not end; empty for none.
  std::string endlessKernel;
  /// Of all cards, those that CUDA_VISIBLE_DEVICES shows.
  std::vector<int> visible;
  int devices, architecture, driver;
};

class Device {
public:
  explicit Device(const Settings &settings)
      : settings(settings), memory(settings.memory), queue(settings.seed) {}

  /// Throws PtxError.
  LoadedModule *load(std::string_view text);
  void unload(LoadedModule *module);

  // Give work to a stream. What is wrong with the arguments comes out at once,
  // faults when it runs.
  CUresult launch(const LoadedKernel &kernel, const Dimensions &dimensions,
                  Stream &stream, std::vector<uint8_t> parameters);
  CUresult copy(uint64_t to, uint64_t from, uint64_t bytes, Stream &stream,
                const char *what);
  CUresult copyToDevice(uint64_t to, const void *from, uint64_t bytes,
                        Stream &stream);
  CUresult copyToHost(void *to, uint64_t from, uint64_t bytes, Stream &stream);
  /// `count` values of `width` bytes.
  CUresult fill(uint64_t to, uint32_t value, uint32_t width, uint64_t count,
                Stream &stream);

  CUresult addForeign(Stream &stream, const std::string &name,
                      std::vector<ForeignRange> ranges,
                      std::function<void(const ForeignMemory &)> body,
                      std::function<bool(const ForeignMemory &)> ready);

  const Settings settings;
  Memory memory;
  Queue queue;
  std::set<std::unique_ptr<LoadedModule>> modules;
  std::set<std::unique_ptr<Event>> events;
  uint64_t waits = 0;
  std::set<std::unique_ptr<Graph>> graphs;
  /// The first fault: everything after it fails with its error.
  CUresult error = CUDA_SUCCESS;

private:
  Allocation &findRange(uint64_t address, uint64_t bytes, const char *does);
  Allocation *findPinned(const void *host, uint64_t bytes);
  void checkOrder(const WorkPtr &work,
                  const std::vector<Allocation *> &touched);
  void run(const LoadedKernel &kernel, const Dimensions &dimensions,
           const std::vector<uint8_t> &parameters, const WorkPtr &work);
  CUresult refuse(const std::string &what, CUresult result);
};

/// The card, which the first call makes.
Device &getDevice();
std::recursive_mutex &getLock();

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_DEVICE_H
