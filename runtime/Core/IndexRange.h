//===- IndexRange.h - Integers that name rows of a table --------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_INDEXRANGE_H
#define DPC_RUNTIME_CORE_INDEXRANGE_H

#include "runtime/Core/Types.h"

namespace dpc::rt {

/// [lower, upper), and one value besides, which may be in it.
struct IndexRange {
  int64_t lower = 0, upper = 0, except = lower;

  /// "[-5, 5)", "[0, 5) or -100".
  std::string description() const;
};

/// The position of the first of `count` integers that is not in the range;
/// `count` if there is none.
int64_t findOutside(const void *data, int64_t count, DpcType type,
                    const IndexRange &range);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_INDEXRANGE_H
