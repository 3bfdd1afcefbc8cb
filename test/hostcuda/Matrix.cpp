//===- Matrix.cpp - ldmatrix and mma --------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Which lane holds what is in the PTX ISA, section 9.7.14.5. Products are exact,
// and their sum is rounded once; a card loses more.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Access.h"
#include "test/hostcuda/Decoder.h"
#include "test/hostcuda/Number.h"

#include <algorithm>

using namespace dpc::hostcuda;

namespace {

constexpr int kAddress = 8;

/// op[0..lanes]: one matrix of 8 x 8 halves each, whose rows' addresses eight
/// lanes give.
void loadMatrices(Warp &warp, const Operation &operation, uint32_t) {
  const uint64_t *base = warp.slot(operation.op[kAddress]);
  uint16_t matrix[8][8];
  for (uint32_t i = 0; i < operation.lanes; ++i) {
    for (uint32_t row = 0; row < 8; ++row) {
      uint32_t lane = 8 * i + row;
      bool isGlobal;
      std::memcpy(
          matrix[row],
          touchSpace({warp, operation, lane}, operation.space,
                     base[lane] + static_cast<uint64_t>(operation.offset), 16,
                     Access::Read, nullptr, isGlobal),
          16);
    }
    uint64_t *to = warp.slot(operation.op[i]);
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      uint32_t row = lane / 4, column = lane % 4 * 2;
      to[lane] =
          operation.mode
              ? matrix[column][row] | uint32_t(matrix[column + 1][row]) << 16
              : matrix[row][column] | uint32_t(matrix[row][column + 1]) << 16;
    }
  }
}

bool decodeLoadMatrix(Decoder &d) {
  if (!d.has("sync") || !d.has("aligned") || !d.has("m8n8"))
    d.fail("this form is not supported");
  int count = d.oneOf({"x1", "x2", "x4"});
  d.operation.mode = d.has("trans");
  d.operation.space = takeSpace(d, 1);
  if (d.type() != Type::B16 || count < 0)
    d.fail("this form is not supported");
  const RawOperand &to = d.raw(0);
  size_t lanes = 1u << count;
  if (to.kind != RawOperand::Vector || to.elements.size() != lanes)
    d.fail("the vector has not " + std::to_string(lanes) + " elements");
  d.operation.lanes = static_cast<uint8_t>(lanes);
  for (size_t i = 0; i < lanes; ++i)
    d.set(i, d.destination(to.elements[i]).index);
  d.set(kAddress, d.address(1));
  d.operation.aligned = true;
  d.operation.flow = Operation::Sync;
  d.operation.run = loadMatrices;
  d.finish(2);
  return true;
}

constexpr int kRows = 16, kColumns = 8;

/// op: 4 of D, A, B, 4 of C; `bytes` is k, `mode` the format, `lanes` the
/// registers of A (B has half of them).
void multiply(Warp &warp, const Operation &operation, uint32_t) {
  int depth = operation.bytes;
  uint32_t registers = operation.lanes;
  double a[kRows][16], b[16][kColumns];
  static constexpr Format kFormats[] = {Format::f16(), Format::bf16(),
                                        Format::tf32()};
  Format format = kFormats[operation.mode];
  bool isTF32 = operation.mode == 2;
  auto part = [&](uint64_t bits, uint32_t half) {
    // Of a TF32 the bits below are not looked at.
    return decode(format,
                  isTF32 ? bits & 0xffffe000 : bits >> (16 * half) & 0xffff);
  };
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    uint32_t group = lane / 4, within = lane % 4;
    for (uint32_t i = 0; i < registers; ++i) {
      uint64_t bits = warp.slot(operation.op[4 + i])[lane];
      uint32_t row = group + 8 * (i & 1);
      for (uint32_t half = 0; half < (isTF32 ? 1 : 2); ++half) {
        uint32_t column =
            isTF32 ? within + 4 * (i / 2) : 2 * within + half + 8 * (i / 2);
        a[row][column] = part(bits, half);
      }
    }
    for (uint32_t i = 0; i < registers / 2; ++i) {
      uint64_t bits = warp.slot(operation.op[4 + registers + i])[lane];
      for (uint32_t half = 0; half < (isTF32 ? 1 : 2); ++half) {
        uint32_t row = isTF32 ? within + 4 * i : 2 * within + half + 8 * i;
        b[row][group] = part(bits, half);
      }
    }
  }
  const int32_t *c = operation.op + 4 + registers + registers / 2;
  uint32_t result[4][kLanes];
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    for (uint32_t i = 0; i < 4; ++i) {
      uint32_t row = lane / 4 + 8 * (i / 2), column = lane % 4 * 2 + i % 2;
      double sum = get<float>(warp.slot(c[i])[lane]);
      for (int k = 0; k < depth; ++k)
        sum += a[row][k] * b[k][column];
      result[i][lane] = static_cast<uint32_t>(encode(Format::f32(), sum));
    }
  }
  for (uint32_t i = 0; i < 4; ++i)
    for (uint32_t lane = 0; lane < kLanes; ++lane)
      warp.slot(operation.op[i])[lane] = result[i][lane];
}

bool decodeMultiply(Decoder &d) {
  if (!d.has("sync") || !d.has("aligned") || !d.has("row") || !d.has("col"))
    d.fail("this form is not supported");
  int shape = d.oneOf({"m16n8k4", "m16n8k8", "m16n8k16"});
  Type result = d.type(), type = d.type(), other = d.type(), sum = d.type();
  int format = type == Type::F16    ? 0
               : type == Type::BF16 ? 1
               : type == Type::TF32 ? 2
                                    : -1;
  if (shape < 0 || format < 0 || type != other || result != Type::F32 ||
      sum != Type::F32 || shape == (format == 2 ? 2 : 0))
    d.fail("this form is not supported");
  uint32_t depth = 4u << shape;
  uint32_t registers = depth / (format == 2 ? 2 : 4);
  d.operation.bytes = static_cast<uint8_t>(depth);
  d.operation.mode = static_cast<uint8_t>(format);
  d.operation.lanes = static_cast<uint8_t>(registers);
  size_t at = 0;
  auto take = [&](size_t operand, size_t count, bool isResult) {
    const RawOperand &raw = d.raw(operand);
    bool isVector = raw.kind == RawOperand::Vector;
    if (isVector ? raw.elements.size() != count : count != 1)
      d.fail("operand " + std::to_string(operand + 1) + " has not " +
             std::to_string(count) + " registers");
    for (size_t i = 0; i < count; ++i) {
      const RawOperand &element = isVector ? raw.elements[i] : raw;
      d.set(at++, isResult ? d.destination(element).index
                           : d.slot(element, Type::B32));
    }
  };
  take(0, 4, true);
  take(1, registers, false);
  take(2, registers / 2, false);
  take(3, 4, false);
  d.operation.aligned = true;
  d.operation.flow = Operation::Sync;
  d.operation.run = multiply;
  d.finish(4);
  return true;
}

} // namespace

bool dpc::hostcuda::decodeMatrix(Decoder &d) {
  if (d.name() == "ldmatrix")
    return decodeLoadMatrix(d);
  if (d.name() == "mma")
    return decodeMultiply(d);
  return false;
}
