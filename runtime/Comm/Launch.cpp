//===- Launch.cpp - Who started this process ------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Launchers start each other: mpirun and torchrun within Slurm inherit the
// variables of the step that they are themselves. Of several that speak of the
// same processes, all must agree.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/Launch.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace dpc::rt {

namespace {

/// Ports from which one is taken where none is this job's alone.
constexpr int portRange = 16;

/// A launcher's variables.
struct Source {
  const char *rank, *size, *localRank, *localSize;
};
constexpr Source mpiSources[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
     "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"},
};
constexpr Source torchSource = {"RANK", "WORLD_SIZE", "LOCAL_RANK",
                                "LOCAL_WORLD_SIZE"};
/// Of a step. In a batch script, which is no rank, there is a SLURM_PROCID, too.
constexpr Source slurmSource = {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS",
                                "SLURM_LOCALID", "SLURM_STEP_TASKS_PER_NODE"};

const char *find(const char *name) {
  const char *text = std::getenv(name);
  return text && *text ? text : nullptr;
}

bool readNumber(const char *name, int &value) {
  const char *text = find(name);
  if (!text)
    return false;
  const char *end = text + std::strlen(text);
  auto [stop, code] = std::from_chars(text, end, value);
  return code == std::errc() && stop == end;
}

std::string describe(const Launch &launch) {
  return "says rank " + std::to_string(launch.rank) + " of " +
         std::to_string(launch.size);
}

/// Adds what one source says to what is known.
Status add(Launch &launch, const Source &source) {
  Launch found;
  found.source = source.size;
  if (!readNumber(source.rank, found.rank) ||
      !readNumber(source.size, found.size))
    return {};
  if (found.size < 1 || found.rank < 0 || found.rank >= found.size)
    return Error{source.size,
                 "says " + std::to_string(found.size) + " ranks but " +
                     source.rank + " is " + std::to_string(found.rank),
                 "unset what another launcher left in the environment"};
  if (int local = 0; find(source.localRank)) {
    int most = found.size, here = 0;
    if (readNumber(source.localSize, here))
      most = std::min(most, here);
    if (!readNumber(source.localRank, local) || local < 0 || local >= most)
      return Error{source.localRank,
                   "is '" + std::string(find(source.localRank)) +
                       "', but the ranks of a machine are numbered from 0 to " +
                       std::to_string(most - 1),
                   "give each rank of a machine its own number"};
    found.localRank = local;
  }
  if (launch.source.empty())
    launch = found;
  else if (launch.rank != found.rank || launch.size != found.size)
    return Error{launch.source,
                 describe(launch) + " but " + source.size + " " +
                     describe(found),
                 "start with one launcher only"};
  return {};
}

/// RANK and WORLD_SIZE by hand need an address; a RANK alone is somebody
/// else's.
Status checkTorch() {
  int number = 0;
  if (!find("MASTER_ADDR") && !find("TORCHELASTIC_RUN_ID"))
    return {};
  for (const char *name : {torchSource.rank, torchSource.size})
    if (!readNumber(name, number) &&
        (find(torchSource.rank) || find(torchSource.size)))
      return Error{name,
                   find(name) ? "is '" + std::string(find(name)) +
                                    "', which is no number"
                              : std::string("is not set"),
                   "ranks need RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT"};
  return {};
}

} // namespace

std::string firstNode(std::string_view list) {
  size_t open = list.find('[');
  size_t comma = list.find(',');
  if (open == std::string_view::npos || comma < open)
    return std::string(list.substr(0, comma));
  std::string_view inner = list.substr(open + 1);
  size_t end = inner.find_first_of("-,]");
  size_t close = inner.find(']');
  std::string name(list.substr(0, open));
  name += inner.substr(0, end);
  if (close != std::string_view::npos) {
    std::string_view behind = inner.substr(close + 1);
    name += behind.substr(0, behind.find(','));
  }
  return name;
}

static Expected<int> readPort(const char *name) {
  int port = 0;
  if (!readNumber(name, port) || port < 1 || port > 65535)
    return Error{name, "is '" + std::string(find(name)) + "', which is no port",
                 "ports are numbers from 1 to 65535"};
  return port;
}

/// The host on which rank 0 runs.
static Expected<std::string> findHost(bool isSlurm) {
  if (const char *host = find("MASTER_ADDR"))
    return std::string(host);
  int nodes = 0;
  if (isSlurm) {
    if ((readNumber("SLURM_STEP_NUM_NODES", nodes) ||
         readNumber("SLURM_NNODES", nodes)) &&
        nodes == 1)
      return std::string("127.0.0.1");
    for (const char *name :
         {"SLURM_STEP_NODELIST", "SLURM_NODELIST", "SLURM_JOB_NODELIST"})
      if (const char *list = find(name))
        return firstNode(list);
    if (const char *host = find("SLURM_LAUNCH_NODE_IPADDR"))
      return std::string(host);
  }
  return Error{"MASTER_ADDR", "is not set, so that ranks cannot find rank 0",
               "set it to rank 0's machine, and MASTER_PORT to a free port"};
}

static Status findPlace(MeetingPlace &place, bool isSlurm) {
  Expected<std::string> host = findHost(isSlurm);
  if (!host.ok())
    return host.error();
  place.host = *host;
  std::string job;
  int number = 0, step = 0;
  if (const char *run = find("TORCHELASTIC_RUN_ID"))
    job = std::string("torchrun ") + run;
  else if (isSlurm && readNumber("SLURM_JOB_ID", number)) {
    readNumber("SLURM_STEP_ID", step);
    job = "slurm " + std::to_string(number) + "." + std::to_string(step);
  }
  for (const char *name : {"DPC_MASTER_PORT", "MASTER_PORT"}) {
    if (!find(name))
      continue;
    Expected<int> port = readPort(name);
    if (!port.ok())
      return port.error();
    place.port = *port;
    // There torchrun itself listens.
    const char *store = find("TORCHELASTIC_USE_AGENT_STORE");
    if (store && !std::strcmp(store, "True") && name[0] == 'M') {
      place.port = std::min(place.port + 1, 65536 - portRange);
      place.ports = portRange;
    }
    break;
  }
  if (place.port == 0 && job.rfind("slurm", 0) == 0) {
    // Below those that systems give to whoever asks.
    place.port = 20000 + number % 750 * portRange;
    place.ports = portRange;
  }
  if (place.port == 0)
    return Error{"MASTER_PORT", "is not set, so that ranks cannot find rank 0",
                 "set it to a port that is free on rank 0's machine"};
  if (job.empty())
    job = "port " + std::to_string(place.port);
  const char *token = find("DPC_TOKEN");
  place.secret = (token ? token : "") + std::string("\n") + job;
  return {};
}

Expected<Launch> resolveLaunch() {
  Launch launch;
  const char *wish = find("DPC_TRANSPORT");
  if (wish && std::strcmp(wish, "mpi") && std::strcmp(wish, "tcp"))
    return usageError("DPC_TRANSPORT",
                      "is '" + std::string(wish) + "', which is no transport",
                      "set it to mpi or tcp, or unset it");
  bool wantsTCP = wish && !std::strcmp(wish, "tcp");
  // What torchrun itself was started by does not speak of its children.
  bool isTorchrun = find("TORCHELASTIC_RUN_ID");
  for (const Source &source : mpiSources)
    if (!isTorchrun || !find("SLURM_PROCID"))
      if (Status status = add(launch, source); !status.ok())
        return status.error();
  bool isMPI = !launch.source.empty();
  Status status = checkTorch();
  if (status.ok())
    status = add(launch, torchSource);
  bool isSlurm = !isTorchrun && !find("OMPI_COMM_WORLD_RANK");
  // Under 'srun --mpi=pmix' PMIx knows.
  bool isPMIx = isSlurm && !isMPI && !wantsTCP && find("PMIX_RANK") &&
                find("PMIX_NAMESPACE");
  if (status.ok() && isSlurm && !isMPI && !isPMIx)
    status = add(launch, slurmSource);
  if (!status.ok())
    return status.error();
  if (isPMIx) {
    Launch found;
    found.source = "PMIX_RANK";
    found.transport = Transport::MPI;
    readNumber("PMIX_RANK", found.rank);
    if (!readNumber("SLURM_STEP_NUM_TASKS", found.size))
      found.size = 0; // MPI will tell
    if (!launch.source.empty() && launch.rank != found.rank)
      return Error{launch.source,
                   describe(launch) + " but PMIX_RANK is " +
                       std::to_string(found.rank),
                   "start with one launcher only"};
    return found;
  }
  if (launch.source.empty())
    return launch;
  if (isMPI && !wantsTCP) {
    launch.transport = Transport::MPI;
    return launch;
  }
  if (launch.size == 1)
    return launch;
  if (wish && !wantsTCP)
    return Error{"DPC_TRANSPORT",
                 "is mpi, but " + launch.source + " is not of an MPI launcher",
                 "start with 'dpc run', mpirun or srun --mpi=pmix"};
  launch.transport = Transport::TCP;
  status = findPlace(launch.place, isSlurm);
  if (!status.ok())
    return status.error();
  return launch;
}

} // namespace dpc::rt
