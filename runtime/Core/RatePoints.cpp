//===- RatePoints.cpp - Learning rates from a file ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/RatePoints.h"
#include "runtime/Core/Flags.h"

#include <algorithm>

namespace dpc::rt {

Expected<std::vector<RatePoint>> parsePoints(std::string_view text,
                                             const std::string &where) {
  constexpr size_t mostPoints = 100'000;
  std::vector<RatePoint> points;
  for (int64_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line = line.substr(0, line.find('#'));
    constexpr std::string_view gaps = " \t\r,";
    std::vector<std::string_view> words;
    for (size_t at = line.find_first_not_of(gaps);
         at != std::string_view::npos;) {
      size_t end = std::min(line.find_first_of(gaps, at), line.size());
      words.push_back(line.substr(at, end - at));
      at = line.find_first_not_of(gaps, end);
    }
    if (words.empty())
      continue;
    auto fail = [&](const std::string &what) {
      return Error{where + ":" + std::to_string(number), what,
                   "a line is a step and its rate, as '100 0.01'"};
    };
    RatePoint point;
    if (words.size() != 2 || !parseNumber(words[0], point.step) ||
        point.step < 0 || !parseNumber(words[1], point.rate))
      return fail("is not a step and a rate");
    if (!(point.rate >= 0 && point.rate <= kLargestRate))
      return fail("the rate is not in [0, 1e37]");
    if (!points.empty() && point.step <= points.back().step)
      return fail("the step is not behind that of the line before");
    if (points.size() == mostPoints)
      return fail("more than " + std::to_string(mostPoints) + " points");
    points.push_back(point);
  }
  if (points.empty())
    return Error{where, "holds no points",
                 "a line is a step and its rate, as '100 0.01'"};
  return points;
}

double interpolatePoints(const std::vector<RatePoint> &points, int64_t step) {
  auto next = std::find_if(points.begin(), points.end(),
                           [&](const auto &at) { return at.step >= step; });
  if (next == points.end())
    return points.back().rate;
  if (next == points.begin() || next->step == step)
    return next->rate;
  const RatePoint &last = next[-1];
  double way = static_cast<double>(step - last.step) /
               static_cast<double>(next->step - last.step);
  return last.rate + (next->rate - last.rate) * way;
}

} // namespace dpc::rt
