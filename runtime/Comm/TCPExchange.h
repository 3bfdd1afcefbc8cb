//===- TCPExchange.h - Bytes of tensors between ranks -----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Messages between this rank and each other one, over a connection for each.
// Both ends know of a message how long it is. A short one is sent at once and
// kept by the receiver until it is wanted. A long one is sent when the receiver
// has said that it has a place for it, in frames that take turns with those of
// others: nothing piles up, and no message waits behind one that is not wanted
// yet.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_TCPEXCHANGE_H
#define DPC_RUNTIME_COMM_TCPEXCHANGE_H

#include "runtime/Comm/TCPSocket.h"
#include "runtime/Core/Types.h"

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <poll.h>
#include <set>

namespace dpc::rt {

/// What a message between two ranks is told from others by, each of one use.
struct MessageKey {
  uint32_t group = 0, channel = 0;
  uint64_t number = 0;
  auto operator<=>(const MessageKey &) const = default;
};

class TCPExchange {
public:
  /// By rank; `lost` does not return.
  TCPExchange(std::vector<Descriptor> sockets, std::function<void(int)> lost);
  ~TCPExchange();

  /// What a message does when it has come: it lies at its target, or was
  /// combined into what did.
  struct Place {
    char *target;
    int64_t bytes;
    bool isCombined = false;
    DpcType type = DPC_U8;
    DpcReduction reduction = DPC_SUM;
  };

  /// `open` is counted down at the end of the message. A short message's bytes
  /// may be changed at once.
  void send(int peer, const MessageKey &key, const char *bytes, int64_t length,
            int *open);
  void receive(int peer, const MessageKey &key, const Place &place, int *open);
  /// Moves all on. Does not block.
  void progress();
  /// By rank, what progress() looks at.
  void addDescriptors(std::vector<pollfd> &descriptors) const;

private:
  struct Link;

  bool read(Link &link);
  bool beginFrame(Link &link);
  void endFrame(Link &link);
  bool write(Link &link);
  void deliver(const Place &place, int64_t offset, const char *bytes,
               int64_t length);

  std::vector<std::unique_ptr<Link>> links;
  std::function<void(int)> lost;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_TCPEXCHANGE_H
