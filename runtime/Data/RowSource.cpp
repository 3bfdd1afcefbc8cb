//===- RowSource.cpp - Files of one input, put behind one another ---------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/RowSource.h"
#include "runtime/Data/TableSource.h"
#include "runtime/Data/TokenSource.h"

#include <algorithm>
#include <filesystem>

namespace dpc::rt {

std::string neededShape(const Input &input) {
  std::string dims;
  for (size_t i = 0; i < input.globalShape.size(); ++i)
    dims += (i ? ", " : "") + (int64_t(i) == input.batchDim
                                   ? std::string("rows")
                                   : std::to_string(input.globalShape[i]));
  return "[" + dims + "]";
}

namespace {

class Concatenation : public RowSource {
public:
  Concatenation(std::vector<RowSourcePtr> given, int64_t rows)
      : RowSource(given[0]->dtype(), given[0]->rowShape(), rows),
        parts(std::move(given)) {
    for (const RowSourcePtr &part : parts)
      ends.push_back((ends.empty() ? 0 : ends.back()) + part->rows());
  }

  Status read(int64_t row, const ReadContext &context,
              char *target) const override {
    size_t part = find(row);
    return parts[part]->read(row - begin(part), context, target);
  }
  RowPlace place(int64_t row) const override {
    size_t part = find(row);
    return parts[part]->place(row - begin(part));
  }
  bool isSlow() const override { return parts[0]->isSlow(); }

private:
  size_t find(int64_t row) const {
    return std::upper_bound(ends.begin(), ends.end(), row) - ends.begin();
  }
  int64_t begin(size_t part) const { return part ? ends[part - 1] : 0; }

  std::vector<RowSourcePtr> parts;
  /// Of each part, the row behind its last.
  std::vector<int64_t> ends;
};

} // namespace

Expected<RowSourcePtr> concatenate(std::vector<RowSourcePtr> parts) {
  if (parts.size() == 1)
    return std::move(parts[0]);
  int64_t rows = 0;
  for (const RowSourcePtr &part : parts) {
    const RowSource &first = *parts[0];
    if (part->dtype() != first.dtype() || part->rowShape() != first.rowShape())
      return Error{part->place(0).file,
                   "holds rows of " + std::string(typeName(part->dtype())) +
                       shapeString(part->rowShape()) + " but " +
                       first.place(0).file + " rows of " +
                       typeName(first.dtype()) + shapeString(first.rowShape()),
                   "give files with rows of one kind"};
    if (__builtin_add_overflow(rows, part->rows(), &rows))
      return Error{part->place(0).file, "there are too many rows", ""};
  }
  return RowSourcePtr(std::make_unique<Concatenation>(std::move(parts), rows));
}

Expected<RowSourcePtr> openRowSource(const DataSpec &spec,
                                     const SourceRequest &request) {
  if (request.input.batchDim < 0 && spec.files.size() > 1)
    return Error{request.text,
                 "names " + std::to_string(spec.files.size()) +
                     " files, but the input '" + request.input.name +
                     "' has no rows",
                 "name one file"};
  if (isTable(spec.files.front()))
    return openTable(spec, request);
  if (areImages(spec))
    return openImages(spec, request);
  if (areTokens(spec))
    return openTokens(spec, request);
  std::vector<RowSourcePtr> parts;
  for (const std::string &file : spec.files) {
    Expected<RowSourcePtr> part = openArray(file, spec.selector, request.input);
    if (!part.ok())
      return part.error();
    parts.push_back(std::move(*part));
  }
  return concatenate(std::move(parts));
}

} // namespace dpc::rt
