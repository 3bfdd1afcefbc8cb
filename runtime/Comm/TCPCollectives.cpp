//===- TCPCollectives.cpp - Collectives through sockets -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A collective is a list of steps, each of some messages at once. Long ones go
// around a ring of the group's ranks (Patarasuk and Yuan, "Bandwidth optimal
// all-reduce algorithms for clusters of workstations", 2009); short ones are
// exchanged with ranks at the distances 1, 2, 4, ... (Thakur et al.,
// "Optimization of collective communication operations in MPICH", 2005), or, to
// one rank, go up a binomial tree.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/TCPCollectives.h"
#include "runtime/Comm/TCPExchange.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <list>

namespace dpc::rt {

namespace {

/// Up to here a collective takes few steps rather than few bytes. No more than a
/// message that is sent unasked, so that its bytes may change at once.
constexpr int64_t shortBytes = 16384;

/// The channel of collectives; those of messages are small.
constexpr uint32_t collectiveChannel = UINT32_MAX;

struct Message {
  bool isSend;
  /// In the group.
  int peer;
  char *data;
  int64_t bytes;
  bool isCombined = false;
  /// What is copied to `data` before.
  const char *start = nullptr;
};
using Step = std::vector<Message>;

struct Operation {
  int slot;
  uint32_t group;
  MessageKey key;
  DpcType type;
  DpcReduction reduction = DPC_SUM;
  std::vector<Step> steps = {};
  std::vector<char> scratch = {};
  size_t next = 0;
  /// Messages of the current step that are under way.
  int open = 0;
};

struct Group {
  /// Ranks of the world.
  std::vector<int> members;
  int index = 0;
  uint64_t collectives = 0;
  /// Messages to and from each member on each channel.
  std::map<std::pair<int, int>, uint64_t> sent, received;

  int size() const { return static_cast<int>(members.size()); }
  int at(int offset) const { return (index + offset + 2 * size()) % size(); }
};

class TCPCollectives final : public Collectives {
public:
  TCPCollectives(TCPControl &control, std::vector<Descriptor> sockets)
      : control(control), exchange(std::move(sockets), [&](int rank) {
          this->control.lose(rank);
        }) {
    control.watch([this](std::vector<pollfd> &descriptors) {
      exchange.addDescriptors(descriptors);
    });
  }
  ~TCPCollectives() override { control.watch(nullptr); }

  Status makeGroups(const std::vector<GroupPlace> &places) override {
    size_t bytes = places.size() * sizeof(GroupPlace);
    std::string all =
        control.gather({reinterpret_cast<const char *>(places.data()), bytes});
    for (size_t i = 0; i < places.size(); ++i) {
      std::vector<std::pair<int, int>> members;
      for (int rank = 0; rank < control.size(); ++rank) {
        GroupPlace place;
        std::memcpy(&place,
                    all.data() + static_cast<size_t>(rank) * bytes +
                        i * sizeof(GroupPlace),
                    sizeof(place));
        if (place.color == places[i].color)
          members.push_back({place.key, rank});
      }
      std::sort(members.begin(), members.end());
      Group group;
      for (auto [key, rank] : members) {
        if (rank == control.rank())
          group.index = group.size();
        group.members.push_back(rank);
      }
      groups.push_back(std::move(group));
    }
    return {};
  }

  int groupSize(int group) const override { return groups[group].size(); }

  void startReduce(int slot, void *buffer, int64_t count, DpcType type,
                   DpcReduction reduction, int group, bool toRoot) override {
    if (count == 0)
      return;
    Operation &work = add(slot, type, group);
    work.reduction = reduction;
    char *data = static_cast<char *>(buffer);
    const Group &ranks = groups[group];
    bool isShort = count * typeBytes(type) <= shortBytes;
    if (isShort && toRoot) {
      addTree(work, ranks, data, count * typeBytes(type));
    } else if (isShort) {
      addDoubling(work, ranks, data, count * typeBytes(type));
    } else {
      addRingReduction(work, ranks, data, count);
      if (toRoot)
        addGatherToRoot(work, ranks, data, count);
      else
        addRing(work, ranks, data, count);
    }
    advance(work);
  }

  void startAllGather(int slot, const void *send, void *recv, int64_t count,
                      DpcType type, int group) override {
    if (count == 0)
      return;
    Operation &work = add(slot, type, group);
    const Group &ranks = groups[group];
    int64_t bytes = count * typeBytes(type);
    char *data = static_cast<char *>(recv), *own = data + ranks.index * bytes;
    if (send != own)
      std::memmove(own, send, static_cast<size_t>(bytes));
    if (bytes > shortBytes) {
      // The ring's parts are those of the reduction: rank i begins with i + 1.
      for (int step = 0; step < ranks.size() - 1; ++step)
        work.steps.push_back(
            {{true, ranks.at(1), data + ranks.at(-step) * bytes, bytes},
             {false, ranks.at(-1), data + ranks.at(-step - 1) * bytes, bytes}});
    } else {
      Step &step = work.steps.emplace_back();
      for (int i = 1; i < ranks.size(); ++i) {
        step.push_back({true, ranks.at(i), own, bytes});
        step.push_back({false, ranks.at(i), data + ranks.at(i) * bytes, bytes});
      }
    }
    advance(work);
  }

  void startReduceScatter(int slot, const void *send, void *recv, int64_t count,
                          DpcType type, DpcReduction reduction,
                          int group) override {
    if (count == 0)
      return;
    Operation &work = add(slot, type, group);
    work.reduction = reduction;
    const Group &ranks = groups[group];
    int64_t bytes = count * typeBytes(type);
    auto part = [&](int rank) {
      return const_cast<char *>(static_cast<const char *>(send)) + rank * bytes;
    };
    if (ranks.size() == 1)
      std::memcpy(recv, send, static_cast<size_t>(bytes));
    // What is on its way to others is added to in two places in turn.
    work.scratch.resize(static_cast<size_t>(2 * bytes));
    char *held = part(ranks.at(-1));
    for (int step = 0; step < ranks.size() - 1; ++step) {
      bool isLast = step == ranks.size() - 2;
      char *target = isLast ? static_cast<char *>(recv)
                            : work.scratch.data() + step % 2 * bytes;
      work.steps.push_back({{true, ranks.at(1), held, bytes},
                            {false, ranks.at(-1), target, bytes, true,
                             part(ranks.at(-2 - step))}});
      held = target;
    }
    advance(work);
  }

  void startAllToAll(int slot, const void *send, void *recv, int64_t count,
                     DpcType type, int group) override {
    if (count == 0)
      return;
    Operation &work = add(slot, type, group);
    const Group &ranks = groups[group];
    int64_t bytes = count * typeBytes(type);
    char *from = const_cast<char *>(static_cast<const char *>(send));
    char *to = static_cast<char *>(recv);
    std::memcpy(to + ranks.index * bytes, from + ranks.index * bytes,
                static_cast<size_t>(bytes));
    Step &step = work.steps.emplace_back();
    for (int i = 1; i < ranks.size(); ++i) {
      step.push_back({true, ranks.at(i), from + ranks.at(i) * bytes, bytes});
      step.push_back({false, ranks.at(-i), to + ranks.at(-i) * bytes, bytes});
    }
    advance(work);
  }

  void startSend(int slot, const void *buffer, int64_t count, DpcType type,
                 int peer, int channel, int group) override {
    startMessage(slot, true,
                 const_cast<char *>(static_cast<const char *>(buffer)), count,
                 type, peer, channel, group, groups[group].sent);
  }

  void startReceive(int slot, void *buffer, int64_t count, DpcType type,
                    int peer, int channel, int group) override {
    startMessage(slot, false, static_cast<char *>(buffer), count, type, peer,
                 channel, group, groups[group].received);
  }

  void progress(std::vector<int> &finished) override {
    exchange.progress();
    for (auto at = operations.begin(); at != operations.end();) {
      advance(*at);
      if (at->open > 0 || at->next < at->steps.size()) {
        ++at;
        continue;
      }
      if (removePending(at->slot))
        finished.push_back(at->slot);
      at = operations.erase(at);
    }
    // A rank that has ended is gone for all.
    if (++rounds % 64 == 0)
      control.progress();
  }

private:
  Operation &add(int slot, DpcType type, int group) {
    addPending(slot);
    MessageKey key{static_cast<uint32_t>(group), collectiveChannel,
                   groups[group].collectives++ << 20};
    operations.push_back({slot, static_cast<uint32_t>(group), key, type});
    return operations.back();
  }

  /// Starts the steps whose turn it is.
  void advance(Operation &work) {
    const Group &ranks = groups[work.group];
    while (work.open == 0 && work.next < work.steps.size()) {
      const Step &step = work.steps[work.next];
      work.open = static_cast<int>(step.size());
      // A short message is taken from its place before others come to it.
      for (bool isSend : {true, false})
        for (const Message &message : step) {
          if (message.isSend != isSend)
            continue;
          int peer = ranks.members[static_cast<size_t>(message.peer)];
          if (isSend) {
            exchange.send(peer, work.key, message.data, message.bytes,
                          &work.open);
            continue;
          }
          if (message.start)
            std::memcpy(message.data, message.start,
                        static_cast<size_t>(message.bytes));
          exchange.receive(peer, work.key,
                           {message.data, message.bytes, message.isCombined,
                            work.type, work.reduction},
                           &work.open);
        }
      ++work.next;
      ++work.key.number;
    }
  }

  void startMessage(int slot, bool isSend, char *data, int64_t count,
                    DpcType type, int peer, int channel, int group,
                    std::map<std::pair<int, int>, uint64_t> &numbers) {
    if (count == 0)
      return;
    addPending(slot);
    MessageKey key{static_cast<uint32_t>(group), static_cast<uint32_t>(channel),
                   numbers[{peer, channel}]++};
    operations.push_back({slot, static_cast<uint32_t>(group), key, type});
    operations.back().steps.push_back(
        {{isSend, peer, data, count * typeBytes(type)}});
    advance(operations.back());
  }

  /// Of `count` elements cut into a part for each rank of a group.
  struct Part {
    int64_t offset, bytes;
  };
  static Part cut(int64_t count, DpcType type, int parts, int index) {
    int64_t begin = count * index / parts, end = count * (index + 1) / parts;
    return {begin * typeBytes(type), (end - begin) * typeBytes(type)};
  }
  static void addMessage(Step &step, bool isSend, int peer, char *data,
                         const Part &part, bool isCombined = false) {
    if (part.bytes > 0)
      step.push_back(
          {isSend, peer, data + part.offset, part.bytes, isCombined});
  }

  /// In the end each rank has the sum of the part behind its own number's.
  void addRingReduction(Operation &work, const Group &ranks, char *data,
                        int64_t count) {
    int size = ranks.size();
    for (int i = 0; i < size - 1; ++i) {
      Step &step = work.steps.emplace_back();
      addMessage(step, true, ranks.at(1), data,
                 cut(count, work.type, size, ranks.at(-i)));
      addMessage(step, false, ranks.at(-1), data,
                 cut(count, work.type, size, ranks.at(-i - 1)), true);
    }
  }

  void addRing(Operation &work, const Group &ranks, char *data, int64_t count) {
    int size = ranks.size();
    for (int i = 0; i < size - 1; ++i) {
      Step &step = work.steps.emplace_back();
      addMessage(step, true, ranks.at(1), data,
                 cut(count, work.type, size, ranks.at(1 - i)));
      addMessage(step, false, ranks.at(-1), data,
                 cut(count, work.type, size, ranks.at(-i)));
    }
  }

  void addGatherToRoot(Operation &work, const Group &ranks, char *data,
                       int64_t count) {
    int size = ranks.size();
    Step &step = work.steps.emplace_back();
    if (ranks.index != 0)
      return addMessage(step, true, 0, data,
                        cut(count, work.type, size, ranks.at(1)));
    for (int rank = 1; rank < size; ++rank)
      addMessage(step, false, rank, data,
                 cut(count, work.type, size, (rank + 1) % size));
  }

  /// A rank gets the sums of those at the distances 1, 2, 4, ... above it, one
  /// after the other, and hands on its own.
  static void addTree(Operation &work, const Group &ranks, char *data,
                      int64_t bytes) {
    for (int distance = 1; distance < ranks.size(); distance *= 2) {
      if (ranks.index & distance) {
        work.steps.push_back({{true, ranks.index - distance, data, bytes}});
        return;
      }
      // A step without messages keeps the numbers of messages alike.
      Step &step = work.steps.emplace_back();
      if (ranks.index + distance < ranks.size())
        step.push_back({false, ranks.index + distance, data, bytes, true});
    }
  }

  /// Both of a pair compute a + b, which is b + a. Ranks beyond a power of two
  /// have one of the others count for them.
  static void addDoubling(Operation &work, const Group &ranks, char *data,
                          int64_t bytes) {
    int even =
        static_cast<int>(std::bit_floor(static_cast<unsigned>(ranks.size())));
    bool isBeyond = ranks.index >= even;
    int partner = isBeyond ? ranks.index - even : ranks.index + even;
    bool hasPartner = partner < ranks.size();
    Step &first = work.steps.emplace_back();
    if (hasPartner)
      first.push_back({isBeyond, partner, data, bytes, !isBeyond});
    for (int distance = 1; distance < even; distance *= 2) {
      Step &step = work.steps.emplace_back();
      if (isBeyond)
        continue;
      step.push_back({true, ranks.index ^ distance, data, bytes});
      step.push_back({false, ranks.index ^ distance, data, bytes, true});
    }
    Step &last = work.steps.emplace_back();
    if (hasPartner)
      last.push_back({!isBeyond, partner, data, bytes});
  }

  TCPControl &control;
  TCPExchange exchange;
  std::vector<Group> groups;
  /// Those in flight, whose addresses stay.
  std::list<Operation> operations;
  uint64_t rounds = 0;
};

} // namespace

std::unique_ptr<Collectives>
makeTCPCollectives(TCPControl &control, std::vector<Descriptor> sockets) {
  return std::make_unique<TCPCollectives>(control, std::move(sockets));
}

} // namespace dpc::rt
