//===- Dataset.cpp - From files to the arena's inputs ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Dataset.h"

#include <algorithm>
#include <cstring>

namespace dpc::rt {

static Shape withoutOnes(const Shape &shape) {
  Shape result;
  std::copy_if(shape.begin(), shape.end(), std::back_inserter(result),
               [](int64_t dim) { return dim != 1; });
  return result;
}

static int64_t product(Shape::const_iterator begin, Shape::const_iterator end) {
  return elementCount(Shape(begin, end)).value_or(0);
}

/// Reads one element in the machine's byte order.
static void fetch(const TensorFile &file, int64_t index, char *element) {
  int64_t bytes = typeBytes(file.dtype());
  std::memcpy(element, file.data() + index * bytes, bytes);
  if (file.bigEndian())
    std::reverse(element, element + bytes);
}

/// The rows dimension aside, does the file fit the input?
static bool shapesAgree(const Shape &file, const Input &input) {
  const Shape &program = input.globalShape;
  if (input.batchDim > 0) {
    if (file.size() != program.size())
      return false;
    for (size_t i = 0; i < file.size(); ++i)
      if (int64_t(i) != input.batchDim && file[i] != program[i])
        return false;
    return true;
  }
  size_t skip = input.batchDim == 0;
  if (file.size() < skip)
    return false;
  Shape a = withoutOnes(Shape(file.begin() + skip, file.end()));
  Shape b = withoutOnes(Shape(program.begin() + skip, program.end()));
  return a == b || ((a.size() <= 1 || b.size() <= 1) &&
                    elementCount(a) == elementCount(b));
}

Expected<Dataset::Source>
Dataset::openSource(const Program &program, const Binding &binding, int rank) {
  const Input &input = *program.findInput(binding.input);
  Expected<TensorFile> file = TensorFile::open(binding.file);
  if (!file.ok())
    return file.error();
  if (file->dtype() != input.dtype && !input.isLabel)
    return Error{binding.file,
                 "holds " + std::string(typeName(file->dtype())) +
                     " but the input '" + input.name + "' is " +
                     typeName(input.dtype),
                 "convert the array with a.astype(\"" +
                     std::string(numpyName(input.dtype)) + "\")"};
  // A copy: the file is moved below.
  Shape shape = file->shape();
  if (!shapesAgree(shape, input)) {
    Shape wanted = input.globalShape;
    std::string text = shapeString(wanted);
    if (input.batchDim >= 0) {
      // The number of rows is the file's own business.
      std::string dims;
      for (size_t i = 0; i < wanted.size(); ++i)
        dims += (i ? ", " : "") + (int64_t(i) == input.batchDim
                                       ? std::string("rows")
                                       : std::to_string(wanted[i]));
      text = "[" + dims + "]";
    }
    return Error{binding.file,
                 "has the shape " + shapeString(shape) + " but the input '" +
                     input.name + "' needs " + text,
                 "reshape the array"};
  }
  Source source{std::move(*file),     &input, 1, 0, 1, 1, 1, 0, 0, false,
                program.isMine(input)};
  if (input.batchDim < 0) {
    source.inner = product(shape.begin(), shape.end());
  } else {
    Shape::const_iterator rowsDim = shape.begin() + input.batchDim;
    source.outer = product(shape.begin(), rowsDim);
    source.rows = *rowsDim;
    source.inner = product(rowsDim + 1, shape.end());
    source.blocks = input.microbatches;
    source.blockRows = input.shape[input.batchDim] / source.blocks;
    source.blockFirst =
        program.mesh.linearIndex(input.batchAxes, rank) * source.blockRows;
    source.blockStride = program.mesh.size(input.batchAxes) * source.blockRows;
  }
  source.plainCopy =
      source.file.dtype() == input.dtype && !source.file.bigEndian();
  return source;
}

Status Dataset::checkValues(const Source &source, int rank, int ranks) {
  const Input &input = *source.input;
  bool converts = source.file.dtype() != input.dtype;
  if (!converts && !input.classes && !input.range)
    return {};
  int64_t begin =
      source.rows / ranks * rank + std::min<int64_t>(rank, source.rows % ranks);
  int64_t end =
      begin + source.rows / ranks + (rank < source.rows % ranks ? 1 : 0);
  char raw[8], value[8];
  for (int64_t row = begin; row < end; ++row)
    for (int64_t block = 0; block < source.outer; ++block) {
      // Token ids may be many.
      int64_t first = (block * source.rows + row) * source.inner;
      if (source.plainCopy && !input.classes &&
          findOutside(source.file.data() + first * typeBytes(input.dtype),
                      source.inner, input.dtype, *input.range) == source.inner)
        continue;
      for (int64_t i = 0; i < source.inner; ++i) {
        fetch(source.file, first + i, raw);
        auto refuse = [&](const std::string &need, const std::string &hint) {
          return Error{source.file.path(),
                       "row " + std::to_string(row) + " holds " +
                           elementString(raw, source.file.dtype()) +
                           " but the input '" + input.name + "' needs " + need,
                       hint};
        };
        if (!convertElement(raw, source.file.dtype(), value, input.dtype))
          return refuse("values of type " + std::string(typeName(input.dtype)),
                        "correct or convert the file");
        if (input.range && findOutside(value, 1, input.dtype, *input.range) < 1)
          return refuse("indices in " + input.range->description() + " of '" +
                            input.rangeNode + "'",
                        "correct the file or the size of the table");
        if (!input.classes)
          continue;
        double label = readElement(value, input.dtype);
        if (input.ignoreIndex &&
            label == static_cast<double>(*input.ignoreIndex))
          continue;
        if (!(label >= 0 && label < static_cast<double>(*input.classes)))
          return refuse("labels in [0, " + std::to_string(*input.classes) +
                            ")" +
                            (input.ignoreIndex
                                 ? " or " + std::to_string(*input.ignoreIndex)
                                 : std::string()),
                        "correct the file or the model's number of classes");
      }
    }
  return {};
}

Expected<Dataset> Dataset::open(const Program &program,
                                const std::vector<Binding> &bindings,
                                int64_t minRows, int rank, int ranks) {
  Dataset dataset;
  const Source *first = nullptr;
  dataset.sources.reserve(bindings.size());
  for (const Binding &binding : bindings) {
    Expected<Source> source = openSource(program, binding, rank);
    if (!source.ok())
      return source.error();
    dataset.sources.push_back(std::move(*source));
  }
  for (const Source &source : dataset.sources) {
    if (source.input->batchDim < 0)
      continue;
    const std::string &path = source.file.path();
    if (!first)
      first = &source;
    else if (source.rows != first->rows)
      return Error{path,
                   "has " + std::to_string(source.rows) + " rows but " +
                       first->file.path() + " has " +
                       std::to_string(first->rows),
                   "give files with the same number of rows"};
    if (source.rows < minRows)
      return Error{path,
                   "has " + std::to_string(source.rows) + " rows, fewer than " +
                       (minRows == 1
                            ? "one"
                            : std::to_string(minRows) + ", the global batch"),
                   minRows == 1 ? "give data"
                                : "give more data or compile with a smaller "
                                  "--batch"};
    dataset.rowCount = source.rows;
  }
  for (const Source &source : dataset.sources) {
    Status status = checkValues(source, rank, ranks);
    if (!status.ok())
      return status.error();
  }
  return dataset;
}

void Dataset::copy(const Source &source, int64_t sourceIndex, char *target,
                   int64_t elements) {
  int64_t width = typeBytes(source.input->dtype);
  if (source.plainCopy) {
    std::memcpy(target, source.file.data() + sourceIndex * width,
                elements * width);
    return;
  }
  char raw[8];
  for (int64_t i = 0; i < elements; ++i) {
    fetch(source.file, sourceIndex + i, raw);
    // The values were checked when the file was opened.
    convertElement(raw, source.file.dtype(), target + i * width,
                   source.input->dtype);
  }
}

/// Fills block `block` of the rows, within the outer dimensions' `outer`-th
/// element.
void Dataset::loadBlock(const Source &source, int64_t outer, char *target,
                        int64_t block, const int64_t *order, int64_t first,
                        int64_t valid) {
  int64_t rowBytes = source.inner * typeBytes(source.input->dtype);
  auto copyRows = [&](int64_t row, int64_t at, int64_t count) {
    copy(source, (outer * source.rows + row) * source.inner,
         target + at * rowBytes, count * source.inner);
  };
  int64_t begin = source.blockFirst + block * source.blockStride;
  int64_t filled = std::clamp<int64_t>(valid - begin, 0, source.blockRows);
  if (order)
    for (int64_t i = 0; i < filled; ++i)
      copyRows(order[begin + i], i, 1);
  else if (filled)
    copyRows(first + begin, 0, filled);
  std::memset(target + filled * rowBytes, 0,
              (source.blockRows - filled) * rowBytes);
}

void Dataset::load(Device &device, char *arena, const int64_t *order,
                   int64_t first, int64_t valid) const {
  HostWriter writer(device);
  for (const Source &source : sources) {
    const Input &input = *source.input;
    if (!source.isMine)
      continue;
    char *target = writer.begin(arena + input.offset, input.bytes);
    if (input.batchDim < 0)
      copy(source, 0, target, source.inner);
    int64_t blockBytes =
        source.blockRows * source.inner * typeBytes(input.dtype);
    for (int64_t outer = 0; input.batchDim >= 0 && outer < source.outer;
         ++outer)
      for (int64_t block = 0; block < source.blocks; ++block) {
        loadBlock(source, outer, target, block, order, first, valid);
        target += blockBytes;
      }
    writer.end(arena + input.offset);
  }
}

Dataset::Place Dataset::findRow(const Input &input, int64_t local,
                                const int64_t *order, int64_t first) const {
  Place place;
  for (const Source &source : sources) {
    if (source.input != &input)
      continue;
    place.file = source.file.path();
    if (input.batchDim < 0)
      break;
    int64_t row = source.blockFirst +
                  local / source.blockRows * source.blockStride +
                  local % source.blockRows;
    place.row = order ? order[row] : first + row;
  }
  return place;
}

std::optional<Dataset::Place> Dataset::findNotFinite(Device &device,
                                                     const char *arena,
                                                     const int64_t *order,
                                                     int64_t first) const {
  HostReader reader(device);
  for (const Source &source : sources) {
    const Input &input = *source.input;
    std::optional<BadValue> bad;
    if (source.isMine)
      bad =
          rt::findNotFinite(reader.read(arena + input.offset, input.bytes),
                            input.dtype, elementCount(input.shape).value_or(0));
    if (!bad || bad->onlyNegative)
      continue;
    int64_t local = input.batchDim < 0 ? 0
                                       : bad->index / source.inner %
                                             input.shape[input.batchDim];
    Place place = findRow(input, local, order, first);
    place.value = *bad;
    return place;
  }
  return std::nullopt;
}

} // namespace dpc::rt
