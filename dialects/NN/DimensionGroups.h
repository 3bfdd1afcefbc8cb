//===- DimensionGroups.h - Which dimensions were one ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_DIMENSIONGROUPS_H
#define DPC_DIALECTS_NN_DIMENSIONGROUPS_H

#include "mlir/Support/LLVM.h"

#include <cstdint>
#include <optional>

namespace dpc::nn {

/// Per dimension of `shape`, the extents that it has in `refined`: {4}, {3, 5,
/// 4} of 4x60 and 4x3x5x4. None where `refined` is not `shape` with dimensions
/// split; an extent of 1 that is only in `refined` goes with what follows.
std::optional<llvm::SmallVector<llvm::SmallVector<int64_t>>>
getDimensionGroups(llvm::ArrayRef<int64_t> shape,
                   llvm::ArrayRef<int64_t> refined);

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_DIMENSIONGROUPS_H
