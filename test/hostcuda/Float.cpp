//===- Float.cpp - Arithmetic of floats -----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// f32 and f64 rounded to nearest are the host's; everything else is computed by
// evaluate() and rounded once.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Decoder.h"
#include "test/hostcuda/FloatTypes.h"
#include "test/hostcuda/Warp.h"

#include <algorithm>
#include <cmath>

using namespace dpc::hostcuda;

namespace {

enum class Kind : uint8_t {
  Add,
  Sub,
  Mul,
  Fma,
  Div,
  Reciprocal,
  Root,
  Min,
  Max,
  MinNaN,
  MaxNaN,
};

template <class T> T least(T a, T b) {
  if (std::isnan(a))
    return b;
  if (std::isnan(b))
    return a;
  // -0 is below +0.
  return a < b || (a == b && std::signbit(a)) ? a : b;
}
template <class T> T most(T a, T b) { return -least<T>(-a, -b); }

double evaluate(Kind kind, double a, double b, double c) {
  bool isNaN = std::isnan(a) || std::isnan(b);
  switch (kind) {
  case Kind::Add:
    return addOdd(a, b);
  case Kind::Sub:
    return addOdd(a, -b);
  case Kind::Mul:
    return a * b;
  case Kind::Fma:
    return addOdd(a * b, c);
  case Kind::Div:
    return divideOdd(a, b);
  case Kind::Reciprocal:
    return divideOdd(1, a);
  case Kind::Root:
    return rootOdd(a);
  case Kind::Min:
    return least(a, b);
  case Kind::Max:
    return most(a, b);
  case Kind::MinNaN:
    return isNaN ? std::nan("") : least(a, b);
  case Kind::MaxNaN:
    return isNaN ? std::nan("") : most(a, b);
  }
  return 0;
}

/// What an operation of floats is, in Operation::immediate.
struct Form {
  Kind kind;
  bool ftz : 1, sat : 1, relu : 1;
  Round round;
  uint8_t format; // of kFormats
  uint8_t halves; // numbers in an operand
};
constexpr Format kFormats[] = {Format::f16(), Format::bf16(), Format::f32()};

uint64_t apply(const Form &form, uint64_t a, uint64_t b, uint64_t c) {
  Format format = kFormats[form.format];
  double smallest = std::ldexp(1, 2 - (1 << (format.exponent - 1)));
  auto flush = [&](double x) {
    return form.ftz && std::fabs(x) < smallest ? std::copysign(0., x) : x;
  };
  double value = evaluate(form.kind, flush(decode(format, a)),
                          flush(decode(format, b)), flush(decode(format, c)));
  if (form.sat)
    value = value > 0 ? std::min(value, 1.) : 0;
  if (form.relu && value < 0)
    value = 0;
  uint64_t bits = encode(format, value, form.round);
  double rounded = decode(format, bits);
  return form.ftz && rounded != 0 && std::fabs(rounded) < smallest
             ? encode(format, flush(rounded))
             : bits;
}

/// op[0] = op[1], op[2], op[3], of which a form needs one to three.
void general(Warp &warp, const Operation &operation, uint32_t mask) {
  Form form;
  std::memcpy(&form, &operation.immediate, sizeof(form));
  static_assert(sizeof(form) <= sizeof(operation.immediate));
  auto read = [&](int at, uint32_t lane) {
    int32_t slot = operation.op[at];
    return slot == kNoSlot ? 0 : warp.slot(slot)[lane];
  };
  forLanes(mask, [&](uint32_t l) {
    uint64_t a = read(1, l), b = read(2, l), c = read(3, l);
    uint64_t low = form.halves == 2 ? 0xffff : ~0ull;
    uint64_t result = apply(form, a & low, b & low, c & low);
    if (form.halves == 2)
      result |= apply(form, a >> 16, b >> 16, c >> 16) << 16;
    warp.slot(operation.op[0])[l] = result;
  });
}

// The usual ones of f32, with and without flushing.
template <bool Ftz> float in(float x) { return Ftz ? flush(x) : x; }
template <bool Ftz> float out(float x) { return canonical(in<Ftz>(x)); }

template <bool Ftz> Handler getF32(Kind kind) {
  using F = float;
  switch (kind) {
  case Kind::Add:
    return binary<F, F, F,
                  [](F a, F b) { return out<Ftz>(in<Ftz>(a) + in<Ftz>(b)); }>;
  case Kind::Sub:
    return binary<F, F, F,
                  [](F a, F b) { return out<Ftz>(in<Ftz>(a) - in<Ftz>(b)); }>;
  case Kind::Mul:
    return binary<F, F, F,
                  [](F a, F b) { return out<Ftz>(in<Ftz>(a) * in<Ftz>(b)); }>;
  case Kind::Fma:
    return ternary<F, F, F, F, [](F a, F b, F c) {
      return out<Ftz>(std::fma(in<Ftz>(a), in<Ftz>(b), in<Ftz>(c)));
    }>;
  case Kind::Div:
    return binary<F, F, F,
                  [](F a, F b) { return out<Ftz>(in<Ftz>(a) / in<Ftz>(b)); }>;
  case Kind::Reciprocal:
    return unary<F, F, [](F a) { return out<Ftz>(1 / in<Ftz>(a)); }>;
  case Kind::Root:
    return unary<F, F, [](F a) { return out<Ftz>(std::sqrt(in<Ftz>(a))); }>;
  case Kind::Min:
    return binary<F, F, F, [](F a, F b) {
      return canonical(least(in<Ftz>(a), in<Ftz>(b)));
    }>;
  case Kind::Max:
    return binary<F, F, F, [](F a, F b) {
      return canonical(most(in<Ftz>(a), in<Ftz>(b)));
    }>;
  default:
    return general;
  }
}

Handler getF64(Kind kind) {
  using F = double;
  switch (kind) {
  case Kind::Add:
    return binary<F, F, F, [](F a, F b) { return a + b; }>;
  case Kind::Sub:
    return binary<F, F, F, [](F a, F b) { return a - b; }>;
  case Kind::Mul:
    return binary<F, F, F, [](F a, F b) { return a * b; }>;
  case Kind::Fma:
    return ternary<F, F, F, F, [](F a, F b, F c) { return std::fma(a, b, c); }>;
  case Kind::Div:
    return binary<F, F, F, [](F a, F b) { return a / b; }>;
  case Kind::Reciprocal:
    return unary<F, F, [](F a) { return 1 / a; }>;
  case Kind::Root:
    return unary<F, F, [](F a) { return std::sqrt(a); }>;
  case Kind::Min:
    return binary<F, F, F, least<F>>;
  case Kind::Max:
    return binary<F, F, F, most<F>>;
  default:
    return nullptr;
  }
}

bool decodeArithmetic(Decoder &d, Kind kind) {
  Form form{};
  form.kind = kind;
  if (d.has("NaN"))
    form.kind = kind == Kind::Min ? Kind::MinNaN : Kind::MaxNaN;
  form.ftz = d.has("ftz");
  form.sat = d.has("sat");
  form.relu = d.has("relu");
  form.round = takeRound(d).value_or(Round::Nearest);
  Type type = d.type();
  if (type == Type::None || !isFloat(type))
    return false;
  bool wide = type == Type::F32 || type == Type::F64;
  form.halves = type == Type::F16x2 || type == Type::BF16x2 ? 2 : 1;
  form.format = type == Type::F32                          ? 2
                : type == Type::F16 || type == Type::F16x2 ? 0
                                                           : 1;
  bool plain = !form.sat && !form.relu && form.round == Round::Nearest;
  if (type == Type::F64) {
    d.operation.run = plain && !form.ftz ? getF64(form.kind) : nullptr;
    if (!d.operation.run)
      d.fail("this form of f64 is not supported");
  } else if (type == Type::F32 && plain) {
    d.operation.run =
        form.ftz ? getF32<true>(form.kind) : getF32<false>(form.kind);
  } else {
    d.operation.run = general;
  }
  if (!wide && (kind == Kind::Div || kind == Kind::Root))
    d.fail("no type of this instruction");
  std::memcpy(&d.operation.immediate, &form, sizeof(form));
  if (kind == Kind::Fma)
    d.operands(type, {type, type, type});
  else if (kind == Kind::Reciprocal || kind == Kind::Root)
    d.operands(type, {type});
  else
    d.operands(type, {type, type});
  d.finish(kind == Kind::Fma                                ? 4
           : kind == Kind::Reciprocal || kind == Kind::Root ? 2
                                                            : 3);
  return true;
}

/// abs, neg and copysign change signs only.
bool decodeSign(Decoder &d) {
  bool ftz = d.has("ftz");
  Type type = d.type();
  uint32_t bits = getBits(type);
  bool pair = type == Type::F16x2 || type == Type::BF16x2;
  uint64_t signs = pair ? 0x80008000 : 1ull << (bits - 1);
  using W = uint64_t;
  if (d.name() == "copysign") {
    d.operands(type, {type, type});
    d.set(3, d.constant(signs));
    // The sign is the first operand's.
    d.operation.run = ternary<W, W, W, W, [](W a, W b, W signs) {
      return (a & signs) | (b & ~signs);
    }>;
    d.finish(3);
    return true;
  }
  bool negate = d.name() == "neg";
  d.operands(type, {type});
  d.finish(2);
  if (ftz) {
    if (type != Type::F32)
      d.fail("flushing of this type is not supported");
    d.operation.run =
        negate
            ? unary<float, float, [](float a) { return -flush(a); }>
            : unary<float, float, [](float a) { return std::fabs(flush(a)); }>;
    return true;
  }
  d.set(2, d.constant(signs));
  d.operation.run =
      negate ? binary<W, W, W, [](W a, W signs) { return a ^ signs; }>
             : binary<W, W, W, [](W a, W signs) { return a & ~signs; }>;
  return true;
}

bool decodeTest(Decoder &d) {
  int which = d.oneOf(
      {"finite", "infinite", "number", "notanumber", "normal", "subnormal"});
  Type type = d.type();
  auto choose = [&]<class T>(T) -> Handler {
    switch (which) {
    case 0:
      return unary<bool, T, [](T a) { return bool(std::isfinite(a)); }>;
    case 1:
      return unary<bool, T, [](T a) { return bool(std::isinf(a)); }>;
    case 2:
      return unary<bool, T, [](T a) { return !std::isnan(a); }>;
    case 3:
      return unary<bool, T, [](T a) { return bool(std::isnan(a)); }>;
    case 4:
      return unary<bool, T, [](T a) { return bool(std::isnormal(a)); }>;
    case 5:
      return unary<bool, T, [](T a) {
        return std::isfinite(a) && a != 0 && !std::isnormal(a);
      }>;
    default:
      return nullptr;
    }
  };
  d.operation.run = type == Type::F32   ? choose(float{})
                    : type == Type::F64 ? choose(double{})
                                        : nullptr;
  if (!d.operation.run)
    d.fail("no test that is known");
  d.operands(Type::Pred, {type});
  d.finish(2);
  return true;
}

} // namespace

std::optional<Round> dpc::hostcuda::takeRound(Decoder &d) {
  switch (d.oneOf({"rn", "rz", "rm", "rp", "rna"})) {
  case 0:
    return Round::Nearest;
  case 1:
    return Round::Zero;
  case 2:
    return Round::Down;
  case 3:
    return Round::Up;
  case 4:
    return Round::NearestAway;
  default:
    return std::nullopt;
  }
}

bool dpc::hostcuda::decodeFloat(Decoder &d) {
  static const std::map<std::string_view, Kind> kinds = {
      {"add", Kind::Add},  {"sub", Kind::Sub}, {"mul", Kind::Mul},
      {"fma", Kind::Fma},  {"mad", Kind::Fma}, {"div", Kind::Div},
      {"min", Kind::Min},  {"max", Kind::Max}, {"rcp", Kind::Reciprocal},
      {"sqrt", Kind::Root}};
  for (const std::string &part : d.item.parts)
    if (part == "approx" || part == "full")
      return false;
  if (d.name() == "abs" || d.name() == "neg" || d.name() == "copysign")
    return decodeSign(d);
  if (d.name() == "testp")
    return decodeTest(d);
  auto kind = kinds.find(d.name());
  return kind != kinds.end() && decodeArithmetic(d, kind->second);
}
