//===- Memory.cpp - A card's memory and what was done to it ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Memory.h"

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cstdio>
#include <cstring>

using namespace dpc::hostcuda;

/// The bits of word `index` that lie in the range.
static uint64_t getMask(uint64_t index, uint64_t begin, uint64_t end) {
  uint64_t first = index * 64, mask = ~0ull;
  if (begin > first)
    mask &= ~0ull << (begin - first);
  if (end < first + 64)
    mask &= ~(~0ull << (end - first));
  return mask;
}

void ByteSet::setRange(uint64_t begin, uint64_t end, bool value) {
  for (uint64_t i = begin / 64; i * 64 < end; ++i) {
    uint64_t mask = getMask(i, begin, end);
    words[i] = value ? words[i] | mask : words[i] & ~mask;
  }
}

uint64_t ByteSet::findNext(uint64_t begin, uint64_t end, bool value) const {
  for (uint64_t i = begin / 64; i * 64 < end; ++i) {
    uint64_t word = (value ? words[i] : ~words[i]) & getMask(i, begin, end);
    if (word)
      return i * 64 + static_cast<uint64_t>(std::countr_zero(word));
  }
  return end;
}

uint64_t ByteSet::count(uint64_t begin, uint64_t end) const {
  uint64_t result = 0;
  for (uint64_t i = begin / 64; i * 64 < end; ++i)
    result +=
        static_cast<uint64_t>(std::popcount(words[i] & getMask(i, begin, end)));
  return result;
}

uint64_t ByteSet::countSectors(uint64_t begin, uint64_t end) const {
  uint64_t result = 0;
  for (uint64_t i = begin / 64; i * 64 < end; ++i) {
    uint64_t word = words[i] & getMask(i, begin, end);
    result += (static_cast<uint32_t>(word) != 0) + (word >> 32 != 0);
  }
  return result;
}

void Touched::addRange(uint64_t begin, uint64_t end) {
  if (begin == end)
    return;
  set.setRange(begin, end, true);
  for (uint64_t page = begin / kPage; page * kPage < end; ++page)
    mark(page);
}

void Touched::clear() {
  for (auto [begin, end] : getRuns())
    set.setRange(begin, end, false);
  for (uint64_t page : pages)
    marks[page] = 0;
  pages.clear();
}

std::vector<std::pair<uint64_t, uint64_t>> Touched::getRuns() {
  std::sort(pages.begin(), pages.end());
  std::vector<std::pair<uint64_t, uint64_t>> runs;
  for (uint64_t page : pages) {
    uint64_t begin = page * kPage, end = std::min(begin + kPage, bytes);
    if (!runs.empty() && runs.back().second == begin)
      runs.back().second = end;
    else
      runs.push_back({begin, end});
  }
  return runs;
}

Allocation *Memory::allocate(uint64_t bytes, const std::string &name) {
  if (bytes > total - used)
    return nullptr;
  uint64_t base = next;
  // Such gaps that not even a wrong row or index finds the next allocation.
  next = (base + 2 * bytes + (4 << 20)) & ~((2ull << 20) - 1);
  ++count;
  auto allocation = std::make_unique<Allocation>(
      base, bytes, name.empty() ? "allocation " + std::to_string(count) : name);
  allocation->owned.reset(static_cast<uint8_t *>(std::malloc(bytes + 1)));
  if (!allocation->owned)
    return nullptr;
  allocation->data = allocation->owned.get();
  // NaN in every format.
  std::memset(allocation->data, 0xff, bytes);
  used += bytes;
  return (allocations[base] = std::move(allocation)).get();
}

Allocation *Memory::allocateHost(uint64_t bytes) {
  constexpr uint64_t kPage = 4096;
  std::unique_ptr<uint8_t[], Free> data(static_cast<uint8_t *>(
      std::aligned_alloc(kPage, (bytes + kPage) / kPage * kPage)));
  if (!data)
    return nullptr;
  std::memset(data.get(), 0xff, bytes);
  auto base = reinterpret_cast<uint64_t>(data.get());
  auto allocation = std::make_unique<Allocation>(
      base, bytes, "pinned allocation " + std::to_string(++count));
  allocation->data = data.get();
  allocation->owned = std::move(data);
  allocation->isHost = true;
  // What the host writes is not seen.
  allocation->written.setRange(0, bytes, true);
  return (allocations[base] = std::move(allocation)).get();
}

bool Memory::release(uint64_t base) {
  auto found = allocations.find(base);
  if (found == allocations.end())
    return false;
  if (!found->second->isHost)
    used -= found->second->bytes;
  allocations.erase(found);
  return true;
}

Allocation *Memory::find(uint64_t address) {
  auto after = allocations.upper_bound(address);
  return after == allocations.begin() ? nullptr
                                      : std::prev(after)->second.get();
}

std::string Memory::describe(uint64_t address, uint64_t bytes) {
  char text[64];
  std::snprintf(text, sizeof(text), "%" PRIu64 " bytes at 0x%" PRIx64, bytes,
                address);
  std::string result = text;
  auto after = allocations.upper_bound(address);
  if (after != allocations.begin()) {
    const Allocation &before = *std::prev(after)->second;
    uint64_t end = before.base + before.bytes;
    if (address + bytes <= end)
      return result + ", byte " + std::to_string(address - before.base) +
             " of " + before.name + " of " + std::to_string(before.bytes);
    if (address < end || address - end <= before.bytes + (1 << 20))
      return result + ", " + std::to_string(address + bytes - end) +
             " past the end of " + before.name + " of " +
             std::to_string(before.bytes) + " bytes";
  }
  if (after != allocations.end() && after->first - address < (1 << 20))
    return result + ", " + std::to_string(after->first - address) + " before " +
           after->second->name;
  return result + ", where nothing is";
}
