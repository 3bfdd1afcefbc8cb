//===- FuseKernels.cpp - Group primitives into nn.kernel ops --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Ops are visited from consumers to producers. An op whose readers all stand in
// one kernel joins it if no element is then computed twice; an op that is cheap
// to recompute joins every kernel that reads it; every other op starts a kernel
// of which it is the root. A kernel runs where its root stood, the latest of
// its ops.
//
// No element is computed twice. Within a kernel every op has a *class* of
// index expressions at which it is evaluated: class 0 is the root's index,
// pointwise ops pass their class on, and any other access makes a class of its
// own. An op that is read in one class only is evaluated once per element,
// unless a repeating access (broadcast) lies in between.
//
// In a stage of a pipeline, a kernel belongs to one task. Only what is cheap to
// recompute is taken along from another one.
//
// An op may ask to be made where it stands (nn.materialize): a running sum that
// joined its reader would keep all of its terms alive until then.
//
// Several results. v' = mu v + g, p' = p - lr v': v' is read by p' and returned
// too. It stays in p's kernel as a second result, because it is evaluated at
// the root's index and everybody else who reads it comes later. This makes the
// update of a parameter and of all its states one kernel, which is what lets
// it work in place.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/KernelAnalysis.h"
#include "passes/Lowering/Passes.h"

#include "dialects/Dist/DistDialect.h"
#include "dialects/Dist/Stamps.h"
#include "dialects/Plan/Target.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace dpc {
#define GEN_PASS_DEF_FUSEKERNELS
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {

/// Ops of one kernel. No layer has as many; the code of a kernel is as deep as
/// its longest chain, and takes LLVM more than twice as long if it is twice as
/// long.
constexpr size_t kMaxMembers = 256;

/// How a kernel evaluates one of its ops.
struct Evaluation {
  int indexClass = 0;
  /// Read in several classes.
  bool mixed = false;
  /// Every element is read many times.
  bool replicated = false;
  /// For each term of a reduction.
  bool isTerm = false;
};

struct Kernel {
  Operation *root = nullptr;
  unsigned position = 0;
  /// Latest first.
  llvm::MapVector<Operation *, Evaluation> members;
  llvm::SetVector<Operation *> outputs;
  int numClasses = 1;
};

/// Who reads an op's result.
struct Readers {
  /// Earliest position of a reader from memory, or ~0u.
  unsigned external = ~0u;
  bool hasExternal = false;
  /// Uses by members of kernels that may evaluate it on the fly.
  llvm::MapVector<unsigned, SmallVector<OpOperand *>> kernels;
};

class BlockFuser {
public:
  explicit BlockFuser(Block &block)
      : block(block), target(plan::getTarget(block.getParentOp())) {}

  void run() {
    for (auto [i, op] : llvm::enumerate(block))
      positions[&op] = i;
    SmallVector<Operation *> candidates;
    for (Operation &op : llvm::reverse(block))
      if (isKernelCandidate(&op))
        candidates.push_back(&op);
    for (Operation *op : candidates)
      place(op);
    build();
    for (Operation *op : candidates)
      if (!aliases.contains(op) && op->use_empty())
        op->erase();
  }

private:
  KernelOpInterface asKernelOp(Operation *op) {
    return cast<KernelOpInterface>(op);
  }

  Readers getReaders(Operation *op) {
    Readers readers;
    auto addExternal = [&](unsigned position) {
      readers.hasExternal = true;
      readers.external = std::min(readers.external, position);
    };
    for (OpOperand &use : op->getResult(0).getUses()) {
      Operation *user = block.findAncestorOpInBlock(*use.getOwner());
      auto found = kernelsOf.find(user);
      if (!isKernelCandidate(user) || aliases.contains(user)) {
        addExternal(positions.at(user));
        continue;
      }
      if (found == kernelsOf.end())
        continue; // Nobody reads the user.
      // What another task computes stays out of this one's kernels: they would
      // differ between microbatches, and hold on to operands.
      bool joins = asKernelOp(op).isCheapToRecompute();
      for (unsigned id : found->second)
        if (!joins && !dist::haveSameTask(kernels[id].root, op))
          addExternal(kernels[id].position);
        else if (asKernelOp(user).getOperandAccess(use.getOperandNumber()) ==
                     OperandAccess::Irregular ||
                 kernels[id].members.size() >= kMaxMembers)
          addExternal(kernels[id].position);
        else
          readers.kernels[id].push_back(&use);
    }
    // The list of uses has no meaningful order.
    for (auto &[id, uses] : readers.kernels)
      llvm::sort(uses, [&](OpOperand *a, OpOperand *b) {
        return std::pair(positions.at(a->getOwner()), a->getOperandNumber()) <
               std::pair(positions.at(b->getOwner()), b->getOperandNumber());
      });
    return readers;
  }

  Evaluation evaluate(Kernel &kernel, ArrayRef<OpOperand *> uses) {
    Evaluation result;
    bool isFirst = true;
    for (OpOperand *use : uses) {
      Operation *user = use->getOwner();
      Evaluation at = kernel.members.lookup(user);
      int indexClass = isPointwise(user, use->getOperandNumber())
                           ? at.indexClass
                           : kernel.numClasses++;
      OperandAccess access =
          asKernelOp(user).getOperandAccess(use->getOperandNumber());
      result.isTerm |= at.isTerm || access == OperandAccess::Reducing;
      result.mixed |= at.mixed || (!isFirst && indexClass != result.indexClass);
      result.replicated |=
          at.replicated || access == OperandAccess::Replicating;
      result.indexClass = indexClass;
      isFirst = false;
    }
    return result;
  }

  /// Whether the target has `op` computed for each term of a reduction.
  bool mayBeTerm(Operation *op) {
    auto reduction = dyn_cast<ReductionOpInterface>(op);
    return !reduction || !target ||
           target->reducesWithinTerms(
               llvm::product_of(reduction.getReducedSizes()));
  }

  void addMember(unsigned id, Operation *op, Evaluation evaluation) {
    kernels[id].members.insert({op, evaluation});
    kernelsOf[op].push_back(id);
  }

  void startKernel(Operation *op) {
    Kernel &kernel = kernels.emplace_back();
    kernel.root = op;
    kernel.position = positions.at(op);
    kernel.outputs.insert(op);
    addMember(kernels.size() - 1, op, Evaluation());
  }

  bool joinAsOutput(Operation *op, Readers &readers) {
    if (isRowReduction(op) || readers.kernels.empty())
      return false;
    unsigned id = readers.kernels.front().first;
    for (auto &[other, uses] : readers.kernels)
      if (kernels[other].position < kernels[id].position)
        id = other;
    Kernel &kernel = kernels[id];
    auto shape = [](Operation *op) {
      return cast<RankedTensorType>(op->getResult(0).getType()).getShape();
    };
    if (isRowReduction(kernel.root) || kernel.position >= readers.external ||
        shape(kernel.root) != shape(op))
      return false;
    Evaluation evaluation = evaluate(kernel, readers.kernels[id]);
    if (evaluation.mixed || evaluation.replicated || evaluation.indexClass)
      return false;
    kernel.outputs.insert(op);
    addMember(id, op, evaluation);
    return true;
  }

  void place(Operation *op) {
    Readers readers = getReaders(op);
    if (!readers.hasExternal && readers.kernels.empty())
      return;
    if (op->hasAttr(kMaterializeAttr))
      return startKernel(op);
    bool isCheap = asKernelOp(op).isCheapToRecompute();
    if (!isReshape(op) && getViewOffset(op)) {
      aliases.insert(op);
      return;
    }
    if (isReshape(op)) {
      Operation *producer = op->getOperand(0).getDefiningOp();
      if (readers.hasExternal || !producer || !isKernelCandidate(producer)) {
        aliases.insert(op);
        return;
      }
    }
    if (isCheap && (!readers.hasExternal || op->getNumOperands() == 0)) {
      for (auto &[id, uses] : readers.kernels)
        addMember(id, op, evaluate(kernels[id], uses));
      if (readers.hasExternal)
        startKernel(op);
      return;
    }
    if (!readers.hasExternal && readers.kernels.size() == 1 &&
        !isRowReduction(op)) {
      auto &[id, uses] = readers.kernels.front();
      Evaluation evaluation = evaluate(kernels[id], uses);
      if (!evaluation.mixed && !evaluation.replicated &&
          (!evaluation.isTerm || mayBeTerm(op))) {
        addMember(id, op, evaluation);
        return;
      }
    }
    if (!joinAsOutput(op, readers))
      startKernel(op);
  }

  void build() {
    auto order = llvm::to_vector(llvm::seq<unsigned>(0, kernels.size()));
    llvm::sort(order, [&](unsigned a, unsigned b) {
      return kernels[a].position < kernels[b].position;
    });
    // From the values of fused ops to the results of kernels.
    IRMapping results;
    for (unsigned id : order)
      buildKernel(kernels[id], results);
    for (unsigned id : order)
      for (Operation *op : kernels[id].outputs)
        op->getResult(0).replaceUsesWithIf(
            results.lookup(op->getResult(0)), [&](OpOperand &use) {
              Operation *user = block.findAncestorOpInBlock(*use.getOwner());
              return !isKernelCandidate(user) || aliases.contains(user);
            });
  }

  void buildKernel(Kernel &kernel, IRMapping &results) {
    SmallVector<Operation *> members;
    for (auto &[op, evaluation] : kernel.members)
      members.push_back(op);
    llvm::sort(members, [&](Operation *a, Operation *b) {
      return positions.at(a) < positions.at(b);
    });
    llvm::SetVector<Value> inputs;
    SmallVector<Location> locations;
    Phase phase = Phase::Forward;
    SmallVector<Value> outputs;
    for (Operation *op : members) {
      for (Value operand : op->getOperands())
        if (!kernel.members.contains(operand.getDefiningOp()))
          inputs.insert(operand);
      // Ops that are cheap were copied from wherever; what the kernel is for
      // is told by the others.
      bool isOutput = kernel.outputs.contains(op);
      if (isOutput || !asKernelOp(op).isCheapToRecompute()) {
        locations.push_back(op->getLoc());
        phase = std::max(phase, getPhase(op));
      }
      if (isOutput)
        outputs.push_back(op->getResult(0));
    }
    OpBuilder builder(kernel.root);
    Location loc = builder.getFusedLoc(locations);
    SmallVector<Value> operands;
    for (Value input : inputs)
      operands.push_back(results.lookupOrDefault(input));
    auto kernelOp = KernelOp::create(builder, loc,
                                     ValueRange(outputs).getTypes(), operands);
    setPhase(kernelOp, phase);
    dist::copyTask(kernelOp, kernel.root);
    Block *body = builder.createBlock(&kernelOp.getBody());
    IRMapping mapping;
    for (Value input : inputs)
      mapping.map(input, body->addArgument(input.getType(), input.getLoc()));
    for (Operation *op : members)
      builder.clone(*op, mapping);
    SmallVector<Value> yielded;
    for (auto [output, result] :
         llvm::zip_equal(outputs, kernelOp.getResults())) {
      yielded.push_back(mapping.lookup(output));
      results.map(output, result);
    }
    YieldOp::create(builder, loc, yielded);
  }

  Block &block;
  const plan::TargetInfo *target;
  DenseMap<Operation *, unsigned> positions;
  SmallVector<Kernel> kernels;
  DenseMap<Operation *, SmallVector<unsigned>> kernelsOf;
  /// Reshapes and slices that stay outside of kernels, as views of their
  /// operand.
  DenseSet<Operation *> aliases;
};

struct FuseKernels : dpc::impl::FuseKernelsBase<FuseKernels> {
  using FuseKernelsBase::FuseKernelsBase;
  void runOnOperation() override {
    if (!getOperation().isExternal())
      BlockFuser(getOperation().front()).run();
  }
};

} // namespace
