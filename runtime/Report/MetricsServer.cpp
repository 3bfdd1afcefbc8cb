//===- MetricsServer.cpp - What Prometheus reads --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Report/MetricsServer.h"
#include "runtime/Core/Flags.h"
#include "runtime/Report/Format.h"

#include <cerrno>
#include <cmath>
#include <csignal>
#include <mutex>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace dpc::rt {

namespace {

constexpr const char *kFlag = "--prometheus";

/// What is told.
struct Snapshot {
  StepRecord step;
  Evaluation evaluation;
  double seconds = 0, dataSeconds = 0;
  int64_t totalSteps = 0;
};

std::string formatValue(double value) {
  return std::isnan(value)   ? "NaN"
         : std::isinf(value) ? (value > 0 ? "+Inf" : "-Inf")
                             : format("%.9g", value);
}

/// The text format of Prometheus, version 0.0.4.
std::string makePage(const Snapshot &now) {
  std::string page;
  auto put = [&](const std::string &name, const char *type, double value) {
    page += "# TYPE dpc_" + name + " " + type + "\ndpc_" + name + " " +
            formatValue(value) + "\n";
  };
  put("step", "counter", static_cast<double>(now.step.step));
  put("steps_planned", "gauge", static_cast<double>(now.totalSteps));
  put("epoch", "gauge", static_cast<double>(now.step.epoch));
  if (now.step.loss)
    put("loss", "gauge", *now.step.loss);
  if (now.step.learningRate)
    put("learning_rate", "gauge", *now.step.learningRate);
  if (now.step.gradNorm)
    put("gradient_norm", "gauge", *now.step.gradNorm);
  put("step_seconds", "gauge", now.step.seconds);
  put("samples_per_second", "gauge", now.step.rate);
  put("training_seconds_total", "counter", now.seconds);
  put("data_wait_seconds_total", "counter", now.dataSeconds);
  for (const Evaluation::Metric &metric : now.evaluation.metrics) {
    std::string name = "eval_" + metric.name;
    for (char &c : name)
      if (!std::isalnum(static_cast<unsigned char>(c)))
        c = '_';
    put(name, "gauge", metric.value);
  }
  return page;
}

/// Whether there is something to read within two seconds.
bool waitFor(int descriptor, short what) {
  pollfd poll = {descriptor, what, 0};
  return ::poll(&poll, 1, 2000) == 1;
}

/// The first line of a request; "" if none comes.
std::string readRequest(int connection) {
  std::string request;
  constexpr size_t most = 4096;
  while (request.size() < most && request.find("\r\n\r\n") == request.npos) {
    char part[1024];
    if (!waitFor(connection, POLLIN))
      return "";
    ssize_t n = ::recv(connection, part, sizeof(part), MSG_DONTWAIT);
    if (n <= 0)
      return "";
    request.append(part, static_cast<size_t>(n));
  }
  return request.substr(0, request.find("\r\n"));
}

void send(int connection, std::string_view bytes) {
  while (!bytes.empty() && waitFor(connection, POLLOUT)) {
    ssize_t n = ::send(connection, bytes.data(), bytes.size(),
                       MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n <= 0)
      return;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

} // namespace

struct MetricsServer::State {
  int socket = -1, wake = -1;
  std::mutex mutex;
  /// Of the thread, under the mutex; of the training.
  Snapshot shown, current;
  std::thread thread;

  ~State() {
    if (thread.joinable()) {
      ::eventfd_write(wake, 1);
      thread.join();
    }
    for (int descriptor : {socket, wake})
      if (descriptor >= 0)
        ::close(descriptor);
  }

  void show() {
    if (!mutex.try_lock())
      return;
    shown = current;
    mutex.unlock();
  }

  void answer(int connection) {
    std::string line = readRequest(connection), status = "200 OK", page;
    if (line.empty())
      return;
    if (!line.starts_with("GET ")) {
      status = "405 Method Not Allowed";
    } else if (line.starts_with("GET /metrics ") ||
               line.starts_with("GET /metrics?")) {
      Snapshot now;
      {
        std::lock_guard<std::mutex> lock(mutex);
        now = shown;
      }
      page = makePage(now);
    } else {
      status = "404 Not Found";
      page = "the metrics are at /metrics\n";
    }
    send(connection, "HTTP/1.1 " + status +
                         "\r\nContent-Type: text/plain; version=0.0.4\r\n"
                         "Connection: close\r\nContent-Length: " +
                         std::to_string(page.size()) + "\r\n\r\n" + page);
  }

  void serve() {
    for (;;) {
      pollfd polls[] = {{socket, POLLIN, 0}, {wake, POLLIN, 0}};
      if (::poll(polls, 2, -1) < 0 && errno != EINTR)
        return;
      if (polls[1].revents)
        return;
      if (!polls[0].revents)
        continue;
      int connection = ::accept4(socket, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0)
        continue;
      answer(connection);
      ::close(connection);
    }
  }
};

Expected<ListenAddress> parseListenAddress(const std::string &text) {
  ListenAddress address;
  size_t colon = text.rfind(':');
  if (colon != std::string::npos)
    address.host = text.substr(0, colon);
  if (address.host.starts_with('[') && address.host.ends_with(']'))
    address.host = address.host.substr(1, address.host.size() - 2);
  address.port = text.substr(colon == std::string::npos ? 0 : colon + 1);
  uint16_t port = 0;
  if (address.host.empty() || !parseNumber(address.port, port))
    return usageError(kFlag, "'" + text + "' is not a port, or ADDRESS:PORT",
                      "write e.g. 9090, or 0.0.0.0:9090 for other machines");
  return address;
}

/// A socket that listens; -1 and what went wrong.
static int listenAt(const ListenAddress &address, std::string &failure) {
  addrinfo hints = {}, *found = nullptr;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  if (int code = ::getaddrinfo(address.host.c_str(), address.port.c_str(),
                               &hints, &found)) {
    failure = ::gai_strerror(code);
    return -1;
  }
  int socket =
      ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int yes = 1;
  if (socket >= 0)
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (socket < 0 || ::bind(socket, found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(socket, 8) != 0) {
    failure = systemError(errno);
    if (socket >= 0)
      ::close(socket);
    socket = -1;
  }
  ::freeaddrinfo(found);
  return socket;
}

/// "127.0.0.1:9090".
static std::string describeAddress(int socket) {
  sockaddr_storage address = {};
  socklen_t length = sizeof(address);
  char host[128] = "", port[16] = "";
  if (::getsockname(socket, reinterpret_cast<sockaddr *>(&address), &length) ==
      0)
    ::getnameinfo(reinterpret_cast<sockaddr *>(&address), length, host,
                  sizeof(host), port, sizeof(port),
                  NI_NUMERICHOST | NI_NUMERICSERV);
  std::string text = host;
  return (text.find(':') == text.npos ? text : "[" + text + "]") + ":" + port;
}

MetricsServer::MetricsServer(std::unique_ptr<State> state)
    : state(std::move(state)) {}

MetricsServer::~MetricsServer() = default;

Expected<std::unique_ptr<MetricsServer>>
MetricsServer::open(const std::string &address, int64_t totalSteps,
                    bool quiet) {
  Expected<ListenAddress> parsed = parseListenAddress(address);
  if (!parsed.ok())
    return parsed.error();
  auto state = std::make_unique<State>();
  state->current.totalSteps = state->shown.totalSteps = totalSteps;
  std::string failure;
  state->socket = listenAt(*parsed, failure);
  state->wake = ::eventfd(0, EFD_CLOEXEC);
  if (state->socket < 0 || state->wake < 0)
    return Error{kFlag, "cannot listen at " + address + ": " + failure,
                 "name another port, or 0 for one that is free"};
  if (!quiet) {
    std::printf("metrics for Prometheus at http://%s/metrics\n",
                describeAddress(state->socket).c_str());
    std::fflush(stdout);
  }
  // Signals are the training's.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  state->thread = std::thread([served = state.get()] { served->serve(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(state)));
}

Status MetricsServer::step(const StepRecord &record) {
  state->current.step = record;
  state->current.seconds += record.seconds;
  state->current.dataSeconds += record.dataSeconds;
  state->show();
  return {};
}

Status MetricsServer::evaluation(int64_t, const Evaluation &evaluation) {
  state->current.evaluation = evaluation;
  state->show();
  return {};
}

Status MetricsServer::finish() {
  state.reset();
  return {};
}

} // namespace dpc::rt
