//===- LegalizeTable.cpp - The table of ONNX operators --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/LegalizeTable.h"

using namespace mlir;

namespace dpc::legalize {

/// The default domain has two spellings.
static StringRef canonicalDomain(StringRef domain) {
  return domain == "ai.onnx" ? "" : domain;
}

LegalizeTable::LegalizeTable() {
  registerActivation(*this);
  registerAttention(*this);
  registerContrib(*this);
  registerContribAttention(*this);
  registerDot(*this);
  registerEinsum(*this);
  registerFourier(*this);
  registerGenerate(*this);
  registerIndex(*this);
  registerLogic(*this);
  registerLookup(*this);
  registerML(*this);
  registerMath(*this);
  registerMatrix(*this);
  registerNN(*this);
  registerNorm(*this);
  registerPad(*this);
  registerRandom(*this);
  registerRearrange(*this);
  registerReduce(*this);
  registerResize(*this);
  registerScan(*this);
  registerScatter(*this);
  registerSelect(*this);
  registerShape(*this);
  registerStructure(*this);
  registerUnique(*this);
}

void LegalizeTable::add(StringRef op, int64_t sinceVersion, LegalizeFn fn,
                        StringRef domain) {
  entries[{canonicalDomain(domain).str(), op.str()}][sinceVersion] = fn;
}

LegalizeFn LegalizeTable::lookup(StringRef domain, StringRef op,
                                 int64_t version) const {
  domain = canonicalDomain(domain);
  if (domain.empty() && (version < kOldestOpset || version > kNewestOpset))
    return nullptr;
  auto versions = entries.find({domain.str(), op.str()});
  if (versions == entries.end())
    return nullptr;
  auto newer = versions->second.upper_bound(version);
  if (newer == versions->second.begin())
    return nullptr;
  return std::prev(newer)->second;
}

} // namespace dpc::legalize
