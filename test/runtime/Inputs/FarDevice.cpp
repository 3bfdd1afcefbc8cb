//===- FarDevice.cpp - A device whose memory the host cannot touch --------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// In place of the runtime's own devices. Its addresses are no addresses of the
// host's, so that a runtime that follows one ends with a signal.
//
//===----------------------------------------------------------------------===//

#include "FarDevice.h"
#include "runtime/Comm/Control.h"
#include "runtime/Core/Context.h"

#include <cstring>

using namespace dpc::rt;

namespace {

class FarDevice final : public Device {
public:
  FarDevice() : Device(/*shared=*/false) {}

  Status check(std::string_view, const std::string &) const override {
    return {};
  }
  void setThreads(int) override {}
  std::string describeIdle(int) const override { return {}; }
  /// Fake programs name near addresses.
  Expected<std::unique_ptr<Collectives>>
  makeCollectives(Control &control) override {
    return control.makeCollectives();
  }
  Expected<char *> allocate(int64_t bytes) override {
    regions.push_back(std::make_unique<char[]>(size_t(bytes) + 64));
    // NaN in every format.
    std::memset(regions.back().get(), 0xff, size_t(bytes) + 64);
    uintptr_t base = reinterpret_cast<uintptr_t>(regions.back().get());
    return reinterpret_cast<char *>((base + 63) / 64 * 64 + farDistance);
  }
  void upload(void *to, const void *from, int64_t bytes) override {
    std::memcpy(toNear(to), from, size_t(bytes));
  }
  void download(void *to, const void *from, int64_t bytes) override {
    std::memcpy(to, toNear(from), size_t(bytes));
  }
  void fill(void *to, unsigned char value, int64_t bytes) override {
    std::memset(toNear(to), value, size_t(bytes));
  }
  void copy(void *to, const void *from, int64_t bytes) override {
    std::memmove(toNear(to), toNear(from), size_t(bytes));
  }
  Status finish() override { return {}; }

private:
  std::vector<std::unique_ptr<char[]>> regions;
};

} // namespace

Expected<std::unique_ptr<Device>> dpc::rt::makeDevice(const std::string &) {
  return std::unique_ptr<Device>(new FarDevice);
}

/// On near addresses, in f32, of one matrix.
void dpc_matmul(DpcContext *, int32_t, const void *a, const void *b, void *c,
                void *, int32_t, int64_t, int64_t m, int64_t n, int64_t k,
                int32_t transA, int32_t) {
  const float *left = static_cast<const float *>(a);
  const float *right = static_cast<const float *>(b);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      float sum = 0;
      for (int64_t l = 0; l < k; ++l)
        sum += left[transA ? l * m + i : i * k + l] * right[l * n + j];
      static_cast<float *>(c)[i * n + j] = sum;
    }
}
