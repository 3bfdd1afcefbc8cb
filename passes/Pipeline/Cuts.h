//===- Cuts.h - Where to cut a sequence into pieces -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_PIPELINE_CUTS_H
#define DPC_PASSES_PIPELINE_CUTS_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace dpc {

/// Cuts items of the given costs into `pieces` (at most as many as there are
/// items) runs, none empty. `bytes[i]` is what a cut in front of item i sends
/// on; `fixed[i]`, if not negative, the piece that item i must be in. Among the
/// cuts whose largest piece is within 5 % of the smallest possible, those that
/// send the least; among these the earliest. Returns where each piece begins;
/// nothing if what is fixed is in no such order.
std::vector<int64_t> chooseCuts(llvm::ArrayRef<double> costs,
                                llvm::ArrayRef<int64_t> bytes,
                                llvm::ArrayRef<int64_t> fixed, int64_t pieces);

} // namespace dpc

#endif // DPC_PASSES_PIPELINE_CUTS_H
