//===- Parts.h - The part of a tensor that a rank holds ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_PARTS_H
#define DPC_RUNTIME_DATA_PARTS_H

#include "runtime/Core/Program.h"
#include "runtime/Data/Box.h"

namespace dpc::rt {

/// The block of the whole tensor for which `rank` has room: of the shape that
/// the tensor has there. It may reach beyond the tensor, which is padding.
Box roomOf(const Persistent &tensor, const Mesh &mesh, int64_t rank);

/// That without the padding; perhaps empty.
Box partOf(const Persistent &tensor, const Mesh &mesh, int64_t rank);

/// Copies `rank`'s part of the whole tensor. Padding in `part` is left as it
/// is.
void copyToPart(const Persistent &tensor, const Mesh &mesh, int64_t rank,
                const char *whole, char *part);

/// The other way round, without the padding.
void copyFromPart(const Persistent &tensor, const Mesh &mesh, int64_t rank,
                  const char *part, char *whole);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_PARTS_H
