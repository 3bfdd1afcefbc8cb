//===- ScatterNest.cpp - Sums at places that the data names ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A block owns some rows of the table, at most what 24 KiB of shared memory hold,
// or some columns of them. It goes through all indices, 1,024 at a time, lists
// those of its rows in the order of the updates, and adds what they name to sums
// in shared memory; in the end it writes its rows, zeros as well. Within a block,
// a thread owns an element: each is the sum of its updates in their order, as on
// one thread, bit by bit, and there are no atomics.
//
// Each block reads all indices, mostly from the GPU's cache: of 8,192 tokens and
// 50,257 x 768 elements 6,283 blocks read 64 KiB each, a third of the time that
// writing the elements takes. Sorting them first would be faster only from some
// 100,000 updates of a table of that size on, and needs memory for them; updates
// of one row, one after the other by definition, take as long either way.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/DeviceEmitter.h"

#include "dialects/NN/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace {

/// Indices that a thread looks at before the block adds what they name.
constexpr int64_t kLooks = 4;
constexpr int64_t kMaxRows = 64;
/// Blocks that a GPU wants.
constexpr int64_t kBlocks = 512;
constexpr int64_t kSumBytes = 24 << 10;
/// Updates that a thread loads before it adds them.
constexpr int64_t kAtOnce = 4;

class ScatterNest final : public DeviceEmitter {
public:
  ScatterNest(plan::KernelOp kernel, ModuleOp device, StringRef name)
      : DeviceEmitter(kernel, device, name),
        scatter(cast<ScatterOpInterface>(
            body.getTerminator()->getOperand(0).getDefiningOp())) {
    updates = cast<RankedTensorType>(
                  scatter->getOperand(scatter.getUpdateOperand()).getType())
                  .getShape();
    dim = scatter.getScatterDim();
    selecting = updates.slice(dim, scatter.getNumIndexDims());
    before = updates.take_front(dim);
    after = updates.drop_front(dim + selecting.size());
    numRows = resultSizes[dim];
    elementType = scalar::kernelType(
        getElementTypeOrSelf(scatter->getResult(0).getType()));
    wordBytes = elementType.getIntOrFloatBitWidth() > 32 ? 8 : 4;
    width = after.empty() ? 1 : getVectorWidth(after.back());
    runs = getCount(after) / width;
    across = std::clamp<int64_t>(runs, 1, kBlock);
    rows = std::clamp<int64_t>(kSumBytes / (across * width * wordBytes), 1,
                               std::min(kMaxRows, numRows + (numRows == 0)));
    groups = std::min(rows, kBlock / across);
    // As few as keep all threads at work, where there are few blocks.
    rows = std::clamp(llvm::divideCeilSigned(numRows, kBlocks), groups, rows);
  }

private:
  void writeNest() override {
    if (getCount(resultSizes) == 0)
      return;
    int64_t rowTiles = llvm::divideCeil(numRows, rows),
            columnTiles = llvm::divideCeil(runs, across);
    launch.grid = getCount(before) * rowTiles * columnTiles;
    shared = getShared(kListWords + kCountWords +
                       llvm::divideCeil(rows * across * width * wordBytes, 8));
    Type i32 = builder.getI32Type(), i64 = builder.getI64Type();
    thread = readRegister("tid.x");
    Value block = readRegister("ctaid.x");
    Value tile = div(block, columnTiles);
    outer = delinearize(div(tile, rowTiles), before);
    firstRow = mul(widen(rem(tile, rowTiles), i64), rows);
    group = div(thread, across);
    column = rem(thread, across);
    Value run = add(mul(rem(block, columnTiles), across), column);
    isOwner = arith::AndIOp::create(builder, loc, isLess(run, runs),
                                    isLess(group, groups));
    neighbours = delinearizeRun(run, after, width);
    // Its elements' sums are a thread's own: there are no barriers for them.
    emitIf(isOwner, [&] {
      Value zero = scalar::constant(builder, loc, elementType, 0);
      for (int64_t row = 0; row < rows; row += groups)
        emitOwnRow(row, [&](Value own) {
          for (int64_t i = 0; i < width; ++i)
            storeShared(zero, shared, getPlace(own, i));
        });
    });
    int64_t count = getCount(selecting), chunk = kLooks * kBlock;
    OpBuilder::InsertionGuard guard(builder);
    auto chunks = scf::ForOp::create(
        builder, loc, constant(i32, 0),
        constant(i32, llvm::divideCeil(count, chunk)), constant(i32, 1));
    builder.setInsertionPointToStart(chunks.getBody());
    Type type = getPositionType(count);
    Value found =
        writeList(mul(widen(chunks.getInductionVar(), type), chunk), count);
    emitIf(isOwner, [&] {
      Value whole = mul(div(found, kAtOnce), kAtOnce);
      addListed(constant(i32, 0), whole, kAtOnce);
      addListed(whole, found, 1);
    });
    builder.setInsertionPointAfter(chunks);
    emitIf(isOwner, [&] {
      for (int64_t row = 0; row < rows; row += groups)
        emitOwnRow(row, [&](Value own) {
          Value target = add(firstRow, widen(own, i64));
          emitIf(isLess(target, numRows), [&] { storeRow(own, target); });
        });
    });
  }

  /// A group of threads has every so manieth of the block's rows.
  void emitOwnRow(int64_t first, function_ref<void(Value)> emitBody) {
    Value own = add(group, constant(group.getType(), first));
    if (first + groups <= rows)
      return emitBody(own);
    emitIf(isLess(own, rows), [&] { emitBody(own); });
  }

  void storeRow(Value own, Value target) {
    SmallVector<Value> sums;
    for (int64_t i = 0; i < width; ++i)
      sums.push_back(loadShared(elementType, shared, getPlace(own, i)));
    for (auto [sum, inner] : llvm::zip_equal(sums, neighbours)) {
      SmallVector<Value> to(outer);
      to.push_back(toIndex(target));
      llvm::append_range(to, inner);
      storeResults(sum, to);
    }
  }

  /// Where the sum of the i-th neighbour in one of the block's rows is.
  Value getPlace(Value row, int64_t i) {
    int64_t base = (kListWords + kCountWords) * 8 / wordBytes;
    return add(add(mul(row, across * width), mul(column, width)),
               constant(row.getType(), base + i));
  }

  /// The list of those of 1,024 indices from `first` on that are of this block's
  /// rows: position * rows + row. Every thread gets its length.
  Value writeList(Value first, int64_t count) {
    Type i32 = builder.getI32Type(), i64 = builder.getI64Type(),
         type = first.getType();
    Value warp = div(thread, kWarp), lane = rem(thread, kWarp);
    SmallVector<Value> entries, isHere, votes;
    Value own = constant(i32, 0);
    for (int64_t look = 0; look < kLooks; ++look) {
      Value offset = add(add(mul(warp, kWarp * kLooks), lane),
                         constant(i32, look * kWarp));
      Value position = add(first, widen(offset, type));
      auto target =
          scf::IfOp::create(builder, loc, i64, isLess(position, count),
                            /*withElseRegion=*/true);
      {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPointToStart(&target.getThenRegion().front());
        Value named =
            scatter.emitTarget(builder, loc, delinearize(position, selecting),
                               [&](unsigned operand, ValueRange at) {
                                 return pull(scatter->getOperand(operand), at);
                               });
        scf::YieldOp::create(builder, loc, named);
        builder.setInsertionPointToStart(&target.getElseRegion().front());
        scf::YieldOp::create(builder, loc, constant(i64, -1));
      }
      // Unsigned, a negative target is out of range as well.
      Value row =
          arith::SubIOp::create(builder, loc, target.getResult(0), firstRow);
      isHere.push_back(
          arith::AndIOp::create(builder, loc, isLess(row, rows),
                                isLess(target.getResult(0), numRows)));
      entries.push_back(add(mul(widen(position, i64), rows), row));
      votes.push_back(vote(isHere.back()));
      own = add(own, countBits(votes.back()));
    }
    Value counts = constant(i32, 2 * kListWords);
    emitIf(isLess(lane, 1),
           [&] { storeShared(own, shared, add(counts, warp)); });
    emitBarrier();
    Value total = constant(i32, 0), begin = total;
    for (int64_t other = 0; other < kBlock / kWarp; ++other) {
      Value its = loadShared(i32, shared, add(counts, constant(i32, other)));
      Value isBefore = arith::CmpIOp::create(
          builder, loc, arith::CmpIPredicate::ugt, warp, constant(i32, other));
      begin = add(begin, arith::SelectOp::create(builder, loc, isBefore, its,
                                                 constant(i32, 0)));
      total = add(total, its);
    }
    Value lower = readRegister("lanemask.lt");
    for (int64_t look = 0; look < kLooks; ++look) {
      emitIf(isHere[look], [&] {
        Value before =
            countBits(arith::AndIOp::create(builder, loc, votes[look], lower));
        storeShared(entries[look], shared, add(begin, before));
      });
      begin = add(begin, countBits(votes[look]));
    }
    emitBarrier();
    return total;
  }

  /// Adds what entries from `begin` to `end` of the list name.
  void addListed(Value begin, Value end, int64_t atOnce) {
    Type i32 = builder.getI32Type(), i64 = builder.getI64Type();
    OpBuilder::InsertionGuard guard(builder);
    auto loop =
        scf::ForOp::create(builder, loc, begin, end, constant(i32, atOnce));
    builder.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> own, isMine;
    SmallVector<SmallVector<Value>> terms;
    for (int64_t i = 0; i < atOnce; ++i) {
      Value entry = loadShared(i64, shared,
                               add(loop.getInductionVar(), constant(i32, i)));
      own.push_back(
          arith::TruncIOp::create(builder, loc, i32, rem(entry, rows)));
      isMine.push_back(arith::CmpIOp::create(
          builder, loc, arith::CmpIPredicate::eq, rem(own[i], groups), group));
      terms.push_back(loadUpdate(div(entry, rows), isMine[i]));
    }
    for (int64_t i = 0; i < atOnce; ++i) {
      auto addAll = [&] {
        for (auto [n, term] : llvm::enumerate(terms[i])) {
          Value place = getPlace(own[i], n);
          storeShared(scalar::add(builder, loc,
                                  loadShared(elementType, shared, place), term),
                      shared, place);
        }
      };
      groups == 1 ? addAll() : emitIf(isMine[i], addAll);
    }
  }

  SmallVector<Value> loadUpdate(Value position, Value isMine) {
    auto pullAll = [&] {
      SmallVector<Value> values, selected = delinearize(position, selecting);
      for (const SmallVector<Value> &inner : neighbours) {
        SmallVector<Value> from(outer);
        llvm::append_range(from, selected);
        llvm::append_range(from, inner);
        values.push_back(
            pull(scatter->getOperand(scatter.getUpdateOperand()), from));
      }
      return values;
    };
    if (groups == 1)
      return pullAll();
    OpBuilder::InsertionGuard guard(builder);
    auto branch =
        scf::IfOp::create(builder, loc, SmallVector<Type>(width, elementType),
                          isMine, /*withElseRegion=*/true);
    builder.setInsertionPointToStart(&branch.getThenRegion().front());
    scf::YieldOp::create(builder, loc, pullAll());
    builder.setInsertionPointToStart(&branch.getElseRegion().front());
    SmallVector<Value> zeros(width,
                             scalar::constant(builder, loc, elementType, 0));
    scf::YieldOp::create(builder, loc, zeros);
    return llvm::to_vector(ValueRange(branch.getResults()));
  }

  Value vote(Value condition) {
    Value arguments[] = {constant(builder.getI32Type(), -1), condition};
    return LLVM::CallIntrinsicOp::create(
               builder, loc, builder.getI32Type(),
               builder.getStringAttr("llvm.nvvm.vote.ballot.sync"),
               ValueRange(arguments))
        .getResult(0);
  }
  Value countBits(Value word) {
    return LLVM::CtPopOp::create(builder, loc, word.getType(), word);
  }

  /// Of the shared memory: the list, and how much each warp has for it.
  static constexpr int64_t kListWords = kLooks * kBlock,
                           kCountWords = kBlock / kWarp;

  ScatterOpInterface scatter;
  ArrayRef<int64_t> updates, before, selecting, after;
  int64_t dim, numRows;
  Type elementType;
  /// A row is `runs` runs of `width` neighbours; a block has `rows` rows and
  /// `across` runs of each, a thread one run of every `groups`-th row.
  int64_t wordBytes, width, runs, across, rows, groups;
  Value shared, thread, group, column, isOwner, firstRow;
  SmallVector<Value> outer;
  SmallVector<SmallVector<Value>> neighbours;
};

} // namespace

DeviceNest dpc::makeScatterNest(plan::KernelOp kernel, ModuleOp device,
                                StringRef name) {
  return std::make_unique<ScatterNest>(kernel, device, name);
}
