//===- Ranks.cpp - The processes of a run ---------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What a rank has to say it says itself. This process speaks for those that
// cannot: of several deaths it reports the first, whose consequences the others
// are.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Ranks.h"

#include "compiler/Driver/Diagnostics.h"
#include "compiler/Driver/MPIJob.h"
#include "compiler/Driver/TCPJob.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using namespace dpc;

extern char **environ;

namespace {

using Clock = std::chrono::steady_clock;

/// Those that a rank takes for the wish to end (runtime/Core/Signals.h).
constexpr int kEndSignals[] = {SIGTERM, SIGINT,  SIGHUP,
                               SIGUSR1, SIGUSR2, SIGXCPU};

/// The exit status of a rank that says itself why it was not started.
constexpr int kNotStarted = 127;

/// How long ranks may take to end by themselves once one of them has failed,
/// and once they were told to end at once.
constexpr std::chrono::seconds kGrace(3), kLastGrace(1);

/// How long one may be stopped where no rank is left that would wait for it.
constexpr std::chrono::seconds kStopGrace(4);

std::string getSignalName(int signal) {
  const char *name = sigabbrev_np(signal);
  return name ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

struct Rank {
  pid_t process = 0;
  bool isRunning = false;
};

class Supervisor {
public:
  Supervisor(ArrayRef<std::string> command, int64_t count, Transport transport)
      : command(command), ranks(count),
        usesMPI(count > 1 && transport == Transport::MPI) {}

  ~Supervisor() {
    // Another run may follow.
    if (signals >= 0) {
      ::close(signals);
      sigprocmask(SIG_SETMASK, &oldMask, nullptr);
    }
    ::close(runLog);
  }

  int run();
  bool wasAskedToEnd() const { return wasAsked; }

private:
  LogicalResult watchSignals();
  void startRanks();
  void start(size_t rank);
  void readSignals();
  void reap();
  void lookForStopped();
  void notice(size_t rank, int status);
  void noticeEndOfMPI();
  void reportLoss();
  void explainEnd();
  /// Tells the ranks to end, more urgently each time.
  void endRanks();
  bool areRunning() const {
    return any_of(ranks, [](const Rank &rank) { return rank.isRunning; });
  }
  void sendToAll(int signal) {
    for (const Rank &rank : ranks)
      if (rank.isRunning)
        ::kill(rank.process, signal);
  }
  /// Prints one line in all.
  void report(const Twine &where, const Twine &what) {
    if (!hasReported)
      printError(where.str(), what);
    hasReported = true;
  }
  /// That about one of the processes.
  void reportAt(size_t rank, const Twine &what) {
    char host[256] = "";
    ::gethostname(host, sizeof(host) - 1);
    report("rank " + Twine(rank), "process " + Twine(ranks[rank].process) +
                                      " on " + host + " " + what);
  }
  std::string readRunLog() const {
    std::string log(65536, '\0');
    ssize_t size = ::pread(runLog, log.data(), log.size(), 0);
    log.resize(std::max<ssize_t>(size, 0));
    return log;
  }
  void setDeadline(std::chrono::seconds wait) {
    if (!deadline)
      deadline = Clock::now() + wait;
  }

  ArrayRef<std::string> command;
  std::vector<Rank> ranks;
  bool usesMPI;
  MPIJob job;
  TCPJob sockets;
  int signals = -1;
  sigset_t oldMask;
  /// What MPI prints while it starts, and a mark of each rank that has said
  /// itself why it ends (runtime/Core/Error.h).
  int runLog = ::memfd_create("dpc-run", MFD_CLOEXEC);
  bool haveStarted = false, hasReported = false, hasLostMPI = false;
  bool wasAsked = false;
  /// The first rank that ended with an exit status other than 0.
  std::string failedRank;
  /// The first failure's, or that of the signal that ended the run.
  int exitStatus = 0;
  int urgency = 0;
  /// When the ranks that still run are told to end.
  std::optional<Clock::time_point> deadline;
  /// Ranks end together: what a rank has to say of another it has said by then.
  bool hasEnded = false;
  std::optional<Clock::time_point> stopped;
};

/// The ranks inherit what is ignored.
LogicalResult Supervisor::watchSignals() {
  sigset_t watched;
  sigemptyset(&watched);
  for (int signal : {SIGCHLD, SIGQUIT})
    sigaddset(&watched, signal);
  for (int signal : kEndSignals)
    sigaddset(&watched, signal);
  struct sigaction hangup = {};
  if (!sigaction(SIGHUP, nullptr, &hangup) && hangup.sa_handler == SIG_IGN)
    sigdelset(&watched, SIGHUP);
  // The shell has background jobs of a script ignore these two.
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGQUIT, SIG_DFL);
  ::signal(SIGCHLD, SIG_DFL);
  sigprocmask(SIG_BLOCK, &watched, &oldMask);
  signals = signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
  if (signals >= 0)
    return success();
  printError("dpc run", Twine("cannot watch signals: ") + strerror(errno));
  return failure();
}

void Supervisor::start(size_t rank) {
  pid_t self = ::getpid(), child = ::fork();
  if (child < 0) {
    report("dpc run", Twine("cannot start a process: ") + strerror(errno));
    exitStatus = 1;
    return endRanks();
  }
  if (child > 0) {
    ranks[rank] = {child, true};
    return;
  }
  // A rank must not outlive this process, however it ends.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != self)
    ::_exit(1);
  // The signals that it handles stay blocked until it does; it unblocks them.
  sigset_t mask = oldMask;
  for (int signal : kEndSignals)
    sigaddset(&mask, signal);
  sigaddset(&mask, SIGQUIT);
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  if (rank != 0)
    ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  std::vector<char *> words, variables;
  for (const std::string &word : command)
    words.push_back(const_cast<char *>(word.c_str()));
  words.push_back(nullptr);
  if (usesMPI) {
    for (const std::string &entry : job.getEnvironment(rank))
      variables.push_back(const_cast<char *>(entry.c_str()));
    variables.push_back(nullptr);
    environ = variables.data();
    ::setenv("DPC_TRANSPORT", "mpi", 1);
  } else {
    sockets.setEnvironment(rank);
  }
  if (int log = ::dup(runLog); log >= 0)
    ::setenv("DPC_RUN_LOG", std::to_string(log).c_str(), 1);
  ::execv(words[0], words.data());
  printError(command[0], Twine("cannot be started: ") + strerror(errno));
  ::_exit(kNotStarted);
}

void Supervisor::startRanks() {
  haveStarted = true;
  for (size_t rank = 0; rank < ranks.size() && urgency == 0; ++rank)
    start(rank);
  sockets.closeListener();
}

void Supervisor::endRanks() {
  if (urgency++ == 0) {
    // A rank that is stopped sees the signal once it goes on.
    sendToAll(SIGQUIT);
    sendToAll(SIGCONT);
  } else {
    sendToAll(SIGKILL);
  }
  deadline = Clock::now() + kLastGrace;
}

void Supervisor::readSignals() {
  signalfd_siginfo info;
  while (::read(signals, &info, sizeof(info)) == sizeof(info)) {
    int signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGCHLD)
      continue;
    wasAsked = true;
    if (haveStarted && signal != SIGQUIT) {
      // A rank tells this process's signals from those of others.
      sendToAll(signal);
      continue;
    }
    report("dpc run", "ended at once by " + getSignalName(signal));
    exitStatus = 128 + signal;
    endRanks();
  }
}

void Supervisor::notice(size_t rank, int status) {
  ranks[rank].isRunning = false;
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  job.release(rank, code);
  hasEnded = true;
  if (code == 0)
    return;
  if (exitStatus == 0)
    exitStatus = code;
  if (urgency)
    return;
  if (WIFEXITED(status)) {
    // It has said why, unless a library ended it, perhaps for want of mpirun.
    // The others may be about to say and do the same.
    if (code != kNotStarted && !is_contained(kEndSignals, code - 128) &&
        failedRank.empty())
      failedRank = "rank " + std::to_string(rank);
    setDeadline(kGrace);
    return;
  }
  int signal = WTERMSIG(status);
  bool isFault =
      is_contained({SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}, signal);
  reportAt(rank,
           "was ended by signal " + Twine(signal) + " (" +
               getSignalName(signal) + ")" +
               (signal == SIGKILL
                    ? "; see whether the machine ran out of memory"
                : isFault ? "; this is a fault of dpc; please report it"
                          : "") +
               (ranks.size() > 1 ? "; the other ranks are ended too" : ""));
  endRanks();
}

void Supervisor::reap() {
  int status = 0;
  for (pid_t child; (child = ::waitpid(-1, &status, WNOHANG)) > 0;)
    for (size_t rank = 0; rank < ranks.size(); ++rank)
      if (ranks[rank].isRunning && ranks[rank].process == child)
        notice(rank, status);
}

/// Whether a process is stopped, by a signal or by a debugger.
static bool isStopped(pid_t process) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> stat = MemoryBuffer::getFileAsStream(
      "/proc/" + std::to_string(process) + "/stat");
  if (!stat)
    return false;
  // The name before the state is in parentheses and may hold any other.
  StringRef state = (*stat)->getBuffer().rsplit(')').second.ltrim();
  return state.starts_with("T") || state.starts_with("t");
}

void Supervisor::lookForStopped() {
  auto rank = find_if(ranks, [](const Rank &rank) {
    return rank.isRunning && isStopped(rank.process);
  });
  if (rank == ranks.end()) {
    stopped.reset();
    return;
  }
  if (!stopped)
    stopped = Clock::now();
  if (Clock::now() - *stopped < kStopGrace)
    return;
  reportAt(rank - ranks.begin(), "is stopped, and the other ranks have ended; "
                                 "it is ended too");
  exitStatus = 1;
  endRanks();
}

/// The last of mpirun's lines that says something.
static std::string getComplaint(StringRef log) {
  SmallVector<StringRef> lines;
  log.split(lines, '\n', -1, /*KeepEmpty=*/false);
  std::string text;
  for (StringRef line : lines)
    if (line = line.trim();
        !line.empty() && !line.starts_with("--") && text.size() < 300)
      text += (text.empty() ? "" : " ") + line.str();
  return text.empty() ? "it said nothing" : text;
}

void Supervisor::noticeEndOfMPI() {
  // A rank that fails ends mpirun by MPI's own means.
  if (exitStatus)
    return endRanks();
  hasLostMPI = haveStarted;
  if (haveStarted)
    return setDeadline(kLastGrace);
  report("mpirun", "cannot start the ranks: " + getComplaint(job.getLog()));
  exitStatus = 1;
  endRanks();
}

/// Once all ranks have ended: who was the first, if nobody has said it.
void Supervisor::explainEnd() {
  std::string log = readRunLog();
  if (failedRank.empty() || StringRef(log).contains('\1'))
    return;
  if (hasLostMPI)
    return reportLoss();
  // MPI ends ranks that have lost mpirun, which ends otherwise with the status
  // of the rank.
  job.waitForEnd();
  std::optional<int> status = job.getStatus();
  if (status && !(WIFEXITED(*status) && WEXITSTATUS(*status) == exitStatus))
    return reportLoss();
  report(failedRank, "ended with exit status " + Twine(exitStatus) +
                         (log.empty() ? "" : ": " + getComplaint(log)));
}

void Supervisor::reportLoss() {
  std::optional<int> status = job.getStatus();
  report("mpirun", status && WIFSIGNALED(*status)
                       ? "was ended by signal " + Twine(WTERMSIG(*status)) +
                             " (" + getSignalName(WTERMSIG(*status)) +
                             ") before the ranks"
                       : Twine("was ended before the ranks"));
  exitStatus = 1;
}

int Supervisor::run() {
  if (failed(watchSignals()))
    return 1;
  ::fcntl(runLog, F_SETFL, O_APPEND);
  int64_t count = static_cast<int64_t>(ranks.size());
  if (failed(usesMPI ? job.start(count) : sockets.start(count)))
    return 1;
  if (!usesMPI)
    startRanks();
  bool seesEnd = usesMPI;
  while (areRunning() || (!haveStarted && !urgency)) {
    std::vector<pollfd> descriptors = {{signals, POLLIN, 0}};
    job.addDescriptors(descriptors);
    ::poll(descriptors.data(), descriptors.size(),
           deadline   ? 20
           : hasEnded ? 500
                      : -1);
    readSignals();
    reap();
    if (usesMPI)
      job.read();
    if (!haveStarted && !urgency && job.isComplete())
      startRanks();
    if (seesEnd && job.hasEnded() && !urgency) {
      seesEnd = false;
      noticeEndOfMPI();
    }
    if (hasEnded && !deadline)
      lookForStopped();
    if (deadline && Clock::now() > *deadline) {
      if (exitStatus == 0)
        reportLoss();
      endRanks();
    }
  }
  // Ranks that have lost mpirun end without a word.
  if (std::optional<int> status = job.getStatus();
      !hasReported && status && WIFSIGNALED(*status))
    reportLoss();
  explainEnd();
  if (usesMPI && exitStatus == 0)
    job.waitForEnd();
  return exitStatus;
}

} // namespace

static sigset_t listEndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : kEndSignals)
    sigaddset(&signals, signal);
  return signals;
}

void dpc::holdEndSignals() {
  sigset_t held = listEndSignals();
  sigprocmask(SIG_BLOCK, &held, nullptr);
}

RunEnd dpc::runRanks(ArrayRef<std::string> command, int64_t ranks,
                     Transport transport) {
  Supervisor supervisor(command, ranks, transport);
  int status = supervisor.run();
  return {status, supervisor.wasAskedToEnd()};
}

RunEnd dpc::runAlone(ArrayRef<std::string> command, std::string &log) {
  int file = ::memfd_create("dpc-log", MFD_CLOEXEC);
  pid_t self = ::getpid(), child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != self)
      ::_exit(1);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(nothing, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    std::vector<char *> words;
    for (const std::string &word : command)
      words.push_back(const_cast<char *>(word.c_str()));
    words.push_back(nullptr);
    ::execv(words[0], words.data());
    ::dprintf(file, "cannot be started: %s\n", strerror(errno));
    ::_exit(kNotStarted);
  }
  RunEnd end;
  int status = child < 0 ? 1 << 8 : 0;
  sigset_t signals = listEndSignals();
  while (child > 0 && ::waitpid(child, &status, WNOHANG) == 0) {
    timespec wait = {0, 50'000'000};
    int signal = ::sigtimedwait(&signals, nullptr, &wait);
    if (signal < 0)
      continue;
    ::kill(child, SIGTERM);
    if (!end.wasAsked)
      printError("dpc run", "ended at once by " + getSignalName(signal));
    end = {128 + signal, true};
  }
  if (!end.wasAsked)
    end.status =
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  log.resize(4096);
  ssize_t size = ::pread(file, log.data(), log.size(), 0);
  log.resize(std::max<ssize_t>(size, 0));
  ::close(file);
  return end;
}
