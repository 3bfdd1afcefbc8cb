//===- fuzz_data.cpp - Fuzzing of what rows are read from -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One source, one program per format: DPC_FUZZ_CSV, DPC_FUZZ_COLUMNS,
// DPC_FUZZ_TOKENS, DPC_FUZZ_TAR or DPC_FUZZ_IMAGE. Beside
// crashes, it checks that each refusal is one line, that what was written is
// read back, and that all rows can be read.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/ImageTransform.h"
#include "runtime/Data/RowSource.h"
#include "runtime/Data/TableSource.h"
#include "runtime/Data/Tar.h"
#include "runtime/Data/TokenSource.h"

#include "test/fuzz/Check.h"

using namespace dpc::rt;

/// Reads all rows of a source that was opened, or checks the refusal.
[[maybe_unused]] static void checkSource(const Expected<RowSourcePtr> &source) {
  if (!source.ok())
    return checkError(source.error());
  std::vector<char> row(static_cast<size_t>((*source)->rowBytes()));
  for (int64_t i = 0; i < (*source)->rows(); ++i) {
    for (bool isTraining : {false, true}) {
      Status status = (*source)->read(i, {1, 2, isTraining}, row.data());
      if (!status.ok())
        checkError(status.error());
    }
    RowPlace place = (*source)->place(i);
    require(place.row >= 0 && place.row <= i && !place.file.empty());
  }
}

[[maybe_unused]] static void checkTable(std::string_view text) {
  // The first line holds the selector, and says how wide the input is.
  size_t end = text.find('\n');
  if (end == std::string_view::npos)
    return;
  std::string selector(text.substr(0, end));
  Input input;
  input.name = "x";
  input.batchDim = 0;
  input.dtype = selector.size() % 3 ? DPC_F32 : DPC_I32;
  input.globalShape = {4, 1 + int64_t(selector.size()) % 5};
  std::vector<Binding> bindings;
  ColumnFits fits;
  Expected<TableFilePtr> file = openCsv("t.csv", text.substr(end + 1));
  if (!file.ok())
    return;
  std::vector<TableFilePtr> files;
  files.push_back(std::move(*file));
  // Also what does not fit into memory.
  int64_t memory = end % 2 ? 0 : 1 << 20;
  checkSource(
      encodeTable(files, selector,
                  {input, "t.csv", bindings, fits, true, 0.25, 0, memory}));
  if (fits.empty())
    return;
  std::string json = writeColumnFits(fits);
  Expected<ColumnFits> read = readColumnFits(json, "fits");
  require(read.ok() && writeColumnFits(*read) == json);
}

[[maybe_unused]] static void checkTokens(std::string_view text) {
  // The first line holds the selector.
  size_t end = text.find('\n');
  if (end == std::string_view::npos)
    return;
  DataSpec spec{{"t.txt"}, std::string(text.substr(0, end))};
  text.remove_prefix(end + 1);
  Input input;
  input.name = "x";
  input.batchDim = 0;
  input.dtype = end % 2 ? DPC_I16 : DPC_F32;
  input.globalShape = {4, 1 + int64_t(end) % 7};
  input.ignoreIndex = -1;
  std::vector<Binding> bindings;
  ColumnFits fits;
  Expected<TokenWish> wish =
      TokenWish::parse(spec, {input, "t.txt", bindings, fits});
  if (!wish.ok())
    return checkError(wish.error());
  TokenStream stream{nullptr, "t.txt", text.data(), wish->type.value_or(DPC_U8),
                     0};
  stream.count = static_cast<int64_t>(text.size()) / typeBytes(stream.type);
  checkSource(makeTokenSource(stream, *wish, input));
}

/// The first two bytes say how the input is and what is done.
[[maybe_unused]] static void checkImage(std::string_view bytes) {
  static const char *const options[] = {"images", "images,stretch",
                                        "images,zoom=0.5,flip,pad=1",
                                        "images,resize=9,flip"};
  static const Shape rows[] = {{4, 6}, {3, 8, 5}, {7, 7, 3}, {1, 1, 1}};
  if (bytes.size() < 2)
    return;
  size_t how = static_cast<unsigned char>(bytes[0]);
  Input input;
  input.name = "x";
  input.batchDim = 0;
  input.dtype = how % 2 ? DPC_U8 : DPC_F32;
  input.globalShape = rows[how / 2 % 4];
  input.globalShape.insert(input.globalShape.begin(), 4);
  std::vector<Binding> bindings;
  ColumnFits fits;
  auto items = parseSelector(options[bytes[1] & 3], "x");
  Expected<ImageTransform> transform =
      ImageTransform::make(*items, {input, "x", bindings, fits});
  require(transform.ok());
  Expected<Image> image =
      decodeImage(bytes.substr(2), transform->leastSide(), "x");
  if (!image.ok())
    return checkError(image.error());
  require(image->height * image->width <= maxPixels);
  require(int64_t(image->pixels.size()) ==
          image->height * image->width * image->channels);
  std::vector<char> row(static_cast<size_t>(
      byteCount(transform->rowShape(), input.dtype).value_or(0)));
  for (bool isTraining : {false, true})
    transform->apply(*image, 3, {1, 2, isTraining}, row.data());
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char *>(data), size);
#if defined(DPC_FUZZ_CSV)
  checkTable(bytes);
#elif defined(DPC_FUZZ_TAR)
  auto members = readTar(bytes, "file");
  if (!members.ok()) {
    checkError(members.error());
    return 0;
  }
  for (const TarMember &member : *members)
    require(member.content.data() >= bytes.data() &&
            member.content.data() + member.content.size() <=
                bytes.data() + bytes.size());
#elif defined(DPC_FUZZ_IMAGE)
  checkImage(bytes);
#elif defined(DPC_FUZZ_TOKENS)
  checkTokens(bytes);
#elif defined(DPC_FUZZ_COLUMNS)
  Expected<ColumnFits> fits = readColumnFits(bytes, "file");
  if (!fits.ok()) {
    checkError(fits.error());
    return 0;
  }
  for (const auto &[input, columns] : *fits)
    for (const ColumnFit &fit : columns) {
      std::vector<double> values(static_cast<size_t>(fit.width()));
      for (std::string_view cell : {"", "a", "1", "-2.5e3"})
        fit.encode(cell, values.data());
    }
#endif
  return 0;
}
