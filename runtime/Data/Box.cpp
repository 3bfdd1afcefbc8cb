//===- Box.cpp - Blocks of tensors ----------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Box.h"

#include <algorithm>
#include <cstring>

namespace dpc::rt {

bool Box::isEmpty() const {
  return std::any_of(shape.begin(), shape.end(),
                     [](int64_t extent) { return extent <= 0; });
}

int64_t Box::elements() const {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= std::max<int64_t>(extent, 0);
  return count;
}

bool Box::contains(const Box &other) const {
  for (size_t i = 0; i < shape.size(); ++i)
    if (other.begin[i] < begin[i] ||
        other.begin[i] + other.shape[i] > begin[i] + shape[i])
      return false;
  return true;
}

Box wholeBox(const Shape &shape) { return {Shape(shape.size(), 0), shape}; }

Box intersect(const Box &a, const Box &b) {
  Box both = a;
  for (size_t i = 0; i < a.shape.size(); ++i) {
    both.begin[i] = std::max(a.begin[i], b.begin[i]);
    both.shape[i] = std::max<int64_t>(
        0, std::min(a.begin[i] + a.shape[i], b.begin[i] + b.shape[i]) -
               both.begin[i]);
  }
  return both;
}

void copyBox(int64_t width, const Box &region, const Box &source,
             const char *from, const Box &target, char *to) {
  if (region.isEmpty())
    return;
  size_t dims = region.shape.size();
  // The last dimensions that are whole in both are copied at once.
  size_t outer = dims;
  int64_t run = width;
  while (outer > 0) {
    size_t i = --outer;
    run *= region.shape[i];
    if (region.shape[i] != source.shape[i] ||
        region.shape[i] != target.shape[i])
      break;
  }
  Shape index(outer, 0);
  for (;;) {
    int64_t read = 0, write = 0;
    for (size_t i = 0; i < dims; ++i) {
      int64_t at = region.begin[i] + (i < outer ? index[i] : 0);
      read = read * source.shape[i] + at - source.begin[i];
      write = write * target.shape[i] + at - target.begin[i];
    }
    std::memcpy(to + write * width, from + read * width,
                static_cast<size_t>(run));
    size_t i = outer;
    while (i > 0 && ++index[i - 1] == region.shape[i - 1])
      index[--i] = 0;
    if (i == 0)
      return;
  }
}

} // namespace dpc::rt
