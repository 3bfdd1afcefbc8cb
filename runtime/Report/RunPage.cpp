//===- RunPage.cpp - A page about a run -----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Report/RunPage.h"
#include "runtime/Core/OutputFile.h"
#include "runtime/Report/Format.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

namespace dpc::rt {

void Curve::add(int64_t step, double value) {
  if (!std::isfinite(value))
    return;
  last = step;
  if (all.empty() || all.back().count == perPoint)
    all.push_back({step, 0, value, value, 0});
  Point &point = all.back();
  point.mean += (value - point.mean) / static_cast<double>(++point.count);
  point.least = std::min(point.least, value);
  point.most = std::max(point.most, value);
  if (all.size() < kMostPoints || point.count < perPoint)
    return;
  std::vector<Point> joined;
  for (size_t i = 0; i + 1 < all.size(); i += 2) {
    const Point &a = all[i], &b = all[i + 1];
    joined.push_back({a.step, (a.mean + b.mean) / 2, std::min(a.least, b.least),
                      std::max(a.most, b.most), a.count + b.count});
  }
  all = std::move(joined);
  perPoint *= 2;
}

static std::string escape(std::string_view text) {
  std::string out;
  for (char c : printable(text, 1 << 16))
    out += c == '&'   ? "&amp;"
           : c == '<' ? "&lt;"
           : c == '>' ? "&gt;"
           : c == '"' ? "&quot;"
                      : std::string(1, c);
  return out;
}

/// A drawing of a curve, with the range of what was joined behind it.
static std::string draw(const std::string &name, const Curve &curve) {
  constexpr double width = 620, height = 200, left = 70, top = 10, bottom = 24;
  const std::vector<Curve::Point> &points = curve.points();
  double low = points[0].least, high = points[0].most;
  for (const Curve::Point &point : points) {
    low = std::min(low, point.least);
    high = std::max(high, point.most);
  }
  double firstStep = static_cast<double>(points.front().step);
  double steps =
      std::max(static_cast<double>(curve.lastStep()) - firstStep, 1.0);
  // What does not change lies above 0.
  double range = high > low ? high - low : high != 0 ? std::abs(high) : 1;
  auto place = [&](const Curve::Point &point, double value) {
    double x = left + (width - left - 10) *
                          (static_cast<double>(point.step) - firstStep) / steps;
    double y = top + (height - top - bottom) * (high - value) / range;
    return format("%.1f,%.1f ", x, y);
  };
  std::string line, band, back;
  for (const Curve::Point &point : points) {
    line += place(point, point.mean);
    band += place(point, point.most);
    back.insert(0, place(point, point.least));
  }
  std::string svg =
      "<figure><figcaption>" + escape(name) +
      "</figcaption>\n<svg viewBox=\"0 0 " +
      format("%.0f %.0f\" role=\"img\" data-curve=\"", width, height) +
      escape(name) + "\">\n";
  for (int i = 0; i <= 4; ++i) {
    double y = top + (height - top - bottom) * i / 4;
    svg +=
        format("<line class=\"grid\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" "
               "y2=\"%.1f\"/><text x=\"%.0f\" y=\"%.1f\" "
               "text-anchor=\"end\">%.4g</text>\n",
               left, width - 10, y, y, left - 6, y + 4, high - range * i / 4);
  }
  svg += format("<text x=\"%.0f\" y=\"%.0f\">step %ld</text>"
                "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">%ld</text>\n",
                left, height - 6, long(points.front().step), width - 10,
                height - 6, long(curve.lastStep()));
  svg += "<polygon class=\"band\" points=\"" + band + back + "\"/>\n";
  if (points.size() == 1)
    line += line;
  svg +=
      "<polyline class=\"line\" points=\"" + line + "\"/>\n</svg></figure>\n";
  return svg;
}

static std::string row(const std::string &name, const std::string &value) {
  return "<tr><th>" + escape(name) + "</th><td>" + escape(value) +
         "</td></tr>\n";
}

/// What dpc plan would say in short.
static std::string describePlan(const std::string &text) {
  nlohmann::ordered_json plan =
      nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::string rows;
  if (!plan.is_object())
    return rows;
  for (const char *key :
       {"model", "strategy", "mesh", "ranks", "batch", "loss", "optimizer",
        "precision", "recompute", "target", "hash"})
    if (plan.contains(key)) {
      const auto &value = plan[key];
      std::string text =
          value.is_string() ? value.get<std::string>() : value.dump();
      if (value.is_object()) {
        text.clear();
        for (const auto &[axis, size] : value.items())
          text += (text.empty() ? "" : ", ") + axis + "=" + size.dump();
      }
      rows += row(key, text);
    }
  auto add = [&](const char *name, const nlohmann::ordered_json &value,
                 const char *unit) {
    if (value.is_number())
      rows += row(name, formatScaled(value.get<double>(), unit));
  };
  if (plan.contains("memory_bytes"))
    add("memory of a rank", plan["memory_bytes"], "B");
  if (plan.contains("memory") && plan["memory"].is_object())
    for (const auto &[name, bytes] : plan["memory"].items())
      add(("of that, " + name).c_str(), bytes, "B");
  if (plan.contains("flops"))
    add("work of a rank and step", plan["flops"], "FLOP");
  if (plan.contains("collectives") && plan["collectives"].is_array()) {
    std::map<std::string, std::pair<int64_t, double>> kinds;
    for (const auto &entry : plan["collectives"]) {
      auto &[count, bytes] = kinds[entry.value("kind", "")];
      int64_t times = entry.value("times", int64_t(1));
      count += times;
      bytes += static_cast<double>(times * entry.value("bytes", int64_t(0)));
    }
    for (const auto &[kind, sum] : kinds)
      rows += row(kind + " per step", std::to_string(sum.first) + ", " +
                                          formatScaled(sum.second, "B"));
  }
  return rows;
}

static std::string describeMachine() {
  std::string rows, line, processor;
  char host[128] = "";
  ::gethostname(host, sizeof(host) - 1);
  rows += row("host of rank 0", host);
  std::ifstream cpus("/proc/cpuinfo");
  while (processor.empty() && std::getline(cpus, line))
    if (line.starts_with("model name"))
      processor = line.substr(std::min(line.find(':') + 2, line.size()));
  rows += row("processor", processor);
  rows += row("cores", std::to_string(std::thread::hardware_concurrency()));
  double pages = static_cast<double>(::sysconf(_SC_PHYS_PAGES));
  rows += row(
      "memory",
      formatScaled(pages * static_cast<double>(::sysconf(_SC_PAGESIZE)), "B"));
  utsname system = {};
  if (::uname(&system) == 0)
    rows += row("system", std::string(system.sysname) + " " + system.release);
  return rows;
}

void RunPage::add(const std::string &name, int64_t step, double value) {
  auto found =
      std::find_if(curves.begin(), curves.end(),
                   [&](const Named &other) { return other.name == name; });
  if (found == curves.end())
    found = curves.insert(curves.end(), {name, {}});
  found->curve.add(step, value);
}

Status RunPage::step(const StepRecord &record) {
  last = record;
  ++steps;
  seconds += record.seconds;
  dataSeconds += record.dataSeconds;
  if (record.loss)
    add("loss", record.step, *record.loss);
  if (record.learningRate)
    add("learning rate", record.step, *record.learningRate);
  if (record.gradNorm)
    add("gradient norm", record.step, *record.gradNorm);
  add("samples per second", record.step, record.rate);
  add("milliseconds waiting for data", record.step, record.dataSeconds * 1e3);
  return {};
}

Status RunPage::evaluation(int64_t step, const Evaluation &evaluation) {
  for (const Evaluation::Metric &metric : evaluation.metrics)
    add("eval " + metric.name, step, metric.value);
  return {};
}

std::string RunPage::write() const {
  std::string page = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>dpc: a training</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 1300px; color: #222; }
h2 { border-bottom: 1px solid #ccc; }
figure { display: inline-block; width: 630px; margin: 0 0 1em; }
figcaption { font-weight: 600; }
svg { width: 100%; } svg text { font-size: 11px; fill: #555; }
.grid { stroke: #e4e4e4; } .band { fill: #cfe0f5; } .line { fill: none; stroke: #1f5fa8; stroke-width: 1.5; }
th { text-align: left; padding-right: 2em; font-weight: 500; } pre { background: #f6f6f6; padding: 1em; overflow-x: auto; }
</style></head><body>
<h1>A training</h1>
)";
  auto table = [&](const char *title, const std::string &rows) {
    page +=
        std::string("<h2>") + title + "</h2>\n<table>\n" + rows + "</table>\n";
  };
  std::string rows = row("steps", std::to_string(steps) + ", to step " +
                                      std::to_string(last.step));
  rows += row("time", formatDuration(seconds));
  rows += row("waiting for data",
              format("%.1f %%", seconds > 0 ? 100 * dataSeconds / seconds : 0));
  for (const Named &named : curves)
    if (!named.curve.points().empty())
      rows += row("last " + named.name,
                  format("%.6g", named.curve.points().back().mean));
  table("Outcome", rows);
  page += "<h2>Curves</h2>\n";
  for (const Named &named : curves)
    if (!named.curve.points().empty())
      page += draw(named.name, named.curve);
  table("Plan", describePlan(plan));
  table("Machine", describeMachine());
  page += "<h2>Settings</h2>\n<pre>";
  for (std::string_view rest = settings; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    page += escape(line) + "\n";
  }
  return page + "</pre>\n</body></html>\n";
}

Status RunPage::finish() {
  Expected<OutputFile> file = createOutput("--report", path);
  if (!file.ok())
    return file.status();
  Status status = file->write(write());
  return status.ok() ? file->commit() : status;
}

} // namespace dpc::rt
