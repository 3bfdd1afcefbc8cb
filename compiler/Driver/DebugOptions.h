//===- DebugOptions.h - MLIR's own options ----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_DEBUGOPTIONS_H
#define DPC_COMPILER_DRIVER_DEBUGOPTIONS_H

#include <optional>
#include <string>
#include <vector>

namespace dpc {

/// Takes the options of MLIR, such as --mlir-print-ir-after-all, out of a
/// command line, and has them hold for all contexts and passes from now on. To
/// be called before the first context is made. Values stand behind '='. Returns
/// what is wrong: the option and a message.
std::optional<std::pair<std::string, std::string>>
takeDebugOptions(std::vector<char *> &arguments);

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_DEBUGOPTIONS_H
