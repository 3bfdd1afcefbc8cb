//===- WarpWide.cpp - What the lanes of a warp do together ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Decoder.h"
#include "test/hostcuda/Launch.h"

#include <algorithm>

using namespace dpc::hostcuda;

namespace {

enum Shuffle : uint8_t { Up, Down, Butterfly, Index };

/// op[0]|op[1] = op[2] of the lane that op[3] and op[4] name.
void shuffle(Warp &warp, const Operation &operation, uint32_t mask) {
  uint64_t from[kLanes];
  std::copy_n(warp.slot(operation.op[2]), kLanes, from);
  const uint64_t *b = warp.slot(operation.op[3]),
                 *c = warp.slot(operation.op[4]);
  forLanes(mask, [&](uint32_t lane) {
    int segment = c[lane] >> 8 & 31, clamp = c[lane] & 31,
        by = static_cast<int>(b[lane] & 31), self = static_cast<int>(lane);
    int most = (self & segment) | (clamp & ~segment);
    int least = self & segment, other = self;
    bool inside = false;
    switch (operation.mode) {
    case Up:
      other = self - by;
      inside = other >= most;
      break;
    case Down:
      other = self + by;
      inside = other <= most;
      break;
    case Butterfly:
      other = self ^ by;
      inside = other <= most;
      break;
    case Index:
      other = least | (by & ~segment);
      inside = other <= most;
      break;
    }
    if (!inside)
      other = self;
    if (!(mask >> other & 1))
      warp.fail(operation, lane,
                {"convergence", "reads from lane " + std::to_string(other) +
                                    ", which takes no part"});
    if (operation.op[0] != kNoSlot)
      warp.slot(operation.op[0])[lane] = from[other];
    if (operation.op[1] != kNoSlot)
      warp.slot(operation.op[1])[lane] = inside;
  });
}

bool decodeShuffle(Decoder &d) {
  if (!d.has("sync"))
    d.fail("only .sync is supported");
  int mode = d.oneOf({"up", "down", "bfly", "idx"});
  d.type();
  const RawOperand &to = d.raw(0);
  bool pair = to.kind == RawOperand::Pair;
  d.set(0, d.destination(pair ? to.elements[0] : to).index);
  if (pair)
    d.set(1, d.destination(to.elements[1]).index);
  d.set(2, d.slot(1, Type::B32));
  d.set(3, d.slot(2, Type::B32));
  d.set(4, d.slot(3, Type::B32));
  d.set(Operation::kMembers, d.slot(4, Type::B32));
  d.operation.mode = static_cast<uint8_t>(mode);
  d.operation.flow = Operation::Sync;
  d.operation.run = shuffle;
  d.finish(5);
  return true;
}

enum Vote : uint8_t { AllOf, AnyOf, Uniform, Ballot };

void vote(Warp &warp, const Operation &operation, uint32_t mask) {
  uint32_t yes = 0;
  forLanes(mask, [&](uint32_t l) {
    bool is = (warp.slot(operation.op[1])[l] & 1) != operation.isSigned;
    yes |= static_cast<uint32_t>(is) << l;
  });
  uint64_t result = operation.mode == AllOf     ? yes == mask
                    : operation.mode == AnyOf   ? yes != 0
                    : operation.mode == Uniform ? yes == mask || !yes
                                                : yes;
  forLanes(mask, [&](uint32_t l) { warp.slot(operation.op[0])[l] = result; });
}

bool decodeVote(Decoder &d) {
  if (!d.has("sync"))
    d.fail("only .sync is supported");
  d.operation.mode =
      static_cast<uint8_t>(d.oneOf({"all", "any", "uni", "ballot"}));
  d.type();
  d.set(0, d.destination(d.raw(0)).index);
  RawOperand source = d.raw(1);
  // Here: whether the vote is on the opposite.
  d.operation.isSigned = source.negated;
  source.negated = false;
  d.set(1, d.slot(source, Type::Pred));
  d.set(Operation::kMembers, d.slot(2, Type::B32));
  d.operation.flow = Operation::Sync;
  d.operation.run = vote;
  d.finish(3);
  return true;
}

/// op[0]|op[1] = the lanes whose op[2] is this lane's.
template <class T, bool All>
void match(Warp &warp, const Operation &operation, uint32_t mask) {
  const uint64_t *a = warp.slot(operation.op[2]);
  uint64_t result[kLanes] = {};
  forLanes(mask, [&](uint32_t l) {
    forLanes(mask, [&](uint32_t other) {
      if (get<T>(a[other]) == get<T>(a[l]))
        result[l] |= 1u << other;
    });
  });
  forLanes(mask, [&](uint32_t l) {
    bool all = result[l] == mask;
    if (operation.op[0] != kNoSlot)
      warp.slot(operation.op[0])[l] = All && !all ? 0 : result[l];
    if (operation.op[1] != kNoSlot)
      warp.slot(operation.op[1])[l] = all;
  });
}

bool decodeMatch(Decoder &d) {
  bool all = d.oneOf({"any", "all"}) == 1;
  if (!d.has("sync"))
    d.fail("only .sync is supported");
  Type type = d.type();
  bool wide = getBits(type) == 64;
  const RawOperand &to = d.raw(0);
  bool pair = to.kind == RawOperand::Pair;
  d.set(0, d.destination(pair ? to.elements[0] : to).index);
  if (pair)
    d.set(1, d.destination(to.elements[1]).index);
  d.set(2, d.slot(1, type));
  d.set(Operation::kMembers, d.slot(2, Type::B32));
  d.operation.flow = Operation::Sync;
  d.operation.run =
      wide ? (all ? match<uint64_t, true> : match<uint64_t, false>)
           : (all ? match<uint32_t, true> : match<uint32_t, false>);
  d.finish(3);
  return true;
}

template <class T, class F>
void reduceLanes(Warp &warp, const Operation &operation, uint32_t mask, F f) {
  const uint64_t *a = warp.slot(operation.op[1]);
  T result = get<T>(a[std::countr_zero(mask)]);
  forLanes(mask & (mask - 1),
           [&](uint32_t l) { result = f(result, get<T>(a[l])); });
  forLanes(mask,
           [&](uint32_t l) { warp.slot(operation.op[0])[l] = put<T>(result); });
}

enum Reduction : uint8_t { Add, Min, Max, And, Or, Xor };

template <class T>
void reduce(Warp &warp, const Operation &operation, uint32_t mask) {
  reduceLanes<T>(warp, operation, mask, [&](T a, T b) -> T {
    switch (operation.mode) {
    case Add:
      return static_cast<T>(uint32_t(a) + uint32_t(b));
    case Min:
      return std::min(a, b);
    case Max:
      return std::max(a, b);
    case And:
      return a & b;
    case Or:
      return a | b;
    default:
      return a ^ b;
    }
  });
}

bool decodeReduction(Decoder &d) {
  if (!d.has("sync"))
    d.fail("only .sync is supported");
  d.operation.mode =
      static_cast<uint8_t>(d.oneOf({"add", "min", "max", "and", "or", "xor"}));
  Type type = d.type();
  if (getBits(type) != 32 || isFloat(type))
    d.fail("no type of a reduction");
  d.set(0, d.destination(d.raw(0)).index);
  d.set(1, d.slot(1, type));
  d.set(Operation::kMembers, d.slot(2, Type::B32));
  d.operation.flow = Operation::Sync;
  d.operation.run = isSigned(type) ? reduce<int32_t> : reduce<uint32_t>;
  d.finish(3);
  return true;
}

void writeMask(Warp &warp, const Operation &operation, uint32_t mask) {
  forLanes(mask, [&](uint32_t l) { warp.slot(operation.op[0])[l] = mask; });
}

/// op[0]|op[1]: the lane that is to do something for all, and whether this is it.
void elect(Warp &warp, const Operation &operation, uint32_t mask) {
  auto leader = static_cast<uint32_t>(std::countr_zero(mask));
  forLanes(mask, [&](uint32_t l) {
    if (operation.op[0] != kNoSlot)
      warp.slot(operation.op[0])[l] = leader;
    if (operation.op[1] != kNoSlot)
      warp.slot(operation.op[1])[l] = l == leader;
  });
}

void syncWarp(Warp &warp, const Operation &, uint32_t) {
  if (++warp.phase % 32 == 0)
    // Its numbers begin again.
    warp.block.nextPhase();
}

void trap(Warp &warp, const Operation &operation, uint32_t mask) {
  warp.fail(operation, static_cast<uint32_t>(std::countr_zero(mask)),
            {"trap", "ends the kernel"});
}

bool decodeBarrier(Decoder &d) {
  if (d.has("warp")) {
    d.has("sync");
    d.set(Operation::kMembers, d.slot(0, Type::B32));
    d.operation.flow = Operation::Sync;
    d.operation.run = syncWarp;
    d.finish(1);
    return true;
  }
  d.has("cta");
  if (!d.has("sync"))
    d.fail("only .sync is supported");
  d.operation.aligned = d.has("aligned") || d.name() == "bar";
  d.operation.flow = Operation::Barrier;
  d.set(0, d.slot(0, Type::U32));
  if (d.size() == 2)
    d.set(1, d.slot(1, Type::U32));
  else
    d.finish(1);
  return true;
}

} // namespace

bool dpc::hostcuda::decodeWarp(Decoder &d) {
  const std::string &name = d.name();
  if (name == "shfl")
    return decodeShuffle(d);
  if (name == "vote")
    return decodeVote(d);
  if (name == "match")
    return decodeMatch(d);
  if (name == "redux")
    return decodeReduction(d);
  if (name == "bar" || name == "barrier")
    return decodeBarrier(d);
  if (name == "activemask") {
    d.type();
    d.set(0, d.destination(d.raw(0)).index);
    d.operation.run = writeMask;
    d.finish(1);
    return true;
  }
  if (name == "elect") {
    d.has("sync");
    const RawOperand &to = d.raw(0);
    if (to.kind != RawOperand::Pair)
      d.fail("lacks the predicate");
    d.set(0, d.destination(to.elements[0]).index);
    d.set(1, d.destination(to.elements[1]).index);
    d.set(Operation::kMembers, d.slot(1, Type::B32));
    d.operation.flow = Operation::Sync;
    d.operation.run = elect;
    d.finish(2);
    return true;
  }
  if (name == "trap") {
    d.operation.run = trap;
    d.finish(0);
    return true;
  }
  if (name == "nanosleep") {
    d.type();
    return true;
  }
  return false;
}
