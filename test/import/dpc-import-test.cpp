//===- dpc-import-test.cpp - the importer alone ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// dpc-import-test [--require-data | --follow-links] MODEL   prints the module
// dpc-import-test --parseable MODEL             in a form that dpc-opt reads
// dpc-import-test --template MODEL [NAME...]    prints the model's template
//
// Diagnostics are printed as the driver prints them: "error: WHERE: WHAT".
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/Import.h"
#include "compiler/Import/ModelTemplate.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

int main(int argc, char **argv) {
  SmallVector<std::string> args(argv + 1, argv + argc);
  bool makeTemplate = !args.empty() && args[0] == "--template";
  bool requireData = !args.empty() && args[0] == "--require-data";
  bool isParseable = !args.empty() && args[0] == "--parseable";
  bool followLinks = !args.empty() && args[0] == "--follow-links";
  if (makeTemplate || requireData || isParseable || followLinks)
    args.erase(args.begin());
  if (args.empty())
    return 2;

  MLIRContext context;
  ScopedDiagnosticHandler handler(&context, [](Diagnostic &diagnostic) {
    auto name = dyn_cast<NameLoc>(diagnostic.getLocation());
    llvm::errs() << (diagnostic.getSeverity() == DiagnosticSeverity::Error
                         ? "error: "
                         : "warning: ")
                 << (name ? name.getName().getValue() : "?") << ": "
                 << diagnostic.str() << "\n";
  });
  if (makeTemplate) {
    auto result = dpc::makeModelTemplate(
        args[0], ArrayRef<std::string>(args).drop_front(), context);
    if (failed(result))
      return 1;
    llvm::outs() << *result;
    return 0;
  }
  dpc::ImportOptions options;
  options.requireData = requireData;
  options.followLinks = followLinks;
  auto module = dpc::importModel(args[0], context, options);
  if (failed(module) || failed(verify(**module)))
    return 1;
  OpPrintingFlags flags;
  flags.enableDebugInfo(true, /*prettyForm=*/!isParseable);
  (*module)->print(llvm::outs(), flags);
  llvm::outs() << "\n";
  return 0;
}
