//===- CPUDevice.h - The host as a device -----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CPU_CPUDEVICE_H
#define DPC_RUNTIME_CPU_CPUDEVICE_H

#include "runtime/Device/Device.h"

namespace dpc::rt {

class CPUDevice final : public Device {
public:
  CPUDevice() : Device(/*shared=*/true) {}
  ~CPUDevice() override;

  Status check(std::string_view processor,
               const std::string &program) const override;
  void setThreads(int threads) override;
  std::string describeIdle(int ranks) const override;
  std::string describeLibrary() const override;
  Expected<std::unique_ptr<Collectives>>
  makeCollectives(Control &control) override;

  /// Anonymous pages, huge ones if the system likes.
  Expected<char *> allocate(int64_t bytes) override;
  void upload(void *to, const void *from, int64_t bytes) override;
  void download(void *to, const void *from, int64_t bytes) override;
  void fill(void *to, unsigned char value, int64_t bytes) override;
  void copy(void *to, const void *from, int64_t bytes) override;
  Status finish() override { return {}; }

  /// What the functions of a library keep from call to call: one object of each
  /// type.
  template <typename CacheT> CacheT &getCache() {
    static const size_t index = numCaches++;
    if (caches.size() <= index)
      caches.resize(index + 1);
    if (!caches[index])
      caches[index] = std::make_shared<CacheT>();
    return *static_cast<CacheT *>(caches[index].get());
  }

private:
  inline static size_t numCaches = 0;
  std::vector<std::shared_ptr<void>> caches;
  struct Region {
    void *base;
    size_t length;
  };
  std::vector<Region> regions;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CPU_CPUDEVICE_H
