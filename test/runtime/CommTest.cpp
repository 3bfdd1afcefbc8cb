//===- CommTest.cpp - Collectives on a mesh of two axes -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Run on 4 ranks, as the mesh a=2,b=2. Under MPI, collectives are cut into pieces
// of at most 5 elements, which is how counts above INT_MAX are treated. Over TCP
// there are counts for short and long messages, and for those of several frames.
//
//===----------------------------------------------------------------------===//

#include "CommBench.h"
#include "dialects/Support/Hash.h"
#include "runtime/Comm/Control.h"
#include "runtime/Core/Program.h"

#include <cmath>
#include <cstdio>
#include <limits>

using namespace dpc::rt;

/// Both halves of the transport.
struct Ranks {
  Control &control;
  Collectives &collectives;
};

static int failures = 0;

static void expect(bool condition, const std::string &what) {
  if (condition)
    return;
  ++failures;
  std::fprintf(stderr, "failed: %s\n", what.c_str());
}

static void finish(Ranks &ranks, int slot) {
  std::vector<int> finished;
  while (ranks.collectives.inFlight(slot)) {
    ranks.collectives.progress(finished);
    if (ranks.collectives.inFlight(slot))
      ranks.control.rest();
  }
}

/// Rank r holds value(r, i) at element i.
static void testReduce(Ranks &ranks, const Mesh &mesh,
                       const std::vector<std::string> &axes, int group,
                       DpcType type, DpcReduction reduction, bool toRoot,
                       int64_t count) {
  auto value = [](int rank, int64_t i) {
    return static_cast<double>((rank * 3 + i) % 7 + 1);
  };
  std::vector<char> buffer(count * typeBytes(type));
  for (int64_t i = 0; i < count; ++i)
    writeElement(&buffer[i * typeBytes(type)], type,
                 value(ranks.control.rank(), i));
  ranks.collectives.startReduce(3, buffer.data(), count, type, reduction, group,
                                toRoot);
  finish(ranks, 3);
  if (toRoot && mesh.linearIndex(axes, ranks.control.rank()) != 0)
    return;
  int64_t mine = mesh.firstOfGroup(axes, ranks.control.rank());
  for (int64_t i = 0; i < count; ++i) {
    double expected = reduction == DPC_MIN ? 1e9 : 0;
    for (int rank = 0; rank < ranks.control.size(); ++rank) {
      if (mesh.firstOfGroup(axes, rank) != mine)
        continue;
      double v = value(rank, i);
      expected = reduction == DPC_SUM   ? expected + v
                 : reduction == DPC_MAX ? std::max(expected, v)
                                        : std::min(expected, v);
    }
    expect(readElement(&buffer[i * typeBytes(type)], type) == expected,
           std::string("reduce of ") + typeName(type) + " on group " +
               std::to_string(group));
  }
}

/// Element 0 is NaN on rank 1 only, element 1 is -0 on odd ranks, else +0.
static void testExtremes(Ranks &ranks, const Mesh &mesh,
                         const std::vector<std::string> &axes, int group,
                         DpcType type, DpcReduction reduction) {
  auto value = [](int rank, int i) {
    if (i == 0)
      return rank == 1 ? std::numeric_limits<double>::quiet_NaN() : rank;
    return rank % 2 ? -0.0 : 0.0;
  };
  std::vector<char> buffer(2 * typeBytes(type));
  for (int i = 0; i < 2; ++i)
    writeElement(&buffer[i * typeBytes(type)], type,
                 value(ranks.control.rank(), i));
  ranks.collectives.startReduce(3, buffer.data(), 2, type, reduction, group,
                                false);
  finish(ranks, 3);
  bool hasNaN = false, isNegative = reduction == DPC_MAX;
  for (int rank = 0; rank < ranks.control.size(); ++rank) {
    if (mesh.firstOfGroup(axes, rank) !=
        mesh.firstOfGroup(axes, ranks.control.rank()))
      continue;
    hasNaN |= std::isnan(value(rank, 0));
    bool sign = std::signbit(value(rank, 1));
    isNegative = reduction == DPC_MAX ? isNegative && sign : isNegative || sign;
  }
  std::string what = std::string(" in an extreme of ") + typeName(type) +
                     " on group " + std::to_string(group);
  double first = readElement(buffer.data(), type);
  double second = readElement(&buffer[typeBytes(type)], type);
  expect(std::isnan(first) == hasNaN, "NaN" + what);
  expect(second == 0 && std::signbit(second) == isNegative, "-0" + what);
}

static void testGather(Ranks &ranks, const Mesh &mesh,
                       const std::vector<std::string> &axes, int group,
                       int64_t count, bool inPlace) {
  int64_t members = mesh.size(axes);
  int64_t index = mesh.linearIndex(axes, ranks.control.rank());
  std::vector<int32_t> send(count), recv(count * members, -1);
  int32_t *own = inPlace ? recv.data() + index * count : send.data();
  for (int64_t i = 0; i < count; ++i)
    own[i] = static_cast<int32_t>(ranks.control.rank() * 1000 + i);
  ranks.collectives.startAllGather(0, own, recv.data(), count, DPC_I32, group);
  finish(ranks, 0);
  for (int rank = 0; rank < ranks.control.size(); ++rank) {
    if (mesh.firstOfGroup(axes, rank) !=
        mesh.firstOfGroup(axes, ranks.control.rank()))
      continue;
    for (int64_t i = 0; i < count; ++i)
      expect(recv[mesh.linearIndex(axes, rank) * count + i] == rank * 1000 + i,
             "gather on group " + std::to_string(group));
  }
}

static void testReduceScatter(Ranks &ranks, const Mesh &mesh,
                              const std::vector<std::string> &axes, int group,
                              int64_t count, DpcType type,
                              DpcReduction reduction) {
  int64_t members = mesh.size(axes);
  std::vector<char> send(count * members * typeBytes(type)),
      recv(count * typeBytes(type));
  auto value = [](int rank, int64_t i) { return double((i + 3 * rank) % 7); };
  for (int64_t i = 0; i < count * members; ++i) {
    double v = value(ranks.control.rank(), i);
    convertElement(&v, DPC_F64, &send[i * typeBytes(type)], type);
  }
  ranks.collectives.startReduceScatter(0, send.data(), recv.data(), count, type,
                                       reduction, group);
  finish(ranks, 0);
  int64_t first = mesh.linearIndex(axes, ranks.control.rank()) * count;
  for (int64_t i = 0; i < count; ++i) {
    double expected = reduction == DPC_MAX ? -1 : 0;
    for (int rank = 0; rank < ranks.control.size(); ++rank) {
      if (mesh.firstOfGroup(axes, rank) !=
          mesh.firstOfGroup(axes, ranks.control.rank()))
        continue;
      double v = value(rank, first + i);
      expected = reduction == DPC_MAX ? std::max(expected, v) : expected + v;
    }
    expect(readElement(&recv[i * typeBytes(type)], type) == expected,
           std::string("reduce_scatter of ") + typeName(type) + " on group " +
               std::to_string(group));
  }
}

static void testAllToAll(Ranks &ranks, const Mesh &mesh,
                         const std::vector<std::string> &axes, int group,
                         int64_t count) {
  int64_t members = mesh.size(axes);
  std::vector<int32_t> send(count * members), recv(count * members, -1);
  for (int64_t i = 0; i < count * members; ++i)
    send[i] = static_cast<int32_t>(ranks.control.rank() * 1000 + i);
  ranks.collectives.startAllToAll(0, send.data(), recv.data(), count, DPC_I32,
                                  group);
  finish(ranks, 0);
  int64_t first = mesh.linearIndex(axes, ranks.control.rank()) * count;
  for (int rank = 0; rank < ranks.control.size(); ++rank) {
    if (mesh.firstOfGroup(axes, rank) !=
        mesh.firstOfGroup(axes, ranks.control.rank()))
      continue;
    for (int64_t i = 0; i < count; ++i)
      expect(recv[mesh.linearIndex(axes, rank) * count + i] ==
                 rank * 1000 + first + i,
             "all_to_all on group " + std::to_string(group));
  }
}

/// Every rank sends to each other one of its group, and starts the receives
/// before or after, in an order in which the messages are not sent.
static void testMessages(Ranks &ranks, const Mesh &mesh,
                         const std::vector<std::string> &axes, int group,
                         int64_t count, bool receiveFirst) {
  int members = static_cast<int>(mesh.size(axes));
  int own = static_cast<int>(mesh.linearIndex(axes, ranks.control.rank()));
  constexpr int channels = 3;
  auto value = [&](int from, int to, int channel, int64_t i) {
    return static_cast<int32_t>(((from * 10 + to) * 10 + channel) * 100 + i);
  };
  std::vector<std::vector<int32_t>> sent, received(members * channels);
  auto send = [&] {
    for (int channel = 0; channel < channels; ++channel)
      for (int peer = 0; peer < members; ++peer) {
        std::vector<int32_t> &buffer = sent.emplace_back(count);
        for (int64_t i = 0; i < count; ++i)
          buffer[i] = value(own, peer, channel, i);
        if (peer != own)
          ranks.collectives.startSend(channel * members + peer, buffer.data(),
                                      count, DPC_I32, peer, channel, group);
      }
  };
  auto receive = [&] {
    for (int channel = channels; channel-- > 0;)
      for (int peer = 0; peer < members; ++peer) {
        std::vector<int32_t> &buffer = received[channel * members + peer];
        buffer.assign(count, -1);
        if (peer != own)
          ranks.collectives.startReceive(100 + channel * members + peer,
                                         buffer.data(), count, DPC_I32, peer,
                                         channel, group);
      }
  };
  if (receiveFirst)
    receive();
  send();
  // A collective on the same group meanwhile.
  float one = 1;
  ranks.collectives.startReduce(99, &one, 1, DPC_F32, DPC_SUM, group, false);
  if (!receiveFirst)
    receive();
  for (int slot = 0; slot < 100 + channels * members; ++slot)
    finish(ranks, slot);
  expect(one == static_cast<float>(members), "sum beside messages");
  for (int channel = 0; channel < channels; ++channel)
    for (int peer = 0; peer < members; ++peer)
      for (int64_t i = 0; peer != own && i < count; ++i)
        expect(received[channel * members + peer][i] ==
                   value(peer, own, channel, i),
               "message on group " + std::to_string(group));
}

/// Messages of one channel keep their order.
static void testMessageOrder(Ranks &ranks, int group, int index) {
  std::vector<int32_t> values(4 * 7);
  for (int i = 0; i < 4 * 7; ++i)
    values[i] = index == 0 ? i : -1;
  for (int slot = 0; slot < 4; ++slot)
    if (index == 0)
      ranks.collectives.startSend(slot, &values[slot * 7], 7, DPC_I32, 1, 5,
                                  group);
    else
      ranks.collectives.startReceive(slot, &values[slot * 7], 7, DPC_I32, 0, 5,
                                     group);
  for (int slot = 4; slot-- > 0;)
    finish(ranks, slot);
  for (int i = 0; i < 4 * 7; ++i)
    expect(values[i] == i, "order of messages");
}

int main(int argc, char **argv) {
  bool isBench = argc > 1 && std::string_view(argv[1]) == "--bench";
  Expected<Launch> launch = resolveLaunch();
  if (!launch.ok()) {
    printError(launch.error());
    return 1;
  }
  Expected<std::unique_ptr<Control>> made =
      makeControl(*launch, 600, isBench ? 1 << 30 : 5);
  if (!made.ok()) {
    printError(made.error());
    return 1;
  }
  std::unique_ptr<Collectives> collectives = (*made)->makeCollectives();
  Ranks ranks{**made, *collectives};
  if (isBench) {
    expect(collectives->makeGroups({{0, ranks.control.rank()}}).ok(), "group");
    benchCollectives(ranks.control, *collectives);
    ranks.control.finalize(std::move(collectives));
    return 0;
  }
  Mesh mesh{{{"a", 2}, {"b", 2}}};
  if (ranks.control.size() != 4) {
    std::fprintf(stderr, "needs 4 ranks\n");
    return 1;
  }
  std::vector<std::vector<std::string>> groups = {
      {"a"}, {"b"}, {"a", "b"}, {"b", "a"}, {}};
  std::vector<GroupPlace> places;
  for (const auto &axes : groups)
    places.push_back(
        {static_cast<int>(mesh.firstOfGroup(axes, ranks.control.rank())),
         static_cast<int>(mesh.linearIndex(axes, ranks.control.rank()))});
  expect(ranks.collectives.makeGroups(places).ok(), "makeGroups");
  for (size_t g = 0; g < groups.size(); ++g) {
    int group = static_cast<int>(g);
    expect(ranks.collectives.groupSize(group) == mesh.size(groups[g]),
           "group size");
    for (int64_t count : {0, 1, 4, 5, 6, 23}) {
      for (int type = DPC_F32; type <= DPC_U64; ++type)
        for (int reduction = DPC_SUM; reduction <= DPC_MIN; ++reduction)
          for (bool toRoot : {false, true})
            if (type != DPC_I1)
              testReduce(ranks, mesh, groups[g], group,
                         static_cast<DpcType>(type),
                         static_cast<DpcReduction>(reduction), toRoot, count);
      for (DpcType type : {DPC_F32, DPC_F64, DPC_BF16, DPC_F16})
        for (DpcReduction reduction : {DPC_MAX, DPC_MIN})
          testExtremes(ranks, mesh, groups[g], group, type, reduction);
      for (bool inPlace : {false, true})
        testGather(ranks, mesh, groups[g], group, count, inPlace);
      testAllToAll(ranks, mesh, groups[g], group, count);
      for (bool receiveFirst : {false, true})
        testMessages(ranks, mesh, groups[g], group, count, receiveFirst);
      for (DpcType type : {DPC_F32, DPC_BF16, DPC_F16, DPC_I64})
        for (DpcReduction reduction : {DPC_SUM, DPC_MAX})
          testReduceScatter(ranks, mesh, groups[g], group, count, type,
                            reduction);
    }
  }
  if (launch->transport == Transport::TCP)
    for (int64_t count : {4099, 150001}) {
      for (bool toRoot : {false, true})
        for (DpcType type : {DPC_F32, DPC_I8})
          for (int group : {0, 2})
            testReduce(ranks, mesh, groups[group], group, type, DPC_SUM, toRoot,
                       count);
      testGather(ranks, mesh, groups[2], 2, count, true);
      testAllToAll(ranks, mesh, groups[2], 2, count);
      testReduceScatter(ranks, mesh, groups[2], 2, count, DPC_BF16, DPC_SUM);
      for (bool receiveFirst : {false, true})
        testMessages(ranks, mesh, groups[2], 2, count, receiveFirst);
    }
  for (int group : {0, 1})
    testMessageOrder(ranks, group,
                     static_cast<int>(mesh.linearIndex(groups[group],
                                                       ranks.control.rank())));
  // Several in flight at once, finished in any order.
  std::vector<float> values(64 * 8, 1.0f);
  for (int slot = 0; slot < 8; ++slot)
    ranks.collectives.startReduce(slot, &values[64 * slot], 64, DPC_F32,
                                  DPC_SUM, slot % 3, false);
  for (int slot = 7; slot >= 0; --slot)
    finish(ranks, slot);
  for (int i = 0; i < 64 * 8; ++i)
    expect(values[i] == (i / 64 % 3 == 2 ? 4.0f : 2.0f), "overlapping sums");
  expect(ranks.collectives.idle(), "idle at the end");

  // Sums whose rounding depends on the order are the same bits on all ranks.
  for (int64_t count : {1000, 100000}) {
    std::vector<float> parts(count);
    for (int64_t i = 0; i < count; ++i)
      parts[i] = 1.0f / static_cast<float>(i + 7 * ranks.control.rank() + 1);
    ranks.collectives.startReduce(0, parts.data(), count, DPC_F32, DPC_SUM, 2,
                                  false);
    finish(ranks, 0);
    uint64_t hash = Hash::of(
        {reinterpret_cast<const char *>(parts.data()), parts.size() * 4});
    std::vector<std::string> hashes =
        ranks.control.allGatherText(Hash::text(hash));
    expect(hashes == std::vector<std::string>(4, hashes[0]), "same bits");
  }

  std::string large(23, static_cast<char>('a' + ranks.control.rank()));
  if (ranks.control.rank() != 0)
    ranks.control.sendToRoot(large);
  else
    for (int rank = 1; rank < 4; ++rank)
      expect(ranks.control.receiveAtRoot(rank) ==
                 std::string(23, static_cast<char>('a' + rank)),
             "text at the root");
  int64_t worst = ranks.control.minimum(-failures);
  if (ranks.control.rank() == 0 && worst == 0)
    std::puts("all collectives agree");
  ranks.control.finalize(std::move(collectives));
  return worst == 0 ? 0 : 1;
}
