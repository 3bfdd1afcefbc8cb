//===- Resume.cpp - Going on from a checkpoint ----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint/Resume.h"
#include "runtime/Checkpoint/CheckpointFolder.h"
#include "runtime/Comm/Agreement.h"

#include <cstdio>

namespace dpc::rt {

/// The order of the rows and what is random must go on as it began.
static Status checkPosition(const TrainingPosition &saved,
                            const TrainingPosition &here,
                            const std::string &where) {
  auto differ = [&](const char *flag, const std::string &then,
                    const std::string &now, const std::string &hint) {
    return Error{flag,
                 "is " + now + ", but " + where + " was trained with " + then,
                 hint};
  };
  auto text = [](int64_t value) { return std::to_string(value); };
  if (saved.batch != here.batch)
    return differ("--batch", text(saved.batch), text(here.batch),
                  "compile with --batch " + text(saved.batch));
  if (saved.rows != here.rows)
    return differ("--data", text(saved.rows) + " rows",
                  text(here.rows) + " rows",
                  "give the same data, or take the parameters only, with "
                  "--init-from " +
                      where);
  if (saved.seed != here.seed)
    return differ("--seed", text(saved.seed), text(here.seed),
                  "add --seed " + text(saved.seed));
  if (saved.order != here.order)
    return differ("the order of the rows", saved.order, here.order,
                  "give the same of --no-shuffle, --shuffle-block and "
                  "--eval-split");
  // All else follows from the step.
  auto place = [&](const TrainingPosition &position) {
    return "epoch " + text(position.epoch) + ", row " + text(position.row);
  };
  if (place(saved) != place(here))
    return Error{where,
                 "says that step " + text(saved.step) + " ends with " +
                     place(saved) + ", not with " + place(here),
                 "the checkpoint is damaged"};
  return {};
}

int resume(const ResumeTarget &target, const std::string &folder,
           const std::function<TrainingPosition(int64_t)> &positionAfter,
           std::optional<Manifest> &found) {
  Control &control = target.control;
  bool root = control.rank() == 0;
  std::vector<std::string> names;
  Status status;
  if (root) {
    Expected<std::vector<std::string>> listed = CheckpointFolder(folder).list();
    status = listed.status();
    if (listed.ok())
      names = std::move(*listed);
  }
  if (int code = agree(control, status))
    return code;
  std::optional<Expected<CheckpointReader>> reader;
  std::string path;
  size_t skipped = 0;
  for (;; ++skipped) {
    std::string name = control.allGatherText(
        root && skipped < names.size() ? names[skipped] : std::string())[0];
    reader.reset();
    if (name.empty())
      break;
    path = folder + "/" + name;
    control.enter("the reading of " + path);
    reader.emplace(CheckpointReader::open(path));
    status = reader->status();
    if (int64_t step = status.ok() ? (*reader)->manifest().position.step : 0;
        status.ok() && CheckpointFolder::nameOf(step) != name)
      status = Error{path, "holds step " + std::to_string(step), ""};
    if (status.ok())
      status = (*reader)->verify(control.rank(), control.size(),
                                 [&] { control.showWork(); });
    // One rank says why all leave it out.
    int64_t speaker =
        control.minimum(status.ok() ? INT64_MAX : int64_t(control.rank()));
    if (speaker == INT64_MAX)
      break;
    if (speaker == control.rank())
      printWarning(status.error().where,
                   status.error().what + "; this checkpoint is left out");
  }
  if (!reader) {
    status = {};
    if (skipped > 0)
      status = Error{"--resume", folder + " holds no checkpoint that is whole",
                     "name an empty folder to start anew"};
    else if (root && !target.quiet)
      std::printf("%s holds no checkpoint; the training starts anew\n",
                  folder.c_str());
    std::fflush(stdout);
    return agree(control, status);
  }
  const Manifest &manifest = (*reader)->manifest();
  status = (*reader)->checkFits(target.program);
  if (status.ok())
    status = checkPosition(manifest.position,
                           positionAfter(manifest.position.step), path);
  if (int code = agree(control, status))
    return code;
  (*reader)->load(target.program, control.rank(), target.device, target.arena);
  if (root && !target.quiet) {
    std::printf("goes on from %s: step %lld, epoch %lld, trained on %lld "
                "rank(s), mesh %s\n",
                path.c_str(), static_cast<long long>(manifest.position.step),
                static_cast<long long>(manifest.position.epoch),
                static_cast<long long>(manifest.ranks),
                manifest.mesh.empty() ? "single" : manifest.mesh.c_str());
    std::fflush(stdout);
  }
  found = manifest;
  return 0;
}

} // namespace dpc::rt
