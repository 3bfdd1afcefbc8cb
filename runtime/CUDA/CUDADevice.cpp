//===- CUDADevice.cpp - A GPU of NVIDIA as a device -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CUDA/CUDADevice.h"
#include "runtime/CUDA/DeviceCode.h"
#include "runtime/CUDA/NCCL.h"
#include "runtime/Comm/Control.h"
#include "runtime/Comm/Late.h"
#include "runtime/Comm/Launch.h"
#include "runtime/Comm/StagedCollectives.h"
#include "runtime/Device/Processor.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <sched.h>
#include <string_view>

namespace dpc::rt {

using namespace cuda;

/// The least compute capability that the program's code is for.
static constexpr int kLeastCapability = 80;

namespace {

/// This process's number among those of the job on this machine.
struct LocalRank {
  /// What says it; empty if nothing does.
  std::string source;
  int number = 0;
};

} // namespace

/// As the launcher says it, or LOCAL_RANK by hand.
static Expected<LocalRank> findLocalRank() {
  Expected<Launch> launch = resolveLaunch();
  if (!launch.ok())
    return launch.error();
  if (launch->localRank)
    return LocalRank{"local rank", *launch->localRank};
  for (const char *name : {"LOCAL_RANK", "SLURM_LOCALID"}) {
    const char *text = std::getenv(name);
    if (!text || !*text)
      continue;
    int number = 0;
    const char *end = text + std::strlen(text);
    auto [stop, code] = std::from_chars(text, end, number);
    if (code != std::errc() || stop != end || number < 0)
      return Error{name, "is '" + std::string(text) + "', which is no rank",
                   "unset it, or set it to this process's number on its "
                   "machine"};
    return LocalRank{name, number};
  }
  if (launch->size > 1)
    return Error{"LOCAL_RANK",
                 "is not set, so that ranks do not know which GPU is theirs",
                 "set it to this process's number on its machine"};
  return LocalRank();
}

Expected<std::unique_ptr<Device>> CUDADevice::open() {
  Expected<Driver> driver = openDriver();
  if (!driver.ok())
    return driver.error();
  std::unique_ptr<CUDADevice> device(new CUDADevice(*driver));
  Status status = device->openGPU();
  if (status.ok())
    status = device->loadCode();
  if (!status.ok())
    return status.error();
  return std::unique_ptr<Device>(std::move(device));
}

Status CUDADevice::openGPU() {
  Expected<LocalRank> local = findLocalRank();
  if (!local.ok())
    return local.error();
  int count = 0;
  Result result = driver.cuDeviceGetCount(&count);
  if (result || count == 0)
    return Error{"GPU",
                 result ? "cannot be counted: " + driver.describe(result)
                        : "there is none",
                 "does nvidia-smi list one, and does CUDA_VISIBLE_DEVICES "
                 "leave one?"};
  if (local->number >= count)
    return Error{local->source,
                 "is " + std::to_string(local->number) +
                     ", but this machine shows " + std::to_string(count) +
                     (count == 1 ? " GPU" : " GPUs") +
                     ", and each rank needs one of its own",
                 "start fewer ranks on this machine"};
  int major = 0, minor = 0;
  char text[128] = "";
  auto gpu = [&](Result failed, const char *what) -> Status {
    if (!failed)
      return {};
    return Error{"GPU " + std::to_string(local->number),
                 std::string(what) + " failed: " + driver.describe(failed), ""};
  };
  Status status = gpu(driver.cuDeviceGet(&number, local->number), "opening it");
  if (status.ok())
    status = gpu(driver.cuDeviceGetName(text, sizeof(text) - 1, number),
                 "asking for its name");
  if (status.ok())
    status = gpu(driver.cuDeviceGetAttribute(&major, kCapabilityMajor, number),
                 "asking for its capability");
  if (status.ok())
    status = gpu(driver.cuDeviceGetAttribute(&minor, kCapabilityMinor, number),
                 "asking for its capability");
  if (!status.ok())
    return status;
  name = text;
  capability = major * 10 + minor;
  if (capability < kLeastCapability)
    return Error{"GPU " + std::to_string(local->number),
                 "(" + name + ") has compute capability " +
                     std::to_string(major) + "." + std::to_string(minor) +
                     ", but this program needs 8.0 or more",
                 "compile with --target cpu for this machine"};
  status = gpu(driver.cuDevicePrimaryCtxRetain(&context, number),
               "making a context");
  if (status.ok())
    status = gpu(driver.cuCtxSetCurrent(context), "making a context");
  if (status.ok())
    status = gpu(streams.open(), "making its streams");
  if (status.ok())
    status = gpu(driver.cuEventCreate(&reached, kEventDisableTiming),
                 "making an event");
  if (status.ok())
    status = gpu(staging.open(), "pinning memory of the host's");
  return status;
}

/// Machine code where there is some for this GPU, else the text, which the
/// driver compiles.
Status CUDADevice::loadCode() {
  struct Image {
    int capability;
    const char *bytes;
    uint64_t size;
  };
  const Image images[] = {{80, dpc_device_sm80, dpc_device_sm80_size},
                          {90, dpc_device_sm90, dpc_device_sm90_size},
                          {120, dpc_device_sm120, dpc_device_sm120_size}};
  for (const Image &image : images)
    if (!module && image.size > 0 && image.capability / 10 == capability / 10 &&
        driver.cuModuleLoadDataEx(&module, image.bytes, 0, nullptr, nullptr))
      module = nullptr;
  if (!module && dpc_device_ptx_size > 1) {
    char log[1024] = "";
    unsigned options[] = {kJitErrorLog, kJitErrorLogBytes};
    void *values[] = {log, reinterpret_cast<void *>(sizeof(log) - 1)};
    Result result =
        driver.cuModuleLoadDataEx(&module, dpc_device_ptx, 2, options, values);
    if (result) {
      module = nullptr;
      std::string_view line(log);
      line = line.substr(0, line.find('\n'));
      return Error{"GPU",
                   "the driver does not take the program's code: " +
                       driver.describe(result) +
                       (line.empty() ? "" : ": " + std::string(line)),
                   "this is a fault of dpc; please report it"};
    }
  }
  std::string_view names(dpc_device_kernels, dpc_device_kernels_size);
  while (!names.empty()) {
    size_t end = names.find('\n');
    kernelNames.emplace_back(names.substr(0, end));
    names.remove_prefix(end == std::string_view::npos ? names.size() : end + 1);
  }
  kernels.resize(kernelNames.size());
  products = std::make_unique<Products>(driver, module);
  return {};
}

CUDADevice::~CUDADevice() {
  // What fails here has failed before.
  products.reset();
  graphs.close();
  parcels.close();
  staging.close();
  clock.close();
  finiteRows.close();
  for (void *region : hostRegions)
    driver.cuMemFreeHost(region);
  for (Address region : regions)
    driver.cuMemFree_v2(region);
  if (module)
    driver.cuModuleUnload(module);
  if (reached)
    driver.cuEventDestroy_v2(reached);
  streams.close();
  if (context)
    driver.cuDevicePrimaryCtxRelease_v2(number);
}

Status CUDADevice::check(std::string_view processor,
                         const std::string &program) const {
  return checkProcessor(processor, program);
}

std::string CUDADevice::describeLibrary() const {
  return name + ", " + products->describe();
}

Expected<std::unique_ptr<Collectives>>
CUDADevice::makeCollectives(Control &of) {
  control = &of;
  if (of.size() == 1)
    return std::unique_ptr<Collectives>(
        new StagedCollectives(*this, of.makeCollectives()));
  std::string uuid(16, '\0');
  need(driver.cuDeviceGetUuid_v2(uuid.data(), number), "asking for its UUID");
  if (Status status = refuseSharedGPUs(of, uuid); !status.ok())
    return status.error();
  // All ranks, or none.
  Expected<nccl::Library> library = nccl::openLibrary();
  std::vector<std::string> reasons = of.allGatherText(
      library.ok() ? "" : library.error().where + " " + library.error().what);
  for (size_t rank = 0; rank < reasons.size(); ++rank)
    if (!reasons[rank].empty())
      return std::unique_ptr<Collectives>(new StagedCollectives(
          *this, of.makeCollectives(),
          "collectives go through the host's memory, slowly: on rank " +
              std::to_string(rank) + " " + reasons[rank] +
              (library.ok() ? "" : "; " + library.error().hint)));
  hasNCCL = true;
  return makeNCCLCollectives(*library, *this, of);
}

Status CUDADevice::checkMemory(int64_t bytes, int64_t beside) {
  if (!hasNCCL)
    beside = 0;
  size_t free = 0, total = 0;
  Result result = driver.cuMemGetInfo_v2(&free, &total);
  if (!result && static_cast<size_t>(bytes + beside) <= free)
    return {};
  return Error{"memory",
               "this rank needs " + std::to_string(bytes) +
                   " bytes of its GPU (" + name + ")" +
                   (beside ? " and about " + std::to_string(beside) +
                                 " more for libraries"
                           : "") +
                   ", of whose " + std::to_string(total) + " bytes " +
                   std::to_string(free) + " are free" +
                   (result ? ": " + driver.describe(result) : ""),
               "use more ranks or a smaller --batch"};
}

Expected<char *> CUDADevice::allocate(int64_t bytes) {
  bytes = std::max<int64_t>(bytes, 1);
  Address address = 0;
  if (Status status = checkMemory(bytes, 0); !status.ok())
    return status.error();
  need(driver.cuMemAlloc_v2(&address, static_cast<size_t>(bytes)),
       "allocating its memory");
  regions.push_back(address);
  return reinterpret_cast<char *>(static_cast<uintptr_t>(address));
}

Error CUDADevice::describe(Result result, const char *what) const {
  return {"GPU", std::string(what) + " failed: " + driver.describe(result),
          "an error of an earlier kernel shows here, too"};
}

void CUDADevice::need(Result result, const char *what) const {
  if (!result)
    return;
  stop(describe(result, what));
}

void CUDADevice::stop(const Error &error) const {
  if (control)
    fatal(*control, error);
  printError(error);
  std::_Exit(error.exitCode);
}

void CUDADevice::upload(void *to, const void *from, int64_t bytes) {
  if (bytes > 0)
    need(staging.upload(toAddress(to), from, static_cast<size_t>(bytes),
                        streams.compute),
         "copying to it");
}

void CUDADevice::download(void *to, const void *from, int64_t bytes) {
  if (bytes > 0)
    need(staging.download(to, toAddress(from), static_cast<size_t>(bytes),
                          streams.compute),
         "copying from it");
}

void CUDADevice::fill(void *to, unsigned char value, int64_t bytes) {
  if (bytes > 0)
    need(driver.cuMemsetD8Async(toAddress(to), value,
                                static_cast<size_t>(bytes), streams.compute),
         "filling its memory");
}

void CUDADevice::copy(void *to, const void *from, int64_t bytes) {
  if (bytes <= 0 || to == from)
    return;
  Address target = toAddress(to), source = toAddress(from);
  Address length = static_cast<Address>(bytes);
  if (target < source + length && source < target + length) {
    std::vector<char> between(length);
    download(between.data(), from, bytes);
    return upload(to, between.data(), bytes);
  }
  need(driver.cuMemcpyDtoDAsync_v2(target, source, length, streams.compute),
       "copying within it");
}

namespace {

/// A wait for this rank's own GPU, which may wait for other ranks'.
class GPUWait final : public Wait {
public:
  GPUWait(const Control &control, const Device &device, const Clock &clock)
      : control(control), device(device), clock(clock) {}

  std::string place() const override { return "the work of its GPU"; }
  bool isForDevice() const override { return true; }
  std::vector<int> expected() const override { return {}; }
  Error error(const std::string &) const override {
    const Device::Span *piece = clock.findUndone();
    Error error = stallError(
        control.timeLimit(), control.rank(),
        "waits for its GPU" +
            (device.describeWork ? ", in " + device.describeWork(piece) : ""));
    error.hint = piece ? "--timeout sets the limit"
                       : "--no-graph shows in which instruction it is; "
                         "--timeout sets the limit";
    return error;
  }

private:
  const Control &control;
  const Device &device;
  const Clock &clock;
};

} // namespace

Result CUDADevice::await(Event event) {
  Result result = 0;
  auto isOver = [&] {
    result = driver.cuEventQuery(event);
    return result != kNotReady;
  };
  if (control) {
    GPUWait own(*control, *this, clock);
    control->waitUntil(
        [&] {
          if (watch)
            watch();
          return isOver();
        },
        watchedWait ? *watchedWait : own);
  } else
    while (!isOver())
      ::sched_yield();
  return result;
}

/// Two halves, which are a part of the order and of graphs.
void CUDADevice::store(int64_t *to, int64_t value) {
  auto bits = static_cast<uint64_t>(value);
  for (int half = 0; half < 2; ++half)
    need(driver.cuMemsetD32Async(toAddress(to) + 4 * half,
                                 static_cast<unsigned>(bits >> (32 * half)), 1,
                                 streams.compute),
         "filling its memory");
}

char *CUDADevice::allocateHost(int64_t bytes) {
  void *region = nullptr;
  if (driver.cuMemHostAlloc(
          &region, static_cast<size_t>(std::max<int64_t>(bytes, 1)), 0))
    return nullptr;
  hostRegions.push_back(region);
  return static_cast<char *>(region);
}

void CUDADevice::fetch(char *to, const void *from, int64_t bytes) {
  if (bytes > 0)
    need(driver.cuMemcpyDtoHAsync_v2(
             to, toAddress(from), static_cast<size_t>(bytes), streams.compute),
         "copying from it");
}

void CUDADevice::perform(int64_t program, const std::function<void()> &tell) {
  Result result = graphs.perform(program, streams.compute, [&] {
    tell();
    need(streams.joinCommunication(), "ordering its streams");
  });
  if (result)
    stop({"GPU",
          "the step cannot be recorded as a graph: " + driver.describe(result),
          "start with --no-graph"});
}

Status CUDADevice::finish() {
  Result result = streams.joinCommunication();
  if (!result)
    result = driver.cuEventRecord(reached, streams.compute);
  if (!result)
    result = await(reached);
  if (!result)
    return {};
  return describe(result, "waiting for it");
}

std::unique_ptr<Parcel> CUDADevice::makeParcel(int64_t bytes) {
  return parcels.make(bytes);
}

bool CUDADevice::watchRows(const std::vector<Row> &rows) {
  need(finiteRows.open(rows, streams.compute), "preparing the check for NaN");
  return true;
}

bool CUDADevice::areRowsFinite() {
  need(finiteRows.look(streams.compute), "checking for NaN");
  if (Status status = finish(); !status.ok())
    stop(status.error());
  return finiteRows.areFinite();
}

void CUDADevice::startClock() {
  if (Status status = finish(); !status.ok())
    stop(status.error());
  need(clock.start(streams.compute), "asking for its time");
}

void CUDADevice::beginSpan() {
  need(clock.begin(streams.compute, false), "asking for its time");
}

void CUDADevice::endSpan(int64_t instruction, int64_t iteration) {
  need(clock.end(streams.compute, {false, instruction, iteration}),
       "asking for its time");
}

std::vector<Device::Span> CUDADevice::takeSpans() {
  std::vector<Span> spans;
  need(clock.take(spans), "asking for its time");
  return spans;
}

void CUDADevice::beginCommunication() {
  need(streams.beginCommunication(), "ordering its streams");
  need(clock.begin(streams.communication, true), "asking for its time");
}

void CUDADevice::endCommunication(int slot) {
  need(clock.end(streams.communication, {true, slot}), "asking for its time");
  need(streams.endCommunication(slot), "ordering its streams");
}

void CUDADevice::awaitCommunication(int slot) {
  need(streams.awaitCommunication(slot), "ordering its streams");
}

std::string CUDADevice::launch(int32_t number, int64_t grid, int32_t block,
                               void *const *addresses, int32_t count) {
  size_t at = static_cast<size_t>(number);
  if (at >= kernels.size())
    return "the program has no kernel " + std::to_string(number);
  if (!kernels[at])
    if (Result result = driver.cuModuleGetFunction(&kernels[at], module,
                                                   kernelNames[at].c_str()))
      return "the kernel '" + kernelNames[at] +
             "' is not there: " + driver.describe(result);
  // The driver takes the address of each argument.
  std::vector<void *> arguments;
  for (int32_t i = 0; i < count; ++i)
    arguments.push_back(const_cast<void **>(&addresses[i]));
  if (Result result =
          driver.cuLaunchKernel(kernels[at], static_cast<unsigned>(grid), 1, 1,
                                static_cast<unsigned>(block), 1, 1, 0,
                                streams.compute, arguments.data(), nullptr))
    return "the kernel '" + kernelNames[at] +
           "' cannot be started: " + driver.describe(result);
  return {};
}

Expected<std::unique_ptr<Device>> makeDevice(const std::string &target) {
  if (target == "cuda")
    return CUDADevice::open();
  return Error{"plan",
               "is for the target '" + target +
                   "', and the runtime is that of the target 'cuda'",
               "compile the model again"};
}

} // namespace dpc::rt
