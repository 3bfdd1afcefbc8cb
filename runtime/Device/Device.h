//===- Device.h - A rank's device -------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The memory of the device on which a rank's step runs, and its queue. The
// device does what it is told in order, and perhaps later: the host reads a
// region only by download() or HostReader, which wait. On the CPU everything is
// done when a call returns.
//
// Addresses of the device are pointers, which the host must not follow unless
// sharesMemory(). Library calls of the generated code (such as dpc_matmul) are
// functions of the device's own folder, which reach it through the context.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DEVICE_DEVICE_H
#define DPC_RUNTIME_DEVICE_DEVICE_H

#include "runtime/Core/Error.h"
#include "runtime/Core/Types.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace dpc::rt {

class Collectives;
class Control;

/// A way to the device's memory beside its queue: what is sent is copied while
/// the device works.
class Parcel {
public:
  virtual ~Parcel() = default;
  /// Where the host writes what it sends next; waits until it may.
  virtual char *begin() = 0;
  virtual void send() = 0;
  /// Puts `bytes` of what was sent last, from byte `at` on, where the device
  /// reads them, in order. Before the next begin().
  virtual void deliver(void *to, int64_t at, int64_t bytes) = 0;
};

class Device {
public:
  virtual ~Device() = default;
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

  /// Whether the host may read and write the device's memory in place, once the
  /// device has done what was before.
  bool sharesMemory() const { return shared; }

  /// `processor`: that for which the host's part of a program was compiled and
  /// its features, by LLVM's names, with spaces between. An error if this
  /// machine lacks some, or the device; it names `program`.
  virtual Status check(std::string_view processor,
                       const std::string &program) const = 0;
  /// Of kernels and products that run on the host. Before the first one.
  virtual void setThreads(int threads) = 0;
  /// What `ranks` ranks on this machine leave unused, and how to use it; empty
  /// if nothing.
  virtual std::string describeIdle(int ranks) const = 0;

  /// The library beneath and its version.
  virtual std::string describeLibrary() const { return "none"; }

  /// The data half of the transport for this device's memory. On all ranks
  /// together; the device must outlive it.
  virtual Expected<std::unique_ptr<Collectives>>
  makeCollectives(Control &control) = 0;

  /// An error with both numbers if the device has less free memory than `bytes`
  /// and what its libraries take `beside`. Before anything is allocated.
  virtual Status checkMemory(int64_t /*bytes*/, int64_t /*beside*/) {
    return {};
  }
  /// A region, aligned to 64 bytes or more, which is freed with the device. What
  /// it holds means nothing.
  virtual Expected<char *> allocate(int64_t bytes) = 0;
  /// From and to the host's memory. They wait, so that the host may use its
  /// side again.
  virtual void upload(void *to, const void *from, int64_t bytes) = 0;
  virtual void download(void *to, const void *from, int64_t bytes) = 0;
  virtual void fill(void *to, unsigned char value, int64_t bytes) = 0;
  /// Within the device's memory; the regions may overlap.
  virtual void copy(void *to, const void *from, int64_t bytes) = 0;
  /// Puts a number there, in order. The host does not wait.
  virtual void store(int64_t *to, int64_t value) {
    upload(to, &value, sizeof(value));
  }
  /// Memory of the host's to which fetch() copies; null if there is none left.
  /// It is freed with the device.
  virtual char *allocateHost(int64_t bytes) {
    hostMemory.emplace_back(new char[static_cast<size_t>(bytes)]);
    return hostMemory.back().get();
  }
  /// As download(), but `to` holds it behind the next finish() only.
  virtual void fetch(char *to, const void *from, int64_t bytes) {
    download(to, from, bytes);
  }
  /// For so many bytes; null where nothing is to be gained by it. The device must
  /// outlive it.
  virtual std::unique_ptr<Parcel> makeParcel(int64_t /*bytes*/) {
    return nullptr;
  }
  /// Whether the device may keep what perform() tells it.
  virtual bool keepsPrograms() const { return false; }
  /// `tell` tells the device a program, by its number: what it is told is the
  /// same every time, so that a device that keeps programs does it without
  /// `tell` later.
  virtual void perform(int64_t /*program*/, const std::function<void()> &tell) {
    tell();
  }
  /// When the device did an instruction or a collective, by the host's steady
  /// clock, in nanoseconds.
  struct Span {
    bool isCollective = false;
    /// The instruction's number or the collective's slot.
    int64_t number = 0;
    int64_t iteration = 0;
    int64_t begin = 0, end = 0;
  };
  /// Whether the device knows the times of what it does; if so, startClock() is
  /// called in front of a program, the next two around each of its instructions,
  /// and takeSpans() behind finish().
  virtual bool hasClock() const { return false; }
  virtual void startClock() {}
  virtual void beginSpan() {}
  virtual void endSpan(int64_t /*instruction*/, int64_t /*iteration*/) {}
  virtual std::vector<Span> takeSpans() { return {}; }
  /// Elements in the device's memory that lie one after the other.
  struct Row {
    const char *at;
    DpcType type;
    int64_t count;
  };
  /// Whether the device looks itself at these rows of floating-point numbers.
  virtual bool watchRows(const std::vector<Row> & /*rows*/) { return false; }
  /// If so: whether all are finite. It waits.
  virtual bool areRowsFinite() { return true; }
  /// While programs run: what the device works on, in words, of that piece of it
  /// if it is known.
  std::function<std::string(const Span *)> describeWork;
  /// Returns when the device has done all that it was told so far. An error if
  /// something went wrong there; it does nothing more then.
  virtual Status finish() = 0;

protected:
  explicit Device(bool shared) : shared(shared) {}

private:
  bool shared;
  std::vector<std::unique_ptr<char[]>> hostMemory;
};

/// Regions as the host reads them: in place where memory is shared.
class HostReader {
public:
  explicit HostReader(Device &device) : device(&device) {}

  /// Valid until the next call, or until the device writes the region.
  const char *read(const void *region, int64_t bytes) {
    if (device->sharesMemory())
      return static_cast<const char *>(region);
    buffer.resize(static_cast<size_t>(bytes));
    device->download(buffer.data(), region, bytes);
    return buffer.data();
  }

private:
  Device *device;
  std::vector<char> buffer;
};

/// Regions as the host writes them: in place where memory is shared.
class HostWriter {
public:
  explicit HostWriter(Device &device) : device(device) {}

  /// Where to write what the region is to hold. What is not written stays as it
  /// is where memory is shared, and becomes zero otherwise.
  char *begin(void *region, int64_t bytes) {
    if (device.sharesMemory())
      return static_cast<char *>(region);
    buffer.assign(static_cast<size_t>(bytes), 0);
    return buffer.data();
  }
  /// Behind each begin() of the same region.
  void end(void *region) {
    if (!device.sharesMemory())
      device.upload(region, buffer.data(), static_cast<int64_t>(buffer.size()));
  }

private:
  Device &device;
  std::vector<char> buffer;
};

/// The rank's device, for a plan of this "target"; an error if it is of another.
/// Each target's folder defines it: an archive of the runtime has one of them,
/// and the functions of one target's libraries.
Expected<std::unique_ptr<Device>> makeDevice(const std::string &target);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DEVICE_DEVICE_H
