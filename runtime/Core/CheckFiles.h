//===- CheckFiles.h - Outputs that may be written ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_CHECKFILES_H
#define DPC_RUNTIME_CORE_CHECKFILES_H

#include "runtime/Core/Options.h"

namespace dpc::rt {

/// The file that holds the initial parameters. `executable` is this program's
/// path.
std::string parametersPath(const Options &options,
                           const std::string &executable);

/// Writes the settings of a run of `ranks`, as --config reads them.
Status writeSettingsFile(const Options &options, int64_t ranks,
                         const std::string &executable, const char *flag,
                         const std::string &path);

/// A usage error if `path`, an output of `flag`, is a file that the run reads,
/// the model, the executable or the output of another flag, under whatever
/// name.
Status checkOutput(const Program &program, const Options &options,
                   const std::string &executable, const std::string &flag,
                   const std::string &path);

/// The same of all outputs that are flags' values.
Status checkOutputs(const Program &program, const Options &options,
                    const std::string &executable);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_CHECKFILES_H
