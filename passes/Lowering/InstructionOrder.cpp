//===- InstructionOrder.cpp - Steps and where values lie ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/InstructionOrder.h"
#include "dialects/Dist/Stamps.h"
#include "dialects/NN/Signature.h"
#include "dialects/Plan/Target.h"
#include "passes/Lowering/KernelAnalysis.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

Value dpc::getMemoryRoot(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!getViewOffset(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

Operation *dpc::getMaker(Value root) {
  Operation *op = root.getDefiningOp();
  if (auto wait = dyn_cast_or_null<dist::WaitOp>(op))
    return wait.getHandle().getDefiningOp<dist::StartOp>().getStarted();
  return op;
}

int64_t dpc::getOffsetInRoot(Value value) {
  int64_t elements = 0;
  Type type = getElementTypeOrSelf(value);
  while (Operation *op = value.getDefiningOp()) {
    std::optional<int64_t> offset = getViewOffset(op);
    if (!offset)
      break;
    elements += *offset;
    value = op->getOperand(0);
  }
  return elements * plan::getElementBytes(type);
}

Place InstructionOrder::getPlace(Value value) const {
  int64_t offset = getOffsetInRoot(value);
  value = getMemoryRoot(value);
  Place place;
  if (auto argument = dyn_cast<BlockArgument>(value))
    place = {Place::Argument, argument.getArgNumber(), 0};
  else
    place = places.at(value);
  place.offset += offset;
  return place;
}

void InstructionOrder::forEachPlace(
    const Step &step, llvm::function_ref<void(const Place &, bool)> fn) const {
  switch (step.kind) {
  case Step::Copy:
  case Step::Interleave:
    fn(step.from, false);
    fn(step.to, true);
    return;
  case Step::Start:
  case Step::Wait:
    // An operand that is sent from its own place is so until the wait.
    if (!cast<dist::TransferOpInterface>(step.op).isInPlace())
      for (Value operand : step.op->getOperands())
        fn(getPlace(operand), false);
    else
      fn(buckets[step.collective].place, false);
    if (step.op->getNumResults())
      fn(buckets[step.collective].place, true);
    return;
  default:
    for (Value operand : step.op->getOperands())
      fn(getPlace(operand), false);
    if (step.workspace)
      fn(*step.workspace, true);
    for (Value result : step.op->getResults())
      fn(getPlace(result), true);
  }
}

namespace dpc {

class InstructionOrderer {
public:
  explicit InstructionOrderer(func::FuncOp function)
      : function(function), block(function.getBody().front()),
        terminator(block.getTerminator()) {}

  FailureOr<InstructionOrder> run() {
    if (failed(collectSteps()) || failed(matchUpdates()))
      return failure();
    collectReaders();
    sinkUpdates();
    for (auto &[argument, value] : updates)
      if (isInPlace(argument, value))
        order.places[value] = {Place::Argument, argument, 0};
    if (failed(placeBuckets()))
      return failure();
    placeOthers();
    addFinalCopies();
    computeLifetimes();
    return std::move(order);
  }

private:
  //===--------------------------------------------------------------------===//
  // Steps
  //===--------------------------------------------------------------------===//

  LogicalResult collectSteps() {
    DenseMap<Value, unsigned> handles;
    DenseMap<Operation *, Phase> startPhases;
    for (Operation &op : block.without_terminator()) {
      if (getViewOffset(&op) && !isa<CheckRangeOp>(op))
        continue;
      auto add = [&](Step::Kind kind, Operation *source, unsigned id = 0) {
        // A collective's phase is its start's, wherever it is waited for.
        Phase phase = std::max(getPhase(&op), getPhase(source));
        if (kind == Step::Wait)
          phase = startPhases.lookup(source);
        else if (kind == Step::Start)
          startPhases[source] = phase;
        order.steps.push_back({kind, source, source->getLoc(), phase, id});
        order.steps.back().task = op.getAttr(dist::kTaskAttr);
        order.steps.back().microbatch = dist::getMicrobatch(source);
      };
      auto start = [&](Operation *source) {
        add(Step::Start, source, collectives.size());
        collectives.push_back(cast<dist::TransferOpInterface>(source));
        results.emplace_back();
        waited.push_back(false);
      };
      auto wait = [&](unsigned id) {
        add(Step::Wait, collectives[id], id);
        results[id].assign(op.result_begin(), op.result_end());
        waited[id] = true;
      };
      if (isa<KernelOp>(op)) {
        add(Step::Kernel, &op);
      } else if (getLibraryForm(&op)) {
        add(Step::Library, &op);
      } else if (isa<CheckRangeOp>(op)) {
        add(Step::CheckRange, &op);
      } else if (isa<dist::AxisIndexOp>(op)) {
        add(Step::RankIndex, &op);
      } else if (auto startOp = dyn_cast<dist::StartOp>(op)) {
        handles[startOp.getHandle()] = collectives.size();
        start(startOp.getStarted());
      } else if (auto waitOp = dyn_cast<dist::WaitOp>(op)) {
        auto found = handles.find(waitOp.getHandle());
        if (found == handles.end())
          return op.emitError("waits for a collective that this program did "
                              "not start");
        if (waited[found->second])
          return op.emitError("waits twice for one collective");
        wait(found->second);
      } else if (isa<dist::TransferOpInterface>(op)) {
        start(&op);
        wait(collectives.size() - 1);
      } else {
        return op.emitError("cannot be lowered: '")
               << op.getName()
               << "' is neither in a kernel nor a library's nor a collective; "
                  "report this model";
      }
    }
    for (auto [collective, isWaited] : llvm::zip_equal(collectives, waited))
      if (!isWaited)
        return collective->emitError("is started but never waited for");
    return success();
  }

  void indexSteps() {
    positions.clear();
    // What is sent is read until the message has gone.
    for (auto [i, step] : llvm::enumerate(order.steps))
      if (isa<dist::SendOp>(step.op)
              ? step.kind == Step::Wait
              : step.kind != Step::Wait && step.kind != Step::Copy &&
                    step.kind != Step::Interleave)
        positions[step.op] = i;
  }

  void collectReaders() {
    for (const Step &step : order.steps)
      if (step.kind != Step::Wait)
        for (Value operand : step.op->getOperands())
          readers[getMemoryRoot(operand)].push_back(step.op);
    for (Value value : terminator->getOperands())
      returned.insert(getMemoryRoot(value));
    for (Operation *collective : collectives)
      for (Value operand : collective->getOperands()) {
        sent.insert(getMemoryRoot(operand));
        if (!isa<dist::SendOp>(collective))
          held.insert(getMemoryRoot(operand));
      }
    indexSteps();
  }

  /// Index of the last step that reads `value`'s memory, apart from `except`. A
  /// copy into a collective's buffer comes right before the collective, which
  /// stands for it.
  std::optional<unsigned> getLastReader(Value value, Operation *except) {
    std::optional<unsigned> last;
    auto found = readers.find(getMemoryRoot(value));
    if (found == readers.end())
      return last;
    for (Operation *reader : found->second)
      if (reader != except)
        last = std::max(last, std::optional(positions.at(reader)));
    return last;
  }

  bool isReturned(Value value) { return returned.contains(value); }

  //===--------------------------------------------------------------------===//
  // Updates of parameters and states
  //===--------------------------------------------------------------------===//

  LogicalResult matchUpdates() {
    Signature signature(function);
    for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
      SignatureEntry entry = signature.getResult(i);
      if (!entry.getRole())
        return function.emitError("result ") << i << " has no nn.role";
      if (!entry.isPersistent())
        continue;
      std::optional<unsigned> replaced = signature.findArgOf(i);
      if (!replaced)
        return function.emitError("result '")
               << entry.getName() << "' updates no argument";
      BlockArgument argument = function.getArgument(*replaced);
      if (argument.getType() != value.getType())
        return function.emitError("result '")
               << entry.getName() << "' has another type than its argument";
      if (getMemoryRoot(value) == argument)
        continue;
      if (!updates.insert({*replaced, value}).second)
        return function.emitError("'")
               << entry.getName() << "' is updated twice";
      order.updated.insert(*replaced);
    }
    return success();
  }

  /// A kernel whose results nobody reads within the program may run later. It
  /// is moved behind the last reader of the values that it replaces.
  void sinkUpdates() {
    DenseMap<Operation *, SmallVector<unsigned>> replaced;
    for (auto &[argument, value] : updates)
      if (auto kernel = value.getDefiningOp<KernelOp>())
        replaced[kernel].push_back(argument);
    SmallVector<Operation *> kernels;
    for (const Step &step : order.steps)
      if (replaced.contains(step.op))
        kernels.push_back(step.op);
    for (Operation *kernel : kernels) {
      std::optional<unsigned> last;
      for (unsigned argument : replaced[kernel])
        last = std::max(last,
                        getLastReader(function.getArgument(argument), kernel));
      bool movable = llvm::all_of(kernel->getResults(), [&](Value result) {
        return !getLastReader(result, kernel);
      });
      unsigned position = positions.at(kernel);
      if (last && *last > position && movable) {
        auto begin = order.steps.begin();
        std::rotate(begin + position, begin + position + 1, begin + *last + 1);
        indexSteps();
      }
    }
  }

  bool isInPlace(unsigned index, Value value) {
    auto kernel = value.getDefiningOp<KernelOp>();
    if (!kernel || order.places.contains(value))
      return false;
    BlockArgument argument = function.getArgument(index);
    std::optional<unsigned> last = getLastReader(argument, kernel);
    if (last && *last > positions.at(kernel))
      return false;
    for (auto [i, input] : llvm::enumerate(kernel.getInputs())) {
      if (getMemoryRoot(input) != argument)
        continue;
      if (input != argument || !isReadInPlace(kernel.getBody().getArgument(i)))
        return false;
    }
    // What a collective works on must not be the slot itself.
    return !sent.contains(value);
  }

  //===--------------------------------------------------------------------===//
  // Places
  //===--------------------------------------------------------------------===//

  Place addTemporary(int64_t bytes) {
    Lifetime lifetime;
    lifetime.bytes = bytes;
    lifetime.first = ~0u;
    order.temporaries.push_back(lifetime);
    return {Place::Temporary,
            static_cast<unsigned>(order.temporaries.size() - 1), 0};
  }

  Place addTemporaryFor(Value value) {
    return addTemporary(plan::getBytes(cast<ShapedType>(value.getType())));
  }

  LogicalResult placeBuckets() {
    for (auto [id, transfer] : llvm::enumerate(collectives)) {
      auto collective =
          dyn_cast<dist::CollectiveOpInterface>(transfer.getOperation());
      if (transfer.isInPlace()) {
        if (failed(placeInPlaceCollective(id)))
          return failure();
      } else if (collective && collective.getGatheredDim()) {
        placeGathered(id, *collective.getGatheredDim());
      } else if (transfer->getNumResults()) {
        placeReceived(id);
      } else {
        order.buckets.emplace_back();
      }
    }
    return success();
  }

  LogicalResult placeInPlaceCollective(unsigned id) {
    Operation *collective = collectives[id];
    int64_t bytes = 0, elements = 0;
    Type elementType = getElementTypeOrSelf(collective->getOperand(0));
    for (Value operand : collective->getOperands()) {
      auto type = cast<RankedTensorType>(operand.getType());
      if (type.getElementType() != elementType)
        return collective->emitError(
            "a collective's values must have one element type");
      elements += type.getNumElements();
      bytes += plan::getBytes(type);
    }
    Place bucket = addTemporary(bytes);
    order.buckets.push_back(
        {bucket, RankedTensorType::get({elements}, elementType)});
    for (auto [operand, result] :
         llvm::zip_equal(collective->getOperands(), results[id])) {
      Value root = getMemoryRoot(operand);
      if (isWrittenIntoBucket(root, id)) {
        order.places[root] = bucket;
      } else {
        Step copy{Step::Copy, collective, collective->getLoc(),
                  getPhase(collective), id};
        copy.to = bucket;
        copy.type = cast<RankedTensorType>(operand.getType());
        copy.microbatch = dist::getMicrobatch(collective);
        copySources.insert({{id, bucket.offset}, operand});
        order.steps.insert(order.steps.begin() + positions.at(collective),
                           copy);
        indexSteps();
      }
      order.places[result] = bucket;
      bucket.offset += plan::getBytes(cast<ShapedType>(operand.getType()));
    }
    return success();
  }

  /// Whether the producer of `value` can write into collective `id`'s buffer:
  /// nobody may want the value once the collective has started to replace it.
  bool isWrittenIntoBucket(Value value, unsigned id) {
    Operation *producer = value.getDefiningOp();
    if (!producer || order.places.contains(value) || isReturned(value) ||
        !(isa<KernelOp>(producer) || getLibraryForm(producer)))
      return false;
    // Counted as operands, so that a value that stands twice in one collective
    // is copied once.
    if (llvm::count_if(collectives[id]->getOperands(), [&](Value operand) {
          return getMemoryRoot(operand) == value;
        }) > 1)
      return false;
    std::optional<unsigned> last = getLastReader(value, collectives[id]);
    return !last || *last < positions.at(collectives[id]);
  }

  /// The slot of the argument whose new value a collective brings, if nobody
  /// reads the old one any more.
  std::optional<Place> getReplacedArgument(Value result,
                                           Operation *collective) {
    for (auto &[index, value] : updates)
      if (value == result) {
        std::optional<unsigned> last =
            getLastReader(function.getArgument(index), nullptr);
        if (!last || *last < positions.at(collective))
          return Place{Place::Argument, index, 0};
      }
    return std::nullopt;
  }

  /// The group's parts are received one after the other. That is the result if
  /// they are joined along its outermost dimension, and else they are
  /// interleaved after the wait.
  void placeGathered(unsigned id, int64_t dim) {
    Operation *gather = collectives[id];
    auto input = cast<RankedTensorType>(gather->getOperand(0).getType()),
         output = cast<RankedTensorType>(gather->getResult(0).getType());
    int64_t outer = 1;
    for (int64_t extent : input.getShape().take_front(dim))
      outer *= extent;
    int64_t parts = output.getDimSize(dim) / input.getDimSize(dim);
    Value result = results[id][0];
    std::optional<Place> replaced;
    if (outer == 1)
      replaced = getReplacedArgument(result, gather);
    Place received =
        replaced ? *replaced : addTemporary(plan::getBytes(output));
    SmallVector<int64_t> shape(input.getShape());
    shape.insert(shape.begin(), parts);
    auto type = RankedTensorType::get(shape, input.getElementType());
    order.buckets.push_back({received, type});
    if (outer == 1) {
      order.places[result] = received;
      return;
    }
    Place place = addTemporary(plan::getBytes(output));
    order.places[result] = place;
    auto wait = llvm::find_if(order.steps, [&](const Step &step) {
      return step.kind == Step::Wait && step.collective == id;
    });
    Step interleave{Step::Interleave, gather, gather->getLoc(), wait->phase,
                    id};
    interleave.from = received;
    interleave.to = place;
    interleave.type = type;
    interleave.microbatch = dist::getMicrobatch(gather);
    order.steps.insert(wait + 1, interleave);
    indexSteps();
  }

  /// The result is received beside the whole operand, if there is one.
  void placeReceived(unsigned id) {
    auto type = cast<RankedTensorType>(collectives[id]->getResult(0).getType());
    Place received = addTemporary(plan::getBytes(type));
    order.buckets.push_back({received, type});
    order.places[results[id][0]] = received;
  }

  /// The place of an input of `result`'s kernel that nobody wants afterwards,
  /// if the kernel may write over it: a running sum needs no second buffer. Of
  /// several, the oldest, so that the sum stays where it is.
  std::optional<Place> getReusedInput(Value result) {
    auto kernel = result.getDefiningOp<KernelOp>();
    if (!kernel)
      return std::nullopt;
    auto isRead = [&](Value value, ValueRange by) {
      return llvm::count_if(
          by, [&](Value operand) { return getMemoryRoot(operand) == value; });
    };
    std::optional<Place> oldest;
    for (auto [i, input] : llvm::enumerate(kernel.getInputs())) {
      Value root = getMemoryRoot(input);
      auto found = order.places.find(root);
      if (found == order.places.end() || input.getType() != result.getType() ||
          getOffsetInRoot(input) != 0 || isReturned(root) ||
          isRead(root, kernel.getInputs()) != 1 ||
          !isReadInPlace(kernel.getBody().getArgument(i)))
        continue;
      Place place = found->second;
      if (place.kind != Place::Temporary || place.offset != 0 ||
          order.temporaries[place.index].bytes !=
              plan::getBytes(cast<ShapedType>(result.getType())))
        continue;
      std::optional<unsigned> last = getLastReader(input, kernel);
      if (last && *last > positions.at(kernel))
        continue;
      // A collective holds on to what it sends after its start. What is for all
      // microbatches stays for the next one.
      if (held.contains(root) ||
          (dist::getMicrobatch(kernel) && !dist::getMicrobatch(getMaker(root))))
        continue;
      // Each input makes room for one result.
      bool isTaken = llvm::any_of(kernel->getResults(), [&](Value other) {
        auto known = order.places.find(other);
        return known != order.places.end() && known->second == place;
      });
      if (!isTaken && (!oldest || place.index < oldest->index))
        oldest = place;
    }
    return oldest;
  }

  void placeOthers() {
    for (const Step &step : order.steps)
      if (step.kind == Step::Kernel || step.kind == Step::Library ||
          step.kind == Step::RankIndex)
        for (Value result : step.op->getResults())
          if (!order.places.contains(result)) {
            std::optional<Place> reused = getReusedInput(result);
            order.places[result] = reused ? *reused : addTemporaryFor(result);
          }
    placeWorkspaces();
    for (Step &step : order.steps)
      if (step.kind == Step::Copy)
        step.from = order.getPlace(
            copySources.lookup({step.collective, step.to.offset}));
  }

  void placeWorkspaces() {
    const plan::TargetInfo *target = plan::getTarget(function);
    for (Step &step : order.steps)
      if (step.kind == Step::Library)
        if (int64_t bytes = target->getWorkspaceBytes(
                getLibraryForm(step.op), step.op->getOperandTypes(),
                step.op->getResultTypes()))
          step.workspace = addTemporary(bytes);
  }

  /// A place that holds `value` at the end of the program. An argument that the
  /// program replaces is saved before.
  Place getPlaceAtEnd(Value value) {
    Value root = getMemoryRoot(value);
    auto argument = dyn_cast<BlockArgument>(root);
    if (!argument || !order.updated.contains(argument.getArgNumber()))
      return order.getPlace(value);
    auto [saved, isNew] = savedArguments.insert({argument.getArgNumber(), {}});
    if (isNew) {
      saved->second = addTemporaryFor(root);
      addCopy(order.getPlace(root), saved->second, root, /*atEnd=*/false);
    }
    Place place = saved->second;
    place.offset += getOffsetInRoot(value);
    return place;
  }

  void addCopy(Place from, Place to, Value value, bool atEnd) {
    Location loc = value.getDefiningOp() ? value.getDefiningOp()->getLoc()
                                         : function.getLoc();
    Step copy{Step::Copy, terminator, loc, Phase::Update};
    copy.from = from;
    copy.to = to;
    copy.type = cast<RankedTensorType>(value.getType());
    order.steps.insert(atEnd ? order.steps.end() : order.steps.begin(), copy);
  }

  void addFinalCopies() {
    for (auto &[argument, value] : updates) {
      Place place = getPlaceAtEnd(value), slot = {Place::Argument, argument, 0};
      if (place != slot)
        addCopy(place, slot, value, /*atEnd=*/true);
    }
    for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
      SignatureEntry entry(function.getResultAttrDict(i));
      order.results.push_back(entry.isPersistent()
                                  ? std::nullopt
                                  : std::optional(getPlaceAtEnd(value)));
    }
  }

  void computeLifetimes() {
    auto touch = [&](const Place &place, unsigned step) {
      if (place.kind != Place::Temporary)
        return;
      Lifetime &lifetime = order.temporaries[place.index];
      lifetime.first = std::min(lifetime.first, step);
      lifetime.last = std::max(lifetime.last, step);
    };
    for (auto [i, step] : llvm::enumerate(order.steps))
      order.forEachPlace(step,
                         [&](const Place &place, bool) { touch(place, i); });
    for (const std::optional<Place> &place : order.results)
      if (place)
        touch(*place, order.steps.size());
  }

  func::FuncOp function;
  Block &block;
  Operation *terminator;
  InstructionOrder order;
  /// Argument and its new value, by result.
  llvm::MapVector<unsigned, Value> updates;
  SmallVector<dist::TransferOpInterface> collectives;
  SmallVector<SmallVector<Value>> results;
  SmallVector<bool> waited;
  /// The ops of steps that read a root's memory.
  DenseMap<Value, SmallVector<Operation *>> readers;
  /// Indices of steps by their op: a collective's is its start's, a dist.send's
  /// its wait's. Copies have none.
  DenseMap<Operation *, unsigned> positions;
  /// What is copied into a bucket, by collective and offset.
  DenseMap<std::pair<unsigned, int64_t>, Value> copySources;
  llvm::MapVector<unsigned, Place> savedArguments;
  /// Roots that the program returns, that a collective works on, and that one
  /// other than a message holds on to.
  DenseSet<Value> returned, sent, held;
};

} // namespace dpc

FailureOr<InstructionOrder> InstructionOrder::build(func::FuncOp function) {
  return InstructionOrderer(function).run();
}
