//===- TokenSource.cpp - Windows of a stream of tokens --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/TokenSource.h"
#include "runtime/Data/Compressed.h"
#include "runtime/Data/TensorFile.h"

#include <algorithm>
#include <cstring>

namespace dpc::rt {

namespace {

class TokenSource : public RowSource {
public:
  /// Where a window begins, and how many of its ids have a target.
  struct Window {
    int64_t begin = 0;
    int64_t count = 0;
  };

  TokenSource(TokenStream given, const TokenWish &wish, const Input &input,
              Shape shape, std::vector<Window> documents, int64_t rows)
      : RowSource(input.dtype, std::move(shape), rows),
        stream(std::move(given)), wish(wish), ignored(input.ignoreIndex),
        windows(std::move(documents)),
        length(elementCount(rowShape()).value_or(0)) {}

  Status read(int64_t row, const ReadContext &, char *target) const override {
    Window window{row * length, length};
    if (wish.byDocument)
      window = windows[static_cast<size_t>(row)];
    int64_t width = typeBytes(dtype());
    if (stream.type == dtype() && !wish.end) {
      std::memcpy(target, element(window.begin + wish.isNext),
                  static_cast<size_t>(length * width));
      return {};
    }
    for (int64_t i = 0; i < length; ++i, target += width) {
      std::optional<int64_t> special;
      if (i >= window.count)
        special = wish.isNext ? ignored : wish.end;
      else if (wish.isNext && wish.end && isEnd(window.begin + i))
        special = ignored;
      int64_t at = window.begin + i + wish.isNext;
      bool good =
          special ? convertElement(&*special, DPC_I64, target, dtype())
                  : convertElement(element(at), stream.type, target, dtype());
      if (!good)
        return Error{stream.path,
                     "row " + std::to_string(row) + " holds the id " +
                         (special ? std::to_string(*special)
                                  : elementString(element(at), stream.type)) +
                         ", which no " + typeName(dtype()) + " holds",
                     "correct the file"};
    }
    return {};
  }
  RowPlace place(int64_t row) const override { return {stream.path, row}; }

private:
  const char *element(int64_t at) const {
    return stream.data + at * typeBytes(stream.type);
  }
  bool isEnd(int64_t at) const {
    int64_t id = 0;
    return convertElement(element(at), stream.type, &id, DPC_I64) &&
           id == wish.end;
  }

  TokenStream stream;
  TokenWish wish;
  std::optional<int64_t> ignored;
  /// By documents only.
  std::vector<Window> windows;
  int64_t length;
};

Expected<TokenStream> openStream(const std::string &path,
                                 std::optional<DpcType> type, int64_t memory) {
  Expected<FileContent> content = FileContent::open(path, memory);
  if (!content.ok())
    return content.error();
  std::string_view view = content->view();
  if (!type && view.starts_with("\x93NUMPY")) {
    Expected<TensorFile> file = TensorFile::open(path);
    if (!file.ok())
      return file.error();
    auto owner = std::make_shared<TensorFile>(std::move(*file));
    if (isFloat(owner->dtype()) || owner->shape().size() != 1)
      return Error{path,
                   "holds " + std::string(typeName(owner->dtype())) +
                       shapeString(owner->shape()) +
                       ", which is no stream of ids",
                   "save one array of whole numbers with one dimension"};
    return TokenStream{owner, path, owner->data(), owner->dtype(),
                       owner->shape()[0]};
  }
  bool isText = false;
  for (const char *end : {".txt", ".txt.gz", ".txt.zst"})
    isText |= path.ends_with(end);
  if (!type && !isText)
    return Error{path, "does not say of which type its ids are",
                 "add type=u16, u32, i32 or i64, or type=u8 for the bytes of a "
                 "text"};
  TokenStream stream;
  stream.path = path;
  stream.type = type.value_or(DPC_U8);
  int64_t width = typeBytes(stream.type);
  if (view.size() % static_cast<size_t>(width) != 0)
    return Error{path,
                 "is " + std::to_string(view.size()) +
                     " bytes long, which is no number of " +
                     typeName(stream.type),
                 "is it of another type?"};
  stream.count = static_cast<int64_t>(view.size()) / width;
  auto owner = std::make_shared<FileContent>(std::move(*content));
  stream.data = owner->view().data();
  stream.owner = owner;
  return stream;
}

} // namespace

bool areTokens(const DataSpec &spec) {
  const std::string &selector = spec.selector, &path = spec.files.front();
  if (path.ends_with(".safetensors"))
    return false;
  std::string word = selector.substr(0, selector.find(','));
  return word == "tokens" || word == "next" ||
         (selector.empty() && path.ends_with(".txt"));
}

Expected<TokenWish> TokenWish::parse(const DataSpec &spec,
                                     const SourceRequest &request) {
  TokenWish wish;
  wish.isNext = request.input.isLabel;
  if (spec.selector.empty())
    return wish;
  Expected<std::vector<SelectorItem>> items =
      parseSelector(spec.selector, request.text);
  if (!items.ok())
    return items.error();
  wish.isNext = (*items)[0].key == "next";
  for (size_t i = 1; i < items->size(); ++i) {
    const SelectorItem &item = (*items)[i];
    auto refuse = [&](const std::string &hint) {
      return usageError(request.text,
                        "'" + item.key + "=" + item.value +
                            "' is nothing that tokens are read by",
                        hint);
    };
    int64_t id = 0;
    if (item.key == "type") {
      wish.type = parseType(item.value);
      if (!wish.type || isFloat(*wish.type) || *wish.type == DPC_I1)
        return refuse("use type=u8, u16, u32, i32 or i64");
    } else if (item.key == "end") {
      if (!parseNumber(item.value, id))
        return refuse("end is the id that ends a document");
      wish.end = id;
    } else if (item.key == "documents" && !item.hasValue) {
      wish.byDocument = true;
    } else {
      return refuse("use type=TYPE, end=ID and documents");
    }
  }
  if (wish.byDocument && !wish.end)
    return usageError(request.text, "documents end with an id that is not said",
                      "add end=ID");
  if (wish.end && wish.isNext && !request.input.ignoreIndex)
    return Error{request.text,
                 "targets across documents must be ignored, which the loss "
                 "does not do",
                 "compile with --loss ...,ignore_index=-100"};
  return wish;
}

Expected<RowSourcePtr>
makeTokenSource(TokenStream stream, const TokenWish &wish, const Input &input) {
  Shape shape = input.globalShape;
  if (input.batchDim >= 0)
    shape.erase(shape.begin() + input.batchDim);
  int64_t length = elementCount(shape).value_or(0);
  if (input.batchDim < 0 || length == 0)
    return Error{stream.path,
                 "is a stream of ids, but the input '" + input.name +
                     "' has no rows of them",
                 "give it a .npy file"};
  std::vector<TokenSource::Window> windows;
  int64_t rows = (std::max<int64_t>(stream.count, 1) - 1) / length;
  if (wish.byDocument) {
    int64_t width = typeBytes(stream.type);
    for (int64_t begin = 0, at = 0; at < stream.count; ++at) {
      int64_t id = 0;
      bool isEnd =
          convertElement(stream.data + at * width, stream.type, &id, DPC_I64) &&
          id == wish.end;
      // The end is a target, and no input.
      if (!isEnd && at + 1 < stream.count)
        continue;
      for (int64_t first = begin; first < at; first += length)
        windows.push_back({first, std::min(length, at - first)});
      begin = at + 1;
    }
    rows = static_cast<int64_t>(windows.size());
  }
  if (rows == 0)
    return Error{stream.path,
                 "holds " + std::to_string(stream.count) +
                     " ids, fewer than a window of " + std::to_string(length) +
                     " and the one behind it",
                 "give a longer stream"};
  return RowSourcePtr(std::make_unique<TokenSource>(std::move(stream), wish,
                                                    input, std::move(shape),
                                                    std::move(windows), rows));
}

Expected<RowSourcePtr> openTokens(const DataSpec &spec,
                                  const SourceRequest &request) {
  Expected<TokenWish> wish = TokenWish::parse(spec, request);
  if (!wish.ok())
    return wish.error();
  std::vector<RowSourcePtr> parts;
  for (const std::string &path : spec.files) {
    Expected<TokenStream> stream = openStream(path, wish->type, request.memory);
    if (!stream.ok())
      return stream.error();
    Expected<RowSourcePtr> part =
        makeTokenSource(std::move(*stream), *wish, request.input);
    if (!part.ok())
      return part.error();
    parts.push_back(std::move(*part));
  }
  return concatenate(std::move(parts));
}

} // namespace dpc::rt
