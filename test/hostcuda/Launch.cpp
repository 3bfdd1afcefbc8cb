//===- Launch.cpp - A kernel, running -------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Launch.h"

#include <algorithm>
#include <numeric>

using namespace dpc::hostcuda;

/// Of the last launch, so that cells of earlier ones mean nothing.
static uint32_t lastGeneration = 0;

Launch::Launch(const Kernel &kernel, const std::vector<std::string> &lines,
               const Dimensions &dimensions, std::vector<uint8_t> parameters,
               Memory &memory, uint64_t seed, uint64_t limit)
    : kernel(kernel), dimensions(dimensions), parameters(std::move(parameters)),
      lines(lines), memory(memory), seed(seed), limit(limit),
      buffers(kernel, this->parameters, memory) {
  renew();
}

void Launch::renew() {
  if (++lastGeneration == Cell::kGenerations) {
    lastGeneration = 1;
    memory.forEach([](Allocation &allocation) {
      allocation.readCells.reset();
      allocation.writeCells.reset();
    });
  }
  generation = lastGeneration;
}

void Launch::run() {
  buffers.begin();
  Block block(*this);
  uint64_t count = dimensions.blocks();
  // By a step that has no factor in common with the count, from any block on.
  uint64_t step = 1, at = 0;
  if (seed && count > 1) {
    at = seed % count;
    step = (seed * 0x9e3779b97f4a7c15 >> 20) % count;
    while (std::gcd(step, count) != 1)
      ++step;
  }
  for (uint64_t i = 0; i < count; ++i) {
    block.start(at);
    block.run(seed);
    at = (at + step) % count;
  }
  buffers.end();
  repeatedOf = buffers.countRepeated();
  for (Allocation *allocation : touched) {
    for (auto [begin, end] : allocation->again.getRuns())
      repeatedBytes += allocation->again.set.count(begin, end);
    for (auto [traffic, set] : {std::pair(&reads, &allocation->reads),
                                std::pair(&writes, &allocation->writes)}) {
      for (auto [begin, end] : set->getRuns()) {
        traffic->uniqueBytes += set->set.count(begin, end);
        traffic->uniqueSectors += set->set.countSectors(begin, end);
      }
    }
  }
}

std::string Launch::describeThread(uint32_t block, uint32_t thread) const {
  auto name = [](uint64_t at, const uint32_t *size) {
    std::string result = std::to_string(at % size[0]);
    if (size[1] * size[2] > 1)
      result += "," + std::to_string(at / size[0] % size[1]);
    if (size[2] > 1)
      result += "," + std::to_string(at / size[0] / size[1]);
    return result;
  };
  return "thread " + name(thread, dimensions.block) + " of block " +
         name(block, dimensions.grid);
}

std::string Launch::describe(const Toucher &by) const {
  uint32_t line = by.operation.line;
  std::string text = line && line <= lines.size() ? lines[line - 1] : "";
  for (char &c : text)
    if (c == '\t')
      c = ' ';
  text.erase(0, text.find_first_not_of(' '));
  return "kernel '" + kernel.name + "', PTX line " + std::to_string(line) +
         " (" + text + "), " +
         describeThread(static_cast<uint32_t>(by.warp.block.number),
                        by.warp.block.getThread(by.warp, by.lane));
}

void Launch::failEndless(const Warp &warp, const Operation &operation) const {
  warp.fail(operation, 0,
            {"endless", "still runs after " + std::to_string(limit) +
                            " operations of warps (DPC_HOSTCUDA_LIMIT)"});
}

void Launch::checkRace(const Toucher &by, Allocation &allocation, uint64_t at,
                       uint32_t bytes, Access access, bool changes) {
  if (!allocation.readCells) {
    allocation.readCells = makeZeros<uint64_t>(allocation.bytes / 4 + 1);
    allocation.writeCells = makeZeros<uint64_t>(allocation.bytes / 4 + 1);
  }
  bool reads = access != Access::Write, writes = access != Access::Read;
  const Block &block = by.warp.block;
  Accessor accessor{generation,
                    static_cast<uint32_t>(block.number),
                    block.getThread(by.warp, by.lane),
                    block.phase,
                    by.warp.phase,
                    access == Access::Atomic};
  for (uint64_t cell = at / 4; cell * 4 < at + bytes; ++cell) {
    uint32_t mask = bytes >= 4 ? 15 : ((1u << bytes) - 1) << (at % 4);
    Cell wrote(allocation.writeCells[cell]), read(allocation.readCells[cell]);
    auto conflicts = [&](const Cell &cell) {
      return cell.conflicts(accessor, mask) &&
             !(fenced && cell.block() != (accessor.block & 0x1ffff));
    };
    bool races = (changes || reads) && conflicts(wrote);
    if (races || (changes && conflicts(read))) {
      const Cell &other = races ? wrote : read;
      by.warp.fail(by.operation, by.lane,
                   {"race", std::string(writes ? "writes " : "reads ") +
                                memory.describe(allocation.base + at, bytes) +
                                ", which " +
                                describeThread(other.block(), other.thread()) +
                                (races ? " has written" : " has read") +
                                " without a barrier between"});
    }
    if (writes)
      allocation.writeCells[cell] = Cell::make(accessor, mask);
    if (reads)
      allocation.readCells[cell] = read.addReader(accessor, mask);
  }
}

uint8_t *Launch::touch(const Toucher &by, uint64_t address, uint32_t bytes,
                       Access access, const void *value) {
  bool reads = access != Access::Write, writes = access != Access::Read;
  auto fail = [&](const char *kind, const std::string &does,
                  const std::string &what) {
    by.warp.fail(by.operation, by.lane,
                 {kind, does + memory.describe(address, bytes) + what});
  };
  if (!last || address - last->base >= last->bytes) {
    last = memory.find(address);
    if (last && last->reads.empty() && last->writes.empty())
      touched.push_back(last);
  }
  uint64_t at = last ? address - last->base : 0;
  if (!last || at >= last->bytes || bytes > last->bytes - at) {
    last = nullptr;
    fail("out-of-bounds", writes ? "writes " : "reads ", "");
  }
  if (!last->isVariable && !buffers.allows(address, bytes, writes))
    fail("out-of-bounds", writes ? "writes " : "reads ",
         buffers.describe(address, bytes));
  if (address % bytes)
    fail("misaligned", writes ? "writes " : "reads ",
         ", which is not aligned to " + std::to_string(bytes));
  if (writes && last->isConstant)
    fail("out-of-bounds", "writes constants, ", "");
  if (reads && !last->written.holds(at, bytes))
    fail("unwritten", "reads ", ", which nobody has written");
  bool changes =
      writes && (!value || std::memcmp(last->data + at, value, bytes));
  if (!last->isConstant)
    checkRace(by, *last, at, bytes, access, changes);
  if (reads) {
    if (isNewAccess())
      together.clear();
    if (last->reads.set.holds(at, bytes) &&
        std::find(together.begin(), together.end(), address) == together.end())
      last->again.add(at, bytes);
    together.push_back(address);
    last->reads.add(at, bytes);
  }
  if (writes) {
    last->writes.add(at, bytes);
    last->written.add(at, bytes);
  }
  return last->data + at;
}

void Launch::count(const uint64_t *addresses, uint32_t lanes, uint32_t bytes,
                   Access access) {
  uint64_t sorted[kLanes];
  std::copy_n(addresses, lanes, sorted);
  if (!std::is_sorted(sorted, sorted + lanes))
    std::sort(sorted, sorted + lanes);
  uint64_t distinct = 0, sectors = 0, lastSector = ~0ull;
  for (uint32_t i = 0; i < lanes; ++i) {
    distinct += i == 0 || sorted[i] != sorted[i - 1];
    sectors += sorted[i] / 32 != lastSector;
    lastSector = sorted[i] / 32;
  }
  auto add = [&](Traffic &traffic) {
    traffic.bytes += distinct * bytes;
    traffic.sectors += sectors;
  };
  if (access != Access::Write)
    add(reads);
  if (access != Access::Read)
    add(writes);
}
