//===- Signals.cpp - Being asked to end -----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Signals.h"

#include <csignal>
#include <cstring>
#include <unistd.h>

namespace dpc::rt {

namespace {

/// SIGUSR2 and SIGXCPU are what batch systems send before a job's time is over.
constexpr int endSignals[] = {SIGTERM, SIGINT,  SIGHUP,
                              SIGUSR1, SIGUSR2, SIGXCPU};

volatile std::sig_atomic_t firstSignal = 0;
volatile std::sig_atomic_t fromLauncher = 0, fromOthers = 0;

/// As the signal's own default: whoever waits for this process sees which
/// signal it was.
void endBy(int signal) {
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
  if (count)
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
  for (int signal : endSignals)
    ::sigaddset(&action.sa_mask, signal);
  for (int signal : endSignals) {
    struct sigaction before = {};
    // nohup has a hang-up ignored.
    if (signal == SIGHUP && ::sigaction(signal, nullptr, &before) == 0 &&
        before.sa_handler == SIG_IGN)
      continue;
    ::sigaction(signal, &action, nullptr);
  }
}

int endSignal() { return firstSignal; }

std::string signalName(int signal) {
  const char *name = ::sigabbrev_np(signal);
  return name ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

} // namespace dpc::rt
