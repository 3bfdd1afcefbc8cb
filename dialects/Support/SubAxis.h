//===- SubAxis.h - A part of a mesh axis ------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_SUBAXIS_H
#define DPC_DIALECTS_SUPPORT_SUBAXIS_H

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dpc {

/// A part of a mesh axis, in Shardy's notation. The coordinate on an axis of 8
/// ranks can be written in three digits of base 2: `tensor:(1)2` is the most
/// significant one, `tensor:(2)2` the next, `tensor:(2)4` the last two. In
/// front of the colon stands the axis, in parentheses how many values the
/// digits before have, behind them how many these have.
struct SubAxis {
  std::string_view axis;
  int64_t before;
  int64_t size;
};

/// None if `name` is no sub-axis.
inline std::optional<SubAxis> parseSubAxis(std::string_view name) {
  size_t open = name.rfind(":("), close = name.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos ||
      close < open)
    return std::nullopt;
  auto parse = [](std::string_view text) {
    int64_t number = 0;
    auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number);
    bool isWhole = error == std::errc() && end == text.data() + text.size();
    return isWhole && number >= 1 && number <= (int64_t(1) << 31) ? number : 0;
  };
  SubAxis sub{name.substr(0, open),
              parse(name.substr(open + 2, close - open - 2)),
              parse(name.substr(close + 1))};
  if (sub.axis.empty() || sub.before == 0 || sub.size == 0)
    return std::nullopt;
  return sub;
}

/// Where a rank's number holds its coordinate on an axis or sub-axis: as
/// rank / stride % size.
struct RankDigit {
  int64_t stride;
  int64_t size;

  int64_t get(int64_t rank) const { return rank / stride % size; }
  bool overlaps(const RankDigit &other) const {
    return stride < other.stride * other.size && other.stride < stride * size;
  }
};

/// The digit of `name` on a mesh that lists its axes as (name, size), the first
/// the slowest. None if the mesh has neither such an axis nor one that it is a
/// part of.
template <typename Axes>
std::optional<RankDigit> findRankDigit(const Axes &axes,
                                       std::string_view name) {
  int64_t stride = 1;
  for (const auto &[axis, size] : axes)
    stride *= size;
  std::optional<SubAxis> sub = parseSubAxis(name);
  for (const auto &[axis, size] : axes) {
    stride /= size;
    std::string_view whole(axis);
    if (whole == name)
      return RankDigit{stride, size};
    if (sub && sub->axis == whole && size % (sub->before * sub->size) == 0)
      return RankDigit{stride * (size / (sub->before * sub->size)), sub->size};
  }
  return std::nullopt;
}

} // namespace dpc

#endif // DPC_DIALECTS_SUPPORT_SUBAXIS_H
