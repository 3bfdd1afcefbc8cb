//===- RunData.cpp - What a run reads, batch by batch ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/RunData.h"

#include "dialects/Support/Hash.h"
#include "runtime/Data/FileBytes.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

namespace dpc::rt {

/// Data beyond this is shuffled in blocks of this size. Constants, and not the
/// machine's memory: a run must take the same rows everywhere.
static constexpr int64_t permutedBytes = int64_t(32) << 30;
static constexpr int64_t shuffleBlockBytes = int64_t(4) << 20;
/// Data of this size may not be in the cache of files.
static constexpr int64_t cachedBytes = int64_t(256) << 20;
/// What batches that are read ahead may take, unless they are few.
static constexpr int64_t aheadBytes = int64_t(64) << 20;

/// The file that --columns names, or in inference the one beside the model.
Status RunData::readFits(const Run &run, const std::string &executable) {
  const Options &options = run.options;
  std::string path = options.reading.columns;
  if (path.empty() && !options.outputs.empty())
    for (const std::string &model :
         {options.params, executable, run.program.model})
      if (path.empty() && !model.empty() &&
          std::filesystem::exists(columnsPath(model)))
        path = columnsPath(model);
  if (path.empty())
    return {};
  Expected<FileBytes> bytes = FileBytes::open(path);
  if (!bytes.ok())
    return bytes.status();
  Expected<ColumnFits> read = readColumnFits(bytes->view(), path);
  if (read.ok())
    fits = std::move(*read);
  return read.status();
}

Expected<RunData> RunData::open(const Run &run, const std::string &executable) {
  const Program &program = run.program;
  const Options &options = run.options;
  bool trains = options.outputs.empty();
  RunData result;
  Status status = result.readFits(run, executable);
  auto open = [&](const std::vector<Binding> &bindings, bool isTraining,
                  std::optional<Dataset> &target) {
    OpenContext context{isTraining ? program.batch : 1,
                        run.control.rank(),
                        run.control.size(),
                        &result.fits,
                        isTraining,
                        isTraining ? options.reading.evalSplit : 0,
                        options.reading.splitSeed,
                        options.reading.memory};
    Expected<Dataset> opened = Dataset::open(program, bindings, context);
    if (opened.ok())
      target.emplace(std::move(*opened));
    status = opened.status();
  };
  if (status.ok())
    open(options.data, trains, result.data);
  if (status.ok() && !options.evalData.empty())
    open(options.evalData, false, result.evalData);
  if (!status.ok())
    return status.error();
  for (const Input &input : program.inputs)
    result.isBatched |= input.batchDim >= 0;
  if (double share = options.reading.evalSplit; share > 0) {
    if (!result.isBatched)
      return Error{"--eval-split", "the model's inputs have no rows",
                   "leave it out"};
    result.split =
        splitRows(result.data->rows(), share, options.reading.splitSeed);
    int64_t left = static_cast<int64_t>(result.split.training.size());
    if (left < program.batch)
      return Error{"--eval-split",
                   "leaves " + std::to_string(left) +
                       " rows to train on, fewer than " +
                       std::to_string(program.batch) + ", the global batch",
                   "give more data or a smaller share"};
  }
  if (result.isBatched)
    result.epochSteps = result.rows() / program.batch;
  result.trainingShuffle = result.chooseShuffle(options);
  return result;
}

int64_t RunData::rows() const {
  return split.training.empty() ? data->rows()
                                : static_cast<int64_t>(split.training.size());
}

int64_t RunData::evaluationRows() const {
  return evalData ? evalData->rows()
                  : static_cast<int64_t>(split.evaluation.size());
}

const char *RunData::evaluationFlag() const {
  return split.evaluation.empty() ? "--eval-data" : "--eval-split";
}

std::string RunData::describeSplit() const {
  uint64_t sum = 0;
  for (int64_t row : split.evaluation)
    sum = sum * 31 + static_cast<uint64_t>(row);
  return std::to_string(split.evaluation.size()) + " rows, sum " +
         std::to_string(sum);
}

std::string RunData::describeOrder() const {
  std::string order = "that of the files";
  if (trainingShuffle.kind == Shuffle::Kind::Rows)
    order = "shuffled";
  if (trainingShuffle.kind == Shuffle::Kind::Blocks)
    order =
        "shuffled in blocks of " + std::to_string(trainingShuffle.blockRows);
  if (!split.evaluation.empty())
    order += " without " + describeSplit();
  return order;
}

void RunData::addFacts(std::vector<Fact> &facts) const {
  const std::string hint = "give all ranks the same data";
  facts.push_back({"--data", std::to_string(data->rows()) + " rows", hint});
  facts.push_back({"--eval-data",
                   std::to_string(evalData ? evalData->rows() : 0) + " rows",
                   hint});
  facts.push_back({"--data",
                   "a table whose columns have the hash " +
                       Hash::text(Hash::of(writeColumnFits(fits))),
                   hint});
  facts.push_back({"--eval-split", describeSplit()});
  facts.push_back({"--shuffle-block",
                   std::to_string(trainingShuffle.kind == Shuffle::Kind::Blocks
                                      ? trainingShuffle.blockRows
                                      : 0)});
}

Shuffle RunData::chooseShuffle(const Options &options) const {
  Shuffle shuffle;
  shuffle.seed = options.seed;
  if (!options.shuffle || !isBatched)
    return shuffle;
  int64_t bytes = data->totalBytes(), rowBytes = bytes / data->rows();
  int64_t blockRows = options.reading.shuffleBlock.value_or(
      bytes <= permutedBytes
          ? 0
          : std::max<int64_t>(1, shuffleBlockBytes /
                                     std::max<int64_t>(1, rowBytes)));
  shuffle.kind = blockRows ? Shuffle::Kind::Blocks : Shuffle::Kind::Rows;
  shuffle.blockRows = std::clamp<int64_t>(blockRows, 1, rows());
  return shuffle;
}

std::unique_ptr<BatchReader>
RunData::makeReader(Run &run, const Dataset &dataset, int64_t count,
                    BatchReader::Choose choose) const {
  const DataOptions &options = run.options.reading;
  BatchReader::Threads threads;
  int cores = static_cast<int>(std::thread::hardware_concurrency());
  int spare = cores / run.control.size() - 1;
  if (options.dataThreads)
    threads.count = *options.dataThreads;
  else if (dataset.isSlow())
    threads.count = std::clamp(spare, 1, 8);
  else if (options.readAhead || dataset.totalBytes() > cachedBytes)
    threads.count = 1;
  // A thread that wakes late on a busy machine must not hold up small steps.
  int64_t roomFor = aheadBytes / std::max<int64_t>(1, dataset.batchBytes());
  threads.ahead = options.readAhead.value_or(std::max<int64_t>(
      std::clamp<int64_t>(roomFor, 4, 32), 2 * threads.count));
  if (threads.ahead == 0)
    threads.count = 0;
  return std::make_unique<BatchReader>(dataset, run.device, run.arena, count,
                                       std::move(choose), threads);
}

std::unique_ptr<BatchReader> RunData::train(Run &run, int64_t firstStep,
                                            int64_t lastStep) const {
  int64_t batch = run.program.batch, seed = run.options.seed;
  auto order =
      std::make_shared<RowOrder>(data->rows(), trainingShuffle, split.training);
  auto choose = [=, steps = epochSteps, batched = isBatched](int64_t index,
                                                             Batch &chosen) {
    int64_t step = firstStep - 1 + index;
    chosen.context = {seed, step / steps, /*isTraining=*/true};
    chosen.order.resize(static_cast<size_t>(batch));
    if (batched)
      order->get(step / steps, step % steps * batch, chosen.order);
    else
      std::iota(chosen.order.begin(), chosen.order.end(), 0);
  };
  return makeReader(run, *data, std::max<int64_t>(lastStep - firstStep + 1, 0),
                    choose);
}

std::unique_ptr<BatchReader>
RunData::readInOrder(Run &run, const Dataset &dataset,
                     std::vector<int64_t> subset) const {
  int64_t batch = run.program.batch;
  auto order =
      std::make_shared<RowOrder>(dataset.rows(), Shuffle(), std::move(subset));
  auto choose = [=](int64_t index, Batch &chosen) {
    chosen.context = {};
    chosen.order.resize(
        static_cast<size_t>(std::min(batch, order->rows() - index * batch)));
    order->get(0, index * batch, chosen.order);
  };
  return makeReader(run, dataset, (order->rows() + batch - 1) / batch, choose);
}

std::unique_ptr<BatchReader> RunData::evaluate(Run &run) const {
  return evalData ? readInOrder(run, *evalData, {})
                  : readInOrder(run, *data, split.evaluation);
}

std::unique_ptr<BatchReader> RunData::infer(Run &run) const {
  return readInOrder(run, *data, {});
}

} // namespace dpc::rt
