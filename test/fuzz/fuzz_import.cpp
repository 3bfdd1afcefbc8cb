//===- fuzz_import.cpp - Hostile ONNX files -------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Any bytes must lead to a module that verifies, or to exactly one error of one
// line; so must the module's legalization. A model that is imported must have a
// template, too. libFuzzer's limits of time and memory are those of
// dialects/ONNX/Limits.h.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/Import.h"
#include "compiler/Import/ModelTemplate.h"

#include "dialects/NN/NNDialect.h"
#include "dialects/ONNX/ONNXDialect.h"
#include "passes/Legalize/Passes.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"

#include <cstdlib>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir;

// LLVM's libraries are not instrumented, so that the annotations of containers
// that they share with us are incomplete.
extern "C" const char *__asan_default_options() {
  return "detect_container_overflow=0:allocator_may_return_null=1";
}

/// An empty folder: external data is declared, but absent.
static std::string &getFolder() {
  static std::string folder;
  return folder;
}

extern "C" int LLVMFuzzerInitialize(int *, char ***) {
  getFolder() = "/tmp/fuzz_import." + std::to_string(getpid());
  if (mkdir(getFolder().c_str(), 0700))
    return 1;
  std::atexit([] { rmdir(getFolder().c_str()); });
  return 0;
}

static void require(bool holds, const char *what) {
  if (holds)
    return;
  fprintf(stderr, "fuzz_import: %s\n", what);
  abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  StringRef bytes(reinterpret_cast<const char *>(data), size);
  std::string path = getFolder() + "/m.onnx";
  MLIRContext context(MLIRContext::Threading::DISABLED);
  unsigned errors = 0;
  bool isLegalizing = false;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      ++errors;
    // The driver escapes what attributes bring into later messages.
    std::string text = diagnostic.str();
    require(isLegalizing || text.find('\n') == std::string::npos,
            "a message of several lines");
    require(isa<NameLoc>(diagnostic.getLocation()), "a message without a name");
  });

  dpc::ImportOptions options;
  options.maxNodes = 10000;
  auto module = dpc::importModelFromBuffer(bytes, path, context, options);
  if (failed(module)) {
    require(errors == 1, "a refusal without exactly one error");
    return 0;
  }
  require(errors == 0, "a module in spite of an error");
  require(succeeded(verify(**module)), "a module that does not verify");

  // External data is absent: a template fails, with one error, if it needs it.
  std::vector<std::string> parameters;
  for (auto weight : (*module)->getOps<dpc::onnx::InitializerOp>())
    if (weight.getFile())
      parameters.push_back(weight.getName().str());
  auto text =
      dpc::makeModelTemplateFromBuffer(bytes, path, parameters, context);
  require(errors == (failed(text) ? 1 : 0), "a template or one error");

  errors = 0;
  isLegalizing = true;
  dpc::LegalizeONNXOptions legalize;
  legalize.batch = 2;
  PassManager pm(&context);
  pm.addPass(dpc::createLegalizeONNX(legalize));
  bool isLegal = succeeded(pm.run(**module));
  require(errors == (isLegal ? 0 : 1), "a legal module or one error");
  return 0;
}
