//===- SaveModel.cpp - Files of trained parameters ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/SaveModel.h"
#include "dialects/Support/FileNames.h"
#include "runtime/Core/CheckFiles.h"
#include "runtime/Data/Columns.h"
#include "runtime/Data/Parts.h"

namespace dpc::rt {

/// This rank's part of a tensor that it has, until the next call.
static std::string_view readPart(const Run &run, HostReader &reader,
                                 const Persistent &tensor) {
  return {reader.read(run.arena + tensor.offset, tensor.bytes),
          static_cast<size_t>(tensor.bytes)};
}

WholeParameters gatherParameters(Run &run) {
  const Program &program = run.program;
  bool root = run.control.rank() == 0;
  HostReader reader(run.device);
  WholeParameters wholes;
  for (const Parameter &parameter : program.parameters) {
    const Persistent &saved = program.averageOf(parameter);
    if (saved.splitAxes().empty() && program.isFirstHolder(saved, 0))
      continue;
    std::string_view mine;
    if (program.isMine(saved))
      mine = readPart(run, reader, saved);
    if (!root) {
      if (program.isFirstHolder(saved, run.control.rank()))
        run.control.sendToRoot(mine);
      continue;
    }
    std::string &whole = wholes[&parameter];
    whole.resize(static_cast<size_t>(
        byteCount(parameter.globalShape, parameter.dtype).value_or(0)));
    for (int rank = 0; rank < run.control.size(); ++rank) {
      if (!program.isFirstHolder(saved, rank))
        continue;
      std::string received;
      if (rank != 0)
        received = run.control.receiveAtRoot(rank);
      copyFromPart(saved, program.mesh, rank,
                   rank == 0 ? mine.data() : received.data(), whole.data());
    }
  }
  return wholes;
}

ReadParameter makeReader(const Run &run, HostReader &reader,
                         const WholeParameters &wholes) {
  return [&](const Parameter &parameter) -> std::string_view {
    auto whole = wholes.find(&parameter);
    return whole != wholes.end()
               ? whole->second
               : readPart(run, reader, run.program.averageOf(parameter));
  };
}

Expected<SavedModel> SavedModel::open(const Run &run,
                                      const std::string &executable,
                                      const char *flag, const std::string &path,
                                      ModelTemplate::Format format) {
  Expected<ModelTemplate> content = ModelTemplate::parse(
      {dpc_model_template, dpc_model_template_size}, run.program, path, format);
  if (!content.ok())
    return content.error();
  Expected<OutputFile> file = createOutput(flag, path);
  if (!file.ok())
    return file.error();
  SavedModel saved(std::move(*content), std::move(*file));
  auto openBeside = [&](const std::string &other, uint64_t bytes,
                        std::optional<OutputFile> &target) {
    Status status =
        checkOutput(run.program, run.options, executable, flag, other);
    if (!status.ok())
      return status;
    Expected<OutputFile> opened = createOutput(flag, other);
    if (!opened.ok())
      return opened.status();
    target.emplace(std::move(*opened));
    return target->reserve(bytes);
  };
  Status status;
  if (uint64_t bytes = saved.content.dataBytes())
    status = openBeside(ModelTemplate::dataPath(path), bytes, saved.data);
  // What was read from there need not be written again.
  std::string given = run.options.reading.columns;
  bool isThere = !given.empty() && isSameFile(columnsPath(path), given);
  if (status.ok() && !run.columns.empty() && !isThere)
    status = openBeside(columnsPath(path), run.columns.size(), saved.columns);
  if (!status.ok())
    return status.error();
  status = saved.file.reserve(saved.content.bytes());
  if (!status.ok())
    return status.error();
  return saved;
}

Status SavedModel::write(Run &run, const WholeParameters &wholes) {
  HostReader reader(run.device);
  ReadParameter read = makeReader(run, reader, wholes);
  auto bad = content.findNotFinite(read);
  std::string what;
  if (bad)
    what = "the trained parameter '" + bad->first->name + "' holds " +
           bad->second.name;
  if (bad && run.options.nan == "stop")
    return Error{path(), "is not written, as " + what,
                 "lower --lr, or write it with --nan continue"};
  Status status;
  if (columns)
    status = columns->write(run.columns);
  if (columns && status.ok())
    status = columns->commit();
  if (status.ok())
    status = content.write(file, data ? &*data : nullptr, read,
                           [&] { run.control.showWork(); });
  if (bad && status.ok())
    return Error{path(), what, "the training went on by --nan continue"};
  return status;
}

} // namespace dpc::rt
