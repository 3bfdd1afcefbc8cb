//===- MPIRollCall.h - Finding out who is late ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A rank that has waited for too long asks all others where they are. Ranks
// that wait, too, answer; one that computes, is stopped or hangs in a read does
// not. A rank that writes a file answers in between that it works.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_MPIROLLCALL_H
#define DPC_RUNTIME_COMM_MPIROLLCALL_H

#include "runtime/Comm/Late.h"

#include "runtime/Comm/MPILibrary.h"
#include <deque>
#include <optional>
#include <vector>

namespace dpc::rt {

class MPIRollCall {
public:
  /// On all ranks together.
  void create();
  void free();

  /// Asks all others and gives them a little time. `place` is for those who ask
  /// meanwhile.
  std::vector<Answer> ask(const std::string &place);
  /// Answers those who ask. `place` says where this rank waits; none where it
  /// works.
  void answer(const std::optional<std::string> &place);

private:
  void send(int to, int tag, std::string text);

  MPI_Comm comm = mpi.noComm;
  int rank = 0, size = 1;
  int round = 0;
  /// Texts on their way; these few are kept until the end.
  std::deque<std::string> sent;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_MPIROLLCALL_H
