//===- SimDevice.cpp - A device that does its work later ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The device of test/codegen/SimTarget.h. Its memory is the host's, of which the
// runtime knows nothing; what it is told waits in its queue until somebody waits
// for it.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/Control.h"
#include "runtime/Comm/StagedCollectives.h"
#include "runtime/Core/Context.h"

#include <cstring>
#include <deque>
#include <functional>

using namespace dpc::rt;

namespace {

class SimDevice final : public Device {
public:
  SimDevice() : Device(/*shared=*/false) {}

  Status check(std::string_view, const std::string &) const override {
    return {};
  }
  void setThreads(int) override {}
  std::string describeIdle(int) const override { return {}; }
  Expected<std::unique_ptr<Collectives>>
  makeCollectives(Control &control) override;
  Expected<char *> allocate(int64_t bytes) override {
    regions.push_back(std::make_unique<char[]>(size_t(bytes) + 64));
    // NaN in every format.
    std::memset(regions.back().get(), 0xff, size_t(bytes) + 64);
    uintptr_t base = reinterpret_cast<uintptr_t>(regions.back().get());
    return reinterpret_cast<char *>((base + 63) / 64 * 64);
  }
  void upload(void *to, const void *from, int64_t bytes) override {
    drain();
    std::memcpy(to, from, size_t(bytes));
  }
  void download(void *to, const void *from, int64_t bytes) override {
    drain();
    std::memcpy(to, from, size_t(bytes));
  }
  void fill(void *to, unsigned char value, int64_t bytes) override {
    tell([=] { std::memset(to, value, size_t(bytes)); });
  }
  void copy(void *to, const void *from, int64_t bytes) override {
    tell([=] { std::memmove(to, from, size_t(bytes)); });
  }
  Status finish() override {
    drain();
    return {};
  }

  void tell(std::function<void()> work) { queue.push_back(std::move(work)); }
  void drain() {
    for (; !queue.empty(); queue.pop_front())
      queue.front()();
  }

private:
  std::deque<std::function<void()>> queue;
  std::vector<std::unique_ptr<char[]>> regions;
};

Expected<std::unique_ptr<Collectives>>
SimDevice::makeCollectives(Control &control) {
  return std::unique_ptr<Collectives>(
      new StagedCollectives(*this, control.makeCollectives()));
}

} // namespace

Expected<std::unique_ptr<Device>>
dpc::rt::makeDevice(const std::string &target) {
  if (target != "sim")
    return Error{"plan", "is not for the target 'sim'", ""};
  return std::unique_ptr<Device>(new SimDevice);
}

/// What the functions call that SimTarget makes of kernels.
extern "C" void dpc_sim_launch(DpcContext *ctx, void (*code)(void **),
                               void **addresses, int32_t count) {
  std::vector<void *> kept(addresses, addresses + count);
  static_cast<SimDevice &>(ctx->device).tell([code, kept]() mutable {
    code(kept.data());
  });
}

void dpc_matmul(DpcContext *ctx, int32_t, const void *a, const void *b, void *c,
                void *, int32_t, int64_t batch, int64_t m, int64_t n, int64_t k,
                int32_t transA, int32_t transB) {
  auto multiply = [=](const float *left, const float *right, float *out) {
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        float sum = 0;
        for (int64_t l = 0; l < k; ++l)
          sum += left[transA ? l * m + i : i * k + l] *
                 right[transB ? j * k + l : l * n + j];
        out[i * n + j] = sum;
      }
  };
  static_cast<SimDevice &>(ctx->device).tell([=] {
    for (int64_t i = 0; i < batch; ++i)
      multiply(static_cast<const float *>(a) + i * m * k,
               static_cast<const float *>(b) + i * k * n,
               static_cast<float *>(c) + i * m * n);
  });
}
