//===- TCPMeeting.h - Ranks find each other ---------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// All ranks come to rank 0, which tells each where the others listen. Then each
// of a pair's higher ranks connects to the lower one.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_TCPMEETING_H
#define DPC_RUNTIME_COMM_TCPMEETING_H

#include "runtime/Comm/Launch.h"
#include "runtime/Comm/TCPEntrance.h"
#include "runtime/Comm/TCPLink.h"

#include <optional>

namespace dpc::rt {

/// Who a rank is and where the others reach it. Travels as it is.
struct Seat {
  Identity identity;
  Address address;
  /// On rank 0's machine, by an address that may mean another one elsewhere.
  uint32_t isLocal = 0;
};

class TCPMeeting {
public:
  TCPMeeting(const Launch &launch, double limit)
      : launch(launch), limit(limit) {}

  /// On all ranks. A failure that another rank has told of ends the process.
  Status meet();
  /// On all ranks, after meet(): a connection to each other rank, by rank, for
  /// control or data. `watch` is called meanwhile, often, and may fail.
  Expected<std::vector<Descriptor>>
  connect(Purpose purpose, const std::function<Status()> &watch);
  /// When all connections are made.
  void closeDoor() { entrance.reset(); }
  /// The connections of meet() itself: rank 0's to all, the others' to rank 0.
  std::vector<TCPLink> takeLinks() { return std::move(links); }

  /// "process 17 on node3".
  std::string describe(int rank) const;

private:
  Status openDoor();
  Status receiveAll();
  Status come();
  Status takeTable();
  Status noticeSignal(const std::string &what);
  Status lost(int rank) const;
  Identity identify(Purpose purpose) const;

  const Launch launch;
  double limit;
  std::optional<TCPEntrance> entrance;
  std::vector<Seat> seats;
  std::vector<TCPLink> links;
  /// Who came for what is connected later.
  std::vector<Guest> early;
  Patience beforeSignals{1};
  /// How this rank reaches rank 0.
  Address root;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_TCPMEETING_H
