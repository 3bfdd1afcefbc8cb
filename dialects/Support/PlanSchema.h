//===- PlanSchema.h - What a plan's JSON holds ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The one description of the JSON that the compiler embeds as dpc_program_json
// and that `dpc plan --json` prints: the plan is one artifact. The compiler
// checks what it writes against these tables, the runtime what it reads, and
// `dpc plan --help-json` prints them with the notes of PlanSchema.cpp.
//
// Who changes a table changes `version` and `fingerprint`, too; a static_assert
// says so.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_PLANSCHEMA_H
#define DPC_DIALECTS_SUPPORT_PLANSCHEMA_H

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

namespace dpc::schema {

enum class Type {
  Integer,
  Number,
  Text,
  Flag,
  /// An element type, by name.
  Dtype,
  Integers,
  Numbers,
  Texts,
  /// A list of lists of texts.
  TextLists,
  /// An object whose values are integers; the order of its keys counts.
  Sizes,
  /// An object, or a list of objects, of Field::record.
  Object,
  Objects,
  /// The same, or null.
  ObjectOrNull
};

enum class Presence {
  /// Nothing runs without it.
  Needed,
  /// Always written; readers have a default.
  Always,
  Optional
};

struct Record;

struct Field {
  const char *key;
  Type type;
  Presence presence;
  const char *text;
  const Record *record = nullptr;
};

struct Record {
  const char *name;
  std::span<const Field> fields;

  /// The key itself; no program that asks for another one compiles.
  consteval const char *operator()(std::string_view key) const {
    for (const Field &field : fields)
      if (field.key == key)
        return field.key;
    throw "the schema has no such key";
  }
};

// clang-format off: one line a field.

using enum Type;
using enum Presence;

inline constexpr Field regionFields[] = {
  {"offset", Integer, Needed, "from the start of the arena"},
  {"dtype", Dtype, Needed, ""},
  {"shape", Integers, Needed, ""},
  {"turn", Integers, Optional, "of the offset: see Loops"}};
inline constexpr Record region{"region", regionFields};

inline constexpr Field persistentFields[] = {
  {"name", Text, Needed, ""},
  {"dtype", Dtype, Needed, ""},
  {"shape", Integers, Needed, "this rank's part, padding included"},
  {"offset", Integer, Needed, ""},
  {"bytes", Integer, Needed, "of shape and dtype"},
  {"stage", Integer, Optional, "see Stages"},
  {"global_shape", Integers, Optional, "where a dimension is split; see Parts"},
  {"dim_axes", TextLists, Optional, "of each dimension, the mesh axes that split it, where any is"},
  {"trainable", Flag, Optional, "of a parameter: training changes it"},
  {"starts_as", Text, Optional, "of a state: the parameter whose initial value it starts with, and whose running average it is"}};
inline constexpr Record persistent{"persistent", persistentFields};

inline constexpr Field rangeFields[] = {
  {"lower", Integer, Needed, ""},
  {"upper", Integer, Needed, "what must lie in [lower, upper)"},
  {"node", Text, Needed, "which looks it up"}};
inline constexpr Record range{"range", rangeFields};

inline constexpr Field inputFields[] = {
  {"name", Text, Needed, ""},
  {"dtype", Dtype, Needed, ""},
  {"shape", Integers, Needed, "this rank's part, padding included; see Rows"},
  {"offset", Integer, Needed, ""},
  {"bytes", Integer, Needed, "of shape and dtype"},
  {"stage", Integer, Optional, "see Stages"},
  {"role", Text, Always, "input or label"},
  {"global_shape", Integers, Always, ""},
  {"batch_dim", Integer, Always, "which dimension the rows are; -1: it has none"},
  {"batch_axes", Texts, Always, "mesh axes that split the rows"},
  {"microbatches", Integer, Optional, "see Rows"},
  {"classes", Integer, Optional, "labels lie in [0, classes)"},
  {"ignore_index", Integer, Optional, "a label outside of that range that is allowed"},
  {"range", Object, Optional, "what its integers must be", &range}};
inline constexpr Record input{"input", inputFields};

inline constexpr Field scalarFields[] = {
  {"name", Text, Needed, "the run-time flag is --NAME, but for those that the runtime sets: see Scalars"},
  {"dtype", Dtype, Needed, ""},
  {"offset", Integer, Needed, ""},
  {"stage", Integer, Optional, "see Stages"},
  {"default", Number, Optional, ""},
  {"range", Numbers, Optional, "values lie in [first, second)"},
  {"help", Text, Optional, ""}};
inline constexpr Record scalar{"scalar", scalarFields};

inline constexpr Field instructionFields[] = {
  {"kind", Text, Needed, "kernel, library, collective_start, wait, rank_index, check_range or copy"},
  {"name", Text, Always, ""},
  {"node", Text, Always, "the ONNX node that it is for"},
  {"phase", Text, Always, "forward, backward or update"},
  {"nodes", Texts, Optional, "of a kernel that is for several"},
  {"collective", Integer, Optional, "of collective_start and wait, its index in \"collectives\""},
  {"turn", Integers, Optional, "of that index: see Loops"},
  {"shape", Integers, Optional, "of check_range, the part's"},
  {"global_shape", Integers, Optional, "of check_range, the whole tensor's"},
  {"rows", Integer, Optional, "of check_range: the whole's elements belong in their order to so many rows of the batch"},
  {"writes", Objects, Optional, "floats that \"train\" leaves in memory", &region}};
inline constexpr Record instruction{"instruction", instructionFields};

inline constexpr Field collectiveFields[] = {
  {"kind", Text, Needed, "all_reduce, reduce, all_gather, reduce_scatter, all_to_all, permute, send or recv"},
  {"axes", Texts, Always, "mesh axes over whose ranks it goes"},
  {"ranks", Integer, Always, "how many these are"},
  {"bytes", Integer, Always, "of the tensor"},
  {"times", Integer, Optional, "how often it is started in a step, if not once"},
  {"node", Text, Always, ""},
  {"phase", Text, Always, ""},
  {"group", Integer, Always, "index in \"groups\""},
  {"reason", Text, Optional, "why it is there, where one is known"},
  {"sources", Integers, Optional, "of permute: whose value each rank of the group gets, by its index there"},
  {"peer", Integer, Optional, "of send and recv in a program, the other rank's index in the group"},
  {"channel", Integer, Optional, "of send and recv, the message's number in the step; of several times, of the first"},
  {"stage", Integer, Optional, "in \"collectives\" of the plan, of a pipeline"},
  {"from", Integer, Optional, "there, of send: the stage that sends"},
  {"to", Integer, Optional, "there, of send: the stage that receives"}};
inline constexpr Record collective{"collective", collectiveFields};

inline constexpr Field resultFields[] = {
  {"name", Text, Needed, ""},
  {"dtype", Dtype, Needed, ""},
  {"shape", Integers, Needed, "this rank's part"},
  {"offset", Integer, Needed, ""},
  {"bytes", Integer, Needed, "of shape and dtype"},
  {"role", Text, Always, "loss, metric or output; see Results"},
  {"global_shape", Integers, Always, ""},
  {"batch_dim", Integer, Always, "-1: it has no rows"},
  {"batch_axes", Texts, Always, ""},
  {"output_shape", Integers, Optional, "of an output, as the model returns it"},
  {"output_dim", Integer, Optional, "which of its dimensions grows with the rows"},
  {"row_unit", Integer, Optional, "rows in one step along batch_dim"}};
inline constexpr Record result{"result", resultFields};

inline constexpr Field loopFields[] = {
  {"begin", Integer, Needed, "index of the first instruction"},
  {"end", Integer, Needed, "one past that of the last"},
  {"times", Integer, Needed, ""}};
inline constexpr Record loop{"loop", loopFields};

inline constexpr Field programFields[] = {
  {"name", Text, Needed, "train, eval or infer"},
  {"symbol", Text, Always, "the function in the executable"},
  {"stage", Integer, Optional, "see Stages"},
  {"row_multiple", Integer, Optional, "a batch must hold a multiple of so many rows"},
  {"row_node", Text, Optional, "because of this node"},
  {"instructions", Objects, Always, "in their order", &instruction},
  {"loops", Objects, Optional, "instructions that run several times, for one microbatch after the other", &loop},
  {"collectives", Objects, Always, "", &collective},
  {"results", Objects, Always, "", &result}};
inline constexpr Record program{"program", programFields};

inline constexpr Field memoryFields[] = {
  {"parameters", Integer, Always, "bytes"},
  {"optimizer_state", Integer, Always, ""},
  {"inputs", Integer, Always, "and labels and scalars"},
  {"gradients", Integer, Always, "those that the update reads"},
  {"temporaries", Integer, Always, "activations, and gaps"}};
inline constexpr Record memory{"memory", memoryFields};

inline constexpr Field libraryMemoryFields[] = {
  {"name", Text, Always, "the library's"},
  {"bytes", Integer, Needed, "of a rank"},
  {"how", Text, Always, "the number was found"}};
inline constexpr Record libraryMemory{"library_memory", libraryMemoryFields};

inline constexpr Field stageFields[] = {
  {"stage", Integer, Always, ""},
  {"memory_bytes", Integer, Needed, "length of its ranks' arenas"},
  {"memory", Object, Always, "", &memory},
  {"flops", Integer, Always, ""}};
inline constexpr Record stage{"stage", stageFields};

inline constexpr Field slotFields[] = {
  {"stage", Integer, Always, ""},
  {"chunk", Integer, Always, ""},
  {"microbatch", Integer, Always, ""},
  {"phase", Text, Always, ""},
  {"start_us", Number, Always, ""},
  {"end_us", Number, Always, ""}};
inline constexpr Record slot{"slot", slotFields};

inline constexpr Field pipelineFields[] = {
  {"stages", Integer, Always, ""},
  {"chunks", Integer, Always, "pieces of the model per stage"},
  {"microbatches", Integer, Always, ""},
  {"schedule", Text, Always, ""},
  {"bubble", Number, Always, "what the schedule itself costs: idle, if all stages had equal work and messages took no time"},
  {"idle", Number, Always, "time that the stages wait over time that they work"},
  {"step_us", Number, Always, ""},
  {"timeline", Objects, Always, "", &slot}};
inline constexpr Record pipeline{"pipeline", pipelineFields};

inline constexpr Field kernelFields[] = {
  {"name", Text, Always, ""},
  {"nodes", Texts, Always, "of its first launch"},
  {"phase", Text, Always, "of its first launch"},
  {"launches", Integer, Always, ""},
  {"flops", Integer, Always, "of one launch"},
  {"bytes", Integer, Always, "of one launch"}};
inline constexpr Record kernel{"kernel", kernelFields};

inline constexpr Field reshardStepFields[] = {
  {"kind", Text, Always, ""},
  {"axes", Texts, Always, ""},
  {"bytes", Integer, Always, ""}};
inline constexpr Record reshardStep{"step", reshardStepFields};

inline constexpr Field reshardFields[] = {
  {"program", Text, Always, ""},
  {"phase", Text, Always, ""},
  {"node", Text, Always, ""},
  {"from", Text, Always, "a layout, as [data, -] sum over tensor"},
  {"to", Text, Always, ""},
  {"reason", Text, Always, ""},
  {"steps", Objects, Always, "none: a rank keeps its part", &reshardStep}};
inline constexpr Record reshard{"reshard", reshardFields};

inline constexpr Field metricFields[] = {
  {"name", Text, Needed, ""},
  {"kind", Text, Needed, "mean, share, exp, root, macro_f1 or area; see Metrics"},
  {"results", Texts, Needed, "of \"eval\""},
  {"weights", Numbers, Optional, "of the terms of a mean, if not 1"}};
inline constexpr Record metric{"metric", metricFields};

inline constexpr Field planFields[] = {
  {"dpc", Text, Always, "version of dpc"},
  {"schema", Integer, Needed, "version of what is described here"},
  {"model", Text, Always, ""},
  {"strategy", Text, Always, ""},
  {"choice", Text, Optional, "why this one, of a strategy that chooses"},
  {"mesh", Sizes, Needed, "axes and sizes, the slowest first: see Ranks"},
  {"ranks", Integer, Needed, "product of the axes' sizes"},
  {"target", Text, Always, "whose code the kernels are"},
  {"hash", Text, Needed, "of all below and of the code"},
  {"training", Flag, Always, ""},
  {"loss", Text, Always, ""},
  {"optimizer", Text, Always, ""},
  {"precision", Text, Always, "f32, tf32, bf16 or f16"},
  {"recompute", Text, Always, ""},
  {"batch", Integer, Needed, "the global one"},
  {"memory_bytes", Integer, Needed, "length of a rank's arena; of a pipeline, of the largest stage's, as is \"memory\""},
  {"memory", Object, Always, "", &memory},
  {"memory_per_stage", Objects, Optional, "of a pipeline", &stage},
  {"library_memory", Objects, Optional, "what libraries take of a device's memory beside the arena, as an estimate", &libraryMemory},
  {"pipeline", ObjectOrNull, Optional, "of a pipeline; null if a stage waits for ever", &pipeline},
  {"flops", Integer, Always, "per rank and step; of a pipeline, the most that a stage has"},
  {"compute_rate", Number, Optional, "of a rank, in FLOP per second, by --machine"},
  {"kernels", Objects, Always, "", &kernel},
  {"collectives", Objects, Always, "of the training step, or of inference: of all stages, every message once", &collective},
  {"reshards", Objects, Always, "of all programs", &reshard},
  {"groups", TextLists, Always, "mesh axes of each communicator"},
  {"parameters", Objects, Always, "", &persistent},
  {"state", Objects, Always, "of the optimizer; starts at zero, or as a parameter", &persistent},
  {"inputs", Objects, Always, "", &input},
  {"scalars", Objects, Always, "", &scalar},
  {"metrics", Objects, Optional, "of an evaluation, the loss first", &metric},
  {"programs", Objects, Always, "", &program}};
inline constexpr Record plan{"plan", planFields};

// clang-format on

/// A number that any change of keys, types or presences changes.
constexpr uint64_t getFingerprint(const Record &record,
                                  uint64_t hash = 0xcbf29ce484222325) {
  auto add = [&](uint64_t value) { hash = (hash ^ value) * 0x100000001b3; };
  for (const Field &field : record.fields) {
    for (char c : std::string_view(field.key))
      add(static_cast<unsigned char>(c));
    add(static_cast<uint64_t>(field.type) * 8 +
        static_cast<uint64_t>(field.presence));
    if (field.record)
      hash = getFingerprint(*field.record, hash);
  }
  return hash;
}

/// What readers and writers must agree on.
inline constexpr int64_t version = 7;
inline constexpr uint64_t fingerprint = 0xda4c704f038734f9;
static_assert(getFingerprint(plan) == fingerprint,
              "the schema has changed: give it another version, and the "
              "fingerprint that it has now");

/// What is wrong with `json`, as "programs[0].name is no text"; empty if
/// nothing. Keys that are not in the schema are wrong. `isWhole`: fields that
/// are always written must be there, too.
std::string findFault(const nlohmann::ordered_json &json, bool isWhole);

/// The tables and the notes, for people.
std::string describe();

} // namespace dpc::schema

#endif // DPC_DIALECTS_SUPPORT_PLANSCHEMA_H
