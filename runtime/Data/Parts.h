//===- Parts.h - The part of a tensor that a rank holds ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_PARTS_H
#define DPC_RUNTIME_DATA_PARTS_H

#include "runtime/Core/Program.h"

namespace dpc::rt {

/// Copies `rank`'s part of the whole tensor. Padding in `part` is left as it
/// is.
void copyToPart(const Persistent &tensor, const Mesh &mesh, int64_t rank,
                const char *whole, char *part);

/// The other way round, without the padding.
void copyFromPart(const Persistent &tensor, const Mesh &mesh, int64_t rank,
                  const char *part, char *whole);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_PARTS_H
