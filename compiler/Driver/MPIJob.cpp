//===- MPIJob.cpp - mpirun, kept out of the way ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Between this process and mpirun stands a keeper. It ends mpirun, and removes
// what mpirun leaves in the folder of temporaries, also when this process was
// killed.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/MPIJob.h"

#include "compiler/Driver/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using namespace dpc;

extern char **environ;

static constexpr const char *kAgentVariable = "DPC_AGENT";

/// A socket's name that is in no folder.
static socklen_t makeAddress(StringRef name, sockaddr_un &address) {
  address = {};
  address.sun_family = AF_UNIX;
  size_t length = std::min(name.size(), sizeof(address.sun_path) - 1);
  std::memcpy(address.sun_path + 1, name.data(), length);
  return offsetof(sockaddr_un, sun_path) + 1 + length;
}

std::optional<int> dpc::runAgent() {
  const char *name = getenv(kAgentVariable);
  if (!name)
    return std::nullopt;
  int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address;
  socklen_t length = makeAddress(name, address);
  if (descriptor < 0 ||
      ::connect(descriptor, reinterpret_cast<sockaddr *>(&address), length))
    return 1;
  std::string bytes;
  size_t own = strlen(kAgentVariable);
  for (char **entry = environ; *entry; ++entry)
    if (strncmp(*entry, kAgentVariable, own) || (*entry)[own] != '=')
      bytes.append(*entry, strlen(*entry) + 1);
  for (size_t done = 0; done < bytes.size();) {
    ssize_t n = ::send(descriptor, bytes.data() + done, bytes.size() - done,
                       MSG_NOSIGNAL);
    if (n <= 0)
      return 1;
    done += n;
  }
  ::shutdown(descriptor, SHUT_WR);
  unsigned char status = 1;
  while (::read(descriptor, &status, 1) < 0 && errno == EINTR)
    ;
  return status;
}

/// mpirun has pipes among its files, too, which LLVM's function leaves.
static void removeFolder(StringRef folder) {
  std::error_code ignored;
  std::filesystem::remove_all(folder.str(), ignored);
}

/// Whether the process has ended within the time.
static bool waitFor(pid_t process, int &status, int milliseconds) {
  for (;; milliseconds -= 10) {
    if (::waitpid(process, &status, WNOHANG) != 0)
      return true;
    if (milliseconds <= 0)
      return false;
    ::usleep(10000);
  }
}

/// The keeper: runs mpirun until it ends or `control` does.
[[noreturn]] static void keep(ArrayRef<char *> command, int control,
                              StringRef folder) {
  pid_t keeper = ::getpid();
  pid_t mpirun = ::fork();
  if (mpirun == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() == keeper)
      ::execv(command[0], command.data());
    ::_exit(127);
  }
  pollfd end = {control, POLLIN, 0};
  int status = 0;
  while (mpirun > 0 && !waitFor(mpirun, status, 0)) {
    if (::poll(&end, 1, 20) <= 0)
      continue;
    ::kill(mpirun, SIGTERM);
    if (!waitFor(mpirun, status, 3000)) {
      ::kill(mpirun, SIGKILL);
      waitFor(mpirun, status, 1000);
    }
    break;
  }
  ::send(control, &status, sizeof(status), MSG_NOSIGNAL);
  removeFolder(folder);
  ::_exit(0);
}

LogicalResult MPIJob::start(int64_t ranks) {
  ErrorOr<std::string> mpirun = sys::findProgramByName("mpirun");
  if (!mpirun) {
    printError("mpirun", "not found on PATH; install Open MPI (Debian: "
                         "openmpi-bin)");
    return failure();
  }
  SmallString<128> prefix;
  sys::path::system_temp_directory(/*erasedOnReboot=*/true, prefix);
  if (const char *wish = getenv("TMPDIR"))
    prefix = wish;
  std::string where = prefix.str().str();
  sys::path::append(prefix, "dpc-run");
  if (std::error_code code = sys::fs::createUniqueDirectory(prefix, folder)) {
    printError("TMPDIR", "cannot make a temporary folder in '" + where +
                             "': " + code.message() +
                             "; set TMPDIR to a folder that can be written");
    return failure();
  }

  std::string name = folder.str().str();
  sockaddr_un address;
  socklen_t length = makeAddress(name, address);
  listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int controls[2] = {-1, -1}, outputs[2] = {-1, -1};
  if (listener < 0 ||
      ::bind(listener, reinterpret_cast<sockaddr *>(&address), length) ||
      ::listen(listener, static_cast<int>(ranks)) ||
      ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, controls) ||
      ::pipe2(outputs, O_CLOEXEC)) {
    printError("dpc run", Twine("cannot be prepared: ") + strerror(errno));
    removeFolder(folder);
    return failure();
  }
  agents.resize(ranks);
  order.assign(ranks, 0);

  std::string self =
      sys::fs::getMainExecutable(nullptr, reinterpret_cast<void *>(&runAgent));
  std::vector<std::string> words = {*mpirun, "-n", std::to_string(ranks),
                                    "--bind-to", "none", "--oversubscribe",
                                    "--mca", "orte_tmpdir_base", name,
                                    // The agents need no time to say goodbye.
                                    "--mca", "odls_base_sigkill_timeout", "0"};
  if (geteuid() == 0)
    words.push_back("--allow-run-as-root");
  words.push_back(self);
  std::vector<char *> command;
  for (std::string &word : words)
    command.push_back(word.data());
  command.push_back(nullptr);

  pid_t parent = ::fork();
  if (parent == 0) {
    // A grandchild, so that this process has no children but its ranks.
    ::setsid();
    if (::fork() != 0)
      ::_exit(0);
    ::setenv(kAgentVariable, name.c_str(), 1);
    int null = ::open("/dev/null", O_RDONLY);
    ::dup2(null, STDIN_FILENO);
    ::dup2(outputs[1], STDOUT_FILENO);
    ::dup2(outputs[1], STDERR_FILENO);
    int control = ::dup2(controls[0], STDERR_FILENO + 1);
    ::close_range(STDERR_FILENO + 2, ~0U, 0);
    ::fcntl(control, F_SETFD, FD_CLOEXEC);
    // Ignored signals and the mask are inherited by mpirun.
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    keep(command, control, name);
  }
  ::close(controls[0]);
  ::close(outputs[1]);
  control = controls[1];
  output = outputs[0];
  ::fcntl(output, F_SETFL, O_NONBLOCK);
  ::waitpid(parent, nullptr, 0);
  return success();
}

void MPIJob::addDescriptors(std::vector<pollfd> &descriptors) const {
  for (int descriptor : {listener, ended ? -1 : output})
    if (descriptor >= 0)
      descriptors.push_back({descriptor, POLLIN, 0});
  for (const Agent &agent : agents)
    if (agent.descriptor >= 0 && !agent.isWhole)
      descriptors.push_back({agent.descriptor, POLLIN, 0});
}

void MPIJob::readAgent(Agent &agent) {
  char buffer[4096];
  ssize_t n;
  while ((n = ::read(agent.descriptor, buffer, sizeof(buffer))) > 0)
    agent.bytes.append(buffer, n);
  if (n < 0)
    return;
  agent.isWhole = true;
  SmallVector<StringRef> entries;
  StringRef(agent.bytes).split(entries, '\0', -1, /*KeepEmpty=*/false);
  for (StringRef entry : entries) {
    agent.environment.push_back(entry.str());
    size_t rank = 0;
    if (entry.consume_front("OMPI_COMM_WORLD_RANK=") &&
        !entry.getAsInteger(10, rank) && rank < agents.size()) {
      order[rank] = &agent - agents.data();
      ++complete;
    }
  }
}

void MPIJob::read() {
  char buffer[4096];
  ssize_t n = -1;
  while (!ended && (n = ::read(output, buffer, sizeof(buffer))) > 0)
    if (log.size() < 65536)
      log.append(buffer, n);
  if (n == 0) {
    ended = true;
    int value = 0;
    if (::recv(control, &value, sizeof(value), MSG_DONTWAIT) == sizeof(value))
      status = value;
  }
  for (Agent &agent : agents) {
    if (agent.descriptor < 0 && listener >= 0) {
      agent.descriptor =
          ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      // The name is there for all users of the machine.
      ucred peer = {};
      socklen_t size = sizeof(peer);
      if (agent.descriptor >= 0 && (::getsockopt(agent.descriptor, SOL_SOCKET,
                                                 SO_PEERCRED, &peer, &size) ||
                                    peer.uid != geteuid())) {
        ::close(agent.descriptor);
        agent.descriptor = -1;
      }
    }
    if (agent.descriptor >= 0 && !agent.isWhole)
      readAgent(agent);
  }
}

void MPIJob::release(size_t rank, int exitStatus) {
  if (agents.empty() || agents[order[rank]].descriptor < 0)
    return;
  unsigned char byte = exitStatus;
  ::send(agents[order[rank]].descriptor, &byte, 1, MSG_NOSIGNAL);
}

void MPIJob::waitForEnd() {
  // The keeper needs 4 s at most.
  for (int rounds = 0; control >= 0 && !ended && rounds < 500; ++rounds) {
    pollfd end = {output, POLLIN, 0};
    ::poll(&end, 1, 10);
    read();
  }
}

void MPIJob::stop() {
  if (control < 0)
    return;
  ::shutdown(control, SHUT_WR);
  waitForEnd();
  ::close(control);
  control = -1;
  for (Agent &agent : agents)
    if (agent.descriptor >= 0)
      ::close(agent.descriptor);
  ::close(listener);
  ::close(output);
  // In case that the keeper was killed.
  removeFolder(folder);
}
