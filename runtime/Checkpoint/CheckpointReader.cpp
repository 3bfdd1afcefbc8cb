//===- CheckpointReader.cpp - Reading a checkpoint ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint/CheckpointReader.h"
#include "dialects/Support/CheckpointNames.h"
#include "dialects/Support/Hash.h"
#include "runtime/Checkpoint/Pieces.h"
#include "runtime/Data/Parts.h"
#include "runtime/Data/Safetensors.h"

#include <set>

namespace dpc::rt {

static constexpr const char *kDamaged = "the checkpoint is damaged";

Expected<CheckpointReader> CheckpointReader::open(const std::string &folder) {
  std::string path = folder + "/" + Manifest::name;
  Expected<FileBytes> text = FileBytes::open(path);
  if (!text.ok())
    return text.error();
  Expected<Manifest> manifest = parseManifest(text->view(), path);
  if (!manifest.ok())
    return manifest.error();
  CheckpointReader reader(folder, std::move(*manifest));
  for (size_t i = 0; i < reader.content.files.size(); ++i) {
    std::string name = folder + "/" + Manifest::fileName(i);
    Expected<FileBytes> file = FileBytes::open(name);
    if (!file.ok())
      return file.error();
    uint64_t bytes = reader.content.files[i].bytes;
    if (file->view().size() != bytes)
      return Error{name,
                   "is " + std::to_string(file->view().size()) +
                       " bytes long, not " + std::to_string(bytes),
                   kDamaged};
    reader.files.push_back(std::move(*file));
  }
  return reader;
}

/// Whether a file's own header says what the manifest says of its parts.
static Status checkHeader(
    std::string_view bytes,
    const std::vector<std::pair<const SavedTensor *, const SavedPart *>> &parts,
    const std::string &name) {
  Expected<SafetensorsIndex> index = parseSafetensors(bytes, name);
  if (!index.ok())
    return index.status();
  for (auto [tensor, part] : parts) {
    auto entry = index->find(tensor->name);
    if (entry == index->end() || entry->second.dtype != tensor->dtype ||
        entry->second.shape != part->box.shape ||
        entry->second.offset != part->offset)
      return Error{name,
                   "does not hold the tensor '" + tensor->name +
                       "' as the manifest says",
                   kDamaged};
  }
  return {};
}

Status CheckpointReader::verify(int rank, int ranks,
                                const std::function<void()> &between) const {
  int64_t number = 0;
  auto check = [&](size_t file, std::string_view bytes, uint64_t expected,
                   const std::string &what) -> Status {
    if (number++ % ranks != rank)
      return {};
    between();
    if (Hash::of(bytes) == expected)
      return {};
    return Error{folder + "/" + Manifest::fileName(file),
                 what + " is not what was written", kDamaged};
  };
  std::vector<std::vector<std::pair<const SavedTensor *, const SavedPart *>>>
      parts(files.size());
  for (const SavedTensor &tensor : content.tensors)
    for (const SavedPart &part : tensor.parts)
      parts[part.file].emplace_back(&tensor, &part);
  Status status;
  for (size_t i = 0; i < files.size() && status.ok(); ++i) {
    bool isMine = number % ranks == rank;
    status = check(i, files[i].view().substr(0, content.files[i].headerBytes),
                   content.files[i].headerHash, "the header");
    if (status.ok() && isMine)
      status = checkHeader(files[i].view(), parts[i],
                           folder + "/" + Manifest::fileName(i));
  }
  for (const SavedTensor &tensor : content.tensors)
    for (const SavedPart &part : tensor.parts)
      if (status.ok())
        status = check(part.file, bytesOf(part), part.hash,
                       "the tensor '" + tensor.name + "'");
  return status;
}

Status CheckpointReader::checkFits(const Program &program) const {
  Status status;
  std::string where = folder;
  auto refuse = [&](const std::string &what, const std::string &hint) {
    if (status.ok())
      status = Error{where, what, hint};
  };
  const std::string model = "resume with the model that it was trained with, " +
                            content.model,
                    optimizer =
                        "compile with the --optimizer and --ema that it was "
                        "trained with";
  std::set<std::pair<std::string, bool>> names;
  forEachPersistent(program, [&](const Persistent &tensor, bool isState) {
    names.emplace(tensor.name, isState);
    const SavedTensor *saved = content.find(tensor.name, isState);
    const std::string &hint = isState ? optimizer : model;
    std::string name =
        (isState ? "state '" : "parameter '") + tensor.name + "'";
    if (!saved && isState && tensor.name.starts_with(kLossScalePrefix))
      return;
    if (!saved)
      return refuse("has no " + name, hint);
    if (saved->dtype != tensor.dtype || saved->shape != tensor.globalShape)
      refuse("has the " + name + " as " + typeName(saved->dtype) +
                 shapeString(saved->shape) + ", this program as " +
                 typeName(tensor.dtype) + shapeString(tensor.globalShape),
             hint);
  });
  for (const SavedTensor &saved : content.tensors)
    if (!names.contains({saved.name, saved.isState}) &&
        !(saved.isState && saved.name.starts_with(kLossScalePrefix)))
      refuse((saved.isState ? "holds the state '" : "holds the parameter '") +
                 saved.name + "', which this program has not",
             saved.isState ? optimizer : model);
  return status;
}

void CheckpointReader::load(const SavedTensor &saved, const Persistent &tensor,
                            const Mesh &mesh, int rank, Device &device,
                            char *arena) const {
  Box room = roomOf(tensor, mesh, rank), mine = partOf(tensor, mesh, rank);
  HostWriter writer(device);
  char *place = arena + tensor.offset;
  char *target = writer.begin(place, tensor.bytes);
  for (const SavedPart &part : saved.parts)
    copyBox(typeBytes(tensor.dtype), intersect(part.box, mine), part.box,
            bytesOf(part).data(), room, target);
  writer.end(place);
}

void CheckpointReader::load(const Program &program, int rank, Device &device,
                            char *arena) const {
  forEachPersistent(program, [&](const Persistent &tensor, bool isState) {
    const SavedTensor *saved = content.find(tensor.name, isState);
    if (saved && program.isMine(tensor))
      load(*saved, tensor, program.mesh, rank, device, arena);
  });
}

} // namespace dpc::rt
