//===- Program.cpp - The plan as the runtime sees it ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Program.h"
#include "dialects/Support/PlanSchema.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <tuple>

namespace dpc::rt {

// The order of "mesh" is meaningful.
using Json = nlohmann::ordered_json;

/// In the order of the enumerations.
static constexpr std::string_view instructionNames[] = {
    "kernel",      "library", "collective_start", "wait", "rank_index",
    "check_range", "copy"};
static constexpr std::string_view collectiveNames[] = {
    "all_reduce", "reduce",  "all_gather", "reduce_scatter",
    "all_to_all", "permute", "send",       "recv"};

std::string_view getName(InstructionKind kind) {
  return instructionNames[static_cast<size_t>(kind)];
}

std::string_view getName(CollectiveKind kind) {
  return collectiveNames[static_cast<size_t>(kind)];
}

Status StepProgram::checkRows(const char *flag, int64_t rows,
                              int64_t batch) const {
  int64_t last = rows % batch;
  if (last % rowMultiple == 0)
    return {};
  std::string hint =
      "give a multiple of " + std::to_string(rowMultiple) + " rows";
  if (rowMultiple == batch)
    hint += " or compile with a --batch that divides them";
  return Error{rowNode.empty() ? flag : rowNode,
               "combines rows of the batch in a way that needs " +
                   (rowMultiple == batch
                        ? "full batches of " + std::to_string(batch) + " rows"
                        : "a multiple of " + std::to_string(rowMultiple)) +
                   ", but the last batch of " + flag + " has " +
                   std::to_string(last),
               hint};
}

int64_t StepProgram::timesOf(int64_t instruction) const {
  for (const Loop &loop : loops)
    if (loop.begin <= instruction && instruction < loop.end)
      return loop.times;
  return 1;
}

int64_t StepProgram::numberBefore(Moment moment) const {
  int64_t number = moment.instruction;
  for (const Loop &loop : loops)
    if (loop.end <= moment.instruction)
      number += (loop.times - 1) * (loop.end - loop.begin);
    else if (loop.begin <= moment.instruction)
      number += moment.iteration * (loop.end - loop.begin);
  return number;
}

Moment StepProgram::before(Moment moment) const {
  for (const Loop &loop : loops) {
    if (moment.instruction == loop.begin && moment.iteration > 0)
      return {loop.end - 1, moment.iteration - 1};
    if (moment.instruction == loop.end && moment.iteration == 0 &&
        loop.begin < loop.end)
      return {loop.end - 1, loop.times - 1};
    if (moment.instruction == loop.begin)
      moment.iteration = 0;
  }
  return {moment.instruction - 1, moment.iteration};
}

const Result *StepProgram::findResult(std::string_view name) const {
  for (const Result &result : results)
    if (result.name == name)
      return &result;
  return nullptr;
}

RankDigit Mesh::digit(const std::string &name) const {
  return findRankDigit(axes, name).value_or(RankDigit{1, 1});
}

int64_t Mesh::size(const std::vector<std::string> &names) const {
  int64_t product = 1;
  for (const std::string &name : names)
    product *= digit(name).size;
  return product;
}

int64_t Mesh::linearIndex(const std::vector<std::string> &names,
                          int64_t rank) const {
  int64_t index = 0;
  for (const std::string &name : names)
    index = index * digit(name).size + digit(name).get(rank);
  return index;
}

int64_t Mesh::firstOfGroup(const std::vector<std::string> &names,
                           int64_t rank) const {
  int64_t first = rank;
  for (const std::string &name : names)
    first -= digit(name).get(rank) * digit(name).stride;
  return first;
}

std::string Mesh::description() const {
  std::string text;
  for (const MeshAxis &axis : axes)
    text +=
        (text.empty() ? "" : ",") + axis.name + "=" + std::to_string(axis.size);
  return text;
}

std::vector<std::string> Persistent::splitAxes() const {
  std::vector<std::string> result;
  for (const std::vector<std::string> &axes : dimAxes)
    result.insert(result.end(), axes.begin(), axes.end());
  return result;
}

bool Program::isFirstHolder(const Persistent &tensor, int64_t rank) const {
  std::vector<std::string> axes = tensor.splitAxes();
  if (tensor.stage >= 0) {
    if (mesh.linearIndex({pipeAxis}, rank) != tensor.stage)
      return false;
    axes.push_back(pipeAxis);
  }
  return mesh.firstOfGroup(axes, rank) == 0;
}

const Parameter *Program::startOf(const Persistent &state) const {
  if (state.startsAs.empty())
    return nullptr;
  for (const Parameter &parameter : parameters)
    if (parameter.name == state.startsAs && parameter.stage == state.stage &&
        parameter.dtype == state.dtype &&
        parameter.globalShape == state.globalShape)
      return &parameter;
  return nullptr;
}

const Persistent &Program::averageOf(const Parameter &parameter) const {
  for (const Persistent &tensor : state)
    if (tensor.startsAs == parameter.name)
      return tensor;
  return parameter;
}

const StepProgram *Program::find(std::string_view name) const {
  for (const StepProgram &program : programs)
    if (program.name == name && (program.stage < 0 || program.stage == stage))
      return &program;
  return nullptr;
}

const Input *Program::findInput(std::string_view name) const {
  for (const Input &input : inputs)
    if (input.name == name)
      return &input;
  return nullptr;
}

namespace {

/// Thrown within this file only; parseProgram turns it into an Error.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void require(bool condition, const std::string &what) {
  if (!condition)
    throw Malformed(what);
}

template <typename Kind, size_t N>
Kind parseKind(const std::string &name, const std::string_view (&names)[N]) {
  const auto *found = std::find(std::begin(names), std::end(names), name);
  require(found != std::end(names), "unknown kind '" + name + "'");
  return static_cast<Kind>(found - std::begin(names));
}

int64_t divideCeil(int64_t a, int64_t b) { return a / b + (a % b != 0); }

class Parser {
public:
  Program parse(const Json &json, int64_t rank) {
    program.hash = json.at(schema::plan("hash")).get<std::string>();
    program.model = json.value(schema::plan("model"), "");
    program.target = json.value(schema::plan("target"), program.target);
    program.ranks = json.at(schema::plan("ranks")).get<int64_t>();
    program.batch = json.at(schema::plan("batch")).get<int64_t>();
    program.memoryBytes = json.at(schema::plan("memory_bytes")).get<int64_t>();
    for (const Json &entry : list(json, schema::plan("library_memory"))) {
      int64_t bytes = entry.at(schema::libraryMemory("bytes")).get<int64_t>();
      require(bytes >= 0 && !__builtin_add_overflow(program.libraryBytes, bytes,
                                                    &program.libraryBytes),
              "bad \"bytes\" of \"library_memory\"");
    }
    program.flops = json.value(schema::plan("flops"), int64_t(0));
    program.computeRate = json.value(schema::plan("compute_rate"), 0.0);
    require(program.ranks >= 1 && program.ranks <= INT32_MAX, "bad \"ranks\"");
    require(program.batch >= 1, "bad \"batch\"");
    require(program.memoryBytes >= 0, "bad \"memory_bytes\"");
    parseMesh(json.at(schema::plan("mesh")));
    parseStages(json, rank);
    for (const Json &group : list(json, schema::plan("groups"))) {
      program.groups.push_back(group.get<std::vector<std::string>>());
      checkAxes(program.groups.back());
    }
    for (const Json &entry : list(json, schema::plan("parameters"))) {
      Parameter parameter;
      parsePersistent(entry, parameter);
      parameter.trainable = entry.value(schema::persistent("trainable"), true);
      program.parameters.push_back(std::move(parameter));
    }
    for (const Json &entry : list(json, schema::plan("state"))) {
      parsePersistent(entry, program.state.emplace_back());
      parseStart(entry, program.state.back());
    }
    for (const Json &entry : list(json, schema::plan("inputs")))
      addByName(parseInput(entry), program.inputs);
    for (const Json &entry : list(json, schema::plan("scalars")))
      addByName(parseScalar(entry), program.scalars);
    for (const Json &entry : list(json, schema::plan("programs")))
      parseStepProgram(entry);
    for (const Json &entry : list(json, schema::plan("metrics")))
      parseMetric(entry);
    require(!program.find("eval") || !program.metrics.empty(),
            "program 'eval' has no metrics");
    return std::move(program);
  }

private:
  static const Json &list(const Json &json, const char *key) {
    static const Json empty = Json::array();
    auto found = json.find(key);
    if (found == json.end())
      return empty;
    require(found->is_array(), std::string("\"") + key + "\" is no list");
    return *found;
  }

  void parseMesh(const Json &json) {
    require(json.is_object(), "\"mesh\" is no object");
    int64_t product = 1;
    for (const auto &[name, size] : json.items()) {
      MeshAxis axis{name, size.get<int64_t>()};
      require(axis.size >= 1 &&
                  !__builtin_mul_overflow(product, axis.size, &product),
              "bad size of mesh axis " + name);
      program.mesh.axes.push_back(std::move(axis));
    }
    require(product == program.ranks, "\"mesh\" and \"ranks\" disagree");
  }

  void parseStages(const Json &json, int64_t rank) {
    const Json &stages = list(json, schema::plan("memory_per_stage"));
    if (stages.empty())
      return;
    program.stage = program.mesh.linearIndex({pipeAxis}, rank);
    for (const Json &entry : stages) {
      stageBytes.push_back(
          entry.at(schema::stage("memory_bytes")).get<int64_t>());
      require(stageBytes.back() >= 0 &&
                  stageBytes.back() <= program.memoryBytes,
              "bad \"memory_bytes\" of a stage");
    }
    require(int64_t(stageBytes.size()) == program.mesh.size({pipeAxis}),
            "\"memory_per_stage\" does not fit the mesh");
    program.memoryBytes = stageBytes[program.stage];
  }

  int64_t parseStage(const Json &json, int64_t otherwise = -1) {
    int64_t stage = json.value(schema::program("stage"), otherwise);
    require(stage >= -1 && stage < int64_t(stageBytes.size()),
            "unknown stage " + std::to_string(stage));
    return stage;
  }

  /// Of what several stages have under one name, keeps this rank's.
  template <typename T> void addByName(T entry, std::vector<T> &entries) {
    for (T &other : entries) {
      if (other.name != entry.name)
        continue;
      bool agrees = other.dtype == entry.dtype;
      if constexpr (std::is_same_v<T, Input>)
        agrees &= other.globalShape == entry.globalShape;
      require(agrees, "'" + entry.name + "' differs between stages");
      if (!program.isMine(other))
        other = std::move(entry);
      return;
    }
    entries.push_back(std::move(entry));
  }

  void checkAxes(const std::vector<std::string> &names) {
    for (size_t i = 0; i < names.size(); ++i) {
      require(findRankDigit(program.mesh.axes, names[i]).has_value(),
              "unknown mesh axis " + names[i]);
      for (size_t j = 0; j < i; ++j)
        require(names[i] != names[j] && !program.mesh.digit(names[i]).overlaps(
                                            program.mesh.digit(names[j])),
                "mesh axis " + names[i] + " twice in one list");
    }
  }

  DpcType parseDtype(const Json &json) {
    std::string name = json.at(schema::region("dtype")).get<std::string>();
    std::optional<DpcType> type = parseType(name);
    require(type.has_value(), "unknown dtype " + name);
    return *type;
  }

  Turn parseTurn(const Json &json, const char *key) {
    if (!json.contains(key))
      return {};
    auto numbers = json.at(key).get<std::vector<int64_t>>();
    require(numbers.size() == 3 &&
                *std::min_element(numbers.begin(), numbers.end()) >= 0,
            "a turn is no list of three numbers");
    require(numbers[2] < std::max<int64_t>(numbers[1], 1),
            "a turn begins behind its last place");
    return {numbers[0], numbers[1], numbers[2]};
  }

  /// Where what starts at `place` is at most in `times` iterations; -1 if that is
  /// no number.
  static int64_t lastPlace(int64_t place, const Turn &turn, int64_t times) {
    int64_t distance, last;
    if (__builtin_mul_overflow(turn.mostSteps(times), turn.stride, &distance) ||
        __builtin_add_overflow(place, distance, &last))
      return -1;
    return last;
  }

  void checkRegion(const Tensor &tensor) {
    int64_t length =
        tensor.stage < 0 ? program.memoryBytes : stageBytes[tensor.stage];
    require(tensor.offset >= 0 && tensor.bytes >= 0 &&
                tensor.offset <= length &&
                tensor.bytes <= length - tensor.offset,
            "'" + tensor.name + "' lies outside of the arena");
  }

  /// Name and stage are set.
  void parseRegion(const Json &json, Tensor &tensor) {
    tensor.dtype = parseDtype(json);
    tensor.shape = json.at(schema::region("shape")).get<Shape>();
    tensor.offset = json.at(schema::region("offset")).get<int64_t>();
    tensor.bytes = byteCount(tensor.shape, tensor.dtype).value_or(-1);
    checkRegion(tensor);
  }

  void parseTensor(const Json &json, Tensor &tensor) {
    tensor.name = json.at(schema::persistent("name")).get<std::string>();
    tensor.stage = parseStage(json, tensor.stage);
    parseRegion(json, tensor);
    require(json.at(schema::persistent("bytes")).get<int64_t>() == tensor.bytes,
            "\"bytes\" of '" + tensor.name + "' does not fit its shape");
  }

  void parsePersistent(const Json &json, Persistent &tensor) {
    parseTensor(json, tensor);
    size_t rank = tensor.shape.size();
    tensor.globalShape =
        json.value(schema::persistent("global_shape"), tensor.shape);
    tensor.dimAxes = json.value(schema::persistent("dim_axes"),
                                std::vector<std::vector<std::string>>(rank));
    checkAxes(tensor.splitAxes());
    bool shapesFit = tensor.globalShape.size() == rank &&
                     tensor.dimAxes.size() == rank &&
                     elementCount(tensor.globalShape);
    for (size_t i = 0; shapesFit && i < rank; ++i) {
      int64_t global = tensor.globalShape[i];
      int64_t parts = program.mesh.size(tensor.dimAxes[i]);
      shapesFit = tensor.shape[i] == divideCeil(global, parts);
    }
    require(shapesFit, "the shapes of '" + tensor.name + "' do not fit");
  }

  void parseStart(const Json &json, Persistent &state) {
    state.startsAs = json.value(schema::persistent("starts_as"), std::string());
    require(state.startsAs.empty() || program.startOf(state),
            "'" + state.name + "' starts as no parameter");
  }

  /// Whether a rank with `local` rows, a block of each microbatch, has its part
  /// of `rows`. There is no more padding than a row for every rank in a block.
  bool fitsMicrobatches(int64_t local, int64_t rows, int64_t microbatches,
                        int64_t parts) {
    if (microbatches < 1 || microbatches > rows || local % microbatches != 0)
      return false;
    int64_t block = local / microbatches;
    int64_t needed = divideCeil(divideCeil(rows, microbatches), parts);
    return block >= needed && block - needed < program.ranks;
  }

  void parseSharded(const Json &json, ShardedTensor &tensor,
                    std::optional<int64_t> microbatches = std::nullopt) {
    parseTensor(json, tensor);
    tensor.globalShape =
        json.value(schema::input("global_shape"), tensor.shape);
    tensor.batchDim = json.value(schema::input("batch_dim"), int64_t(-1));
    tensor.batchAxes =
        json.value(schema::input("batch_axes"), std::vector<std::string>());
    checkAxes(tensor.batchAxes);
    int64_t rank = static_cast<int64_t>(tensor.shape.size());
    bool shapesFit = tensor.globalShape.size() == tensor.shape.size() &&
                     elementCount(tensor.globalShape) &&
                     tensor.batchDim >= -1 && tensor.batchDim < rank;
    for (int64_t i = 0; shapesFit && i < rank; ++i) {
      int64_t global = tensor.globalShape[i], parts = 1;
      if (i == tensor.batchDim)
        parts = program.mesh.size(tensor.batchAxes);
      shapesFit =
          i == tensor.batchDim && microbatches
              ? fitsMicrobatches(tensor.shape[i], global, *microbatches, parts)
              : tensor.shape[i] == divideCeil(global, parts);
    }
    require(shapesFit, "the shapes of '" + tensor.name + "' do not fit");
  }

  Input parseInput(const Json &json) {
    Input input;
    std::optional<int64_t> microbatches;
    if (json.contains(schema::input("microbatches")))
      microbatches = json.at(schema::input("microbatches")).get<int64_t>();
    parseSharded(json, input, microbatches);
    require(!microbatches || input.batchDim >= 0,
            "input '" + input.name + "' has microbatches but no rows");
    input.microbatches = microbatches.value_or(1);
    std::string role = json.value(schema::input("role"), "input");
    require(role == "input" || role == "label", "unknown role " + role);
    input.isLabel = role == "label";
    if (json.contains(schema::input("classes")))
      input.classes = json.at(schema::input("classes")).get<int64_t>();
    if (json.contains(schema::input("ignore_index")))
      input.ignoreIndex = json.at(schema::input("ignore_index")).get<int64_t>();
    if (json.contains(schema::input("range"))) {
      const Json &range = json.at(schema::input("range"));
      input.range = IndexRange{range.at(schema::range("lower")).get<int64_t>(),
                               range.at(schema::range("upper")).get<int64_t>()};
      input.rangeNode = range.at(schema::range("node")).get<std::string>();
      require(!isFloat(input.dtype),
              "input '" + input.name + "' has a range but no integers");
    }
    if (input.batchDim >= 0)
      require(input.globalShape[input.batchDim] == program.batch,
              "input '" + input.name + "' does not have \"batch\" rows");
    return input;
  }

  Scalar parseScalar(const Json &json) {
    Scalar scalar;
    scalar.name = json.at(schema::scalar("name")).get<std::string>();
    scalar.dtype = parseDtype(json);
    scalar.offset = json.at(schema::scalar("offset")).get<int64_t>();
    scalar.stage = parseStage(json);
    scalar.bytes = typeBytes(scalar.dtype);
    checkRegion(scalar);
    auto found = json.find(schema::scalar("default"));
    if (found != json.end() && !found->is_null())
      scalar.defaultValue = found->get<double>();
    if (json.contains(schema::scalar("range")))
      std::tie(scalar.low, scalar.high) =
          json.at(schema::scalar("range")).get<std::pair<double, double>>();
    scalar.help = json.value(schema::scalar("help"), "");
    return scalar;
  }

  RangeCheck parseCheck(const Json &json) {
    RangeCheck check;
    check.shape = json.at(schema::instruction("shape")).get<Shape>();
    check.globalShape =
        json.at(schema::instruction("global_shape")).get<Shape>();
    std::optional<int64_t> count = elementCount(check.globalShape);
    require(check.shape.size() == check.globalShape.size() &&
                elementCount(check.shape) && count,
            "the shapes of a check do not fit");
    if (json.contains(schema::instruction("rows"))) {
      int64_t rows = json.at(schema::instruction("rows")).get<int64_t>();
      require(rows > 0 && *count % rows == 0, "the rows of a check do not fit");
      check.perRow = *count / rows;
    }
    return check;
  }

  void parseOutputShape(const Json &json, Result &result) {
    result.outputShape =
        json.value(schema::result("output_shape"), result.globalShape);
    result.outputDim =
        json.value(schema::result("output_dim"), result.batchDim);
    result.rowUnit = json.value(schema::result("row_unit"), int64_t(1));
    require(result.rowUnit >= 1 && program.batch % result.rowUnit == 0 &&
                result.outputDim >= -1 &&
                result.outputDim < int64_t(result.outputShape.size()) &&
                (result.outputDim >= 0) == (result.batchDim >= 0) &&
                elementCount(result.outputShape) ==
                    elementCount(result.globalShape),
            "the shape of output '" + result.name + "' does not fit");
  }

  void parseMetric(const Json &json) {
    MetricRule &rule = program.metrics.emplace_back();
    rule.name = json.at(schema::metric("name")).get<std::string>();
    auto kind =
        parseMetricKind(json.at(schema::metric("kind")).get<std::string>());
    require(kind.has_value(), "metric '" + rule.name + "' is of no kind");
    rule.kind = *kind;
    rule.results =
        json.at(schema::metric("results")).get<std::vector<std::string>>();
    size_t count = rule.results.size();
    bool isArea = *kind == MetricKind::Area;
    rule.weights = json.value(schema::metric("weights"),
                              std::vector<double>(count / 2, 1));
    require(isArea ? count == 3
                   : count >= 2 && count % 2 == 0 &&
                         (count == 2 || *kind == MetricKind::Mean) &&
                         rule.weights.size() == count / 2,
            "the results of metric '" + rule.name + "' do not fit");
    // Other stages do not have them.
    const StepProgram *eval = program.find("eval");
    if (program.stage != 0 || !eval)
      return;
    bool isList = isArea || *kind == MetricKind::MacroF1;
    std::optional<int64_t> length;
    for (const std::string &name : rule.results) {
      const Result *result = eval->findResult(name);
      require(result != nullptr,
              "metric '" + rule.name + "' is of no result '" + name + "'");
      int64_t elements = elementCount(result->shape).value_or(0);
      require(result->shape == result->globalShape,
              "result '" + name + "' is not whole");
      require(isList ? elements == length.value_or(elements) : elements == 1,
              "result '" + name + "' does not fit metric '" + rule.name + "'");
      require(!isArea || elements % program.batch == 0,
              "result '" + name + "' does not have rows");
      length = elements;
    }
  }

  void parseStepProgram(const Json &json) {
    StepProgram step;
    step.name = json.at(schema::program("name")).get<std::string>();
    step.index = program.programs.size();
    step.stage = parseStage(json);
    step.rowMultiple = json.value(schema::program("row_multiple"), int64_t(1));
    step.rowNode = json.value(schema::program("row_node"), "");
    require(step.rowMultiple >= 1 && program.batch % step.rowMultiple == 0,
            "\"row_multiple\" of program '" + step.name +
                "' does not divide the batch");
    for (const Json &entry : list(json, schema::program("collectives"))) {
      Collective collective;
      collective.kind = parseKind<CollectiveKind>(
          entry.at(schema::collective("kind")).get<std::string>(),
          collectiveNames);
      collective.node = entry.value(schema::collective("node"), "");
      collective.phase = entry.value(schema::collective("phase"), "");
      collective.bytes = entry.value(schema::collective("bytes"), int64_t(0));
      collective.times = entry.value(schema::collective("times"), int64_t(1));
      collective.group = entry.value(schema::collective("group"), int64_t(0));
      require(collective.group >= 0 &&
                  collective.group < int64_t(program.groups.size()),
              "a collective of program '" + step.name + "' has no group");
      collective.peer = entry.value(schema::collective("peer"), int64_t(-1));
      require(collective.peer >= -1 &&
                  collective.peer <
                      program.mesh.size(program.groups[collective.group]),
              "a message of program '" + step.name + "' has no peer");
      if (collective.kind == CollectiveKind::Permute) {
        collective.sources =
            entry.at(schema::collective("sources")).get<std::vector<int64_t>>();
        std::vector<int64_t> sorted = collective.sources;
        std::sort(sorted.begin(), sorted.end());
        bool isPermutation =
            int64_t(sorted.size()) ==
            program.mesh.size(program.groups[collective.group]);
        for (size_t i = 0; isPermutation && i < sorted.size(); ++i)
          isPermutation = sorted[i] == int64_t(i);
        require(isPermutation, "a permute of program '" + step.name +
                                   "' names not every rank of its group once");
      }
      step.collectives.push_back(std::move(collective));
    }
    int64_t count = list(json, schema::program("instructions")).size(), end = 0;
    for (const Json &entry : list(json, schema::program("loops"))) {
      Loop loop = {entry.at(schema::loop("begin")).get<int64_t>(),
                   entry.at(schema::loop("end")).get<int64_t>(),
                   entry.at(schema::loop("times")).get<int64_t>()};
      require(end <= loop.begin && loop.begin <= loop.end &&
                  loop.end <= count && loop.times >= 1,
              "a loop of program '" + step.name + "' is none");
      end = loop.end;
      step.loops.push_back(loop);
    }
    for (const Json &entry : list(json, schema::program("instructions"))) {
      Instruction instruction;
      const int64_t times = step.timesOf(step.instructions.size());
      const auto kind =
          entry.at(schema::instruction("kind")).get<std::string>();
      instruction.kind = parseKind<InstructionKind>(kind, instructionNames);
      instruction.name = entry.value(schema::instruction("name"), kind);
      instruction.node = entry.value(schema::instruction("node"), "");
      instruction.phase = entry.value(schema::instruction("phase"), "");
      if (entry.contains(schema::instruction("collective")))
        instruction.collective =
            entry.at(schema::instruction("collective")).get<int64_t>();
      instruction.collectiveTurn =
          parseTurn(entry, schema::instruction("turn"));
      require(instruction.collective >= -1 &&
                  lastPlace(instruction.collective, instruction.collectiveTurn,
                            times) < int64_t(step.collectives.size()) &&
                  (instruction.collective < 0 ||
                   lastPlace(instruction.collective, instruction.collectiveTurn,
                             times) >= 0),
              "an instruction of program '" + step.name +
                  "' names no collective");
      if (instruction.kind == InstructionKind::CheckRange)
        instruction.check = parseCheck(entry);
      for (const Json &region : list(entry, schema::instruction("writes"))) {
        Write &tensor = instruction.writes.emplace_back();
        tensor.name = instruction.name;
        tensor.stage = step.stage;
        parseRegion(region, tensor);
        tensor.turn = parseTurn(region, schema::region("turn"));
        Tensor last = tensor;
        last.offset = lastPlace(tensor.offset, tensor.turn, times);
        checkRegion(last);
      }
      step.instructions.push_back(std::move(instruction));
    }
    for (const Json &entry : list(json, schema::program("results"))) {
      Result result;
      result.stage = step.stage;
      parseSharded(entry, result);
      result.role = entry.value(schema::result("role"), "output");
      parseOutputShape(entry, result);
      step.results.push_back(std::move(result));
    }
    program.programs.push_back(std::move(step));
  }

  Program program;
  /// The lengths of the stages' arenas; empty without stages.
  std::vector<int64_t> stageBytes;
};

} // namespace

/// Empty if the runtime can read this plan.
static std::string findFault(const Json &json) {
  auto found = json.find(schema::plan("schema"));
  if (found == json.end() || !found->is_number_integer())
    return "has no version of its schema";
  int64_t version = found->get<int64_t>();
  if (version != schema::version)
    return "is of version " + std::to_string(version) +
           " of the schema, but this runtime reads version " +
           std::to_string(schema::version);
  std::string fault = schema::findFault(json, /*isWhole=*/false);
  return fault.empty() ? "" : "is broken: " + fault;
}

Expected<Program> parseProgram(std::string_view text, int64_t rank) {
  std::string fault;
  try {
    Json json = Json::parse(text);
    fault = findFault(json);
    if (fault.empty())
      return Parser().parse(json, rank);
  } catch (const std::exception &failure) {
    fault = std::string("is broken: ") + failure.what();
  }
  return Error{"plan", "the embedded plan " + fault, "compile the model again"};
}

} // namespace dpc::rt
