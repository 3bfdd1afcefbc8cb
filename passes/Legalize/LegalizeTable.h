//===- LegalizeTable.h - The table of ONNX operators ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Every ONNX operator that dpc knows is an entry (domain, operator, since
// version) -> function. A node of opset version v uses the entry with the
// newest since version that is not newer than v; each entry stands for one row
// of the operator's version history in the ONNX specification, rows that differ
// only in the types they allow sharing a function.
//
// An operator whose meaning changed is registered once for each meaning:
//   table.add("Squeeze", 1, legalizeSqueeze<AxesFrom::Attribute>);
//   table.add("Squeeze", 13, legalizeSqueeze<AxesFrom::Input>);
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_LEGALIZETABLE_H
#define DPC_PASSES_LEGALIZE_LEGALIZETABLE_H

#include "passes/Legalize/Binder.h"

#include <map>

namespace dpc::legalize {

/// The opset versions of the default domain that the entries were written for.
inline constexpr int64_t kOldestOpset = 7;
inline constexpr int64_t kNewestOpset = 28;

/// Builds the nn ops of one node and hands their values to the binder.
using LegalizeFn = mlir::LogicalResult (*)(Binder &node);

class LegalizeTable {
public:
  /// The table with every family registered.
  LegalizeTable();

  void add(llvm::StringRef op, int64_t sinceVersion, LegalizeFn fn,
           llvm::StringRef domain = "");
  /// Null if the operator is not known at this version of its domain.
  LegalizeFn lookup(llvm::StringRef domain, llvm::StringRef op,
                    int64_t version) const;

private:
  using Versions = std::map<int64_t, LegalizeFn>;
  std::map<std::pair<std::string, std::string>, Versions> entries;
};

void registerActivation(LegalizeTable &table);
void registerAttention(LegalizeTable &table);
void registerContrib(LegalizeTable &table);
void registerContribAttention(LegalizeTable &table);
void registerDot(LegalizeTable &table);
void registerEinsum(LegalizeTable &table);
void registerFourier(LegalizeTable &table);
void registerGenerate(LegalizeTable &table);
void registerIndex(LegalizeTable &table);
void registerLogic(LegalizeTable &table);
void registerLookup(LegalizeTable &table);
void registerML(LegalizeTable &table);
void registerMath(LegalizeTable &table);
void registerMatrix(LegalizeTable &table);
void registerNN(LegalizeTable &table);
void registerNorm(LegalizeTable &table);
void registerPad(LegalizeTable &table);
void registerRandom(LegalizeTable &table);
void registerRearrange(LegalizeTable &table);
void registerReduce(LegalizeTable &table);
void registerResize(LegalizeTable &table);
void registerScan(LegalizeTable &table);
void registerScatter(LegalizeTable &table);
void registerSelect(LegalizeTable &table);
void registerShape(LegalizeTable &table);
void registerStructure(LegalizeTable &table);
void registerUnique(LegalizeTable &table);

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_LEGALIZETABLE_H
