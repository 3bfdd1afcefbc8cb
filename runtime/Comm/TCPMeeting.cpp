//===- TCPMeeting.cpp - Ranks find each other -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/TCPMeeting.h"
#include "dialects/Support/Text.h"
#include "runtime/Comm/Late.h"
#include "runtime/Comm/Watchdog.h"
#include "runtime/Core/Signals.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>

namespace dpc::rt {

namespace {

/// Milliseconds between two looks at whatever may have happened.
constexpr int pause = 50;

void waitFor(std::vector<pollfd> descriptors) {
  ::poll(descriptors.data(), descriptors.size(), pause);
}

std::string describePlace(const MeetingPlace &place) {
  std::string text = place.host + ":" + std::to_string(place.port);
  if (place.ports > 1)
    text += "-" + std::to_string(place.port + place.ports - 1);
  return text;
}

std::string secondsText(double seconds) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g s", seconds);
  return text;
}

/// A listening socket of `dpc run`, so that the port is surely free.
Descriptor takeInherited() {
  const char *number = std::getenv("DPC_LISTENER");
  Descriptor socket(number ? std::atoi(number) : -1);
  int listens = 0;
  socklen_t length = sizeof(listens);
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens,
                   &length) ||
      !listens)
    return Descriptor();
  ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
  return socket;
}

} // namespace

Identity TCPMeeting::identify(Purpose purpose) const {
  Identity self;
  self.purpose = purpose;
  self.rank = static_cast<uint32_t>(launch.rank);
  self.size = static_cast<uint32_t>(launch.size);
  self.localRank = launch.localRank.value_or(-1);
  self.port = static_cast<uint32_t>(entrance->port());
  self.process = static_cast<uint32_t>(::getpid());
  ::gethostname(self.host, sizeof(self.host) - 1);
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  file.get(self.boot, sizeof(self.boot));
  return self;
}

std::string TCPMeeting::describe(int rank) const {
  const Identity &identity = seats[static_cast<size_t>(rank)].identity;
  return "process " + std::to_string(identity.process) + " on " +
         printable(identity.host, sizeof(identity.host));
}

Status TCPMeeting::lost(int rank) const {
  return Error{"rank " + std::to_string(rank),
               describe(rank) + " has ended while the ranks came together",
               "see what it says; all ranks end with it"};
}

/// In a start that takes its time; what comes while ranks meet at once is
/// answered by the run, with one line for all.
Status TCPMeeting::noticeSignal(const std::string &what) {
  int signal = endSignal();
  if (!beforeSignals.isOver() || !signal)
    return {};
  if (launch.rank != 0)
    std::_Exit(128 + signal);
  return Error{signalName(signal), "ended by this signal while " + what, "",
               128 + signal};
}

Status TCPMeeting::openDoor() {
  const MeetingPlace &place = launch.place;
  bool loopback = namesLoopback(place.host);
  Descriptor listener;
  if (launch.rank != 0) {
    listener = listenOn(loopback, 0);
  } else if (listener = takeInherited(); !listener.isOpen()) {
    for (int i = 0; i < place.ports && !listener.isOpen(); ++i)
      listener = listenOn(loopback, place.port + i);
  }
  if (!listener.isOpen())
    return Error{"MASTER_PORT",
                 "rank " + std::to_string(launch.rank) +
                     " cannot listen on port " +
                     (launch.rank ? "0" : describePlace(place)) + ": " +
                     systemError(errno),
                 "set DPC_MASTER_PORT to a free port, the same for all ranks"};
  entrance.emplace(std::move(listener), place.secret);
  return {};
}

Status TCPMeeting::meet() {
  links.resize(static_cast<size_t>(launch.size));
  seats.resize(static_cast<size_t>(launch.size));
  Status status = openDoor();
  if (!status.ok())
    return status;
  seats[static_cast<size_t>(launch.rank)].identity = identify(Purpose::Join);
  status = launch.rank == 0 ? receiveAll() : come();
  // Those who have come need not say it again.
  if (!status.ok() && launch.rank == 0)
    for (TCPLink &link : links)
      if (link.isOpen())
        link.send(TCPLink::Kind::Abort);
  return status;
}

Status TCPMeeting::receiveAll() {
  auto judge = [&](const Identity &guest) {
    if (guest.size != static_cast<uint32_t>(launch.size))
      return Reply::OtherSize;
    if (guest.purpose != Purpose::Join || guest.rank == 0 ||
        guest.rank >= guest.size || links[guest.rank].isOpen())
      return Reply::RankIsTaken;
    for (const Seat &seat : seats)
      if (guest.localRank >= 0 && seat.identity.isBeside(guest) &&
          seat.identity.localRank == guest.localRank)
        return Reply::LocalRankIsTaken;
    return Reply::Welcome;
  };
  Patience patience(limit);
  int missing = launch.size - 1;
  while (missing > 0) {
    std::vector<pollfd> descriptors;
    entrance->addDescriptors(descriptors);
    for (const TCPLink &link : links)
      if (link.isOpen())
        descriptors.push_back({link.getSocket().get(), POLLIN, 0});
    waitFor(std::move(descriptors));
    // They have nothing to say yet.
    std::vector<TCPLink::Frame> frames;
    for (size_t rank = 1; rank < links.size(); ++rank)
      if (links[rank].isOpen() && !links[rank].receive(frames))
        return lost(static_cast<int>(rank));
    for (Guest &guest : entrance->admit(judge)) {
      Seat &seat = seats[guest.identity.rank];
      // Two may have come at once.
      if (links[guest.identity.rank].isOpen())
        continue;
      seat.identity = guest.identity;
      seat.address = peerOf(guest.socket);
      seat.isLocal = seat.address.isLoopback();
      seat.address.setPort(static_cast<int>(guest.identity.port));
      prepareConnection(guest.socket, limit);
      links[guest.identity.rank] = TCPLink(std::move(guest.socket));
      --missing;
    }
    std::vector<int> absent;
    for (int rank = 1; rank < launch.size; ++rank)
      if (!links[static_cast<size_t>(rank)].isOpen())
        absent.push_back(rank);
    if (Status status = noticeSignal("rank 0 waited for " + listRanks(absent));
        !status.ok())
      return status;
    if (missing > 0 && patience.isOver())
      return Error{"--timeout",
                   listRanks(absent) + (absent.size() == 1 ? " has" : " have") +
                       " not come to rank 0 at port " +
                       std::to_string(entrance->port()) + " within " +
                       secondsText(limit),
                   "see whether they were started, with the same MASTER_ADDR, "
                   "MASTER_PORT and DPC_TOKEN"};
  }
  std::string table(reinterpret_cast<const char *>(seats.data()),
                    seats.size() * sizeof(Seat));
  for (TCPLink &link : links)
    if (link.isOpen())
      link.send(TCPLink::Kind::Table, table);
  return {};
}

/// What rank 0 has against this rank.
static Status explainRefusal(const Launch &launch, Reply reply,
                             const std::string &where) {
  std::string rank = "rank " + std::to_string(launch.rank);
  switch (reply) {
  case Reply::OtherSecret:
    return Error{"DPC_TOKEN",
                 rank + " is refused by rank 0 at " + where +
                     ", whose token or job is another one",
                 "give all ranks of a job the same DPC_TOKEN"};
  case Reply::OtherSize:
    return Error{launch.source,
                 rank + " is one of " + std::to_string(launch.size) +
                     ", but rank 0 at " + where + " has another number of them",
                 "start all ranks with the same number"};
  case Reply::LocalRankIsTaken:
    return Error{"LOCAL_RANK",
                 rank + " has the number " +
                     std::to_string(launch.localRank.value_or(0)) +
                     " on its machine, which another rank there has, too",
                 "give each rank of a machine its own number"};
  default:
    return Error{launch.source,
                 "there are two of " + rank + ", or its number does not fit",
                 "give each process its own rank"};
  }
}

Status TCPMeeting::come() {
  const MeetingPlace &place = launch.place;
  std::vector<Address> addresses;
  {
    Watchdog watchdog(limit, launch.rank, "the look-up of MASTER_ADDR");
    Expected<std::vector<Address>> found =
        findAddresses(place.host, place.port);
    if (!found.ok())
      return found.error();
    addresses = std::move(*found);
  }
  Identity self = identify(Purpose::Join);
  Patience patience(limit);
  Knock last;
  TCPLink &link = links[0];
  // Who answers on a port of several may be another, who may be slow.
  double greeting = place.ports > 1 ? 1 : 30;
  for (int wait = 10; !link.isOpen(); wait = std::min(wait * 2, 500)) {
    for (int i = 0; i < place.ports && !link.isOpen(); ++i)
      for (Address address : addresses) {
        address.setPort(place.port + i);
        Knock now =
            knock(address, place.secret, self, patience, Patience(greeting));
        if (now.end == Knock::End::Welcome) {
          root = address;
          prepareConnection(now.socket, limit);
          link = TCPLink(std::move(now.socket));
          break;
        }
        if (now.end == Knock::End::Refused &&
            (place.ports == 1 || now.reply != Reply::OtherSecret))
          return explainRefusal(launch, now.reply, address.text());
        if (now.end != Knock::End::Nobody)
          last = std::move(now);
      }
    if (link.isOpen())
      break;
    std::string what =
        "rank " + std::to_string(launch.rank) + " looked for rank 0";
    if (Status status = noticeSignal(what); !status.ok())
      return status;
    if (patience.isOver())
      return Error{"--timeout",
                   "rank 0 was not found at " + describePlace(place) +
                       " within " + secondsText(limit) +
                       (last.end == Knock::End::Nobody
                            ? ", where nobody answers"
                            : ", where something else answers"),
                   "see whether it was started, and whether MASTER_ADDR and "
                   "MASTER_PORT are right"};
    ::poll(nullptr, 0, wait);
    greeting = std::min(greeting * 2, 30.0);
  }
  return takeTable();
}

Status TCPMeeting::takeTable() {
  std::vector<TCPLink::Frame> frames;
  // Rank 0 has the patience for all.
  while (frames.empty()) {
    waitFor({{links[0].getSocket().get(), POLLIN, 0}});
    if (!links[0].receive(frames) && frames.empty()) {
      return Error{"rank 0",
                   "has ended while the ranks came together, at " + root.text(),
                   "see what it says; all ranks end with it"};
    }
    if (Status status = noticeSignal("rank " + std::to_string(launch.rank) +
                                     " waited for the others");
        !status.ok())
      return status;
  }
  const TCPLink::Frame &frame = frames.front();
  if (frame.kind != TCPLink::Kind::Table ||
      frame.bytes.size() != seats.size() * sizeof(Seat))
    std::_Exit(1); // rank 0 has said why
  std::memcpy(static_cast<void *>(seats.data()), frame.bytes.data(),
              frame.bytes.size());
  return {};
}

Expected<std::vector<Descriptor>>
TCPMeeting::connect(Purpose purpose, const std::function<Status()> &watch) {
  std::vector<Descriptor> sockets(seats.size());
  Identity self = identify(purpose);
  // Rank 0 controls through the connections by which all came.
  int first = purpose == Purpose::Control ? 1 : 0;
  if (launch.rank < first)
    return sockets;
  for (int other = first; other < launch.rank; ++other) {
    const Seat &seat = seats[static_cast<size_t>(other)];
    Address address = other == 0 || seat.isLocal ? root : seat.address;
    if (other > 0)
      address.setPort(static_cast<int>(seat.identity.port));
    Patience patience(limit);
    Knock now;
    for (;;) {
      now = knock(address, launch.place.secret, self, patience, Patience(30));
      if (now.end == Knock::End::Welcome || now.end == Knock::End::Refused)
        break;
      if (Status status = watch(); !status.ok())
        return status.error();
      if (patience.isOver())
        break;
      ::poll(nullptr, 0, pause);
    }
    if (now.end != Knock::End::Welcome)
      return Error{"rank " + std::to_string(other),
                   describe(other) + " cannot be reached by rank " +
                       std::to_string(launch.rank) + " at " + address.text(),
                   "ranks connect to each other on ports that the system "
                   "chooses; see whether a firewall is in between"};
    sockets[static_cast<size_t>(other)] = std::move(now.socket);
  }
  auto judge = [&](const Identity &guest) {
    return guest.purpose != Purpose::Join &&
                   guest.rank > static_cast<uint32_t>(launch.rank) &&
                   guest.rank < sockets.size()
               ? Reply::Welcome
               : Reply::RankIsTaken;
  };
  int missing = launch.size - 1 - launch.rank;
  for (Patience patience(limit); missing > 0;) {
    std::vector<pollfd> descriptors;
    entrance->addDescriptors(descriptors);
    waitFor(std::move(descriptors));
    for (Guest &guest : entrance->admit(judge))
      early.push_back(std::move(guest));
    for (Guest &guest : early)
      if (guest.socket.isOpen() && guest.identity.purpose == purpose) {
        missing -= !sockets[guest.identity.rank].isOpen();
        sockets[guest.identity.rank] = std::move(guest.socket);
      }
    if (Status status = watch(); !status.ok())
      return status.error();
    if (missing > 0 && patience.isOver()) {
      std::vector<int> absent;
      for (int rank = launch.rank + 1; rank < launch.size; ++rank)
        if (!sockets[static_cast<size_t>(rank)].isOpen())
          absent.push_back(rank);
      return stallError(limit, launch.rank,
                        "waits in the start for " + listRanks(absent));
    }
  }
  for (Descriptor &socket : sockets)
    if (socket.isOpen())
      prepareConnection(socket, limit);
  return sockets;
}

} // namespace dpc::rt
