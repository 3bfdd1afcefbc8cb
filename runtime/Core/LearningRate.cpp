//===- LearningRate.cpp - The learning rate of each step ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/LearningRate.h"
#include "dialects/Support/Hash.h"
#include "dialects/Support/Suggest.h"
#include "runtime/Data/FileBytes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dpc::rt {

using Kind = LearningRateOptions::Kind;

namespace {

struct KindInfo {
  std::string_view name;
  Kind kind;
  /// What may stand behind the kind.
  std::vector<std::string_view> keys;
  /// Whether it falls from --lr to --min-lr, perhaps behind a warm-up.
  bool falls = true;
  bool warmsUp = true;
};

const KindInfo kinds[] = {
    {"constant", Kind::Constant, {}, false},
    {"step", Kind::Step, {"every", "at", "gamma"}},
    {"exponential", Kind::Exponential, {"gamma"}},
    {"cosine", Kind::Cosine, {"total"}},
    {"linear", Kind::Linear, {"total"}},
    {"polynomial", Kind::Polynomial, {"power", "total"}},
    {"one-cycle",
     Kind::OneCycle,
     {"pct_start", "div_factor", "final_div_factor", "anneal", "total"},
     false,
     false},
    {"points", Kind::Points, {"file"}, false, false}};

const KindInfo &info(Kind kind) {
  return *std::find_if(kinds, std::end(kinds),
                       [&](const KindInfo &info) { return info.kind == kind; });
}

/// Between two values; `way` 0 is the first one.
double blend(double from, double to, double way, bool linearly) {
  if (linearly)
    return from + (to - from) * way;
  return to + (from - to) * (1 + std::cos(std::numbers::pi * way)) / 2;
}

double oneCycle(const LearningRateOptions &options, double top, double total,
                double t) {
  double initial = top / options.divFactor;
  double last = initial / options.finalDivFactor;
  double turn = options.pctStart * total - 1, end = total - 1;
  auto way = [](double done, double all) {
    return all > 0 ? std::clamp(done / all, 0.0, 1.0) : 1.0;
  };
  if (t <= turn)
    return blend(initial, top, way(t, turn), options.annealsLinearly);
  return blend(top, last, way(t - turn, end - turn), options.annealsLinearly);
}

} // namespace

double LearningRateOptions::rate(double base, int64_t totalSteps,
                                 int64_t step) const {
  int64_t updates = std::max<int64_t>(step - 1, 0);
  if (updates < warmupSteps && kind != Kind::Points) {
    double length = static_cast<double>(warmupSteps);
    return warmupFrom
               ? blend(*warmupFrom, base, static_cast<double>(updates) / length,
                       /*linearly=*/true)
               : base * static_cast<double>(updates + 1) / length;
  }
  updates -= warmupSteps;
  double t = static_cast<double>(updates);
  double length = static_cast<double>(
      std::max<int64_t>(total.value_or(totalSteps) - warmupSteps, 1));
  double way = std::min(t / length, 1.0);
  double rate = base;
  switch (kind) {
  case Kind::Constant:
    return base;
  case Kind::Step: {
    int64_t times =
        every ? updates / every
              : std::upper_bound(at.begin(), at.end(), updates) - at.begin();
    rate *= std::pow(gamma, static_cast<double>(times));
    break;
  }
  case Kind::Exponential:
    rate *= std::pow(gamma, t);
    break;
  case Kind::Cosine:
    rate = blend(base, minRate, way, /*linearly=*/false);
    break;
  case Kind::Linear:
    rate = blend(base, minRate, way, /*linearly=*/true);
    break;
  case Kind::Polynomial:
    rate = minRate + (base - minRate) * std::pow(1 - way, power);
    break;
  case Kind::OneCycle:
    rate = oneCycle(*this, base, length, t);
    break;
  case Kind::Points:
    rate = interpolatePoints(points, step);
    break;
  }
  // 0 times a factor that became infinite is no number.
  if (base == 0 && kind != Kind::Points)
    rate = 0;
  return std::min(std::max(rate, minRate), kLargestRate);
}

void LearningRateFlags::declare(FlagSet &flags) {
  flags.add("--lr-schedule", schedule, "KIND[,KEY=VALUE...]",
            "How --lr changes, as in PyTorch: constant; "
            "step,every=N or step,at=N:M:...,gamma=0.1; exponential,gamma=X; "
            "cosine; linear; polynomial,power=1; one-cycle,pct_start=0.3,"
            "div_factor=25,final_div_factor=10000,anneal=cos; "
            "points,file=FILE with lines 'STEP RATE'. Those that have an end "
            "take total=N, instead of the run's last step (constant)");
  flags.add("--warmup-steps", warmupSteps, "N",
            "Steps in which the rate rises to --lr, in front of the schedule");
  flags.add("--warmup-from", warmupFrom, "X",
            "The rate of the first of them (--lr / N)");
  flags.add("--min-lr", minRate, "X", "What the rate does not fall below (0)");
}

Status LearningRateFlags::convertSchedule(LearningRateOptions &options) const {
  constexpr const char *flag = "--lr-schedule";
  std::string_view text = *schedule;
  std::string_view word = text.substr(0, text.find(','));
  std::vector<std::string_view> names;
  std::string list = "use ";
  for (const KindInfo &kind : kinds) {
    names.push_back(kind.name);
    list += (names.size() > 1 ? ", " : "") + std::string(kind.name);
  }
  auto found = std::find(names.begin(), names.end(), word);
  if (found == names.end())
    return usageError(flag, "unknown schedule '" + std::string(word) + "'",
                      suggest(word, names, list));
  const KindInfo &kind = kinds[found - names.begin()];
  options.kind = kind.kind;

  std::vector<std::string_view> given;
  text.remove_prefix(word.size());
  while (!text.empty()) {
    text.remove_prefix(1);
    std::string_view item = text.substr(0, text.find(','));
    std::string_view key = item.substr(0, item.find('='));
    // A file's name may hold commas.
    if (key == "file")
      item = text;
    text.remove_prefix(item.size());
    std::string value(item.substr(std::min(key.size() + 1, item.size())));
    std::string allowed =
        kind.keys.empty() ? "it has none" : "its settings are ";
    for (std::string_view other : kind.keys)
      allowed += (other == kind.keys.front() ? "" : ", ") + std::string(other);
    if (std::find(kind.keys.begin(), kind.keys.end(), key) == kind.keys.end())
      return usageError(flag,
                        std::string(word) + " has no setting '" +
                            std::string(key) + "'",
                        suggest(key, kind.keys, allowed));
    if (std::find(given.begin(), given.end(), key) != given.end())
      return usageError(flag, "'" + std::string(key) + "' is given twice");
    given.push_back(key);
    std::string name = std::string(flag) + " " + std::string(key);
    auto number = [&](double &target, double low, double high) -> Status {
      if (parseNumber(value, target) && target >= low && target <= high)
        return {};
      char range[60];
      std::snprintf(range, sizeof(range), "number in [%g, %g]", low, high);
      return usageError(name, "'" + value + "' is not a " + range);
    };
    constexpr int64_t longest = int64_t(1) << 53;
    Status status;
    int64_t whole = 0;
    if (key == "gamma") {
      status = number(options.gamma, 0, 10);
    } else if (key == "power") {
      status = number(options.power, 0, 100);
    } else if (key == "pct_start") {
      status = number(options.pctStart, 0, 1);
    } else if (key == "div_factor") {
      status = number(options.divFactor, 1, 1e30);
    } else if (key == "final_div_factor") {
      status = number(options.finalDivFactor, 1e-30, 1e30);
    } else if (key == "every") {
      status = parseInteger(name.c_str(), value, 1, longest, options.every);
    } else if (key == "total") {
      status = parseInteger(name.c_str(), value, 1, longest, whole);
      options.total = whole;
    } else if (key == "at") {
      for (size_t at = 0; at <= value.size() && status.ok();) {
        size_t end = std::min(value.find(':', at), value.size());
        status = parseInteger(name.c_str(), value.substr(at, end - at), 1,
                              longest, whole);
        options.at.push_back(whole);
        at = end + 1;
      }
      std::sort(options.at.begin(), options.at.end());
    } else if (key == "anneal") {
      options.annealsLinearly = value == "linear";
      if (value != "linear" && value != "cos")
        return usageError(name, "'" + value + "' is neither cos nor linear");
    } else {
      Expected<FileBytes> file = FileBytes::open(value);
      if (!file.ok())
        return file.status();
      auto points = parsePoints(file->view(), value);
      if (!points.ok())
        return points.status();
      options.points = std::move(*points);
      options.text += " of hash " + Hash::text(Hash::of(file->view()));
    }
    if (!status.ok())
      return status;
  }
  auto needs = [&](const char *what) {
    return usageError(flag, std::string(word) + " needs " + what,
                      "write --lr-schedule " + std::string(word) + "," + what);
  };
  bool hasGamma = std::find(given.begin(), given.end(), "gamma") != given.end();
  if (options.kind == Kind::Step && (options.every == 0) == options.at.empty())
    return needs(options.every ? "one of every=N and at=N:M" : "every=N");
  if (options.kind == Kind::Exponential && !hasGamma)
    return needs("gamma=X");
  if (options.kind == Kind::Points && options.points.empty())
    return needs("file=FILE");
  return {};
}

Status LearningRateFlags::convert(const double *base,
                                  LearningRateOptions &options) const {
  const std::pair<const char *, const std::optional<std::string> *> all[] = {
      {"--lr-schedule", &schedule},
      {"--warmup-steps", &warmupSteps},
      {"--warmup-from", &warmupFrom},
      {"--min-lr", &minRate}};
  for (auto [flag, text] : all) {
    if (*text && !base)
      return usageError(flag, "this program has no learning rate",
                        "leave it out");
    if (*text)
      options.text += std::string(" ") + flag + " " + **text;
  }
  Status status;
  if (schedule)
    status = convertSchedule(options);
  if (status.ok())
    status = parseInteger("--warmup-steps", warmupSteps, 0, int64_t(1) << 53,
                          options.warmupSteps);
  auto rate = [&](const char *flag, const std::optional<std::string> &text,
                  double &target) {
    if (!status.ok() || !text)
      return;
    if (!parseNumber(*text, target) || !(target >= 0))
      status = usageError(flag, "'" + *text + "' is not a rate, at least 0");
    else if (target > *base)
      status = usageError(flag, *text + " is more than the rate itself, --lr",
                          "name a smaller one");
  };
  double from = 0;
  rate("--warmup-from", warmupFrom, from);
  rate("--min-lr", minRate, options.minRate);
  if (!status.ok())
    return status;
  if (warmupFrom)
    options.warmupFrom = from;
  const KindInfo &kind = info(options.kind);
  auto useless = [&](const char *flag, const char *why) {
    return usageError(flag,
                      "has no meaning with the schedule " +
                          std::string(kind.name) + ", " + why,
                      "leave it out");
  };
  if (minRate && !kind.falls)
    return useless("--min-lr", options.kind == Kind::Constant
                                   ? "which does not fall"
                                   : "which says itself where it ends");
  if (options.warmupSteps && !kind.warmsUp)
    return useless("--warmup-steps", "which says itself how it begins");
  if (warmupFrom && !options.warmupSteps)
    return usageError("--warmup-from", "there is no warm-up",
                      "add --warmup-steps N");
  return {};
}

} // namespace dpc::rt
