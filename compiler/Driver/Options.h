//===- Options.h - what the user asks for -----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_OPTIONS_H
#define DPC_COMPILER_DRIVER_OPTIONS_H

#include "dialects/Dist/Strategy.h"

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dpc {

/// What to make of the model, in the order in which it is made.
enum class Product {
  ONNX,
  NN,
  Sharded,
  ONNXSharded,
  Local,
  Plan,
  LLVM,
  PTX,
  Executable
};

/// The options that compile, plan and verify share; see `dpc compile --help`.
struct CompileOptions {
  std::string model;  ///< path of the ONNX file
  std::string output; ///< executable, or file for other products
  Product emit = Product::Executable;
  std::string strategyWord; ///< as given; empty: by the mesh
  dist::Strategy strategy = dist::Strategy::Single; ///< by completeOptions
  std::string choice;              ///< what strategy model compared
  std::string mesh;                ///< "data=2"; empty: from `ranks`
  int64_t ranks = 0;               ///< 0: from `mesh`, else 1
  int64_t zeroLevel = 0;           ///< what is split over data: 0 nothing
  int64_t accumulate = 1;          ///< microbatches of a step on every rank
  int64_t microbatches = 0;        ///< of a pipeline; 0: choose
  std::string schedule;            ///< of a pipeline; empty: 1f1b
  bool unrollMicrobatches = false; ///< no loop in the plan
  int64_t chunks = 0;              ///< pieces per stage; 0: 2 if interleaved
  std::string recompute;           ///< empty: by memoryLimit, without it none
  std::string memory;              ///< the limit as given: "1.5GiB"
  int64_t memoryLimit = 0;         ///< bytes per rank; 0: none
  /// With settings, several with kLossSeparator between; empty: the model's
  /// own, else inference.
  std::string loss;
  std::string metrics;              ///< of the evaluation: "top5,perplexity"
  std::string optimizer = "sgd";    ///< "adamw,lr=0.001"
  std::vector<std::string> noDecay; ///< name patterns
  std::vector<std::string> rates;   ///< PATTERN=X of learning rates
  bool decayAll = false;            ///< biases and norms, too
  double averageDecay = 0;          ///< of averages of parameters; 0: none
  double clipNorm = 0;              ///< of all gradients together; 0: none
  double clipValue = 0;             ///< of each element; 0: none
  /// f32, tf32, bf16 or f16, and the type in which gradients are summed.
  std::string precision = "f32", reducePrecision = "f32";
  int64_t batch = 0;                  ///< global batch; 0: the model's
  std::vector<std::string> batchDims; ///< INPUT:DIM or SYMBOL; empty: choose
  std::vector<std::string> dims;      ///< NAME=N
  /// Name patterns of weights, the last that matches holds: "+PATTERN" is
  /// trained, "-PATTERN" is not.
  std::vector<std::string> selection;
  std::vector<std::string> freezeRows; ///< NAME=ROW that look-ups do not train
  bool followLinks = false;            ///< to weights outside of the folder
  bool sequenceParallel = false; ///< the sequence is split over tensor too
  std::string shardings;         ///< file of constraints on layouts
  std::string target;            ///< see compiler/Target; empty: the first
  std::string machine;           ///< file of what a step costs
  std::string cpu;               ///< LLVM CPU name; empty: this machine's
  bool verbose = false;          ///< steps and their times on stderr
  std::string config;            ///< the file of --config
  /// All of these as --config reads them, written beside the executable.
  std::string settings;
};

/// Of the file beside the executable: behind the name, and its first line.
inline constexpr llvm::StringLiteral kSettingsSuffix = ".settings.yaml";
inline constexpr llvm::StringLiteral kSettingsHeader =
    "# What dpc compile was told; it takes this as --config.\n";

struct UsageError {
  std::string where; ///< the flag
  std::string what;
};

/// Checks the options against each other and fills in strategy, mesh and ranks
/// from what was given, so that afterwards mesh is never empty and ranks is its
/// size.
std::optional<UsageError> completeOptions(CompileOptions &options);

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_OPTIONS_H
