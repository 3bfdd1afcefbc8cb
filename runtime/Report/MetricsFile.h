//===- MetricsFile.h - A JSON line per step ---------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A value that is not finite is null, which is what JSON has. Lines of an
// earlier run are kept under another name; those of the run that goes on stay,
// up to the step behind which it does.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_REPORT_METRICSFILE_H
#define DPC_RUNTIME_REPORT_METRICSFILE_H

#include "runtime/Report/Sink.h"
#include "runtime/Report/StreamFile.h"

namespace dpc::rt {

class MetricsFile : public Sink {
public:
  /// `stepsDone`: of the run that this one goes on from. `lossDigits`: what the
  /// loss's type holds.
  static Expected<MetricsFile> open(const std::string &path, int64_t stepsDone,
                                    int lossDigits, bool quiet);

  const char *name() const override { return "metrics"; }
  Status step(const StepRecord &record) override;
  Status evaluation(int64_t step, const Evaluation &evaluation) override;
  Status flush() override { return withReason(file.flush()); }
  Status finish() override;

private:
  MetricsFile(StreamFile file, int lossDigits)
      : file(std::move(file)), lossDigits(lossDigits) {}
  static Status withReason(Status status);

  StreamFile file;
  int lossDigits;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_REPORT_METRICSFILE_H
