//===- Device.cpp - The card that the stand-in is -------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Device.h"
#include "test/hostcuda/FloatTypes.h"
#include "test/hostcuda/Report.h"

#include <algorithm>
#include <cstring>

using namespace dpc::hostcuda;

static uint64_t readNumber(const char *name, uint64_t otherwise) {
  const char *text = std::getenv(name);
  return text && *text ? std::strtoull(text, nullptr, 0) : otherwise;
}

Device &dpc::hostcuda::getDevice() {
  // Never destroyed: threads may still call when the process ends.
  static Device *device = [] {
    Settings settings;
    settings.seed = readNumber("DPC_HOSTCUDA_SEED", 0);
    settings.memory = readNumber("DPC_HOSTCUDA_MEMORY", 8ull << 30);
    settings.limit = readNumber("DPC_HOSTCUDA_LIMIT", 4'000'000'000);
    settings.lostWait = readNumber("DPC_HOSTCUDA_LOST_WAIT", 0);
    if (const char *name = std::getenv("DPC_HOSTCUDA_HANG"))
      settings.endlessKernel = name;
    settings.devices = static_cast<int>(readNumber("DPC_HOSTCUDA_DEVICES", 1));
    settings.architecture =
        static_cast<int>(readNumber("DPC_HOSTCUDA_ARCH", 90));
    settings.driver =
        static_cast<int>(readNumber("DPC_HOSTCUDA_DRIVER", 13000));
    const char *shown = std::getenv("CUDA_VISIBLE_DEVICES");
    for (int i = 0; !shown && i < settings.devices; ++i)
      settings.visible.push_back(i);
    // As the real one, up to the first that is none.
    for (char *end = nullptr; shown && *shown; shown = end + (*end == ',')) {
      int64_t number = std::strtoll(shown, &end, 10);
      if (end == shown || number < 0 || number >= settings.devices)
        break;
      settings.visible.push_back(static_cast<int>(number));
    }
    setApproximationSeed(settings.seed);
    return new Device(settings);
  }();
  return *device;
}

std::recursive_mutex &dpc::hostcuda::getLock() {
  static auto *lock = new std::recursive_mutex;
  return *lock;
}

CUresult Device::refuse(const std::string &what, CUresult result) {
  reportFault({"launch", what});
  return result;
}

LoadedModule *Device::load(std::string_view text) {
  Module module = parsePtx(text);
  if (module.target > static_cast<uint32_t>(settings.architecture))
    throw PtxError(1, "made for sm_" + std::to_string(module.target) +
                          "; this card is sm_" +
                          std::to_string(settings.architecture));
  auto loaded = std::make_unique<LoadedModule>();
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    loaded->lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  Symbols symbols;
  for (const Variable &variable : module.variables) {
    if (variable.space != Space::Global && variable.space != Space::Const)
      continue;
    Allocation *allocation =
        memory.allocate(variable.bytes, "variable '" + variable.name + "'");
    if (!allocation)
      throw PtxError(1, "no memory for '" + variable.name + "'");
    std::memset(allocation->data, 0, variable.bytes);
    std::copy(variable.init.begin(), variable.init.end(), allocation->data);
    allocation->written.setRange(0, variable.bytes, true);
    allocation->isVariable = true;
    allocation->isConstant = variable.space == Space::Const;
    symbols[variable.name] = allocation->base;
    loaded->variables[variable.name] = allocation;
  }
  for (const Variable &variable : module.variables)
    for (const Variable::Relocation &relocation : variable.relocations) {
      auto found = symbols.find(relocation.name);
      if (found == symbols.end())
        throw PtxError(1, "'" + variable.name + "' holds the address of '" +
                              relocation.name + "', which is not supported");
      uint64_t value = found->second + static_cast<uint64_t>(relocation.addend);
      std::memcpy(loaded->variables[variable.name]->data + relocation.at,
                  &value, sizeof(value));
    }
  auto buffers = parseBuffers(loaded->lines);
  for (const Function &function : module.functions) {
    if (!function.entry || !function.defined)
      continue;
    auto kernel = std::make_unique<LoadedKernel>();
    kernel->kernel = decodeKernel(module, function, symbols);
    kernel->kernel.buffers = buffers[function.name];
    kernel->module = loaded.get();
    loaded->kernels.push_back(std::move(kernel));
  }
  LoadedModule *result = loaded.get();
  modules.insert(std::move(loaded));
  return result;
}

void Device::unload(LoadedModule *module) {
  for (auto &[name, allocation] : module->variables)
    memory.release(allocation->base);
  std::erase_if(modules,
                [&](const auto &other) { return other.get() == module; });
}

/// What touches the same bytes has waited, or will be waited for.
void Device::checkOrder(const WorkPtr &work,
                        const std::vector<Allocation *> &touched) {
  std::string fault;
  for (Allocation *allocation : touched) {
    for (auto [set, writes] : {std::pair(&allocation->reads, false),
                               std::pair(&allocation->writes, true)}) {
      for (auto [first, last] : set->getRuns()) {
        for (uint64_t at = first; at < last;) {
          at = set->set.findNext(at, last, true);
          uint64_t end = set->set.findNext(at, last, false);
          if (at == end)
            break;
          WorkPtr missed = allocation->order.touch(work, at, end, writes);
          if (missed && fault.empty())
            fault = work->name + (writes ? " writes " : " reads ") +
                    memory.describe(allocation->base + at, end - at) +
                    ", which " + missed->name +
                    " touches; neither waits for the other (an event is "
                    "missing)";
          at = end;
        }
      }
    }
    allocation->reads.clear();
    allocation->again.clear();
    allocation->writes.clear();
  }
  if (!fault.empty())
    throw Fault{"order", fault};
}

void Device::run(const LoadedKernel &kernel, const Dimensions &dimensions,
                 const std::vector<uint8_t> &parameters, const WorkPtr &work) {
  if (kernel.kernel.name == settings.endlessKernel)
    return queue.hang();
  Launch launch(kernel.kernel, kernel.module->lines, dimensions, parameters,
                memory, settings.seed, settings.limit);
  launch.run();
  reportLaunch(launch, work->stream);
  checkOrder(work, launch.touched);
}

CUresult Device::launch(const LoadedKernel &kernel, const Dimensions &d,
                        Stream &stream, std::vector<uint8_t> parameters) {
  const Kernel &k = kernel.kernel;
  std::string who = "kernel '" + k.name + "' is launched with ";
  static constexpr uint64_t kMostGrid[] = {0x7fffffff, 65535, 65535},
                            kMostBlock[] = {1024, 1024, 64};
  for (int i = 0; i < 3; ++i) {
    if (!d.grid[i] || d.grid[i] > kMostGrid[i])
      return refuse(who + "a grid of " + std::to_string(d.grid[i]),
                    CUDA_ERROR_INVALID_VALUE);
    if (!d.block[i] || d.block[i] > kMostBlock[i])
      return refuse(who + "a block of " + std::to_string(d.block[i]),
                    CUDA_ERROR_INVALID_VALUE);
    if (k.required[0] && d.block[i] != k.required[i])
      return refuse(who + "a block of " + std::to_string(d.block[i]) +
                        " where .reqntid says " + std::to_string(k.required[i]),
                    CUDA_ERROR_INVALID_VALUE);
  }
  uint64_t most =
      k.most[0] ? uint64_t(k.most[0]) * k.most[1] * k.most[2] : 1024;
  if (d.threads() > most)
    return refuse(who + std::to_string(d.threads()) + " threads a block, of " +
                      std::to_string(most),
                  CUDA_ERROR_INVALID_VALUE);
  if (d.dynamicShared > kernel.getMostDynamicShared())
    return refuse(who + std::to_string(d.dynamicShared) +
                      " bytes of dynamic shared memory; without "
                      "cuFuncSetAttribute it may have " +
                      std::to_string(kernel.getMostDynamicShared()),
                  CUDA_ERROR_INVALID_VALUE);
  queue.add(stream, "kernel '" + k.name + "'",
            [this, &kernel, d, parameters](const WorkPtr &work) {
              run(kernel, d, parameters, work);
            });
  return CUDA_SUCCESS;
}

Allocation &Device::findRange(uint64_t address, uint64_t bytes,
                              const char *does) {
  Allocation *allocation = memory.find(address);
  uint64_t at = allocation ? address - allocation->base : 0;
  if (!allocation || at > allocation->bytes || bytes > allocation->bytes - at)
    throw Fault{"out-of-bounds",
                std::string(does) + " " + memory.describe(address, bytes)};
  return *allocation;
}

CUresult Device::copy(uint64_t to, uint64_t from, uint64_t bytes,
                      Stream &stream, const char *what) {
  queue.add(stream, what, [=, this](const WorkPtr &work) {
    Allocation &source = findRange(from, bytes, "a copy reads");
    Allocation &target = findRange(to, bytes, "a copy writes");
    uint64_t a = from - source.base, b = to - target.base;
    std::memmove(target.data + b, source.data + a, bytes);
    // Unwritten bytes stay so.
    for (uint64_t at = 0; at < bytes;) {
      bool written = source.written.holds(a + at, 1);
      uint64_t end = source.written.findNext(a + at, a + bytes, !written) - a;
      target.written.setRange(b + at, b + end, written);
      at = end;
    }
    source.reads.addRange(a, a + bytes);
    target.writes.addRange(b, b + bytes);
    reportCopy(what, bytes, work->stream);
    std::vector<Allocation *> touched = {&source};
    if (&source != &target)
      touched.push_back(&target);
    checkOrder(work, touched);
  });
  return CUDA_SUCCESS;
}

Allocation *Device::findPinned(const void *host, uint64_t bytes) {
  auto address = reinterpret_cast<uint64_t>(host);
  Allocation *allocation = memory.find(address);
  if (!allocation || address - allocation->base >= allocation->bytes ||
      bytes > allocation->bytes - (address - allocation->base))
    return nullptr;
  return allocation;
}

CUresult Device::copyToDevice(uint64_t to, const void *from, uint64_t bytes,
                              Stream &stream) {
  const auto *data = static_cast<const uint8_t *>(from);
  bool isPinned = findPinned(from, bytes);
  if (stream.place && !isPinned)
    return refuse("a copy from memory that is not pinned is captured",
                  CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  // What is not pinned is read when the call is made.
  queue.addGiven(stream, "a copy from the host", [=, this]() -> Body {
    std::vector<uint8_t> now(data, data + bytes);
    return [=, this, now = std::move(now)](const WorkPtr &work) {
      Allocation &target = findRange(to, bytes, "a copy writes");
      std::vector<Allocation *> touched = {&target};
      if (isPinned) {
        Allocation &source =
            findRange(reinterpret_cast<uint64_t>(data), bytes, "a copy reads");
        if (std::memcmp(data, now.data(), bytes))
          throw Fault{"host", "the host has changed what " + work->name +
                                  " still had to read"};
        uint64_t a = reinterpret_cast<uint64_t>(data) - source.base;
        source.reads.addRange(a, a + bytes);
        touched.push_back(&source);
      }
      uint64_t b = to - target.base;
      std::copy(now.begin(), now.end(), target.data + b);
      target.written.setRange(b, b + bytes, true);
      target.writes.addRange(b, b + bytes);
      reportCopy("copy to device", bytes, work->stream);
      checkOrder(work, touched);
    };
  });
  return CUDA_SUCCESS;
}

CUresult Device::copyToHost(void *to, uint64_t from, uint64_t bytes,
                            Stream &stream) {
  bool isPinned = findPinned(to, bytes);
  if (stream.place && !isPinned)
    return refuse("a copy to memory that is not pinned is captured",
                  CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  Body run = [=, this](const WorkPtr &work) {
    Allocation &source = findRange(from, bytes, "a copy reads");
    std::vector<Allocation *> touched = {&source};
    uint64_t a = from - source.base;
    uint64_t hole = source.written.findNext(a, a + bytes, false);
    if (hole != a + bytes)
      throw Fault{"unwritten", work->name + " reads " +
                                   memory.describe(source.base + hole, 1) +
                                   ", which nobody has written"};
    if (isPinned) {
      auto address = reinterpret_cast<uint64_t>(to);
      Allocation &target = findRange(address, bytes, "a copy writes");
      target.writes.addRange(address - target.base,
                             address - target.base + bytes);
      touched.push_back(&target);
    }
    std::memcpy(to, source.data + a, bytes);
    source.reads.addRange(a, a + bytes);
    reportCopy("copy to host", bytes, work->stream);
    checkOrder(work, touched);
  };
  queue.addGiven(stream, "a copy to the host", [=]() -> Body {
    // Whoever reads it before it has come shall not find what was there.
    if (isPinned)
      std::memset(to, 0xff, bytes);
    return run;
  });
  // As the real one does where the host's memory can move.
  if (!isPinned)
    queue.synchronize(stream);
  return CUDA_SUCCESS;
}

CUresult Device::fill(uint64_t to, uint32_t value, uint32_t width,
                      uint64_t count, Stream &stream) {
  uint64_t bytes = count * width;
  queue.add(stream, "a fill", [=, this](const WorkPtr &work) {
    Allocation &target = findRange(to, bytes, "a fill writes");
    if (to % width)
      throw Fault{"misaligned", "a fill writes " + memory.describe(to, bytes)};
    uint64_t b = to - target.base;
    if (width == 1)
      std::memset(target.data + b, static_cast<int>(value), bytes);
    else
      for (uint64_t at = 0; at < bytes; at += width)
        std::memcpy(target.data + b + at, &value, width);
    target.written.setRange(b, b + bytes, true);
    target.writes.addRange(b, b + bytes);
    reportCopy("fill", bytes, work->stream);
    checkOrder(work, {&target});
  });
  return CUDA_SUCCESS;
}
