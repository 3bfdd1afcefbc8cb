//===- TCPJob.cpp - Ranks that meet at a socket of dpc run ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/TCPJob.h"

#include "compiler/Driver/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace llvm;
using namespace dpc;

LogicalResult TCPJob::start(int64_t count) {
  ranks = count;
  if (ranks == 1)
    return success();
  listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto *generic = reinterpret_cast<sockaddr *>(&address);
  char secret[32];
  if (listener < 0 || ::bind(listener, generic, length) ||
      ::listen(listener, 1024) || ::getsockname(listener, generic, &length) ||
      ::getrandom(secret, sizeof(secret), 0) != sizeof(secret)) {
    printError("dpc run", Twine("cannot be prepared: ") + strerror(errno));
    return failure();
  }
  port = ntohs(address.sin_port);
  token = toHex(StringRef(secret, sizeof(secret)));
  return success();
}

void TCPJob::setEnvironment(size_t rank) const {
  // What other launchers left would contradict.
  for (const char *name :
       {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE",
        "PMIX_RANK", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_STEP_NUM_TASKS",
        "TORCHELASTIC_RUN_ID", "TORCHELASTIC_USE_AGENT_STORE", "RANK",
        "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "DPC_MASTER_PORT",
        "DPC_LISTENER"})
    ::unsetenv(name);
  if (ranks == 1)
    return;
  auto set = [](const char *name, const std::string &value) {
    ::setenv(name, value.c_str(), 1);
  };
  for (const char *name : {"RANK", "LOCAL_RANK"})
    set(name, std::to_string(rank));
  for (const char *name : {"WORLD_SIZE", "LOCAL_WORLD_SIZE"})
    set(name, std::to_string(ranks));
  set("MASTER_ADDR", "127.0.0.1");
  set("MASTER_PORT", std::to_string(port));
  set("DPC_TOKEN", token);
  set("DPC_TRANSPORT", "tcp");
  if (rank == 0) {
    ::fcntl(listener, F_SETFD, 0);
    set("DPC_LISTENER", std::to_string(listener));
  }
}

void TCPJob::closeListener() {
  if (listener >= 0)
    ::close(std::exchange(listener, -1));
}
