//===- Late.h - Who is late, in words ---------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_LATE_H
#define DPC_RUNTIME_COMM_LATE_H

#include "runtime/Core/Error.h"

#include <vector>

namespace dpc::rt {

/// What a rank answers to one that asks where it is.
struct Answer {
  bool came = false;
  /// It is busy with what the others wait for.
  bool works = false;
  /// Where it waits.
  std::string place;
};

/// "rank 1" or "ranks 1, 2, 3".
std::string listRanks(const std::vector<int> &ranks);

/// Whom a rank waits for that waits for `expected`, by the answers of all. The
/// text continues "rank 0 waits for ".
std::string describeLate(const std::vector<Answer> &answers, int rank,
                         const std::vector<int> &expected);

/// The error of a rank that has waited for too long, outside of the plan's
/// collectives. `what` continues "rank 0 ".
Error stallError(double seconds, int rank, const std::string &what);

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_LATE_H
