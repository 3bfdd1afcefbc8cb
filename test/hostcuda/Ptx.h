//===- Ptx.h - The text of a PTX module, parsed -----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What LLVM's NVPTX backend writes, and no more: a statement that is not known
// is an error with its line, never skipped.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_PTX_H
#define DPC_TEST_HOSTCUDA_PTX_H

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace dpc::hostcuda {

/// A module that cannot be loaded; what() begins with "PTX line N: ".
struct PtxError : std::runtime_error {
  PtxError(uint32_t line, const std::string &what)
      : std::runtime_error("PTX line " + std::to_string(line) + ": " + what) {}
};

enum class Space : uint8_t { Generic, Global, Const, Shared, Local, Param };

struct RawOperand {
  enum Kind : uint8_t {
    Name,    // a register, label, variable or function; "_" is a sink
    Integer, // bits
    Float32, // bits, of an f32
    Float64, // bits, of an f64
    Address, // [name + offset], or [offset] without a name
    Vector,  // {elements}
    Pair,    // a|b
    List,    // (elements), of a call
  };
  Kind kind = Name;
  bool negated = false; // !p
  std::string name;
  int64_t offset = 0;
  uint64_t bits = 0;
  std::vector<RawOperand> elements;
};

struct Variable {
  Space space = Space::Global;
  std::string name;
  uint32_t align = 1;
  uint64_t bytes = 0;
  bool isExtern = false;
  /// At most `bytes`; the rest is zero.
  std::vector<uint8_t> init;
  /// Addresses of variables within `init`.
  struct Relocation {
    uint64_t at;
    std::string name;
    int64_t addend;
    bool generic;
  };
  std::vector<Relocation> relocations;
};

struct RawItem {
  enum Kind : uint8_t { Instruction, Label, Open, Close, Registers, Declare };
  Kind kind = Instruction;
  uint32_t line = 0;
  /// Instruction: its mnemonic's parts ("ld", "global", "v4", "b32").
  std::vector<std::string> parts;
  std::vector<RawOperand> operands;
  std::string guard;
  bool guardNegated = false;
  /// Label: its name. Registers: type in parts[0], names in operands, of which
  /// `bits` counts those of name<bits>.
  std::string name;
  Variable variable;
};

struct Function {
  std::string name;
  uint32_t line = 0;
  bool entry = false, defined = false;
  std::vector<Variable> parameters, results;
  std::vector<RawItem> body;
  /// 0 where nothing is said.
  uint32_t required[3] = {}, most[3] = {};
};

struct Module {
  /// As 80 for 8.0, and as 90 for sm_90.
  uint32_t version = 0, target = 0;
  std::vector<Variable> variables;
  std::vector<Function> functions;
};

/// Throws PtxError.
Module parsePtx(std::string_view text);

/// Bits of a fundamental type such as "b32"; 0 if it is none. Predicates have 1.
uint32_t getTypeBits(std::string_view type);

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_PTX_H
