//===- TCPEntrance.h - Ranks recognise each other ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Who listens greets with a number that was never used before; who comes says
// who it is, with a number of its own and a proof, over both, that it knows the
// job's secret; and gets a proof back. What strangers can send is of fixed
// length, and they have little time for it. What comes behind the handshake is
// neither encrypted nor proven.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_TCPENTRANCE_H
#define DPC_RUNTIME_COMM_TCPENTRANCE_H

#include "runtime/Comm/Patience.h"
#include "runtime/Comm/Sha256.h"
#include "runtime/Comm/TCPSocket.h"

#include <functional>
#include <list>
#include <poll.h>

namespace dpc::rt {

/// What a connection is for.
enum class Purpose : uint32_t { Join, Control, Data };

/// Who somebody says to be. Travels as it is.
struct Identity {
  Purpose purpose = Purpose::Join;
  uint32_t rank = 0, size = 1;
  /// -1: not known.
  int32_t localRank = -1;
  /// Where it listens.
  uint32_t port = 0;
  uint32_t process = 0;
  /// The machine's name, and what is another after each of its starts.
  char host[64] = "", boot[40] = "";

  /// Whether both run on one machine.
  bool isBeside(const Identity &other) const;
};

/// What somebody who comes is told.
enum class Reply : uint32_t {
  Welcome,
  OtherSecret,
  OtherSize,
  RankIsTaken,
  LocalRankIsTaken
};

struct Guest {
  Descriptor socket;
  Identity identity;
};

/// A door, and those in front of it.
class TCPEntrance {
public:
  TCPEntrance(Descriptor listener, std::string secret)
      : listener(std::move(listener)), secret(std::move(secret)) {}

  int port() const { return getPort(listener); }
  void addDescriptors(std::vector<pollfd> &descriptors) const;
  /// Moves on with all who knock and returns those who knew the secret and whom
  /// `judge` welcomed. Does not block.
  std::vector<Guest> admit(const std::function<Reply(const Identity &)> &judge);

private:
  struct Visitor {
    Descriptor socket;
    Address from;
    std::string greeting, bytes;
    Patience patience;
  };

  void refuse(const Visitor &visitor, const std::string &why);

  Descriptor listener;
  std::string secret;
  std::list<Visitor> visitors;
  int refused = 0;
};

/// How knocking at somebody's door ended.
struct Knock {
  enum class End { Welcome, Refused, Stranger, Nobody } end = End::Nobody;
  Descriptor socket;
  Reply reply = Reply::Welcome;
};

/// Within `patience` at most, and until it is greeted within `greeting`.
Knock knock(const Address &address, const std::string &secret,
            const Identity &identity, Patience &patience, Patience greeting);

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_TCPENTRANCE_H
