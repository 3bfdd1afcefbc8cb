//===- ImageTransform.h - From pictures to an input's rows ------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Resized as PIL does, by a triangle that covers what it shrinks; then cut to
// the input's size, mirrored, scaled and normalized. Whatever is drawn by chance
// is a function of seed, epoch and row.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_IMAGETRANSFORM_H
#define DPC_RUNTIME_DATA_IMAGETRANSFORM_H

#include "runtime/Data/Image.h"
#include "runtime/Data/RowSource.h"

#include <array>

namespace dpc::rt {

class ImageTransform {
public:
  /// For an input of rows [C, H, W], [H, W, C] or [H, W], with C 1 or 3, of u8
  /// or a floating type. The items say:
  ///   resize=N   the shorter side first becomes N pixels (that which covers the
  ///              input)
  ///   stretch    both sides become the input's, whatever the aspect
  ///   pad=N      zeros around, N on each side
  ///   flip       in training, every other image is mirrored
  ///   zoom=S     in training, a part of the image of at least the share S,
  ///              with sides of 3:4 to 4:3, becomes the input
  ///   mean=A/B/C, std=A/B/C, imagenet   (v - mean) / std, with v in [0, 1]
  /// What is larger than the input is cut: by chance in training, and in the
  /// middle else.
  static Expected<ImageTransform> make(const std::vector<SelectorItem> &items,
                                       const SourceRequest &request);

  const Shape &rowShape() const { return shape; }
  /// The shorter side that a decoded image should not be below.
  int64_t leastSide() const;

  void apply(const Image &image, int64_t row, const ReadContext &context,
             char *target) const;

private:
  /// Where in the picture what is resized lies.
  struct Box {
    double top, left, height, width;
  };

  Shape shape;
  DpcType type = DPC_F32;
  int64_t height = 0, width = 0, channels = 1;
  bool channelsFirst = false;
  std::optional<int64_t> resize;
  bool stretch = false, flip = false;
  int64_t pad = 0;
  std::optional<double> zoom;
  bool normalizes = false;
  std::array<float, 3> mean = {0, 0, 0}, deviation = {1, 1, 1};
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_IMAGETRANSFORM_H
