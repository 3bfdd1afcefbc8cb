//===- Warp.cpp - The lanes of a warp, together and apart -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Launch.h"

#include <algorithm>

using namespace dpc::hostcuda;

namespace {
constexpr uint32_t kNever = ~0u;
}

Warp::Warp(Block &block, uint32_t index, uint32_t threads)
    : block(block), index(index),
      started(threads >= kLanes ? kAll : (1u << threads) - 1), alive(started) {
  const Kernel &kernel = block.launch.kernel;
  // Poisoned, as memory is.
  registers.assign(static_cast<size_t>(kernel.slots) * kLanes, ~0ull);
  for (auto &[at, value] : kernel.constants)
    std::fill_n(slot(at), kLanes, value);
}

void Warp::restart() {
  alive = started;
  blocked = meeting = phase = 0;
  left = false;
  std::fill_n(counters, kLanes, 0u);
  const Dimensions &d = block.launch.dimensions;
  for (auto &[at, special] : block.launch.kernel.specials) {
    uint64_t *to = slot(at);
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      uint32_t thread = index * kLanes + lane;
      switch (special) {
      case Special::TidX:
        to[lane] = thread % d.block[0];
        break;
      case Special::TidY:
        to[lane] = thread / d.block[0] % d.block[1];
        break;
      case Special::TidZ:
        to[lane] = thread / d.block[0] / d.block[1];
        break;
      case Special::NtidX:
      case Special::NtidY:
      case Special::NtidZ:
        to[lane] = d.block[static_cast<int>(special) -
                           static_cast<int>(Special::NtidX)];
        break;
      case Special::CtaidX:
      case Special::CtaidY:
      case Special::CtaidZ:
        to[lane] = block.id[static_cast<int>(special) -
                            static_cast<int>(Special::CtaidX)];
        break;
      case Special::NctaidX:
      case Special::NctaidY:
      case Special::NctaidZ:
        to[lane] = d.grid[static_cast<int>(special) -
                          static_cast<int>(Special::NctaidX)];
        break;
      case Special::LaneId:
        to[lane] = lane;
        break;
      case Special::WarpId:
        to[lane] = index;
        break;
      case Special::NWarpId:
        to[lane] = (d.threads() + kLanes - 1) / kLanes;
        break;
      case Special::LaneEq:
        to[lane] = 1u << lane;
        break;
      case Special::LaneLe:
        to[lane] = kAll >> (31 - lane);
        break;
      case Special::LaneLt:
        to[lane] = (1u << lane) - 1;
        break;
      case Special::LaneGe:
        to[lane] = kAll << lane;
        break;
      case Special::LaneGt:
        to[lane] = (kAll << lane) & ~(1u << lane);
        break;
      case Special::DynamicShared:
        to[lane] = d.dynamicShared;
        break;
      case Special::TotalShared:
        to[lane] = d.dynamicShared + block.launch.kernel.cardSharedBytes;
        break;
      }
    }
  }
}

void Warp::fail(const Operation &operation, uint32_t lane, Fault fault) const {
  fault.what =
      block.launch.describe({*this, operation, lane}) + ": " + fault.what;
  throw fault;
}

uint32_t Warp::findGroup(uint32_t ready, uint32_t &pc, uint32_t &other) const {
  pc = other = kNever;
  uint32_t group = 0;
  for (uint32_t rest = ready; rest; rest &= rest - 1) {
    auto lane = static_cast<uint32_t>(std::countr_zero(rest));
    uint32_t at = counters[lane];
    if (at < pc) {
      other = pc;
      pc = at;
      group = 0;
    } else if (at != pc) {
      other = std::min(other, at);
    }
    if (at == pc)
      group |= 1u << lane;
  }
  return group;
}

void Warp::run() {
  for (;;) {
    uint32_t ready = alive & ~blocked & ~meeting;
    // Who has ended is not waited for any more.
    if (!ready && left) {
      left = false;
      ready = meeting;
      meeting = 0;
    }
    if (!ready)
      break;
    uint32_t pc, other;
    uint32_t group = findGroup(ready, pc, other);
    runGroup(group, pc, other);
  }
  // Lanes that wait for the block may yet come.
  if (meeting && !blocked)
    failWaiting();
}

void Warp::failWaiting() const {
  auto lane = static_cast<uint32_t>(std::countr_zero(meeting));
  const Operation &operation = block.launch.kernel.code[counters[lane]];
  auto members = static_cast<uint32_t>(
      const_cast<Warp *>(this)->slot(operation.op[Operation::kMembers])[lane]);
  uint32_t missing = 0;
  for (uint32_t i = 0; i < kLanes; ++i)
    if ((members & alive) >> i & 1 && counters[i] != counters[lane])
      missing |= 1u << i;
  auto first = static_cast<uint32_t>(std::countr_zero(missing | 1u << 31));
  fail(operation, lane,
       {"convergence",
        "waits for lanes that do not come, such as lane " +
            std::to_string(first) + ", which waits at PTX line " +
            std::to_string(
                block.launch.kernel
                    .code[counters[first] - (blocked >> first & 1 ? 1 : 0)]
                    .line)});
}

/// Does an operation that lanes do together for those that have all come, and
/// returns them. The others wait.
uint32_t Warp::meet(const Operation &operation, uint32_t lanes, uint32_t pc) {
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    if (lanes >> lane & 1)
      counters[lane] = pc;
    else if (meeting >> lane & 1 && counters[lane] == pc)
      lanes |= 1u << lane;
  }
  meeting |= lanes;
  uint32_t done = 0;
  for (uint32_t rest = lanes; rest;) {
    auto lane = static_cast<uint32_t>(std::countr_zero(rest));
    uint32_t members = kAll, group = rest;
    if (operation.op[Operation::kMembers] != kNoSlot) {
      const uint64_t *masks = slot(operation.op[Operation::kMembers]);
      members = static_cast<uint32_t>(masks[lane]);
      group = 0;
      for (uint32_t i = 0; i < kLanes; ++i)
        if (rest >> i & 1 && static_cast<uint32_t>(masks[i]) == members)
          group |= 1u << i;
    }
    rest &= ~group;
    if (group & ~members)
      fail(operation, lane,
           {"convergence", "takes part in a mask that does not name it"});
    if (members & alive & ~group)
      continue;
    meeting &= ~group;
    done |= group;
    operation.run(*this, operation, group);
  }
  return done;
}

void Warp::arrive(const Operation &operation, uint32_t lanes, uint32_t pc) {
  auto first = static_cast<uint32_t>(std::countr_zero(lanes));
  if (operation.aligned && lanes != alive) {
    auto missing = static_cast<uint32_t>(std::countr_zero(alive & ~lanes));
    fail(operation, first,
         {"barrier",
          "is at a barrier to which lane " + std::to_string(missing) +
              " of its warp, at PTX line " +
              std::to_string(block.launch.kernel.code[counters[missing]].line) +
              ", does not come"});
  }
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    auto lane = static_cast<uint32_t>(std::countr_zero(rest));
    barriers[lane] = slot(operation.op[0])[lane];
    wanted[lane] = operation.op[1] == kNoSlot
                       ? block.launch.dimensions.threads()
                       : slot(operation.op[1])[lane];
    counters[lane] = pc + 1;
  }
  blocked |= lanes;
}

void Warp::release(uint64_t barrier) {
  for (uint32_t lane = 0; lane < kLanes; ++lane)
    if (blocked >> lane & 1 && barriers[lane] == barrier)
      blocked &= ~(1u << lane);
}

/// Runs lanes that are all at `pc` until they come to where others are, or part.
void Warp::runGroup(uint32_t lanes, uint32_t pc, uint32_t other) {
  const Operation *code = block.launch.kernel.code.data();
  auto leave = [&](uint32_t who, uint32_t at) {
    for (; who; who &= who - 1)
      counters[std::countr_zero(who)] = at;
  };
  do {
    const Operation &operation = code[pc];
    block.launch.countOperation(*this, operation);
    uint32_t active = lanes;
    if (operation.guard != kNoSlot) {
      const uint64_t *guard = slot(operation.guard);
      uint32_t yes = 0;
      for (uint32_t lane = 0; lane < kLanes; ++lane)
        yes |= static_cast<uint32_t>(guard[lane] & 1) << lane;
      active &= operation.guardNegated ? ~yes : yes;
    }
    switch (operation.flow) {
    case Operation::Plain:
      if (active)
        operation.run(*this, operation, active);
      ++pc;
      break;
    case Operation::Branch:
      if (active == lanes) {
        pc = operation.target;
      } else if (!active) {
        ++pc;
      } else {
        leave(active, operation.target);
        return leave(lanes & ~active, pc + 1);
      }
      break;
    case Operation::Exit:
      alive &= ~active;
      lanes &= ~active;
      left = left || active;
      if (!lanes)
        return;
      ++pc;
      break;
    case Operation::Barrier:
      leave(lanes & ~active, pc + 1);
      leave(active, pc);
      if (active)
        arrive(operation, active, pc);
      return;
    case Operation::Sync: {
      if (operation.aligned && active != started) {
        leave(lanes, pc);
        fail(operation, static_cast<uint32_t>(std::countr_zero(lanes)),
             {"convergence", "needs all lanes of its warp at once"});
      }
      leave(lanes & ~active, pc + 1);
      if (!active)
        return;
      uint32_t done = meet(operation, active, pc);
      if (done != lanes)
        return leave(done, pc + 1);
      ++pc;
      break;
    }
    }
  } while (pc < other);
  leave(lanes, pc);
}
