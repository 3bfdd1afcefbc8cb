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

/// Does a row of the source fit the input?
static bool shapesAgree(const Shape &row, const Input &input) {
  Shape needed = input.globalShape;
  if (input.batchDim >= 0)
    needed.erase(needed.begin() + input.batchDim);
  if (input.batchDim > 0)
    return row == needed;
  Shape a = withoutOnes(row), b = withoutOnes(needed);
  return a == b || ((a.size() <= 1 || b.size() <= 1) &&
                    elementCount(a) == elementCount(b));
}

Expected<Dataset::Source> Dataset::openSource(const Program &program,
                                              const SourceRequest &request,
                                              int rank) {
  const Input &input = request.input;
  Expected<DataSpec> spec = parseDataSpec(request.text);
  if (!spec.ok())
    return spec.error();
  Expected<RowSourcePtr> rows = openRowSource(*spec, request);
  if (!rows.ok())
    return rows.error();
  Source source;
  source.rows = std::move(*rows);
  source.input = &input;
  DpcType dtype = source.rows->dtype();
  const std::string &path = spec->files.front();
  if (dtype != input.dtype && !input.isLabel)
    return Error{path,
                 "holds " + std::string(typeName(dtype)) + " but the input '" +
                     input.name + "' is " + typeName(input.dtype),
                 "convert the array with a.astype(\"" +
                     std::string(numpyName(input.dtype)) + "\")"};
  const Shape &row = source.rows->rowShape();
  if (!shapesAgree(row, input)) {
    Shape shape = row;
    if (input.batchDim >= 0)
      shape.insert(shape.begin() +
                       std::min<int64_t>(input.batchDim,
                                         static_cast<int64_t>(row.size())),
                   source.rows->rows());
    return Error{path,
                 "has the shape " + shapeString(shape) + " but the input '" +
                     input.name + "' needs " + neededShape(input),
                 "reshape the array"};
  }
  source.isMine = program.isMine(input);
  source.converts = dtype != input.dtype;
  if (input.batchDim > 0)
    source.outer = product(row.begin(), row.begin() + input.batchDim);
  source.inner =
      product(row.begin(), row.end()) / std::max<int64_t>(source.outer, 1);
  if (input.batchDim >= 0) {
    source.blocks = input.microbatches;
    source.blockRows = input.shape[input.batchDim] / source.blocks;
    source.blockFirst =
        program.mesh.linearIndex(input.batchAxes, rank) * source.blockRows;
    source.blockStride = program.mesh.size(input.batchAxes) * source.blockRows;
  }
  return source;
}

Status Dataset::checkValues(const Source &source, int rank, int ranks) {
  const Input &input = *source.input;
  const RowSource &rows = *source.rows;
  if (!source.converts && !input.classes && !input.range)
    return {};
  int64_t count = rows.rows();
  int64_t begin = count / ranks * rank + std::min<int64_t>(rank, count % ranks);
  int64_t end = begin + count / ranks + (rank < count % ranks ? 1 : 0);
  int64_t elements = source.outer * source.inner;
  int64_t width = typeBytes(rows.dtype());
  std::vector<char> buffer(static_cast<size_t>(rows.rowBytes()));
  char value[8];
  for (int64_t row = begin; row < end; ++row) {
    Status status = rows.read(row, {}, buffer.data());
    if (!status.ok())
      return status;
    // Token ids may be many.
    if (!source.converts && !input.classes &&
        findOutside(buffer.data(), elements, input.dtype, *input.range) ==
            elements)
      continue;
    for (int64_t i = 0; i < elements; ++i) {
      const char *raw = buffer.data() + i * width;
      auto refuse = [&](const std::string &need, const std::string &hint) {
        RowPlace place = rows.place(row);
        return Error{place.file,
                     "row " + std::to_string(std::max<int64_t>(place.row, 0)) +
                         " holds " + elementString(raw, rows.dtype()) +
                         " but the input '" + input.name + "' needs " + need,
                     hint};
      };
      if (!convertElement(raw, rows.dtype(), value, input.dtype))
        return refuse("values of type " + std::string(typeName(input.dtype)),
                      "correct or convert the file");
      if (input.range && findOutside(value, 1, input.dtype, *input.range) < 1)
        return refuse("indices in " + input.range->description() + " of '" +
                          input.rangeNode + "'",
                      "correct the file or the size of the table");
      if (!input.classes)
        continue;
      double label = readElement(value, input.dtype);
      if (input.ignoreIndex && label == static_cast<double>(*input.ignoreIndex))
        continue;
      if (!(label >= 0 && label < static_cast<double>(*input.classes)))
        return refuse("labels in [0, " + std::to_string(*input.classes) + ")" +
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
                                const OpenContext &context) {
  Dataset dataset;
  const Source *first = nullptr;
  ColumnFits none;
  dataset.sources.reserve(bindings.size());
  for (const Binding &binding : bindings) {
    Expected<Source> source =
        openSource(program,
                   {*program.findInput(binding.input), binding.file, bindings,
                    context.fits ? *context.fits : none, context.learns,
                    context.evalSplit, context.splitSeed, context.memory},
                   context.rank);
    if (!source.ok())
      return source.error();
    dataset.sources.push_back(std::move(*source));
  }
  int64_t minRows = context.minRows;
  for (Source &source : dataset.sources) {
    if (source.isMine) {
      source.bufferOffset = dataset.bufferBytes;
      // Aligned for copies to the arena.
      dataset.bufferBytes += (source.input->bytes + 63) / 64 * 64;
    }
    if (source.input->batchDim < 0)
      continue;
    int64_t rows = source.rows->rows();
    std::string path = source.rows->place(0).file;
    if (!first)
      first = &source;
    else if (rows != first->rows->rows())
      return Error{path,
                   "has " + std::to_string(rows) + " rows but " +
                       first->rows->place(0).file + " has " +
                       std::to_string(first->rows->rows()),
                   "give files with the same number of rows"};
    if (rows < minRows)
      return Error{path,
                   "has " + std::to_string(rows) + " rows, fewer than " +
                       (minRows == 1
                            ? "one"
                            : std::to_string(minRows) + ", the global batch"),
                   minRows == 1 ? "give data"
                                : "give more data or compile with a smaller "
                                  "--batch"};
    dataset.rowCount = rows;
  }
  for (const Source &source : dataset.sources) {
    Status status = checkValues(source, context.rank, context.ranks);
    if (!status.ok())
      return status.error();
  }
  return dataset;
}

int64_t Dataset::totalBytes() const {
  int64_t bytes = 0;
  for (const Source &source : sources)
    bytes += source.rows->rows() * source.rows->rowBytes();
  return bytes;
}

bool Dataset::isSlow() const {
  return std::any_of(sources.begin(), sources.end(), [](const Source &source) {
    return source.isMine && source.rows->isSlow();
  });
}

/// What is fetched ahead of the copying, of rows that lie anywhere: a part of a
/// core's second cache. One after the other, they would be waited for.
static constexpr int64_t fetchedBytes = int64_t(128) << 10;

static void fetch(const char *begin, int64_t bytes) {
  for (int64_t at = 0; at < bytes; at += 64)
    __builtin_prefetch(begin + at, /*rw=*/0, /*locality=*/2);
}

/// Fills this rank's part of an input: the outer dimensions, in each the
/// blocks, in each the rows.
Status Dataset::fill(const Source &source, char *target, const int64_t *order,
                     int64_t first, int64_t valid, const ReadContext &context) {
  const RowSource &rows = *source.rows;
  DpcType type = source.input->dtype;
  int64_t pieceBytes = source.inner * typeBytes(type);
  int64_t blockBytes = source.blockRows * pieceBytes;
  int64_t width = typeBytes(rows.dtype()), rowBytes = rows.rowBytes();
  bool isPlain = !source.converts && source.outer == 1;
  const char *memory = rows.contiguous();
  std::vector<char> raw;
  if (!isPlain && !memory)
    raw.resize(static_cast<size_t>(rowBytes));
  // Several rows only where they are `memory`, as they are needed.
  auto readRows = [&](int64_t row, int64_t count, char *to) -> Status {
    const char *content = isPlain ? to : raw.data();
    if (memory) {
      content = memory + row * rowBytes;
    } else {
      Status status = rows.read(row, context, isPlain ? to : raw.data());
      if (!status.ok())
        return status;
    }
    if (isPlain) {
      if (memory)
        std::memcpy(to, content, count * rowBytes);
      return {};
    }
    for (int64_t outer = 0; outer < source.outer; ++outer) {
      char *piece = to + outer * source.blocks * blockBytes;
      const char *from = content + outer * source.inner * width;
      // The values were checked when the file was opened.
      for (int64_t i = 0; i < source.inner; ++i)
        convertElement(from + i * width, rows.dtype(),
                       piece + i * typeBytes(type), type);
    }
    return {};
  };
  if (source.input->batchDim < 0)
    return readRows(0, 1, target);
  for (int64_t block = 0; block < source.blocks; ++block) {
    int64_t begin = source.blockFirst + block * source.blockStride;
    int64_t filled = std::clamp<int64_t>(valid - begin, 0, source.blockRows);
    char *to = target + block * blockBytes;
    auto rowAt = [&](int64_t i) {
      return order ? order[begin + i] : first + begin + i;
    };
    int64_t ahead = memory ? fetchedBytes / std::max<int64_t>(rowBytes, 1) : 0;
    for (int64_t i = 0, run = 1, fetched = 0; i < filled; i += run) {
      int64_t row = rowAt(i);
      for (; memory && fetched < std::min(filled, i + ahead); ++fetched)
        fetch(memory + rowAt(fetched) * rowBytes, rowBytes);
      // Rows that follow one another in the file too are copied together.
      run = 1;
      while (isPlain && memory && i + run < filled &&
             rowAt(i + run) == row + run)
        ++run;
      Status status = readRows(row, run, to + i * pieceBytes);
      if (!status.ok())
        return status;
    }
    for (int64_t outer = 0; outer < source.outer; ++outer)
      std::memset(to + outer * source.blocks * blockBytes + filled * pieceBytes,
                  0, (source.blockRows - filled) * pieceBytes);
  }
  return {};
}

Status Dataset::load(Device &device, char *arena, const int64_t *order,
                     int64_t first, int64_t valid,
                     const ReadContext &context) const {
  HostWriter writer(device);
  for (const Source &source : sources) {
    const Input &input = *source.input;
    if (!source.isMine)
      continue;
    char *target = writer.begin(arena + input.offset, input.bytes);
    Status status = fill(source, target, order, first, valid, context);
    if (!status.ok())
      return status;
    writer.end(arena + input.offset);
  }
  return {};
}

Status Dataset::prepare(char *buffer, const int64_t *order, int64_t first,
                        int64_t valid, const ReadContext &context) const {
  for (const Source &source : sources) {
    if (!source.isMine)
      continue;
    Status status = fill(source, buffer + source.bufferOffset, order, first,
                         valid, context);
    if (!status.ok())
      return status;
  }
  return {};
}

void Dataset::install(Device &device, char *arena, const char *buffer) const {
  for (const Source &source : sources)
    if (source.isMine)
      device.upload(arena + source.input->offset, buffer + source.bufferOffset,
                    source.input->bytes);
}

void Dataset::deliver(Parcel &parcel, char *arena) const {
  for (const Source &source : sources)
    if (source.isMine)
      parcel.deliver(arena + source.input->offset, source.bufferOffset,
                     source.input->bytes);
}

Dataset::Place Dataset::findRow(const Input &input, int64_t local,
                                const int64_t *order, int64_t first) const {
  for (const Source &source : sources) {
    if (source.input != &input)
      continue;
    if (input.batchDim < 0)
      return {source.rows->place(0), {}};
    int64_t row = source.blockFirst +
                  local / source.blockRows * source.blockStride +
                  local % source.blockRows;
    return {source.rows->place(order ? order[row] : first + row), {}};
  }
  return {};
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
