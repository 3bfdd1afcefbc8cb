//===- Elastic.h - A model again, for fewer ranks ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Where a rank does not come back, `dpc run --elastic auto` compiles the model
// once more by the settings that `dpc compile` wrote beside the executable,
// with the axis data made smaller, or else the only axis.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_ELASTIC_H
#define DPC_COMPILER_DRIVER_ELASTIC_H

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dpc {

/// What a launch needs to know of an executable's plan.
struct PlannedRanks {
  int64_t ranks = 0;
  int64_t batch = 0; ///< the global one
  /// Axes and their sizes.
  std::vector<std::pair<std::string, int64_t>> mesh;
};

/// From `OUT --plan`; none if it is not made by dpc.
std::optional<PlannedRanks> readPlannedRanks(const std::string &executable);

/// The next smaller mesh: the axis data with the largest size that divides the
/// batch; without one, the only axis with a divisor of its size. None if there
/// is no such mesh.
std::optional<PlannedRanks> shrink(const PlannedRanks &planned);

/// Whether there are settings to compile `executable` by. Prints an error if
/// not.
bool canCompileAgain(const std::string &executable);

struct SmallerExecutable {
  /// Empty: none was made, and a line says why.
  std::string path;
  /// The exit status if a signal asked for the end meanwhile; else 0.
  int endStatus = 0;
};

/// Compiles the model of `executable` for these ranks, to OUT.ranks-N.
SmallerExecutable compileAgain(const std::string &executable,
                               const PlannedRanks &planned);

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_ELASTIC_H
