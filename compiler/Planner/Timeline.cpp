//===- Timeline.cpp - When the stages of a pipeline work ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Planner/Timeline.h"

#include "dialects/Dist/DistDialect.h"
#include "passes/Pipeline/Schedule.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Format.h"

#include <map>

using namespace mlir;
using namespace dpc;
using Json = nlohmann::ordered_json;

namespace {

/// Times are in microseconds.
constexpr double kMicroseconds = 1e6;

struct Task {
  dist::Task what;
  double start, end;
  /// Without waits.
  double work = 0;
};

struct Stage {
  plan::ProgramOp program;
  /// As they run, with the iteration of their loop.
  SmallVector<std::pair<plan::InstructionOpInterface, int64_t>> instructions;
  size_t next = 0;
  double now = 0;
  SmallVector<Task> tasks;
  struct Started {
    dist::TransferOpInterface transfer;
    int64_t iteration;
    double time;
  };
  /// By number.
  std::map<int64_t, Started> started;
};

class Simulator {
public:
  explicit Simulator(ArrayRef<plan::ProgramOp> programs);

  bool run();
  /// When the last stage is done.
  double getTime() const {
    double time = 0;
    for (const Stage &stage : stages)
      time = std::max(time, stage.now);
    return time;
  }
  Json make();

private:
  double getDuration(plan::InstructionOpInterface op) const;
  bool step(Stage &stage);
  std::optional<double> getEnd(const Stage::Started &started);
  void work(Stage &stage, std::optional<dist::Task> task, double duration);
  double getBubble();

  dist::MachineAttr machine;
  std::vector<Stage> stages;
  /// When the two ends of a channel have started.
  std::map<int64_t, double> sent, received;
};

double Simulator::getDuration(plan::InstructionOpInterface op) const {
  // A product is bound by its operations.
  bool isProduct = op.getInstructionKind() == plan::InstructionKind::Library;
  Type type = isProduct ? getElementTypeOrSelf(op->getOperand(0))
                        : Float32Type::get(op->getContext());
  return kMicroseconds *
         (machine.getLaunchSeconds() +
          machine.getComputeSeconds(op.getFlops(), type) +
          machine.getMemorySeconds(isProduct ? 0 : op.getBytesMoved()));
}

Simulator::Simulator(ArrayRef<plan::ProgramOp> programs) {
  for (plan::ProgramOp program : programs) {
    machine = dist::getMachine(program);
    Stage &stage = stages.emplace_back();
    stage.program = program;
    (void)plan::execute(
        program, [&](plan::InstructionOpInterface op, int64_t iteration) {
          stage.instructions.push_back({op, iteration});
          return success();
        });
  }
}

/// The task of an instruction, in an iteration of its loop.
static std::optional<dist::Task> getTask(plan::InstructionOpInterface op,
                                         int64_t iteration) {
  std::optional<dist::Task> task = dist::getTask(op);
  if (task)
    task->microbatch += iteration;
  return task;
}

/// The channels that a loop's message takes follow one another.
static std::optional<dist::Message>
getMessage(dist::TransferOpInterface transfer, int64_t iteration) {
  std::optional<dist::Message> message = transfer.getMessage();
  if (message)
    message->channel += iteration;
  return message;
}

void Simulator::work(Stage &stage, std::optional<dist::Task> task,
                     double duration) {
  double start = stage.now;
  stage.now += duration;
  if (!task)
    return;
  // Tasks do not come back to what was done long ago.
  auto found =
      std::find_if(stage.tasks.rbegin(), stage.tasks.rend(),
                   [&](const Task &other) { return other.what == *task; });
  auto known = found.base();
  if (found == stage.tasks.rend()) {
    stage.tasks.push_back({*task, start, stage.now});
    known = stage.tasks.end();
  }
  --known;
  known->end = stage.now;
  known->work += duration;
}

/// When what was started is done; nothing while the other end of a message has
/// not started.
std::optional<double> Simulator::getEnd(const Stage::Started &started) {
  dist::TransferOpInterface transfer = started.transfer;
  double begin = started.time;
  if (auto message = getMessage(transfer, started.iteration)) {
    auto &other = transfer.getTransferKind() == dist::TransferKind::Send
                      ? received
                      : sent;
    auto found = other.find(message->channel);
    if (found == other.end())
      return std::nullopt;
    begin = std::max(begin, found->second);
  }
  dist::MeshOp mesh = dist::getMesh(transfer);
  double bytes =
      mesh ? transfer.getBytesSent(mesh.getGroupSize(transfer.getAxes()))
           : transfer.getPayloadBytes();
  dist::LinkAttr link = mesh ? machine.getLink(mesh, transfer.getAxes())
                             : machine.getLinks().back();
  return begin + kMicroseconds * link.getSeconds(bytes);
}

/// Runs one instruction, if it can be run.
bool Simulator::step(Stage &stage) {
  auto [op, iteration] = stage.instructions[stage.next];
  if (op.getStarted()) {
    auto transfer = cast<dist::TransferOpInterface>(op.getOperation());
    stage.started[plan::getNumber(op, iteration)] = {transfer, iteration,
                                                     stage.now};
    if (auto message = getMessage(transfer, iteration))
      (transfer.getTransferKind() == dist::TransferKind::Send
           ? sent
           : received)[message->channel] = stage.now;
  } else if (op.getAwaited()) {
    std::optional<double> end =
        getEnd(stage.started[plan::getNumber(op, iteration)]);
    if (!end)
      return false;
    // What little a task does before it gets its input, as transposing a
    // weight, does not count as its begin.
    double waited = *end - stage.now;
    stage.now = std::max(stage.now, *end);
    std::optional<dist::Task> what = getTask(op, iteration);
    for (Task &task : stage.tasks)
      if (task.what == what && task.work < waited)
        task.start = stage.now;
  } else {
    work(stage, getTask(op, iteration), getDuration(op));
  }
  ++stage.next;
  return true;
}

bool Simulator::run() {
  for (bool moved = true; moved;) {
    moved = false;
    for (Stage &stage : stages)
      while (stage.next < stage.instructions.size() && step(stage))
        moved = true;
  }
  return llvm::all_of(stages, [](const Stage &stage) {
    return stage.next == stage.instructions.size();
  });
}

/// The stages' own order of tasks, with the mean of the durations. The first
/// stage has no gradient of an input to make; the model stage has.
double Simulator::getBubble() {
  std::map<dist::Task::Kind, double> means;
  PipelineOrder order(stages.size());
  size_t forward = 0;
  for (auto [tasks, stage] : llvm::zip_equal(order, stages))
    for (const Task &task : stage.tasks) {
      dist::Task what = task.what;
      if (what.kind == dist::Task::Update)
        continue;
      means[what.kind] += task.work;
      forward += what.kind == dist::Task::Forward;
      dist::Task before = {dist::Task::Backward, what.chunk, what.microbatch};
      if (what.kind == dist::Task::Weight && !llvm::is_contained(tasks, before))
        tasks.push_back(before);
      tasks.push_back(what);
    }
  if (forward)
    for (auto &[kind, mean] : means)
      mean /= forward;
  auto times = simulatePipeline(
      order, [&](int64_t, dist::Task task) { return means[task.kind]; });
  return times ? times->bubble : 0;
}

Json Simulator::make() {
  int64_t chunks = 1, microbatches = 1;
  double work = 0, end = 0, last = 0;
  Json timeline = Json::array();
  for (auto [i, stage] : llvm::enumerate(stages)) {
    last = std::max(last, stage.now);
    for (const Task &task : stage.tasks) {
      chunks = std::max(chunks, task.what.chunk + 1);
      microbatches = std::max(microbatches, task.what.microbatch + 1);
      timeline.push_back({{"stage", i},
                          {"chunk", task.what.chunk},
                          {"microbatch", task.what.microbatch},
                          {"phase", getName(task.what.kind).str()},
                          {"start_us", task.start},
                          {"end_us", task.end}});
      if (task.what.kind == dist::Task::Update)
        continue;
      work += task.work;
      end = std::max(end, task.end);
    }
  }
  auto schedule =
      stages[0].program->getParentOfType<ModuleOp>()->getAttrOfType<StringAttr>(
          kScheduleAttr);
  return {{"stages", stages.size()},
          {"chunks", chunks},
          {"microbatches", microbatches},
          {"schedule", schedule ? schedule.getValue().str() : ""},
          {"bubble", getBubble()},
          {"idle", work > 0 ? (end * stages.size() - work) / work : 0.0},
          {"step_us", last},
          {"timeline", std::move(timeline)}};
}

} // namespace

Json dpc::makePipelineJSON(ArrayRef<plan::ProgramOp> stages) {
  Simulator simulator(stages);
  return simulator.run() ? simulator.make() : Json();
}

std::optional<double> dpc::predictTime(ArrayRef<plan::ProgramOp> stages) {
  Simulator simulator(stages);
  if (!simulator.run())
    return std::nullopt;
  return simulator.getTime();
}

void dpc::drawTimeline(const Json &pipeline, llvm::raw_ostream &os) {
  constexpr int64_t kColumns = 96;
  double scale = pipeline["step_us"].get<double>() / kColumns;
  std::vector<std::string> lines(pipeline["stages"].get<size_t>(),
                                 std::string(kColumns, '.'));
  // A short task may share a column with its neighbours: the longest part wins.
  std::vector<std::vector<double>> shares(lines.size(),
                                          std::vector<double>(kColumns, 0));
  for (const Json &task : pipeline["timeline"]) {
    std::string phase = task["phase"];
    size_t stage = task["stage"];
    int64_t k = task["microbatch"];
    char mark = phase == "forward"    ? '0' + k % 10
                : phase == "backward" ? 'a' + k % 26
                : phase == "weight"   ? 'A' + k % 26
                                      : '#';
    double start = task["start_us"], end = task["end_us"];
    for (int64_t column = start / scale;
         column < kColumns && column * scale < end; ++column) {
      double share =
          std::min(end, (column + 1) * scale) - std::max(start, column * scale);
      if (share <= shares[stage][column])
        continue;
      shares[stage][column] = share;
      lines[stage][column] = mark;
    }
  }
  for (auto [i, line] : llvm::enumerate(lines))
    os << llvm::format("  stage %-3d ", static_cast<int>(i)) << line << '\n';
  os << "  forward 0-9, backward a-z"
     << (pipeline["schedule"] == "zero-bubble" ? ", weights A-Z" : "")
     << " (the microbatch), update #, waiting .\n";
}
