//===- SaveModel.h - Files of trained parameters ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_SAVEMODEL_H
#define DPC_RUNTIME_CORE_SAVEMODEL_H

#include "runtime/Core/Runner.h"
#include "runtime/Data/ModelTemplate.h"

#include <map>

namespace dpc::rt {

/// Parameters that rank 0 does not hold whole, put together from the ranks'
/// parts.
using WholeParameters = std::map<const Parameter *, std::string>;

/// On all ranks together: puts the parameters, or their running averages where
/// there are any, together on rank 0; the others return nothing. Of ranks that hold copies of a part, the first one sends.
WholeParameters gatherParameters(Run &run);

/// Reads parameters on rank 0: from `wholes`, or from the arena, until the next
/// call of what it returns. All of them outlive it.
ReadParameter makeReader(const Run &run, HostReader &reader,
                         const WholeParameters &wholes);

/// A file that will hold the trained parameters; on rank 0.
class SavedModel {
public:
  /// Makes sure that the file, the value of `flag`, can be written. Its place
  /// on the disk is kept free.
  static Expected<SavedModel> open(const Run &run,
                                   const std::string &executable,
                                   const char *flag, const std::string &path,
                                   ModelTemplate::Format format);

  /// Once. A model that is not finite is an error, whether it is written or
  /// not.
  Status write(Run &run, const WholeParameters &wholes);

  const std::string &path() const { return file.path(); }

private:
  SavedModel(ModelTemplate content, OutputFile file)
      : content(std::move(content)), file(std::move(file)) {}

  ModelTemplate content;
  OutputFile file;
  /// Beside it, of a model that is too large for one file, and of one that
  /// takes columns of tables.
  std::optional<OutputFile> data, columns;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_SAVEMODEL_H
