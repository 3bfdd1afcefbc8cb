//===- TCPLink.cpp - Small messages between two ranks ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/TCPLink.h"

#include <cerrno>
#include <cstring>

namespace dpc::rt {

namespace {
struct Header {
  TCPLink::Kind kind;
  uint32_t length;
};
} // namespace

void TCPLink::send(Kind kind, std::string_view bytes) {
  Header header = {kind, static_cast<uint32_t>(bytes.size())};
  output.append(reinterpret_cast<const char *>(&header), sizeof(header));
  output.append(bytes);
  flush();
}

void TCPLink::flush() {
  while (!isFlushed()) {
    ssize_t n = ::send(socket.get(), output.data() + begin,
                       output.size() - begin, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    // That the connection has failed, receive() finds.
    if (n < 0)
      break;
    begin += static_cast<size_t>(n);
  }
  if (isFlushed()) {
    output.clear();
    begin = 0;
  }
}

bool TCPLink::receive(std::vector<Frame> &frames) {
  char buffer[65536];
  bool isThere = true;
  while (input.size() < 2 * mostBytes) {
    ssize_t n = ::recv(socket.get(), buffer, sizeof(buffer), 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      isThere = n < 0 && errno == EAGAIN;
      break;
    }
    input.append(buffer, static_cast<size_t>(n));
    if (static_cast<size_t>(n) < sizeof(buffer))
      break;
  }
  size_t at = 0;
  Header header;
  while (input.size() - at >= sizeof(header)) {
    std::memcpy(&header, input.data() + at, sizeof(header));
    if (header.length > mostBytes)
      return false;
    if (input.size() - at - sizeof(header) < header.length)
      break;
    at += sizeof(header);
    frames.push_back({header.kind, input.substr(at, header.length)});
    at += header.length;
  }
  input.erase(0, at);
  return isThere;
}

} // namespace dpc::rt
