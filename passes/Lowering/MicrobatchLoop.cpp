//===- MicrobatchLoop.cpp - The steps that repeat -------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/MicrobatchLoop.h"

#include "dialects/Dist/Stamps.h"

#include "llvm/ADT/Hashing.h"

using namespace mlir;

namespace dpc {

template <typename... Parts> static size_t combine(const Parts &...parts) {
  return llvm::hash_combine(parts...);
}

class LoopFinder {
public:
  LoopFinder(const InstructionOrder &order, int64_t leftOut)
      : order(order), leftOut(leftOut) {
    reset();
  }

  MicrobatchLoop keepAll() {
    loop.begin = order.steps.size();
    loop.buffers = order.temporaries;
    for (auto [i, buffer] : llvm::enumerate(loop.fixed))
      buffer = i;
    for (auto [i, number] : llvm::enumerate(loop.numbers))
      number.offset = i;
    return std::move(loop);
  }

  /// Some of the first and last periods may place their values in another way, as
  /// nobody comes before or after them; then they are left outside.
  std::optional<MicrobatchLoop> run() {
    describeSteps();
    // Nothing is done for a microbatch.
    if (found.empty())
      return keepAll();
    findRun();
    if (period == 0)
      return std::nullopt;
    for (unsigned without = 0; runLength >= (without + 2) * period; ++without)
      for (unsigned inFront = 0; inFront <= without; ++inFront)
        if (makeLoop(inFront, without - inFront))
          return std::move(loop);
    return std::nullopt;
  }

private:
  using Hash = size_t;
  /// What is done or made, and for which microbatch.
  struct Named {
    Hash hash = 0;
    std::optional<int64_t> microbatch;
    bool operator==(const Named &) const = default;
  };
  /// In the body: a step's index there, and the microbatch.
  struct Touch {
    int64_t position, microbatch;
  };
  /// How many steps behind the first one's begin a body's step for a microbatch
  /// is, but for a constant.
  int64_t getTime(const Touch &touch) const {
    return touch.position - touch.microbatch * loop.length;
  }
  int64_t countTurns(int64_t first, int64_t last) const {
    return (last - first) / static_cast<int64_t>(loop.length) + 1;
  }

  void describeSteps();
  Hash describe(const Step &step);
  Hash describe(Operation *op, int64_t microbatch);
  static Hash describe(Block &body);
  int64_t countSteps() const;
  void findRun();
  void reset();
  bool makeLoop(unsigned inFront, unsigned behind);
  bool choosePeriods(unsigned inFront, unsigned behind);
  bool findRules();
  void findRings();
  bool isLocal(ArrayRef<unsigned> temporaries);
  bool isOutside(unsigned temporary) const;
  bool isOfOneIteration(const Place &place) const;
  bool fits(const Place &place, const Place &other, int64_t ahead);
  bool fitAll();
  bool numberTransfers();
  void makeBuffers();
  int getPart(unsigned step) const;
  struct Access {
    Place place;
    bool isWritten;
  };
  SmallVector<Access> getAccesses(unsigned step) const;

  const InstructionOrder &order;
  int64_t leftOut;
  MicrobatchLoop loop;
  std::vector<Named> steps;
  /// The steps that repeat, and how many there are for one microbatch.
  unsigned runBegin = 0, runLength = 0, period = 0;
  DenseMap<Operation *, Named> makers;
  std::map<std::pair<Hash, int64_t>, unsigned> found;
  /// The body's steps.
  std::map<Hash, unsigned> body;
  /// What first wrote into a temporary.
  std::vector<Named> owners;
  /// Of temporaries that are others in each iteration, by their owner: what the
  /// body does with them.
  llvm::MapVector<Hash, SmallVector<Touch>> touches;
  std::map<Hash, SmallVector<unsigned>> owned;
  std::vector<bool> isFixed;
};

//===----------------------------------------------------------------------===//
// Steps that do the same
//===----------------------------------------------------------------------===//

LoopFinder::Hash LoopFinder::describe(Block &block) {
  DenseMap<Value, unsigned> numbers;
  Hash hash = 0;
  auto number = [&](Value value) {
    numbers.try_emplace(value, numbers.size());
    hash = combine(hash, value.getType().getAsOpaquePointer());
  };
  for (BlockArgument argument : block.getArguments())
    number(argument);
  for (Operation &op : block) {
    hash = combine(hash, op.getName().getAsOpaquePointer(),
                   Hash(op.hashProperties()));
    for (Value operand : op.getOperands())
      hash = combine(hash, numbers.lookup(operand));
    for (Value result : op.getResults())
      number(result);
  }
  return hash;
}

LoopFinder::Hash LoopFinder::describe(Operation *op, int64_t microbatch) {
  Hash hash = combine(op->getName().getAsOpaquePointer(),
                      op->getLoc().getAsOpaquePointer());
  std::optional<dist::Message> message;
  if (auto transfer = dyn_cast<dist::TransferOpInterface>(op))
    message = transfer.getMessage();
  hash = message ? combine(hash, message->peer, message->channel - microbatch)
                 : combine(hash, Hash(op->hashProperties()));
  for (Type type :
       llvm::concat<const Type>(llvm::to_vector(op->getOperandTypes()),
                                llvm::to_vector(op->getResultTypes())))
    hash = combine(hash, type.getAsOpaquePointer());
  for (Region &region : op->getRegions())
    for (Block &block : region)
      hash = combine(hash, describe(block));
  return hash;
}

LoopFinder::Hash LoopFinder::describe(const Step &step) {
  auto kind = static_cast<int>(step.kind);
  switch (step.kind) {
  case Step::Wait:
  case Step::Interleave:
    return combine(kind, makers.lookup(step.op).hash);
  case Step::Copy:
    return combine(kind, step.op->getName().getAsOpaquePointer(),
                   step.to.offset, step.type.getAsOpaquePointer());
  default:
    return combine(kind, describe(step.op, *step.microbatch));
  }
}

void LoopFinder::describeSteps() {
  for (auto [i, step] : llvm::enumerate(order.steps)) {
    Named &name = steps.emplace_back();
    name.microbatch = step.microbatch;
    if (!step.microbatch) {
      name.hash = combine(-1, i);
    } else {
      // What is done several times for a microbatch is told apart by the order.
      name.hash = describe(step);
      while (!found.try_emplace({name.hash, *step.microbatch}, i).second)
        name.hash = combine(name.hash, 1);
    }
    if (step.kind != Step::Wait && step.kind != Step::Copy &&
        step.kind != Step::Interleave)
      makers[step.op] = name;
  }
}

/// How many steps there are for a microbatch in the middle.
int64_t LoopFinder::countSteps() const {
  int64_t written = 0;
  for (const Named &step : steps)
    written = std::max(written, step.microbatch.value_or(-1) + 1);
  return llvm::count_if(
      steps, [&](const Named &step) { return step.microbatch == written / 2; });
}

/// The longest run of steps each of which comes again for the next microbatch, as
/// many steps later as there are for one: nothing is done for it elsewhere.
void LoopFinder::findRun() {
  unsigned size = steps.size();
  period = countSteps();
  auto comesAgain = [&](unsigned i) {
    if (!steps[i].microbatch)
      return false;
    auto next = found.find({steps[i].hash, *steps[i].microbatch + 1});
    return next != found.end() && next->second == i + period;
  };
  for (unsigned i = 0; i < size; ++i) {
    unsigned begin = i;
    while (i < size && comesAgain(i))
      ++i;
    if (i - begin + period > runLength) {
      runBegin = begin;
      runLength = i - begin + period;
    }
  }
}

void LoopFinder::reset() {
  loop = MicrobatchLoop();
  loop.order = &order;
  loop.leftOut = leftOut;
  loop.members.resize(order.temporaries.size());
  loop.fixed.assign(order.temporaries.size(), ~0u);
  loop.numbers.resize(order.buckets.size());
  loop.numberMembers.resize(order.buckets.size());
  if (!order.steps.empty())
    loop.context = order.steps.front().op->getContext();
  body.clear();
  owners.assign(order.temporaries.size(), {});
  owned.clear();
  touches.clear();
  isFixed.assign(order.temporaries.size(), false);
}

bool LoopFinder::makeLoop(unsigned inFront, unsigned behind) {
  reset();
  if (!choosePeriods(inFront, behind) || !findRules())
    return false;
  findRings();
  if (!fitAll() || !numberTransfers())
    return false;
  makeBuffers();
  return true;
}

/// A loop of whole periods of the run, without some at its ends. Where a task
/// begins, fewer buffers live from one iteration to the next.
bool LoopFinder::choosePeriods(unsigned inFront, unsigned behind) {
  unsigned first = runBegin + inFront * period,
           end = runBegin + runLength - behind * period;
  auto begins = [&](unsigned i) {
    if (i == 0)
      return true;
    const Step &step = order.steps[i], &before = order.steps[i - 1];
    return step.task ? step.task != before.task
                     : step.microbatch != before.microbatch;
  };
  loop.begin = first;
  for (unsigned i = first; i < first + period && i + 2 * period <= end; ++i)
    if (begins(i)) {
      loop.begin = i;
      break;
    }
  loop.length = period;
  loop.periods = (end - loop.begin) / period;
  for (unsigned i = loop.begin; i < loop.getBodyEnd(); ++i)
    body[steps[i].hash] = i;
  return loop.periods >= 2;
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

SmallVector<LoopFinder::Access> LoopFinder::getAccesses(unsigned step) const {
  SmallVector<Access> accesses;
  order.forEachPlace(order.steps[step],
                     [&](const Place &place, bool isWritten) {
                       accesses.push_back({place, isWritten});
                     });
  return accesses;
}

/// From two iterations: what is fixed, what advances, and what is another one.
bool LoopFinder::findRules() {
  std::vector<bool> isKnown(owners.size());
  SmallVector<unsigned> others;
  for (auto [i, step] : llvm::enumerate(steps)) {
    unsigned count = 0;
    for (const auto &[place, isWritten] : getAccesses(i)) {
      ++count;
      if (place.kind != Place::Temporary || isKnown[place.index])
        continue;
      isKnown[place.index] = true;
      Named &owner = owners[place.index];
      owner = {combine(step.hash, count), step.microbatch};
      owned[owner.hash].push_back(place.index);
    }
  }
  for (unsigned i = loop.begin; i < loop.getBodyEnd(); ++i) {
    SmallVector<Access> now = getAccesses(i), next = getAccesses(i + period);
    if (now.size() != next.size())
      return false;
    for (auto [access, later] : llvm::zip_equal(now, next)) {
      Place a = access.place, b = later.place;
      if (a.kind != b.kind)
        return false;
      if (a.index == b.index) {
        int64_t advance = b.offset - a.offset;
        auto [known, isNew] =
            loop.advances.insert({{a.kind, a.index, a.offset}, advance});
        if (advance < 0 || known->second != advance)
          return false;
        if (advance &&
            loop.rows.insert({{a.kind, a.index}, advance}).first->second !=
                advance)
          return false;
        if (a.kind == Place::Temporary)
          isFixed[a.index] = true;
        continue;
      }
      if (a.kind != Place::Temporary || a.offset != b.offset)
        return false;
      const Named &owner = owners[a.index];
      if (!owner.microbatch ||
          owners[b.index] != Named{owner.hash, *owner.microbatch + 1})
        return false;
      others.push_back(a.index);
      touches[owner.hash].push_back(
          {static_cast<int64_t>(i - loop.begin), *owner.microbatch});
    }
  }
  return llvm::none_of(others, [&](unsigned i) { return isFixed[i]; });
}

/// -1 in front of the loop, then the number of the period.
int LoopFinder::getPart(unsigned step) const {
  if (step < loop.begin)
    return -1;
  return std::min<unsigned>((step - loop.begin) / loop.length, loop.periods);
}

bool LoopFinder::isLocal(ArrayRef<unsigned> temporaries) {
  return llvm::all_of(temporaries, [&](unsigned i) {
    const Lifetime &lifetime = order.temporaries[i];
    return isFixed[i] || getPart(lifetime.first) == getPart(lifetime.last);
  });
}

/// Whether it lives in front of the loop or behind it only.
bool LoopFinder::isOutside(unsigned temporary) const {
  const Lifetime &lifetime = order.temporaries[temporary];
  return lifetime.last < loop.begin || lifetime.first >= loop.getEnd();
}

bool LoopFinder::isOfOneIteration(const Place &inBody) const {
  return inBody.kind == Place::Temporary && !isFixed[inBody.index] &&
         !loop.members[inBody.index];
}

void LoopFinder::findRings() {
  for (auto &[hash, list] : touches) {
    ArrayRef<unsigned> temporaries = owned[hash];
    if (isLocal(temporaries))
      continue;
    int64_t first = getTime(list.front()), last = first, bytes = 0;
    for (const Touch &touch : list) {
      first = std::min(first, getTime(touch));
      last = std::max(last, getTime(touch));
    }
    MicrobatchLoop::Ring ring;
    ring.count = countTurns(first, last);
    std::map<int64_t, Lifetime> lifetimes;
    for (unsigned i : temporaries)
      if (!isFixed[i]) {
        lifetimes[*owners[i].microbatch] = order.temporaries[i];
        bytes = std::max(bytes, order.temporaries[i].bytes);
        loop.members[i] = {static_cast<unsigned>(loop.rings.size()),
                           *owners[i].microbatch};
      }
    // In front of the loop and behind it, they may live longer.
    auto overlap = [&] {
      return llvm::any_of(lifetimes, [&](const auto &entry) {
        auto next = lifetimes.find(entry.first + ring.count);
        return next != lifetimes.end() &&
               next->second.first <= entry.second.last;
      });
    };
    while (overlap())
      ++ring.count;
    ring.stride = alignBuffer(bytes);
    loop.rings.push_back(ring);
  }
}

/// Whether a step touches at `place` what the body's step that does the same
/// touches at `other`, but for the microbatch, which is `ahead`.
bool LoopFinder::fits(const Place &place, const Place &other, int64_t ahead) {
  if (place.kind != other.kind)
    return false;
  auto advance = loop.advances.find({other.kind, other.index, other.offset});
  if (advance != loop.advances.end())
    return place.index == other.index &&
           place.offset == other.offset + advance->second * ahead;
  const Named &owner = owners[other.index];
  return place.offset == other.offset && !isFixed[place.index] &&
         owners[place.index] == Named{owner.hash, *owner.microbatch + ahead};
}

/// Whether all periods touch the same, but for the microbatch, and whether what
/// comes behind finds what the loop leaves, unless it was written there or is of
/// one iteration only. What is written in front of the loop is looked at where it is
/// read: the values that later iterations read from there are read behind the loop
/// here.
bool LoopFinder::fitAll() {
  DenseSet<unsigned> writtenBehind;
  for (unsigned i = loop.begin; i < steps.size(); ++i) {
    auto known = body.find(steps[i].hash);
    SmallVector<Access> accesses = getAccesses(i), others;
    bool isAlike = steps[i].microbatch && known != body.end();
    if (isAlike) {
      others = getAccesses(known->second);
      if (accesses.size() != others.size())
        return false;
    }
    for (auto [j, access] : llvm::enumerate(accesses)) {
      const auto &[place, isWritten] = access;
      bool isTemporary = place.kind == Place::Temporary;
      if (i >= loop.getEnd()) {
        // Parts of inputs lie microbatch by microbatch.
        auto rows = loop.rows.find({place.kind, place.index});
        if (steps[i].microbatch && rows != loop.rows.end() &&
            place.offset / rows->second != *steps[i].microbatch)
          return false;
        if (isTemporary && isWritten)
          writtenBehind.insert(place.index);
        if (isTemporary && writtenBehind.contains(place.index))
          continue;
        if (isAlike && isOfOneIteration(others[j].place))
          continue;
      }
      if (!isAlike || (isTemporary && isOutside(place.index)))
        continue;
      if (!fits(place, others[j].place,
                *steps[i].microbatch - *steps[known->second].microbatch))
        return false;
    }
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Transfers and buffers
//===----------------------------------------------------------------------===//

bool LoopFinder::numberTransfers() {
  struct Transfer {
    std::optional<Touch> start, wait;
    /// By microbatch: the steps that start them and wait for them.
    std::map<int64_t, std::pair<unsigned, unsigned>> all;
  };
  llvm::MapVector<Hash, Transfer> transfers;
  for (auto [i, step] : llvm::enumerate(order.steps)) {
    if ((step.kind != Step::Start && step.kind != Step::Wait) ||
        !step.microbatch)
      continue;
    Transfer &transfer = transfers[makers.lookup(step.op).hash];
    auto &[start, wait] = transfer.all[*step.microbatch];
    (step.kind == Step::Start ? start : wait) = i;
    if (loop.isInBody(i))
      (step.kind == Step::Start ? transfer.start : transfer.wait) = {
          static_cast<int64_t>(i - loop.begin), *step.microbatch};
  }
  std::map<Hash, unsigned> ringOf;
  for (auto &[hash, transfer] : transfers) {
    if (!transfer.start && !transfer.wait)
      continue;
    if (!transfer.start || !transfer.wait ||
        getTime(*transfer.wait) < getTime(*transfer.start))
      return false;
    MicrobatchLoop::Ring ring;
    ring.count = countTurns(getTime(*transfer.start), getTime(*transfer.wait));
    auto overlap = [&, &all = transfer.all] {
      return llvm::any_of(all, [&](const auto &entry) {
        auto next = all.find(entry.first + ring.count);
        return next != all.end() && next->second.first < entry.second.second;
      });
    };
    while (overlap())
      ++ring.count;
    ringOf[hash] = loop.numberRings.size();
    loop.numberRings.push_back(ring);
  }
  int64_t next = 0;
  for (auto [i, step] : llvm::enumerate(order.steps)) {
    if (step.kind != Step::Start)
      continue;
    auto known = ringOf.find(makers.lookup(step.op).hash);
    if (known == ringOf.end()) {
      loop.numbers[step.collective] = {next++, {}};
      continue;
    }
    MicrobatchLoop::Ring &ring = loop.numberRings[known->second];
    if (ring.base < 0) {
      ring.base = next;
      next += ring.count;
    }
    loop.numberMembers[step.collective] = {known->second, *step.microbatch};
  }
  return true;
}

void LoopFinder::makeBuffers() {
  for (MicrobatchLoop::Ring &ring : loop.rings) {
    ring.base = loop.buffers.size();
    Lifetime &buffer = loop.buffers.emplace_back();
    buffer.bytes = ring.count * ring.stride;
    buffer.first = loop.begin;
    buffer.last = loop.getBodyEnd() - 1;
  }
  auto touch = [&](const Place &place, unsigned now, bool inLoop) {
    if (place.kind != Place::Temporary)
      return;
    unsigned &index = loop.fixed[place.index];
    if (loop.members[place.index]) {
      index = loop.rings[loop.members[place.index]->ring].base;
    } else if (index == ~0u) {
      index = loop.buffers.size();
      loop.buffers.push_back({order.temporaries[place.index].bytes, now, now});
    }
    Lifetime &buffer = loop.buffers[index];
    buffer.first = std::min(buffer.first, now);
    buffer.last = std::max(buffer.last, now);
    if (inLoop && isFixed[place.index]) {
      buffer.first = std::min(buffer.first, loop.begin);
      buffer.last = std::max(buffer.last, loop.getBodyEnd() - 1);
    }
  };
  unsigned again = (loop.periods - 1) * loop.length;
  for (unsigned i = 0; i < order.steps.size(); ++i) {
    if (loop.getBodyEnd() <= i && i < loop.getEnd())
      continue;
    for (const Access &access : getAccesses(i))
      touch(access.place, i < loop.getEnd() ? i : i - again, loop.isInBody(i));
  }
  for (const std::optional<Place> &place : order.results)
    if (place)
      touch(*place, order.steps.size() - again, false);
}

//===----------------------------------------------------------------------===//
// MicrobatchLoop
//===----------------------------------------------------------------------===//

std::optional<MicrobatchLoop>
MicrobatchLoop::find(const InstructionOrder &order, int64_t leftOut) {
  LoopFinder finder(order, leftOut);
  if (leftOut)
    return finder.run();
  return finder.keepAll();
}

int64_t MicrobatchLoop::planMemory(int64_t base) {
  return dpc::planMemory(buffers, base);
}

MicrobatchLoop::Address MicrobatchLoop::turn(const Ring &ring, int64_t base,
                                             int64_t microbatch,
                                             unsigned step) const {
  int64_t place = (microbatch + getShift(step)) % ring.count;
  if (isInBody(step) && ring.count > 1)
    return {base, plan::TurnAttr::get(context, ring.stride, ring.count, place)};
  return {base + place * ring.stride, {}};
}

MicrobatchLoop::Address MicrobatchLoop::getAddress(unsigned step,
                                                   const Place &place,
                                                   int64_t base) const {
  if (place.kind == Place::Temporary) {
    base = buffers[fixed[place.index]].offset;
    if (const std::optional<Member> &member = members[place.index]) {
      Address address =
          turn(rings[member->ring], base, member->microbatch, step);
      address.offset += place.offset;
      return address;
    }
  }
  Address address = {base + place.offset, {}};
  if (isInBody(step)) {
    auto advance = advances.find({place.kind, place.index, place.offset});
    if (advance != advances.end() && advance->second)
      address.turn = plan::TurnAttr::get(context, advance->second, 0, 0);
  } else if (step < order->steps.size() && order->steps[step].microbatch) {
    auto advance = rows.find({place.kind, place.index});
    if (advance != rows.end())
      address.offset += advance->second * getShift(step);
  }
  return address;
}

MicrobatchLoop::Address MicrobatchLoop::getNumber(unsigned step) const {
  unsigned transfer = order->steps[step].collective;
  if (const std::optional<Member> &member = numberMembers[transfer]) {
    const Ring &ring = numberRings[member->ring];
    return turn(ring, ring.base, member->microbatch, step);
  }
  return numbers[transfer];
}

} // namespace dpc
