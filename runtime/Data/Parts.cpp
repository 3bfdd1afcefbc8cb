//===- Parts.cpp - The part of a tensor that a rank holds -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Parts.h"

#include <algorithm>
#include <cstring>

namespace dpc::rt {

namespace {

/// Calls `copy(offset in the whole, offset in the part, bytes)` for every run
/// of elements that are contiguous in both.
template <typename Copy>
void forEachRun(const Persistent &tensor, const Mesh &mesh, int64_t rank,
                Copy copy) {
  const Shape &whole = tensor.globalShape, &part = tensor.shape;
  size_t dims = whole.size();
  // Of every dimension, where the part starts and how much of it is no padding.
  Shape begin(dims), valid(dims);
  for (size_t i = 0; i < dims; ++i) {
    begin[i] = mesh.linearIndex(tensor.dimAxes[i], rank) * part[i];
    valid[i] = std::clamp<int64_t>(whole[i] - begin[i], 0, part[i]);
    if (valid[i] == 0)
      return;
  }
  int64_t width = typeBytes(tensor.dtype);
  int64_t run = dims ? valid[dims - 1] : 1;
  Shape index(dims, 0);
  for (;;) {
    int64_t source = 0, target = 0;
    for (size_t i = 0; i < dims; ++i) {
      source = source * whole[i] + begin[i] + index[i];
      target = target * part[i] + index[i];
    }
    copy(source * width, target * width, static_cast<size_t>(run * width));
    // The next run: the last dimension is copied whole.
    size_t i = dims > 0 ? dims - 1 : 0;
    while (i > 0 && ++index[i - 1] == valid[i - 1])
      index[--i] = 0;
    if (i == 0)
      return;
  }
}

} // namespace

void copyToPart(const Persistent &tensor, const Mesh &mesh, int64_t rank,
                const char *whole, char *part) {
  forEachRun(tensor, mesh, rank,
             [&](int64_t source, int64_t target, size_t bytes) {
               std::memcpy(part + target, whole + source, bytes);
             });
}

void copyFromPart(const Persistent &tensor, const Mesh &mesh, int64_t rank,
                  const char *part, char *whole) {
  forEachRun(tensor, mesh, rank,
             [&](int64_t source, int64_t target, size_t bytes) {
               std::memcpy(whole + source, part + target, bytes);
             });
}

} // namespace dpc::rt
