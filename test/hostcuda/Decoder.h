//===- Decoder.h - One instruction, being decoded ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_DECODER_H
#define DPC_TEST_HOSTCUDA_DECODER_H

#include "test/hostcuda/Program.h"

#include <initializer_list>
#include <optional>

namespace dpc::hostcuda {

enum class Type : uint8_t {
  None,
  Pred,
  B8,
  B16,
  B32,
  B64,
  U8,
  U16,
  U32,
  U64,
  S8,
  S16,
  S32,
  S64,
  F16,
  BF16,
  F32,
  F64,
  F16x2,
  BF16x2,
  TF32,
  B128,
};

uint32_t getBits(Type type);
inline bool isSigned(Type type) {
  return type >= Type::S8 && type <= Type::S64;
}
inline bool isFloat(Type type) {
  return type >= Type::F16 && type <= Type::TF32;
}

/// A register, where it lies and how wide it is.
struct Slot {
  int32_t index = kNoSlot;
  uint32_t bits = 0;
};

/// What one instruction says, and what it becomes. The functions that decode
/// take its modifiers one by one; one that nobody takes is an error.
class Decoder {
public:
  /// Names in scope: nothing, or a register, or an address in a space.
  struct Meaning {
    std::optional<Slot> slot;
    Space space = Space::Generic;
    uint64_t address = 0;
  };
  using Lookup = std::function<Meaning(const std::string &)>;

  Decoder(Kernel &kernel, const RawItem &item, const Lookup &lookup)
      : kernel(kernel), item(item), lookup(lookup) {
    operation.line = item.line;
    taken.resize(item.parts.size());
    taken[0] = true;
  }

  const std::string &name() const { return item.parts[0]; }
  size_t size() const { return item.operands.size(); }
  const RawOperand &raw(size_t at) {
    if (at >= item.operands.size())
      fail("too few operands");
    return item.operands[at];
  }

  /// Takes a modifier; false if the instruction has none of that name.
  bool has(std::string_view modifier);
  /// Takes the first of these and returns which, or -1.
  int oneOf(std::initializer_list<std::string_view> modifiers);
  void ignore(std::initializer_list<std::string_view> modifiers);
  /// Takes the next modifier that is a type.
  Type type();

  /// The slot of operand `at`; a constant's value is of `type`.
  int32_t slot(size_t at, Type type) { return slot(raw(at), type); }
  int32_t slot(const RawOperand &operand, Type type);
  /// A register that is written.
  Slot destination(const RawOperand &operand);
  int32_t constant(uint64_t bits);
  /// An integer that is part of the instruction.
  uint64_t immediate(size_t at);
  /// Sets the address's slot, offset and, where it is known, space.
  int32_t address(size_t at);
  Meaning find(const std::string &name) { return lookup(name); }

  /// op[at...] = a destination and sources of one type.
  void operands(Type destination, std::initializer_list<Type> sources);
  void set(size_t at, int32_t slot) { operation.op[at] = slot; }
  void setGuard();
  void finish(size_t operands);
  void checkModifiers() const;

  [[noreturn]] void fail(const std::string &what) const {
    std::string text = name();
    for (size_t i = 1; i < item.parts.size(); ++i)
      text += "." + item.parts[i];
    throw PtxError(item.line, what + " ('" + text + "')");
  }

  Kernel &kernel;
  const RawItem &item;
  Operation operation;

private:
  const Lookup &lookup;
  std::vector<bool> taken;
};

/// Takes the modifier of the space in which operand `address` is.
Space takeSpace(Decoder &decoder, size_t address);

// Each decodes the instructions of its file; false if this is none of them.
bool decodeInteger(Decoder &decoder);
bool decodeFloat(Decoder &decoder);
bool decodeApproximate(Decoder &decoder);
bool decodeCompare(Decoder &decoder);
bool decodeConvert(Decoder &decoder);
bool decodeMove(Decoder &decoder);
bool decodeMemory(Decoder &decoder);
bool decodeAtomic(Decoder &decoder);
bool decodeCopy(Decoder &decoder);
bool decodeWarp(Decoder &decoder);
bool decodeMatrix(Decoder &decoder);

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_DECODER_H
