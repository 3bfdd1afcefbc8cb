//===- Buffers.cpp - What a kernel may touch ------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Buffers.h"

#include <algorithm>
#include <cstring>
#include <sstream>

using namespace dpc::hostcuda;

static constexpr const char *kKinds[] = {"in", "out", "inout"};

std::map<std::string, std::vector<Buffer>>
dpc::hostcuda::parseBuffers(const std::vector<std::string> &lines) {
  std::map<std::string, std::vector<Buffer>> result;
  for (size_t i = 0; i < lines.size(); ++i) {
    std::istringstream words(lines[i]);
    std::string slashes, name, kind, comma;
    if (!(words >> slashes >> name) || slashes != "//" || name.back() != ':')
      continue;
    name.pop_back();
    Buffer buffer;
    while (words >> kind >> buffer.bytes) {
      const auto *found = std::find(std::begin(kKinds), std::end(kKinds), kind);
      if (found == std::end(kKinds))
        throw PtxError(static_cast<uint32_t>(i + 1),
                       "'" + kind + "' is no kind of buffer");
      buffer.kind = static_cast<Buffer::Kind>(found - std::begin(kKinds));
      result[name].push_back(buffer);
      if (words.peek() == ',')
        words.get();
    }
  }
  return result;
}

BufferCheck::BufferCheck(const Kernel &kernel,
                         const std::vector<uint8_t> &parameters, Memory &memory)
    : kernel(kernel), memory(memory) {
  // Others than the compiler's own have more parameters.
  if (kernel.buffers.size() != kernel.parameters.size())
    return;
  for (size_t i = 0; i < kernel.buffers.size(); ++i) {
    uint64_t address = 0;
    std::memcpy(&address, parameters.data() + kernel.parameters[i].begin,
                sizeof(address));
    const Buffer &buffer = kernel.buffers[i];
    places.push_back({buffer.kind, {address, address + buffer.bytes}});
  }
}

Allocation &BufferCheck::find(size_t parameter) {
  const Range &range = places[parameter].range;
  Allocation *allocation = memory.find(range.begin);
  if (!allocation || range.end > allocation->base + allocation->bytes)
    throw Fault{"out-of-bounds",
                "kernel '" + kernel.name + "' is given as parameter " +
                    std::to_string(parameter) + " " +
                    memory.describe(range.begin, range.end - range.begin)};
  return *allocation;
}

void BufferCheck::begin() {
  for (size_t i = 0; i < places.size(); ++i) {
    auto [kind, range] = places[i];
    if (range.begin == range.end)
      continue;
    Allocation &allocation = find(i);
    uint64_t begin = range.begin - allocation.base,
             end = range.end - allocation.base;
    if (kind == Buffer::Out) {
      allocation.written.setRange(begin, end, false);
      std::memset(allocation.data + begin, 0xff, end - begin);
    }
  }
}

void BufferCheck::end() {
  for (size_t i = 0; i < places.size(); ++i) {
    auto [kind, range] = places[i];
    if (kind != Buffer::Out || range.begin == range.end)
      continue;
    Allocation &allocation = find(i);
    uint64_t end = range.end - allocation.base,
             hole = allocation.written.findNext(range.begin - allocation.base,
                                                end, false);
    if (hole != end)
      throw Fault{"unwritten", "kernel '" + kernel.name +
                                   "' ends without having written " +
                                   memory.describe(allocation.base + hole, 1) +
                                   ", of its parameter " + std::to_string(i)};
  }
}

std::vector<uint64_t> BufferCheck::countRepeated() {
  std::vector<uint64_t> counts;
  for (size_t i = 0; i < places.size(); ++i) {
    const Range &range = places[i].range;
    counts.push_back(0);
    if (range.begin == range.end)
      continue;
    Allocation &allocation = find(i);
    counts.back() = allocation.again.set.count(range.begin - allocation.base,
                                               range.end - allocation.base);
  }
  return counts;
}

std::string BufferCheck::describe(uint64_t address, uint32_t bytes) const {
  std::string text;
  for (size_t i = 0; i < places.size(); ++i) {
    const Range &range = places[i].range;
    if (range.holds(address, bytes))
      return ", which is in its parameter " + std::to_string(i) +
             ", that it only reads";
    if (address + bytes > range.end && address < range.end + 64)
      text = ", " + std::to_string(address + bytes - range.end) +
             " past the end of its parameter " + std::to_string(i) + " of " +
             std::to_string(range.end - range.begin) + " bytes";
    else if (text.empty() && address < range.begin &&
             address + 64 >= range.begin)
      text = ", " + std::to_string(range.begin - address) +
             " before its parameter " + std::to_string(i);
  }
  return text + ", in none of its buffers";
}
