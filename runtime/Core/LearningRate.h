//===- LearningRate.h - The learning rate of each step ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A schedule is a function of the step and the flags: nothing is kept between
// steps, so that a run that is resumed goes on with the same rates. The rates
// are those of torch.optim.lr_scheduler, whose counter is 0 in step 1; a
// warm-up in front is its LinearLR joined by SequentialLR, and one-cycle is
// Smith and Topin, "Super-Convergence", 2018.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_LEARNINGRATE_H
#define DPC_RUNTIME_CORE_LEARNINGRATE_H

#include "runtime/Core/Flags.h"
#include "runtime/Core/Program.h"
#include "runtime/Core/RatePoints.h"

namespace dpc::rt {

/// The scalar that is one.
inline constexpr std::string_view kLearningRate = "lr";

struct LearningRateOptions {
  enum class Kind {
    Constant,
    Step,
    Exponential,
    Cosine,
    Linear,
    Polynomial,
    OneCycle,
    Points
  };

  Kind kind = Kind::Constant;
  int64_t warmupSteps = 0;
  /// The rate of step 1; where there is none, one part of `warmupSteps`.
  std::optional<double> warmupFrom;
  double minRate = 0;
  /// Where the schedule ends; the run's last step unless given.
  std::optional<int64_t> total;
  /// Of step: a factor every so many steps, or at these.
  int64_t every = 0;
  std::vector<int64_t> at;
  double gamma = 0.1;
  double power = 1;
  /// Of one-cycle, named and with defaults as in PyTorch.
  double pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4;
  bool annealsLinearly = false;
  std::vector<RatePoint> points;
  /// The flags as they were given, and a hash of what their file holds.
  std::string text = "constant";

  /// The rate of step `step`, from 1, of a run of `totalSteps`, whose rate
  /// without a schedule is `base`. In [0, kLargestRate].
  double rate(double base, int64_t totalSteps, int64_t step) const;
};

/// --lr-schedule, --warmup-steps, --warmup-from and --min-lr.
class LearningRateFlags {
public:
  void declare(FlagSet &flags);
  /// `base`: --lr; null of a program without one.
  Status convert(const double *base, LearningRateOptions &options) const;

private:
  Status convertSchedule(LearningRateOptions &options) const;

  std::optional<std::string> schedule, warmupSteps, warmupFrom, minRate;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_LEARNINGRATE_H
