//===- EventFile.h - Event files of TensorBoard -----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A file is a sequence of records, each with its length and masked CRC-32C
// (TFRecord), that hold messages of type tensorflow.Event (event.proto,
// summary.proto), of which a few fields are written here by hand. A run that
// goes on adds a file, whose first event has TensorBoard forget later steps.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_REPORT_EVENTFILE_H
#define DPC_RUNTIME_REPORT_EVENTFILE_H

#include "runtime/Report/Sink.h"
#include "runtime/Report/StreamFile.h"

namespace dpc::rt {

class EventFile : public Sink {
public:
  /// In `folder`, which is there. `stepsDone`: of the run that this one goes on
  /// from.
  static Expected<EventFile> open(const std::string &folder, int64_t stepsDone);

  const char *name() const override { return "events"; }
  Status step(const StepRecord &record) override;
  Status evaluation(int64_t step, const Evaluation &evaluation) override;
  Status flush() override { return file.flush(); }
  Status finish() override { return file.finish(); }

  /// The distribution of values; those that are not finite are left out.
  class Histogram;
  Status histogram(int64_t step, const std::string &name,
                   const Histogram &values);

private:
  explicit EventFile(StreamFile file) : file(std::move(file)) {}
  /// `content`: fields of an event beside its time and step.
  Status add(int64_t step, const std::string &content);

  StreamFile file;
};

class EventFile::Histogram {
public:
  void add(double value);
  /// As a HistogramProto.
  std::string encode() const;

private:
  /// Numbers of values by bucket; see getLimit().
  static constexpr int kBuckets = 774;
  static double getLimit(int bucket);

  double least = 0, most = 0, count = 0, sum = 0, squares = 0;
  /// Of negative and of other values, by size.
  std::vector<double> below = std::vector<double>(kBuckets + 1),
                      above = std::vector<double>(kBuckets + 1);
};

/// A record around `bytes`.
std::string frameRecord(std::string_view bytes);

} // namespace dpc::rt

#endif // DPC_RUNTIME_REPORT_EVENTFILE_H
