//===- TCPEntrance.cpp - Ranks recognise each other -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/TCPEntrance.h"

#include <cerrno>
#include <cstring>
#include <sys/random.h>

namespace dpc::rt {

namespace {

/// With the version of what follows.
constexpr char magic[] = "dpc-tcp1";
constexpr size_t magicBytes = sizeof(magic) - 1, nonceBytes = 32;
constexpr size_t greetingBytes = magicBytes + nonceBytes;
constexpr size_t helloBytes = greetingBytes + sizeof(Identity) + sizeof(Digest);
constexpr size_t replyBytes = sizeof(Reply) + sizeof(Digest);
/// In front of the door, and the seconds that each has.
constexpr size_t mostVisitors = 256;
constexpr int mostAtOnce = 64;
constexpr double visitTime = 10;
/// Of those who were refused, so many are named.
constexpr int mostNamed = 8;

std::string makeGreeting() {
  std::string bytes(magic, magicBytes);
  bytes.resize(greetingBytes);
  // Never less of so few bytes.
  if (::getrandom(bytes.data() + magicBytes, nonceBytes, 0) !=
      static_cast<ssize_t>(nonceBytes))
    std::abort();
  return bytes;
}

std::string prove(const std::string &secret, const char *who,
                  const std::string &first, const std::string &second) {
  Digest digest = hmacSha256(secret, who + first + second);
  return {reinterpret_cast<const char *>(digest.data()), digest.size()};
}

bool isProof(std::string_view bytes, const std::string &proof) {
  Digest a, b;
  std::memcpy(a.data(), bytes.data(), a.size());
  std::memcpy(b.data(), proof.data(), b.size());
  return isSameDigest(a, b);
}

bool startsWithMagic(const std::string &bytes) {
  size_t n = std::min(bytes.size(), magicBytes);
  return bytes.compare(0, n, magic, n) == 0;
}

/// What is sent here always finds room in a new connection.
bool sendAll(const Descriptor &socket, const std::string &bytes) {
  return ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

/// Reads up to `wanted` bytes in all; false if the other end has closed.
bool receive(const Descriptor &socket, std::string &bytes, size_t wanted) {
  char buffer[512];
  while (bytes.size() < wanted) {
    ssize_t n = ::recv(socket.get(), buffer,
                       std::min(sizeof(buffer), wanted - bytes.size()), 0);
    if (n <= 0)
      return n < 0 && (errno == EAGAIN || errno == EINTR);
    bytes.append(buffer, static_cast<size_t>(n));
  }
  return true;
}

} // namespace

bool Identity::isBeside(const Identity &other) const {
  return !std::strncmp(host, other.host, sizeof(host)) &&
         !std::strncmp(boot, other.boot, sizeof(boot));
}

void TCPEntrance::addDescriptors(std::vector<pollfd> &descriptors) const {
  descriptors.push_back({listener.get(), POLLIN, 0});
  for (const Visitor &visitor : visitors)
    descriptors.push_back({visitor.socket.get(), POLLIN, 0});
}

void TCPEntrance::refuse(const Visitor &visitor, const std::string &why) {
  if (++refused > mostNamed)
    return;
  printWarning(
      "port " + std::to_string(port()),
      "refused a connection from " + visitor.from.text() + ": " + why +
          (refused == mostNamed ? "; further ones are not named" : ""));
}

std::vector<Guest>
TCPEntrance::admit(const std::function<Reply(const Identity &)> &judge) {
  for (int i = 0; i < mostAtOnce; ++i) {
    Address from;
    Descriptor socket(::accept4(listener.get(), from.get(), &from.length,
                                SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.isOpen())
      break;
    std::string greeting = makeGreeting();
    if (sendAll(socket, greeting))
      visitors.push_back({std::move(socket), from, std::move(greeting), "",
                          Patience(visitTime)});
    // Who waits longest goes.
    if (visitors.size() > mostVisitors)
      visitors.pop_front();
  }
  std::vector<Guest> guests;
  for (auto at = visitors.begin(); at != visitors.end();) {
    Visitor &visitor = *at;
    bool isThere = receive(visitor.socket, visitor.bytes, helloBytes);
    const std::string &bytes = visitor.bytes;
    if (!startsWithMagic(bytes)) {
      refuse(visitor, "what it sends is not of dpc");
    } else if (bytes.size() < helloBytes && !isThere) {
      if (!bytes.empty())
        refuse(visitor, "it has not said who it is");
    } else if (bytes.size() < helloBytes) {
      if (!visitor.patience.isOver()) {
        ++at;
        continue;
      }
      refuse(visitor, "it has not said who it is in time");
    } else {
      Guest guest;
      std::memcpy(&guest.identity, bytes.data() + greetingBytes,
                  sizeof(Identity));
      guest.identity.host[sizeof(Identity::host) - 1] = '\0';
      guest.identity.boot[sizeof(Identity::boot) - 1] = '\0';
      size_t length = helloBytes - sizeof(Digest);
      std::string hello = bytes.substr(0, length);
      Reply reply = Reply::OtherSecret;
      if (isProof(std::string_view(bytes).substr(length),
                  prove(secret, "comes", visitor.greeting, hello)))
        reply = judge(guest.identity);
      else
        refuse(visitor,
               "its DPC_TOKEN is another one, or it is of another job");
      std::string answer(reinterpret_cast<const char *>(&reply), sizeof(reply));
      answer += prove(secret, "listens", hello, visitor.greeting + answer);
      if (sendAll(visitor.socket, answer) && reply == Reply::Welcome) {
        guest.socket = std::move(visitor.socket);
        guests.push_back(std::move(guest));
      }
    }
    at = visitors.erase(at);
  }
  return guests;
}

/// Waits for bytes, or for a connection, for a while.
static void waitFor(const Descriptor &socket, short events) {
  pollfd descriptor = {socket.get(), events, 0};
  ::poll(&descriptor, 1, 50);
}

Knock knock(const Address &address, const std::string &secret,
            const Identity &identity, Patience &patience, Patience greeting) {
  Knock result;
  result.socket = beginConnect(address);
  if (!result.socket.isOpen())
    return result;
  auto waits = [&] { return !greeting.isOver() && !patience.isOver(); };
  pollfd connecting = {result.socket.get(), POLLOUT, 0};
  while (::poll(&connecting, 1, 50) <= 0 && waits())
    ;
  // A port of those that systems give away may be this socket's own.
  if (!connecting.revents || getError(result.socket) ||
      selfOf(result.socket).text() == peerOf(result.socket).text())
    return result;
  result.end = Knock::End::Stranger;
  std::string greetings;
  while (greetings.size() < greetingBytes) {
    if (!receive(result.socket, greetings, greetingBytes) ||
        !startsWithMagic(greetings) || !waits())
      return result;
    if (greetings.size() < greetingBytes)
      waitFor(result.socket, POLLIN);
  }
  std::string hello = makeGreeting();
  hello.append(reinterpret_cast<const char *>(&identity), sizeof(identity));
  std::string proof = prove(secret, "comes", greetings, hello);
  if (!sendAll(result.socket, hello + proof))
    return result;
  std::string answer;
  while (answer.size() < replyBytes) {
    if (!receive(result.socket, answer, replyBytes) || patience.isOver())
      return result;
    if (answer.size() < replyBytes)
      waitFor(result.socket, POLLIN);
  }
  std::memcpy(&result.reply, answer.data(), sizeof(Reply));
  bool isProven = isProof(std::string_view(answer).substr(sizeof(Reply)),
                          prove(secret, "listens", hello,
                                greetings + answer.substr(0, sizeof(Reply))));
  if (isProven && result.reply == Reply::Welcome)
    result.end = Knock::End::Welcome;
  else if (isProven || result.reply == Reply::OtherSecret)
    result.end = Knock::End::Refused;
  return result;
}

} // namespace dpc::rt
