//===- CheckFiles.cpp - outputs that may be written -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/CheckFiles.h"

#include "compiler/Driver/Diagnostics.h"
#include "compiler/Import/ExternalData.h"
#include "dialects/ONNX/ONNXDialect.h"
#include "dialects/Support/FileNames.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <cstring>
#include <unistd.h>

using namespace mlir;

namespace dpc {

static SmallVector<std::string> getOutputs(const CompileOptions &options) {
  if (options.output.empty())
    return {};
  if (options.emit != Product::Executable)
    return {options.output};
  return {options.output, options.output + ".safetensors",
          options.output + kSettingsSuffix.str()};
}

static std::string describeOutput(StringRef output, const Twine &what) {
  return ("'" + output + "' is " + what + "; name another file").str();
}

static int refuse(StringRef output, const Twine &what) {
  printError("-o", describeOutput(output, what));
  return 2;
}

/// Whether `dpc compile` wrote the file, which it may again.
static bool isOwnSettings(StringRef output) {
  auto buffer = llvm::MemoryBuffer::getFile(output);
  return output.ends_with(kSettingsSuffix) && buffer &&
         (*buffer)->getBuffer().starts_with(kSettingsHeader);
}

static int checkFolder(StringRef output) {
  StringRef folder = llvm::sys::path::parent_path(output);
  if (folder.empty())
    folder = ".";
  if (!llvm::sys::fs::is_directory(folder)) {
    printError(folder, "is no directory; make it first");
    return 1;
  }
  if (access(folder.str().c_str(), W_OK)) {
    printError(folder, "cannot be written; choose another place with -o");
    return 1;
  }
  return 0;
}

static int checkOutput(StringRef output, const CompileOptions &options) {
  bool isBinary = options.emit == Product::Executable;
  if (output == "-")
    return isBinary ? refuse(output, "standard output") : 0;
  if (llvm::sys::fs::is_directory(output)) {
    printError(output, "is a directory; name a file");
    return 1;
  }
  if (llvm::sys::fs::exists(output) && !llvm::sys::fs::is_regular_file(output))
    return isBinary ? refuse(output, "no regular file") : 0;
  if (isSameFile(output.str(), options.model))
    return refuse(output, "the model");
  if (!options.shardings.empty() && isSameFile(output.str(), options.shardings))
    return refuse(output, "the file of --shardings");
  if (!options.machine.empty() && isSameFile(output.str(), options.machine))
    return refuse(output, "the file of --machine");
  if (!options.config.empty() && isSameFile(output.str(), options.config) &&
      !isOwnSettings(output))
    return refuse(output, "the file of --config");
  static char anchor;
  if (isSameFile(output.str(),
                 llvm::sys::fs::getMainExecutable(nullptr, &anchor)))
    return refuse(output, "dpc itself");
  return checkFolder(output);
}

int checkOutputs(const CompileOptions &options) {
  SmallVector<std::string> outputs = getOutputs(options);
  for (StringRef output : outputs)
    if (int code = checkOutput(output, options))
      return code;
  for (size_t i = 1; i < outputs.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (isSameFile(outputs[i], outputs[j]))
        return refuse(outputs[i],
                      "the same file as '" + outputs[j] + "'; the " +
                          (i == 1 ? "initial parameters" : "settings") +
                          " are written there");
  return 0;
}

LogicalResult checkDataFiles(ModuleOp module, const CompileOptions &options) {
  DataFiles files(options.model, options.followLinks);
  llvm::DenseSet<StringRef> seen;
  for (auto initializer : module.getOps<onnx::InitializerOp>()) {
    std::optional<StringRef> name = initializer.getFile();
    if (!name || !seen.insert(*name).second)
      continue;
    std::string file = files.getPath(*name);
    for (StringRef output : getOutputs(options))
      if (isSameFile(output.str(), file))
        return emitError(
            NameLoc::get(StringAttr::get(module.getContext(), "-o")),
            describeOutput(output, "a file of the model's weights"));
  }
  return success();
}

} // namespace dpc
