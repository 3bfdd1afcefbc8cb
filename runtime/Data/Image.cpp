//===- Image.cpp - Pictures as arrays of bytes ----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Image.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#ifdef DPC_HAVE_JPEG
#include <jerror.h>
#include <jpeglib.h>
#endif
#ifdef DPC_HAVE_PNG
#include <png.h>
#endif

namespace dpc::rt {

static constexpr const char *rewriteHint =
    "the file may be damaged; write it again";

bool isImageName(std::string_view name) {
  size_t dot = name.rfind('.');
  if (dot == std::string_view::npos)
    return false;
  std::string end(name.substr(dot));
  std::transform(end.begin(), end.end(), end.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return end == ".png" || end == ".jpg" || end == ".jpeg";
}

[[maybe_unused]] static Error makeSizeError(int64_t width, int64_t height,
                                            const std::string &where) {
  return Error{where,
               "is said to be " + std::to_string(width) + " by " +
                   std::to_string(height) + " pixels, beyond the limit of " +
                   std::to_string(maxPixels) + " in all",
               rewriteHint};
}

#ifdef DPC_HAVE_PNG
static Expected<Image> decodePng(std::string_view bytes,
                                 const std::string &where) {
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  struct Guard {
    png_image &png;
    ~Guard() { png_image_free(&png); }
  } guard{png};
  auto fail = [&] {
    return Error{where, std::string("is no whole PNG image: ") + png.message,
                 rewriteHint};
  };
  if (!png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()))
    return fail();
  if (int64_t(png.width) * png.height > maxPixels)
    return makeSizeError(png.width, png.height, where);
  png.format =
      png.format & PNG_FORMAT_FLAG_COLOR ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  Image image;
  image.height = png.height;
  image.width = png.width;
  image.channels = PNG_IMAGE_PIXEL_CHANNELS(png.format);
  image.pixels.resize(PNG_IMAGE_SIZE(png));
  png_color black = {};
  if (!png_image_finish_read(&png, &black, image.pixels.data(), 0, nullptr))
    return fail();
  // Its warnings are of chunks that no pixel depends on.
  return image;
}
#endif

#ifdef DPC_HAVE_JPEG
namespace {

/// libjpeg leaves its functions by longjmp, so none of these calls it from a
/// frame with a destructor.
struct JpegReader {
  jpeg_decompress_struct info = {};
  jpeg_error_mgr errors = {};
  jpeg_progress_mgr progress = {};
  std::jmp_buf leave;
  char message[JMSG_LENGTH_MAX] = "";

  static JpegReader &get(j_common_ptr info) {
    return *static_cast<JpegReader *>(info->client_data);
  }
  [[noreturn]] static void fail(j_common_ptr info) {
    JpegReader &reader = get(info);
    info->err->format_message(info, reader.message);
    std::longjmp(reader.leave, 1);
  }
  /// Pixels that are made up are an error, other oddities are not.
  static void note(j_common_ptr info, int level) {
    if (level < 0 && (info->err->msg_code == JWRN_JPEG_EOF ||
                      info->err->msg_code == JWRN_HIT_MARKER))
      fail(info);
  }

  /// A small file may ask for the whole picture to be gone through for ever.
  static void limitScans(j_common_ptr info) {
    if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= 200)
      return;
    JpegReader &reader = get(info);
    std::strcpy(reader.message, "it has more than 200 scans");
    std::longjmp(reader.leave, 1);
  }

  bool begin(const void *data, size_t size) {
    info.err = jpeg_std_error(&errors);
    errors.error_exit = fail;
    errors.emit_message = note;
    info.client_data = this;
    if (setjmp(leave))
      return false;
    jpeg_create_decompress(&info);
    progress.progress_monitor = limitScans;
    info.progress = &progress;
    jpeg_mem_src(&info, static_cast<const unsigned char *>(data),
                 static_cast<unsigned long>(size));
    jpeg_read_header(&info, TRUE);
    return true;
  }
  bool start(unsigned divisor) {
    if (setjmp(leave))
      return false;
    info.scale_num = 1;
    info.scale_denom = divisor;
    info.out_color_space = info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&info);
    return true;
  }
  bool read(uint8_t *pixels, size_t rowBytes) {
    if (setjmp(leave))
      return false;
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = pixels + info.output_scanline * rowBytes;
      jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
    return true;
  }
  ~JpegReader() { jpeg_destroy_decompress(&info); }
};

} // namespace

static Expected<Image> decodeJpeg(std::string_view bytes, int64_t least,
                                  const std::string &where) {
  JpegReader reader;
  auto fail = [&] {
    return Error{where,
                 std::string("is no whole JPEG image: ") + reader.message,
                 rewriteHint};
  };
  if (!reader.begin(bytes.data(), bytes.size()))
    return fail();
  int64_t width = reader.info.image_width, height = reader.info.image_height;
  if (width * height > maxPixels)
    return makeSizeError(width, height, where);
  if (reader.info.num_components == 4)
    return Error{where, "holds the colours of a printer (CMYK)",
                 "convert it to RGB"};
  unsigned divisor = 1;
  while (divisor < 8 && std::min(width, height) / (2 * divisor) >= least)
    divisor *= 2;
  if (!reader.start(divisor))
    return fail();
  Image image;
  image.height = reader.info.output_height;
  image.width = reader.info.output_width;
  image.channels = reader.info.output_components;
  size_t rowBytes = static_cast<size_t>(image.width * image.channels);
  image.pixels.resize(rowBytes * static_cast<size_t>(image.height));
  if (!reader.read(image.pixels.data(), rowBytes))
    return fail();
  return image;
}
#endif

Expected<Image> decodeImage(std::string_view bytes,
                            [[maybe_unused]] int64_t least,
                            const std::string &where) {
  [[maybe_unused]] auto lacks = [&](const char *format, const char *package) {
    return Error{where,
                 std::string("is a ") + format +
                     " image, which this dpc was built without",
                 std::string("install ") + package + " and build dpc again"};
  };
  if (bytes.starts_with("\x89PNG"))
#ifdef DPC_HAVE_PNG
    return decodePng(bytes, where);
#else
    return lacks("PNG", "libpng-dev");
#endif
  if (bytes.starts_with("\xff\xd8"))
#ifdef DPC_HAVE_JPEG
    return decodeJpeg(bytes, std::max<int64_t>(least, 1), where);
#else
    return lacks("JPEG", "libjpeg62-turbo-dev");
#endif
  return Error{where, "is neither a PNG nor a JPEG image", rewriteHint};
}

} // namespace dpc::rt
