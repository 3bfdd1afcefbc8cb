//===- Program.h - The plan as the runtime sees it --------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What dialects/Support/PlanSchema.h describes, as read and checked for one rank.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_PROGRAM_H
#define DPC_RUNTIME_CORE_PROGRAM_H

#include "dialects/Support/MetricKind.h"
#include "dialects/Support/SubAxis.h"
#include "dialects/Support/Turn.h"
#include "runtime/Core/Error.h"
#include "runtime/Core/IndexRange.h"
#include "runtime/Core/Types.h"

#include <limits>
#include <string_view>

namespace dpc::rt {

/// The mesh axis of the pipeline's stages.
inline constexpr const char *pipeAxis = "pipe";

/// A region of the arena. After parsing, [offset, offset+bytes) lies within the
/// arena and `bytes` is what dtype and shape need.
struct Tensor {
  std::string name;
  DpcType dtype = DPC_F32;
  Shape shape;
  int64_t offset = 0;
  int64_t bytes = 0;
  /// The stage in whose arena it is; -1: all ranks'.
  int64_t stage = -1;
};

/// A region whose global value may be split by rows over mesh axes. After
/// parsing: batchDim is -1 or a dimension of both shapes, and
/// shape[batchDim] == ceil(globalShape[batchDim] / size of batchAxes).
struct ShardedTensor : Tensor {
  Shape globalShape;
  int64_t batchDim = -1;
  std::vector<std::string> batchAxes;
};

/// After parsing, shape[batchDim] is a multiple of `microbatches`, and all
/// ranks' blocks hold all rows. With several, that is instead of what is said
/// above.
struct Input : ShardedTensor {
  bool isLabel = false;
  /// A rank has a block of the rows of each. 1 of an input without rows.
  int64_t microbatches = 1;
  std::optional<int64_t> classes;
  std::optional<int64_t> ignoreIndex;
  /// What its integers must be, and the node that looks them up.
  std::optional<IndexRange> range;
  std::string rangeNode;
};

/// After parsing, the output's shape has as many elements as globalShape, and
/// outputDim is a dimension of it.
struct Result : ShardedTensor {
  std::string role;
  Shape outputShape;
  int64_t outputDim = -1;
  int64_t rowUnit = 1;
};

/// What outlives a step: a parameter, or state of the optimizer.
struct Persistent : Tensor {
  Shape globalShape;
  /// Of a state, the parameter whose initial value it starts with and whose
  /// running average it is; "" of others. After parsing, there is one, and a
  /// rank that has a part of the state has it of the parameter.
  std::string startsAs;
  /// Per dimension, the mesh axes that split it. After parsing, shape is
  /// globalShape split over them.
  std::vector<std::vector<std::string>> dimAxes;

  /// The axes that split a dimension.
  std::vector<std::string> splitAxes() const;
};

struct Parameter : Persistent {
  bool trainable = true;
};

struct Scalar : Tensor {
  double defaultValue = 0;
  /// Values lie in [low, high), as the scalar's type holds them.
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  std::string help;

  /// True for the names that the runtime sets; they are no flags.
  bool isReserved() const {
    return name == "step" || name == "seed" || name == "rows";
  }
};

/// An instruction that checks integers.
struct RangeCheck {
  Shape shape, globalShape;
  /// How many elements belong to a row of the batch; 0 if they belong to none.
  int64_t perRow = 0;
};

enum class InstructionKind {
  Kernel,
  Library,
  CollectiveStart,
  Wait,
  RankIndex,
  CheckRange,
  Copy
};

enum class CollectiveKind {
  AllReduce,
  Reduce,
  AllGather,
  ReduceScatter,
  AllToAll,
  Permute,
  Send,
  Recv
};

/// As the schema spells them.
std::string_view getName(InstructionKind kind);
std::string_view getName(CollectiveKind kind);

/// After parsing, all that an iteration can move to lies within the arena.
struct Write : Tensor {
  Turn turn;

  int64_t offsetIn(int64_t iteration) const {
    return offset + turn.at(iteration);
  }
};

struct Instruction {
  InstructionKind kind = InstructionKind::Kernel;
  std::string name;
  std::string node;
  std::string phase;
  int64_t collective = -1;
  Turn collectiveTurn;
  std::optional<RangeCheck> check;
  /// Where it leaves values; of a collective's start, those that have come when
  /// it was waited for.
  std::vector<Write> writes;

  int64_t collectiveIn(int64_t iteration) const {
    return collective < 0 ? collective
                          : collective + collectiveTurn.at(iteration);
  }
};

/// An instruction as it runs.
struct Moment {
  /// Its index; -1 in front of the first one.
  int64_t instruction = 0;
  /// Of its loop; 0 outside of one.
  int64_t iteration = 0;
};

/// The instructions [begin, end) run `times` times.
struct Loop {
  int64_t begin = 0, end = 0, times = 1;
};

struct Collective {
  /// Of a permute: whose value each rank of the group gets, by group index.
  std::vector<int64_t> sources;
  CollectiveKind kind = CollectiveKind::AllReduce;
  std::string node;
  std::string phase;
  int64_t bytes = 0;
  /// How often a step starts it.
  int64_t times = 1;
  int64_t group = 0;
  /// Of a message, the other rank's index in the group; else -1.
  int64_t peer = -1;
};

struct StepProgram {
  std::string name;
  std::vector<Instruction> instructions;
  /// In their order, without overlaps.
  std::vector<Loop> loops;
  std::vector<Collective> collectives;
  std::vector<Result> results;
  /// Whose program it is; -1: all ranks'.
  int64_t stage = -1;
  /// Its place in dpc_step_functions.
  size_t index = 0;
  /// A batch must hold a multiple of so many rows, because of the node.
  int64_t rowMultiple = 1;
  std::string rowNode;

  /// How often an instruction runs in a step.
  int64_t timesOf(int64_t instruction) const;
  /// How many instructions a step runs before that one.
  int64_t numberBefore(Moment moment) const;
  /// The one that runs before.
  Moment before(Moment moment) const;
  const Result *findResult(std::string_view name) const;
  /// Whether batches of `batch` rows, the last one perhaps with fewer, can hold
  /// `rows` rows; the error names `flag`.
  Status checkRows(const char *flag, int64_t rows, int64_t batch) const;
};

/// What an evaluation makes of the sums of its results; see PlanSchema.cpp,
/// Metrics. After parsing, the results fit the kind, and rank 0's "eval" has
/// them.
struct MetricRule {
  std::string name;
  MetricKind kind = MetricKind::Mean;
  std::vector<std::string> results;
  /// One per pair of results.
  std::vector<double> weights;
};

struct MeshAxis {
  std::string name;
  int64_t size = 1;
};

/// The mesh's axes in the order that defines the ranks' coordinates.
struct Mesh {
  std::vector<MeshAxis> axes;

  /// Product of the axes' sizes.
  int64_t size(const std::vector<std::string> &names) const;
  /// Linear index of `rank` over the named axes, the first being the slowest.
  int64_t linearIndex(const std::vector<std::string> &names,
                      int64_t rank) const;
  /// The rank that shares `rank`'s coordinates on all but the named axes, on
  /// which it has coordinate 0.
  int64_t firstOfGroup(const std::vector<std::string> &names,
                       int64_t rank) const;
  /// Where a rank's number holds its coordinate on an axis, or on a part of one
  /// (SubAxis.h).
  RankDigit digit(const std::string &name) const;
  /// "data=2,tensor=4".
  std::string description() const;
};

struct Program {
  std::string hash;
  std::string model;
  /// Whose code it is, and so which device it runs on.
  std::string target;
  Mesh mesh;
  int64_t ranks = 1;
  int64_t batch = 1;
  /// The stage of the rank for which the program was parsed; 0 without stages.
  int64_t stage = 0;
  /// The length of that rank's arena.
  int64_t memoryBytes = 0;
  /// What libraries take beside the arena, about.
  int64_t libraryBytes = 0;
  /// Of a step, on the rank with the most; and of a second, as planned. 0 where
  /// the plan does not say.
  int64_t flops = 0;
  double computeRate = 0;
  std::vector<std::vector<std::string>> groups;
  /// Of all stages, in one order on all ranks.
  std::vector<Parameter> parameters;
  std::vector<Persistent> state;
  /// By name, each once: this rank's, or another stage's if it has none.
  std::vector<Input> inputs;
  std::vector<Scalar> scalars;
  /// The loss first; none without an evaluation.
  std::vector<MetricRule> metrics;
  /// Of all stages.
  std::vector<StepProgram> programs;

  /// Whether `tensor` is in this rank's arena.
  bool isMine(const Tensor &tensor) const {
    return tensor.stage < 0 || tensor.stage == stage;
  }
  /// Whose initial value a state starts with; null if it starts at zero.
  const Parameter *startOf(const Persistent &state) const;
  /// Where what is evaluated and saved of a parameter lies: its running
  /// average, if there is one.
  const Persistent &averageOf(const Parameter &parameter) const;
  /// Whether `rank` is the first of those that hold its part of `tensor`.
  bool isFirstHolder(const Persistent &tensor, int64_t rank) const;
  /// This rank's program of that name.
  const StepProgram *find(std::string_view name) const;
  const Input *findInput(std::string_view name) const;
};

/// Parses and checks the embedded JSON for one rank. Of another version of the
/// schema, or with other keys, it is refused.
Expected<Program> parseProgram(std::string_view json, int64_t rank = 0);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_PROGRAM_H
