//===- TCPControl.cpp - Ranks that agree through sockets ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/TCPControl.h"
#include "runtime/Comm/TCPCollectives.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace dpc::rt {

namespace {

constexpr size_t textBytes = 128, maxPlace = 256;
/// What sendToRoot hands over at a time.
constexpr size_t pieceBytes = size_t(4) << 20;

template <typename T> std::string toBytes(T value) {
  return std::string(reinterpret_cast<const char *>(&value), sizeof(value));
}

template <typename T> T fromBytes(std::string_view bytes) {
  T value = {};
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof(value)));
  return value;
}

} // namespace

TCPControl::TCPControl(std::unique_ptr<TCPMeeting> meeting,
                       std::vector<TCPLink> links, int rank, double limit)
    : Control(rank, static_cast<int>(links.size()), limit),
      meeting(std::move(meeting)), links(std::move(links)),
      hasLeft(this->links.size()), bytes(this->links.size()) {
  for (Round &round : rounds)
    round.parts.resize(this->links.size());
}

/// By rank; poll passes over those that are closed.
std::vector<pollfd> TCPControl::describeLinks() const {
  std::vector<pollfd> descriptors;
  for (const TCPLink &link : links) {
    short events = link.isFlushed() ? POLLIN : POLLIN | POLLOUT;
    descriptors.push_back({link.getSocket().get(), events, 0});
  }
  return descriptors;
}

void TCPControl::rest() {
  std::vector<pollfd> descriptors = describeLinks();
  if (addOthers)
    addOthers(descriptors);
  ::poll(descriptors.data(), descriptors.size(), 2);
}

void TCPControl::progress() {
  std::vector<pollfd> descriptors = describeLinks();
  if (::poll(descriptors.data(), descriptors.size(), 0) <= 0)
    return;
  std::vector<TCPLink::Frame> frames;
  for (size_t rank = 0; rank < links.size(); ++rank) {
    TCPLink &link = links[rank];
    if (descriptors[rank].revents & POLLOUT)
      link.flush();
    if (!(descriptors[rank].revents & ~POLLOUT))
      continue;
    frames.clear();
    bool isThere = link.receive(frames);
    for (TCPLink::Frame &frame : frames)
      handle(rank, frame);
    if (isThere)
      continue;
    if (!hasLeft[rank])
      lose(static_cast<int>(rank));
    link.close();
  }
}

void TCPControl::handle(size_t from, TCPLink::Frame &frame) {
  switch (frame.kind) {
  case TCPLink::Kind::Abort:
    std::_Exit(1);
  case TCPLink::Kind::Goodbye:
    hasLeft[from] = true;
    return;
  case TCPLink::Kind::Part:
    return addPart(static_cast<Together>(frame.bytes.at(0)), from,
                   frame.bytes.substr(1));
  case TCPLink::Kind::Whole:
    rounds[frame.bytes.at(0) % 3].whole = frame.bytes.substr(1);
    return;
  case TCPLink::Kind::Grant:
    isGranted = true;
    return;
  case TCPLink::Kind::Bytes:
    bytes[from] += frame.bytes;
    return;
  case TCPLink::Kind::Question:
    questions.push_back({from, std::move(frame.bytes)});
    return;
  case TCPLink::Kind::Answer: {
    size_t space = std::min(frame.bytes.find(' '), frame.bytes.size());
    // One that comes late is no answer to the next question.
    if (frame.bytes.substr(0, space) == askedRound && from < replies.size())
      replies[from] = frame.bytes.substr(space);
    return;
  }
  case TCPLink::Kind::Table:
    return;
  }
}

void TCPControl::addPart(Together kind, size_t from, std::string part) {
  Round &round = rounds[static_cast<size_t>(kind) % 3];
  round.parts[from] = std::move(part);
  if (++round.came < links.size())
    return;
  std::string whole;
  if (kind == Together::Minimum) {
    int64_t lowest = INT64_MAX;
    for (const auto &entry : round.parts)
      lowest = std::min(lowest, fromBytes<int64_t>(*entry));
    whole = toBytes(lowest);
  } else {
    for (const auto &entry : round.parts)
      whole += *entry;
  }
  for (auto &entry : round.parts)
    entry.reset();
  round.came = 0;
  for (TCPLink &link : links)
    if (link.isOpen())
      link.send(TCPLink::Kind::Whole, static_cast<char>(kind) + whole);
  round.whole = std::move(whole);
}

void TCPControl::start(Together kind, std::string_view part) {
  if (myRank == 0)
    addPart(kind, 0, std::string(part));
  else
    links[0].send(TCPLink::Kind::Part,
                  static_cast<char>(kind) + std::string(part));
}

std::string TCPControl::finish(Together kind) {
  Round &round = rounds[static_cast<size_t>(kind)];
  await([&] { return round.whole.has_value(); });
  std::string whole = std::move(*round.whole);
  round.whole.reset();
  return whole;
}

void TCPControl::startMinimum(int64_t value) {
  start(Together::Minimum, toBytes(value));
}

int64_t TCPControl::finishMinimum() {
  return fromBytes<int64_t>(finish(Together::Minimum));
}

void TCPControl::barrier() {
  start(Together::Barrier, {});
  finish(Together::Barrier);
}

std::string TCPControl::gather(std::string_view part) {
  start(Together::Gather, part);
  return finish(Together::Gather);
}

std::vector<std::string> TCPControl::allGatherText(const std::string &text) {
  std::string mine = text.substr(0, textBytes);
  mine.resize(textBytes, '\0');
  std::string all = gather(mine);
  std::vector<std::string> texts;
  for (size_t at = 0; at + textBytes <= all.size(); at += textBytes) {
    std::string one = all.substr(at, textBytes);
    texts.push_back(one.substr(0, one.find('\0')));
  }
  return texts;
}

// Rank 0 asks for the bytes of one rank at a time, so that those of others do
// not pile up.

std::string TCPControl::receiveAtRoot(int from) {
  size_t peer = static_cast<size_t>(from);
  links[peer].send(TCPLink::Kind::Grant);
  std::string &came = bytes[peer];
  await([&] { return came.size() >= sizeof(uint64_t); }, {from});
  size_t wanted = fromBytes<uint64_t>(came) + sizeof(uint64_t);
  await([&] { return came.size() >= wanted; }, {from});
  std::string result = came.substr(sizeof(uint64_t), wanted);
  came = std::string();
  return result;
}

void TCPControl::sendToRoot(std::string_view text) {
  await([&] { return isGranted; }, {0});
  isGranted = false;
  links[0].send(TCPLink::Kind::Bytes, toBytes(uint64_t(text.size())));
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), pieceBytes))) {
    links[0].send(TCPLink::Kind::Bytes, text.substr(0, pieceBytes));
    await([&] { return links[0].isFlushed(); }, {0});
  }
}

void TCPControl::answer(const std::optional<std::string> &place) {
  progress();
  for (; !questions.empty(); questions.pop_front())
    if (links[questions.front().from].isOpen())
      links[questions.front().from].send(
          TCPLink::Kind::Answer,
          questions.front().text +
              (place ? " " + place->substr(0, maxPlace) : ""));
}

std::vector<Answer> TCPControl::ask(const std::string &place) {
  askedRound = std::to_string(++roundNumber);
  replies.assign(links.size(), std::nullopt);
  size_t wanted = 0;
  for (TCPLink &link : links)
    if (link.isOpen()) {
      link.send(TCPLink::Kind::Question, askedRound);
      ++wanted;
    }
  auto came = [&] {
    return static_cast<size_t>(
        std::count_if(replies.begin(), replies.end(),
                      [](const auto &reply) { return reply.has_value(); }));
  };
  for (Patience patience(kAnswerSeconds);
       came() < wanted && !patience.isOver();) {
    answer(place);
    rest();
  }
  std::vector<Answer> answers;
  for (const auto &reply : replies)
    answers.push_back(
        !reply ? Answer()
               : Answer{true, reply->empty(),
                        reply->substr(std::min<size_t>(1, reply->size()))});
  return answers;
}

void TCPControl::lose(int peer) {
  // Who knows more speaks: the rank itself, whose last words may be behind
  // others, or whoever started the ranks. Of the ranks, the first one.
  Patience patience(getRunLog() >= 0 ? 3 : std::min(myRank * 0.25 + 0.25, 5.0));
  std::vector<TCPLink::Frame> frames;
  while (!patience.isOver()) {
    for (TCPLink &link : links) {
      if (link.isOpen() && !link.receive(frames))
        link.close();
      for (const TCPLink::Frame &frame : frames)
        if (frame.kind == TCPLink::Kind::Abort)
          std::_Exit(1);
      frames.clear();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  printError(Error{"rank " + std::to_string(peer),
                   meeting->describe(peer) +
                       " has ended without a word, or cannot be reached any "
                       "more; the other ranks are ended too",
                   ""});
  abort();
}

void TCPControl::abort() {
  for (TCPLink &link : links)
    if (link.isOpen())
      link.send(TCPLink::Kind::Abort);
  // A connection that is closed with something unread loses what was sent.
  std::vector<TCPLink::Frame> frames;
  for (Patience patience(0.5); !patience.isOver();) {
    bool isAnyOpen = false;
    for (TCPLink &link : links) {
      if (!link.isOpen())
        continue;
      link.flush();
      frames.clear();
      if (link.isFlushed())
        ::shutdown(link.getSocket().get(), SHUT_WR);
      if (!link.receive(frames))
        link.close();
      isAnyOpen |= link.isOpen();
    }
    if (!isAnyOpen)
      break;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  std::_Exit(1);
}

std::unique_ptr<Collectives> TCPControl::makeCollectives() {
  Expected<std::vector<Descriptor>> sockets =
      meeting->connect(Purpose::Data, [&]() -> Status {
        progress();
        return {};
      });
  if (!sockets.ok())
    fatal(*this, sockets.error());
  meeting->closeDoor();
  return makeTCPCollectives(*this, std::move(*sockets));
}

void TCPControl::finalize(std::unique_ptr<Collectives> collectives) {
  enter("the end");
  barrier();
  collectives.reset();
  // All are here: who has heard this rank's goodbye need not say its own.
  hasLeft.assign(hasLeft.size(), true);
  for (TCPLink &link : links)
    if (link.isOpen())
      link.send(TCPLink::Kind::Goodbye);
  // Nobody closes before all have read everything.
  await([&] {
    for (TCPLink &link : links)
      if (link.isOpen() && link.isFlushed())
        ::shutdown(link.getSocket().get(), SHUT_WR);
    return std::none_of(links.begin(), links.end(),
                        [](const TCPLink &link) { return link.isOpen(); });
  });
}

Expected<std::unique_ptr<Control>> makeTCPControl(const Launch &launch,
                                                  double limit) {
  auto meeting = std::make_unique<TCPMeeting>(launch, limit);
  if (Status status = meeting->meet(); !status.ok())
    return status.error();
  std::vector<TCPLink> links = meeting->takeLinks();
  std::vector<TCPLink::Frame> frames;
  auto watch = [&]() -> Status {
    if (launch.rank == 0)
      return {};
    bool isThere = links[0].receive(frames);
    for (const TCPLink::Frame &frame : frames)
      if (frame.kind == TCPLink::Kind::Abort)
        std::_Exit(1);
    if (isThere)
      return {};
    return Error{"rank 0",
                 meeting->describe(0) +
                     " has ended while the ranks came together",
                 "see what it says; all ranks end with it"};
  };
  Expected<std::vector<Descriptor>> sockets =
      meeting->connect(Purpose::Control, watch);
  if (!sockets.ok())
    return sockets.error();
  for (size_t rank = 0; rank < links.size(); ++rank)
    if ((*sockets)[rank].isOpen())
      links[rank] = TCPLink(std::move((*sockets)[rank]));
  return std::unique_ptr<Control>(
      new TCPControl(std::move(meeting), std::move(links), launch.rank, limit));
}

} // namespace dpc::rt
