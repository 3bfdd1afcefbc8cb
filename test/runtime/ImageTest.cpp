//===- ImageTest.cpp - Images, tar files and what becomes of them ---------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CPU/CPUDevice.h"
#include "runtime/Data/BatchReader.h"
#include "runtime/Data/ImageTransform.h"
#include "runtime/Data/Tar.h"
#include "test/runtime/TestFiles.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#ifdef DPC_HAVE_JPEG
#include <jpeglib.h>
#endif
#ifdef DPC_HAVE_PNG
#include <png.h>
#endif

using namespace dpc::rt;

namespace {

Image makeImage(int64_t height, int64_t width, int64_t channels) {
  Image image{height, width, channels, {}};
  for (int64_t i = 0; i < height * width * channels; ++i)
    image.pixels.push_back(static_cast<uint8_t>(i * 37 % 256));
  return image;
}

/// An input of these rows, and what becomes of an image in them.
struct Target {
  Input input;
  std::vector<Binding> bindings;
  ColumnFits fits;

  explicit Target(const Shape &row, DpcType type = DPC_U8) {
    input.name = "x";
    input.dtype = type;
    input.batchDim = 0;
    input.globalShape = row;
    input.globalShape.insert(input.globalShape.begin(), 2);
  }
  Expected<ImageTransform> make(const std::string &options) {
    auto items = parseSelector("images" + options, "x");
    if (!items.ok())
      return items.error();
    return ImageTransform::make(*items, {input, "x", bindings, fits});
  }
  std::vector<double> apply(const Image &image, const std::string &options = "",
                            const ReadContext &context = {}, int64_t row = 0) {
    Expected<ImageTransform> transform = make(options);
    if (!transform.ok()) {
      ADD_FAILURE() << transform.error().line();
      return {};
    }
    int64_t count = *elementCount(transform->rowShape());
    int64_t bytes = typeBytes(input.dtype);
    std::vector<char> values(count * bytes);
    transform->apply(image, row, context, values.data());
    std::vector<double> result;
    for (int64_t i = 0; i < count; ++i)
      result.push_back(readElement(values.data() + i * bytes, input.dtype));
    return result;
  }
};

std::vector<double> toDoubles(const Image &image) {
  return {image.pixels.begin(), image.pixels.end()};
}

TEST(ImageTransform, LayoutsAndCrops) {
  Image gray = makeImage(4, 6, 1), color = makeImage(2, 2, 3);
  EXPECT_EQ(Target({4, 6}).apply(gray), toDoubles(gray));
  EXPECT_EQ(Target({1, 4, 6}).apply(gray), toDoubles(gray));
  EXPECT_EQ(Target({2, 2, 3}).apply(color), toDoubles(color));
  std::vector<double> planes = Target({3, 2, 2}).apply(color);
  for (int64_t c = 0; c < 3; ++c)
    for (int64_t i = 0; i < 4; ++i)
      EXPECT_EQ(planes[c * 4 + i], color.pixels[i * 3 + c]);
  // The middle of the longer side.
  std::vector<double> middle = Target({4, 4}).apply(gray);
  for (int64_t y = 0; y < 4; ++y)
    for (int64_t x = 0; x < 4; ++x)
      EXPECT_EQ(middle[y * 4 + x], gray.pixels[y * 6 + x + 1]);
  // Floats lie in [0, 1], or around a mean.
  std::vector<double> floats = Target({4, 6}, DPC_F32).apply(gray);
  std::vector<double> normal =
      Target({4, 6}, DPC_F32).apply(gray, ",mean=0.5,std=0.25");
  for (size_t i = 0; i < floats.size(); ++i) {
    EXPECT_NEAR(floats[i], gray.pixels[i] / 255.0, 1e-6);
    EXPECT_NEAR(normal[i], (gray.pixels[i] / 255.0 - 0.5) / 0.25, 1e-5);
  }
  // Of gray three channels, and the other way round.
  std::vector<double> three = Target({4, 6, 3}).apply(gray);
  EXPECT_EQ(three[3], gray.pixels[1]);
  EXPECT_EQ(three[5], gray.pixels[1]);
  EXPECT_EQ(Target({2, 2}).apply(color)[0],
            std::round(0.587 * 37 + 0.114 * 74));
}

TEST(ImageTransform, ResizesAsPIL) {
  Image image = makeImage(5, 7, 1);
  const std::vector<double> smaller = {20,  78,  146, 204, 25,  83,
                                       151, 209, 30,  88,  156, 214};
  const std::vector<double> larger = {
      0,   25,  53,  82,  111, 140, 169, 197, 222, 1,   26,  54,  83,  112, 141,
      170, 198, 223, 3,   28,  56,  85,  114, 143, 172, 200, 225, 5,   30,  58,
      87,  116, 145, 174, 202, 227, 7,   32,  60,  89,  118, 147, 176, 204, 229,
      9,   34,  62,  91,  120, 149, 178, 206, 231, 11,  36,  64,  93,  122, 151,
      180, 208, 233, 12,  37,  65,  94,  123, 152, 181, 209, 234};
  auto expectNear = [](const std::vector<double> &values,
                       const std::vector<double> &expected) {
    ASSERT_EQ(values.size(), expected.size());
    // PIL rounds between rows and columns.
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_NEAR(values[i], expected[i], 1) << i;
  };
  expectNear(Target({3, 4}).apply(image, ",stretch"), smaller);
  expectNear(Target({8, 9}).apply(image, ",stretch"), larger);
}

TEST(ImageTransform, ChanceIsOfSeedEpochAndRow) {
  Image image = makeImage(32, 40, 3);
  Target target({3, 16, 16});
  ReadContext training{5, 2, true};
  const char *options = ",resize=20,pad=2,flip";
  for (const char *options : {",resize=20,pad=2,flip", ",zoom=0.3,flip"}) {
    std::vector<double> first = target.apply(image, options, training, 7);
    EXPECT_EQ(first, target.apply(image, options, training, 7));
    EXPECT_NE(first, target.apply(image, options, training, 8));
    EXPECT_NE(first, target.apply(image, options, {5, 3, true}, 7));
    EXPECT_NE(first, target.apply(image, options, {6, 2, true}, 7));
    // Evaluation sees the middle, whatever the row is.
    EXPECT_EQ(target.apply(image, options, {5, 2, false}, 7),
              target.apply(image, options, {6, 3, false}, 8));
  }
  EXPECT_NE(target.apply(image, options, {5, 2, false}),
            target.apply(image, ""));
  // About half of the images are mirrored.
  Target plain({32, 40, 3});
  std::vector<double> straight = plain.apply(image);
  int mirrored = 0;
  for (int64_t row = 0; row < 200; ++row) {
    std::vector<double> values = plain.apply(image, ",flip", training, row);
    if (values == straight)
      continue;
    ++mirrored;
    for (int64_t y = 0; y < 32; ++y)
      for (int64_t x = 0; x < 40; ++x)
        ASSERT_EQ(values[(y * 40 + x) * 3], straight[(y * 40 + 39 - x) * 3]);
  }
  EXPECT_GT(mirrored, 70);
  EXPECT_LT(mirrored, 130);
}

TEST(ImageTransform, Refusals) {
  for (const auto &[row, type] :
       std::vector<std::pair<Shape, DpcType>>{{{4}, DPC_U8},
                                              {{4, 5, 6}, DPC_U8},
                                              {{3, 4, 4}, DPC_I64},
                                              {{3, 1 << 20, 4}, DPC_U8}})
    EXPECT_FALSE(Target(row, type).make("").ok());
  for (const char *options :
       {",resize=8", ",resize=x", ",pad=-1", ",zoom=0", ",zoom=2", ",what",
        ",flip=1", ",mean=1/2", ",std=0", ",mean=0.5", ",resize=99999999"})
    EXPECT_FALSE(Target({16, 16}).make(options).ok()) << options;
  // A thin line of millions of pixels is no more work than they are.
  Image line{1, 1 << 22, 1, std::vector<uint8_t>(1 << 22, 9)};
  EXPECT_EQ(Target({32, 32}).apply(line), std::vector<double>(1024, 9));
  std::swap(line.height, line.width);
  EXPECT_EQ(Target({32, 32}).apply(line, ",stretch"),
            std::vector<double>(1024, 9));
}

std::string makeMember(const std::string &name, const std::string &content,
                       char kind = '0') {
  std::string header(512, '\0');
  std::memcpy(header.data(), name.data(), std::min<size_t>(name.size(), 100));
  std::snprintf(&header[124], 12, "%011o", unsigned(content.size()));
  header[156] = kind;
  std::memcpy(&header[257], "ustar\00000", 8);
  std::memset(&header[148], ' ', 8);
  unsigned sum = 0;
  for (char c : header)
    sum += static_cast<unsigned char>(c);
  std::snprintf(&header[148], 8, "%06o", sum);
  return header + content + std::string((512 - content.size() % 512) % 512, 0);
}

TEST(Tar, Members) {
  std::string longName(150, 'n');
  std::string pax =
      "27 comment=between the two\n160 path=" + std::string(150, 'p') + "\n";
  std::string tar = makeMember("a/1", "one") + makeMember("a", "", '5') +
                    makeMember("././@LongLink", longName + '\0', 'L') +
                    makeMember("short", "two") + makeMember("x", pax, 'x') +
                    makeMember("y", std::string(512, '3')) +
                    makeMember("z", "") + std::string(1024, 0);
  ASSERT_TRUE(isTar(tar));
  Expected<std::vector<TarMember>> members = readTar(tar, "t.tar");
  ASSERT_TRUE(members.ok()) << members.error().line();
  std::vector<std::string> names = {"a/1", longName, std::string(150, 'p'),
                                    "z"};
  std::vector<std::string> contents = {"one", "two", std::string(512, '3'), ""};
  ASSERT_EQ(members->size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ((*members)[i].name, names[i]);
    EXPECT_EQ((*members)[i].content, contents[i]);
  }
  for (size_t size : {100, 512, 513, 1500})
    if (size != 512)
      EXPECT_FALSE(readTar(tar.substr(0, size), "t.tar").ok()) << size;
  for (size_t at : {3, 130, 150}) {
    std::string broken = tar;
    broken[at] ^= 1;
    Expected<std::vector<TarMember>> read = readTar(broken, "t.tar");
    ASSERT_FALSE(read.ok()) << at;
    expectError(read.error().line(),
                "t.tar: the tar file is damaged at byte 0");
  }
}

#ifdef DPC_HAVE_PNG
std::string encodePng(const Image &image, uint32_t format) {
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<uint32_t>(image.width);
  png.height = static_cast<uint32_t>(image.height);
  png.format = format;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&png, nullptr, &size, 0, image.pixels.data(), 0,
                            nullptr);
  std::string bytes(size, '\0');
  EXPECT_TRUE(png_image_write_to_memory(&png, bytes.data(), &size, 0,
                                        image.pixels.data(), 0, nullptr));
  bytes.resize(size);
  return bytes;
}

TEST(Image, Png) {
  Image gray = makeImage(5, 7, 1), color = makeImage(5, 7, 3);
  for (const Image *image : {&gray, &color}) {
    std::string bytes = encodePng(
        *image, image->channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB);
    Expected<Image> read = decodeImage(bytes, 1, "i.png");
    ASSERT_TRUE(read.ok()) << read.error().line();
    EXPECT_EQ(read->height, 5);
    EXPECT_EQ(read->width, 7);
    EXPECT_EQ(read->channels, image->channels);
    EXPECT_EQ(read->pixels, image->pixels);
    for (size_t size = 0; size < bytes.size() - 12; ++size)
      EXPECT_FALSE(decodeImage(bytes.substr(0, size), 1, "i.png").ok()) << size;
  }
  // What is transparent is black.
  Image alpha = makeImage(1, 1, 4);
  alpha.pixels = {10, 20, 30, 0};
  Expected<Image> read =
      decodeImage(encodePng(alpha, PNG_FORMAT_RGBA), 1, "i.png");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->pixels, (std::vector<uint8_t>{0, 0, 0}));
}

TEST(ImageSource, FoldersAndShards) {
  Folder folder;
  std::vector<Image> images;
  std::string tar, cls;
  for (const char *name : {"cat", "dog"}) {
    std::filesystem::create_directories(folder.path + "/set/" + name);
    for (int i = 0; i < 3; ++i) {
      Image image = makeImage(4, 4, 1);
      image.pixels[0] = static_cast<uint8_t>(images.size());
      std::string png = encodePng(image, PNG_FORMAT_GRAY);
      std::string file = std::string(name) + "/" + std::to_string(i);
      folder.save("set/" + file + ".png", png);
      tar += makeMember(file + ".png", png);
      cls += makeMember(std::to_string(images.size()) + ".png", png) +
             makeMember(std::to_string(images.size()) + ".cls",
                        std::to_string(images.size() / 3) + "\n");
      images.push_back(std::move(image));
    }
  }
  folder.save("set/cat/notes.txt", "no image");
  folder.save("one.tar", tar);
  folder.save("two.tar", cls);
  Program program = makeProgram(6, 1, {4, 4}, DPC_I32);
  program.inputs[1].classes = 2;
  ColumnFits fits;
  auto open = [&](const std::string &path, bool learns = true) {
    return Dataset::open(
        program,
        {{"x", folder.path + "/" + path}, {"y", folder.path + "/" + path}},
        {1, 0, 1, &fits, learns});
  };
  for (const char *path : {"set", "one.tar", "two.tar"}) {
    Expected<Dataset> data = open(path);
    ASSERT_TRUE(data.ok()) << data.error().line();
    EXPECT_TRUE(data->isSlow());
    std::vector<char> arena(program.memoryBytes);
    ASSERT_TRUE(data->load(device, arena.data(), nullptr, 0, 6).ok());
    for (int i = 0; i < 6; ++i) {
      EXPECT_EQ(std::memcmp(arena.data() + i * 16, images[i].pixels.data(), 16),
                0);
      int32_t label = 0;
      std::memcpy(&label, arena.data() + program.inputs[1].offset + i * 4, 4);
      EXPECT_EQ(label, i / 3);
    }
    // The numbers of "cat" and "dog" are kept, and used for the next ones; those
    // that are numbers are what they are.
    bool areNumbers = std::string(path) == "two.tar";
    EXPECT_EQ(fits.count("y"), areNumbers ? 0u : 1u);
    if (std::string(path) == "one.tar")
      fits.clear();
  }
  // What was not there in training.
  folder.save("three.tar", makeMember("fox/1.png", "x") + tar);
  Expected<Dataset> data = open("set");
  ASSERT_TRUE(data.ok());
  data = open("three.tar", false);
  ASSERT_FALSE(data.ok());
  expectError(data.error().line(), "three.tar: fox/1.png: its class is 'fox'");
  // A picture that is broken is named when it is read.
  fits.clear();
  folder.save("four.tar",
              makeMember("dog/1.png", "\x89PNG\r\n\x1a\n and so on") + tar);
  data = open("four.tar");
  ASSERT_TRUE(data.ok()) << data.error().line();
  std::vector<char> arena(program.memoryBytes);
  BatchReader reader(
      *data, device, arena.data(), 2,
      [](int64_t index, Batch &batch) { batch.order = {1 - index}; }, {1, 2});
  ASSERT_TRUE(reader.next().ok());
  Status status = reader.next();
  ASSERT_FALSE(status.ok());
  expectError(status.error().line(),
              "four.tar: dog/1.png: row 0 is no whole PNG image");
  expectError(open("set/cat/notes.txt").error().line(), "notes.txt");
  std::filesystem::create_directories(folder.path + "/none");
  expectError(open("none").error().line(), "holds no .png, .jpg or .jpeg");
  expectError(open("set:what").error().line(),
              "'what' is nothing that images have");
}
#endif

#ifdef DPC_HAVE_JPEG
std::string encodeJpeg(const Image &image, bool printers = false) {
  jpeg_compress_struct info = {};
  jpeg_error_mgr errors = {};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char *bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = static_cast<unsigned>(image.width);
  info.image_height = static_cast<unsigned>(image.height);
  info.input_components = static_cast<int>(image.channels);
  info.in_color_space = printers              ? JCS_CMYK
                        : image.channels == 1 ? JCS_GRAYSCALE
                                              : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 95, TRUE);
  jpeg_start_compress(&info, TRUE);
  for (int64_t y = 0; y < image.height; ++y) {
    JSAMPROW row = const_cast<uint8_t *>(image.pixels.data()) +
                   y * image.width * image.channels;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  std::string result(reinterpret_cast<char *>(bytes), size);
  jpeg_destroy_compress(&info);
  std::free(bytes);
  return result;
}

TEST(Image, Jpeg) {
  for (int64_t channels : {1, 3}) {
    // Smooth, as JPEG has it.
    Image image{64, 48, channels, {}};
    for (int64_t i = 0; i < 64 * 48 * channels; ++i)
      image.pixels.push_back(
          static_cast<uint8_t>(i / channels % 48 * 2 + i / channels / 48));
    std::string bytes = encodeJpeg(image);
    Expected<Image> read = decodeImage(bytes, 48, "i.jpg");
    ASSERT_TRUE(read.ok()) << read.error().line();
    ASSERT_EQ(read->pixels.size(), image.pixels.size());
    for (size_t i = 0; i < image.pixels.size(); ++i)
      ASSERT_NEAR(read->pixels[i], image.pixels[i], 6);
    // Where less will do, less is decoded.
    Expected<Image> small = decodeImage(bytes, 10, "i.jpg");
    ASSERT_TRUE(small.ok());
    EXPECT_EQ(small->height, 16);
    EXPECT_EQ(small->width, 12);
    for (size_t size = 0; size < bytes.size() - 2; size += 7)
      EXPECT_FALSE(decodeImage(bytes.substr(0, size), 1, "i.jpg").ok()) << size;
  }
  Expected<Image> printers =
      decodeImage(encodeJpeg(makeImage(8, 8, 4), true), 1, "i.jpg");
  ASSERT_FALSE(printers.ok());
  expectError(printers.error().line(), "CMYK");
}
#endif

} // namespace
