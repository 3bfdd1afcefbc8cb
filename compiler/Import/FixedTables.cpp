//===- FixedTables.cpp - Tensors that nobody trains -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/FixedTables.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

#include <cmath>

using namespace llvm;
using namespace dpc;

/// Elements that are read of a mask, of these at a time, and bytes of rows that
/// are compared.
static constexpr int64_t maxMaskElements = 1 << 24;
static constexpr int64_t maxBlockElements = 1 << 17;
static constexpr int64_t maxRowBytes = 1 << 28;

static bool isNear(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance;
}

/// Whether the rows are those of positions 0, 1 and 2: in every column either
/// cos(p w), which is 1 at 0, or sin(p w), which is 0.
static bool isTrigonometric(ArrayRef<float> rows, int64_t width) {
  bool varies = false;
  for (int64_t j = 0; j < width; ++j) {
    double zeroth = rows[j], first = rows[width + j],
           second = rows[2 * width + j];
    double square = first * first;
    if (zeroth == 1 && isNear(second, 2 * square - 1, 1e-5))
      varies |= first != 1;
    else if (zeroth == 0 && square <= 1 &&
             isNear(second * second, 4 * square * (1 - square), 1e-5))
      varies |= first != 0;
    else
      return false;
  }
  return varies;
}

/// Whether neighbours have one ratio or one difference, which is not that of a
/// constant.
static bool isSeries(ArrayRef<float> values) {
  double ratio = values[1] / static_cast<double>(values[0]);
  double difference = values[1] - static_cast<double>(values[0]);
  bool isGeometric = values[0] != 0 && !isNear(ratio, 1, 1e-3) && ratio > 0;
  bool isArithmetic = difference != 0;
  double largest = std::abs(values.front());
  for (float value : values)
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  for (size_t i = 1; i < values.size(); ++i) {
    isGeometric &=
        isNear(values[i], values[i - 1] * ratio, 1e-5 * std::abs(values[i]));
    isArithmetic &=
        isNear(values[i] - values[i - 1], difference, 1e-6 * largest);
  }
  return isGeometric || isArithmetic;
}

static bool isMasked(float value) { return value <= -1e4f; }

namespace {
/// A mask of 0 and large negative numbers, or a triangle of 1 in a square. Told
/// from left to right, so that what is neither is read no further.
class MaskTest {
public:
  MaskTest(int64_t height, int64_t width) : height(height), width(width) {
    triangles.assign(height == width && width >= 2 ? 4 : 0, true);
  }

  /// Takes the next elements; false if it can be no mask any more.
  bool take(ArrayRef<float> values) {
    bool masked = false, zero = false, others = false;
    for (float value : values) {
      masked |= isMasked(value);
      zero |= value == 0;
      others |= !(isMasked(value) || value == 0);
    }
    hasMasked |= masked;
    hasZero |= zero;
    hasOthers |= others;
    for (auto [kind, isAlive] : enumerate(triangles))
      isAlive = isAlive && !hasMasked && continues(kind, values);
    taken += static_cast<int64_t>(values.size());
    return !hasOthers || is_contained(triangles, true);
  }

  bool isMask() const {
    return hasMasked ? !hasOthers && hasZero : is_contained(triangles, true);
  }

private:
  /// Whether `values` are the next ones of the lower triangle with or without
  /// its diagonal, or of the upper one.
  bool continues(size_t kind, ArrayRef<float> values) const {
    int64_t row = taken / width % height, column = taken % width;
    for (float value : values) {
      bool inside = kind == 0   ? column <= row
                    : kind == 1 ? column < row
                    : kind == 2 ? column >= row
                                : column > row;
      if (value != (inside ? 1 : 0))
        return false;
      if (++column == width) {
        column = 0;
        row = row + 1 == height ? 0 : row + 1;
      }
    }
    return true;
  }

  int64_t height, width, taken = 0;
  bool hasMasked = false, hasZero = false, hasOthers = false;
  SmallVector<bool, 4> triangles;
};
} // namespace

StringRef dpc::findFixedTable(const ModelFile &model, InitializerReader &reader,
                              int index) {
  const pb::TensorProto &tensor = model.proto->graph().initializer(index);
  SmallVector<int64_t> dims;
  for (int64_t extent : tensor.dims())
    if (extent != 1)
      dims.push_back(extent);
  std::optional<int64_t> total = countElements(tensor);
  if (!total || *total == 0 || dims.empty())
    return "";
  if (dims.size() == 1) {
    int64_t count = std::min<int64_t>(*total, 1 << 16);
    if (count < 4)
      return "";
    auto values = reader.readFloats(index, count);
    return values && isSeries(*values) ? "a series of numbers" : "";
  }
  int64_t width = *total / dims[0];
  if (dims[0] >= 3 && width <= 1 << 20)
    if (auto rows = reader.readFloats(index, 3 * width);
        rows && isTrigonometric(*rows, width))
      return "a table of sines and cosines";
  int64_t columns = dims.back();
  auto first = reader.readFloats(index, std::min<int64_t>(columns, 64));
  if (!first || *total > maxMaskElements ||
      !all_of(*first, [](float v) { return v == 0 || v == 1 || isMasked(v); }))
    return "";
  MaskTest test(dims[dims.size() - 2], columns);
  for (int64_t from = 0; from < *total; from += maxBlockElements) {
    int64_t count = std::min(maxBlockElements, *total - from);
    auto values = reader.readFloats(index, count, from);
    if (!values || !test.take(*values))
      return "";
  }
  return test.isMask() ? "a mask" : "";
}

bool dpc::isIdentity(const ModelFile &model, InitializerReader &reader,
                     int index) {
  const pb::TensorProto &tensor = model.proto->graph().initializer(index);
  if (tensor.dims_size() != 2 || tensor.dims(0) != tensor.dims(1) ||
      tensor.dims(0) < 2 || tensor.dims(0) > 4096)
    return false;
  int64_t n = tensor.dims(0);
  auto values = reader.readFloats(index, n * n);
  if (!values)
    return false;
  for (int64_t i = 0; i < n * n; ++i)
    if ((*values)[i] != (i % (n + 1) == 0 ? 1 : 0))
      return false;
  return true;
}

bool dpc::hasDistinctRows(const ModelFile &model, InitializerReader &reader,
                          int index) {
  const pb::TensorProto &tensor = model.proto->graph().initializer(index);
  std::optional<int64_t> total = countElements(tensor);
  int64_t bytes = getFloatBytes(tensor.data_type());
  if (!total || *total == 0 || *total * bytes > maxRowBytes ||
      tensor.dims_size() == 0)
    return false;
  auto content = reader.read(index, 0, *total * bytes);
  if (!content)
    return false;
  int64_t length = tensor.dims(tensor.dims_size() - 1) * bytes;
  llvm::StringSet<> rows;
  for (StringRef rest = *content; !rest.empty(); rest = rest.drop_front(length))
    if (!rows.insert(rest.take_front(length)).second)
      return false;
  return true;
}
