//===- RowsNest.cpp - Rows that are read once -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Lanes of a warp, or a block, share a row (RowKernels.h). Each loads its part of
// the inputs, 16 bytes at a time, before the first use, and keeps what it computes
// of it in registers until the last reduction of the row is known. As many
// threads take a row as let each have few elements: QuACK (Dao-AILab) and
// PyTorch's Inductor choose alike.
//
// Rows that 1,024 threads cannot keep, those of more than 16,384 elements (with
// one input; of k inputs, a k-th), are read once for each reduction and once for
// the results.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/DeviceEmitter.h"

#include "dialects/NN/Builders.h"
#include "passes/Lowering/RowKernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace {

constexpr int64_t kMostThreads = 1024;
/// Of a row's elements in all inputs, a thread keeps at most so many words.
constexpr int64_t kMostKept = 32;
/// A block of so many threads leaves each half as many registers as it may have.
constexpr int64_t kManyThreads = 512;

class RowsNest final : public DeviceEmitter {
public:
  RowsNest(plan::KernelOp kernel, ModuleOp device, StringRef name)
      : DeviceEmitter(kernel, device, name), shape(*findRows(body)) {
    columns = getCount(shape.columns);
    width = columns ? getVectorWidth(shape.columns.back()) : 1;
    chooseThreads();
  }

private:
  /// Neighbours of a row that a thread takes at once, and whether they are there:
  /// null if they always are.
  struct Slot {
    SmallVector<SmallVector<Value>> columns;
    Value isThere;
  };

  /// Inputs with an element for each of a row's that are read there only.
  SmallVector<BlockArgument> getOwnInputs() {
    SmallVector<BlockArgument> inputs;
    for (BlockArgument argument : body.getArguments())
      if (llvm::any_of(argument.getUses(), [&](OpOperand &use) {
            return readsOwnRow(use.getOwner(), use.getOperandNumber(), shape);
          }))
        inputs.push_back(argument);
    return inputs;
  }

  void chooseThreads() {
    int64_t words = 0;
    for (BlockArgument input : getOwnInputs())
      words += llvm::divideCeil(
          plan::getElementBytes(getElementTypeOrSelf(input.getType())), 4);
    words = std::max<int64_t>(words, 1);
    int64_t runs = columns / width;
    for (threads = 1; threads <= kMostThreads; threads *= 2) {
      int64_t most = threads > kManyThreads ? kMostKept / 2 : kMostKept;
      int64_t kept = (runs + threads - 1) / threads * width * words;
      keeps = kept <= std::max(most, width * words);
      // Lanes of a warp are not worth sparing.
      if (keeps && (threads >= kWarp || runs <= threads * 2))
        break;
    }
    if (!keeps)
      threads = kManyThreads;
    launch.block = threads > kWarp ? threads : kBlock;
  }

  void writeNest() override {
    int64_t rows = getCount(shape.rows);
    if (rows == 0 || getCount(resultSizes) == 0)
      return;
    Value thread = readRegister("tid.x");
    lane = threads == launch.block ? thread : rem(thread, threads);
    members = constant(builder.getI32Type(), -1);
    if (threads < kWarp) {
      Value first =
          arith::SubIOp::create(builder, loc, rem(thread, kWarp), lane);
      members = arith::ShLIOp::create(
          builder, loc,
          constant(builder.getI32Type(), (int64_t(1) << threads) - 1), first);
    }
    Value group = threads == launch.block ? constant(builder.getI32Type(), 0)
                                          : div(thread, threads);
    emitSpread(rows, launch.block / threads, group, [&](Value position) {
      writeRow(delinearize(position, shape.rows));
    });
  }

  void writeRow(ArrayRef<Value> indices) {
    row = llvm::to_vector(indices);
    slots.clear();
    if (keeps) {
      makeSlots();
      for (BlockArgument input : getOwnInputs())
        loadOwn(input);
    }
    // What there is one of a row, in its order.
    for (Operation &op : body.without_terminator())
      if (isa<ReductionOpInterface>(op))
        pull(op.getResult(0), row);
    auto yielded = body.getTerminator()->getOperands();
    SmallVector<Value> perRow;
    bool hasFull = false;
    for (Value value : yielded) {
      bool isFull = this->isFull(value);
      hasFull |= isFull;
      perRow.push_back(isFull ? Value() : pull(value, row));
    }
    if (hasFull)
      storeFull();
    // All have read what one of them is about to replace.
    if (!kernel.getUpdates().empty())
      threads > kWarp ? emitBarrier() : emitWarpBarrier(members);
    emitIf(isLess(lane, 1), [&] {
      for (auto [value, output] : llvm::zip_equal(perRow, kernel.getOutputs()))
        if (value)
          store(value, output, row);
    });
  }

  bool isFull(Value value) {
    return shape.isFull(cast<RankedTensorType>(value.getType()).getShape());
  }

  /// The places of a run of neighbours.
  SmallVector<SmallVector<Value>> getColumns(Value run) {
    return delinearizeRun(run, shape.columns, width);
  }

  SmallVector<Value> getFull(ArrayRef<Value> column) {
    SmallVector<Value> indices(row);
    llvm::append_range(indices, column);
    return indices;
  }

  void makeSlots() {
    int64_t runs = columns / width;
    Type type = getPositionType(columns);
    for (int64_t first = 0; first < runs; first += threads) {
      Value run = add(widen(lane, type), constant(type, first));
      Slot &slot = slots.emplace_back();
      if (first + threads > runs) {
        // What is beside the row computes with its last elements, in vain.
        slot.isThere = isLess(run, runs);
        run =
            arith::MinUIOp::create(builder, loc, run, constant(type, runs - 1));
      }
      slot.columns = getColumns(run);
    }
  }

  /// The values of `emit`, which is only done where the slot is there; zeros
  /// elsewhere.
  SmallVector<Value> emitThere(const Slot &slot, Type type,
                               function_ref<SmallVector<Value>()> emit) {
    if (!slot.isThere)
      return emit();
    OpBuilder::InsertionGuard guard(builder);
    auto branch = scf::IfOp::create(
        builder, loc, SmallVector<Type>(slot.columns.size(), type),
        slot.isThere, /*withElseRegion=*/true);
    builder.setInsertionPointToStart(&branch.getThenRegion().front());
    scf::YieldOp::create(builder, loc, emit());
    builder.setInsertionPointToStart(&branch.getElseRegion().front());
    SmallVector<Value> zeros(
        slot.columns.size(),
        isa<FloatType>(type)
            ? arith::ConstantOp::create(builder, loc,
                                        builder.getFloatAttr(type, 0.0))
                  .getResult()
            : constant(type, 0));
    scf::YieldOp::create(builder, loc, zeros);
    return llvm::to_vector(ValueRange(branch.getResults()));
  }

  void loadOwn(BlockArgument input) {
    Type elementType = getElementTypeOrSelf(input.getType());
    for (const Slot &slot : slots) {
      SmallVector<Value> values =
          emitThere(slot, scalar::kernelType(elementType), [&] {
            SmallVector<Value> loaded;
            for (const SmallVector<Value> &column : slot.columns)
              loaded.push_back(load(elementType,
                                    kernel.getInputs()[input.getArgNumber()],
                                    getFull(column)));
            return loaded;
          });
      for (auto [value, column] : llvm::zip_equal(values, slot.columns))
        keep(input, getFull(column), value);
    }
  }

  /// Calls `emitBody` for all of this thread's slots: one after the other if they
  /// are kept, else in a loop that carries `value`, what the body makes of it.
  Value forSlots(Value value,
                 function_ref<Value(const Slot &, Value)> emitBody) {
    if (keeps) {
      for (const Slot &slot : slots)
        value = emitBody(slot, value);
      return value;
    }
    Type type = getPositionType(columns);
    OpBuilder::InsertionGuard guard(builder);
    auto loop = scf::ForOp::create(
        builder, loc, widen(lane, type), constant(type, columns / width),
        constant(type, threads), value ? ValueRange(value) : ValueRange());
    builder.setInsertionPointToStart(loop.getBody());
    Value next = emitBody({getColumns(loop.getInductionVar()), {}},
                          value ? loop.getRegionIterArgs()[0] : Value());
    if (!value)
      return {};
    scf::YieldOp::create(builder, loc, next);
    return loop.getResult(0);
  }

  Value emitReduction(ReductionOpInterface reduction, ValueRange) override {
    Value none = identity(reduction);
    Value sum = forSlots(none, [&](const Slot &slot, Value sum) {
      SmallVector<Value> terms;
      for (const SmallVector<Value> &column : slot.columns)
        terms.push_back(emitTerm(reduction, row, column));
      for (Value term : terms) {
        if (slot.isThere)
          term =
              arith::SelectOp::create(builder, loc, slot.isThere, term, none);
        sum = combine(reduction, sum, term);
      }
      return sum;
    });
    return shareSum(reduction, sum, threads, lane, members);
  }

  void storeFull() {
    // All results of a slot, then those of the next: they replace what was read
    // at their places only.
    forSlots({}, [&](const Slot &slot, Value) -> Value {
      SmallVector<std::pair<int64_t, SmallVector<Value>>> results;
      for (auto [value, output] : llvm::zip_equal(
               body.getTerminator()->getOperands(), kernel.getOutputs())) {
        if (!isFull(value))
          continue;
        SmallVector<Value> &elements =
            results.emplace_back(output, SmallVector<Value>()).second;
        for (const SmallVector<Value> &column : slot.columns)
          elements.push_back(pull(value, getFull(column)));
      }
      auto storeAll = [&] {
        for (auto &[output, elements] : results)
          for (auto [element, column] : llvm::zip_equal(elements, slot.columns))
            store(element, output, getFull(column));
      };
      slot.isThere ? emitIf(slot.isThere, storeAll) : storeAll();
      return {};
    });
  }

  RowShape shape;
  /// Of a row: elements, neighbours that are taken at once, and the threads that
  /// share it, which keep it or read it again.
  int64_t columns, width, threads = 1;
  bool keeps = false;
  Value lane, members;
  /// Of the row that is computed.
  SmallVector<Value> row;
  SmallVector<Slot> slots;
};

} // namespace

DeviceNest dpc::makeRowsNest(plan::KernelOp kernel, ModuleOp device,
                             StringRef name) {
  return std::make_unique<RowsNest>(kernel, device, name);
}
