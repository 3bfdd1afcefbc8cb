//===- Turn.h - What changes from one iteration to the next -----*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_TURN_H
#define DPC_DIALECTS_SUPPORT_TURN_H

#include <cstdint>

namespace dpc {

/// How something moves from one iteration of a plan's loop to the next, in bytes or
/// in numbers: on and on, or with a count over so many places in turn, in the first
/// iteration at place `first`. All are at least 0, and `first` is less than a count.
struct Turn {
  int64_t stride = 0, count = 0, first = 0;

  /// How far from its first place it is in an iteration.
  int64_t at(int64_t iteration) const {
    return (count ? (first + iteration) % count : iteration) * stride;
  }
  /// How many strides that is at most in `times` iterations.
  int64_t mostSteps(int64_t times) const { return (count ? count : times) - 1; }
};

} // namespace dpc

#endif // DPC_DIALECTS_SUPPORT_TURN_H
