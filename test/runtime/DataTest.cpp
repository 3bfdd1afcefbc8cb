//===- DataTest.cpp - Orders of rows, formats, reading ahead --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CPU/CPUDevice.h"
#include "runtime/Data/BatchReader.h"
#include "runtime/Data/RowOrder.h"
#include "runtime/Data/Sampler.h"
#include "runtime/Data/TensorFile.h"
#include "test/runtime/TestFiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

using namespace dpc::rt;

namespace {

std::vector<int64_t> getEpoch(int64_t rows, const Shuffle &shuffle,
                              int64_t epoch, int64_t step) {
  RowOrder order(rows, shuffle);
  std::vector<int64_t> all, part;
  for (int64_t first = 0; first < rows; first += step) {
    part.resize(std::min(step, rows - first));
    order.get(epoch, first, part);
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

TEST(RowOrder, EveryKindTakesEachRowOnce) {
  for (int64_t rows : {1, 2, 7, 64, 65, 100, 257, 1000})
    for (int64_t block : {1, 2, 3, 7, 16, 64})
      for (int64_t epoch : {0, 1, 5}) {
        Shuffle shuffle{Shuffle::Kind::Blocks, 3, block};
        std::vector<int64_t> order = getEpoch(rows, shuffle, epoch, 10);
        std::vector<int64_t> sorted = order;
        std::sort(sorted.begin(), sorted.end());
        for (int64_t i = 0; i < rows; ++i)
          ASSERT_EQ(sorted[i], i) << rows << " rows in blocks of " << block;
        // Whatever is asked for at once, and wherever one begins.
        ASSERT_EQ(order, getEpoch(rows, shuffle, epoch, 3));
        RowOrder late(rows, shuffle);
        std::vector<int64_t> rest(rows - rows / 2);
        late.get(epoch, rows / 2, rest);
        ASSERT_TRUE(
            std::equal(rest.begin(), rest.end(), order.begin() + rows / 2));
      }
  Shuffle all{Shuffle::Kind::Rows, 5, 1};
  EXPECT_EQ(getEpoch(100, all, 2, 7), shuffledRows(100, 5, 2));
  std::vector<int64_t> plain = getEpoch(100, {}, 2, 7), expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(plain, expected);
}

TEST(RowOrder, BlocksAreReadTogetherAndEpochsDiffer) {
  Shuffle shuffle{Shuffle::Kind::Blocks, 0, 10};
  std::vector<int64_t> order = getEpoch(1000, shuffle, 0, 10);
  EXPECT_NE(order, getEpoch(1000, shuffle, 1, 10));
  // Each 80 rows are of 8 blocks.
  for (int64_t group = 0; group + 80 <= 1000; group += 80) {
    std::vector<int64_t> blocks;
    for (int64_t i = 0; i < 80; ++i)
      blocks.push_back(order[group + i] / 10);
    EXPECT_FALSE(std::is_sorted(blocks.begin(), blocks.end()));
    std::sort(blocks.begin(), blocks.end());
    EXPECT_EQ(std::unique(blocks.begin(), blocks.end()) - blocks.begin(), 8);
  }
  // Fixed for ever: a checkpoint may be resumed by a later build.
  EXPECT_EQ(getEpoch(10, {Shuffle::Kind::Blocks, 0, 4}, 0, 10),
            (std::vector<int64_t>{1, 8, 3, 2, 0, 7, 9, 6, 4, 5}));
}

TEST(RowOrder, SplitsAreWhole) {
  for (double share : {0.001, 0.1, 0.5, 0.999}) {
    RowSplit split = splitRows(100, share, 0);
    EXPECT_EQ(split.evaluation.size(),
              std::max<size_t>(1, std::lround(share * 100)));
    std::vector<int64_t> both = split.training;
    both.insert(both.end(), split.evaluation.begin(), split.evaluation.end());
    std::sort(both.begin(), both.end());
    for (int64_t i = 0; i < 100; ++i)
      ASSERT_EQ(both[i], i);
  }
  EXPECT_NE(splitRows(100, 0.1, 0).evaluation,
            splitRows(100, 0.1, 1).evaluation);
  EXPECT_EQ(splitRows(100, 0.1, 7).evaluation,
            splitRows(100, 0.1, 7).evaluation);
  // Orders of a subset are of its rows.
  RowSplit split = splitRows(20, 0.5, 0);
  RowOrder order(20, {Shuffle::Kind::Rows, 0, 1}, split.training);
  std::vector<int64_t> rows(10);
  order.get(0, 0, rows);
  EXPECT_NE(rows, split.training);
  std::sort(rows.begin(), rows.end());
  EXPECT_EQ(rows, split.training);
}

TEST(DataSpec, PathsPatternsAndSelectors) {
  Folder folder;
  for (const char *name : {"b.npy", "a.npy", "c:d", "e*"})
    folder.save(name, "x");
  auto parse = [&](const std::string &text) {
    Expected<DataSpec> spec = parseDataSpec(folder.path + "/" + text);
    EXPECT_TRUE(spec.ok()) << spec.error().line();
    std::string names;
    for (const std::string &file : spec->files)
      names += file.substr(folder.path.size() + 1) + " ";
    return names + "|" + spec->selector;
  };
  EXPECT_EQ(parse("b.npy"), "b.npy |");
  EXPECT_EQ(parse("*.npy"), "a.npy b.npy |");
  EXPECT_EQ(parse("{b,a}.npy:x,y=1"), "a.npy b.npy |x,y=1");
  EXPECT_EQ(parse("c:d"), "c:d |");
  EXPECT_EQ(parse("c:d:e:f"), "c:d |e:f");
  EXPECT_EQ(parse("e*"), "e* |");
  for (const char *bad : {"none", "none*", "none:x", "a.npy:"}) {
    Expected<DataSpec> spec = parseDataSpec(folder.path + "/" + bad);
    ASSERT_FALSE(spec.ok());
    EXPECT_EQ(spec.error().line().find('\n'), std::string::npos);
  }
  auto items = [](const std::string &text) {
    Expected<std::vector<SelectorItem>> items = parseSelector(text, "x");
    std::string result;
    if (!items.ok())
      return std::string("refused");
    for (const SelectorItem &item : *items)
      result += item.key + (item.hasValue ? "=" + item.value : "") + ";";
    return result;
  };
  EXPECT_EQ(items("a,b=1,\"c,\"\"d\"=2"), "a;b=1;c,\"d=2;");
  EXPECT_EQ(items("a=\"x,y\""), "a=x,y;");
  for (const char *bad : {"", ",", "a,", "\"a", "\"a\"b", "=1"})
    EXPECT_EQ(items(bad), "refused") << bad;
}

TEST(Dataset, FilesAreOneBehindTheOther) {
  Folder folder;
  std::vector<uint8_t> x(7 * 3);
  std::iota(x.begin(), x.end(), 0);
  std::string bytes = bytesOf(x);
  folder.save("x-1.npy", npyHeader(DPC_U8, {4, 3}) + bytes.substr(0, 12));
  folder.save("x-2.npy", npyHeader(DPC_U8, {3, 3}) + bytes.substr(12));
  std::vector<int64_t> y = {0, 1, 2, 3, 4, 5, 6};
  std::string header =
      R"({"other":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},)"
      R"("y":{"dtype":"I64","shape":[7],"data_offsets":[8,64]}})";
  uint64_t length = header.size();
  std::string yPath = folder.save(
      "y.safetensors", std::string(reinterpret_cast<char *>(&length), 8) +
                           header + std::string(8, '\0') + bytesOf(y));
  Program program = makeProgram(7, 1, {3}, DPC_I64);
  std::vector<Binding> bindings = {{"x", folder.path + "/x-*.npy"},
                                   {"y", yPath + ":y"}};
  Expected<Dataset> data = Dataset::open(program, bindings, {7, 0, 1});
  ASSERT_TRUE(data.ok()) << data.error().line();
  std::vector<char> arena(program.memoryBytes);
  std::vector<int64_t> order = {6, 3, 4, 5, 0, 1, 2};
  ASSERT_TRUE(data->load(device, arena.data(), order.data(), 0, 7).ok());
  for (int64_t i = 0; i < 7; ++i) {
    for (int64_t j = 0; j < 3; ++j)
      EXPECT_EQ(arena[i * 3 + j], order[i] * 3 + j);
    int64_t label = 0;
    std::memcpy(&label, &arena[program.inputs[1].offset + i * 8], 8);
    EXPECT_EQ(label, order[i]);
  }
  // Where a row is from, for messages.
  Dataset::Place place = data->findRow(program.inputs[0], 0, order.data(), 0);
  EXPECT_EQ(place.file, folder.path + "/x-2.npy");
  EXPECT_EQ(place.row, 2);

  auto refuses = [&](const std::string &x, const std::string &y,
                     const std::string &what) {
    Expected<Dataset> data =
        Dataset::open(program, {{"x", x}, {"y", y}}, {1, 0, 1});
    ASSERT_FALSE(data.ok()) << what;
    EXPECT_NE(data.error().line().find(what), std::string::npos)
        << data.error().line();
  };
  refuses(bindings[0].file, yPath + ":z", "has no tensor 'z'");
  refuses(bindings[0].file, yPath, "holds several tensors");
  refuses(folder.path + "/x-1.npy", yPath + ":y", "has 7 rows but ");
  folder.save("x-3.npy", npyHeader(DPC_I8, {1, 3}) + "123");
  refuses(bindings[0].file, yPath + ":y", "holds rows of i8[3] but");
}

TEST(BatchReader, ThreadsReadWhatAStepWould) {
  Folder folder;
  std::vector<uint8_t> x(100 * 3);
  std::iota(x.begin(), x.end(), 0);
  std::string path =
      folder.save("x.npy", npyHeader(DPC_U8, {100, 3}) + bytesOf(x));
  Program program = makeProgram(10, 2, {3}, DPC_I64);
  program.inputs.pop_back();
  Expected<Dataset> data = Dataset::open(program, {{"x", path}}, {10, 1, 2});
  ASSERT_TRUE(data.ok());
  for (int threads : {0, 1, 3})
    for (int64_t ahead : {1, 4}) {
      std::vector<char> arena(program.memoryBytes);
      BatchReader reader(*data, device, arena.data(), 30,
                         [](int64_t index, Batch &batch) {
                           if (index == 25)
                             throw std::runtime_error("row 7 is broken");
                           batch.order = shuffledRows(100, 0, index);
                           batch.order.resize(index % 3 ? 10 : 4);
                         },
                         {threads, ahead});
      for (int64_t index = 0; index < 25; ++index) {
        ASSERT_TRUE(reader.next().ok());
        std::vector<int64_t> order = shuffledRows(100, 0, index);
        EXPECT_EQ(reader.batch().valid(), index % 3 ? 10 : 4);
        for (int64_t i = 0; i < 15; ++i) {
          int64_t row = 5 + i / 3;
          EXPECT_EQ(uint8_t(arena[i]),
                    index % 3 ? uint8_t(order[row] * 3 + i % 3) : 0);
        }
      }
      // An error waits for its step; what is ahead of the end is dropped.
      if (threads)
        EXPECT_FALSE(reader.next().ok());
    }
}

} // namespace
