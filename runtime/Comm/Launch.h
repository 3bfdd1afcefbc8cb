//===- Launch.h - Who started this process ----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_LAUNCH_H
#define DPC_RUNTIME_COMM_LAUNCH_H

#include "runtime/Core/Error.h"

namespace dpc::rt {

/// What carries what ranks say to each other.
enum class Transport { Alone, MPI, TCP };

/// Where ranks find each other that no library brings together.
struct MeetingPlace {
  /// Rank 0's machine, by name or address.
  std::string host;
  /// Rank 0 listens on the first of so many ports that is free. With more than
  /// one, others may hold some of them.
  int port = 0, ports = 1;
  /// What only this job's ranks know, or at least no other job has by chance.
  std::string secret;
};

/// What the environment says about this process, before any library is asked.
struct Launch {
  /// The environment variable that gave the size; empty when started alone.
  std::string source;
  int rank = 0;
  int size = 1;
  /// Among the ranks of this machine, if the launcher says it.
  std::optional<int> localRank;
  Transport transport = Transport::Alone;
  /// Of Transport::TCP.
  MeetingPlace place;
};

/// Looks at the variables of Open MPI, PMIx, PMI, Slurm and torchrun and
/// refuses contradictions.
Expected<Launch> resolveLaunch();

/// The first name of a Slurm node list, such as "b03" of "b[03-07,9],c1".
std::string firstNode(std::string_view list);

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_LAUNCH_H
