//===- TCPJob.h - Ranks that meet at a socket of dpc run --------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_TCPJOB_H
#define DPC_COMPILER_DRIVER_TCPJOB_H

#include "mlir/Support/LLVM.h"

#include <string>

namespace dpc {

/// The environment of ranks on this machine that need no MPI. The socket at
/// which rank 0 listens is made here, so that its port is surely free; a token
/// that nobody else knows keeps others away.
class TCPJob {
public:
  TCPJob() = default;
  ~TCPJob() { closeListener(); }
  TCPJob(const TCPJob &) = delete;

  /// One rank needs nothing. Prints an error on failure.
  llvm::LogicalResult start(int64_t ranks);
  /// In the process that will be a rank.
  void setEnvironment(size_t rank) const;
  /// Once rank 0 has it.
  void closeListener();

private:
  int64_t ranks = 1;
  int listener = -1, port = 0;
  std::string token;
};

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_TCPJOB_H
