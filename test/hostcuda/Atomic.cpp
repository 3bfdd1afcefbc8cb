//===- Atomic.cpp - atom and red ------------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Access.h"
#include "test/hostcuda/Decoder.h"
#include "test/hostcuda/FloatTypes.h"

#include <algorithm>

using namespace dpc::hostcuda;

namespace {

enum AtomicKind : uint8_t {
  Add,
  Min,
  Max,
  And,
  Or,
  Xor,
  Exch,
  Cas,
  Inc,
  Dec,
};

template <class T> T combine(AtomicKind kind, T old, T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return kind == Add ? old + a : kind == Cas ? (old == a ? b : old) : a;
  } else {
    using U = std::make_unsigned_t<T>;
    switch (kind) {
    case Add:
      return static_cast<T>(U(old) + U(a));
    case Min:
      return std::min(old, a);
    case Max:
      return std::max(old, a);
    case And:
      return old & a;
    case Or:
      return old | a;
    case Xor:
      return old ^ a;
    case Exch:
      return a;
    case Cas:
      return old == a ? b : old;
    case Inc:
      return old >= a ? 0 : static_cast<T>(U(old) + 1);
    case Dec:
      return old == 0 || old > a ? a : static_cast<T>(U(old) - 1);
    }
    return a;
  }
}

/// Two halves, added.
template <Format (*F)()> uint32_t addPair(uint32_t old, uint32_t a) {
  auto add = [](uint32_t x, uint32_t y) {
    return encode(F(),
                  addOdd(decode(F(), x & 0xffff), decode(F(), y & 0xffff)));
  };
  return static_cast<uint32_t>(add(old, a) | add(old >> 16, a >> 16) << 16);
}

/// op[0] = what was at op[1]; op[2] and op[3] are operands.
template <class T, Format (*F)() = nullptr>
void runAtomic(Warp &warp, const Operation &operation, uint32_t mask) {
  uint64_t global[kLanes];
  uint32_t globals = 0;
  forLanes(mask, [&](uint32_t l) {
    uint64_t address =
        warp.slot(operation.op[1])[l] + static_cast<uint64_t>(operation.offset);
    bool isGlobal;
    uint8_t *at = touchSpace({warp, operation, l}, operation.space, address,
                             sizeof(T), Access::Atomic, nullptr, isGlobal);
    if (isGlobal)
      global[globals++] = address;
    T old;
    std::memcpy(&old, at, sizeof(T));
    T a = get<T>(warp.slot(operation.op[2])[l]), b{}, result;
    if (operation.op[3] != kNoSlot)
      b = get<T>(warp.slot(operation.op[3])[l]);
    if constexpr (F != nullptr)
      result = addPair<F>(old, a);
    else
      result = combine(static_cast<AtomicKind>(operation.mode), old, a, b);
    std::memcpy(at, &result, sizeof(T));
    if (operation.op[0] != kNoSlot)
      warp.slot(operation.op[0])[l] = put<T>(old);
  });
  if (globals)
    warp.block.launch.count(global, globals, sizeof(T), Access::Atomic);
}

Handler getHandler(Type type, AtomicKind kind) {
  switch (type) {
  case Type::U32:
  case Type::B32:
    return runAtomic<uint32_t>;
  case Type::S32:
    return runAtomic<int32_t>;
  case Type::U64:
  case Type::B64:
    return runAtomic<uint64_t>;
  case Type::S64:
    return runAtomic<int64_t>;
  case Type::B16:
    return kind == Cas || kind == Exch ? runAtomic<uint16_t> : nullptr;
  case Type::F32:
    return kind == Add ? runAtomic<float> : nullptr;
  case Type::F64:
    return kind == Add ? runAtomic<double> : nullptr;
  case Type::F16x2:
    return kind == Add ? runAtomic<uint32_t, Format::f16> : nullptr;
  case Type::BF16x2:
    return kind == Add ? runAtomic<uint32_t, Format::bf16> : nullptr;
  default:
    return nullptr;
  }
}

} // namespace

bool dpc::hostcuda::decodeAtomic(Decoder &d) {
  bool reduce = d.name() == "red";
  if (!reduce && d.name() != "atom")
    return false;
  size_t address = reduce ? 0 : 1;
  d.operation.space = takeSpace(d, address);
  d.ignore({"relaxed", "acquire", "release", "acq_rel", "sem", "cta", "cluster",
            "gpu", "sys", "noftz"});
  int kind = d.oneOf(
      {"add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec"});
  if (kind < 0)
    d.fail("no operation that is known");
  Type type = d.type();
  d.operation.mode = static_cast<uint8_t>(kind);
  d.operation.run = getHandler(type, static_cast<AtomicKind>(kind));
  if (!d.operation.run)
    d.fail("no type of this operation");
  if (!reduce)
    d.set(0, d.destination(d.raw(0)).index);
  d.set(1, d.address(address));
  d.set(2, d.slot(address + 1, type));
  if (kind == Cas)
    d.set(3, d.slot(address + 2, type));
  d.finish(address + (kind == Cas ? 3 : 2));
  return true;
}
