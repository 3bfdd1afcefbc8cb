//===- Program.h - The plan as the runtime sees it --------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The JSON that the compiler embeds as dpc_program_json. `dpc plan --json`
// prints the same object: the plan is one artifact.
//
// {
//   "dpc": "0.1.0", "model": "mlp.onnx", "strategy": "data",
//   "mesh": {"data": 2}, "ranks": 2, "target": "cpu",
//   "hash": "0123456789abcdef",     of everything below and of the code
//   "training": true, "loss": "softmax-cross-entropy", "optimizer": "momentum",
//   "batch": 100,                   global batch, as the user gave it
//   "memory_bytes": 1234567,        length of the arena, per rank; of a
//                                   pipeline, the largest stage's, as is
//                                   "memory"
//   "memory": {"parameters": .., "optimizer_state": .., "inputs": ..,
//              "gradients": .., "temporaries": ..},
//   "memory_per_stage": [{"stage": 0, "memory_bytes": .., "memory": {..},
//                         "flops": ..}],   of a pipeline only
//   "flops": 40123456,              per rank and step; of a pipeline, the most
//                                   that a stage has
//   "kernels": [{"name": "train_k0", "nodes": ["fc1"], "phase": "forward",
//                "launches": 1, "flops": .., "bytes": ..}],   of one launch;
//                the
//                                   first's nodes and phase
//   "collectives": [..],            those of the training step (of the
//                                   inference program when not training), of
//                                   all stages, every message once: a "send"
//                                   with "from" and "to"
//   "reshards": [{"program": "train", "phase": "forward", "node": "fc2",
//                 "from": "[data, -] sum over tensor", "to": "[data, -]",
//                 "reason": "dot of 'fc2' leaves a sum over tensor, and ...",
//                 "steps": [{"kind": "all_reduce", "axes": ["tensor"],
//                            "bytes": 480}]}],   none: a rank keeps its part
//   "groups": [["data"]],           mesh axes of each communicator
//   "parameters": [{"name": "fc1.weight", "dtype": "f32", "shape": [128,784],
//                   "offset": 0, "bytes": 401408, "trainable": true,
//                   "global_shape": [256,784],    both only where a dimension
//                   "dim_axes": [["tensor"], []]  is split: the axes, by
//                   }],                           dimension
//   "state": [{"name": "fc1.weight.momentum", ...same keys...}],   starts at 0
//   "inputs": [{"name": "image", "role": "input", "dtype": "u8",
//               "shape": [50,28,28],          this rank's, padding included
//               "global_shape": [100,28,28],
//               "offset": 0, "bytes": 39200,
//               "batch_dim": 0,               -1: not batched
//               "batch_axes": ["data"],       mesh axes over the batch dim
//               "microbatches": 2},           optional, see "Rows"
//              {"name": "label", "role": "label", "dtype": "i32",
//               "shape": [50], "global_shape": [100], "classes": 10, ...}],
//               "range": {"lower": -5, "upper": 5, "node": "wte"}, optional:
//               what must lie in [lower, upper), as "node" looks it up.
//               "classes": labels must lie in [0, classes); "ignore_index": a
//               label outside of that range that is allowed. Both optional.
//   "scalars": [{"name": "lr", "dtype": "f32", "offset": 64, "default": 0.01,
//                "range": [0, 1e38],   optional: values lie in [0, 1e38)
//                "help": "learning rate"}],
//               each is a run-time flag --NAME, except the names that the
//               runtime sets itself: "step" (i64, 1 for the first step),
//               "seed" (i64, --seed), "rows" (i64, valid rows of the global
//               batch, used by "eval")
//   "programs": [{"name": "train" | "eval" | "infer", "symbol": "dpc_train",
//     "row_multiple": 4, "row_node": "pick",    optional: a batch must hold a
//                       multiple of so many rows, because of this node
//     "instructions": [{"kind": "kernel" | "matmul" | "collective_start" |
//                       "wait" | "rank_index" | "check_range" | "copy",
//                       "name": "train_k0",
//                       "node": "fc1", "phase": "forward" | "backward" |
//                       "update", "collective": 0 (for start and wait),
//                       "nodes": [..] (of a kernel with several),
//                       "shape": [4, 7], "global_shape": [8, 7], (of
//                       "check_range": the part's and the whole tensor's)
//                       "rows": 8 (the whole's elements belong in their order
//                       to so many rows of the batch),
//                       "writes": [{"offset": 512, "dtype": "f32",
//                                   "shape": [50, 128]}]   floats that "train"
//                                   leaves in memory
//                       }],
//     "collectives": [{"kind": "all_reduce", "axes": ["data"], "ranks": 2,
//                      "bytes": 407080, "node": "fc1", "phase": "backward",
//                      "group": 0,
//                      "reason": "dot of 'fc1' ...",      where one is known
//                      "sources": [1, 0],                 of "permute"
//                      "peer": 1, "channel": 7}],   of "send" and "recv"
//     "results": [{"name": "loss", "role": "loss" | "metric" | "output",
//                  "dtype": "f32", "shape": [], "offset": 128, "bytes": 4,
//                  "global_shape": [], "batch_dim": -1, "batch_axes": [],
//                  "output_shape": [12, 5], "output_dim": 0, "row_unit": 1}]}]
//                  these only of an output, see "Results"
// }
//
// Entries of "parameters", "state", "inputs", "scalars" and "programs" that
// have a "stage" are for the ranks with that coordinate on the mesh axis "pipe"
// only. Every stage has an arena of its own. A parameter is on one stage; an
// input or scalar may be on several, at different offsets.
//
// dtypes: f32 f64 bf16 f16 i8 i16 i32 i64 u8 u16 u32 u64 i1.
// A rank's coordinates on the mesh are its rank number in row-major order of
// the axes as "mesh" lists them. Where axes are named, "tensor:(1)2" is a part
// of the axis "tensor" (SubAxis.h).
//
// Rows. A batched value's local part is ceil(batch / n) rows, n = the product
// of "batch_axes"; rank index r holds the global rows [r*local, (r+1)*local).
// Rows at or past the end of the batch are padding: the loader fills them with
// zeros, and the compiled program's results do not depend on them. Of an input
// with "microbatches" m, a rank has one block of local / m = p rows of each
// microbatch, one after the other: for k < m the global rows
// [(k*n + r)*p, (k*n + r + 1)*p). p may be more than ceil(batch / (n*m)).
//
// Parts. A dimension of n elements over p parts has ceil(n / p) on every rank;
// index r along its axes holds [r*ceil(n/p), (r+1)*ceil(n/p)). Elements at or
// past n are padding, which no result depends on.
//
// Results. "loss" of "train" is the mean over the global batch. "eval" returns
// metrics as sums over the rows < "rows" of one batch: "loss_sum", "count" (the
// weight of the rows that count) and, where accuracy is defined, "correct".
// Losses and metrics are defined on rank 0 only. Outputs of "infer" stay
// sharded by rows. An output that the model returns with its rows merged with
// something else, as [12, 5] of 4 rows, has a shape with the rows apart, [4, 3,
// 5], and is written as [3 * rows of the data, 5]: "output_dim" grows with the
// rows. One step along "batch_dim" is "row_unit" rows.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_PROGRAM_H
#define DPC_RUNTIME_CORE_PROGRAM_H

#include "runtime/Core/Error.h"
#include "runtime/Core/IndexRange.h"
#include "runtime/Core/Types.h"
#include "support/SubAxis.h"

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

struct Parameter : Tensor {
  bool trainable = true;
  Shape globalShape;
  /// Per dimension, the mesh axes that split it. After parsing, shape is
  /// globalShape split over them.
  std::vector<std::vector<std::string>> dimAxes;

  /// The axes that split a dimension.
  std::vector<std::string> splitAxes() const;
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

struct Instruction {
  std::string kind;
  std::string name;
  std::string node;
  std::string phase;
  int64_t collective = -1;
  std::optional<RangeCheck> check;
  /// Where it leaves values; of a collective's start, those that have come when
  /// it was waited for.
  std::vector<Tensor> writes;
};

struct Collective {
  /// Of a permute: whose value each rank of the group gets, by group index.
  std::vector<int64_t> sources;
  std::string kind;
  std::string node;
  std::string phase;
  int64_t bytes = 0;
  int64_t group = 0;
  /// Of a message, the other rank's index in the group; else -1.
  int64_t peer = -1;
};

struct StepProgram {
  std::string name;
  std::vector<Instruction> instructions;
  std::vector<Collective> collectives;
  std::vector<Result> results;
  /// Whose program it is; -1: all ranks'.
  int64_t stage = -1;
  /// Its place in dpc_step_functions.
  size_t index = 0;
  /// A batch must hold a multiple of so many rows, because of the node.
  int64_t rowMultiple = 1;
  std::string rowNode;

  const Result *findResult(std::string_view name) const;
  /// Whether batches of `batch` rows, the last one perhaps with fewer, can hold
  /// `rows` rows; the error names `flag`.
  Status checkRows(const char *flag, int64_t rows, int64_t batch) const;
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
  std::string target = "cpu";
  Mesh mesh;
  int64_t ranks = 1;
  int64_t batch = 1;
  /// The stage of the rank for which the program was parsed; 0 without stages.
  int64_t stage = 0;
  /// The length of that rank's arena.
  int64_t memoryBytes = 0;
  std::vector<std::vector<std::string>> groups;
  /// Of all stages, in one order on all ranks.
  std::vector<Parameter> parameters;
  std::vector<Tensor> state;
  /// By name, each once: this rank's, or another stage's if it has none.
  std::vector<Input> inputs;
  std::vector<Scalar> scalars;
  /// Of all stages.
  std::vector<StepProgram> programs;

  /// Whether `tensor` is in this rank's arena.
  bool isMine(const Tensor &tensor) const {
    return tensor.stage < 0 || tensor.stage == stage;
  }
  /// Whether `rank` is the first of those that hold its part of `parameter`.
  bool isFirstHolder(const Parameter &parameter, int64_t rank) const;
  /// This rank's program of that name.
  const StepProgram *find(std::string_view name) const;
  const Input *findInput(std::string_view name) const;
};

/// Parses and checks the embedded JSON for one rank. Unknown keys are allowed.
Expected<Program> parseProgram(std::string_view json, int64_t rank = 0);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_PROGRAM_H
