//===- MPIMessages.h - What MPI says ----------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_MPIMESSAGES_H
#define DPC_RUNTIME_COMM_MPIMESSAGES_H

#include "runtime/Comm/Control.h"

namespace dpc::rt {

/// What Open MPI itself prints. Once it has started, that is kept for this
/// rank's own error: of a rank that is killed, the others would print a line
/// each about messages that failed.
class MPIMessages {
public:
  /// Before MPI starts. Until divert(), what is printed goes to the launcher's
  /// log if there is one: of ranks that MPI ends in its start it says why.
  MPIMessages();
  void divert();

  /// Ends the job if `code` is one of MPI's errors.
  void check(Control &control, int code) const;
  /// MPI's words for one of its errors.
  static std::string text(int code);

private:
  void restore();
  std::string read() const;

  int terminal = -1, descriptor = -1;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_MPIMESSAGES_H
