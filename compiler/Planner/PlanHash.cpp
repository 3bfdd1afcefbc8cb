//===- PlanHash.cpp - What tells plans apart ------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Planner/PlanHash.h"

#include "dialects/NN/NNDialect.h"

#include "llvm/Support/xxhash.h"

using namespace mlir;

namespace {

class Hasher {
public:
  /// Takes an op with its regions.
  void add(Operation *op) {
    SmallVector<uint64_t, 16> words = {
        hash,
        get(names, op->getName().getAsOpaquePointer(),
            [&](raw_ostream &os) { os << op->getName(); }),
        getText(attributes, op->getAttrDictionary()),
        getText(locations, op->getLoc()), op->getNumRegions()};
    for (Value operand : op->getOperands())
      words.push_back(numbers.at(operand));
    for (Value result : op->getResults()) {
      words.push_back(getText(types, result.getType()));
      number(result);
    }
    take(words);
    for (Region &region : op->getRegions())
      for (Block &block : region) {
        SmallVector<uint64_t, 16> arguments = {hash, block.getNumArguments()};
        for (BlockArgument argument : block.getArguments()) {
          arguments.push_back(getText(types, argument.getType()));
          number(argument);
        }
        take(arguments);
        for (Operation &inner : block)
          add(&inner);
      }
  }

  uint64_t getHash() const { return hash; }

private:
  void number(Value value) { numbers.try_emplace(value, numbers.size()); }

  void take(ArrayRef<uint64_t> words) {
    hash = llvm::xxh3_64bits(
        ArrayRef(reinterpret_cast<const uint8_t *>(words.data()),
                 words.size() * sizeof(uint64_t)));
  }

  /// Of what is uniqued the text is written once.
  template <typename Map, typename Key, typename Print>
  uint64_t get(Map &known, Key key, Print print) {
    auto [entry, isNew] = known.try_emplace(key, 0);
    if (isNew) {
      std::string text;
      llvm::raw_string_ostream os(text);
      print(os);
      entry->second = llvm::xxh3_64bits(text);
    }
    return entry->second;
  }

  template <typename Map, typename Key> uint64_t getText(Map &known, Key key) {
    return get(known, key, [&](raw_ostream &os) { key.print(os); });
  }

  uint64_t hash = 0;
  DenseMap<const void *, uint64_t> names;
  DenseMap<Attribute, uint64_t> attributes;
  DenseMap<Location, uint64_t> locations;
  DenseMap<Type, uint64_t> types;
  DenseMap<Value, uint64_t> numbers;
};

} // namespace

uint64_t dpc::hashPlan(ModuleOp module) {
  Hasher hasher;
  for (Operation &op : *module.getBody())
    if (!isa<nn::ParameterOp>(op))
      hasher.add(&op);
  return hasher.getHash();
}
