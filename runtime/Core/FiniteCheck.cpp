//===- FiniteCheck.cpp - Where a step's values stop being finite ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/FiniteCheck.h"

#include <cmath>
#include <map>

namespace dpc::rt {

FiniteCheck::Place FiniteCheck::getMatrix(const Tensor &tensor) {
  int64_t columns = tensor.shape.empty() ? 1 : tensor.shape.back();
  int64_t count = elementCount(tensor.shape).value_or(0);
  return {tensor.offset, tensor.dtype, columns ? count / columns : 0, columns};
}

FiniteCheck::FiniteCheck(const Program &program, const StepProgram &step,
                         Device &device, const char *arena)
    : program(program), step(step), device(device), arena(arena),
      reader(device) {
  constexpr int64_t fewElements = 16;
  for (const Instruction &instruction : step.instructions) {
    places.push_back(watched.size());
    // What a collective receives has not come yet.
    if (instruction.kind == InstructionKind::CollectiveStart)
      continue;
    for (const Write &region : instruction.writes) {
      Place place = getMatrix(region);
      place.turn = region.turn;
      bool isFew = place.count() <= fewElements;
      // Of products of many matrices, each a little one, the next one of a
      // whole shows it too.
      bool isProduct = instruction.kind == InstructionKind::Library &&
                       region.shape.size() >= 2 &&
                       place.rows == region.shape.end()[-2];
      if (isFloat(region.dtype) && (isFew || isProduct))
        watched.push_back(place);
    }
  }
  places.push_back(watched.size());
  auto isTrained = [&](const Parameter &parameter) {
    return parameter.trainable && program.isMine(parameter) &&
           isFloat(parameter.dtype);
  };
  for (const Parameter &parameter : program.parameters)
    if (isTrained(parameter))
      parameters.emplace_back(&parameter, getMatrix(parameter));
  for (const Tensor &state : program.state)
    if (program.isMine(state) && isFloat(state.dtype))
      parameters.emplace_back(&state, getMatrix(state));
}

Status FiniteCheck::checkInitial(const std::string &path) {
  std::vector<std::pair<const Tensor *, Place>> finite;
  for (const auto &[parameter, place] : parameters) {
    std::optional<BadValue> bad =
        findNotFinite(read(place), parameter->dtype, place.count());
    if (!bad)
      finite.emplace_back(parameter, place);
    else if (bad->onlyNegative)
      mask = parameter->name;
    else
      return Error{path,
                   "the initial parameter '" + parameter->name + "' holds " +
                       bad->name,
                   "mend the model, or train with --nan continue"};
  }
  parameters = std::move(finite);
  return {};
}

const char *FiniteCheck::read(const Place &place, int64_t iteration) {
  return reader.read(arena + place.offset + place.turn.at(iteration),
                     place.count() * typeBytes(place.type));
}

bool FiniteCheck::isFinite(const Place &place, int64_t iteration) {
  const char *data = read(place, iteration);
  return allFinite(data, place.type, place.rows ? place.columns : 0, 1) &&
         allFinite(data, place.type, place.columns ? place.rows : 0,
                   place.columns);
}

bool FiniteCheck::areFinite(const Place &place, int64_t count) {
  const char *data =
      reader.read(arena + place.offset, count * typeBytes(place.type));
  return allFinite(data, place.type, count);
}

void FiniteCheck::beginStep(int64_t number, const Batch &data) {
  // The ranks have agreed on that step.
  if (last.suspicion) {
    harmless.insert(last.suspicion->trigger.instruction);
    harmless.insert(last.suspicion->origin.instruction);
  }
  last = std::exchange(current, {number, std::nullopt, nullptr});
  batch = data;
}

bool FiniteCheck::areRowsFinite() {
  if (!watchesRows) {
    std::vector<Device::Row> rows;
    for (const auto &[parameter, place] : parameters)
      rows.push_back(
          {arena + place.offset, place.type, place.rows ? place.columns : 0});
    watchesRows = device.watchRows(rows);
  }
  return *watchesRows && device.areRowsFinite();
}

bool FiniteCheck::endStep(std::optional<double> loss, bool looked) {
  // Without a suspicion, only an update that is too large can have made them
  // so, which shows in every row.
  if (current.suspicion || !areRowsFinite())
    for (const auto &[parameter, place] : parameters)
      if (!current.parameter &&
          !areFinite(place, current.suspicion || place.rows == 0
                                ? place.count()
                                : place.columns))
        current.parameter = parameter;
  bool isGood = !current.parameter && (!loss || std::isfinite(*loss));
  if (!isGood && !looked && !step.instructions.empty()) {
    int64_t last = static_cast<int64_t>(step.instructions.size()) - 1;
    findOrigin({last, step.timesOf(last) - 1});
    // Of a mask nothing is to be said, and of an update that the parameter.
    const Suspicion &found = *current.suspicion;
    const std::string &phase =
        step.instructions[found.origin.instruction].phase;
    if (found.value.onlyNegative ||
        (current.parameter && phase != "forward" && phase != "backward"))
      current.suspicion.reset();
  }
  return isGood;
}

const FiniteCheck::Step &FiniteCheck::getStep(int64_t number) const {
  return last.number == number ? last : current;
}

void FiniteCheck::lookAt(Moment moment) {
  int64_t index = moment.instruction;
  if (harmless.count(index))
    return;
  for (size_t i = places[index]; i < places[index + 1]; ++i)
    if (!isFinite(watched[i], moment.iteration))
      return findOrigin(moment);
}

namespace {

/// Parts of the arena, without overlaps.
class Intervals {
public:
  bool overlaps(int64_t begin, int64_t end) const {
    auto next = ends.lower_bound(end);
    return next != ends.begin() && std::prev(next)->second > begin;
  }

  void add(int64_t begin, int64_t end) {
    for (auto next = ends.lower_bound(end); next != ends.begin();) {
      auto last = std::prev(next);
      if (last->second < begin)
        break;
      begin = std::min(begin, last->first);
      end = std::max(end, last->second);
      next = ends.erase(last);
    }
    ends[begin] = end;
  }

private:
  std::map<int64_t, int64_t> ends;
};

} // namespace

void FiniteCheck::findOrigin(Moment last) {
  Suspicion &found = current.suspicion.emplace();
  found.trigger = found.origin = last;
  std::optional<Tensor> origin;
  // Backwards, as what was written over is not there any more. What a
  // collective receives is there when it was waited for.
  Intervals later;
  std::set<int64_t> arrived;
  for (Moment at = last; at.instruction >= 0; at = step.before(at)) {
    const Instruction &instruction = step.instructions[at.instruction];
    int64_t collective = instruction.collectiveIn(at.iteration);
    bool starts = instruction.kind == InstructionKind::CollectiveStart;
    if (collective >= 0 && !starts)
      arrived.insert(collective);
    // A number is taken again in a loop.
    bool isThere = !starts || arrived.erase(collective);
    for (const Write &region : instruction.writes) {
      int64_t begin = region.offsetIn(at.iteration), end = begin + region.bytes;
      if (!isThere || later.overlaps(begin, end) ||
          harmless.count(at.instruction))
        continue;
      std::optional<BadValue> bad =
          findNotFinite(reader.read(arena + begin, region.bytes), region.dtype,
                        elementCount(region.shape).value_or(0));
      // A mask is not where it began, unless there is nothing else.
      if (!bad || (origin && bad->onlyNegative && !found.value.onlyNegative))
        continue;
      origin = region;
      origin->offset = begin;
      found.origin = at;
      found.value = *bad;
    }
    for (const Write &region : instruction.writes) {
      int64_t begin = region.offsetIn(at.iteration);
      later.add(begin, begin + region.bytes);
    }
  }
  if (origin)
    findRow(*origin);
}

void FiniteCheck::findRow(const Tensor &region) {
  if (!batch.data)
    return;
  Suspicion &found = *current.suspicion;
  if (std::optional<Dataset::Place> place =
          batch.data->findNotFinite(device, arena, batch.order, batch.first)) {
    found.file = place->file;
    found.row = place->row;
    found.isInFile = true;
    found.value = place->value;
    return;
  }
  // What has as many rows as the inputs has theirs, in the forward pass.
  const Instruction &origin = step.instructions[found.origin.instruction];
  const Input *input = nullptr;
  for (const Input &candidate : program.inputs)
    if (!input && program.isMine(candidate) && candidate.batchDim == 0 &&
        candidate.microbatches == 1)
      input = &candidate;
  if (!input || origin.phase != "forward" || region.shape.empty() ||
      region.shape[0] != input->shape[0])
    return;
  int64_t rows = region.shape[0];
  int64_t inner = elementCount(region.shape).value_or(0) / rows;
  int64_t firstBad = -1, bad = 0;
  const char *data = reader.read(arena + region.offset, region.bytes);
  for (int64_t row = 0; row < rows; ++row)
    if (!allFinite(data + row * inner * typeBytes(region.dtype), region.dtype,
                   inner)) {
      firstBad = firstBad < 0 ? row : firstBad;
      ++bad;
    }
  // If all are, it is not the data's doing.
  if (bad == 0 || bad == rows)
    return;
  Dataset::Place place =
      batch.data->findRow(*input, firstBad, batch.order, batch.first);
  found.file = place.file;
  found.row = place.row;
}

int64_t FiniteCheck::order(int64_t number) const {
  // A parameter alone is told last.
  constexpr int64_t phase = int64_t(1) << 60, stage = int64_t(1) << 32;
  const std::optional<Suspicion> &suspicion = getStep(number).suspicion;
  if (!suspicion)
    return getStep(number).parameter ? 3 * phase : 4 * phase;
  const std::string &name =
      step.instructions[suspicion->origin.instruction].phase;
  int64_t stages = program.mesh.size({pipeAxis});
  int64_t order = step.numberBefore(suspicion->origin);
  if (name == "forward")
    return order + program.stage * stage;
  // The backward pass goes through the stages the other way round.
  return order + (name == "backward" ? phase : 2 * phase) +
         (stages - 1 - program.stage) * stage;
}

Error FiniteCheck::describe(int64_t number) const {
  const auto &[ignored, suspicion, bad] = getStep(number);
  bool hasRate = false;
  for (const Scalar &scalar : program.scalars)
    hasRate |= scalar.name == "lr";
  std::string at = " at step " + std::to_string(number);
  std::string goOn = hasRate ? "lower --lr, " : "";
  if (!mask.empty())
    goOn += "compile with --freeze '" + mask + "', which holds -inf, ";
  goOn += "or go on with --nan continue";
  if (!suspicion)
    return Error{
        bad ? bad->name : "loss",
        (bad ? "is not finite after the update" : "is not finite") + at, goOn};
  const Instruction &origin = step.instructions[suspicion->origin.instruction];
  std::string what = std::string("the value is not finite (") +
                     suspicion->value.name + ")" + at;
  if (suspicion->isInFile)
    what = "the value is not finite" + at;
  if (!origin.phase.empty())
    what += " (" + origin.phase + ")";
  if (!suspicion->file.empty()) {
    what += ", first in ";
    if (suspicion->row >= 0)
      what += "row " + std::to_string(suspicion->row) + " of ";
    what += suspicion->file;
    if (suspicion->isInFile)
      what += std::string(", which holds ") + suspicion->value.name;
    goOn = "mend the data, " + goOn;
  }
  return Error{origin.node.empty() ? origin.name : origin.node, what, goOn};
}

} // namespace dpc::rt
