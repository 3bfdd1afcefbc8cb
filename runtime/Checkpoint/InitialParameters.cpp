//===- InitialParameters.cpp - Parameters from elsewhere ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint/InitialParameters.h"
#include "runtime/Checkpoint/CheckpointFolder.h"
#include "runtime/Checkpoint/CheckpointReader.h"
#include "runtime/Data/ModelTemplate.h"
#include "runtime/Data/OnnxWeights.h"
#include "runtime/Data/Parts.h"
#include "runtime/Data/Safetensors.h"

#include <filesystem>
#include <set>

namespace dpc::rt {

namespace fs = std::filesystem;

namespace {

struct Block {
  Box box;
  std::string_view bytes;
};

/// A whole tensor, in blocks.
struct Offer {
  DpcType dtype = DPC_F32;
  Shape shape;
  std::vector<Block> blocks;
};

/// What a file or a folder holds, by the names of this program's parameters
/// where they have one.
struct Offers {
  std::map<std::string, Offer> tensors;
  /// What the views are of.
  std::optional<FileBytes> bytes;
  std::optional<OnnxWeights> onnx;
  std::optional<CheckpointReader> checkpoint;

  void add(const std::string &name, DpcType dtype, const Shape &shape,
           std::string_view content) {
    tensors[name] = {dtype, shape, {{wholeBox(shape), content}}};
  }
};

class Initializer {
public:
  Initializer(const Program &program, RankOf me, const std::string &path,
              Device &device, char *arena)
      : program(program), me(me), path(path), device(device), arena(arena) {}

  Status open(std::string_view modelTemplate);
  Expected<std::string> load(std::string_view modelTemplate);

private:
  Status openCheckpoint();
  Status openSafetensors();
  Status openONNX(std::string_view modelTemplate);
  bool matches(const Parameter &parameter, const Offer &offer,
               const Shape *shapeInFile) const;
  void load(const Parameter &parameter, const Offer &offer);

  const Program &program;
  RankOf me;
  std::string path;
  Device &device;
  char *arena;
  Offers offers;
};

} // namespace

Status Initializer::openCheckpoint() {
  std::string folder = path;
  if (!fs::exists(folder + "/" + Manifest::name)) {
    Expected<std::vector<std::string>> names = CheckpointFolder(path).list();
    if (!names.ok())
      return names.status();
    if (names->empty())
      return Error{"--init-from", path + " holds no checkpoint",
                   "name a checkpoint, a safetensors file or an ONNX file"};
    folder += "/" + names->front();
  }
  Expected<CheckpointReader> reader = CheckpointReader::open(folder);
  if (!reader.ok())
    return reader.status();
  if (Status status = reader->verify(me.rank, me.ranks); !status.ok())
    return status;
  offers.checkpoint.emplace(std::move(*reader));
  for (const SavedTensor &tensor : offers.checkpoint->manifest().tensors) {
    if (tensor.isState)
      continue;
    Offer &offer = offers.tensors[tensor.name];
    offer = {tensor.dtype, tensor.shape, {}};
    for (const SavedPart &part : tensor.parts)
      offer.blocks.push_back({part.box, offers.checkpoint->bytesOf(part)});
  }
  return {};
}

Status Initializer::openSafetensors() {
  Expected<FileBytes> bytes = FileBytes::open(path);
  if (!bytes.ok())
    return bytes.status();
  offers.bytes.emplace(std::move(*bytes));
  std::string_view all = offers.bytes->view();
  Expected<SafetensorsIndex> index = parseSafetensors(all, path);
  if (!index.ok())
    return index.status();
  for (const auto &[name, entry] : *index)
    if (entry.dtype)
      offers.add(name, *entry.dtype, entry.shape,
                 all.substr(entry.offset, entry.bytes));
  return {};
}

Status Initializer::openONNX(std::string_view modelTemplate) {
  Expected<OnnxWeights> weights = OnnxWeights::open(path);
  if (!weights.ok())
    return weights.status();
  offers.onnx.emplace(std::move(*weights));
  // An initializer's name may be an exporter's, and the parameter's the
  // module's.
  Expected<ModelTemplate> model =
      ModelTemplate::parse(modelTemplate, program, path);
  if (!model.ok())
    return model.status();
  std::map<std::string, const Parameter *> names = model->initializers();
  for (const auto &[name, tensor] : offers.onnx->tensors()) {
    auto known = names.find(name);
    offers.add(known == names.end() ? name : known->second->name, tensor.dtype,
               tensor.shape, tensor.bytes);
  }
  return {};
}

Status Initializer::open(std::string_view modelTemplate) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return openCheckpoint();
  if (path.ends_with(".onnx"))
    return openONNX(modelTemplate);
  return openSafetensors();
}

bool Initializer::matches(const Parameter &parameter, const Offer &offer,
                          const Shape *shapeInFile) const {
  bool isType = offer.dtype == parameter.dtype ||
                (isFloat(offer.dtype) && isFloat(parameter.dtype));
  return isType && (offer.shape == parameter.globalShape ||
                    // A file of the module's tensors may have it as another
                    // one, with the elements in the same order.
                    (shapeInFile && offer.shape == *shapeInFile &&
                     offer.blocks.size() == 1));
}

void Initializer::load(const Parameter &parameter, const Offer &offer) {
  Box room = roomOf(parameter, program.mesh, me.rank),
      mine = partOf(parameter, program.mesh, me.rank);
  HostWriter writer(device);
  char *place = arena + parameter.offset;
  char *target = writer.begin(place, parameter.bytes);
  int64_t width = typeBytes(parameter.dtype), from = typeBytes(offer.dtype);
  std::string converted;
  for (const Block &block : offer.blocks) {
    Box box = offer.shape == parameter.globalShape
                  ? block.box
                  : wholeBox(parameter.globalShape);
    std::string_view bytes = block.bytes;
    if (intersect(box, mine).isEmpty())
      continue;
    if (offer.dtype != parameter.dtype) {
      converted.resize(static_cast<size_t>(box.elements() * width));
      for (int64_t i = 0; i < box.elements(); ++i)
        writeElement(converted.data() + i * width, parameter.dtype,
                     readElement(bytes.data() + i * from, offer.dtype));
      bytes = converted;
    }
    copyBox(width, intersect(box, mine), box, bytes.data(), room, target);
  }
  writer.end(place);
}

/// "a, b, c and 4 more".
static std::string listNames(const std::vector<std::string> &names) {
  constexpr size_t most = 6;
  std::string text;
  for (size_t i = 0; i < std::min(most, names.size()); ++i)
    text += (i ? ", " : "") + names[i];
  if (names.size() > most)
    text += " and " + std::to_string(names.size() - most) + " more";
  return text;
}

Expected<std::string> Initializer::load(std::string_view modelTemplate) {
  Expected<ModelTemplate> shapes = ModelTemplate::parse(
      modelTemplate, program, path, ModelTemplate::Format::Safetensors);
  std::set<std::string> taken, left;
  std::vector<std::string> leftTexts, unused;
  for (const Parameter &parameter : program.parameters) {
    auto offer = offers.tensors.find(parameter.name);
    bool isOffered = offer != offers.tensors.end();
    const Shape *inFile =
        shapes.ok() ? shapes->findShape(parameter.name) : nullptr;
    if (isOffered && matches(parameter, offer->second, inFile)) {
      taken.insert(parameter.name);
      if (program.isMine(parameter))
        load(parameter, offer->second);
    } else if (left.insert(parameter.name).second) {
      std::string text = parameter.name;
      if (isOffered)
        text += std::string(" (") + typeName(offer->second.dtype) +
                shapeString(offer->second.shape) + " there, " +
                typeName(parameter.dtype) + shapeString(parameter.globalShape) +
                " here)";
      leftTexts.push_back(text);
    }
  }
  for (const auto &[name, offer] : offers.tensors)
    if (!taken.contains(name) && !left.contains(name))
      unused.push_back(name);
  if (taken.empty())
    return Error{path,
                 "has none of the model's parameters" +
                     (leftTexts.empty() ? std::string()
                                        : ", such as " + leftTexts.front()),
                 "name the weights of the same network"};
  std::string report = path + ": " + std::to_string(taken.size()) + " of " +
                       std::to_string(taken.size() + left.size()) +
                       " parameters";
  if (!leftTexts.empty())
    report += "; as compiled: " + listNames(leftTexts);
  if (!unused.empty())
    report += "; of no use here: " + listNames(unused);
  return report;
}

Expected<std::string> initializeFrom(const Program &program, RankOf me,
                                     const std::string &path,
                                     std::string_view modelTemplate,
                                     Device &device, char *arena) {
  Initializer initializer(program, me, path, device, arena);
  if (Status status = initializer.open(modelTemplate); !status.ok())
    return status.error();
  return initializer.load(modelTemplate);
}

} // namespace dpc::rt
