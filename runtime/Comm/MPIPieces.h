//===- MPIPieces.h - Counts beyond MPI's int --------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_MPIPIECES_H
#define DPC_RUNTIME_COMM_MPIPIECES_H

#include <algorithm>
#include <cstdint>

namespace dpc::rt {

/// Calls `run(begin, size)` for each piece of `count` of at most `most`.
template <typename Run> void inPieces(int64_t count, int64_t most, Run run) {
  for (int64_t begin = 0; begin < count; begin += most)
    run(begin, static_cast<int>(std::min(most, count - begin)));
}

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_MPIPIECES_H
