//===- DebugOptions.cpp - MLIR's own options ------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/DebugOptions.h"

#include "compiler/Driver/Register.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Support/Timing.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"

using namespace llvm;

std::optional<std::pair<std::string, std::string>>
dpc::takeDebugOptions(std::vector<char *> &arguments) {
  std::vector<const char *> words = {"dpc"};
  erase_if(arguments, [&](const char *argument) {
    bool isForMLIR = StringRef(argument).starts_with("--mlir-");
    if (isForMLIR)
      words.push_back(argument);
    return isForMLIR;
  });
  if (words.size() == 1)
    return std::nullopt;

  // Options name passes, which must be known then.
  registerPasses();
  mlir::registerTransformsPasses();
  mlir::registerAsmPrinterCLOptions();
  mlir::registerMLIRContextCLOptions();
  mlir::registerPassManagerCLOptions();
  mlir::registerDefaultTimingManagerCLOptions();
  for (const char *word : ArrayRef(words).drop_front()) {
    auto [name, value] = StringRef(word).split('=');
    auto fail = [&](const Twine &what) {
      return std::pair(name.str(), what.str());
    };
    if (name == "--mlir-print-ir-after" || name == "--mlir-print-ir-before")
      for (StringRef pass : split(value, ','))
        if (!mlir::PassInfo::lookup(pass))
          return fail("there is no pass '" + pass +
                      "'; 'dpc-opt --help' lists them");
    // One at a time, to know which is wrong.
    const char *single[] = {"dpc", word};
    std::string log;
    raw_string_ostream os(log);
    if (cl::ParseCommandLineOptions(2, single, "", &os))
      continue;
    // What is wrong with a value was printed where errors of LLVM go.
    if (log.empty())
      return fail("does not take '" + value + "'");
    StringRef hint =
        StringRef(log).split("Did you mean '").second.split('\'').first;
    return fail(hint.empty()
                    ? "there is no such option"
                    : "there is no such option; did you mean '" + hint + "'?");
  }
  return std::nullopt;
}
