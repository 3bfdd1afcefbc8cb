//===- ImageTransform.cpp - From pictures to an input's rows --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/ImageTransform.h"
#include "runtime/Core/Flags.h"
#include "runtime/Data/Sampler.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dpc::rt {

/// Sides and margins beyond this are hardly meant.
static constexpr int64_t maxSide = 16384;

static bool parseTriple(std::string_view text, std::array<float, 3> &values) {
  size_t count = 0;
  for (bool more = true; more && count < 3; ++count) {
    size_t end = text.find('/');
    more = end != std::string_view::npos;
    if (!parseNumber(text.substr(0, end), values[count]) ||
        !std::isfinite(values[count]))
      return false;
    text.remove_prefix(more ? end + 1 : text.size());
  }
  // One number is that of all channels.
  if (count == 1)
    values[1] = values[2] = values[0];
  return text.empty() && (count == 1 || count == 3);
}

Expected<ImageTransform>
ImageTransform::make(const std::vector<SelectorItem> &items,
                     const SourceRequest &request) {
  ImageTransform result;
  const Input &input = request.input;
  result.shape = input.globalShape;
  if (input.batchDim >= 0)
    result.shape.erase(result.shape.begin() + input.batchDim);
  result.type = input.dtype;
  const Shape &row = result.shape;
  bool fits =
      input.batchDim >= 0 && (isFloat(input.dtype) || input.dtype == DPC_U8);
  auto isChannels = [](int64_t dim) { return dim == 1 || dim == 3; };
  if (row.size() == 2) {
    result.height = row[0];
    result.width = row[1];
  } else if (row.size() == 3 && isChannels(row[0])) {
    result.channelsFirst = true;
    result.channels = row[0];
    result.height = row[1];
    result.width = row[2];
  } else if (row.size() == 3 && isChannels(row[2])) {
    result.height = row[0];
    result.width = row[1];
    result.channels = row[2];
  } else {
    fits = false;
  }
  fits &= result.height > 0 && result.width > 0 && result.height <= maxSide &&
          result.width <= maxSide;
  if (!fits)
    return Error{request.text,
                 "holds images, but the input '" + input.name + "' is " +
                     typeName(input.dtype) + neededShape(input),
                 "images fit u8 or floats of [rows, channels, height, width], "
                 "[rows, height, width, channels] or [rows, height, width]"};
  for (size_t i = 1; i < items.size(); ++i) {
    const SelectorItem &item = items[i];
    int64_t number = 0;
    double share = 0;
    bool isSide =
        parseNumber(item.value, number) && number >= 0 && number <= maxSide;
    bool good = true;
    if (item.key == "resize") {
      good = isSide && number >= std::max(result.height, result.width);
      result.resize = number;
    } else if (item.key == "pad") {
      good = isSide;
      result.pad = number;
    } else if (item.key == "zoom") {
      good = parseNumber(item.value, share) && share > 0 && share <= 1;
      result.zoom = share;
    } else if (item.key == "mean" || item.key == "std") {
      bool isMean = item.key == "mean";
      good = parseTriple(item.value, isMean ? result.mean : result.deviation);
      for (float value : result.deviation)
        good &= value > 0;
      result.normalizes = true;
    } else if (item.key == "imagenet" && !item.hasValue) {
      result.mean = {0.485f, 0.456f, 0.406f};
      result.deviation = {0.229f, 0.224f, 0.225f};
      result.normalizes = true;
    } else if (item.key == "stretch" && !item.hasValue) {
      result.stretch = true;
    } else if (item.key == "flip" && !item.hasValue) {
      result.flip = true;
    } else {
      good = false;
    }
    if (!good)
      return usageError(request.text,
                        "'" + item.key + (item.hasValue ? "=" : "") +
                            item.value + "' is nothing to do with images of " +
                            std::to_string(result.height) + " by " +
                            std::to_string(result.width),
                        "use resize=PIXELS (at least the input's), stretch, "
                        "pad=PIXELS, flip, zoom=SHARE, mean=A/B/C, std=A/B/C "
                        "or imagenet");
  }
  if (result.normalizes && !isFloat(input.dtype))
    return usageError(request.text, "bytes cannot be normalized",
                      "leave out mean, std and imagenet");
  return result;
}

int64_t ImageTransform::leastSide() const {
  // What is drawn by zoom may be a small part.
  double share = zoom ? std::sqrt(*zoom) : 1;
  return static_cast<int64_t>(std::ceil(
      2.0 * static_cast<double>(resize.value_or(std::max(height, width))) /
      share));
}

namespace {

/// The numbers that an image's chances are drawn from.
class Chance {
public:
  Chance(const ReadContext &context, int64_t row)
      : state(mix(mix(mix(static_cast<uint64_t>(context.seed)) ^
                      static_cast<uint64_t>(context.epoch)) ^
                  static_cast<uint64_t>(row))) {}

  /// In [0, 1).
  double draw() {
    state = mix(state);
    return static_cast<double>(state >> 11) * 0x1p-53;
  }
  double draw(double low, double high) { return low + draw() * (high - low); }
  /// In [0, limit].
  int64_t drawUpTo(int64_t limit) {
    return std::min(
        limit, static_cast<int64_t>(draw() * static_cast<double>(limit + 1)));
  }

private:
  uint64_t state;
};

/// What a pixel is made of along one axis.
struct Taps {
  int64_t first = 0;
  std::vector<float> weights;
};

/// From `size` pixels, of which the part [begin, begin + length) becomes `all`,
/// those that make [first, first + count) of them. Beyond them there is nothing.
std::vector<Taps> makeTaps(int64_t size, double begin, double length,
                           int64_t all, int64_t offset, int64_t count) {
  std::vector<Taps> taps(static_cast<size_t>(count));
  double scale = length / static_cast<double>(all);
  double support = std::max(scale, 1.0);
  for (int64_t i = 0; i < count; ++i) {
    int64_t at = offset + i;
    if (at < 0 || at >= all)
      continue;
    double center = begin + (static_cast<double>(at) + 0.5) * scale;
    int64_t first = std::clamp<int64_t>(
        static_cast<int64_t>(center - support + 0.5), 0, size - 1);
    int64_t last = std::clamp<int64_t>(
        static_cast<int64_t>(center + support + 0.5), first + 1, size);
    Taps &tap = taps[static_cast<size_t>(i)];
    tap.first = first;
    double sum = 0;
    std::vector<double> weights;
    for (int64_t pixel = first; pixel < last; ++pixel) {
      double distance =
          std::abs((static_cast<double>(pixel) + 0.5 - center) / support);
      weights.push_back(std::max(0.0, 1 - distance));
      sum += weights.back();
    }
    for (double weight : weights)
      tap.weights.push_back(static_cast<float>(
          sum > 0 ? weight / sum : 1.0 / static_cast<double>(weights.size())));
  }
  return taps;
}

/// A line of an image with `channels` channels: gray of RGB as television has it
/// (ITU-R 601), or RGB of gray.
void readLine(const Image &image, int64_t y, int64_t channels, float *to) {
  const uint8_t *from = image.pixels.data() + y * image.width * image.channels;
  if (image.channels == channels) {
    std::copy_n(from, image.width * channels, to);
    return;
  }
  for (int64_t x = 0; x < image.width; ++x)
    if (channels == 1)
      to[x] = std::round(0.299f * from[3 * x] + 0.587f * from[3 * x + 1] +
                         0.114f * from[3 * x + 2]);
    else
      to[3 * x] = to[3 * x + 1] = to[3 * x + 2] = from[x];
}

/// A line through the columns' taps.
void shrinkLine(const float *from, const std::vector<Taps> &columns,
                size_t channels, std::vector<float> &to) {
  for (size_t x = 0; x < columns.size(); ++x)
    for (size_t c = 0; c < channels; ++c) {
      const Taps &tap = columns[x];
      const float *first = from + static_cast<size_t>(tap.first) * channels + c;
      float sum = 0;
      for (size_t i = 0; i < tap.weights.size(); ++i)
        sum += tap.weights[i] * first[i * channels];
      to[x * channels + c] = sum;
    }
}

} // namespace

void ImageTransform::apply(const Image &image, int64_t row,
                           const ReadContext &context, char *target) const {
  Chance chance(context, row);
  double fullHeight = static_cast<double>(image.height);
  double fullWidth = static_cast<double>(image.width);
  Box box{0, 0, fullHeight, fullWidth};
  // The size after resizing, of which the input's is cut.
  int64_t tall = height, wide = width;
  if (zoom && context.isTraining) {
    double area = chance.draw(*zoom, 1) * fullHeight * fullWidth;
    double aspect = std::exp(chance.draw(std::log(3.0 / 4), std::log(4.0 / 3)));
    box.width = std::clamp(std::sqrt(area * aspect), 1.0, fullWidth);
    box.height = std::clamp(std::sqrt(area / aspect), 1.0, fullHeight);
    box.top = chance.draw(0, fullHeight - box.height);
    box.left = chance.draw(0, fullWidth - box.width);
  } else if (!stretch) {
    double factor = std::max(static_cast<double>(height) / fullHeight,
                             static_cast<double>(width) / fullWidth);
    if (resize)
      factor = static_cast<double>(*resize) / std::min(fullHeight, fullWidth);
    tall = std::max<int64_t>(height, std::llround(fullHeight * factor));
    wide = std::max<int64_t>(width, std::llround(fullWidth * factor));
  }
  int64_t spareRows = tall + 2 * pad - height;
  int64_t spareColumns = wide + 2 * pad - width;
  int64_t top = spareRows / 2, left = spareColumns / 2;
  bool mirror = false;
  if (context.isTraining) {
    top = chance.drawUpTo(spareRows);
    left = chance.drawUpTo(spareColumns);
    mirror = flip && chance.draw() < 0.5;
  }
  int64_t bytes = typeBytes(type);
  auto write = [&](int64_t y, int64_t x, int64_t c, float value) {
    int64_t index = channelsFirst ? (c * height + y) * width + x
                                  : (y * width + x) * channels + c;
    char *to = target + index * bytes;
    if (type == DPC_U8) {
      *to = static_cast<char>(static_cast<uint8_t>(value));
      return;
    }
    value = (value / 255 - mean[static_cast<size_t>(c)]) /
            deviation[static_cast<size_t>(c)];
    if (type == DPC_F32)
      std::memcpy(to, &value, sizeof(value));
    else
      writeElement(to, type, value);
  };
  bool isWhole = tall == image.height && wide == image.width &&
                 box.height == fullHeight && box.width == fullWidth;
  if (isWhole && channels == image.channels) {
    // Nothing but cut.
    bool copies = type == DPC_U8 && !mirror && left >= pad &&
                  left - pad + width <= wide &&
                  (!channelsFirst || channels == 1);
    for (int64_t y = 0; y < height; ++y) {
      int64_t row = top + y - pad;
      if (copies && row >= 0 && row < tall) {
        std::memcpy(target + y * width * channels,
                    image.pixels.data() + (row * wide + left - pad) * channels,
                    static_cast<size_t>(width * channels));
        continue;
      }
      for (int64_t x = 0; x < width; ++x) {
        int64_t column = left + (mirror ? width - 1 - x : x) - pad;
        bool isIn = row >= 0 && row < tall && column >= 0 && column < wide;
        int64_t first = (row * wide + column) * channels;
        for (int64_t c = 0; c < channels; ++c)
          write(y, x, c,
                isIn ? image.pixels[static_cast<size_t>(first + c)] : 0.0f);
      }
    }
    return;
  }
  // Only what is kept is computed. A line of the image is read once, and added
  // to the input's lines that it belongs to, which ascend like it.
  std::vector<Taps> columns =
      makeTaps(image.width, box.left, box.width, wide, left - pad, width);
  std::vector<Taps> lines =
      makeTaps(image.height, box.top, box.height, tall, top - pad, height);
  size_t lineLength = static_cast<size_t>(width * channels);
  std::vector<float> out(static_cast<size_t>(height) * lineLength);
  std::vector<float> full(static_cast<size_t>(image.width * channels));
  std::vector<float> line(lineLength);
  int64_t done = -1;
  for (size_t begin = 0; begin < lines.size(); ++begin) {
    const Taps &tap = lines[begin];
    int64_t end = tap.first + static_cast<int64_t>(tap.weights.size());
    for (int64_t y = std::max(done + 1, tap.first); y < end; ++y) {
      readLine(image, y, channels, full.data());
      shrinkLine(full.data(), columns, static_cast<size_t>(channels), line);
      for (size_t i = begin; i < lines.size(); ++i) {
        int64_t at = y - lines[i].first;
        if (at < 0 && !lines[i].weights.empty())
          break;
        if (at < 0 || at >= static_cast<int64_t>(lines[i].weights.size()))
          continue;
        float weight = lines[i].weights[static_cast<size_t>(at)];
        for (size_t j = 0; j < lineLength; ++j)
          out[i * lineLength + j] += weight * line[j];
      }
      done = y;
    }
  }
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < channels; ++c) {
        int64_t from = mirror ? width - 1 - x : x;
        float value =
            out[static_cast<size_t>((y * width + from) * channels + c)];
        write(y, x, c, std::clamp(std::round(value), 0.0f, 255.0f));
      }
}

} // namespace dpc::rt
