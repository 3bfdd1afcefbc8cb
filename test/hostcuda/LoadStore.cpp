//===- LoadStore.cpp - Loads, stores and fences ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Access.h"
#include "test/hostcuda/Decoder.h"

#include <algorithm>

using namespace dpc::hostcuda;

uint8_t *dpc::hostcuda::touchSpace(const Toucher &by, Space space,
                                   uint64_t address, uint32_t bytes,
                                   Access access, const void *value,
                                   bool &isGlobal) {
  Block &block = by.warp.block;
  if (space == Space::Generic) {
    space = Space::Global;
    for (auto [base, window] : {std::pair(kSharedBase, Space::Shared),
                                std::pair(kLocalBase, Space::Local),
                                std::pair(kParamBase, Space::Param)}) {
      if (address - base < kWindow) {
        address -= base;
        space = window;
      }
    }
  }
  isGlobal = space == Space::Global || space == Space::Const;
  switch (space) {
  case Space::Shared:
    return block.touchShared(by, address, bytes, access, value);
  case Space::Local:
    return block.touchLocal(by, address, bytes);
  case Space::Param: {
    const std::vector<uint8_t> &parameters = block.launch.parameters;
    if (access != Access::Read || bytes > parameters.size() ||
        address > parameters.size() - bytes)
      by.warp.fail(by.operation, by.lane,
                   {"out-of-bounds",
                    "touches " + std::to_string(bytes) + " bytes at " +
                        std::to_string(address) + " of the parameters"});
    return const_cast<uint8_t *>(parameters.data()) + address;
  }
  default:
    return block.launch.touch(by, address, bytes, access, value);
  }
}

namespace {

constexpr int kAddress = 8;

/// The same for vectors, of which only those elements that something uses have a
/// slot: others need not exist, as an aligned access touches one page. LLVM makes
/// whole vectors of what it has to load of them.
const uint8_t *touchVector(const Toucher &by, const Operation &operation,
                           uint64_t address, bool &isGlobal) {
  uint32_t size = operation.bytes, bytes = size * operation.lanes;
  bool usesAll = std::find(operation.op, operation.op + operation.lanes,
                           kNoSlot) == operation.op + operation.lanes;
  if (usesAll || address % bytes)
    return touchSpace(by, operation.space, address, bytes, Access::Read,
                      nullptr, isGlobal);
  const uint8_t *from = nullptr;
  for (uint32_t i = 0; i < operation.lanes; ++i)
    if (operation.op[i] != kNoSlot)
      from = touchSpace(by, operation.space, address + i * size, size,
                        Access::Read, nullptr, isGlobal) -
             i * size;
  return from;
}

/// op[0..lanes] = what lies at op[kAddress]; `immediate` keeps a register's bits.
void load(Warp &warp, const Operation &operation, uint32_t mask) {
  const uint64_t *base = warp.slot(operation.op[kAddress]);
  uint32_t size = operation.bytes, bytes = size * operation.lanes;
  uint64_t global[kLanes];
  uint32_t globals = 0;
  forLanes(mask, [&](uint32_t l) {
    uint64_t address = base[l] + static_cast<uint64_t>(operation.offset);
    bool isGlobal;
    const uint8_t *from =
        touchVector({warp, operation, l}, operation, address, isGlobal);
    if (isGlobal)
      global[globals++] = address;
    for (uint32_t i = 0; i < operation.lanes; ++i) {
      if (operation.op[i] == kNoSlot)
        continue;
      uint64_t value = 0;
      std::memcpy(&value, from + i * size, size);
      if (operation.isSigned) {
        uint32_t shift = 64 - 8 * size;
        value = static_cast<uint64_t>(static_cast<int64_t>(value << shift) >>
                                      shift) &
                operation.immediate;
      }
      warp.slot(operation.op[i])[l] = value;
    }
  });
  if (globals)
    warp.block.launch.count(global, globals, bytes, Access::Read);
}

void store(Warp &warp, const Operation &operation, uint32_t mask) {
  const uint64_t *base = warp.slot(operation.op[kAddress]);
  uint32_t size = operation.bytes, bytes = size * operation.lanes;
  uint64_t global[kLanes];
  uint32_t globals = 0;
  forLanes(mask, [&](uint32_t l) {
    uint8_t value[64];
    for (uint32_t i = 0; i < operation.lanes; ++i)
      std::memcpy(value + i * size, &warp.slot(operation.op[i])[l], size);
    uint64_t address = base[l] + static_cast<uint64_t>(operation.offset);
    bool isGlobal;
    uint8_t *to = touchSpace({warp, operation, l}, operation.space, address,
                             bytes, Access::Write, value, isGlobal);
    if (isGlobal)
      global[globals++] = address;
    std::memcpy(to, value, bytes);
  });
  if (globals)
    warp.block.launch.count(global, globals, bytes, Access::Write);
}

void ignoreCaching(Decoder &d) {
  d.ignore({"ca",
            "cg",
            "cs",
            "lu",
            "cv",
            "wb",
            "wt",
            "nc",
            "volatile",
            "relaxed",
            "acquire",
            "release",
            "weak",
            "mmio",
            "cta",
            "cluster",
            "gpu",
            "sys",
            "unified",
            "L1::evict_first",
            "L1::evict_last",
            "L1::no_allocate",
            "L1::evict_normal",
            "L1::evict_unchanged",
            "L2::64B",
            "L2::128B",
            "L2::256B",
            "L2::evict_first",
            "L2::evict_last",
            "L2::evict_normal"});
}

bool decodeAccess(Decoder &d, bool isLoad) {
  size_t at = isLoad ? 1 : 0, values = isLoad ? 0 : 1;
  d.finish(2);
  d.operation.space = takeSpace(d, at);
  ignoreCaching(d);
  int vector = d.oneOf({"v2", "v4", "v8"});
  uint32_t lanes = vector < 0 ? 1 : 2u << vector;
  Type type = d.type();
  uint32_t bits = getBits(type);
  if (type == Type::Pred || bits > 64)
    d.fail("no type of memory");
  const RawOperand &value = d.raw(values);
  if ((value.kind == RawOperand::Vector) != (lanes > 1) ||
      (lanes > 1 && value.elements.size() != lanes))
    d.fail("the vector has not " + std::to_string(lanes) + " elements");
  d.operation.bytes = static_cast<uint8_t>(bits / 8);
  d.operation.lanes = static_cast<uint8_t>(lanes);
  d.operation.isSigned = isSigned(type);
  d.operation.immediate = ~0ull;
  for (uint32_t i = 0; i < lanes; ++i) {
    const RawOperand &element = lanes > 1 ? value.elements[i] : value;
    if (!isLoad) {
      d.set(i, d.slot(element, type));
      continue;
    }
    Slot to = d.destination(element);
    if (to.index != kNoSlot && to.bits < bits)
      d.fail("the result's register is too narrow");
    d.set(i, to.index);
    if (to.index != kNoSlot)
      d.operation.immediate = ~0ull >> (64 - to.bits);
  }
  d.set(kAddress, d.address(at));
  d.operation.run = isLoad ? load : store;
  return true;
}

void passFence(Warp &warp, const Operation &, uint32_t) {
  warp.block.launch.setFenced();
}

bool decodeFence(Decoder &d) {
  d.ignore({"acq_rel", "sc", "acquire", "release", "async", "proxy"});
  int scope = d.oneOf({"cta", "cluster", "gpu", "sys", "gl"});
  if (scope != 0)
    d.operation.run = passFence;
  return true;
}

} // namespace

void dpc::hostcuda::dropUnusedElements(Kernel &kernel) {
  auto getElements = [](const Operation &operation) -> uint32_t {
    return operation.run == load && operation.lanes > 1 ? operation.lanes : 0;
  };
  std::vector<bool> used(static_cast<size_t>(kernel.slots));
  for (const Operation &operation : kernel.code) {
    for (uint32_t i = getElements(operation); i < 16; ++i)
      if (operation.op[i] != kNoSlot)
        used[static_cast<size_t>(operation.op[i])] = true;
    if (operation.guard != kNoSlot)
      used[static_cast<size_t>(operation.guard)] = true;
  }
  for (Operation &operation : kernel.code) {
    uint32_t elements = getElements(operation);
    auto isUsed = [&](int32_t slot) {
      return slot != kNoSlot && used[static_cast<size_t>(slot)];
    };
    // One is touched, so that the access is checked.
    if (std::any_of(operation.op, operation.op + elements, isUsed))
      for (uint32_t i = 0; i < elements; ++i)
        if (!isUsed(operation.op[i]))
          operation.op[i] = kNoSlot;
  }
}

Space dpc::hostcuda::takeSpace(Decoder &d, size_t address) {
  Space space = Space::Generic;
  switch (d.oneOf({"global", "const", "shared", "shared::cta", "local", "param",
                   "param::entry", "param::func"})) {
  case 0:
    space = Space::Global;
    break;
  case 1:
    space = Space::Const;
    break;
  case 2:
  case 3:
    space = Space::Shared;
    break;
  case 4:
    space = Space::Local;
    break;
  case 5:
  case 6:
  case 7:
    space = Space::Param;
    break;
  default:
    break;
  }
  // What a call takes lies in the thread's own memory.
  const RawOperand &operand = d.raw(address);
  if (space == Space::Param && !operand.name.empty()) {
    Decoder::Meaning meaning = d.find(operand.name);
    if (!meaning.slot)
      space = meaning.space;
  }
  return space;
}

bool dpc::hostcuda::decodeMemory(Decoder &d) {
  const std::string &name = d.name();
  if (name == "ld" || name == "ldu")
    return decodeAccess(d, true);
  if (name == "st")
    return decodeAccess(d, false);
  if (name == "membar" || name == "fence")
    return decodeFence(d);
  if (name == "prefetch" || name == "prefetchu") {
    d.ignore({"global", "L1", "L2", "local"});
    return true;
  }
  return false;
}
