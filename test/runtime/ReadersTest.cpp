//===- ReadersTest.cpp - Files, types and products ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Support/FileNames.h"
#include "dialects/Support/WideProduct.h"
#include "runtime/CPU/CPUDevice.h"
#include "runtime/CPU/Matmul.h"
#include "runtime/Core/Narrow.h"
#include "runtime/Core/NotFinite.h"
#include "runtime/Core/OutputFile.h"
#include "runtime/Data/Dataset.h"
#include "runtime/Data/ModelTemplate.h"
#include "runtime/Data/Parts.h"
#include "runtime/Data/Safetensors.h"
#include "runtime/Data/Sampler.h"
#include "runtime/Data/TensorFile.h"
#include "test/runtime/TestFiles.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sys/stat.h>
#include <zlib.h>

using namespace dpc::rt;

namespace {

std::string gzip(std::string_view bytes) {
  z_stream stream = {};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef *>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Types, HalfRoundTrip) {
  // Every f16 and bf16 but the NaNs comes back from f32 as it was.
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    uint16_t half = static_cast<uint16_t>(bits);
    if (!std::isnan(floatFromF16(half)))
      ASSERT_EQ(f16FromFloat(floatFromF16(half)), half) << bits;
    else
      ASSERT_TRUE(std::isnan(floatFromF16(f16FromFloat(floatFromF16(half)))));
    if (!std::isnan(floatFromBf16(half)))
      ASSERT_EQ(bf16FromFloat(floatFromBf16(half)), half) << bits;
    else
      ASSERT_TRUE(
          std::isnan(floatFromBf16(bf16FromFloat(floatFromBf16(half)))));
  }
}

TEST(Types, ArraysOfHalves) {
  // As one by one, the vectors' ends included.
  std::vector<uint16_t> all(65536), back(65536);
  std::iota(all.begin(), all.end(), uint16_t(0));
  std::vector<float> wide(65536);
  auto read = [](DpcType type, uint16_t bits) {
    return type == DPC_F16 ? floatFromF16(bits) : floatFromBf16(bits);
  };
  auto write = [](DpcType type, float value) {
    return type == DPC_F16 ? f16FromFloat(value) : bf16FromFloat(value);
  };
  for (DpcType type : {DPC_BF16, DPC_F16})
    for (int64_t count : {65536, 65533}) {
      widen(all.data(), type, wide.data(), count);
      for (int64_t i = 0; i < count; ++i) {
        float one = read(type, all[i]);
        ASSERT_TRUE(wide[i] == one || (std::isnan(wide[i]) && std::isnan(one)));
        // Between two numbers, and halfway between them.
        wide[i] *= i % 2 ? 1 + 0x1p-9f : 1 + 0x1p-11f;
      }
      narrow(wide.data(), type, back.data(), count);
      for (int64_t i = 0; i < count; ++i)
        ASSERT_TRUE(back[i] == write(type, wide[i]) ||
                    (std::isnan(wide[i]) && std::isnan(read(type, back[i]))));
    }
}

TEST(Types, HalfRoundsToNearestEven) {
  for (uint32_t bits = 0; bits + 1 < 0x7c00; ++bits) {
    uint16_t low = static_cast<uint16_t>(bits);
    uint16_t high = static_cast<uint16_t>(bits + 1);
    float middle = (floatFromF16(low) + floatFromF16(high)) / 2;
    if (high == 0x7c00)
      middle = 65520;
    ASSERT_EQ(f16FromFloat(middle), bits % 2 ? high : low) << bits;
    ASSERT_EQ(f16FromFloat(std::nextafter(middle, 0.0f)), low) << bits;
    ASSERT_EQ(f16FromFloat(std::nextafter(middle, 1e9f)), high) << bits;
    ASSERT_EQ(f16FromFloat(-middle), 0x8000 | (bits % 2 ? high : low));
  }
  EXPECT_EQ(f16FromFloat(1e6f), 0x7c00);
  EXPECT_EQ(bf16FromFloat(1.00390625f), 0x3f80); // halfway, to even
  EXPECT_EQ(bf16FromFloat(1.01171875f), 0x3f82);
}

TEST(Types, ConvertElement) {
  auto converts = [](auto value, DpcType from, DpcType to) {
    char target[8];
    return convertElement(&value, from, target, to);
  };
  EXPECT_TRUE(converts(int64_t(-1), DPC_I64, DPC_I8));
  EXPECT_FALSE(converts(int64_t(-1), DPC_I64, DPC_U64));
  EXPECT_FALSE(converts(int64_t(128), DPC_I64, DPC_I8));
  EXPECT_TRUE(converts(int64_t(-128), DPC_I64, DPC_I8));
  EXPECT_FALSE(converts(uint64_t(1) << 63, DPC_U64, DPC_I64));
  EXPECT_TRUE(converts(INT64_MIN, DPC_I64, DPC_I64));
  EXPECT_TRUE(converts(3.0f, DPC_F32, DPC_I32));
  EXPECT_FALSE(converts(3.5f, DPC_F32, DPC_I32));
  EXPECT_FALSE(converts(NAN, DPC_F32, DPC_I32));
  EXPECT_FALSE(converts(INFINITY, DPC_F32, DPC_I64));
  EXPECT_FALSE(converts(1e30, DPC_F64, DPC_U64));
  EXPECT_TRUE(converts(0.1, DPC_F64, DPC_F32));
  EXPECT_FALSE(converts(1e300, DPC_F64, DPC_F32));
  EXPECT_TRUE(converts(int32_t(1) << 24, DPC_I32, DPC_F32));
  EXPECT_FALSE(converts((int32_t(1) << 24) + 1, DPC_I32, DPC_F32));
  EXPECT_FALSE(converts(UINT64_MAX, DPC_U64, DPC_F64));
  EXPECT_FALSE(converts(uint8_t(2), DPC_U8, DPC_I1));
}

TEST(Types, ByteCountOverflows) {
  EXPECT_FALSE(byteCount({int64_t(1) << 62, 2}, DPC_I8));
  EXPECT_FALSE(byteCount({int64_t(1) << 61, 2}, DPC_F32));
  EXPECT_EQ(byteCount({0, int64_t(1) << 62, 1000}, DPC_F32), 0);
  EXPECT_FALSE(elementCount({-1}));
  EXPECT_EQ(elementCount({}), 1);
}

TEST(Npy, WritesWhatItReads) {
  for (int type = DPC_F32; type <= DPC_U64; ++type)
    for (const Shape &shape :
         {Shape{}, Shape{5}, Shape{3, 4}, Shape{0, 7}, Shape{1, 2, 3, 4}}) {
      std::string header = npyHeader(static_cast<DpcType>(type), shape);
      EXPECT_EQ(header.size() % 64, 0u);
      Expected<TensorHeader> parsed = parseTensorHeader(header, "x");
      ASSERT_TRUE(parsed.ok()) << parsed.error().line();
      EXPECT_EQ(parsed->dtype, type);
      EXPECT_EQ(parsed->shape, shape);
      EXPECT_EQ(parsed->dataOffset, header.size());
    }
}

TEST(Npy, EveryPrefixIsRefused) {
  std::string header = npyHeader(DPC_F32, {3, 4});
  for (size_t size = 0; size < header.size(); ++size)
    EXPECT_FALSE(parseTensorHeader(header.substr(0, size), "x").ok()) << size;
}

TEST(TensorFile, GzipMembersAndPadding) {
  Folder folder;
  std::string whole = npyHeader(DPC_U8, {200000});
  for (int i = 0; i < 200000; ++i)
    whole += static_cast<char>(i % 251 * (i % 13));
  std::string packed = gzip(whole.substr(0, 1000)) + gzip(whole.substr(1000)) +
                       std::string(37, '\0');
  Expected<TensorFile> file = TensorFile::open(folder.save("a.gz", packed));
  ASSERT_TRUE(file.ok()) << file.error().line();
  EXPECT_EQ(std::string_view(file->data(), 200000),
            std::string_view(whole).substr(whole.size() - 200000));
  for (size_t cut = 1; cut < packed.size() - 37; cut += packed.size() / 50)
    EXPECT_FALSE(
        TensorFile::open(folder.save("b.gz", packed.substr(0, cut))).ok());
}

TEST(TensorFile, NotRegular) {
  Folder folder;
  EXPECT_FALSE(TensorFile::open(folder.path).ok());
  EXPECT_FALSE(TensorFile::open(folder.path + "/none").ok());
  EXPECT_FALSE(TensorFile::open("/dev/zero").ok());
  std::string fifo = folder.path + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_FALSE(TensorFile::open(fifo).ok());
}

TEST(Dataset, RanksTakeTheirRowsAndPadTheRest) {
  Folder folder;
  std::vector<uint8_t> x(14 * 3);
  std::iota(x.begin(), x.end(), 0);
  std::vector<float> y(14);
  std::iota(y.begin(), y.end(), 0.0f);
  std::string xPath =
      folder.save("x.npy", npyHeader(DPC_U8, {14, 3}) + bytesOf(x));
  std::string yPath =
      folder.save("y.npy", npyHeader(DPC_F32, {14, 1}) + bytesOf(y));
  std::vector<int64_t> order = {13, 2, 5, 7, 11, 0, 1, 3, 4, 6};
  // 4 ranks hold 3 rows each of a batch of 10: 3, 3, 3 and 1.
  for (int64_t valid : {10, 7, 1})
    for (bool shuffled : {false, true})
      for (int rank = 0; rank < 4; ++rank) {
        const int64_t *given = shuffled ? order.data() : nullptr;
        Program program = makeProgram(10, 4, {3, 1}, DPC_I64);
        Expected<Dataset> data =
            Dataset::open(program, {{"x", xPath}, {"y", yPath}}, {10, rank, 4});
        ASSERT_TRUE(data.ok()) << data.error().line();
        std::vector<char> arena(program.memoryBytes, 0x55);
        EXPECT_TRUE(data->load(device, arena.data(), given, 4, valid).ok());
        for (int64_t i = 0; i < 3; ++i) {
          int64_t at = rank * 3 + i;
          int64_t row = at >= valid ? -1 : given ? given[at] : 4 + at;
          for (int64_t j = 0; j < 3; ++j)
            EXPECT_EQ(uint8_t(arena[i * 3 + j]), row < 0 ? 0 : row * 3 + j);
          int64_t label = 0;
          std::memcpy(&label, &arena[program.inputs[1].offset + i * 8], 8);
          EXPECT_EQ(label, std::max<int64_t>(row, 0));
        }
      }
}

/// Splits the rows of a program's inputs into microbatches with blocks of
/// `block` rows.
void cutMicrobatches(Program &program, int64_t microbatches, int64_t block) {
  int64_t offset = 0;
  for (Input &input : program.inputs) {
    input.microbatches = microbatches;
    input.shape[input.batchDim] = microbatches * block;
    input.bytes = *byteCount(input.shape, input.dtype);
    input.offset = offset;
    offset = (offset + input.bytes + 63) / 64 * 64;
  }
  program.memoryBytes = offset;
}

TEST(Dataset, BlocksOfMicrobatches) {
  Folder folder;
  std::vector<int64_t> y(14);
  std::iota(y.begin(), y.end(), 0);
  std::vector<uint8_t> x(14 * 3);
  std::iota(x.begin(), x.end(), 0);
  std::string xPath =
      folder.save("x.npy", npyHeader(DPC_U8, {14, 3}) + bytesOf(x));
  std::string yPath =
      folder.save("y.npy", npyHeader(DPC_I64, {14}) + bytesOf(y));
  std::vector<int64_t> order = {13, 2, 5, 7, 11, 0, 1, 3, 4, 6};
  // A batch of 10 on 2 ranks in 3 microbatches with 2 rows in a block: 0, 1 and
  // 2, 3 of the first, 4, 5 and 6, 7 of the second, 8, 9 and none of the third.
  for (int64_t valid : {10, 5, 1})
    for (bool shuffled : {false, true})
      for (int rank = 0; rank < 2; ++rank) {
        const int64_t *given = shuffled ? order.data() : nullptr;
        Program program = makeProgram(10, 2, {3}, DPC_I64);
        cutMicrobatches(program, 3, 2);
        Expected<Dataset> data =
            Dataset::open(program, {{"x", xPath}, {"y", yPath}}, {10, rank, 2});
        ASSERT_TRUE(data.ok()) << data.error().line();
        std::vector<char> arena(program.memoryBytes, 0x55);
        EXPECT_TRUE(data->load(device, arena.data(), given, 4, valid).ok());
        for (int64_t i = 0; i < 6; ++i) {
          int64_t at = i / 2 * 4 + rank * 2 + i % 2;
          int64_t row = at >= valid ? -1 : given ? given[at] : 4 + at;
          for (int64_t j = 0; j < 3; ++j)
            EXPECT_EQ(uint8_t(arena[i * 3 + j]), row < 0 ? 0 : row * 3 + j);
          int64_t label = 0;
          std::memcpy(&label, &arena[program.inputs[1].offset + i * 8], 8);
          EXPECT_EQ(label, std::max<int64_t>(row, 0));
        }
      }
}

TEST(Dataset, BlocksInAnotherDimension) {
  Folder folder;
  Program program = makeProgram(4, 2, {}, DPC_I32);
  Input &x = program.inputs[0];
  x.shape = x.globalShape = {2, 4};
  x.batchDim = 1;
  program.inputs.pop_back();
  cutMicrobatches(program, 2, 1);
  std::vector<uint8_t> values(2 * 5);
  std::iota(values.begin(), values.end(), 0);
  std::string path =
      folder.save("x.npy", npyHeader(DPC_U8, {2, 5}) + bytesOf(values));
  Expected<Dataset> data = Dataset::open(program, {{"x", path}}, {4, 1, 2});
  ASSERT_TRUE(data.ok()) << data.error().line();
  char arena[4];
  EXPECT_TRUE(data->load(device, arena, nullptr, 1, 4).ok());
  // Rows 1 and 3 of those from row 1 on.
  const uint8_t expected[] = {2, 4, 7, 9};
  EXPECT_EQ(std::memcmp(arena, expected, 4), 0);
}

TEST(Dataset, RowsInAnotherDimension) {
  Folder folder;
  Program program = makeProgram(2, 1, {}, DPC_I32);
  Input &x = program.inputs[0];
  x.shape = x.globalShape = {3, 2, 2};
  x.batchDim = 1;
  x.bytes = 12;
  program.inputs.pop_back();
  std::vector<uint8_t> values(3 * 5 * 2);
  std::iota(values.begin(), values.end(), 0);
  std::string path =
      folder.save("x.npy", npyHeader(DPC_U8, {3, 5, 2}) + bytesOf(values));
  Expected<Dataset> data = Dataset::open(program, {{"x", path}}, {2, 0, 1});
  ASSERT_TRUE(data.ok()) << data.error().line();
  EXPECT_EQ(data->rows(), 5);
  char arena[12];
  EXPECT_TRUE(data->load(device, arena, nullptr, 2, 2).ok());
  const uint8_t expected[] = {4, 5, 6, 7, 14, 15, 16, 17, 24, 25, 26, 27};
  EXPECT_EQ(std::memcmp(arena, expected, 12), 0);
}

TEST(Dataset, ShapeRules) {
  Folder folder;
  auto accepts = [&](const Shape &file, const Shape &row) {
    std::string bytes(*elementCount(file), '\1');
    std::string path = folder.save("x.npy", npyHeader(DPC_U8, file) + bytes);
    Program program = makeProgram(2, 1, row, DPC_I32);
    program.inputs.pop_back();
    return Dataset::open(program, {{"x", path}}, {1, 0, 1}).ok();
  };
  EXPECT_TRUE(accepts({5, 28, 28}, {1, 28, 28}));
  EXPECT_TRUE(accepts({5, 28, 28}, {784}));
  EXPECT_TRUE(accepts({5, 784}, {1, 28, 28}));
  EXPECT_TRUE(accepts({5}, {1}));
  EXPECT_TRUE(accepts({5, 1}, {}));
  EXPECT_FALSE(accepts({5, 28, 27}, {28, 28}));
  EXPECT_FALSE(accepts({5, 14, 56}, {28, 28}));
  EXPECT_FALSE(accepts({5, 783}, {28, 28}));
  EXPECT_FALSE(accepts({}, {1}));
  EXPECT_FALSE(accepts({0, 4}, {4}));
}

TEST(Sampler, PermutesAndIsFixed) {
  std::vector<int64_t> order = shuffledRows(1000, 0, 0), sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (int64_t i = 0; i < 1000; ++i)
    ASSERT_EQ(sorted[i], i);
  EXPECT_NE(order, shuffledRows(1000, 0, 1));
  EXPECT_NE(order, shuffledRows(1000, 1, 0));
  // Fixed for ever: a checkpoint may be resumed by a later build.
  EXPECT_EQ(shuffledRows(8, 0, 0),
            (std::vector<int64_t>{7, 4, 0, 1, 5, 2, 3, 6}));
}

/// A string of DPCTMPL3.
std::string counted(const std::string &text) {
  std::string length(8, 0);
  length[0] = static_cast<char>(text.size());
  return length + text;
}

struct TemplateTest : testing::Test {
  TemplateTest() {
    program.parameters.resize(1);
    program.parameters[0].name = "w";
    program.parameters[0].globalShape = {1};
  }
  static std::string make(const std::string &literal, char dtype) {
    return "DPCTMPL3" + counted("MODEL") + counted("GRAPH") + '\0' +
           counted("a") + '\1' + counted("b") + counted(literal) + '\2' +
           counted("c") + counted("w") + dtype + std::string(7, 0);
  }
  Program program;
};

TEST_F(TemplateTest, Broken) {
  std::string good = make("literal", 1);
  EXPECT_TRUE(ModelTemplate::parse(good, program, "x").ok());
  size_t first = good.find("GRAPH") + 5, second = first + 10,
         third = good.find("literal") + 7;
  for (size_t size = 0; size < good.size(); ++size)
    if (size != first && size != second && size != third)
      EXPECT_FALSE(
          ModelTemplate::parse(good.substr(0, size), program, "x").ok())
          << size;
  EXPECT_FALSE(ModelTemplate::parse(make("", 99), program, "x").ok());
  EXPECT_FALSE(ModelTemplate::parse(make("", 6), program, "x").ok());
  program.parameters[0].name = "v";
  EXPECT_FALSE(ModelTemplate::parse(good, program, "x").ok());
}

/// Read from its place in the arena, written with a second file where one would
/// be too large.
TEST_F(TemplateTest, SecondFile) {
  constexpr int64_t count = 600;
  Parameter &parameter = program.parameters[0];
  parameter.globalShape = parameter.shape = {count};
  parameter.bytes = count * 4;
  std::vector<float> arena(count);
  for (int64_t i = 0; i < count; ++i)
    arena[i] = static_cast<float>(i) + 0.25f;
  auto readArena = [&](const Parameter &) {
    return std::string_view(reinterpret_cast<char *>(arena.data()), count * 4);
  };
  std::string literal(100, 'l');
  auto write = [&](uint64_t limit, const std::string &name, std::string &model,
                   std::string &data) {
    std::string bytes = make(literal, 10), path = testing::TempDir() + name;
    auto parsed = ModelTemplate::parse(bytes, program, path,
                                       ModelTemplate::Format::ONNX, limit);
    ASSERT_TRUE(parsed.ok());
    auto file = OutputFile::create(path),
         second = OutputFile::create(path + ".data");
    ASSERT_TRUE(file.ok() && second.ok());
    ASSERT_TRUE(parsed
                    ->write(*file, parsed->dataBytes() ? &*second : nullptr,
                            readArena, [] {})
                    .ok());
    auto read = [](const std::string &from) {
      std::ifstream stream(from, std::ios::binary);
      return std::string(std::istreambuf_iterator<char>(stream), {});
    };
    model = read(path);
    data = read(path + ".data");
    EXPECT_EQ(model.size(), parsed->bytes());
    EXPECT_EQ(data.size(), parsed->dataBytes());
  };
  std::string model, data, inside;
  write(uint64_t(1) << 31, "one.onnx", model, data);
  // The payload is rounded to the 16 bits of the file.
  ASSERT_GT(model.size(), size_t(count) * 2);
  inside = model.substr(model.size() - count * 2);
  EXPECT_EQ(data, "");
  EXPECT_EQ(inside.substr(2, 2), std::string("\x00\x3d", 2));    // 1.25
  EXPECT_EQ(inside.substr(1198, 2), std::string("\xae\x60", 2)); // 599.25
  // fields | 13 {location} | 13 {offset} | 13 {length} | 14: 1
  write(1000, "two.onnx", model, data);
  EXPECT_EQ(data, inside);
  EXPECT_TRUE(model.starts_with("MODEL\x3a"));
  EXPECT_TRUE(model.ends_with("c\x6a\x19\x0a\x08location\x12\x0dtwo.onnx.data"
                              "\x6a\x0b\x0a\x06offset\x12\x01"
                              "0"
                              "\x6a\x0e\x0a\x06length\x12\x04"
                              "1200\x70\x01"));
  EXPECT_NE(model.find(literal), std::string::npos);
  EXPECT_FALSE(ModelTemplate::parse(make(literal, 10), program, "x",
                                    ModelTemplate::Format::ONNX, 100)
                   .ok());
}

TEST(Parts, CopyWithoutPadding) {
  Mesh mesh{{{"a", 2}, {"b", 3}}};
  Parameter parameter;
  parameter.dtype = DPC_I32;
  // 5 rows over "b" are 2, 2, 1; 7 columns over "a" are 4, 3.
  parameter.globalShape = {5, 7};
  parameter.shape = {2, 4};
  parameter.dimAxes = {{"b"}, {"a"}};
  std::vector<int32_t> whole(35), again(35, -1);
  for (int32_t i = 0; i < 35; ++i)
    whole[i] = i;
  for (int64_t rank = 0; rank < 6; ++rank) {
    std::vector<int32_t> part(8, -1);
    copyToPart(parameter, mesh, rank, reinterpret_cast<char *>(whole.data()),
               reinterpret_cast<char *>(part.data()));
    for (int64_t row = 0; row < 2; ++row)
      for (int64_t column = 0; column < 4; ++column) {
        int64_t i = rank % 3 * 2 + row, j = rank / 3 * 4 + column;
        EXPECT_EQ(part[row * 4 + column], i < 5 && j < 7 ? i * 7 + j : -1);
      }
    copyFromPart(parameter, mesh, rank, reinterpret_cast<char *>(part.data()),
                 reinterpret_cast<char *>(again.data()));
  }
  EXPECT_EQ(again, whole);
}

TEST(OutputFile, IsWholeOrNotThere) {
  Folder folder;
  std::string path = folder.save("out", "old");
  {
    Expected<OutputFile> file = OutputFile::create(path);
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(file->write("half").ok());
  }
  EXPECT_EQ(std::filesystem::file_size(path), 3u);
  {
    Expected<OutputFile> file = OutputFile::create(path);
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(file->write("whole").ok());
    EXPECT_TRUE(file->commit().ok());
  }
  EXPECT_EQ(std::filesystem::file_size(path), 5u);
  auto left = std::distance(std::filesystem::directory_iterator(folder.path),
                            std::filesystem::directory_iterator());
  EXPECT_EQ(left, 1);
  EXPECT_FALSE(OutputFile::create("/dev/null").ok());
  {
    // What a link leads to is replaced.
    std::filesystem::create_symlink("out", folder.path + "/link");
    Expected<OutputFile> file = OutputFile::create(folder.path + "/link");
    ASSERT_TRUE(file.ok());
    EXPECT_FALSE(file->reserve(uint64_t(1) << 62).ok());
    EXPECT_TRUE(file->reserve(4).ok());
    EXPECT_TRUE(file->write("four").ok());
    EXPECT_TRUE(file->commit().ok());
  }
  EXPECT_EQ(std::filesystem::file_size(path), 4u);
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path + "/link"));
}

TEST(FileNames, SameFile) {
  using dpc::isSameFile;
  Folder folder;
  std::string file = folder.save("file", "x"),
              other = folder.save("other", "x");
  std::string in = folder.path + "/", link = in + "link";
  std::filesystem::create_directory(in + "sub");
  std::filesystem::create_symlink("file", link);
  std::filesystem::create_symlink("../new", in + "sub/dangling");
  std::filesystem::create_hard_link(file, in + "hard");
  EXPECT_TRUE(isSameFile(file, link));
  EXPECT_TRUE(isSameFile(in + "hard", link));
  EXPECT_TRUE(isSameFile(file, in + "sub/../file"));
  EXPECT_TRUE(isSameFile(in + "new", in + "sub/dangling"));
  EXPECT_TRUE(isSameFile(in + "new", in + "sub/../new"));
  EXPECT_FALSE(isSameFile(in + "new", file));
  EXPECT_FALSE(isSameFile(file, other));
  EXPECT_FALSE(isSameFile("/dev/null", "/dev/null"));
  EXPECT_TRUE(dpc::namesDescriptor("/dev/stdout"));
  EXPECT_TRUE(dpc::namesDescriptor("/proc/self/fd/1"));
  EXPECT_FALSE(dpc::namesDescriptor(link));
}

TEST(NotFinite, AllTypes) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (DpcType type : {DPC_F32, DPC_F64, DPC_BF16, DPC_F16}) {
    int64_t width = typeBytes(type), count = 3000;
    std::string data(static_cast<size_t>(count * width), '\0');
    auto set = [&](int64_t i, double value) {
      writeElement(data.data() + i * width, type, value);
    };
    set(7, 60000);
    EXPECT_TRUE(allFinite(data.data(), type, count));
    EXPECT_FALSE(findNotFinite(data.data(), type, count).has_value());
    set(2001, -infinity);
    std::optional<BadValue> bad = findNotFinite(data.data(), type, count);
    ASSERT_TRUE(bad.has_value());
    EXPECT_EQ(bad->index, 2001);
    EXPECT_TRUE(bad->onlyNegative);
    EXPECT_TRUE(allFinite(data.data(), type, count / 2, 2));
    // A mask gives way to what is worse.
    for (double worse : {infinity, std::nan("")}) {
      set(2999, worse);
      bad = findNotFinite(data.data(), type, count);
      EXPECT_EQ(bad->index, 2999);
      EXPECT_FALSE(bad->onlyNegative);
    }
    EXPECT_FALSE(allFinite(data.data() + 2 * width, type, count / 3, 3));
  }
  std::string ones(64, '\xff');
  for (DpcType type : {DPC_I32, DPC_I64, DPC_U16, DPC_I1})
    EXPECT_TRUE(allFinite(ones.data(), type, 64 / typeBytes(type)));
}

template <typename T>
void expectOutside(DpcType type, const std::vector<T> &values, IndexRange range,
                   int64_t position) {
  int64_t count = static_cast<int64_t>(values.size());
  EXPECT_EQ(findOutside(values.data(), count, type, range), position)
      << typeName(type) << " " << range.description();
}

TEST(IndexRange, FindsTheFirstOutside) {
  expectOutside<int64_t>(DPC_I64, {-5, 4, 0, 5}, {-5, 5}, 3);
  expectOutside<int64_t>(DPC_I64, {-5, 4, -6}, {-5, 5}, 2);
  expectOutside<int64_t>(DPC_I64, {INT64_MIN, 0}, {-5, 5}, 0);
  expectOutside<int64_t>(DPC_I64, {0, -100, 2, -1}, {0, 3, -100}, 3);
  expectOutside<int64_t>(DPC_I64, {}, {0, 0}, 0);
  expectOutside<int32_t>(DPC_I32, {0, -1}, {0, 0}, 0);
  // Ranges that a type cannot express.
  expectOutside<uint8_t>(DPC_U8, {0, 255}, {-300, 300}, 2);
  expectOutside<uint8_t>(DPC_U8, {0, 255}, {-300, 200}, 1);
  expectOutside<uint8_t>(DPC_U8, {3}, {300, 400}, 0);
  expectOutside<int8_t>(DPC_I8, {-128, 127}, {-300, -200}, 0);
  expectOutside<uint64_t>(DPC_U64, {1, UINT64_MAX}, {-5, 5}, 1);
  // Over the length of a piece.
  std::vector<int16_t> many(5000, 7);
  expectOutside<int16_t>(DPC_I16, many, {0, 8}, 5000);
  many[4321] = 8;
  expectOutside<int16_t>(DPC_I16, many, {0, 8}, 4321);
}

void checkMatmul(const MatmulShape &shape, double tolerance) {
  MatmulCache cache;
  auto [type, batch, m, n, k, transA, transB] = shape;
  int64_t width = typeBytes(type);
  std::vector<char> a(batch * m * k * width), b(batch * k * n * width),
      c(batch * m * n * width, 0x55);
  auto value = [](int64_t i) { return double(i * 7 % 11) / 4 - 1; };
  for (int64_t i = 0; i < batch * m * k; ++i)
    writeElement(&a[i * width], type, value(i));
  for (int64_t i = 0; i < batch * k * n; ++i)
    writeElement(&b[i * width], type, value(i + 3));
  // Of what is not multiplied as it is; the element behind it is not the call's.
  size_t room =
      type == DPC_F32 ? 0 : dpc::WideBlock(batch, m, n, k).getFloats();
  std::vector<float> workspace(room + 1, 3);
  // The second call takes the kept primitive.
  for (int round = 0; round < 2; ++round)
    ASSERT_EQ(cache.run(0, 1, shape, a.data(), b.data(), c.data(),
                        room ? workspace.data() : nullptr),
              "");
  EXPECT_EQ(workspace[room], 3);
  for (int64_t e = 0; e < batch; ++e)
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (int64_t l = 0; l < k; ++l) {
          int64_t ai = e * m * k + (transA ? l * m + i : i * k + l);
          int64_t bi = e * k * n + (transB ? j * k + l : l * n + j);
          sum += readElement(&a[ai * width], type) *
                 readElement(&b[bi * width], type);
        }
        ASSERT_NEAR(readElement(&c[((e * m + i) * n + j) * width], type), sum,
                    tolerance * std::max(1.0, std::fabs(sum)));
      }
}

TEST(Matmul, AgainstLoops) {
  for (DpcType type : {DPC_F32, DPC_BF16, DPC_F16})
    for (bool transA : {false, true})
      for (bool transB : {false, true})
        for (int64_t batch : {1, 3})
          for (int64_t k : {0, 1, 17})
            checkMatmul({type, batch, 5, 7, k, transA, transB},
                        type == DPC_F32 ? 1e-5 : 1e-2);
}

TEST(Matmul, InBlocks) {
  // Of f16, which few CPUs multiply: blocks of rows, of columns, and at the ends.
  EXPECT_LE(dpc::WideBlock(1, 2500, 1801, 3).getFloats(),
            dpc::WideBlock::kMost);
  EXPECT_EQ(dpc::WideBlock(9, 1000, 1000, 3).batch, 1);
  for (bool transA : {false, true})
    for (bool transB : {false, true}) {
      checkMatmul({DPC_F16, 1, 2500, 1801, 3, transA, transB}, 1e-2);
      checkMatmul({DPC_F16, 1, 5, 900001, 2, transA, transB}, 1e-2);
      checkMatmul({DPC_F16, 9, 700, 801, 2, transA, transB}, 1e-2);
    }
}

TEST(Matmul, RefusesF64) {
  MatmulCache cache;
  double value = 1;
  EXPECT_NE(cache.run(0, 0, {DPC_F64, 1, 1, 1, 1, false, false}, &value, &value,
                      &value, nullptr),
            "");
}

} // namespace

int main(int argc, char **argv) {
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
