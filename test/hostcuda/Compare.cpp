//===- Compare.cpp - Comparisons and selections ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/FloatTypes.h"
#include "test/hostcuda/Warp.h"

using namespace dpc::hostcuda;

namespace {

enum Comparison : uint8_t {
  Eq,
  Ne,
  Lt,
  Le,
  Gt,
  Ge,
  Lo,
  Ls,
  Hi,
  Hs,
  Equ,
  Neu,
  Ltu,
  Leu,
  Gtu,
  Geu,
  Num,
  Nan,
};

template <class T> bool compare(Comparison comparison, T a, T b) {
  bool unordered = a != a || b != b;
  switch (comparison) {
  case Eq:
    return a == b;
  case Ne:
    return !unordered && a != b;
  case Lt:
  case Lo:
    return a < b;
  case Le:
  case Ls:
    return a <= b;
  case Gt:
  case Hi:
    return a > b;
  case Ge:
  case Hs:
    return a >= b;
  case Equ:
    return unordered || a == b;
  case Neu:
    return a != b;
  case Ltu:
    return unordered || a < b;
  case Leu:
    return unordered || a <= b;
  case Gtu:
    return unordered || a > b;
  case Geu:
    return unordered || a >= b;
  case Num:
    return !unordered;
  case Nan:
    return unordered;
  }
  return false;
}

/// mode is the comparison, bytes how it is joined with op[4].
struct Join {
  enum Kind : uint8_t { None, And, Or, Xor };
  Kind kind;
  bool negated, ftz, asBits, asFloat;
};

template <class T, Format (*F)()> T read(uint64_t bits, bool ftz) {
  if constexpr (F == nullptr)
    return ftz && std::is_same_v<T, float>
               ? static_cast<T>(flush(static_cast<float>(get<T>(bits))))
               : get<T>(bits);
  else
    return decode(F(), bits);
}

/// op[0]|op[1] = op[2] ? op[3], joined with op[4].
template <class T, Format (*F)() = nullptr>
void setPredicate(Warp &warp, const Operation &operation, uint32_t mask) {
  Join join;
  std::memcpy(&join, &operation.immediate, sizeof(join));
  auto comparison = static_cast<Comparison>(operation.mode);
  const uint64_t *a = warp.slot(operation.op[2]),
                 *b = warp.slot(operation.op[3]);
  forLanes(mask, [&](uint32_t l) {
    bool result = compare<T>(comparison, read<T, F>(a[l], join.ftz),
                             read<T, F>(b[l], join.ftz));
    bool with = false;
    if (join.kind != Join::None)
      with = (warp.slot(operation.op[4])[l] & 1) != join.negated;
    auto combine = [&](bool x) {
      switch (join.kind) {
      case Join::And:
        return x && with;
      case Join::Or:
        return x || with;
      case Join::Xor:
        return x != with;
      default:
        return x;
      }
    };
    uint64_t yes = join.asFloat ? 0x3f800000 : join.asBits ? 0xffffffff : 1;
    bool other = combine(!result);
    if (operation.op[0] != kNoSlot)
      warp.slot(operation.op[0])[l] = combine(result) ? yes : 0;
    if (operation.op[1] != kNoSlot)
      warp.slot(operation.op[1])[l] = other;
  });
}

/// op[0] is about the lower halves, op[1] about the upper ones.
template <Format (*F)()>
void setHalves(Warp &warp, const Operation &operation, uint32_t mask) {
  auto comparison = static_cast<Comparison>(operation.mode);
  const uint64_t *a = warp.slot(operation.op[2]),
                 *b = warp.slot(operation.op[3]);
  forLanes(mask, [&](uint32_t l) {
    for (uint32_t half = 0; half < 2; ++half)
      if (operation.op[half] != kNoSlot)
        warp.slot(operation.op[half])[l] = compare<double>(
            comparison, decode(F(), a[l] >> (16 * half) & 0xffff),
            decode(F(), b[l] >> (16 * half) & 0xffff));
  });
}

Handler getHandler(Type type) {
  switch (type) {
  case Type::F16x2:
    return setHalves<Format::f16>;
  case Type::BF16x2:
    return setHalves<Format::bf16>;
  case Type::B16:
  case Type::U16:
    return setPredicate<uint16_t>;
  case Type::B32:
  case Type::U32:
    return setPredicate<uint32_t>;
  case Type::B64:
  case Type::U64:
    return setPredicate<uint64_t>;
  case Type::S16:
    return setPredicate<int16_t>;
  case Type::S32:
    return setPredicate<int32_t>;
  case Type::S64:
    return setPredicate<int64_t>;
  case Type::F32:
    return setPredicate<float>;
  case Type::F64:
    return setPredicate<double>;
  case Type::F16:
    return setPredicate<double, Format::f16>;
  case Type::BF16:
    return setPredicate<double, Format::bf16>;
  default:
    return nullptr;
  }
}

bool decodeSet(Decoder &d) {
  int comparison =
      d.oneOf({"eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs",
               "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan"});
  if (comparison < 0)
    d.fail("no comparison that is known");
  Join join{};
  join.ftz = d.has("ftz");
  join.kind = static_cast<Join::Kind>(d.oneOf({"and", "or", "xor"}) + 1);
  Type result = Type::Pred;
  if (d.name() == "set") {
    result = d.type();
    join.asFloat = result == Type::F32;
    join.asBits = !join.asFloat;
  }
  Type type = d.type();
  d.operation.run = getHandler(type);
  if (!d.operation.run || getBits(result) > 32)
    d.fail("no type of a comparison");
  bool halves = type == Type::F16x2 || type == Type::BF16x2;
  if (halves && (join.kind != Join::None || join.ftz || result != Type::Pred))
    d.fail("this form is not supported");
  const RawOperand &to = d.raw(0);
  if (to.kind == RawOperand::Pair) {
    d.set(0, d.destination(to.elements[0]).index);
    d.set(1, d.destination(to.elements[1]).index);
  } else {
    d.set(0, d.destination(to).index);
  }
  d.set(2, d.slot(1, type));
  d.set(3, d.slot(2, type));
  if (join.kind != Join::None) {
    RawOperand with = d.raw(3);
    join.negated = with.negated;
    with.negated = false;
    d.set(4, d.slot(with, Type::Pred));
  }
  d.operation.mode = static_cast<uint8_t>(comparison);
  std::memcpy(&d.operation.immediate, &join, sizeof(join));
  d.finish(join.kind != Join::None ? 4 : 3);
  return true;
}

} // namespace

bool dpc::hostcuda::decodeCompare(Decoder &d) {
  using W = uint64_t;
  if (d.name() == "setp" || d.name() == "set")
    return decodeSet(d);
  if (d.name() == "selp") {
    Type type = d.type();
    d.operands(type, {type, type, Type::Pred});
    // Whatever a narrow operand's register holds above its bits stays out.
    d.operation.run =
        ternary<W, W, W, bool, [](W a, W b, bool c) { return c ? a : b; }>;
    d.finish(4);
    return true;
  }
  if (d.name() == "slct") {
    bool ftz = d.has("ftz");
    Type type = d.type(), by = d.type();
    d.operands(type, {type, type, by});
    if (by == Type::S32)
      d.operation.run = ternary<W, W, W, int32_t, [](W a, W b, int32_t c) {
        return c >= 0 ? a : b;
      }>;
    else if (by == Type::F32)
      d.operation.run =
          ftz ? ternary<W, W, W, float,
                        [](W a, W b, float c) { return flush(c) >= 0 ? a : b; }>
              : ternary<W, W, W, float,
                        [](W a, W b, float c) { return c >= 0 ? a : b; }>;
    else
      d.fail("no type of a selection");
    d.finish(4);
    return true;
  }
  return false;
}
