//===- TCPSocket.h - Connections that never block ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// All descriptors are closed in programs that this one starts.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_TCPSOCKET_H
#define DPC_RUNTIME_COMM_TCPSOCKET_H

#include "runtime/Core/Error.h"

#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace dpc::rt {

/// Owns a descriptor.
class Descriptor {
public:
  explicit Descriptor(int number = -1) : number(number) {}
  Descriptor(Descriptor &&other) : number(std::exchange(other.number, -1)) {}
  Descriptor &operator=(Descriptor &&other) {
    std::swap(number, other.number);
    return *this;
  }
  ~Descriptor() { close(); }
  int get() const { return number; }
  bool isOpen() const { return number >= 0; }
  void close() {
    if (number >= 0)
      ::close(std::exchange(number, -1));
  }

private:
  int number;
};

struct Address {
  sockaddr_storage bytes = {};
  socklen_t length = sizeof(sockaddr_storage);

  sockaddr *get() { return reinterpret_cast<sockaddr *>(&bytes); }
  const sockaddr *get() const {
    return reinterpret_cast<const sockaddr *>(&bytes);
  }
  bool isLoopback() const;
  void setPort(int port);
  /// "10.0.0.1:4000", or "10.0.0.1" without the port.
  std::string text(bool withPort = true) const;
};

/// Of a name or a number. Blocks as long as the system's resolver does.
Expected<std::vector<Address>> findAddresses(const std::string &host, int port);

/// Whether a host means this machine to itself and to nobody else.
bool namesLoopback(const std::string &host);

/// Listens, on the loopback addresses or on all. Port 0: any. On failure, errno
/// says why, and nothing is open.
Descriptor listenOn(bool loopback, int port);
int getPort(const Descriptor &socket);

/// Begins to connect; once the socket can be written, it has, or failed.
Descriptor beginConnect(const Address &address);
/// The error that the socket has run into; 0: none.
int getError(const Descriptor &socket);

/// Small messages leave at once, and the system asks a peer of which it hears
/// nothing whether it is there, within about so many seconds.
void prepareConnection(const Descriptor &socket, double seconds);

/// Of the other end, or of this one.
Address peerOf(const Descriptor &socket);
Address selfOf(const Descriptor &socket);

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_TCPSOCKET_H
