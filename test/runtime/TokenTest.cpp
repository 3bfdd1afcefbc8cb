//===- TokenTest.cpp - Windows of streams of tokens -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/TensorFile.h"
#include "runtime/Data/TokenSource.h"
#include "test/runtime/TestFiles.h"

#include <gtest/gtest.h>

using namespace dpc::rt;

namespace {

/// Windows of 4 ids, rows between /; or the error.
std::string read(const std::string &path, const std::string &selector,
                 bool isLabel = false, DpcType type = DPC_I64,
                 std::optional<int64_t> ignored = -1) {
  Input input;
  input.name = "x";
  input.isLabel = isLabel;
  input.dtype = type;
  input.batchDim = 0;
  input.globalShape = {8, 4};
  input.ignoreIndex = ignored;
  std::vector<Binding> bindings;
  ColumnFits fits;
  std::string text = path + (selector.empty() ? "" : ":" + selector);
  Expected<DataSpec> spec = parseDataSpec(text);
  if (!spec.ok())
    return spec.error().line();
  Expected<RowSourcePtr> source =
      openRowSource(*spec, {input, text, bindings, fits});
  if (!source.ok())
    return source.error().line();
  std::vector<char> row((*source)->rowBytes());
  std::string result;
  for (int64_t i = 0; i < (*source)->rows(); ++i) {
    Status status = (*source)->read(i, {}, row.data());
    if (!status.ok())
      return status.error().line();
    for (int64_t j = 0; j < 4; ++j)
      result += (j ? " " : "") +
                elementString(row.data() + j * typeBytes(type), type);
    result += "/";
  }
  return result;
}

TEST(Tokens, Windows) {
  Folder folder;
  std::vector<uint16_t> ids = {5, 6, 0, 7, 8, 9, 10, 11, 12, 0, 13, 14};
  std::string raw = bytesOf(ids);
  std::string npy = folder.save("ids.npy", npyHeader(DPC_U16, {12}) + raw);
  std::string bin = folder.save("ids.bin", raw);
  std::string text = folder.save("a.txt", "ABCDEFGHI");
  for (const std::string &path : {npy + ":", bin + ":"}) {
    std::string type = path.ends_with("bin:") ? ",type=u16" : "";
    auto get = [&](const std::string &selector) {
      return read(path.substr(0, path.size() - 1), selector + type);
    };
    EXPECT_EQ(get("tokens"), "5 6 0 7/8 9 10 11/");
    EXPECT_EQ(get("next"), "6 0 7 8/9 10 11 12/");
    // Behind an end stands another document.
    EXPECT_EQ(get("tokens,end=0"), "5 6 0 7/8 9 10 11/");
    EXPECT_EQ(get("next,end=0"), "6 0 -1 8/9 10 11 12/");
    EXPECT_EQ(get("tokens,end=0,documents"),
              "5 6 0 0/7 8 9 10/11 12 0 0/13 0 0 0/");
    EXPECT_EQ(get("next,end=0,documents"),
              "6 0 -1 -1/8 9 10 11/12 0 -1 -1/14 -1 -1 -1/");
  }
  EXPECT_EQ(read(text, ""), "65 66 67 68/69 70 71 72/");
  EXPECT_EQ(read(text, "", true), "66 67 68 69/70 71 72 73/");
  EXPECT_EQ(read(text, "tokens", true), "65 66 67 68/69 70 71 72/");
  EXPECT_EQ(read(text, "", false, DPC_U8), "65 66 67 68/69 70 71 72/");
  // No window goes from one file to the next.
  folder.save("b.txt", "abcde");
  EXPECT_EQ(read(folder.path + "/?.txt", "next"),
            "66 67 68 69/70 71 72 73/98 99 100 101/");
}

TEST(Tokens, Refusals) {
  Folder folder;
  std::string text = folder.save("a.txt", "ABCD");
  std::string bin = folder.save("a.bin", "ABCDEFGHI");
  expectError(read(text, ""), "holds 4 ids, fewer than a window of 4");
  expectError(read(folder.save("e.txt", ""), ""), "holds 0 ids");
  expectError(read(bin, "tokens"), "add type=u16");
  expectError(read(bin, "tokens,type=u16"), "9 bytes long, which is no number");
  expectError(read(bin, "tokens,type=f32"), "'type=f32'");
  expectError(read(bin, "tokens,type=u8,end=x"), "'end=x'");
  expectError(read(bin, "tokens,type=u8,documents"), "add end=ID");
  expectError(read(bin, "next,type=u8,end=0", true, DPC_I64, std::nullopt),
              "must be ignored");
  std::vector<int32_t> ids = {1, 2, 3, 4, 5, 6, 7, -70000, 9};
  std::string npy =
      folder.save("i.npy", npyHeader(DPC_I32, {9}) + bytesOf(ids));
  expectError(read(npy, "tokens", false, DPC_I16),
              "row 1 holds the id -70000, which no i16 holds");
  expectError(read(folder.save("f.npy", npyHeader(DPC_F32, {9}) + bytesOf(ids)),
                   "tokens"),
              "is no stream of ids");
}

} // namespace
