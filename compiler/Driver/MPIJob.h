//===- MPIJob.h - mpirun, kept out of the way -------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// mpirun answers a signal, and the end of one rank, by killing the others, and
// says little about either. Hence the ranks are no children of mpirun: it
// starts agents, each of which hands over the environment of its rank and
// waits. The ranks are started in these environments by `dpc run` itself.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_MPIJOB_H
#define DPC_COMPILER_DRIVER_MPIJOB_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/SmallString.h"

#include <optional>
#include <poll.h>
#include <string>
#include <vector>

namespace dpc {

/// mpirun with its agents, in a session of its own. It ends when this object
/// does, or this process, in whichever way.
class MPIJob {
public:
  MPIJob() = default;
  ~MPIJob() { stop(); }
  MPIJob(const MPIJob &) = delete;

  /// Prints an error on failure.
  llvm::LogicalResult start(int64_t ranks);

  /// Adds what can be waited for.
  void addDescriptors(std::vector<pollfd> &descriptors) const;
  /// Reads what has come. Does not block.
  void read();

  /// "NAME=VALUE" of each rank, once all have come.
  bool isComplete() const { return complete == agents.size(); }
  const std::vector<std::string> &getEnvironment(size_t rank) const {
    return agents[order[rank]].environment;
  }

  /// Lets a rank's agent end, with the exit status of the rank.
  void release(size_t rank, int exitStatus);
  /// Waits for the end of mpirun, which has nothing left to do, for a while.
  void waitForEnd();
  /// Ends mpirun unless it has ended, and waits for that.
  void stop();

  bool hasEnded() const { return ended; }
  /// What waitpid said about mpirun; none if its keeper was ended.
  std::optional<int> getStatus() const { return status; }
  /// What mpirun had to say.
  llvm::StringRef getLog() const { return log; }

private:
  struct Agent {
    int descriptor = -1;
    std::string bytes;
    std::vector<std::string> environment;
    bool isWhole = false;
  };

  void readAgent(Agent &agent);

  llvm::SmallString<128> folder;
  int listener = -1;
  /// To the keeper, closed to end mpirun; its status comes back.
  int control = -1;
  /// mpirun's standard output and error; its end is that of the keeper.
  int output = -1;
  bool ended = false;
  std::optional<int> status;
  std::string log;
  std::vector<Agent> agents;
  /// Agents by rank.
  std::vector<size_t> order;
  size_t complete = 0;
};

/// The agent's exit status, if this process is one.
std::optional<int> runAgent();

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_MPIJOB_H
