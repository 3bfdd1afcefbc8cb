//===- Box.h - Blocks of tensors --------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_BOX_H
#define DPC_RUNTIME_DATA_BOX_H

#include "runtime/Core/Types.h"

namespace dpc::rt {

/// The elements of a tensor whose index in dimension i is in
/// [begin[i], begin[i] + shape[i]). A tensor of rank 0 has one.
struct Box {
  Shape begin, shape;

  bool isEmpty() const;
  int64_t elements() const;
  bool contains(const Box &other) const;
  bool operator==(const Box &) const = default;
};

/// All of a tensor.
Box wholeBox(const Shape &shape);

/// What two boxes of one tensor have in common; empty if nothing.
Box intersect(const Box &a, const Box &b);

/// Copies the elements of `region`, `width` bytes each, which lies in both
/// `source` and `target`, between their row-major blocks.
///
///   region [2:4, 0:3] of source [2:6, 0:3] and target [0:4, 0:3]: the first two
///   rows of the source become the last two of the target
void copyBox(int64_t width, const Box &region, const Box &source,
             const char *from, const Box &target, char *to);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_BOX_H
