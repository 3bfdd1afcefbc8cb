//===- Image.h - Pictures as arrays of bytes --------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// PNG and JPEG, each if its library was there when dpc was built.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_IMAGE_H
#define DPC_RUNTIME_DATA_IMAGE_H

#include "runtime/Core/Error.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace dpc::rt {

/// More are refused before anything is allocated for them.
inline constexpr int64_t maxPixels = int64_t(1) << 26;

/// Rows of pixels, whose channels are side by side: 1, gray, or 3, RGB.
struct Image {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<uint8_t> pixels;
};

/// Whether a file of that name holds an image: .png, .jpg or .jpeg.
bool isImageName(std::string_view name);

/// 16-bit channels are rounded, palettes looked up, and transparency is black.
/// A JPEG may be decoded at a half, a quarter or an eighth of its size, as long
/// as its shorter side keeps `least` pixels.
Expected<Image> decodeImage(std::string_view bytes, int64_t least,
                            const std::string &where);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_IMAGE_H
