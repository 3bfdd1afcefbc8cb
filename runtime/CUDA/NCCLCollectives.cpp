//===- NCCLCollectives.cpp - Collectives between GPUs ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CUDA/NCCLCollectives.h"
#include "runtime/Comm/Watchdog.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>
#include <utility>

namespace dpc::rt {

using namespace nccl;

/// NCCL's numbers of bytes and of the reductions.
static constexpr int kBytes = 1, kSum = 0, kMax = 2, kMin = 3;

/// A wait for NCCL, or for the first collective that has not ended.
class NCCLCollectives::FlightWait final : public Wait {
public:
  explicit FlightWait(const NCCLCollectives &all) : all(all) {}

  std::string place() const override {
    const FlightRing::Entry *entry = find();
    if (!entry)
      return activity.empty() ? "the work of its GPU" : activity;
    return entry->describe() +
           (hasStarted(*entry) ? "" : ", to which its GPU has not come");
  }

  bool isForDevice() const override { return activity.empty(); }

  std::vector<int> expected() const override {
    const FlightRing::Entry *entry = find();
    std::vector<int> ranks;
    for (int rank = 0; !entry && rank < all.control.size(); ++rank)
      if (rank != all.control.rank() && !activity.empty())
        ranks.push_back(rank);
    if (!entry || !hasStarted(*entry))
      return ranks;
    const Collective &collective = entry->getCollective();
    const std::vector<int> &members =
        all.groups[static_cast<size_t>(collective.group)].members;
    for (size_t i = 0; i < members.size(); ++i)
      if (members[i] != all.control.rank() &&
          (collective.peer < 0 || static_cast<size_t>(collective.peer) == i))
        ranks.push_back(members[i]);
    return ranks;
  }

  /// Those that have not come to what this one is in: the rings compared.
  std::string describe(const std::vector<Answer> &answers,
                       int rank) const override {
    const FlightRing::Entry *entry = find();
    if (entry && !hasStarted(*entry))
      return "its own GPU";
    std::vector<int> late, silent;
    for (int other : expected()) {
      const Answer &answer = answers[static_cast<size_t>(other)];
      if (!answer.came)
        silent.push_back(other);
      else if (entry &&
               (answer.place.find(entry->key()) == std::string::npos ||
                answer.place.find(" has not come") != std::string::npos))
        late.push_back(other);
    }
    if (!silent.empty() || late.empty())
      return describeLate(answers, rank, expected());
    return listRanks(late) + ", which " + (late.size() == 1 ? "has" : "have") +
           " not joined: " +
           (late.size() == 1 ? "it waits" : "the first waits") + " in " +
           answers[static_cast<size_t>(late.front())].place;
  }

  Error error(const std::string &late) const override {
    const FlightRing::Entry *entry = find();
    int rank = all.control.rank();
    if (!entry)
      return failure.empty()
                 ? stallError(all.control.timeLimit(), rank,
                              "waits in " + place() + " for " + late)
                 : Error{"NCCL",
                         failure + " on rank " + std::to_string(rank) +
                             ", which waits in " + place() + " for " + late,
                         hint()};
    const Collective &collective = entry->getCollective();
    const Group &group = all.groups[static_cast<size_t>(collective.group)];
    char seconds[32];
    std::snprintf(seconds, sizeof(seconds), "%g", all.control.timeLimit());
    return {collective.node.empty() ? "plan" : collective.node,
            entry->describe() +
                (failure.empty()
                     ? ", has not finished after " + std::string(seconds) + " s"
                     : ", failed: " + failure) +
                ": rank " + std::to_string(rank) + " waits for " + late + " (" +
                std::to_string(entry->bytes) + " bytes of " +
                std::string(typeName(entry->type)) + ", number " +
                std::to_string(entry->sequence) + " among " +
                listRanks(group.members) + ")",
            hint()};
  }

  /// What the host waits for where no collective is in flight.
  std::string activity;
  /// What NCCL says; empty where it took too long.
  std::string failure;

private:
  std::string hint() const {
    return failure.empty()
               ? "see whether those ranks are alive; --timeout sets the limit"
               : "NCCL_DEBUG=WARN in the environment has NCCL say more";
  }
  const FlightRing::Entry *find() const { return all.ring.findUnfinished(); }
  static bool hasStarted(const FlightRing::Entry &entry) {
    return entry.started != FlightRing::Clock::time_point();
  }

  const NCCLCollectives &all;
};

NCCLCollectives::NCCLCollectives(const Library &library, CUDADevice &device,
                                 Control &control)
    : library(library), device(device), control(control),
      wait(std::make_unique<FlightWait>(*this)) {}

NCCLCollectives::~NCCLCollectives() {
  // What cannot be ended in order is left to the end of the process: an abort of
  // NCCL's might not return.
  Watchdog watchdog(control.timeLimit(), control.rank(), "NCCL's end");
  wait->activity = "NCCL's end";
  bool isWhole = true;
  for (auto [comm, handle] : registered)
    isWhole =
        isWhole &&
        settle(comm, library.ncclCommDeregister(comm, handle), "the end").ok();
  for (size_t i = comms.size(); isWhole && i-- > 0;)
    isWhole =
        settle(comms[i], library.ncclCommFinalize(comms[i]), "the end").ok() &&
        library.ncclCommDestroy(comms[i]) == kSuccess;
  device.setWatch(nullptr, nullptr);
  if (number)
    device.getDriver().cuMemFreeHost(const_cast<uint32_t *>(number));
}

Error NCCLCollectives::describe(Comm comm, Code result,
                                const char *what) const {
  std::string text = library.ncclGetErrorString(result);
  const char *last = library.ncclGetLastError(comm);
  if (last && *last && text != last)
    text += ": " + std::string(last);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return {"NCCL",
          std::string(what) + " failed on rank " +
              std::to_string(control.rank()) + ": " + text,
          "NCCL_DEBUG=WARN in the environment has NCCL say more"};
}

Status NCCLCollectives::settle(Comm comm, Code result, const char *what) {
  if (result == kInProgress)
    control.waitUntil(
        [&] {
          ring.observe(*number);
          Code asked = library.ncclCommGetAsyncError(comm, &result);
          if (asked != kSuccess)
            result = asked;
          return result != kInProgress;
        },
        *wait);
  if (result == kSuccess)
    return {};
  return describe(comm, result, what);
}

/// Texts of all ranks, each of which may be longer than Control takes.
static std::vector<std::string> gatherLong(Control &control,
                                           const std::string &text) {
  std::vector<std::string> whole(static_cast<size_t>(control.size()));
  constexpr size_t piece = 128;
  for (size_t at = 0; at < text.size(); at += piece) {
    std::vector<std::string> parts =
        control.allGatherText(text.substr(at, piece));
    for (size_t i = 0; i < whole.size(); ++i)
      whole[i] += parts[i];
  }
  return whole;
}

static std::string toHex(const char *bytes, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x",
                  static_cast<unsigned char>(bytes[i]));
    text += digits;
  }
  return text;
}

Status refuseSharedGPUs(Control &control, const std::string &uuid) {
  char host[64] = "";
  ::gethostname(host, sizeof(host) - 1);
  std::vector<std::string> all =
      control.allGatherText(toHex(uuid.data(), uuid.size()) + " of " + host);
  for (size_t i = 0; i < all.size(); ++i)
    for (size_t j = i + 1; j < all.size(); ++j)
      if (all[i] == all[j])
        return Error{"GPU",
                     "ranks " + std::to_string(i) + " and " +
                         std::to_string(j) + " have the same one (UUID " +
                         all[i] + "), and each needs one of its own",
                     "start fewer ranks on that machine, and see LOCAL_RANK "
                     "and CUDA_VISIBLE_DEVICES of these two"};
  return {};
}

Status NCCLCollectives::makeWorld() {
  wait->activity = "the start of NCCL";
  device.setWatch(wait.get(), [this] { look(); });
  void *memory = nullptr;
  if (device.getDriver().cuMemHostAlloc(&memory, sizeof(uint32_t), 0))
    return Error{"GPU", "has no pinned memory of the host left", ""};
  number = static_cast<volatile uint32_t *>(memory);
  *number = 0;
  UniqueId id{};
  if (control.rank() == 0)
    if (Code result = library.ncclGetUniqueId(&id))
      // The others learn of it by the zeros.
      printError(describe(nullptr, result, "the start"));
  std::string hex = gatherLong(control, toHex(id.bytes, sizeof(id.bytes)))[0];
  if (hex.find_first_not_of('0') == std::string::npos)
    return Error{"NCCL", "rank 0 cannot start it",
                 "NCCL_DEBUG=WARN in the environment has NCCL say more"};
  for (size_t i = 0; i < sizeof(id.bytes); ++i)
    id.bytes[i] =
        static_cast<char>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  control.barrier();
  Config config;
  config.blocking = 0;
  Code result = library.ncclCommInitRankConfig(&world, control.size(), id,
                                               control.rank(), &config);
  if (Status status = settle(world, result, "the start"); !status.ok())
    return status;
  comms.push_back(world);
  return {};
}

Status NCCLCollectives::makeGroup(const GroupPlace &place) {
  std::vector<std::string> texts = control.allGatherText(
      std::to_string(place.color) + " " + std::to_string(place.key));
  std::vector<std::pair<int, int>> mine;
  bool isWorld = true;
  for (int rank = 0; rank < control.size(); ++rank) {
    GroupPlace other;
    std::sscanf(texts[static_cast<size_t>(rank)].c_str(), "%d %d", &other.color,
                &other.key);
    if (other.color == place.color)
      mine.push_back({other.key, rank});
    isWorld &= other.color == place.color && other.key == rank;
  }
  std::sort(mine.begin(), mine.end());
  Group &group = groups.emplace_back();
  for (auto [key, rank] : mine)
    group.members.push_back(rank);
  // Groups of one list are equally large, so that all ranks decide alike.
  if (mine.size() == 1)
    return {};
  if (isWorld) {
    group.comm = world;
    return {};
  }
  Config config;
  config.blocking = 0;
  config.splitShare = 1;
  Comm comm = nullptr;
  Code result =
      library.ncclCommSplit(world, place.color, place.key, &comm, &config);
  if (Status status = settle(world, result, "a split"); !status.ok())
    return status;
  if (Status status = settle(comm, kInProgress, "a split"); !status.ok())
    return status;
  comms.push_back(comm);
  group.comm = comm;
  return {};
}

Status NCCLCollectives::makeGroups(const std::vector<GroupPlace> &places) {
  if (Status status = makeWorld(); !status.ok())
    return status;
  for (const GroupPlace &place : places)
    if (Status status = makeGroup(place); !status.ok())
      return status;
  wait->activity.clear();
  return {};
}

Status NCCLCollectives::useMemory(void *region, int64_t bytes) {
  if (!library.ncclCommRegister || !library.ncclCommDeregister || bytes == 0)
    return {};
  wait->activity = "the registration of memory with NCCL";
  for (Comm comm : comms) {
    void *handle = nullptr;
    Code result = library.ncclCommRegister(comm, region,
                                           static_cast<size_t>(bytes), &handle);
    if (Status status = settle(comm, result, "a registration"); !status.ok())
      return status;
    registered.push_back({comm, handle});
  }
  wait->activity.clear();
  return {};
}

void NCCLCollectives::beginRun(const StepProgram &program, int64_t step) {
  // The GPU has done all that it was told before.
  *number = 0;
  ring.beginRun(program, step);
}

void NCCLCollectives::look() {
  ring.observe(*number);
  for (Comm comm : comms) {
    Code result = kSuccess,
         asked = library.ncclCommGetAsyncError(comm, &result);
    if (asked == kSuccess && (result == kSuccess || result == kInProgress))
      continue;
    Error error = describe(comm, asked ? asked : result, "a collective");
    wait->failure = error.what;
    control.giveUp(*wait);
  }
}

void NCCLCollectives::mark(uint32_t value) {
  auto address = reinterpret_cast<uintptr_t>(number);
  device.need(device.getDriver().cuStreamWriteValue32_v2(
                  device.communicationStream(), address, value, 0),
              "marking where it is");
}

void NCCLCollectives::start(int slot, int group, int64_t count, DpcType type,
                            int channel,
                            const std::function<Code(Comm)> &tell) {
  Comm comm = groups[static_cast<size_t>(group)].comm;
  if (openSlot < 0) {
    device.beginCommunication();
    next.communicator = group;
    next.bytes = count * typeBytes(type);
    next.type = type;
    next.channel = channel;
    openNumber = ring.add(next);
    openSlot = slot;
    openGroup = group;
    mark(2 * openNumber + 1);
    library.ncclGroupStart();
  }
  addPending(slot);
  // What goes wrong within a group, its end says, too.
  tell(comm);
  if (!isGrouped)
    endGroup();
}

void NCCLCollectives::beginGroup() { isGrouped = true; }

void NCCLCollectives::endGroup() {
  isGrouped = false;
  int slot = std::exchange(openSlot, -1);
  if (slot < 0)
    return;
  Status status = settle(groups[static_cast<size_t>(openGroup)].comm,
                         library.ncclGroupEnd(), "a collective");
  if (!status.ok()) {
    wait->failure = status.error().what;
    control.giveUp(*wait);
  }
  mark(2 * openNumber + 2);
  device.endCommunication(slot);
}

void NCCLCollectives::waitInQueue(int slot) {
  device.awaitCommunication(slot);
  removeAllPending(slot);
}

std::pair<int, size_t> NCCLCollectives::moved(DpcType type, int64_t count) {
  if (std::optional<int> number = dataType(type))
    return {*number, static_cast<size_t>(count)};
  return {kBytes, static_cast<size_t>(count * typeBytes(type))};
}

int NCCLCollectives::reduced(DpcType type) const {
  std::optional<int> number = dataType(type);
  if (!number)
    fatal(control,
          Error{"NCCL", "has no reductions of " + std::string(typeName(type)),
                "start with DPC_NCCL=off in the environment"});
  return *number;
}

static int reductionNumber(DpcReduction reduction) {
  return reduction == DPC_MAX ? kMax : reduction == DPC_MIN ? kMin : kSum;
}

void NCCLCollectives::startReduce(int slot, void *buffer, int64_t count,
                                  DpcType type, DpcReduction reduction,
                                  int group, bool toRoot) {
  int number = reduced(type), op = reductionNumber(reduction);
  auto size = static_cast<size_t>(count);
  start(slot, group, count, type, -1, [&](Comm comm) {
    Stream stream = device.communicationStream();
    return toRoot ? library.ncclReduce(buffer, buffer, size, number, op, 0,
                                       comm, stream)
                  : library.ncclAllReduce(buffer, buffer, size, number, op,
                                          comm, stream);
  });
}

void NCCLCollectives::startAllGather(int slot, const void *send, void *recv,
                                     int64_t count, DpcType type, int group) {
  auto [number, size] = moved(type, count);
  start(slot, group, count * groupSize(group), type, -1,
        [&, number = number, size = size](Comm comm) {
          return library.ncclAllGather(send, recv, size, number, comm,
                                       device.communicationStream());
        });
}

void NCCLCollectives::startReduceScatter(int slot, const void *send, void *recv,
                                         int64_t count, DpcType type,
                                         DpcReduction reduction, int group) {
  int number = reduced(type), op = reductionNumber(reduction);
  start(slot, group, count * groupSize(group), type, -1, [&](Comm comm) {
    return library.ncclReduceScatter(send, recv, static_cast<size_t>(count),
                                     number, op, comm,
                                     device.communicationStream());
  });
}

void NCCLCollectives::startAllToAll(int slot, const void *send, void *recv,
                                    int64_t count, DpcType type, int group) {
  auto [number, size] = moved(type, count);
  int64_t bytes = count * typeBytes(type);
  start(slot, group, count * groupSize(group), type, -1,
        [&, number = number, size = size](Comm comm) {
          Stream stream = device.communicationStream();
          Code result = kSuccess;
          for (int peer = 0; peer < groupSize(group) && !result; ++peer) {
            result =
                library.ncclSend(static_cast<const char *>(send) + peer * bytes,
                                 size, number, peer, comm, stream);
            if (!result)
              result =
                  library.ncclRecv(static_cast<char *>(recv) + peer * bytes,
                                   size, number, peer, comm, stream);
          }
          return result;
        });
}

void NCCLCollectives::startSend(int slot, const void *buffer, int64_t count,
                                DpcType type, int peer, int channel,
                                int group) {
  auto [number, size] = moved(type, count);
  start(slot, group, count, type, isGrouped ? -1 : channel,
        [&, number = number, size = size](Comm comm) {
          return library.ncclSend(buffer, size, number, peer, comm,
                                  device.communicationStream());
        });
}

void NCCLCollectives::startReceive(int slot, void *buffer, int64_t count,
                                   DpcType type, int peer, int channel,
                                   int group) {
  auto [number, size] = moved(type, count);
  start(slot, group, count, type, isGrouped ? -1 : channel,
        [&, number = number, size = size](Comm comm) {
          return library.ncclRecv(buffer, size, number, peer, comm,
                                  device.communicationStream());
        });
}

std::unique_ptr<Collectives> makeNCCLCollectives(const Library &library,
                                                 CUDADevice &device,
                                                 Control &control) {
  return std::make_unique<NCCLCollectives>(library, device, control);
}

} // namespace dpc::rt
