//===- Options.h - The compiled program's command line ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_OPTIONS_H
#define DPC_RUNTIME_CORE_OPTIONS_H

#include "runtime/Checkpoint/CheckpointFlags.h"
#include "runtime/Core/BestModelFlags.h"
#include "runtime/Core/DataOptions.h"
#include "runtime/Core/LearningRate.h"
#include "runtime/Report/ReportFlags.h"

namespace dpc::rt {

/// INPUT=FILE.
struct Binding {
  std::string input;
  std::string file;
};

struct Options {
  std::vector<Binding> data;
  std::vector<Binding> evalData;
  DataOptions reading;
  /// At most one of the two is set; neither means one epoch.
  std::optional<int64_t> epochs;
  std::optional<int64_t> steps;
  /// Values of the plan's scalars, in their order, defaults filled in.
  std::vector<double> scalars;
  LearningRateOptions learningRate;
  CheckpointOptions checkpoint;
  BestModelOptions bestModel;
  ReportOptions report;
  int64_t seed = 0;
  bool shuffle = true;
  std::string metrics;
  std::string saveOnnx;
  std::string saveSafetensors;
  std::string trace;
  int64_t traceSteps = 20;
  std::string outputs;
  std::string params;
  bool quiet = false;
  /// Whether the device may repeat a step that it was told once.
  bool keepsPrograms = true;
  /// What comes of values that are not finite.
  std::string nan = "stop";
  /// 1 unless given.
  std::optional<int> threads;
  /// Seconds until a collective counts as stalled; 0 for never.
  double timeout = 600;
  /// The settings that were given, as --config reads them, and where to write
  /// them.
  std::string settings, saveConfig;
  bool printPlan = false;
  bool printHelp = false;
  /// Set when printHelp is.
  std::string help;
};

/// Parses the command line; --help and --plan come back as flags, after which
/// nothing else of the line is checked.
Expected<Options> parseOptions(const Program &program, int argc, char **argv);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_OPTIONS_H
