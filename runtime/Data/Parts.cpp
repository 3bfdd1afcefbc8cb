//===- Parts.cpp - The part of a tensor that a rank holds -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Parts.h"

namespace dpc::rt {

Box roomOf(const Persistent &tensor, const Mesh &mesh, int64_t rank) {
  Box room{{}, tensor.shape};
  for (size_t i = 0; i < tensor.shape.size(); ++i)
    room.begin.push_back(mesh.linearIndex(tensor.dimAxes[i], rank) *
                         tensor.shape[i]);
  return room;
}

Box partOf(const Persistent &tensor, const Mesh &mesh, int64_t rank) {
  return intersect(roomOf(tensor, mesh, rank), wholeBox(tensor.globalShape));
}

void copyToPart(const Persistent &tensor, const Mesh &mesh, int64_t rank,
                const char *whole, char *part) {
  copyBox(typeBytes(tensor.dtype), partOf(tensor, mesh, rank),
          wholeBox(tensor.globalShape), whole, roomOf(tensor, mesh, rank),
          part);
}

void copyFromPart(const Persistent &tensor, const Mesh &mesh, int64_t rank,
                  const char *part, char *whole) {
  copyBox(typeBytes(tensor.dtype), partOf(tensor, mesh, rank),
          roomOf(tensor, mesh, rank), part, wholeBox(tensor.globalShape),
          whole);
}

} // namespace dpc::rt
