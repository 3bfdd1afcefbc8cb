//===- RunProgram.cpp - Another program's work ----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Codegen/RunProgram.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;

namespace {

/// Those on which LLVM removes temporary files, kept back while this lives.
class HeldSignals {
public:
  HeldSignals() {
    sigemptyset(&held);
    for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR2})
      sigaddset(&held, signal);
    sigset_t blocked = held;
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, &old);
  }
  ~HeldSignals() { sigprocmask(SIG_SETMASK, &old, nullptr); }

  const sigset_t &getOld() const { return old; }

  /// Waits a little for the end of a child or one of the signals, which it
  /// takes and returns; 0 if none came.
  int take() {
    sigset_t awaited = held;
    sigaddset(&awaited, SIGCHLD);
    timespec limit = {0, 20'000'000};
    int signal = sigtimedwait(&awaited, nullptr, &limit);
    return signal == SIGCHLD || signal < 0 ? 0 : signal;
  }

private:
  sigset_t held, old;
};

/// The programs that the program started, too. They remove their own temporary
/// files where they are given the time.
void endGroup(pid_t leader) {
  for (int round = 0; round < 200; ++round) {
    if (kill(-leader, round < 150 ? SIGTERM : SIGKILL) && errno == ESRCH)
      return;
    while (waitpid(-leader, nullptr, WNOHANG) > 0)
      ;
    usleep(10'000);
  }
}

} // namespace

int dpc::runProgram(ArrayRef<StringRef> command, std::string &output) {
  std::vector<std::string> words(command.begin(), command.end());
  std::vector<char *> arguments;
  for (std::string &word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  // In memory, as there may be no place for temporary files.
  int log = memfd_create("log", MFD_CLOEXEC);

  int signal = 0, status = -1;
  {
    HeldSignals signals;
    pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      setpgid(0, 0);
      sigprocmask(SIG_SETMASK, &signals.getOld(), nullptr);
      dup2(log, STDOUT_FILENO);
      dup2(log, STDERR_FILENO);
      execv(arguments[0], arguments.data());
      std::string text = "cannot be started: " + std::string(strerror(errno));
      (void)!::write(STDERR_FILENO, text.data(), text.size());
      _exit(127);
    }
    if (child > 0)
      setpgid(child, child);
    else
      output += std::string("cannot be started: ") + strerror(errno);
    while (child > 0 && waitpid(child, &status, WNOHANG) == 0 && !signal)
      signal = signals.take();
    if (signal)
      endGroup(child);
  }
  // LLVM's handler does the rest.
  if (signal)
    raise(signal);

  char buffer[4096];
  off_t at = 0;
  for (ssize_t n; (n = pread(log, buffer, sizeof(buffer), at)) > 0; at += n)
    output.append(buffer, n);
  close(log);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
