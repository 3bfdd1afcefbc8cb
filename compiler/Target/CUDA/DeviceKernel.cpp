//===- DeviceKernel.cpp - Kernels spread over threads ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Which nest there is is chosen in KernelNest.h; here it is spread over threads:
//
// Linear, Elements   a thread computes up to 16 bytes of neighbours, loads all of
//                    them before it stores, and LLVM makes vectors of that
// Elements that reduce
//                    8 to 32 lanes of a warp, or a block, share the terms of an
//                    element; every lane then has the sum
// Rows               a block takes 32 neighbours, its warps share the terms
// Scatter            a thread takes the updates of one column in their order
//
// Sums are in an order that the shapes alone say: no atomics, equal bits each
// time. Threads per row: as QuACK (Dao-AILab) and PyTorch's Inductor choose.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/DeviceKernel.h"

#include "dialects/NN/Builders.h"
#include "passes/Lowering/KernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace {

constexpr int64_t kWarp = 32;
constexpr int64_t kBlock = 256;
/// Blocks that take turns over what there is: some waves of the largest GPU.
constexpr int64_t kMaxGrid = 4096;
/// Below so many elements each has a thread of its own.
constexpr int64_t kFewElements = 1 << 14;
/// Fewer terms are not worth a warp.
constexpr int64_t kFewTerms = 8;
/// A kernel's arguments are at most 4,352 bytes.
constexpr int64_t kMaxBuffers = 512;

int64_t getCount(ArrayRef<int64_t> sizes) { return llvm::product_of(sizes); }

class DeviceWriter : KernelEmitter {
public:
  DeviceWriter(plan::KernelOp kernel, ModuleOp device, StringRef name,
               ArrayRef<int64_t> alignments)
      : KernelEmitter(kernel), device(device), name(name),
        alignments(alignments) {}

  FailureOr<DeviceLaunch> write() {
    if (failed(checkOps()))
      return failure();
    if (static_cast<int64_t>(alignments.size()) > kMaxBuffers)
      return kernel.emitError("takes ")
             << alignments.size() << " tensors at once, but a kernel on a GPU "
             << "can take " << kMaxBuffers;
    builder.setInsertionPointToEnd(device.getBody());
    createFunction(name);
    for (auto [i, alignment] : llvm::enumerate(alignments))
      function.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(),
                          builder.getI64IntegerAttr(alignment));
    Value result = body.getTerminator()->getOperand(0);
    resultSizes =
        llvm::to_vector(cast<RankedTensorType>(result.getType()).getShape());
    Operation *root = result.getDefiningOp();
    launch.block = kBlock;
    switch (nest) {
    case KernelNest::Linear:
      writeLinear();
      break;
    case KernelNest::Elements:
      // Of 16-bit numbers: no sum lies in the buffer here.
      if (auto rows = dyn_cast_if_present<ReductionOpInterface>(root);
          rows && !rows.reducesInnermost())
        writeRows(rows);
      else if (int64_t terms = countTerms(); terms >= kFewTerms)
        writeReductions(terms);
      else
        writeElements(terms > 0);
      break;
    case KernelNest::Rows:
      writeRows(cast<ReductionOpInterface>(root));
      break;
    case KernelNest::Scatter:
      writeScatter(cast<ScatterOpInterface>(root));
      break;
    }
    finishFunction();
    if (getCount(resultSizes) == 0)
      launch.grid = 0;
    function->setAttr(kBlockThreadsAttr,
                      builder.getI32IntegerAttr(launch.block));
    return launch;
  }

private:
  //===--- Positions -------------------------------------------------------===//

  Value readRegister(StringRef what) {
    return LLVM::CallIntrinsicOp::create(
               builder, loc, builder.getI32Type(),
               builder.getStringAttr("llvm.nvvm.read.ptx.sreg." + what),
               ValueRange())
        .getResult(0);
  }
  Value constant(Type type, int64_t value) {
    return arith::ConstantIntOp::create(builder, loc, type, value);
  }
  Value add(Value a, Value b) {
    return arith::AddIOp::create(builder, loc, a, b);
  }
  Value mul(Value a, int64_t b) {
    return arith::MulIOp::create(builder, loc, a, constant(a.getType(), b));
  }
  Value div(Value a, int64_t b) {
    return arith::DivUIOp::create(builder, loc, a, constant(a.getType(), b));
  }
  Value rem(Value a, int64_t b) {
    return arith::RemUIOp::create(builder, loc, a, constant(a.getType(), b));
  }
  Value isLess(Value a, int64_t b) {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, a,
                                 constant(a.getType(), b));
  }
  Value toIndex(Value position) {
    return arith::IndexCastUIOp::create(builder, loc, builder.getIndexType(),
                                        position);
  }
  /// Of positions up to `count` and a grid behind it: division of 64 bits is
  /// slow.
  Type getPositionType(int64_t count) {
    return count < (int64_t(1) << 30) ? builder.getI32Type()
                                      : builder.getI64Type();
  }
  Value widen(Value value, Type type) {
    return value.getType() == type
               ? value
               : arith::ExtUIOp::create(builder, loc, type, value).getResult();
  }

  /// The indices of a row-major position.
  SmallVector<Value> delinearize(Value position, ArrayRef<int64_t> sizes) {
    SmallVector<Value> indices(sizes.size());
    for (size_t i = sizes.size(); i-- > 0;) {
      indices[i] = toIndex(i ? rem(position, sizes[i]) : position);
      if (i)
        position = div(position, sizes[i]);
    }
    return indices;
  }

  /// The indices of the `width` neighbours whose first is the position times
  /// `width`, which divides the last size.
  SmallVector<SmallVector<Value>>
  delinearizeRun(Value position, ArrayRef<int64_t> sizes, int64_t width) {
    if (width == 1)
      return {delinearize(position, sizes)};
    SmallVector<int64_t> runs(sizes);
    runs.back() /= width;
    SmallVector<Value> first = delinearize(position, runs);
    Value last =
        arith::MulIOp::create(builder, loc, first.back(), index(width));
    SmallVector<SmallVector<Value>> all(width, first);
    for (int64_t i = 0; i < width; ++i)
      all[i].back() = add(last, index(i));
    return all;
  }

  /// Calls `emitBody` with each position below `count`, of which one thread of
  /// `threads` has every `threads`-th; `first` is its own number. What is
  /// grouped has the same number.
  void emitTurns(Value first, int64_t count, int64_t threads,
                 function_ref<void(Value)> emitBody) {
    OpBuilder::InsertionGuard guard(builder);
    if (count <= threads) {
      if (count < threads) {
        auto branch = scf::IfOp::create(builder, loc, isLess(first, count),
                                        /*withElseRegion=*/false);
        builder.setInsertionPointToStart(&branch.getThenRegion().front());
      }
      return emitBody(first);
    }
    auto loop = scf::ForOp::create(builder, loc, first,
                                   constant(first.getType(), count),
                                   constant(first.getType(), threads));
    builder.setInsertionPointToStart(loop.getBody());
    emitBody(loop.getInductionVar());
  }

  /// Spreads positions over blocks of `perBlock` threads or groups of them, of
  /// which `own` is this one's number in its block.
  void emitSpread(int64_t count, int64_t perBlock, Value own,
                  function_ref<void(Value)> emitBody) {
    launch.grid =
        std::min<int64_t>(llvm::divideCeil(count, perBlock), kMaxGrid);
    Type type = getPositionType(count);
    Value block = widen(readRegister("ctaid.x"), type);
    Value first = add(mul(block, perBlock), widen(own, type));
    emitTurns(first, count, launch.grid * perBlock, emitBody);
  }

  //===--- Elements --------------------------------------------------------===//

  /// Neighbours that are at most 16 bytes of every buffer, and at most 8.
  int64_t getVectorWidth() {
    int64_t bytes = 2;
    for (MemRefType type : kernel.getBufferTypes())
      bytes = std::max(bytes, plan::getElementBytes(type.getElementType()));
    return 16 / bytes;
  }

  void emitRun(ArrayRef<SmallVector<Value>> run) {
    SmallVector<SmallVector<Value>> values;
    for (const SmallVector<Value> &indices : run)
      values.push_back(pullResults(indices));
    for (auto [value, indices] : llvm::zip_equal(values, run))
      storeResults(value, indices);
  }

  void writeLinear() {
    int64_t count = getCount(resultSizes), width = getVectorWidth();
    int64_t runs = count / width, rest = count % width;
    Value thread = readRegister("tid.x");
    auto asIndices = [&](Value position) {
      return resultSizes.empty() ? SmallVector<Value>()
                                 : SmallVector<Value>{position};
    };
    if (runs)
      emitSpread(runs, kBlock, thread, [&](Value position) {
        Value first = arith::MulIOp::create(builder, loc, toIndex(position),
                                            index(width));
        SmallVector<SmallVector<Value>> run;
        for (int64_t i = 0; i < width; ++i)
          run.push_back({add(first, index(i))});
        emitRun(run);
      });
    if (!rest)
      return;
    // By the first block; each has its threads ask.
    Type type = getPositionType(count);
    Value block = readRegister("ctaid.x");
    Value number = add(mul(widen(block, type), kBlock), widen(thread, type));
    auto branch = scf::IfOp::create(builder, loc, isLess(number, rest),
                                    /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&branch.getThenRegion().front());
    Value position = add(toIndex(number), index(runs * width));
    emitRun({asIndices(position)});
  }

  void writeElements(bool reduces) {
    int64_t count = getCount(resultSizes), width = 1;
    if (!reduces && count >= kFewElements)
      for (width = getVectorWidth(); resultSizes.back() % width;)
        width /= 2;
    emitSpread(count / width, kBlock, readRegister("tid.x"),
               [&](Value position) {
                 emitRun(delinearizeRun(position, resultSizes, width));
               });
  }

  //===--- Reductions ------------------------------------------------------===//

  /// Of the largest reduction in the body; 0 without one.
  int64_t countTerms() {
    int64_t terms = 0;
    for (Operation &op : body)
      if (auto reduction = dyn_cast<ReductionOpInterface>(op))
        terms = std::max(terms, getCount(reduction.getReducedSizes()));
    return terms;
  }

  static int64_t chooseLanes(int64_t rows, int64_t terms) {
    if (terms > 3072 || (terms >= 512 && rows < 512))
      return kBlock;
    return terms <= 64 ? 8 : terms <= 128 ? 16 : kWarp;
  }

  void writeReductions(int64_t terms) {
    int64_t rows = getCount(resultSizes);
    sharers = chooseLanes(rows, terms);
    Value thread = readRegister("tid.x");
    lane = sharers == kBlock ? thread : rem(thread, sharers);
    if (sharers < kWarp) {
      // The lanes of this group.
      Value first =
          arith::SubIOp::create(builder, loc, rem(thread, kWarp), lane);
      members = arith::ShLIOp::create(
          builder, loc,
          constant(builder.getI32Type(), (int64_t(1) << sharers) - 1), first);
    } else
      members = constant(builder.getI32Type(), -1);
    Value group = div(thread, sharers);
    emitSpread(rows, kBlock / sharers, group, [&](Value position) {
      SmallVector<Value> indices = delinearize(position, resultSizes);
      SmallVector<Value> values = pullResults(indices);
      // All have read what one of them is about to replace.
      if (!kernel.getUpdates().empty())
        sharers > kWarp ? emitBarrier() : emitWarpBarrier();
      storeIf(isLess(lane, 1), values, indices);
    });
  }

  void storeIf(Value condition, ValueRange values, ValueRange indices) {
    auto branch = scf::IfOp::create(builder, loc, condition,
                                    /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&branch.getThenRegion().front());
    storeResults(values, indices);
  }

  /// The sum of every `step`-th term from number `first` on, of runs of
  /// neighbours.
  Value sumShare(ReductionOpInterface reduction, ValueRange indices,
                 Value first, int64_t step) {
    OpBuilder::InsertionGuard guard(builder);
    SmallVector<int64_t> sizes = reduction.getReducedSizes();
    int64_t terms = getCount(sizes), width = 1;
    if (reduction.reducesInnermost() && !sizes.empty())
      for (width = getVectorWidth();
           width > 1 && (sizes.back() % width || terms < width * step);)
        width /= 2;
    Type type = getPositionType(terms);
    auto loop = scf::ForOp::create(
        builder, loc, widen(first, type), constant(type, terms / width),
        constant(type, step), ValueRange{identity(reduction)});
    builder.setInsertionPointToStart(loop.getBody());
    Value sum = loop.getRegionIterArgs()[0];
    bool wasInside = std::exchange(isInside, true);
    SmallVector<Value> values;
    for (const SmallVector<Value> &reduced :
         delinearizeRun(loop.getInductionVar(), sizes, width))
      values.push_back(emitTerm(reduction, indices, reduced));
    for (Value term : values)
      sum = combine(reduction, sum, term);
    isInside = wasInside;
    scf::YieldOp::create(builder, loc, sum);
    return loop.getResult(0);
  }

  /// All threads that share an element get here at the same indices, and get the
  /// same value.
  Value emitReduction(ReductionOpInterface reduction,
                      ValueRange indices) override {
    if (sharers == 1 || isInside)
      return KernelEmitter::emitReduction(reduction, indices);
    Value sum = sumShare(reduction, indices, lane, sharers);
    int64_t lanes = std::min(sharers, kWarp);
    for (int64_t distance = lanes / 2; distance; distance /= 2)
      sum = combine(reduction, sum, shuffle(sum, distance));
    if (sharers <= kWarp)
      return sum;
    // The warps' sums, which every thread adds up.
    int64_t warps = sharers / kWarp;
    Value shared = getShared(warps);
    emitBarrier(); // Behind those who read the last ones.
    auto branch = scf::IfOp::create(builder, loc, isLess(rem(lane, kWarp), 1),
                                    /*withElseRegion=*/false);
    {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(&branch.getThenRegion().front());
      storeShared(sum, shared, div(lane, kWarp));
    }
    emitBarrier();
    Type type = sum.getType();
    for (int64_t warp = 0; warp < warps; ++warp) {
      Value other =
          loadShared(type, shared, constant(builder.getI32Type(), warp));
      sum = warp ? combine(reduction, sum, other) : other;
    }
    return sum;
  }

  void writeRows(ReductionOpInterface reduction) {
    int64_t count = getCount(resultSizes);
    int64_t terms = getCount(reduction.getReducedSizes());
    int64_t warps = terms < kFewTerms ? 1 : terms < 512 ? 8 : 32;
    launch.block = warps * kWarp;
    launch.grid = llvm::divideCeil(count, kWarp);
    Type type = getPositionType(count);
    Value thread = readRegister("tid.x");
    Value column = rem(thread, kWarp), warp = div(thread, kWarp);
    Value block = widen(readRegister("ctaid.x"), type);
    Value position = add(mul(block, kWarp), widen(column, type));
    // All threads come to the barrier: those without an element compute the last
    // one's.
    Value last = constant(type, count - 1);
    Value bounded = arith::MinUIOp::create(builder, loc, position, last);
    SmallVector<Value> indices = delinearize(bounded, resultSizes);
    Value sum = sumShare(reduction, indices, warp, warps);
    Value isOwner = isLess(position, count);
    if (warps > 1) {
      Value shared = getShared(launch.block);
      storeShared(sum, shared, thread);
      emitBarrier();
      isOwner = arith::AndIOp::create(builder, loc, isOwner, isLess(warp, 1));
      auto branch = scf::IfOp::create(builder, loc, isOwner,
                                      /*withElseRegion=*/false);
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(&branch.getThenRegion().front());
      Type elementType = sum.getType();
      for (int64_t other = 1; other < warps; ++other) {
        Value at = add(column, constant(builder.getI32Type(), other * kWarp));
        sum = combine(reduction, sum, loadShared(elementType, shared, at));
      }
      storeResults(sum, indices);
      return;
    }
    storeIf(isOwner, sum, indices);
  }

  void writeScatter(ScatterOpInterface scatter) {
    launch.cleared = kernel.getOutputs()[0];
    ArrayRef<int64_t> sizes =
        cast<RankedTensorType>(
            scatter->getOperand(scatter.getUpdateOperand()).getType())
            .getShape();
    int64_t dim = scatter.getScatterDim(), count = scatter.getNumIndexDims();
    ArrayRef<int64_t> before = sizes.take_front(dim),
                      after = sizes.drop_front(dim + count);
    SmallVector<int64_t> columns(before);
    llvm::append_range(columns, after);
    emitSpread(
        getCount(columns), kBlock, readRegister("tid.x"), [&](Value position) {
          SmallVector<Value> column = delinearize(position, columns);
          emitLoops(sizes.slice(dim, count), [&](ValueRange selecting) {
            SmallVector<Value> outer(ArrayRef(column).take_front(dim));
            llvm::append_range(outer, selecting);
            emitScatterRow(scatter, outer, [&](Value row) {
              emitUpdate(scatter, outer, row, ArrayRef(column).drop_front(dim));
            });
          });
        });
  }

  //===--- What threads tell each other ------------------------------------===//

  /// As an integer of 32 or 64 bits.
  Value toWord(Value value) {
    Type type = value.getType();
    unsigned width = type.getIntOrFloatBitWidth();
    if (isa<FloatType>(type))
      value = arith::BitcastOp::create(builder, loc,
                                       builder.getIntegerType(width), value);
    return widen(value, builder.getIntegerType(width <= 32 ? 32 : 64));
  }
  Value fromWord(Value word, Type type) {
    unsigned width = type.getIntOrFloatBitWidth();
    Type bits = builder.getIntegerType(width);
    if (word.getType() != bits)
      word = arith::TruncIOp::create(builder, loc, bits, word);
    if (isa<FloatType>(type))
      word = arith::BitcastOp::create(builder, loc, type, word);
    return word;
  }

  Value shuffleWord(Value word, int64_t distance) {
    Type type = builder.getI32Type();
    Value arguments[] = {members, word, constant(type, distance),
                         constant(type, kWarp - 1)};
    return LLVM::CallIntrinsicOp::create(
               builder, loc, type,
               builder.getStringAttr("llvm.nvvm.shfl.sync.bfly.i32"),
               ValueRange(arguments))
        .getResult(0);
  }

  /// The value of the lane whose number differs in that bit.
  Value shuffle(Value value, int64_t distance) {
    Value word = toWord(value), other;
    if (word.getType().isInteger(32)) {
      other = shuffleWord(word, distance);
    } else {
      Type half = builder.getI32Type(), whole = word.getType();
      Value shift = constant(whole, 32);
      Value high = arith::ShRUIOp::create(builder, loc, word, shift);
      Value low = shuffleWord(arith::TruncIOp::create(builder, loc, half, word),
                              distance);
      high = shuffleWord(arith::TruncIOp::create(builder, loc, half, high),
                         distance);
      other = arith::ShLIOp::create(builder, loc, widen(high, whole), shift);
      other = arith::OrIOp::create(builder, loc, other, widen(low, whole));
    }
    return fromWord(other, value.getType());
  }

  void emitBarrier() {
    LLVM::CallIntrinsicOp::create(
        builder, loc,
        builder.getStringAttr("llvm.nvvm.barrier.cta.sync.aligned.all"),
        ValueRange{constant(builder.getI32Type(), 0)});
  }

  /// Of the lanes that share an element.
  void emitWarpBarrier() {
    LLVM::CallIntrinsicOp::create(
        builder, loc, builder.getStringAttr("llvm.nvvm.bar.warp.sync"),
        ValueRange{members});
  }

  /// Memory of the block for so many words. A kernel has one.
  Value getShared(int64_t words) {
    auto memory = device.lookupSymbol<LLVM::GlobalOp>(name + "_shared");
    if (!memory) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(device.getBody());
      auto type = LLVM::LLVMArrayType::get(builder.getI64Type(), words);
      memory = LLVM::GlobalOp::create(
          builder, loc, type, /*isConstant=*/false, LLVM::Linkage::Internal,
          name + "_shared", Attribute(), /*alignment=*/16, /*addrSpace=*/3);
    }
    return LLVM::AddressOfOp::create(builder, loc, memory);
  }
  Value getSharedAddress(Type word, Value shared, Value at) {
    return LLVM::GEPOp::create(builder, loc, shared.getType(), word, shared,
                               ArrayRef<LLVM::GEPArg>{at});
  }
  void storeShared(Value value, Value shared, Value at) {
    Value word = toWord(value);
    LLVM::StoreOp::create(builder, loc, word,
                          getSharedAddress(word.getType(), shared, at));
  }
  Value loadShared(Type type, Value shared, Value at) {
    Type word =
        builder.getIntegerType(type.getIntOrFloatBitWidth() <= 32 ? 32 : 64);
    Value value = LLVM::LoadOp::create(builder, loc, word,
                                       getSharedAddress(word, shared, at));
    return fromWord(value, type);
  }

  ModuleOp device;
  std::string name;
  ArrayRef<int64_t> alignments;
  DeviceLaunch launch;
  SmallVector<int64_t> resultSizes;
  /// Threads that share the terms of a reduction, which one this is of them, and
  /// the lanes of its warp that are among them.
  int64_t sharers = 1;
  Value lane, members;
  /// Within a term: what it reduces is the thread's own.
  bool isInside = false;
};

} // namespace

FailureOr<DeviceLaunch> dpc::writeDeviceKernel(plan::KernelOp kernel,
                                               ModuleOp device, StringRef name,
                                               ArrayRef<int64_t> alignments) {
  return DeviceWriter(kernel, device, name, alignments).write();
}
