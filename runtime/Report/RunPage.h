//===- RunPage.h - A page about a run ---------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One HTML file that needs nothing else: curves, plan, machine and settings of
// a training. It is written when the training ends.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_REPORT_RUNPAGE_H
#define DPC_RUNTIME_REPORT_RUNPAGE_H

#include "runtime/Report/Sink.h"

namespace dpc::rt {

/// Values by step, of which neighbours are joined where there are many.
class Curve {
public:
  struct Point {
    /// The first step, and of the values the mean and the ends.
    int64_t step = 0;
    double mean = 0, least = 0, most = 0;
    int64_t count = 0;
  };

  /// Values that are not finite are left out.
  void add(int64_t step, double value);
  const std::vector<Point> &points() const { return all; }
  int64_t lastStep() const { return last; }

  static constexpr size_t kMostPoints = 1000;

private:
  std::vector<Point> all;
  int64_t perPoint = 1, last = 0;
};

class RunPage : public Sink {
public:
  /// `settings` as --config reads them, `plan` as `dpc plan --json` writes it.
  RunPage(std::string path, std::string settings, std::string plan)
      : path(std::move(path)), settings(std::move(settings)),
        plan(std::move(plan)) {}

  const char *name() const override { return "the report"; }
  Status step(const StepRecord &record) override;
  Status evaluation(int64_t step, const Evaluation &evaluation) override;
  Status finish() override;

private:
  struct Named {
    std::string name;
    Curve curve;
  };
  void add(const std::string &name, int64_t step, double value);
  std::string write() const;

  std::string path, settings, plan;
  std::vector<Named> curves;
  StepRecord last;
  int64_t steps = 0;
  double seconds = 0, dataSeconds = 0;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_REPORT_RUNPAGE_H
