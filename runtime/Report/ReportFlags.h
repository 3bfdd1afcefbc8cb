//===- ReportFlags.h - What is told of a run, and where ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_REPORT_REPORTFLAGS_H
#define DPC_RUNTIME_REPORT_REPORTFLAGS_H

#include "runtime/Core/Flags.h"

namespace dpc::rt {

struct ReportOptions {
  std::string tensorboard;
  /// 0 for never.
  int64_t histogramsEvery = 0;
  std::string page;
  std::string prometheus;
};

/// --tensorboard, --histograms-every, --report and --prometheus.
class ReportFlags {
public:
  void declare(FlagSet &flags);
  Status convert(ReportOptions &options) const;

private:
  std::optional<std::string> tensorboard, histogramsEvery, page, prometheus;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_REPORT_REPORTFLAGS_H
