//===- Signals.cpp - Being asked to end -----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Signals.h"

#include <atomic>
#include <climits>
#include <csignal>
#include <cstring>
#include <sys/resource.h>
#include <unistd.h>

namespace dpc::rt {

namespace {

/// SIGUSR2 and SIGXCPU are what batch systems send before a job's time is over.
/// SIGQUIT ends at once.
constexpr int allSignals[] = {SIGTERM, SIGINT,  SIGHUP, SIGUSR1,
                              SIGUSR2, SIGXCPU, SIGQUIT};

volatile std::sig_atomic_t firstSignal = 0;
volatile std::sig_atomic_t fromLauncher = 0, fromOthers = 0;
volatile std::sig_atomic_t isDone = 0;

/// Files that a handler removes: it may neither allocate nor lock. An entry is
/// in use while its first byte is set, which is written last.
char temporaries[64][PATH_MAX];

/// As the signal's own default: whoever waits for this process sees which
/// signal it was.
void endBy(int signal) {
  for (const char *path : temporaries)
    if (*path)
      ::unlink(path);
  // Some of the signals leave a file with the memory's content.
  rlimit none = {0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(signal, &standard, nullptr);
  sigset_t unblocked;
  ::sigemptyset(&unblocked);
  ::sigaddset(&unblocked, signal);
  ::raise(signal);
  ::sigprocmask(SIG_UNBLOCK, &unblocked, nullptr);
  ::_exit(128 + signal);
}

void handle(int signal, siginfo_t *info, void *) {
  bool isLauncher = info->si_code <= 0 && info->si_pid == ::getppid();
  volatile std::sig_atomic_t &count = isLauncher ? fromLauncher : fromOthers;
  if (signal == SIGQUIT || (count && !isDone))
    endBy(signal);
  count = 1;
  if (!firstSignal)
    firstSignal = signal;
}

} // namespace

void catchSignals() {
  struct sigaction action = {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  for (int signal : allSignals)
    ::sigaddset(&action.sa_mask, signal);
  for (int signal : allSignals) {
    struct sigaction before = {};
    // nohup has a hang-up ignored.
    if (signal == SIGHUP && ::sigaction(signal, nullptr, &before) == 0 &&
        before.sa_handler == SIG_IGN)
      continue;
    ::sigaction(signal, &action, nullptr);
  }
  // 'dpc run' keeps them from the process until here.
  ::sigprocmask(SIG_UNBLOCK, &action.sa_mask, nullptr);
}

int removeBySignal(const std::string &path) {
  if (path.empty() || path.size() >= PATH_MAX)
    return -1;
  for (int slot = 0; char *entry : temporaries) {
    if (!*entry) {
      path.copy(entry + 1, path.size() - 1, 1);
      entry[path.size()] = '\0';
      std::atomic_signal_fence(std::memory_order_seq_cst);
      *entry = path[0];
      return slot;
    }
    ++slot;
  }
  return -1;
}

void keepBySignal(int slot) {
  if (slot >= 0)
    *temporaries[slot] = '\0';
}

void ignoreEndSignals() { isDone = 1; }

int endSignal() { return firstSignal; }

std::string signalName(int signal) {
  const char *name = ::sigabbrev_np(signal);
  return name ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

} // namespace dpc::rt
