//===- DeviceEmitter.cpp - What the nests of GPUs have in common ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/DeviceEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dpc;

/// Blocks that take turns over what there is: some waves of the largest GPU.
static constexpr int64_t kMaxGrid = 4096;
/// A kernel's arguments are at most 4,352 bytes.
static constexpr int64_t kMaxBuffers = 512;

DeviceEmitter::DeviceEmitter(plan::KernelOp kernel, ModuleOp device,
                             StringRef name)
    : KernelEmitter(kernel), device(device), name(name) {
  launch.block = kBlock;
  resultSizes = llvm::to_vector(
      cast<RankedTensorType>(body.getTerminator()->getOperand(0).getType())
          .getShape());
}

FailureOr<DeviceLaunch> DeviceEmitter::write(ArrayRef<int64_t> alignments) {
  this->alignments = alignments;
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
  writeNest();
  finishFunction();
  if (getCount(resultSizes) == 0)
    launch.grid = 0;
  function->setAttr(kBlockThreadsAttr, builder.getI32IntegerAttr(launch.block));
  return launch;
}

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

Value DeviceEmitter::readRegister(StringRef what) {
  return LLVM::CallIntrinsicOp::create(
             builder, loc, builder.getI32Type(),
             builder.getStringAttr("llvm.nvvm.read.ptx.sreg." + what),
             ValueRange())
      .getResult(0);
}

Value DeviceEmitter::constant(Type type, int64_t value) {
  return arith::ConstantIntOp::create(builder, loc, type, value);
}

Value DeviceEmitter::add(Value a, Value b) {
  return arith::AddIOp::create(builder, loc, a, b);
}

Value DeviceEmitter::mul(Value a, int64_t b) {
  return b == 1
             ? a
             : arith::MulIOp::create(builder, loc, a, constant(a.getType(), b))
                   .getResult();
}

Value DeviceEmitter::div(Value a, int64_t b) {
  return arith::DivUIOp::create(builder, loc, a, constant(a.getType(), b));
}

Value DeviceEmitter::rem(Value a, int64_t b) {
  return arith::RemUIOp::create(builder, loc, a, constant(a.getType(), b));
}

Value DeviceEmitter::isLess(Value a, int64_t b) {
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, a,
                               constant(a.getType(), b));
}

Value DeviceEmitter::toIndex(Value position) {
  return arith::IndexCastUIOp::create(builder, loc, builder.getIndexType(),
                                      position);
}

Type DeviceEmitter::getPositionType(int64_t count) {
  return count < (int64_t(1) << 30) ? builder.getI32Type()
                                    : builder.getI64Type();
}

Value DeviceEmitter::widen(Value value, Type type) {
  return value.getType() == type
             ? value
             : arith::ExtUIOp::create(builder, loc, type, value).getResult();
}

SmallVector<Value> DeviceEmitter::delinearize(Value position,
                                              ArrayRef<int64_t> sizes) {
  SmallVector<Value> indices(sizes.size());
  for (size_t i = sizes.size(); i-- > 0;) {
    indices[i] = toIndex(i ? rem(position, sizes[i]) : position);
    if (i)
      position = div(position, sizes[i]);
  }
  return indices;
}

SmallVector<SmallVector<Value>>
DeviceEmitter::delinearizeRun(Value position, ArrayRef<int64_t> sizes,
                              int64_t width) {
  if (width == 1)
    return {delinearize(position, sizes)};
  SmallVector<int64_t> runs(sizes);
  runs.back() /= width;
  SmallVector<Value> first = delinearize(position, runs);
  Value last = asMultiple(
      arith::MulIOp::create(builder, loc, first.back(), index(width)), width);
  SmallVector<SmallVector<Value>> all(width, first);
  for (int64_t i = 0; i < width; ++i)
    all[i].back() = i ? add(last, index(i)) : last;
  return all;
}

void DeviceEmitter::emitIf(Value condition, function_ref<void()> emitBody) {
  auto branch = scf::IfOp::create(builder, loc, condition,
                                  /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&branch.getThenRegion().front());
  emitBody();
}

void DeviceEmitter::emitTurns(Value first, int64_t count, int64_t threads,
                              function_ref<void(Value)> emitBody) {
  if (count == threads)
    return emitBody(first);
  if (count < threads)
    return emitIf(isLess(first, count), [&] { emitBody(first); });
  OpBuilder::InsertionGuard guard(builder);
  auto loop =
      scf::ForOp::create(builder, loc, first, constant(first.getType(), count),
                         constant(first.getType(), threads));
  builder.setInsertionPointToStart(loop.getBody());
  emitBody(loop.getInductionVar());
}

void DeviceEmitter::emitSpread(int64_t count, int64_t perBlock, Value own,
                               function_ref<void(Value)> emitBody) {
  launch.grid = std::min<int64_t>(llvm::divideCeil(count, perBlock), kMaxGrid);
  Type type = getPositionType(count);
  Value block = widen(readRegister("ctaid.x"), type);
  Value first = add(mul(block, perBlock), widen(own, type));
  takesTurns = count > launch.grid * perBlock;
  emitTurns(first, count, launch.grid * perBlock, emitBody);
}

// LLVM does not see it of every address, and makes a vector of accesses only where
// it does.
int64_t DeviceEmitter::getAlignment(int64_t buffer, ValueRange indices) {
  int64_t width = indices.empty() ? 0 : multiples.lookup(indices.back());
  MemRefType type = kernel.getBufferTypes()[buffer];
  int64_t bytes = plan::getElementBytes(type.getElementType());
  bool isWhole = (isLinear && type.getNumElements() > 1) ||
                 (type.getRank() == static_cast<int64_t>(indices.size()) &&
                  width && type.getShape().back() % width == 0);
  return width && isWhole ? std::min(width * bytes, alignments[buffer]) : 0;
}

int64_t DeviceEmitter::getVectorWidth() {
  int64_t bytes = 2, most = 0;
  for (MemRefType type : kernel.getBufferTypes())
    most = std::max(most, type.getNumElements());
  // What has few elements is repeated, not read in runs.
  for (MemRefType type : kernel.getBufferTypes())
    if (type.getNumElements() >= most / 4)
      bytes = std::max(bytes, plan::getElementBytes(type.getElementType()));
  return 16 / bytes;
}

int64_t DeviceEmitter::getVectorWidth(int64_t size) {
  int64_t width = getVectorWidth();
  while (size % width)
    width /= 2;
  return width;
}

//===----------------------------------------------------------------------===//
// What threads tell each other
//===----------------------------------------------------------------------===//

/// As an integer of 32 or 64 bits.
Value DeviceEmitter::toWord(Value value) {
  Type type = value.getType();
  unsigned width = type.getIntOrFloatBitWidth();
  if (isa<FloatType>(type))
    value = arith::BitcastOp::create(builder, loc,
                                     builder.getIntegerType(width), value);
  return widen(value, builder.getIntegerType(width <= 32 ? 32 : 64));
}

Value DeviceEmitter::fromWord(Value word, Type type) {
  unsigned width = type.getIntOrFloatBitWidth();
  Type bits = builder.getIntegerType(width);
  if (word.getType() != bits)
    word = arith::TruncIOp::create(builder, loc, bits, word);
  if (isa<FloatType>(type))
    word = arith::BitcastOp::create(builder, loc, type, word);
  return word;
}

Value DeviceEmitter::shuffleWord(Value word, Value members, int64_t distance) {
  Type type = builder.getI32Type();
  Value arguments[] = {members, word, constant(type, distance),
                       constant(type, kWarp - 1)};
  return LLVM::CallIntrinsicOp::create(
             builder, loc, type,
             builder.getStringAttr("llvm.nvvm.shfl.sync.bfly.i32"),
             ValueRange(arguments))
      .getResult(0);
}

Value DeviceEmitter::shuffle(Value value, Value members, int64_t distance) {
  Value word = toWord(value), other;
  if (word.getType().isInteger(32)) {
    other = shuffleWord(word, members, distance);
  } else {
    Type half = builder.getI32Type(), whole = word.getType();
    Value shift = constant(whole, 32);
    Value high = arith::ShRUIOp::create(builder, loc, word, shift);
    Value low = shuffleWord(arith::TruncIOp::create(builder, loc, half, word),
                            members, distance);
    high = shuffleWord(arith::TruncIOp::create(builder, loc, half, high),
                       members, distance);
    other = arith::ShLIOp::create(builder, loc, widen(high, whole), shift);
    other = arith::OrIOp::create(builder, loc, other, widen(low, whole));
  }
  return fromWord(other, value.getType());
}

Value DeviceEmitter::shareSum(nn::ReductionOpInterface reduction, Value value,
                              int64_t sharers, Value lane, Value members) {
  for (int64_t distance = std::min(sharers, kWarp) / 2; distance; distance /= 2)
    value = combine(reduction, value, shuffle(value, members, distance));
  if (sharers <= kWarp)
    return value;
  // The warps' values, which every thread brings together. They alternate between
  // two places: who writes one has been at a barrier behind its last readers. In
  // the next turn of a loop it may be the same place again.
  Type type = value.getType(), i32 = builder.getI32Type();
  int64_t warps = sharers / kWarp,
          first = numShared % 2 * warps *
                  (type.getIntOrFloatBitWidth() <= 32 ? 2 : 1);
  Value shared = getShared(2 * warps);
  if (numShared++ == 0 && takesTurns)
    emitBarrier();
  emitIf(isLess(rem(lane, kWarp), 1), [&] {
    storeShared(value, shared, add(div(lane, kWarp), constant(i32, first)));
  });
  emitBarrier();
  for (int64_t warp = 0; warp < warps; ++warp) {
    Value other = loadShared(type, shared, constant(i32, first + warp));
    value = warp ? combine(reduction, value, other) : other;
  }
  return value;
}

void DeviceEmitter::emitBarrier() {
  LLVM::CallIntrinsicOp::create(
      builder, loc,
      builder.getStringAttr("llvm.nvvm.barrier.cta.sync.aligned.all"),
      ValueRange{constant(builder.getI32Type(), 0)});
}

void DeviceEmitter::emitWarpBarrier(Value members) {
  LLVM::CallIntrinsicOp::create(
      builder, loc, builder.getStringAttr("llvm.nvvm.bar.warp.sync"),
      ValueRange{members});
}

Value DeviceEmitter::getShared(int64_t words) {
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

Value DeviceEmitter::getSharedAddress(Type word, Value shared, Value at) {
  return LLVM::GEPOp::create(builder, loc, shared.getType(), word, shared,
                             ArrayRef<LLVM::GEPArg>{at});
}

void DeviceEmitter::storeShared(Value value, Value shared, Value at) {
  Value word = toWord(value);
  LLVM::StoreOp::create(builder, loc, word,
                        getSharedAddress(word.getType(), shared, at));
}

Value DeviceEmitter::loadShared(Type type, Value shared, Value at) {
  Type word =
      builder.getIntegerType(type.getIntOrFloatBitWidth() <= 32 ? 32 : 64);
  Value value = LLVM::LoadOp::create(builder, loc, word,
                                     getSharedAddress(word, shared, at));
  return fromWord(value, type);
}
