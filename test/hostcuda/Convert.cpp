//===- Convert.cpp - From one type to another -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/FloatTypes.h"
#include "test/hostcuda/Warp.h"

#include <algorithm>

using namespace dpc::hostcuda;

namespace {

Format getFormat(Type type) {
  switch (type) {
  case Type::F16:
  case Type::F16x2:
    return Format::f16();
  case Type::BF16:
  case Type::BF16x2:
    return Format::bf16();
  case Type::TF32:
    return Format::tf32();
  case Type::F64:
    return Format::f64();
  default:
    return Format::f32();
  }
}

struct Conversion {
  Type from, to;
  Round round;
  bool integral : 1, ftz : 1, sat : 1, relu : 1;
  uint8_t registerBits;
};

uint64_t extend(uint64_t bits, uint32_t from, bool isSigned) {
  uint32_t shift = 64 - from;
  return isSigned ? static_cast<uint64_t>(static_cast<int64_t>(bits << shift) >>
                                          shift)
                  : bits << shift >> shift;
}

/// The integer as f64, rounded to odd where it has too many bits.
double fromInteger(uint64_t bits, bool isSigned) {
  bool negative = isSigned && static_cast<int64_t>(bits) < 0;
  uint64_t size = negative ? 0 - bits : bits;
  int drop = std::max(0, 11 - std::countl_zero(size));
  uint64_t kept = size >> drop;
  if (kept << drop != size)
    kept |= 1;
  double value = std::ldexp(static_cast<double>(kept), drop);
  return negative ? -value : value;
}

uint64_t toInteger(double value, const Conversion &how) {
  uint32_t bits = getBits(how.to);
  bool toSigned = isSigned(how.to);
  if (std::isnan(value)) {
    bool wide = how.from == Type::F64 || bits == 64;
    return wide ? 1ull << (bits - 1) : 0;
  }
  value = roundIntegral(value, how.round);
  double most = std::ldexp(1, static_cast<int>(bits) - (toSigned ? 1 : 0));
  if (value >= most)
    return toSigned ? (1ull << (bits - 1)) - 1 : ~0ull >> (64 - bits);
  if (value < (toSigned ? -most : 0))
    return toSigned ? extend(1ull << (bits - 1), bits, true) : 0;
  return value < 0 ? static_cast<uint64_t>(static_cast<int64_t>(value))
                   : static_cast<uint64_t>(value);
}

uint64_t saturateInteger(uint64_t bits, const Conversion &how) {
  bool fromSigned = isSigned(how.from), toSigned = isSigned(how.to);
  auto value = fromSigned ? static_cast<__int128>(static_cast<int64_t>(bits))
                          : static_cast<__int128>(bits);
  __int128 one = 1;
  uint32_t width = getBits(how.to);
  __int128 low = toSigned ? -(one << (width - 1)) : 0;
  __int128 high = (one << (width - (toSigned ? 1 : 0))) - 1;
  return static_cast<uint64_t>(std::clamp(value, low, high));
}

uint64_t toFloat(double value, const Conversion &how) {
  Format format = getFormat(how.to);
  if (how.integral)
    value = roundIntegral(value, how.round);
  if (how.sat)
    value = value > 0 ? std::min(value, 1.) : 0;
  if (how.relu && value < 0)
    value = 0;
  Round round = how.integral ? Round::Nearest : how.round;
  if (how.to == Type::F64)
    return encode(format, value);
  uint64_t bits = encode(format, value, round);
  if (how.ftz && how.to == Type::F32)
    bits = put<float>(flush(get<float>(bits)));
  return bits;
}

uint64_t convert(uint64_t bits, const Conversion &how) {
  uint64_t result;
  if (!isFloat(how.from)) {
    bits = extend(bits, getBits(how.from), isSigned(how.from));
    result = isFloat(how.to)
                 ? toFloat(fromInteger(bits, isSigned(how.from)), how)
                 : saturateInteger(bits, how);
  } else {
    Format format = getFormat(how.from);
    double value =
        decode(format, format.mantissa == 52
                           ? bits
                           : bits & (~0ull >> (64 - getBits(how.from))));
    if (how.ftz && how.from == Type::F32)
      value = flush(static_cast<float>(value));
    result = isFloat(how.to) ? toFloat(value, how) : toInteger(value, how);
  }
  if (!isFloat(how.to))
    result = extend(result, getBits(how.to), isSigned(how.to));
  return result & (~0ull >> (64 - how.registerBits));
}

Conversion getConversion(const Operation &operation) {
  Conversion how;
  static_assert(sizeof(how) <= sizeof(operation.immediate));
  std::memcpy(&how, &operation.immediate, sizeof(how));
  return how;
}

void convertAny(Warp &warp, const Operation &operation, uint32_t mask) {
  Conversion how = getConversion(operation);
  forLanes(mask, [&](uint32_t l) {
    warp.slot(operation.op[0])[l] = convert(warp.slot(operation.op[1])[l], how);
  });
}

/// Two f32 to one register; the first operand to the upper half.
void convertPair(Warp &warp, const Operation &operation, uint32_t mask) {
  Conversion how = getConversion(operation);
  forLanes(mask, [&](uint32_t l) {
    warp.slot(operation.op[0])[l] = convert(warp.slot(operation.op[1])[l], how)
                                        << 16 |
                                    convert(warp.slot(operation.op[2])[l], how);
  });
}

/// op[2] and op[3] are 64 less the types' bits, op[4] keeps the register's.
template <bool FromSigned, bool ToSigned>
void convertInteger(Warp &warp, const Operation &operation, uint32_t mask) {
  uint64_t *d = warp.slot(operation.op[0]);
  const uint64_t *a = warp.slot(operation.op[1]);
  uint32_t from = operation.bytes, to = operation.lanes;
  uint64_t keep = operation.immediate;
  auto extend = []<bool Signed>(uint64_t bits, uint32_t shift) {
    return Signed ? static_cast<uint64_t>(static_cast<int64_t>(bits << shift) >>
                                          shift)
                  : bits << shift >> shift;
  };
  forLanes(mask, [&](uint32_t l) {
    uint64_t value = extend.template operator()<FromSigned>(a[l], from);
    d[l] = extend.template operator()<ToSigned>(value, to) & keep;
  });
}

uint16_t toBF16(float x) {
  auto bits = std::bit_cast<uint32_t>(x);
  if (x != x)
    return 0x7fff;
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

} // namespace

bool dpc::hostcuda::decodeConvert(Decoder &d) {
  if (d.name() != "cvt")
    return false;
  Conversion how{};
  int integral = d.oneOf({"rni", "rzi", "rmi", "rpi"});
  std::optional<Round> round = takeRound(d);
  how.integral = integral >= 0;
  how.round = how.integral ? static_cast<Round>(integral)
                           : round.value_or(Round::Nearest);
  how.ftz = d.has("ftz");
  how.sat = d.has("sat");
  how.relu = d.has("relu");
  how.to = d.type();
  how.from = d.type();
  if (how.from == Type::Pred || how.to == Type::Pred || how.to == Type::F64)
    if (how.sat || how.relu || (round && *round != Round::Nearest))
      d.fail("this conversion is not supported");
  bool pair = how.to == Type::F16x2 || how.to == Type::BF16x2;
  if (pair) {
    d.operands(how.to, {how.from, how.from});
    how.registerBits = 16;
    d.operation.run = convertPair;
    std::memcpy(&d.operation.immediate, &how, sizeof(how));
    d.finish(3);
    return true;
  }
  // The source may be wider than its type, the result too.
  Slot to = d.destination(d.raw(0));
  if (to.bits < getBits(how.to))
    d.fail("the result's register is too narrow");
  how.registerBits = static_cast<uint8_t>(to.bits);
  d.set(0, to.index);
  d.set(1, d.slot(1, how.from));
  d.finish(2);
  bool plain = !how.ftz && !how.sat && !how.relu;
  if (!isFloat(how.to) && !isFloat(how.from) && !how.sat) {
    d.operation.bytes = static_cast<uint8_t>(64 - getBits(how.from));
    d.operation.lanes = static_cast<uint8_t>(64 - getBits(how.to));
    d.operation.immediate = ~0ull >> (64 - to.bits);
    bool from = isSigned(how.from), into = isSigned(how.to);
    d.operation.run =
        from ? (into ? convertInteger<true, true> : convertInteger<true, false>)
             : (into ? convertInteger<false, true>
                     : convertInteger<false, false>);
  } else if (plain && how.from == Type::BF16 && how.to == Type::F32) {
    d.operation.run = unary<uint32_t, uint16_t, [](uint16_t a) {
      return static_cast<uint32_t>(a) << 16;
    }>;
  } else if (plain && how.from == Type::F32 && how.to == Type::BF16 &&
             how.round == Round::Nearest) {
    d.operation.run = unary<uint16_t, float, toBF16>;
  } else {
    if (isFloat(how.from) && !isFloat(how.to) && !how.integral)
      d.fail("a conversion to integers without a rounding");
    std::memcpy(&d.operation.immediate, &how, sizeof(how));
    d.operation.run = convertAny;
  }
  return true;
}
