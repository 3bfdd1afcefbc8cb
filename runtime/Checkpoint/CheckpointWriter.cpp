//===- CheckpointWriter.cpp - Saving beside the training ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint/CheckpointWriter.h"
#include "dialects/Support/Hash.h"
#include "dialects/Support/SafetensorsHeader.h"
#include "runtime/Core/OutputFile.h"
#include "runtime/Core/Runner.h"
#include "runtime/Data/FileBytes.h"
#include "runtime/Data/Parts.h"
#include "runtime/Data/Safetensors.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <sys/stat.h>

namespace dpc::rt {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// The entry of a file's metadata that holds the parts' hashes, in the order of
/// dividePieces.
static constexpr const char *kHashes = "dpc.hashes";

/// What fails for want of memory or of threads is a checkpoint that fails.
static std::future<Status> startJob(std::function<Status()> job) {
  try {
    return std::async(std::launch::async,
                      [job = std::move(job)] { return guarded(job); });
  } catch (const std::exception &failure) {
    std::promise<Status> failed;
    failed.set_value(
        Error{"--checkpoint",
              std::string("cannot begin to write: ") + failure.what(), ""});
    return failed.get_future();
  }
}

CheckpointWriter::CheckpointWriter(const Program &program, Control &control,
                                   Device &device,
                                   const CheckpointOptions &options)
    : program(program), control(control), device(device), options(options),
      folder(options.folder), pieces(dividePieces(program)),
      lastBegin(std::chrono::steady_clock::now()) {}

Status CheckpointWriter::prepare() {
  int64_t bytes = 0;
  for (const Piece &piece : pieces[static_cast<size_t>(control.rank())])
    bytes += piece.bytes();
  constexpr int64_t page = OutputFile::kDirectAlignment;
  copyBytes = static_cast<size_t>(bytes);
  copy.reset(static_cast<char *>(std::aligned_alloc(
      page, static_cast<size_t>((bytes / page + 1) * page))));
  if (!copy)
    return Error{"--checkpoint",
                 "no memory for a copy of " + std::to_string(bytes) + " bytes",
                 "train on more ranks, or without checkpoints"};
  // The first copy is not to wait for the memory's pages.
  std::memset(copy.get(), 0, copyBytes);
  if (control.rank() != 0)
    return {};
  const std::string &path = options.folder;
  if (Status status = folder.lock([&] { control.showWork(); }); !status.ok())
    return status;
  Expected<std::vector<std::string>> names = folder.list();
  if (!names.ok())
    return names.status();
  std::error_code ignored;
  bool goesOn =
      !options.resume.empty() && fs::equivalent(options.resume, path, ignored);
  // Whoever resumes later would go on from those.
  if (!names->empty() && !goesOn)
    return usageError(
        "--checkpoint",
        path + " holds checkpoints of an earlier run, the newest " +
            names->front(),
        "go on from them with --resume " + path + ", or name another folder");
  return folder.removePartial();
}

bool CheckpointWriter::takeTime() {
  std::chrono::duration<double> since =
      std::chrono::steady_clock::now() - lastBegin;
  bool isTime = options.minutes > 0 && !isTimeTaken && !isBusy() &&
                since.count() >= options.minutes * 60;
  isTimeTaken |= isTime;
  return isTime;
}

void CheckpointWriter::warn(const Status &status) const {
  if (!status.ok() && !isQuiet)
    printWarning(status.error().where,
                 status.error().what +
                     "; the training goes on without the checkpoint of step " +
                     std::to_string(lastStep()));
}

// A note is the number of checkpoints that the rank has written and, in the low
// digits, the rank if the last one failed there: the smallest is of the lowest
// rank that failed.
static constexpr int64_t kGood = int64_t(1) << 24;

int64_t CheckpointWriter::note() {
  auto isDone = [](std::future<Status> &job) {
    return job.valid() && job.wait_for(0s) == std::future_status::ready;
  };
  if (isDone(file))
    outcome = firstFailure(outcome, file.get());
  if (isDone(commit)) {
    Status committed = commit.get();
    warn(committed);
    outcome = firstFailure(outcome, committed);
  }
  int64_t done = begun - file.valid();
  bool isGood = done < begun || outcome.ok();
  return done * (2 * kGood) + (isGood ? kGood : control.rank());
}

void CheckpointWriter::advance(int64_t least) {
  if (least / (2 * kGood) < begun || agreed == begun)
    return;
  agreed = begun;
  int64_t failed = least % (2 * kGood);
  bool isGood = failed == kGood;
  // One rank speaks for all.
  if (failed == control.rank())
    warn(outcome);
  if (control.rank() != 0)
    return;
  commit = startJob([this, isGood] {
    Status status = isGood ? writeManifest() : Status();
    if (isGood && status.ok())
      prune();
    std::error_code ignored;
    fs::remove_all(folder.partialPath(manifest.position.step), ignored);
    return status;
  });
}

/// That an old one stays is no fault of the new one.
void CheckpointWriter::prune() const {
  if (options.keep == 0)
    return;
  Status status = folder.prune(options.keep, manifest.position.step);
  if (!status.ok())
    printWarning(status.error().where, status.error().what +
                                           "; there are more checkpoints than "
                                           "--keep says");
}

void CheckpointWriter::wait(std::future<Status> &job) {
  while (job.valid() && job.wait_for(20ms) != std::future_status::ready)
    control.showWork();
}

Status CheckpointWriter::finish(bool isLast) {
  isQuiet = isLast;
  control.enter("the writing of a checkpoint");
  wait(file);
  advance(control.minimum(note()));
  wait(commit);
  std::ignore = note();
  return outcome;
}

void CheckpointWriter::discard() {
  if (isBusy()) {
    outcome = Error{options.folder, "is of a broken step", ""};
    std::ignore = finish(/*isLast=*/true);
  }
}

void CheckpointWriter::begin(const char *arena, Manifest next) {
  // A manifest that is still being written needs the last copy no more, but
  // what it says.
  wait(commit);
  std::ignore = note();
  manifest = std::move(next);
  size_t rank = static_cast<size_t>(control.rank());
  HostReader reader(device);
  char *target = copy.get();
  for (const Piece &piece : pieces[rank]) {
    const Persistent &tensor = *piece.tensor;
    copyBox(typeBytes(tensor.dtype), piece.box,
            roomOf(tensor, program.mesh, control.rank()),
            reader.read(arena + tensor.offset, tensor.bytes), piece.box,
            target);
    target += piece.bytes();
  }
  ++begun;
  outcome = {};
  isTimeTaken = false;
  lastBegin = std::chrono::steady_clock::now();
  file = startJob([this] { return writeFile(); });
}

Status CheckpointWriter::writeFile() const {
  std::string place = folder.partialPath(manifest.position.step);
  if (::mkdir(place.c_str(), 0777) != 0 && errno != EEXIST)
    return Error{place, "cannot be made: " + systemError(errno), ""};
  size_t rank = static_cast<size_t>(control.rank());
  std::string hashes;
  uint64_t at = 0;
  for (const Piece &piece : pieces[rank]) {
    uint64_t bytes = static_cast<uint64_t>(piece.bytes());
    hashes += Hash::text(Hash::of({copy.get() + at, bytes})) + " ";
    at += bytes;
  }
  SafetensorsHeader header(kHashes, hashes);
  for (const Piece &piece : pieces[rank])
    header.add(piece.tensor->name, typeName(piece.tensor->dtype),
               piece.box.shape, static_cast<uint64_t>(piece.bytes()));
  std::string text = header.make(OutputFile::kDirectAlignment);
  Expected<OutputFile> output =
      OutputFile::create(place + "/" + Manifest::fileName(rank));
  if (!output.ok())
    return output.status();
  Status status = output->reserve(text.size() + copyBytes);
  if (status.ok())
    status = output->write(text);
  if (status.ok())
    status = output->writeDirectly({copy.get(), copyBytes});
  if (status.ok())
    status = output->commit();
  return status.ok() ? CheckpointFolder::sync(place) : status;
}

/// What a rank's file holds, checked against what it should.
Expected<CheckpointFile>
CheckpointWriter::readFile(size_t rank, const SavedTensors &tensors) const {
  std::string path = folder.partialPath(manifest.position.step) + "/" +
                     Manifest::fileName(rank);
  Expected<FileBytes> bytes = FileBytes::open(path);
  if (!bytes.ok())
    return bytes.error();
  Expected<SafetensorsIndex> index = parseSafetensors(bytes->view(), path);
  if (!index.ok())
    return index.error();
  std::string hashes = readMetadata(bytes->view(), kHashes);
  CheckpointFile file{bytes->view().size(), bytes->view().size(), 0};
  constexpr size_t digits = 16;
  size_t number = 0;
  for (const Piece &piece : pieces[rank]) {
    auto entry = index->find(piece.tensor->name);
    size_t at = number++ * (digits + 1);
    if (entry == index->end() || entry->second.shape != piece.box.shape ||
        at + digits > hashes.size())
      return Error{path, "is not what rank " + std::to_string(rank) + " saves",
                   "let no other run write there"};
    uint64_t offset = entry->second.offset;
    file.headerBytes = std::min(file.headerBytes, offset);
    tensors.at(piece.tensor)
        ->parts.push_back(
            {piece.box, rank, offset, entry->second.bytes,
             std::strtoull(hashes.substr(at, digits).c_str(), nullptr, 16)});
  }
  file.headerHash = Hash::of(bytes->view().substr(0, file.headerBytes));
  return file;
}

Status CheckpointWriter::writeManifest() {
  Manifest whole = manifest;
  whole.tensors.reserve(program.parameters.size() + program.state.size());
  SavedTensors tensors;
  forEachSaved(program, [&](const Persistent &tensor, bool isState) {
    whole.tensors.push_back(
        {tensor.name, isState, tensor.dtype, tensor.globalShape, {}});
    tensors[&tensor] = &whole.tensors.back();
  });
  for (size_t rank = 0; rank < pieces.size(); ++rank) {
    Expected<CheckpointFile> file = readFile(rank, tensors);
    if (!file.ok())
      return file.status();
    whole.files.push_back(*file);
  }
  Expected<OutputFile> output = OutputFile::create(
      folder.partialPath(manifest.position.step) + "/" + Manifest::name);
  if (!output.ok())
    return output.status();
  Status status = output->write(whole.write());
  if (status.ok())
    status = output->commit();
  return status.ok() ? folder.commit(manifest.position.step) : status;
}

} // namespace dpc::rt
