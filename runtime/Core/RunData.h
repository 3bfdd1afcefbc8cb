//===- RunData.h - What a run reads, batch by batch -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// From the flags to the batches: the files, the rows that train and those that
// evaluate, their order, and how far ahead they are read.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_RUNDATA_H
#define DPC_RUNTIME_CORE_RUNDATA_H

#include "runtime/Core/Runner.h"
#include "runtime/Data/BatchReader.h"
#include "runtime/Data/RowOrder.h"

namespace dpc::rt {

class RunData {
public:
  /// Opens and checks the files, as Dataset::open does.
  static Expected<RunData> open(const Run &run, const std::string &executable);

  const Dataset &dataset() const { return *data; }
  /// Rows to train on, or of an inference.
  int64_t rows() const;
  bool hasEvaluation() const { return evalData || !split.evaluation.empty(); }
  int64_t evaluationRows() const;
  /// The flag that says what to evaluate on.
  const char *evaluationFlag() const;
  /// Steps that the rows are enough for; without batched inputs, each step is an
  /// epoch.
  int64_t stepsPerEpoch() const { return epochSteps; }
  const Shuffle &shuffle() const { return trainingShuffle; }
  /// "shuffled in blocks of 1000 without 40 rows, sum 123".
  std::string describeOrder() const;
  /// Statistics of the columns of tables; what a model needs with its weights.
  const ColumnFits &columnFits() const { return fits; }
  void addFacts(std::vector<Fact> &facts) const;

  /// The batches of the steps from `firstStep`, counted from 1, to `lastStep`.
  std::unique_ptr<BatchReader> train(Run &run, int64_t firstStep,
                                     int64_t lastStep) const;
  /// All rows in the files' order; the last batch may have fewer.
  std::unique_ptr<BatchReader> evaluate(Run &run) const;
  std::unique_ptr<BatchReader> infer(Run &run) const;

private:
  std::unique_ptr<BatchReader> makeReader(Run &run, const Dataset &dataset,
                                          int64_t count,
                                          BatchReader::Choose choose) const;
  std::unique_ptr<BatchReader> readInOrder(Run &run, const Dataset &dataset,
                                           std::vector<int64_t> subset) const;
  std::string describeSplit() const;
  Shuffle chooseShuffle(const Options &options) const;
  Status readFits(const Run &run, const std::string &executable);

  std::optional<Dataset> data, evalData;
  ColumnFits fits;
  RowSplit split;
  Shuffle trainingShuffle;
  bool isBatched = false;
  int64_t epochSteps = 1;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_RUNDATA_H
