//===- ArraySource.cpp - Rows of .npy, IDX and safetensors files ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/RowSource.h"
#include "runtime/Data/Safetensors.h"
#include "runtime/Data/TensorFile.h"

#include <algorithm>
#include <cstring>

namespace dpc::rt {

namespace {

/// A tensor in memory, and what keeps it there.
struct Array {
  std::shared_ptr<void> owner;
  std::string path;
  DpcType dtype;
  Shape shape;
  const char *data;
  bool isBigEndian;
};

int64_t product(Shape::const_iterator begin, Shape::const_iterator end) {
  return elementCount(Shape(begin, end)).value_or(0);
}

Shape withoutRows(Shape shape, int64_t rowsDim) {
  if (rowsDim >= 0)
    shape.erase(shape.begin() + rowsDim);
  return shape;
}

class ArraySource : public RowSource {
public:
  ArraySource(Array given, int64_t rowsDim)
      : RowSource(given.dtype, withoutRows(given.shape, rowsDim),
                  rowsDim < 0 ? 1 : given.shape[rowsDim]),
        array(std::move(given)), hasRows(rowsDim >= 0) {
    if (rowsDim > 0)
      outer = product(array.shape.begin(), array.shape.begin() + rowsDim);
    if (hasRows)
      innerBytes =
          product(array.shape.begin() + rowsDim + 1, array.shape.end()) *
          typeBytes(array.dtype);
    else
      innerBytes = rowBytes();
  }

  Status read(int64_t row, const ReadContext &, char *target) const override {
    for (int64_t block = 0; block < outer; ++block)
      std::memcpy(target + block * innerBytes,
                  array.data + (block * rows() + row) * innerBytes,
                  static_cast<size_t>(innerBytes));
    if (array.isBigEndian) {
      int64_t width = typeBytes(array.dtype);
      for (char *end = target + rowBytes(); target < end; target += width)
        std::reverse(target, target + width);
    }
    return {};
  }
  RowPlace place(int64_t row) const override {
    return {array.path, hasRows ? row : -1};
  }
  const char *contiguous() const override {
    return outer == 1 && !array.isBigEndian ? array.data : nullptr;
  }

private:
  Array array;
  bool hasRows;
  int64_t outer = 1;
  int64_t innerBytes = 0;
};

Expected<Array> openTensorOf(const std::string &path, const std::string &name) {
  auto bytes = FileBytes::open(path);
  if (!bytes.ok())
    return bytes.error();
  auto owner = std::make_shared<FileBytes>(std::move(*bytes));
  Expected<SafetensorsIndex> index = parseSafetensors(owner->view(), path);
  if (!index.ok())
    return index.error();
  std::string names;
  for (const auto &[other, entry] : *index)
    if (names.size() < 200)
      names += (names.empty() ? "" : ", ") + other;
  auto found = index->find(name);
  if (found == index->end())
    return Error{path,
                 name.empty() ? "holds several tensors"
                              : "has no tensor '" + name + "'",
                 "add :TENSOR behind the file's name, one of: " + names};
  const SafetensorsEntry &entry = found->second;
  if (!entry.dtype)
    return Error{path,
                 "tensor '" + name + "' is of type " + entry.typeText +
                     ", which dpc does not know",
                 "write it with a number type"};
  const char *data = owner->view().data() + entry.offset;
  return Array{owner, path, *entry.dtype, entry.shape, data, false};
}

Expected<Array> openTensorFile(const std::string &path) {
  Expected<TensorFile> file = TensorFile::open(path);
  if (!file.ok())
    return file.error();
  auto owner = std::make_shared<TensorFile>(std::move(*file));
  return Array{owner,          path,          owner->dtype(),
               owner->shape(), owner->data(), owner->bigEndian()};
}

} // namespace

Expected<RowSourcePtr> openArray(const std::string &path,
                                 const std::string &selector,
                                 const Input &input) {
  bool isTensorOf = !selector.empty() || path.ends_with(".safetensors");
  Expected<Array> array =
      isTensorOf ? openTensorOf(path, selector) : openTensorFile(path);
  if (!array.ok())
    return array.error();
  if (static_cast<int64_t>(array->shape.size()) <= input.batchDim)
    return Error{path,
                 "has the shape " + shapeString(array->shape) +
                     " but the input '" + input.name + "' needs " +
                     neededShape(input),
                 "reshape the array"};
  return RowSourcePtr(
      std::make_unique<ArraySource>(std::move(*array), input.batchDim));
}

} // namespace dpc::rt
