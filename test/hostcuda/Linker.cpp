//===- Linker.cpp - A kernel and what it calls, as one list ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Decoder.h"

#include <algorithm>

using namespace dpc::hostcuda;

namespace {

/// Between two variables of shared memory, and of a thread's own.
constexpr uint64_t kGuard = 64;
constexpr size_t kMostOperations = 4'000'000;
constexpr size_t kMostCalls = 32;

uint64_t alignTo(uint64_t value, uint64_t align) {
  return (value + align - 1) / align * align;
}

class Linker {
public:
  Linker(const Module &module, const Symbols &symbols, Kernel &kernel)
      : module(module), symbols(symbols), kernel(kernel) {}

  void link(const Function &function);

private:
  using Meaning = Decoder::Meaning;
  using Scope = std::map<std::string, Meaning>;

  /// One expansion of a function.
  struct Instance {
    std::vector<Scope> scopes;
    std::map<std::string, uint32_t> labels;
    std::vector<std::pair<size_t, std::string>> branches;
    std::vector<size_t> returns;
    /// Targets by the label of their table.
    std::map<std::string, std::vector<RawOperand>> tables;
    std::string lastLabel;
  };

  void expand(const Function &function, Scope parameters);
  void expandItem(const Function &function, const RawItem &item);
  void expandCall(const RawItem &item);
  void expandTable(const Function &function, const RawItem &item);
  void expandFlow(const RawItem &item, Operation::Flow flow);
  void addRegisters(const RawItem &item);
  Meaning addVariable(const std::string &owner, const Variable &variable);
  Meaning find(const RawItem &item, const std::string &name);
  const Function *findFunction(const std::string &name) const;

  const Module &module;
  const Symbols &symbols;
  Kernel &kernel;
  std::vector<Instance> instances;
  /// Shared variables by "function.name": one for all expansions.
  std::map<std::string, Meaning> shared;
};

} // namespace

const Function *Linker::findFunction(const std::string &name) const {
  for (const Function &function : module.functions)
    if (function.defined && function.name == name)
      return &function;
  return nullptr;
}

Decoder::Meaning Linker::addVariable(const std::string &owner,
                                     const Variable &variable) {
  Meaning meaning;
  meaning.space = variable.space;
  if (variable.space == Space::Shared) {
    std::string key = owner + "." + variable.name;
    auto found = shared.find(key);
    if (found != shared.end())
      return found->second;
    if (!variable.bytes) {
      kernel.hasDynamicShared = true;
      meaning.address = kDynamicShared;
      return shared[key] = meaning;
    }
    meaning.address =
        alignTo(kernel.sharedBytes, std::max(variable.align, 16u));
    kernel.cardSharedBytes =
        alignTo(kernel.cardSharedBytes, variable.align) + variable.bytes;
    kernel.shared.push_back({variable.name, meaning.address, variable.bytes});
    kernel.sharedBytes = meaning.address + variable.bytes + kGuard;
    if (kernel.sharedBytes > kDynamicShared)
      throw PtxError(0, "too much shared memory");
    return shared[key] = meaning;
  }
  if (variable.space != Space::Local && variable.space != Space::Param)
    throw PtxError(0, "variable '" + variable.name + "' within a function");
  // What a call takes and returns lies with the thread's own variables.
  meaning.space = Space::Local;
  meaning.address = alignTo(kernel.localBytes, std::max(variable.align, 16u));
  kernel.localBytes = meaning.address + variable.bytes + kGuard;
  return meaning;
}

void Linker::addRegisters(const RawItem &item) {
  Scope &scope = instances.back().scopes.back();
  uint32_t bits = getTypeBits(item.parts[0]);
  for (const RawOperand &names : item.operands) {
    auto add = [&](const std::string &name) {
      Meaning meaning;
      meaning.slot = Slot{kernel.slots++, bits};
      scope[name] = meaning;
    };
    if (!names.bits)
      add(names.name);
    for (uint64_t i = 0; i < names.bits; ++i)
      add(names.name + std::to_string(i));
  }
}

Decoder::Meaning Linker::find(const RawItem &item, const std::string &name) {
  Instance &instance = instances.back();
  for (auto scope = instance.scopes.rbegin(); scope != instance.scopes.rend();
       ++scope) {
    auto found = scope->find(name);
    if (found != scope->end())
      return found->second;
  }
  for (const Variable &variable : module.variables) {
    if (variable.name != name)
      continue;
    if (variable.space == Space::Shared)
      return addVariable("", variable);
    Meaning meaning;
    meaning.space = variable.space;
    meaning.address = symbols.at(name);
    return meaning;
  }
  // The carry, and what a branch by a table compares with: of each expansion.
  if (name == "%CC" || name == "%brx") {
    Meaning meaning;
    meaning.slot = Slot{kernel.slots++, 1};
    return instance.scopes.front()[name] = meaning;
  }
  throw PtxError(item.line, "'" + name + "' is not known");
}

void Linker::expandFlow(const RawItem &item, Operation::Flow flow) {
  Decoder::Lookup lookup = [&](const std::string &name) {
    return find(item, name);
  };
  Decoder decoder(kernel, item, lookup);
  decoder.ignore({"uni"});
  decoder.checkModifiers();
  decoder.setGuard();
  decoder.operation.flow = flow;
  kernel.code.push_back(decoder.operation);
}

void Linker::expandCall(const RawItem &item) {
  if (!item.guard.empty())
    throw PtxError(item.line, "a call under a predicate is not supported");
  size_t at = 0;
  std::vector<RawOperand> results, arguments;
  const std::vector<RawOperand> &operands = item.operands;
  if (at < operands.size() && operands[at].kind == RawOperand::List)
    results = operands[at++].elements;
  std::string name = at < operands.size() ? operands[at++].name : "";
  if (at < operands.size() && operands[at].kind == RawOperand::List)
    arguments = operands[at++].elements;
  const Function *function = findFunction(name);
  if (!function || at != operands.size())
    throw PtxError(item.line, "calls '" + name +
                                  "', which is not defined here (calls through "
                                  "a register are not supported)");
  if (function->parameters.size() != arguments.size() ||
      function->results.size() != results.size())
    throw PtxError(item.line,
                   "calls '" + name + "' with the wrong number of arguments");
  if (instances.size() >= kMostCalls)
    throw PtxError(item.line, "calls are nested too deep: recursion is not "
                              "supported");
  // The function's names mean the caller's memory: nothing is copied.
  Scope scope;
  for (size_t i = 0; i < arguments.size(); ++i)
    scope[function->parameters[i].name] = find(item, arguments[i].name);
  for (size_t i = 0; i < results.size(); ++i)
    scope[function->results[i].name] = find(item, results[i].name);
  expand(*function, std::move(scope));
}

/// brx.idx becomes a comparison and a branch for each target.
void Linker::expandTable(const Function &function, const RawItem &item) {
  auto table = item.operands.size() == 2
                   ? instances.back().tables.find(item.operands[1].name)
                   : instances.back().tables.end();
  if (table == instances.back().tables.end() || !item.guard.empty())
    throw PtxError(item.line, "this branch by a table is not supported");
  std::vector<RawOperand> targets = table->second;
  for (size_t i = 0; i < targets.size(); ++i) {
    RawItem branch;
    branch.line = item.line;
    branch.parts = {"bra"};
    branch.operands = {targets[i]};
    if (i + 1 < targets.size()) {
      RawItem compare;
      compare.line = item.line;
      compare.parts = {"setp", "eq", "u32"};
      RawOperand result, number;
      result.name = branch.guard = "%brx";
      number.kind = RawOperand::Integer;
      number.bits = i;
      compare.operands = {result, item.operands[0], number};
      expandItem(function, compare);
    }
    expandItem(function, branch);
  }
}

void Linker::expandItem(const Function &function, const RawItem &item) {
  Instance &instance = instances.back();
  switch (item.kind) {
  case RawItem::Open:
    instance.scopes.emplace_back();
    return;
  case RawItem::Close:
    instance.scopes.pop_back();
    return;
  case RawItem::Registers:
    addRegisters(item);
    return;
  case RawItem::Declare:
    instance.scopes.back()[item.variable.name] =
        addVariable(function.name, item.variable);
    return;
  case RawItem::Label:
    instance.labels[item.name] = static_cast<uint32_t>(kernel.code.size());
    instance.lastLabel = item.name;
    return;
  case RawItem::Instruction:
    break;
  }
  if (kernel.code.size() > kMostOperations)
    throw PtxError(item.line, "the kernel is too long");
  const std::string &name = item.parts[0];
  if (name == "call")
    return expandCall(item);
  if (name == "bra") {
    if (item.operands.size() != 1)
      throw PtxError(item.line, "a branch has one target");
    instance.branches.push_back({kernel.code.size(), item.operands[0].name});
    return expandFlow(item, Operation::Branch);
  }
  if (name.empty() && item.parts.back() == "branchtargets") {
    instance.tables[instance.lastLabel] = item.operands;
    return;
  }
  if (name == "brx")
    return expandTable(function, item);
  if (name == "ret" && instances.size() > 1) {
    instance.returns.push_back(kernel.code.size());
    return expandFlow(item, Operation::Branch);
  }
  if (name == "ret" || name == "exit")
    return expandFlow(item, Operation::Exit);

  Decoder::Lookup lookup = [&](const std::string &name) {
    return find(item, name);
  };
  Decoder decoder(kernel, item, lookup);
  decoder.setGuard();
  if (!decodeInteger(decoder) && !decodeFloat(decoder) &&
      !decodeApproximate(decoder) && !decodeCompare(decoder) &&
      !decodeConvert(decoder) && !decodeMove(decoder) &&
      !decodeMemory(decoder) && !decodeAtomic(decoder) &&
      !decodeCopy(decoder) && !decodeWarp(decoder) && !decodeMatrix(decoder))
    decoder.fail("this instruction is not supported");
  decoder.checkModifiers();
  // A fence, say, leaves nothing to do.
  if (decoder.operation.run || decoder.operation.flow != Operation::Plain)
    kernel.code.push_back(decoder.operation);
}

void Linker::expand(const Function &function, Scope parameters) {
  instances.emplace_back();
  instances.back().scopes.push_back(std::move(parameters));
  instances.back().scopes.emplace_back();
  for (const RawItem &item : function.body)
    expandItem(function, item);
  Instance &instance = instances.back();
  auto end = static_cast<uint32_t>(kernel.code.size());
  for (auto &[at, label] : instance.branches) {
    auto found = instance.labels.find(label);
    if (found == instance.labels.end())
      throw PtxError(kernel.code[at].line, "'" + label + "' is no label");
    kernel.code[at].target = found->second;
  }
  for (size_t at : instance.returns)
    kernel.code[at].target = end;
  instances.pop_back();
}

void Linker::link(const Function &function) {
  kernel.name = function.name;
  kernel.line = function.line;
  std::copy_n(function.required, 3, kernel.required);
  std::copy_n(function.most, 3, kernel.most);
  Scope scope;
  for (const Variable &parameter : function.parameters) {
    uint64_t at = alignTo(kernel.parameterBytes, parameter.align);
    kernel.parameters.push_back({parameter.name, at, parameter.bytes});
    kernel.parameterBytes = at + parameter.bytes;
    Meaning meaning;
    meaning.space = Space::Param;
    meaning.address = at;
    scope[parameter.name] = meaning;
  }
  expand(function, std::move(scope));
  Operation end;
  end.flow = Operation::Exit;
  end.line = kernel.code.empty() ? function.line : kernel.code.back().line;
  kernel.code.push_back(end);
}

Kernel dpc::hostcuda::decodeKernel(const Module &module,
                                   const Function &function,
                                   const Symbols &symbols) {
  Kernel kernel;
  Linker(module, symbols, kernel).link(function);
  dropUnusedElements(kernel);
  return kernel;
}
