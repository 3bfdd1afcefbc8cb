//===- Integer.cpp - Integers and bits ------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Decoder.h"
#include "test/hostcuda/Warp.h"

#include <algorithm>
#include <limits>

using namespace dpc::hostcuda;

namespace {

template <class T> using Unsigned = std::make_unsigned_t<T>;
template <class T>
using Wide = std::conditional_t<
    std::is_signed_v<T>,
    std::conditional_t<sizeof(T) == 2, int32_t,
                       std::conditional_t<sizeof(T) == 4, int64_t, __int128>>,
    std::conditional_t<
        sizeof(T) == 2, uint32_t,
        std::conditional_t<sizeof(T) == 4, uint64_t, unsigned __int128>>>;

/// Calls `body` with a value of the C++ type; false for what is no integer.
template <class Body> bool dispatch(Type type, Body body) {
  switch (type) {
  case Type::U16:
  case Type::B16:
    body(uint16_t{});
    return true;
  case Type::U32:
  case Type::B32:
    body(uint32_t{});
    return true;
  case Type::U64:
  case Type::B64:
    body(uint64_t{});
    return true;
  case Type::S16:
    body(int16_t{});
    return true;
  case Type::S32:
    body(int32_t{});
    return true;
  case Type::S64:
    body(int64_t{});
    return true;
  default:
    return false;
  }
}

template <class T> T addWrapping(T a, T b) {
  return static_cast<T>(static_cast<Unsigned<T>>(a) +
                        static_cast<Unsigned<T>>(b));
}
template <class T> T multiplyLow(T a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}
template <class T> T multiplyHigh(T a, T b) {
  return static_cast<T>(static_cast<Wide<T>>(a) * b >> (8 * sizeof(T)));
}
template <class T> T saturate(int64_t value) {
  return static_cast<T>(std::clamp<int64_t>(
      value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}
/// What a card leaves where there is no quotient.
template <class T> T divide(T a, T b) {
  if (b == 0)
    return static_cast<T>(-1);
  if (std::is_signed_v<T> && b == static_cast<T>(-1))
    return static_cast<T>(Unsigned<T>(0) - static_cast<Unsigned<T>>(a));
  return static_cast<T>(a / b);
}
template <class T> T remainder(T a, T b) {
  if (b == 0)
    return a;
  if (std::is_signed_v<T> && b == static_cast<T>(-1))
    return 0;
  return static_cast<T>(a % b);
}

/// op[0] = op[1] + op[2], with the carry at op[3] if `mode` & 1, which becomes
/// the sum's if `mode` & 2. A difference's is its borrow.
template <class T, bool Subtract>
void addCarry(Warp &warp, const Operation &operation, uint32_t mask) {
  using Double = unsigned __int128;
  forLanes(mask, [&](uint32_t l) {
    uint64_t &carry = warp.slot(operation.op[3])[l];
    Double a = get<T>(warp.slot(operation.op[1])[l]),
           b = get<T>(warp.slot(operation.op[2])[l]),
           in = operation.mode & 1 ? carry : 0;
    Double sum = Subtract ? a - b - in : a + b + in;
    warp.slot(operation.op[0])[l] = static_cast<T>(sum);
    if (operation.mode & 2)
      carry = static_cast<uint64_t>(sum >> (8 * sizeof(T))) & 1;
  });
}

/// addc, subc, and those that leave a carry.
bool decodeCarry(Decoder &d, bool subtract, bool takes, bool leaves) {
  Type type = d.type();
  bool wide = getBits(type) == 64;
  if (!wide && getBits(type) != 32)
    d.fail("no type of a sum with a carry");
  d.operands(type, {type, type});
  d.set(3, d.find("%CC").slot->index);
  d.operation.mode = static_cast<uint8_t>(takes + 2 * leaves);
  d.operation.run =
      wide ? (subtract ? addCarry<uint64_t, true> : addCarry<uint64_t, false>)
           : (subtract ? addCarry<uint32_t, true> : addCarry<uint32_t, false>);
  d.finish(3);
  return true;
}

bool decodeSum(Decoder &d, bool subtract) {
  if (d.has("cc"))
    return decodeCarry(d, subtract, false, true);
  Type type = d.type();
  bool sat = type == Type::S32 && d.has("sat");
  bool known = dispatch(type, [&]<class T>(T) {
    if (sat)
      d.operation.run =
          subtract ? binary<T, T, T,
                            [](T a, T b) {
                              return saturate<int32_t>(int64_t(a) - int64_t(b));
                            }>
                   : binary<T, T, T, [](T a, T b) {
                       return saturate<int32_t>(int64_t(a) + int64_t(b));
                     }>;
    else if (subtract)
      d.operation.run = binary<T, T, T, [](T a, T b) {
        return static_cast<T>(Unsigned<T>(a) - Unsigned<T>(b));
      }>;
    else
      d.operation.run = binary<T, T, T, addWrapping<T>>;
  });
  if (known) {
    d.operands(type, {type, type});
    d.finish(3);
  }
  return known;
}

bool decodeProduct(Decoder &d, bool add) {
  int half = d.oneOf({"lo", "hi", "wide"});
  if (half < 0)
    return false;
  Type type = d.type(), result = type;
  if (half == 2) {
    switch (type) {
    case Type::U16:
      result = Type::U32;
      break;
    case Type::S16:
      result = Type::S32;
      break;
    case Type::U32:
      result = Type::U64;
      break;
    case Type::S32:
      result = Type::S64;
      break;
    default:
      d.fail("no type of a wide product");
    }
  }
  bool known = dispatch(type, [&]<class T>(T) {
    if (half == 0)
      d.operation.run =
          add ? ternary<T, T, T, T,
                        [](T a, T b, T c) {
                          return addWrapping<T>(multiplyLow<T>(a, b), c);
                        }>
              : binary<T, T, T, multiplyLow<T>>;
    else if (half == 1)
      d.operation.run =
          add ? ternary<T, T, T, T,
                        [](T a, T b, T c) {
                          return addWrapping<T>(multiplyHigh<T>(a, b), c);
                        }>
              : binary<T, T, T, multiplyHigh<T>>;
    else if constexpr (sizeof(T) < 8)
      d.operation.run =
          add ? ternary<Wide<T>, T, T, Wide<T>,
                        [](T a, T b, Wide<T> c) {
                          return addWrapping<Wide<T>>(
                              static_cast<Wide<T>>(static_cast<Wide<T>>(a) * b),
                              c);
                        }>
              : binary<Wide<T>, T, T, [](T a, T b) {
                  return static_cast<Wide<T>>(static_cast<Wide<T>>(a) * b);
                }>;
  });
  if (!known)
    d.fail("no type of an integer product");
  if (add)
    d.operands(result, {type, type, result});
  else
    d.operands(result, {type, type});
  d.finish(add ? 4 : 3);
  return true;
}

/// div, rem, min, max.
template <template <class> class Apply> bool decodeBinary(Decoder &d) {
  Type type = d.type();
  bool known = dispatch(type, [&]<class T>(T) {
    d.operation.run = binary<T, T, T, Apply<T>::apply>;
  });
  if (known) {
    d.operands(type, {type, type});
    d.finish(3);
  }
  return known;
}
template <class T> struct Divide {
  static constexpr auto apply = divide<T>;
};
template <class T> struct Remain {
  static constexpr auto apply = remainder<T>;
};
template <class T> struct Least {
  static constexpr auto apply = [](T a, T b) { return std::min(a, b); };
};
template <class T> struct Most {
  static constexpr auto apply = [](T a, T b) { return std::max(a, b); };
};

template <template <class> class Apply> bool decodeUnary(Decoder &d) {
  Type type = d.type();
  bool known = dispatch(type, [&]<class T>(T) {
    d.operation.run = unary<T, T, Apply<T>::apply>;
  });
  if (known) {
    d.operands(type, {type});
    d.finish(2);
  }
  return known;
}
template <class T> struct Absolute {
  static constexpr auto apply = [](T a) {
    return static_cast<T>(a < 0 ? Unsigned<T>(0) - Unsigned<T>(a)
                                : Unsigned<T>(a));
  };
};
template <class T> struct Negate {
  static constexpr auto apply = [](T a) {
    return static_cast<T>(Unsigned<T>(0) - Unsigned<T>(a));
  };
};

/// and, or, xor, not, cnot: registers hold nothing above their bits, so that one
/// handler does for all widths but that of `not`.
bool decodeLogic(Decoder &d) {
  Type type = d.type();
  if (d.name() == "not") {
    if (type == Type::Pred)
      d.operation.run = unary<bool, bool, [](bool a) { return !a; }>;
    else if (!dispatch(type, [&]<class T>(T) {
               d.operation.run =
                   unary<T, T, [](T a) { return static_cast<T>(~a); }>;
             }))
      d.fail("no type of bits");
    d.operands(type, {type});
    d.finish(2);
    return true;
  }
  using W = uint64_t;
  if (d.name() == "and")
    d.operation.run = binary<W, W, W, [](W a, W b) { return a & b; }>;
  else if (d.name() == "or")
    d.operation.run = binary<W, W, W, [](W a, W b) { return a | b; }>;
  else
    d.operation.run = binary<W, W, W, [](W a, W b) { return a ^ b; }>;
  d.operands(type, {type, type});
  d.finish(3);
  return true;
}

bool decodeShift(Decoder &d, bool left) {
  Type type = d.type();
  bool known = dispatch(type, [&]<class T>(T) {
    constexpr uint32_t kBits = 8 * sizeof(T);
    if (left)
      d.operation.run = binary<T, T, uint32_t, [](T a, uint32_t n) {
        return static_cast<T>(n >= kBits ? 0 : Unsigned<T>(a) << n);
      }>;
    else
      d.operation.run = binary<T, T, uint32_t, [](T a, uint32_t n) {
        if (n >= kBits)
          return static_cast<T>(a < 0 ? -1 : 0);
        return static_cast<T>(a >> n);
      }>;
  });
  if (known)
    d.operands(type, {type, Type::U32});
  d.finish(3);
  return known;
}

/// shf: 64 bits b:a, shifted by c.
bool decodeFunnel(Decoder &d) {
  bool left = d.oneOf({"l", "r"}) == 0, wrap = d.oneOf({"clamp", "wrap"}) == 1;
  d.type();
  using W = uint32_t;
  static constexpr auto joined = [](W a, W b) { return uint64_t(b) << 32 | a; };
  static constexpr auto clamped = [](W n) { return std::min(n, 32u); };
  if (left && wrap)
    d.operation.run = ternary<W, W, W, W, [](W a, W b, W n) {
      return W(joined(a, b) << (n & 31) >> 32);
    }>;
  else if (left)
    d.operation.run = ternary<W, W, W, W, [](W a, W b, W n) {
      return W(joined(a, b) << clamped(n) >> 32);
    }>;
  else if (wrap)
    d.operation.run = ternary<W, W, W, W, [](W a, W b, W n) {
      return W(joined(a, b) >> (n & 31));
    }>;
  else
    d.operation.run = ternary<W, W, W, W, [](W a, W b, W n) {
      return W(joined(a, b) >> clamped(n));
    }>;
  d.operands(Type::B32, {Type::B32, Type::B32, Type::U32});
  d.finish(4);
  return true;
}

template <class T> T extract(T a, uint32_t position, uint32_t length) {
  constexpr uint32_t kBits = 8 * sizeof(T);
  position &= 255;
  length &= 255;
  if (!length)
    return 0;
  uint32_t last = std::min(position + length, kBits) - 1;
  bool sign = std::is_signed_v<T> && (Unsigned<T>(a) >> last & 1);
  Unsigned<T> result = sign ? ~Unsigned<T>(0) : 0;
  for (uint32_t i = 0; i < length && i < kBits; ++i) {
    Unsigned<T> one = Unsigned<T>(1) << i;
    if (position + i < kBits)
      result =
          (Unsigned<T>(a) >> (position + i) & 1) ? result | one : result & ~one;
  }
  return static_cast<T>(result);
}

template <class T>
void insert(Warp &warp, const Operation &operation, uint32_t mask) {
  constexpr uint32_t kBits = 8 * sizeof(T);
  forLanes(mask, [&](uint32_t l) {
    auto at = [&](int i) { return warp.slot(operation.op[i])[l]; };
    T from = get<T>(at(1)), result = get<T>(at(2));
    uint32_t position = at(3) & 255, length = at(4) & 255;
    for (uint32_t i = 0; i < length && position + i < kBits; ++i) {
      T one = T(1) << (position + i);
      result = (from >> i & 1) ? result | one : result & ~one;
    }
    warp.slot(operation.op[0])[l] = put<T>(result);
  });
}

bool decodeField(Decoder &d) {
  Type type = d.type();
  bool known = dispatch(type, [&]<class T>(T) {
    if constexpr (sizeof(T) >= 4) {
      if (d.name() == "bfe")
        d.operation.run = ternary<T, T, uint32_t, uint32_t, extract<T>>;
      else if constexpr (!std::is_signed_v<T>)
        d.operation.run = insert<T>;
    }
  });
  if (d.name() == "bfe")
    d.operands(type, {type, Type::U32, Type::U32});
  else
    d.operands(type, {type, type, Type::U32, Type::U32});
  d.finish(d.name() == "bfe" ? 4 : 5);
  return known;
}

uint32_t permute(uint32_t a, uint32_t b, uint32_t c) {
  uint64_t bytes = uint64_t(b) << 32 | a;
  uint32_t result = 0;
  for (uint32_t i = 0; i < 4; ++i) {
    uint32_t which = c >> (4 * i) & 15;
    auto byte = static_cast<uint32_t>(bytes >> (8 * (which & 7)) & 255);
    if (which & 8)
      byte = byte & 128 ? 255 : 0;
    result |= byte << (8 * i);
  }
  return result;
}

void lookUp(Warp &warp, const Operation &operation, uint32_t mask) {
  forLanes(mask, [&](uint32_t l) {
    auto at = [&](int i) {
      return static_cast<uint32_t>(warp.slot(operation.op[i])[l]);
    };
    uint32_t a = at(1), b = at(2), c = at(3), result = 0;
    for (uint32_t i = 0; i < 8; ++i)
      if (operation.immediate >> i & 1)
        result |= (i & 4 ? a : ~a) & (i & 2 ? b : ~b) & (i & 1 ? c : ~c);
    warp.slot(operation.op[0])[l] = result;
  });
}

template <class T> uint32_t findHighest(T a) {
  if (a < 0)
    a = static_cast<T>(~a);
  return a ? 8 * sizeof(T) - 1 -
                 static_cast<uint32_t>(std::countl_zero(Unsigned<T>(a)))
           : ~0u;
}

bool decodeCount(Decoder &d) {
  bool amount = d.has("shiftamt");
  Type type = d.type(), result = Type::U32;
  bool known = dispatch(type, [&]<class T>(T) {
    using U = Unsigned<T>;
    if constexpr (sizeof(T) >= 4) {
      if (d.name() == "popc") {
        d.operation.run = unary<uint32_t, U, [](U a) {
          return static_cast<uint32_t>(std::popcount(a));
        }>;
      } else if (d.name() == "clz") {
        d.operation.run = unary<uint32_t, U, [](U a) {
          return static_cast<uint32_t>(std::countl_zero(a));
        }>;
      } else if (d.name() == "bfind") {
        d.operation.run =
            amount ? unary<uint32_t, T,
                           [](T a) {
                             uint32_t highest = findHighest<T>(a);
                             return highest == ~0u
                                        ? ~0u
                                        : 8 * uint32_t(sizeof(T)) - 1 - highest;
                           }>
                   : unary<uint32_t, T, findHighest<T>>;
      } else {
        result = type;
        d.operation.run = unary<U, U, [](U a) {
          U reversed = 0;
          for (uint32_t i = 0; i < 8 * sizeof(U); ++i)
            reversed |= (a >> i & 1) << (8 * sizeof(U) - 1 - i);
          return reversed;
        }>;
      }
    }
  });
  d.operands(result, {type});
  d.finish(2);
  return known;
}

} // namespace

bool dpc::hostcuda::decodeInteger(Decoder &d) {
  const std::string &name = d.name();
  // Those of floats are in Float.cpp.
  Type type = Type::None;
  for (const std::string &part : d.item.parts)
    if (part == "f16" || part == "bf16" || part == "f16x2" ||
        part == "bf16x2" || part == "f32" || part == "f64" || part == "f32x2")
      type = Type::F32;
  if (type != Type::None)
    return false;
  if (name == "add" || name == "sub")
    return decodeSum(d, name == "sub");
  if (name == "addc" || name == "subc")
    return decodeCarry(d, name == "subc", true, d.has("cc"));
  if (name == "mul" || name == "mad")
    return decodeProduct(d, name == "mad");
  if (name == "div")
    return decodeBinary<Divide>(d);
  if (name == "rem")
    return decodeBinary<Remain>(d);
  if (name == "min")
    return decodeBinary<Least>(d);
  if (name == "max")
    return decodeBinary<Most>(d);
  if (name == "abs")
    return decodeUnary<Absolute>(d);
  if (name == "neg")
    return decodeUnary<Negate>(d);
  if (name == "and" || name == "or" || name == "xor" || name == "not")
    return decodeLogic(d);
  if (name == "shl" || name == "shr")
    return decodeShift(d, name == "shl");
  if (name == "shf")
    return decodeFunnel(d);
  if (name == "bfe" || name == "bfi")
    return decodeField(d);
  if (name == "popc" || name == "clz" || name == "brev" || name == "bfind")
    return decodeCount(d);
  if (name == "prmt") {
    d.type();
    d.operation.run = ternary<uint32_t, uint32_t, uint32_t, uint32_t, permute>;
    d.operands(Type::B32, {Type::B32, Type::B32, Type::B32});
    d.finish(4);
    return true;
  }
  if (name == "lop3") {
    d.type();
    d.operands(Type::B32, {Type::B32, Type::B32, Type::B32});
    d.operation.immediate = d.immediate(4);
    d.operation.run = lookUp;
    d.finish(5);
    return true;
  }
  return false;
}
