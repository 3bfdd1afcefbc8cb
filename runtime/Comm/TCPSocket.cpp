//===- TCPSocket.cpp - Connections that never block -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/TCPSocket.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

namespace dpc::rt {

static constexpr int socketKind = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

bool Address::isLoopback() const {
  if (bytes.ss_family == AF_INET) {
    sockaddr_in four;
    std::memcpy(&four, &bytes, sizeof(four));
    return ntohl(four.sin_addr.s_addr) >> 24 == 127;
  }
  sockaddr_in6 six;
  std::memcpy(&six, &bytes, sizeof(six));
  if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr))
    return six.sin6_addr.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
}

void Address::setPort(int port) {
  // Both families have it at the same place.
  uint16_t network = htons(static_cast<uint16_t>(port));
  std::memcpy(reinterpret_cast<char *>(&bytes) +
                  offsetof(sockaddr_in, sin_port),
              &network, sizeof(network));
}

std::string Address::text(bool withPort) const {
  char host[256] = "", port[16] = "";
  if (::getnameinfo(get(), length, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV))
    return "an unknown address";
  std::string name = host;
  if (name.rfind("::ffff:", 0) == 0)
    name = name.substr(7);
  if (!withPort)
    return name;
  if (name.find(':') != std::string::npos)
    name = "[" + name + "]";
  return name + ":" + port;
}

Expected<std::vector<Address>> findAddresses(const std::string &host,
                                             int port) {
  addrinfo hints = {}, *list = nullptr;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  int code =
      ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (code)
    return Error{"MASTER_ADDR",
                 "'" + host + "' has no address: " + ::gai_strerror(code),
                 "name rank 0's machine so that all others know it"};
  std::vector<Address> addresses;
  for (addrinfo *entry = list; entry; entry = entry->ai_next) {
    Address &address = addresses.emplace_back();
    std::memcpy(&address.bytes, entry->ai_addr, entry->ai_addrlen);
    address.length = entry->ai_addrlen;
  }
  ::freeaddrinfo(list);
  return addresses;
}

bool namesLoopback(const std::string &host) {
  return host == "localhost" || host.rfind("127.", 0) == 0;
}

static Descriptor listenOn(int family, bool loopback, int port) {
  Descriptor socket(::socket(family, socketKind, 0));
  Address address;
  address.bytes.ss_family = static_cast<sa_family_t>(family);
  int on = 1, off = 0;
  if (family == AF_INET) {
    sockaddr_in four = {};
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(loopback ? INADDR_LOOPBACK : INADDR_ANY);
    std::memcpy(&address.bytes, &four, sizeof(four));
    address.length = sizeof(four);
  } else {
    // Of all addresses, also those of version 4.
    sockaddr_in6 six = {};
    six.sin6_family = AF_INET6;
    six.sin6_addr = in6addr_any;
    std::memcpy(&address.bytes, &six, sizeof(six));
    address.length = sizeof(six);
  }
  address.setPort(port);
  if (!socket.isOpen())
    return socket;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (family == AF_INET6)
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  if (::bind(socket.get(), address.get(), address.length) ||
      ::listen(socket.get(), 1024)) {
    int code = errno;
    socket.close();
    errno = code;
  }
  return socket;
}

Descriptor listenOn(bool loopback, int port) {
  if (!loopback) {
    Descriptor socket = listenOn(AF_INET6, false, port);
    if (socket.isOpen() || errno == EADDRINUSE || errno == EACCES)
      return socket;
  }
  return listenOn(AF_INET, loopback, port);
}

int getPort(const Descriptor &socket) {
  Address address = selfOf(socket);
  uint16_t network = 0;
  std::memcpy(&network,
              reinterpret_cast<char *>(&address.bytes) +
                  offsetof(sockaddr_in, sin_port),
              sizeof(network));
  return ntohs(network);
}

Descriptor beginConnect(const Address &address) {
  Descriptor socket(::socket(address.bytes.ss_family, socketKind, 0));
  if (socket.isOpen() &&
      ::connect(socket.get(), address.get(), address.length) &&
      errno != EINPROGRESS)
    socket.close();
  return socket;
}

int getError(const Descriptor &socket) {
  int code = 0;
  socklen_t length = sizeof(code);
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &code, &length))
    return errno;
  return code;
}

void prepareConnection(const Descriptor &socket, double seconds) {
  auto set = [&](int level, int option, int value) {
    ::setsockopt(socket.get(), level, option, &value, sizeof(value));
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  // Two thirds of the time pass before the first question.
  constexpr int questions = 4;
  int total = seconds > 0 ? static_cast<int>(std::min(seconds, 600.0)) : 600;
  int interval = std::max(total / 3 / questions, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, std::max(total - interval * questions, 1));
  set(IPPROTO_TCP, TCP_KEEPINTVL, interval);
  set(IPPROTO_TCP, TCP_KEEPCNT, questions);
}

Address peerOf(const Descriptor &socket) {
  Address address;
  ::getpeername(socket.get(), address.get(), &address.length);
  return address;
}

Address selfOf(const Descriptor &socket) {
  Address address;
  ::getsockname(socket.get(), address.get(), &address.length);
  return address;
}

} // namespace dpc::rt
