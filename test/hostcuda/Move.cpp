//===- Move.cpp - Bits from register to register --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Decoder.h"
#include "test/hostcuda/Memory.h"
#include "test/hostcuda/Warp.h"

using namespace dpc::hostcuda;

namespace {

/// op[0] = parts op[1..lanes] of `bytes` each, the lowest first.
void pack(Warp &warp, const Operation &operation, uint32_t mask) {
  uint32_t bits = 8u * operation.bytes;
  forLanes(mask, [&](uint32_t l) {
    uint64_t result = 0;
    for (uint32_t i = 0; i < operation.lanes; ++i)
      result |= (warp.slot(operation.op[1 + i])[l] & (~0ull >> (64 - bits)))
                << (bits * i);
    warp.slot(operation.op[0])[l] = result;
  });
}

/// op[1..lanes] = parts of op[0].
void unpack(Warp &warp, const Operation &operation, uint32_t mask) {
  uint32_t bits = 8u * operation.bytes;
  forLanes(mask, [&](uint32_t l) {
    uint64_t from = warp.slot(operation.op[0])[l];
    for (uint32_t i = 0; i < operation.lanes; ++i)
      if (operation.op[1 + i] != kNoSlot)
        warp.slot(operation.op[1 + i])[l] =
            from >> (bits * i) & (~0ull >> (64 - bits));
  });
}

Type getPart(Decoder &d, uint32_t bits) {
  switch (bits) {
  case 8:
    return Type::B8;
  case 16:
    return Type::B16;
  case 32:
    return Type::B32;
  default:
    d.fail("parts of this size");
  }
}

bool decodeMov(Decoder &d) {
  Type type = d.type();
  const RawOperand &to = d.raw(0), &from = d.raw(1);
  d.finish(2);
  bool packs = from.kind == RawOperand::Vector;
  if (!packs && to.kind != RawOperand::Vector) {
    d.operands(type, {type});
    d.operation.run = unary<uint64_t, uint64_t, [](uint64_t a) { return a; }>;
    return true;
  }
  const std::vector<RawOperand> &parts = (packs ? from : to).elements;
  size_t count = parts.size();
  if ((count != 2 && count != 4) || getBits(type) > 64)
    d.fail("this form is not supported");
  uint32_t bits = getBits(type) / static_cast<uint32_t>(count);
  Type part = getPart(d, bits);
  d.operation.bytes = static_cast<uint8_t>(bits / 8);
  d.operation.lanes = static_cast<uint8_t>(count);
  d.set(0, packs ? d.destination(to).index : d.slot(from, type));
  for (size_t i = 0; i < count; ++i)
    d.set(1 + i,
          packs ? d.slot(parts[i], part) : d.destination(parts[i]).index);
  d.operation.run = packs ? pack : unpack;
  return true;
}

/// A space's addresses within the generic ones; those of global and constant
/// memory are the same.
uint64_t getBase(Space space) {
  switch (space) {
  case Space::Shared:
    return kSharedBase;
  case Space::Local:
    return kLocalBase;
  case Space::Param:
    return kParamBase;
  default:
    return 0;
  }
}

bool decodeAddressConversion(Decoder &d) {
  bool back = d.has("to");
  int space = d.oneOf({"global", "const", "shared", "local", "param",
                       "shared::cta", "param::entry"});
  static constexpr Space kSpaces[] = {
      Space::Global, Space::Const,  Space::Shared, Space::Local,
      Space::Param,  Space::Shared, Space::Param};
  if (space < 0)
    d.fail("no space that is known");
  Type type = d.type();
  d.operands(type, {type});
  uint64_t base = getBase(kSpaces[space]);
  d.set(2, d.constant(back ? 0 - base : base));
  using W = uint64_t;
  d.operation.run = binary<W, W, W, [](W a, W b) { return a + b; }>;
  d.finish(2);
  return true;
}

bool decodeIsSpace(Decoder &d) {
  int space = d.oneOf({"global", "shared", "local"});
  if (space < 0)
    d.fail("no space that is known");
  d.operands(Type::Pred, {Type::U64});
  d.finish(2);
  static constexpr auto in = [](uint64_t a, uint64_t base) {
    return a >= base && a < base + kWindow;
  };
  using W = uint64_t;
  d.operation.run =
      space == 1   ? unary<bool, W, [](W a) { return in(a, kSharedBase); }>
      : space == 2 ? unary<bool, W, [](W a) { return in(a, kLocalBase); }>
                   : unary<bool, W, [](W a) {
                       return !in(a, kSharedBase) && !in(a, kLocalBase) &&
                              !in(a, kParamBase);
                     }>;
  return true;
}

} // namespace

bool dpc::hostcuda::decodeMove(Decoder &d) {
  if (d.name() == "mov")
    return decodeMov(d);
  if (d.name() == "cvta")
    return decodeAddressConversion(d);
  if (d.name() == "isspacep")
    return decodeIsSpace(d);
  return false;
}
