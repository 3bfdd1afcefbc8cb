//===- AsyncCopy.cpp - cp.async -------------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The bytes are read at once and come to shared memory when they are waited for:
// as late as a card may bring them. Until then nobody may read there.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Access.h"
#include "test/hostcuda/Decoder.h"

#include <algorithm>

using namespace dpc::hostcuda;

namespace {

/// op[0] and op[1] are addresses; `offset` and `immediate` are added. Of `bytes`
/// the first op[2] are copied, the others zero.
void copy(Warp &warp, const Operation &operation, uint32_t mask) {
  uint64_t global[kLanes];
  uint32_t globals = 0;
  Block &block = warp.block;
  forLanes(mask, [&](uint32_t l) {
    Toucher by{warp, operation, l};
    uint32_t size = operation.bytes, copied = size;
    if (operation.op[2] != kNoSlot)
      copied =
          std::min(size, static_cast<uint32_t>(warp.slot(operation.op[2])[l]));
    Block::Pending pending{};
    pending.thread = block.getThread(warp, l);
    pending.group = block.groups[pending.thread];
    pending.to =
        warp.slot(operation.op[0])[l] + static_cast<uint64_t>(operation.offset);
    pending.size = size;
    pending.operation = &operation;
    uint64_t from = warp.slot(operation.op[1])[l] + operation.immediate;
    if (from % size)
      warp.fail(
          operation, l,
          {"misaligned", "copies from an address that is not aligned to " +
                             std::to_string(size)});
    // Of a part, word by word; a part that is no power of two has an end.
    for (uint32_t at = 0; at < copied;) {
      uint32_t bytes = copied - at >= size ? size : copied - at >= 4 ? 4 : 1;
      bool isGlobal;
      const uint8_t *data = touchSpace(by, Space::Global, from + at, bytes,
                                       Access::Read, nullptr, isGlobal);
      std::memcpy(pending.bytes.data() + at, data, bytes);
      at += bytes;
    }
    if (copied)
      global[globals++] = from;
    block.setUnwritten(by, pending.to, size);
    block.pending.push_back(pending);
  });
  if (globals)
    block.launch.count(global, globals, operation.bytes, Access::Read);
}

void commit(Warp &warp, const Operation &, uint32_t mask) {
  forLanes(mask, [&](uint32_t l) {
    ++warp.block.groups[warp.block.getThread(warp, l)];
  });
}

/// All but the last `immediate` groups; with mode 1 all, committed or not.
void wait(Warp &warp, const Operation &operation, uint32_t mask) {
  Block &block = warp.block;
  auto &all = block.pending;
  auto arrives = [&](const Block::Pending &pending) {
    uint32_t lane = pending.thread % kLanes;
    if (pending.thread / kLanes != warp.index || !(mask >> lane & 1))
      return false;
    return operation.mode ||
           pending.group + operation.immediate < block.groups[pending.thread];
  };
  std::vector<Block::Pending> rest;
  for (const Block::Pending &copied : all) {
    if (!arrives(copied)) {
      rest.push_back(copied);
      continue;
    }
    Toucher by{warp, *copied.operation, copied.thread % kLanes};
    std::memcpy(block.touchShared(by, copied.to, copied.size, Access::Write,
                                  copied.bytes.data()),
                copied.bytes.data(), copied.size);
  }
  all = std::move(rest);
}

} // namespace

bool dpc::hostcuda::decodeCopy(Decoder &d) {
  if (d.name() != "cp" || !d.has("async"))
    return false;
  if (d.has("commit_group")) {
    d.operation.run = commit;
    d.finish(0);
    return true;
  }
  if (d.has("wait_all")) {
    d.operation.mode = 1;
    d.operation.run = wait;
    d.finish(0);
    return true;
  }
  if (d.has("wait_group")) {
    d.operation.immediate = d.immediate(0);
    d.operation.run = wait;
    d.finish(1);
    return true;
  }
  bool isWhole = d.oneOf({"ca", "cg"}) == 1;
  if (!d.has("shared") && !d.has("shared::cta"))
    d.fail("this copy is not supported");
  d.has("global");
  d.ignore({"L2::64B", "L2::128B", "L2::256B"});
  uint64_t size = d.immediate(2);
  if (size != 16 && (isWhole || (size != 4 && size != 8)))
    d.fail("no size of a copy");
  d.operation.bytes = static_cast<uint8_t>(size);
  d.set(1, d.address(1));
  d.operation.immediate = static_cast<uint64_t>(d.operation.offset);
  d.operation.offset = 0;
  d.set(0, d.address(0));
  if (d.size() == 4)
    d.set(2, d.slot(3, Type::U32));
  else
    d.finish(3);
  d.operation.run = copy;
  return true;
}
