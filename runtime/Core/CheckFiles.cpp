//===- CheckFiles.cpp - Outputs that may be written -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/CheckFiles.h"
#include "dialects/Support/FileNames.h"
#include "runtime/Core/OutputFile.h"
#include "runtime/Data/RowSource.h"

namespace dpc::rt {

std::string parametersPath(const Options &options,
                           const std::string &executable) {
  return options.params.empty() ? executable + ".safetensors" : options.params;
}

/// The flags whose values are output files.
static std::vector<std::pair<std::string, std::string>>
listOutputs(const Options &options) {
  return {{"--save-onnx", options.saveOnnx},
          {"--save-safetensors", options.saveSafetensors},
          {"--save-config", options.saveConfig},
          {"--report", options.report.page},
          {"--save-best", options.bestModel.saveBest},
          {"--metrics", options.metrics},
          {"--trace", options.trace}};
}

Status checkOutput(const Program &program, const Options &options,
                   const std::string &executable, const std::string &flag,
                   const std::string &path) {
  auto check = [&](const std::string &other, const std::string &what) {
    if (path.empty() || other.empty() || !isSameFile(path, other))
      return Status();
    return Status(usageError(flag, path + " is " + what, "name another file"));
  };
  Status status = check(executable, "this executable");
  auto alsoCheck = [&](const std::string &other, const std::string &what) {
    if (status.ok())
      status = check(other, what);
  };
  alsoCheck(parametersPath(options, executable),
            "the file of the initial parameters");
  alsoCheck(program.model, "the model that was compiled");
  alsoCheck(options.reading.columns, "the file of --columns");
  auto checkData = [&](const std::vector<Binding> &bindings, const char *what) {
    for (const Binding &binding : bindings) {
      // What names nothing is an error elsewhere.
      Expected<DataSpec> spec = parseDataSpec(binding.file);
      for (size_t i = 0; spec.ok() && i < spec->files.size(); ++i)
        alsoCheck(spec->files[i],
                  what + (" of the input '" + binding.input + "'"));
    }
  };
  checkData(options.data, "the data");
  checkData(options.evalData, "the evaluation data");
  for (const auto &[otherFlag, other] : listOutputs(options))
    if (otherFlag != flag)
      alsoCheck(other, "the file of " + otherFlag + " too");
  return status;
}

Status writeSettingsFile(const Options &options, int64_t ranks,
                         const std::string &executable, const char *flag,
                         const std::string &path) {
  Expected<OutputFile> file = createOutput(flag, path);
  if (!file.ok())
    return file.status();
  Status status = file->write("# dpc run -n " + std::to_string(ranks) + " " +
                              printable(executable) + " --config " +
                              printable(path) + "\n" + options.settings);
  return status.ok() ? file->commit() : status;
}

Status checkOutputs(const Program &program, const Options &options,
                    const std::string &executable) {
  Status status;
  for (const auto &[flag, path] : listOutputs(options))
    if (status.ok())
      status = checkOutput(program, options, executable, flag, path);
  return status;
}

} // namespace dpc::rt
