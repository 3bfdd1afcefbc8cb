//===- Block.cpp - The warps of a block and what they share ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Launch.h"

#include <algorithm>

using namespace dpc::hostcuda;

Block::Block(Launch &launch) : launch(launch), regions(launch.kernel.shared) {
  const Dimensions &d = launch.dimensions;
  auto threads = static_cast<uint32_t>(d.threads());
  dynamicAt = (launch.kernel.sharedBytes + 63) / 64 * 64;
  if (d.dynamicShared)
    regions.push_back(
        {"dynamic shared memory", kDynamicShared, d.dynamicShared});
  uint64_t bytes = dynamicAt + d.dynamicShared + 16;
  shared.resize(bytes);
  written.resize(bytes);
  readCells.resize(bytes / 4 + 1);
  writeCells.resize(bytes / 4 + 1);
  local.assign(launch.kernel.localBytes * threads, 0xff);
  groups.resize(threads);
  for (uint32_t i = 0; i * kLanes < threads; ++i)
    warps.emplace_back(*this, i, threads - i * kLanes);
}

void Block::start(uint64_t which) {
  const uint32_t *grid = launch.dimensions.grid;
  number = which;
  id[0] = static_cast<uint32_t>(which % grid[0]);
  id[1] = static_cast<uint32_t>(which / grid[0] % grid[1]);
  id[2] = static_cast<uint32_t>(which / grid[0] / grid[1]);
  phase = 0;
  std::fill(shared.begin(), shared.end(), 0xff);
  std::fill(written.begin(), written.end(), 0);
  if (++generation == Cell::kGenerations) {
    generation = 1;
    std::fill(readCells.begin(), readCells.end(), 0);
    std::fill(writeCells.begin(), writeCells.end(), 0);
  }
  pending.clear();
  std::fill(groups.begin(), groups.end(), 0);
  for (Warp &warp : warps)
    warp.restart();
}

void Block::run(uint64_t seed) {
  size_t count = warps.size();
  for (uint64_t round = seed;; ++round) {
    bool alive = false, ran = false;
    for (size_t i = 0; i < count; ++i) {
      // Forwards or backwards, from any warp on.
      size_t at = (i + (seed ? round / 2 : 0)) % count;
      Warp &warp = warps[seed & 1 ? count - 1 - at : at];
      if (warp.alive & ~warp.blocked) {
        warp.run();
        ran = true;
      }
      alive = alive || warp.alive;
    }
    if (!alive)
      return;
    if (!openBarriers() && !ran)
      failBarrier();
  }
}

void Block::nextPhase() {
  if (++phase % Cell::kBlockPhases == 0) {
    // What was before is forgotten: it must not look as if it were now.
    std::fill(readCells.begin(), readCells.end(), 0);
    std::fill(writeCells.begin(), writeCells.end(), 0);
    launch.renew();
  }
}

bool Block::openBarriers() {
  std::map<uint64_t, std::pair<uint64_t, uint64_t>> waiting;
  for (const Warp &warp : warps) {
    for (uint32_t rest = warp.blocked & warp.alive; rest; rest &= rest - 1) {
      auto lane = static_cast<uint32_t>(std::countr_zero(rest));
      auto &[come, wanted] = waiting[warp.barriers[lane]];
      ++come;
      wanted = std::max(wanted, warp.wanted[lane]);
    }
  }
  bool opened = false;
  for (auto &[barrier, counts] : waiting) {
    if (counts.first != counts.second)
      continue;
    opened = true;
    for (Warp &warp : warps)
      warp.release(barrier);
  }
  if (opened)
    nextPhase();
  return opened;
}

void Block::failBarrier() const {
  uint64_t waiting = 0;
  const Warp *at = nullptr, *other = nullptr;
  uint32_t lane = 0, otherLane = 0;
  for (const Warp &warp : warps) {
    waiting += static_cast<uint64_t>(std::popcount(warp.blocked & warp.alive));
    if (warp.blocked && !at) {
      at = &warp;
      lane = static_cast<uint32_t>(std::countr_zero(warp.blocked));
    }
    uint32_t ended = warp.started & ~(warp.blocked & warp.alive);
    if (ended && !other) {
      other = &warp;
      otherLane = static_cast<uint32_t>(std::countr_zero(ended));
    }
  }
  std::string who = "others are at other barriers";
  if (other)
    who = launch.describeThread(static_cast<uint32_t>(number),
                                getThread(*other, otherLane)) +
          (other->alive >> otherLane & 1 ? " waits elsewhere" : " has ended");
  at->fail(launch.kernel.code[at->counters[lane] - 1], lane,
           {"barrier", "waits with " + std::to_string(waiting) + " of " +
                           std::to_string(at->wanted[lane]) +
                           " threads at a barrier that never opens; " + who});
}

const Region *Block::findRegion(uint64_t offset, uint32_t bytes) const {
  for (const Region &region : regions)
    if (offset >= region.begin && offset + bytes <= region.begin + region.bytes)
      return &region;
  return nullptr;
}

/// Names the bytes, and what they are past.
std::string Block::describeShared(uint64_t offset, uint32_t bytes) const {
  std::string text = std::to_string(bytes) + " bytes at " +
                     std::to_string(offset) + " of shared memory";
  for (const Region &region : regions) {
    uint64_t end = region.begin + region.bytes;
    if (offset + bytes > end && offset < end + 64)
      text += ", " + std::to_string(offset + bytes - end) +
              " past the end of '" + region.name + "'";
  }
  return text;
}

uint8_t *Block::touchShared(const Toucher &by, uint64_t offset, uint32_t bytes,
                            Access access, const void *value) {
  bool reads = access != Access::Write, writes = access != Access::Read;
  auto fail = [&](const char *kind, const std::string &what) {
    by.warp.fail(by.operation, by.lane,
                 {kind, (writes ? "writes " : "reads ") +
                            describeShared(offset, bytes) + what});
  };
  if (!findRegion(offset, bytes))
    fail("out-of-bounds", "");
  if (offset % bytes)
    fail("misaligned", ", which is not aligned to " + std::to_string(bytes));
  uint64_t at = getPlace(offset);
  const uint8_t *isWritten = &written[at];
  if (reads && std::memchr(isWritten, 0, bytes))
    fail("unwritten", ", which nobody has written");
  bool changes = writes && (!value || std::memcmp(&shared[at], value, bytes));
  Accessor accessor{generation,
                    0,
                    getThread(by.warp, by.lane),
                    phase,
                    by.warp.phase,
                    access == Access::Atomic};
  uint32_t mask = bytes >= 4 ? 15 : ((1u << bytes) - 1) << (at % 4);
  for (uint64_t cell = at / 4; cell * 4 < at + bytes; ++cell) {
    Cell wrote(writeCells[cell]), read(readCells[cell]);
    bool races = wrote.conflicts(accessor, mask) && (changes || reads);
    if (races || (changes && read.conflicts(accessor, mask)))
      fail("race", ", which " +
                       launch.describeThread(static_cast<uint32_t>(number),
                                             (races ? wrote : read).thread()) +
                       (races ? " has written" : " has read") +
                       " without a barrier between");
    if (writes)
      writeCells[cell] = Cell::make(accessor, mask);
    if (reads)
      readCells[cell] = read.addReader(accessor, mask);
  }
  if (writes)
    std::fill_n(written.begin() + static_cast<ptrdiff_t>(at), bytes, 1);
  return &shared[at];
}

void Block::setUnwritten(const Toucher &by, uint64_t offset, uint32_t bytes) {
  touchShared(by, offset, bytes, Access::Write, nullptr);
  std::fill_n(written.begin() + getPlace(offset), bytes, 0);
}

uint8_t *Block::touchLocal(const Toucher &by, uint64_t offset, uint32_t bytes) {
  uint64_t size = launch.kernel.localBytes;
  bool isOutside = offset > size || bytes > size - offset;
  if (isOutside || offset % bytes)
    by.warp.fail(by.operation, by.lane,
                 {isOutside ? "out-of-bounds" : "misaligned",
                  "touches " + std::to_string(bytes) + " bytes at " +
                      std::to_string(offset) + " of its own memory"});
  return &local[size * getThread(by.warp, by.lane) + offset];
}
