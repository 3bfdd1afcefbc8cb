//===- TestPipelineSchedule.cpp - Prints schedules ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Pipeline/Schedule.h"
#include "test/lib/TestPasses.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace dpc;

namespace {

/// Draws a schedule: one line a stage, one column a unit of time, in which a
/// forward pass takes one unit and a backward pass two (B and W one each). The
/// pieces of the second chunk have a mark: F0'.
struct TestPipelineSchedule
    : PassWrapper<TestPipelineSchedule, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestPipelineSchedule)
  TestPipelineSchedule() = default;
  TestPipelineSchedule(const TestPipelineSchedule &other)
      : PassWrapper(other) {}

  StringRef getArgument() const final { return "test-pipeline-schedule"; }
  StringRef getDescription() const final { return "Print a schedule"; }

  void runOnOperation() final {
    std::optional<ScheduleKind> kind = parseScheduleKind(schedule);
    if (!kind) {
      getOperation().emitError("knows no schedule '") << schedule << "'";
      return signalPassFailure();
    }
    if (sweep) {
      if (failed(checkAll(*kind)))
        signalPassFailure();
      return;
    }
    PipelineShape shape{*kind, stages, chunks, microbatches};
    PipelineOrder order = makeTrainingOrder(shape);
    std::optional<PipelineTimes> times = simulate(order);
    if (!times) {
      getOperation().emitError("waits forever");
      return signalPassFailure();
    }
    for (auto [tasks, intervals] : llvm::zip_equal(order, times->tasks))
      draw(tasks, intervals);
    llvm::outs() << llvm::format("bubble %.6f\n", times->bubble);
  }

private:
  static std::optional<PipelineTimes> simulate(const PipelineOrder &order) {
    bool hasWeights = llvm::any_of(order[0], [](const dist::Task &task) {
      return task.kind == dist::Task::Weight;
    });
    return simulatePipeline(order, [&](int64_t, dist::Task task) {
      return task.kind == dist::Task::Backward && !hasWeights ? 2.0 : 1.0;
    });
  }

  static void draw(ArrayRef<dist::Task> tasks,
                   ArrayRef<PipelineTimes::Interval> intervals) {
    std::string line;
    double now = 0;
    auto add = [&](std::string text) {
      text.resize(std::max<size_t>(4, text.size() + 1), ' ');
      line += text;
      ++now;
    };
    for (auto [task, interval] : llvm::zip_equal(tasks, intervals)) {
      while (now < interval.start)
        add(".");
      while (now < interval.end)
        add((dist::getName(task.kind).take_front().upper() +
             llvm::Twine(task.microbatch) + std::string(task.chunk, '\''))
                .str());
    }
    llvm::outs() << StringRef(line).rtrim() << '\n';
  }

  /// Many shapes: none waits forever, every stage does every task once and
  /// holds no more than it may, and the idle time is what the papers say.
  LogicalResult checkAll(ScheduleKind kind) {
    bool isInterleaved = kind == ScheduleKind::Interleaved;
    int64_t shapes = 0;
    for (int64_t p = 1; p <= 8; ++p)
      for (int64_t m = 1; m <= 17; ++m)
        for (int64_t v = 1; v <= (isInterleaved ? 4 : 1); ++v) {
          ++shapes;
          auto fail = [&](StringRef what) {
            return getOperation().emitError(what)
                   << " with " << p << " stages, " << v << " chunks and " << m
                   << " microbatches";
          };
          PipelineOrder order = makeTrainingOrder({kind, p, v, m});
          std::optional<PipelineTimes> times = simulate(order);
          if (!times)
            return fail("waits forever");
          double bubble = double(p - 1) / (m * v);
          if (kind == ScheduleKind::ZeroBubble)
            bubble /= 3;
          bool isExact = isInterleaved
                             ? m % p == 0 || v == 1
                             : kind != ScheduleKind::ZeroBubble || m >= p;
          if (isExact && std::abs(times->bubble - bubble) > 1e-9)
            return fail("idles too much");
          for (auto [stage, tasks] : llvm::enumerate(order)) {
            size_t kinds = kind == ScheduleKind::ZeroBubble ? 3 : 2;
            if (tasks.size() != kinds * m * v)
              return fail("lacks tasks");
            dist::Task::Kind last =
                kinds == 3 ? dist::Task::Weight : dist::Task::Backward;
            int64_t held = 0, most = 0;
            for (const dist::Task &task : tasks) {
              held += task.kind == dist::Task::Forward;
              most = std::max(most, held);
              held -= task.kind == last;
            }
            int64_t limit = kind == ScheduleKind::OneFOneB
                                ? p - static_cast<int64_t>(stage)
                            : kind == ScheduleKind::ZeroBubble ? p
                                                               : m * v;
            if (most > limit)
              return fail("holds too many activations");
          }
        }
    llvm::outs() << shapes << " shapes are right\n";
    return success();
  }

  Option<std::string> schedule{*this, "schedule", llvm::cl::init("1f1b")};
  Option<int64_t> stages{*this, "stages", llvm::cl::init(2)};
  Option<int64_t> chunks{*this, "chunks", llvm::cl::init(1)};
  Option<int64_t> microbatches{*this, "microbatches", llvm::cl::init(2)};
  Option<bool> sweep{*this, "sweep", llvm::cl::init(false)};
};

} // namespace

void test::registerTestPipelineSchedule() {
  PassRegistration<TestPipelineSchedule>();
}
