//===- Decoder.cpp - One instruction, being decoded -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Decoder.h"
#include "test/hostcuda/Number.h"

#include <algorithm>

using namespace dpc::hostcuda;

namespace {

const std::map<std::string_view, Type> &getTypes() {
  static const std::map<std::string_view, Type> types = {
      {"pred", Type::Pred},     {"b8", Type::B8},     {"b16", Type::B16},
      {"b32", Type::B32},       {"b64", Type::B64},   {"u8", Type::U8},
      {"u16", Type::U16},       {"u32", Type::U32},   {"u64", Type::U64},
      {"s8", Type::S8},         {"s16", Type::S16},   {"s32", Type::S32},
      {"s64", Type::S64},       {"f16", Type::F16},   {"bf16", Type::BF16},
      {"f32", Type::F32},       {"f64", Type::F64},   {"f16x2", Type::F16x2},
      {"bf16x2", Type::BF16x2}, {"tf32", Type::TF32}, {"b128", Type::B128}};
  return types;
}

const std::map<std::string_view, Special> &getSpecials() {
  static const std::map<std::string_view, Special> specials = {
      {"%tid.x", Special::TidX},
      {"%tid.y", Special::TidY},
      {"%tid.z", Special::TidZ},
      {"%ntid.x", Special::NtidX},
      {"%ntid.y", Special::NtidY},
      {"%ntid.z", Special::NtidZ},
      {"%ctaid.x", Special::CtaidX},
      {"%ctaid.y", Special::CtaidY},
      {"%ctaid.z", Special::CtaidZ},
      {"%nctaid.x", Special::NctaidX},
      {"%nctaid.y", Special::NctaidY},
      {"%nctaid.z", Special::NctaidZ},
      {"%laneid", Special::LaneId},
      {"%warpid", Special::WarpId},
      {"%nwarpid", Special::NWarpId},
      {"%lanemask_eq", Special::LaneEq},
      {"%lanemask_le", Special::LaneLe},
      {"%lanemask_lt", Special::LaneLt},
      {"%lanemask_ge", Special::LaneGe},
      {"%lanemask_gt", Special::LaneGt},
      {"%dynamic_smem_size", Special::DynamicShared},
      {"%total_smem_size", Special::TotalShared}};
  return specials;
}

} // namespace

uint32_t dpc::hostcuda::getBits(Type type) {
  switch (type) {
  case Type::None:
    return 0;
  case Type::Pred:
    return 1;
  case Type::B8:
  case Type::U8:
  case Type::S8:
    return 8;
  case Type::B16:
  case Type::U16:
  case Type::S16:
  case Type::F16:
  case Type::BF16:
    return 16;
  case Type::B32:
  case Type::U32:
  case Type::S32:
  case Type::F32:
  case Type::F16x2:
  case Type::BF16x2:
  case Type::TF32:
    return 32;
  case Type::B64:
  case Type::U64:
  case Type::S64:
  case Type::F64:
    return 64;
  case Type::B128:
    return 128;
  }
  return 0;
}

bool Decoder::has(std::string_view modifier) {
  for (size_t i = 1; i < item.parts.size(); ++i) {
    if (!taken[i] && item.parts[i] == modifier) {
      taken[i] = true;
      return true;
    }
  }
  return false;
}

int Decoder::oneOf(std::initializer_list<std::string_view> modifiers) {
  int index = 0;
  for (std::string_view modifier : modifiers) {
    if (has(modifier))
      return index;
    ++index;
  }
  return -1;
}

void Decoder::ignore(std::initializer_list<std::string_view> modifiers) {
  for (std::string_view modifier : modifiers)
    has(modifier);
}

Type Decoder::type() {
  for (size_t i = 1; i < item.parts.size(); ++i) {
    auto found = getTypes().find(item.parts[i]);
    if (!taken[i] && found != getTypes().end()) {
      taken[i] = true;
      return found->second;
    }
  }
  fail("lacks a type");
}

int32_t Decoder::constant(uint64_t bits) {
  for (auto &[slot, value] : kernel.constants)
    if (value == bits)
      return slot;
  kernel.constants.push_back({kernel.slots, bits});
  return kernel.slots++;
}

int32_t Decoder::slot(const RawOperand &operand, Type type) {
  switch (operand.kind) {
  case RawOperand::Integer:
    return constant(getBits(type) < 64
                        ? operand.bits & ((1ull << getBits(type)) - 1)
                        : operand.bits);
  case RawOperand::Float32:
  case RawOperand::Float64: {
    // Bits are bits where the types agree, NaNs too.
    if (operand.kind == RawOperand::Float32 && getBits(type) == 32)
      return constant(operand.bits);
    if (operand.kind == RawOperand::Float64 && getBits(type) == 64)
      return constant(operand.bits);
    double value = operand.kind == RawOperand::Float64
                       ? decode(Format::f64(), operand.bits)
                       : decode(Format::f32(), operand.bits);
    if (getBits(type) == 64)
      return constant(encode(Format::f64(), value));
    if (type == Type::F32 || type == Type::B32)
      return constant(encode(Format::f32(), value));
    fail("a float for an operand of this type");
  }
  case RawOperand::Name:
    break;
  default:
    fail("an operand of the wrong kind");
  }
  auto special = getSpecials().find(operand.name);
  if (special != getSpecials().end()) {
    for (auto &[slot, which] : kernel.specials)
      if (which == special->second)
        return slot;
    kernel.specials.push_back({kernel.slots, special->second});
    return kernel.slots++;
  }
  if (operand.name == "WARP_SZ")
    return constant(32);
  Meaning meaning = lookup(operand.name);
  if (!meaning.slot)
    return constant(meaning.address + static_cast<uint64_t>(operand.offset));
  // An operand may be narrower than its register where bits are moved only.
  if (meaning.slot->bits < getBits(type) && type != Type::None)
    fail("'" + operand.name + "' has " + std::to_string(meaning.slot->bits) +
         " bits");
  if (operand.negated) {
    // !p of the few instructions that have it: their handlers look at `mode`.
    fail("a negated operand is not supported here");
  }
  return meaning.slot->index;
}

Slot Decoder::destination(const RawOperand &operand) {
  if (operand.kind != RawOperand::Name)
    fail("a result that is no register");
  if (operand.name == "_")
    return {};
  Meaning meaning = lookup(operand.name);
  if (!meaning.slot)
    fail("'" + operand.name + "' is no register");
  return *meaning.slot;
}

uint64_t Decoder::immediate(size_t at) {
  if (raw(at).kind != RawOperand::Integer)
    fail("operand " + std::to_string(at + 1) + " must be an integer");
  return raw(at).bits;
}

int32_t Decoder::address(size_t at) {
  const RawOperand &operand = raw(at);
  if (operand.kind != RawOperand::Address)
    fail("expected an address");
  if (operand.name.empty())
    return constant(static_cast<uint64_t>(operand.offset));
  Meaning meaning = lookup(operand.name);
  if (!meaning.slot)
    return constant(meaning.address + static_cast<uint64_t>(operand.offset));
  operation.offset = operand.offset;
  return meaning.slot->index;
}

void Decoder::operands(Type result, std::initializer_list<Type> sources) {
  Slot to = destination(raw(0));
  if (to.index != kNoSlot && to.bits < getBits(result))
    fail("the result's register has " + std::to_string(to.bits) + " bits");
  set(0, to.index);
  size_t at = 1;
  for (Type source : sources) {
    set(at, slot(at, source));
    ++at;
  }
}

void Decoder::setGuard() {
  if (item.guard.empty())
    return;
  Meaning meaning = lookup(item.guard);
  if (!meaning.slot || meaning.slot->bits != 1)
    fail("'" + item.guard + "' is no predicate");
  operation.guard = meaning.slot->index;
  operation.guardNegated = item.guardNegated;
}

void Decoder::finish(size_t operands) {
  if (size() != operands)
    fail("has " + std::to_string(size()) + " operands, not " +
         std::to_string(operands));
}

void Decoder::checkModifiers() const {
  for (size_t i = 1; i < taken.size(); ++i)
    if (!taken[i])
      fail("'." + item.parts[i] + "' is not supported here");
}
