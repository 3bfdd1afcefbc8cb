//===- Context.cpp - One rank's state while a program runs ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Context.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

using namespace dpc::rt;

DpcContext::DpcContext(const Program &program, Control &control,
                       Collectives &collectives, Device &device,
                       bool keepsPrograms)
    : program(program), control(control), collectives(collectives),
      device(device), keepsPrograms(keepsPrograms && device.keepsPrograms()) {
  device.describeWork = [this](const Device::Span *piece) {
    return describeWork(piece);
  };
  for (const std::vector<std::string> &axes : program.groups)
    groupIndices.push_back(program.mesh.linearIndex(axes, control.rank()));
}

DpcContext::~DpcContext() { device.describeWork = nullptr; }

std::string DpcContext::describeWork(const Device::Span *piece) const {
  std::string text;
  if (piece && piece->isCollective) {
    const Collective &entry =
        current->collectives[static_cast<size_t>(piece->number)];
    text = "collective #" + std::to_string(piece->number) + " (" +
           std::string(getName(entry.kind)) + ", " + entry.node + ") of ";
  } else if (piece) {
    const Instruction &entry =
        current->instructions[static_cast<size_t>(piece->number)];
    text = "instruction " + std::to_string(piece->number) + " (" + entry.name +
           (entry.node.empty() ? "" : ", " + entry.node) + ") of ";
  }
  return text + "program '" + (current ? current->name : "") + "', step " +
         std::to_string(step);
}

void DpcContext::run(const StepProgram &program, char *arena,
                     int64_t stepNumber, Trace *stepTrace,
                     FiniteCheck *stepCheck,
                     const std::function<void()> &meanwhile) {
  current = &program;
  instruction = 0;
  iteration = 0;
  step = stepNumber;
  trace = stepTrace;
  finiteCheck = keepsPrograms ? nullptr : stepCheck;
  collectives.beginRun(program, step);
  bool isTold = false;
  auto tell = [&] {
    isTold = true;
    told = 0;
    dpc_step_functions[program.index](this, arena);
  };
  // Without a graph, a stall is known to the instruction.
  bool isClocked = device.hasClock() && (trace || !keepsPrograms);
  if (isClocked)
    device.startClock();
  // What the host does within a program, the device cannot repeat.
  if (keepsPrograms && !trace &&
      (control.size() == 1 || collectives.isQueued()))
    device.perform(program.index, tell);
  else
    tell();
  if (!isTold)
    collectives.repeatRun();
  if (meanwhile)
    meanwhile();
  Status status = device.finish();
  // An index out of range may be what went wrong.
  if (auto found = fetched.find(program.index); found != fetched.end())
    for (const Fetched &integers : found->second) {
      instruction = integers.instruction;
      checkRead(integers.data, integers.count, integers.type, integers.range,
                integers.start);
    }
  if (!status.ok())
    fatal(control, status.error());
  if (!collectives.idle())
    fail("program '" + program.name +
             "' ended with a collective that nobody waited for",
         "this is a fault of dpc; please report it");
  if (isClocked)
    for (const Device::Span &span : device.takeSpans())
      if (trace)
        trace->add(program, span, step);
  trace = nullptr;
}

void DpcContext::fail(const std::string &what, const std::string &hint) const {
  std::string where;
  size_t at = static_cast<size_t>(instruction);
  if (current && at < current->instructions.size())
    where = current->instructions[at].node;
  fatal(control, Error{where.empty() ? "plan" : where, what, hint});
}

void DpcContext::announceStart(int32_t collective) {
  if (collectives.inFlight(collective))
    fail("collective #" + std::to_string(collective) +
             " is started while it is in flight",
         "this is a fault of dpc; please report it");
  if (trace && !isTimed())
    trace->startCollective(collective);
  collectives.announce(collective);
}

void DpcContext::copyElements(const void *send, void *recv, int64_t count,
                              int32_t type) {
  if (send != recv)
    device.copy(recv, send, count * typeBytes(static_cast<DpcType>(type)));
}

void DpcContext::startReduce(int32_t collective, void *buffer, int64_t count,
                             int32_t type, int32_t reduction, int32_t group,
                             bool toRoot) {
  if (collectives.groupSize(group) == 1)
    return;
  announceStart(collective);
  collectives.startReduce(collective, buffer, count, static_cast<DpcType>(type),
                          static_cast<DpcReduction>(reduction), group, toRoot);
}

void DpcContext::startAllGather(int32_t collective, const void *send,
                                void *recv, int64_t count, int32_t type,
                                int32_t group) {
  if (collectives.groupSize(group) == 1)
    return copyElements(send, recv, count, type);
  announceStart(collective);
  collectives.startAllGather(collective, send, recv, count,
                             static_cast<DpcType>(type), group);
}

void DpcContext::startReduceScatter(int32_t collective, const void *send,
                                    void *recv, int64_t count, int32_t type,
                                    int32_t reduction, int32_t group) {
  int size = collectives.groupSize(group);
  if (size == 1)
    return copyElements(send, recv, count, type);
  announceStart(collective);
  collectives.startReduceScatter(collective, send, recv, count / size,
                                 static_cast<DpcType>(type),
                                 static_cast<DpcReduction>(reduction), group);
}

void DpcContext::startAllToAll(int32_t collective, const void *send, void *recv,
                               int64_t count, int32_t type, int32_t group) {
  int size = collectives.groupSize(group);
  if (size == 1)
    return copyElements(send, recv, count, type);
  announceStart(collective);
  collectives.startAllToAll(collective, send, recv, count / size,
                            static_cast<DpcType>(type), group);
}

void DpcContext::startPermute(int32_t collective, const void *send, void *recv,
                              int64_t count, int32_t type, int32_t group) {
  const std::vector<int64_t> &sources =
      current->collectives[collective].sources;
  int64_t mine = groupIndices[group], source = sources[mine], target = 0;
  while (sources[target] != mine)
    ++target;
  if (source == mine)
    return copyElements(send, recv, count, type);
  announceStart(collective);
  // Both ends have one slot: it is free when they are done. All permutes of a
  // group go through one channel, as they are started in one order.
  collectives.beginGroup();
  collectives.startReceive(collective, recv, count, static_cast<DpcType>(type),
                           static_cast<int>(source), 0, group);
  collectives.startSend(collective, send, count, static_cast<DpcType>(type),
                        static_cast<int>(target), 0, group);
  collectives.endGroup();
}

void DpcContext::startSend(int32_t collective, const void *buffer,
                           int64_t count, int32_t type, int32_t peer,
                           int32_t channel, int32_t group) {
  announceStart(collective);
  collectives.startSend(collective, buffer, count, static_cast<DpcType>(type),
                        peer, channel, group);
}

void DpcContext::startReceive(int32_t collective, void *buffer, int64_t count,
                              int32_t type, int32_t peer, int32_t channel,
                              int32_t group) {
  announceStart(collective);
  collectives.startReceive(collective, buffer, count,
                           static_cast<DpcType>(type), peer, channel, group);
}

void DpcContext::progress() {
  finished.clear();
  collectives.progress(finished);
  if (trace && !isTimed())
    for (int slot : finished)
      trace->endCollective(*current, slot, step);
}

/// A wait for a collective or message of the plan.
class DpcContext::CollectiveWait final : public Wait {
public:
  CollectiveWait(const DpcContext &context, int32_t collective)
      : context(context), collective(collective),
        entry(context.current->collectives[collective]) {}

  std::string place() const override {
    return "collective #" + std::to_string(collective) + " (" +
           std::string(getName(entry.kind)) +
           (entry.phase.empty() ? "" : ", " + entry.phase) + ") of program '" +
           context.current->name + "', step " + std::to_string(context.step);
  }

  /// The group's other members differ from this rank on the group's axes only.
  std::vector<int> expected() const override {
    const Mesh &mesh = context.program.mesh;
    const std::vector<std::string> &axes = context.program.groups[entry.group];
    int self = context.control.rank();
    std::vector<int> ranks;
    for (int rank = 0; rank < context.control.size(); ++rank)
      if (rank != self &&
          mesh.firstOfGroup(axes, rank) == mesh.firstOfGroup(axes, self) &&
          (entry.peer < 0 || mesh.linearIndex(axes, rank) == entry.peer))
        ranks.push_back(rank);
    return ranks;
  }

  Error error(const std::string &late) const override {
    std::string names;
    for (const std::string &axis : context.program.groups[entry.group])
      names += (names.empty() ? "" : ",") + axis;
    char seconds[32];
    std::snprintf(seconds, sizeof(seconds), "%g", context.control.timeLimit());
    return {entry.node.empty() ? "plan" : entry.node,
            place() + ", has not finished after " + seconds + " s: rank " +
                std::to_string(context.control.rank()) + " waits for " + late +
                " (mesh axes " + names + ")",
            "see whether those ranks are alive; --timeout sets the limit"};
  }

private:
  const DpcContext &context;
  int32_t collective;
  const Collective &entry;
};

void DpcContext::wait(int32_t collective) {
  if (!collectives.inFlight(collective))
    return;
  if (collectives.isQueued())
    return collectives.waitInQueue(collective);
  control.waitUntil(
      [&] {
        progress();
        return !collectives.inFlight(collective);
      },
      CollectiveWait(*this, collective));
}

/// The linear index in the global tensor of element `at` of a part that begins
/// at `start`.
static int64_t globalIndex(const RangeCheck &check, int64_t at, int64_t start) {
  int64_t index = start, stride = 1;
  for (size_t dim = check.shape.size(); dim-- > 0;) {
    index += at % check.shape[dim] * stride;
    at /= check.shape[dim];
    stride *= check.globalShape[dim];
  }
  return index;
}

void DpcContext::checkRange(const void *region, int64_t count, DpcType type,
                            const IndexRange &range, const int64_t *place) {
  if (device.sharesMemory())
    return checkRead(region, count, type, range,
                     reinterpret_cast<const char *>(place));
  std::vector<Fetched> &all = fetched[current->index];
  int64_t bytes = count * typeBytes(type);
  if (all.size() == told)
    all.push_back({instruction, device.allocateHost(bytes),
                   place ? device.allocateHost(sizeof(*place)) : nullptr, count,
                   type, range});
  const Fetched &integers = all[told++];
  if (!integers.data || (place && !integers.start))
    fail("the host has no memory left for its indices");
  device.fetch(integers.data, region, bytes);
  if (place)
    device.fetch(integers.start, place, sizeof(*place));
}

void DpcContext::checkRead(const void *region, int64_t count, DpcType type,
                           const IndexRange &range, const char *place) {
  const char *data = static_cast<const char *>(region);
  const RangeCheck &check = *current->instructions[instruction].check;
  int64_t width = typeBytes(type), start = 0;
  if (place)
    std::memcpy(&start, place, sizeof(start));
  for (int64_t at = 0; at < count; ++at) {
    at += findOutside(data + at * width, count - at, type, range);
    if (at == count)
      return;
    int64_t index = globalIndex(check, at, start);
    std::string where = "element " + std::to_string(index);
    if (check.perRow > 0) {
      int64_t row = index / check.perRow;
      // The last batch of an evaluation may not be full.
      if (row >= rows.valid)
        continue;
      row = rows.order ? rows.order[row] : rows.first + row;
      where = "row " + std::to_string(row) + " of " + rows.flag;
    }
    fail(where + " leads to the index " +
             elementString(data + at * width, type) + ", which is not in " +
             range.description(),
         "correct the data or the size of the table");
  }
}

// The interface of generated code.

void dpc_begin(DpcContext *ctx, int32_t instr) {
  ctx->instruction = instr;
  if (ctx->device.hasClock())
    ctx->device.beginSpan();
  else if (ctx->trace)
    ctx->trace->beginInstruction();
}

void dpc_end(DpcContext *ctx, int32_t instr) {
  if (ctx->device.hasClock())
    ctx->device.endSpan(instr, ctx->iteration);
  else if (ctx->trace)
    ctx->trace->endInstruction(*ctx->current, {instr, ctx->iteration},
                               ctx->step);
  if (ctx->finiteCheck)
    ctx->finiteCheck->endInstruction({instr, ctx->iteration});
  if (!ctx->collectives.idle())
    ctx->progress();
}

void dpc_iteration(DpcContext *ctx, int64_t iteration) {
  ctx->iteration = iteration;
}

void dpc_check_range(DpcContext *ctx, int32_t, const void *data, int64_t count,
                     int32_t type, int64_t lower, int64_t upper, int64_t except,
                     const int64_t *start) {
  ctx->checkRange(data, count, static_cast<DpcType>(type),
                  {lower, upper, except}, start);
}

void dpc_all_reduce_start(DpcContext *ctx, int32_t collective, void *buffer,
                          int64_t count, int32_t type, int32_t reduction,
                          int32_t group) {
  ctx->startReduce(collective, buffer, count, type, reduction, group, false);
}

void dpc_reduce_start(DpcContext *ctx, int32_t collective, void *buffer,
                      int64_t count, int32_t type, int32_t reduction,
                      int32_t group) {
  ctx->startReduce(collective, buffer, count, type, reduction, group, true);
}

void dpc_all_gather_start(DpcContext *ctx, int32_t collective, const void *send,
                          void *recv, int64_t count, int32_t type,
                          int32_t group) {
  ctx->startAllGather(collective, send, recv, count, type, group);
}

void dpc_reduce_scatter_start(DpcContext *ctx, int32_t collective,
                              const void *send, void *recv, int64_t count,
                              int32_t type, int32_t reduction, int32_t group) {
  ctx->startReduceScatter(collective, send, recv, count, type, reduction,
                          group);
}

void dpc_all_to_all_start(DpcContext *ctx, int32_t collective, const void *send,
                          void *recv, int64_t count, int32_t type,
                          int32_t group) {
  ctx->startAllToAll(collective, send, recv, count, type, group);
}

void dpc_permute_start(DpcContext *ctx, int32_t collective, const void *send,
                       void *recv, int64_t count, int32_t type, int32_t group) {
  ctx->startPermute(collective, send, recv, count, type, group);
}

void dpc_send_start(DpcContext *ctx, int32_t collective, const void *buffer,
                    int64_t count, int32_t type, int32_t peer, int32_t channel,
                    int32_t group) {
  ctx->startSend(collective, buffer, count, type, peer, channel, group);
}

void dpc_recv_start(DpcContext *ctx, int32_t collective, void *buffer,
                    int64_t count, int32_t type, int32_t peer, int32_t channel,
                    int32_t group) {
  ctx->startReceive(collective, buffer, count, type, peer, channel, group);
}

void dpc_wait(DpcContext *ctx, int32_t collective) { ctx->wait(collective); }

void dpc_copy(DpcContext *ctx, const void *source, void *target,
              int64_t bytes) {
  ctx->device.copy(target, source, bytes);
}

void dpc_rank_index(DpcContext *ctx, int64_t *target, int32_t group) {
  ctx->device.store(target, ctx->groupIndices[group]);
}
