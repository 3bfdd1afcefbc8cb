//===- TCPExchange.cpp - Bytes of tensors between ranks -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/TCPExchange.h"
#include "runtime/Comm/Reductions.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/uio.h>

namespace dpc::rt {

namespace {

/// The longest message that is sent unasked, and the longest frame, of which
/// all but a message's last hold whole elements.
constexpr int64_t shortBytes = 16384, frameBytes = 262144;
/// Read in one go, so that others have their turn.
constexpr int framesPerTurn = 16;

enum class FrameKind : uint32_t { Data, Ready };

struct FrameHeader {
  FrameKind kind = FrameKind::Data;
  uint32_t length = 0;
  MessageKey key;
  uint64_t offset = 0;
};

struct Outgoing {
  MessageKey key;
  const char *bytes;
  int64_t length, sent;
  bool isReady;
  int *open;
};

struct Incoming {
  TCPExchange::Place place;
  int64_t came;
  int *open;
};

} // namespace

struct TCPExchange::Link {
  Descriptor socket;

  // To the peer: whole frames that wait, the frame that is under way, and long
  // messages.
  std::string waiting;
  size_t waitingSent = 0;
  FrameHeader frame;
  const char *frameBegin = nullptr;
  int64_t frameSent = 0, frameTotal = 0;
  std::list<Outgoing> outgoing;
  std::list<Outgoing>::iterator current;
  /// Whom the peer was faster to ask for.
  std::set<MessageKey> asked;

  // From the peer: a header, then what it announces.
  FrameHeader header;
  int64_t headerCame = 0, payloadCame = 0;
  char *payload = nullptr;
  bool isDirect = false;
  std::vector<char> scratch;
  std::map<MessageKey, Incoming> incoming;
  /// Short messages that nobody has wanted yet.
  std::map<MessageKey, std::string> early;

  bool hasOutput() const {
    return waitingSent < waiting.size() || frameSent < frameTotal ||
           std::any_of(
               outgoing.begin(), outgoing.end(),
               [](const Outgoing &one) { return one.isReady; });
  }
  void addFrame(const FrameHeader &header, const char *bytes) {
    waiting.append(reinterpret_cast<const char *>(&header), sizeof(header));
    if (header.length)
      waiting.append(bytes, header.length);
  }
};

TCPExchange::TCPExchange(std::vector<Descriptor> sockets,
                         std::function<void(int)> lost)
    : lost(std::move(lost)) {
  for (Descriptor &socket : sockets) {
    links.push_back(std::make_unique<Link>());
    links.back()->socket = std::move(socket);
  }
}

TCPExchange::~TCPExchange() = default;

void TCPExchange::send(int peer, const MessageKey &key, const char *bytes,
                       int64_t length, int *open) {
  Link &link = *links[static_cast<size_t>(peer)];
  if (length <= shortBytes) {
    FrameHeader header;
    header.key = key;
    header.length = static_cast<uint32_t>(length);
    link.addFrame(header, bytes);
    --*open;
  } else {
    bool isReady = link.asked.erase(key) > 0;
    link.outgoing.push_back({key, bytes, length, 0, isReady, open});
  }
  if (!write(link))
    lost(peer);
}

void TCPExchange::deliver(const Place &place, int64_t offset, const char *bytes,
                          int64_t length) {
  char *target = place.target + offset;
  if (place.isCombined)
    combine(place.type, place.reduction, bytes, target,
            length / typeBytes(place.type));
  else
    std::memcpy(target, bytes, static_cast<size_t>(length));
}

void TCPExchange::receive(int peer, const MessageKey &key, const Place &place,
                          int *open) {
  Link &link = *links[static_cast<size_t>(peer)];
  if (auto found = link.early.find(key); found != link.early.end()) {
    deliver(place, 0, found->second.data(),
            static_cast<int64_t>(found->second.size()));
    link.early.erase(found);
    --*open;
    return;
  }
  link.incoming[key] = {place, 0, open};
  if (place.bytes <= shortBytes)
    return;
  FrameHeader header;
  header.kind = FrameKind::Ready;
  header.key = key;
  link.addFrame(header, nullptr);
  if (!write(link))
    lost(peer);
}

/// Sends what can be sent; false when the connection has failed.
bool TCPExchange::write(Link &link) {
  for (;;) {
    iovec parts[2];
    int count = 0;
    constexpr int64_t headerBytes = sizeof(FrameHeader);
    if (link.frameSent == link.frameTotal) {
      if (link.waitingSent < link.waiting.size()) {
        parts[count++] = {link.waiting.data() + link.waitingSent,
                          link.waiting.size() - link.waitingSent};
      } else {
        // Long messages take turns.
        auto next =
            std::find_if(link.outgoing.begin(), link.outgoing.end(),
                         [](const Outgoing &one) { return one.isReady; });
        if (next == link.outgoing.end())
          return true;
        int64_t length = std::min(frameBytes, next->length - next->sent);
        link.frame = {FrameKind::Data, static_cast<uint32_t>(length), next->key,
                      static_cast<uint64_t>(next->sent)};
        link.frameBegin = next->bytes + next->sent;
        link.frameSent = 0;
        link.frameTotal = headerBytes + length;
        link.outgoing.splice(link.outgoing.end(), link.outgoing, next);
        link.current = next;
      }
    }
    bool isFrame = count == 0;
    if (isFrame) {
      if (link.frameSent < headerBytes)
        parts[count++] = {reinterpret_cast<char *>(&link.frame) +
                              link.frameSent,
                          static_cast<size_t>(headerBytes - link.frameSent)};
      int64_t done = std::max<int64_t>(link.frameSent - headerBytes, 0);
      parts[count++] = {const_cast<char *>(link.frameBegin) + done,
                        static_cast<size_t>(link.frame.length - done)};
    }
    msghdr message = {};
    message.msg_iov = parts;
    message.msg_iovlen = static_cast<size_t>(count);
    ssize_t n = ::sendmsg(link.socket.get(), &message, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return errno == EAGAIN;
    if (!isFrame) {
      link.waitingSent += static_cast<size_t>(n);
      if (link.waitingSent == link.waiting.size()) {
        link.waiting.clear();
        link.waitingSent = 0;
      }
      continue;
    }
    link.frameSent += n;
    if (link.frameSent < link.frameTotal)
      continue;
    link.current->sent += link.frame.length;
    if (link.current->sent == link.current->length) {
      --*link.current->open;
      link.outgoing.erase(link.current);
    }
  }
}

static bool fits(const TCPExchange::Place &place, const FrameHeader &header) {
  uint64_t bytes = static_cast<uint64_t>(place.bytes);
  return header.offset <= bytes && header.length <= bytes - header.offset;
}

/// A header has come: where its payload goes. False if it makes no sense.
bool TCPExchange::beginFrame(Link &link) {
  const FrameHeader &header = link.header;
  link.payloadCame = 0;
  if (header.kind == FrameKind::Ready) {
    auto found = std::find_if(
        link.outgoing.begin(), link.outgoing.end(),
        [&](const Outgoing &one) { return one.key == header.key; });
    if (found != link.outgoing.end())
      found->isReady = true;
    else
      link.asked.insert(header.key);
    return header.length == 0;
  }
  if (header.kind != FrameKind::Data || header.length > frameBytes)
    return false;
  auto found = link.incoming.find(header.key);
  link.isDirect =
      found != link.incoming.end() && !found->second.place.isCombined;
  if (link.isDirect) {
    link.payload = found->second.place.target + header.offset;
    return fits(found->second.place, header);
  }
  link.scratch.resize(frameBytes);
  link.payload = link.scratch.data();
  return found != link.incoming.end()
             ? fits(found->second.place, header)
             : header.length <= shortBytes && header.offset == 0;
}

void TCPExchange::endFrame(Link &link) {
  const FrameHeader &header = link.header;
  link.headerCame = 0;
  if (header.kind == FrameKind::Ready)
    return;
  // It may have been wanted since its header came.
  auto found = link.incoming.find(header.key);
  if (found == link.incoming.end()) {
    link.early[header.key].assign(link.payload, header.length);
    return;
  }
  Incoming &message = found->second;
  if (!link.isDirect)
    deliver(message.place, static_cast<int64_t>(header.offset), link.payload,
            header.length);
  message.came += header.length;
  if (message.came < message.place.bytes)
    return;
  --*message.open;
  link.incoming.erase(found);
}

/// Takes what has come; false when the connection has ended.
bool TCPExchange::read(Link &link) {
  for (int frames = 0; frames < framesPerTurn;) {
    constexpr int64_t headerBytes = sizeof(FrameHeader);
    bool isHeader = link.headerCame < headerBytes;
    char *target =
        isHeader ? reinterpret_cast<char *>(&link.header) + link.headerCame
                 : link.payload + link.payloadCame;
    int64_t wanted = isHeader ? headerBytes - link.headerCame
                              : link.header.length - link.payloadCame;
    if (wanted > 0) {
      ssize_t n =
          ::recv(link.socket.get(), target, static_cast<size_t>(wanted), 0);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return n < 0 && errno == EAGAIN;
      (isHeader ? link.headerCame : link.payloadCame) += n;
      if (n < wanted)
        return true;
    }
    if (isHeader && !beginFrame(link))
      return false;
    if (link.payloadCame == link.header.length) {
      endFrame(link);
      ++frames;
    }
  }
  return true;
}

void TCPExchange::addDescriptors(std::vector<pollfd> &descriptors) const {
  for (const auto &link : links) {
    short events = link->hasOutput() ? POLLIN | POLLOUT : POLLIN;
    descriptors.push_back({link->socket.get(), events, 0});
  }
}

void TCPExchange::progress() {
  std::vector<pollfd> descriptors;
  addDescriptors(descriptors);
  if (::poll(descriptors.data(), descriptors.size(), 0) <= 0)
    return;
  for (size_t rank = 0; rank < links.size(); ++rank)
    if (descriptors[rank].revents &&
        (!read(*links[rank]) || !write(*links[rank])))
      lost(static_cast<int>(rank));
}

} // namespace dpc::rt
