//===- Completion.h - completion of command lines ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TOOLS_DPC_COMPLETION_H
#define DPC_TOOLS_DPC_COMPLETION_H

#include <CLI/App.hpp>

#include <string>

namespace dpc {

/// A script for bash or zsh that completes the commands and options of `app`.
/// It knows what the help texts know: of an option the type's name, where FILE
/// stands for a file and {a, b} for a choice of words.
std::string makeBashCompletion(const CLI::App &app);
std::string makeZshCompletion(const CLI::App &app);

} // namespace dpc

#endif // DPC_TOOLS_DPC_COMPLETION_H
