//===- Launch.cpp - Who started this process ------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/Launch.h"

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace dpc::rt {

namespace {

/// A launcher's variables, the most specific launcher first.
struct Source {
  const char *rank;
  const char *size;
};
constexpr Source mpiSources[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"PMI_RANK", "PMI_SIZE"},
};

bool readNumber(const char *name, int &value) {
  const char *text = std::getenv(name);
  if (!text)
    return false;
  const char *end = text + std::strlen(text);
  auto [stop, code] = std::from_chars(text, end, value);
  return code == std::errc() && stop == end;
}

} // namespace

Expected<Launch> resolveLaunch() {
  Launch launch;
  for (const Source &source : mpiSources) {
    Launch found{source.size, 0, 0};
    if (!readNumber(source.rank, found.rank) ||
        !readNumber(source.size, found.size))
      continue;
    if (found.size < 1 || found.rank < 0 || found.rank >= found.size)
      return Error{source.size,
                   "says " + std::to_string(found.size) + " ranks but " +
                       source.rank + " is " + std::to_string(found.rank),
                   "unset what another launcher left in the environment"};
    if (launch.source.empty())
      launch = found;
    else if (launch.rank != found.rank || launch.size != found.size)
      return Error{launch.source,
                   "says rank " + std::to_string(launch.rank) + " of " +
                       std::to_string(launch.size) + " but " + source.size +
                       " says rank " + std::to_string(found.rank) + " of " +
                       std::to_string(found.size),
                   "start with one launcher only"};
  }
  if (!launch.source.empty())
    return launch;
  // Under 'srun --mpi=pmix' only PMIx knows; Slurm's variables alone also stand
  // in a batch script, which is not a rank.
  if (std::getenv("PMIX_RANK") && std::getenv("PMIX_NAMESPACE")) {
    launch.source = "PMIX_RANK";
    readNumber("PMIX_RANK", launch.rank);
    if (!readNumber("SLURM_STEP_NUM_TASKS", launch.size))
      launch.size = 0; // MPI will tell
    return launch;
  }
  int size = 1;
  if (std::getenv("TORCHELASTIC_RUN_ID") && readNumber("WORLD_SIZE", size) &&
      size > 1)
    return Error{"WORLD_SIZE",
                 "torchrun started " + std::to_string(size) +
                     " processes, but ranks are MPI's",
                 "start with 'dpc run' or mpirun"};
  return launch;
}

} // namespace dpc::rt
