//===- MetricKind.h - How sums become a metric ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The compiler and the runtime share this. PlanSchema.cpp says what each means.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_METRICKIND_H
#define DPC_DIALECTS_SUPPORT_METRICKIND_H

#include <optional>
#include <string_view>
#include <utility>

namespace dpc {

enum class MetricKind { Mean, Share, Exponential, Root, MacroF1, Area };

inline constexpr std::pair<MetricKind, const char *> kMetricKinds[] = {
    {MetricKind::Mean, "mean"},        {MetricKind::Share, "share"},
    {MetricKind::Exponential, "exp"},  {MetricKind::Root, "root"},
    {MetricKind::MacroF1, "macro_f1"}, {MetricKind::Area, "area"}};

inline const char *getName(MetricKind kind) {
  return kMetricKinds[static_cast<int>(kind)].second;
}

inline std::optional<MetricKind> parseMetricKind(std::string_view name) {
  for (auto [kind, known] : kMetricKinds)
    if (name == known)
      return kind;
  return std::nullopt;
}

} // namespace dpc

#endif // DPC_DIALECTS_SUPPORT_METRICKIND_H
