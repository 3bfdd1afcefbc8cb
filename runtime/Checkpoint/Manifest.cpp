//===- Manifest.cpp - What a checkpoint holds -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint/Manifest.h"
#include "dialects/Support/Hash.h"
#include "runtime/Data/StrictJson.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace dpc::rt {

using Json = nlohmann::json;

namespace {

constexpr int kVersion = 1;
constexpr const char *kFormat = "dpc-checkpoint";
constexpr std::string_view kStart = "{\"hash\": \"", kBehindHash = "\",";
constexpr size_t kHashDigits = 16;

/// Reads fields; the first that is not as it should be is what is said.
class Reader {
public:
  const Json &get(const Json &object, const char *name,
                  bool (*is)(const Json &)) {
    static const Json nothing;
    auto found = object.is_object() ? object.find(name) : object.end();
    if (object.is_object() && found != object.end() && is(*found))
      return *found;
    fail(std::string("'") + name + "' is missing or no such value");
    return nothing;
  }
  int64_t integer(const Json &object, const char *name, int64_t low,
                  int64_t high = int64_t(1) << 53) {
    const Json &json = get(object, name, [](const Json &value) {
      return value.is_number_integer() &&
             !(value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX);
    });
    int64_t value = json.is_null() ? low : json.get<int64_t>();
    if (value < low || value > high)
      fail(std::string("'") + name + "' is " + std::to_string(value));
    return std::clamp(value, low, high);
  }
  std::string text(const Json &object, const char *name) {
    const Json &json =
        get(object, name, [](const Json &value) { return value.is_string(); });
    return json.is_null() ? std::string() : json.get<std::string>();
  }
  uint64_t hash(const Json &object, const char *name) {
    std::string digits = text(object, name);
    uint64_t value = 0;
    auto [end, code] = std::from_chars(
        digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != kHashDigits || code != std::errc() ||
        end != digits.data() + digits.size())
      fail(std::string("'") + name + "' is no hash");
    return value;
  }
  const Json &list(const Json &object, const char *name) {
    return get(object, name,
               [](const Json &value) { return value.is_array(); });
  }
  const Json &object(const Json &object, const char *name) {
    return get(object, name,
               [](const Json &value) { return value.is_object(); });
  }
  Shape shape(const Json &json, const char *name) {
    Shape shape;
    for (const Json &extent : list(json, name)) {
      if (!extent.is_number_unsigned() ||
          extent.get<uint64_t>() > (uint64_t(1) << 40)) {
        fail(std::string("'") + name + "' is no list of sizes");
        break;
      }
      shape.push_back(extent.get<int64_t>());
    }
    return shape;
  }
  std::map<std::string, double> numbers(const Json &json, const char *name) {
    std::map<std::string, double> numbers;
    for (const auto &[key, value] : object(json, name).items()) {
      // What is not finite is null.
      if (value.is_number())
        numbers[key] = value.get<double>();
      else if (!value.is_null())
        fail(std::string("'") + name + "' holds what is no number");
    }
    return numbers;
  }
  void fail(std::string what) {
    if (problem.empty())
      problem = std::move(what);
  }

  std::string problem;
};

/// Whether the parts fill the tensor, each element once, as the blocks between
/// cuts through all of it do. The cuts of a dimension are where parts begin.
bool tile(const SavedTensor &tensor) {
  size_t rank = tensor.shape.size(), blocks = 1;
  std::vector<std::set<int64_t>> cuts(rank);
  std::set<Shape> begins;
  for (const SavedPart &part : tensor.parts) {
    for (size_t i = 0; i < rank; ++i)
      cuts[i].insert(part.box.begin[i]);
    begins.insert(part.box.begin);
  }
  for (size_t i = 0; i < rank; ++i) {
    if (tensor.shape[i] == 0)
      return tensor.parts.empty();
    if (!cuts[i].contains(0) || *cuts[i].rbegin() >= tensor.shape[i] ||
        __builtin_mul_overflow(blocks, cuts[i].size(), &blocks))
      return false;
    cuts[i].insert(tensor.shape[i]);
  }
  if (tensor.parts.size() != blocks || begins.size() != blocks)
    return false;
  for (const SavedPart &part : tensor.parts)
    for (size_t i = 0; i < rank; ++i)
      if (*cuts[i].upper_bound(part.box.begin[i]) !=
          part.box.begin[i] + part.box.shape[i])
        return false;
  return true;
}

/// Whether the parts in each file lie behind its header, one behind the other.
bool fillFiles(Manifest &manifest) {
  std::vector<std::vector<std::pair<uint64_t, uint64_t>>> spans(
      manifest.files.size());
  for (const SavedTensor &tensor : manifest.tensors)
    for (const SavedPart &part : tensor.parts)
      spans[part.file].emplace_back(part.offset, part.bytes);
  for (size_t i = 0; i < spans.size(); ++i) {
    std::sort(spans[i].begin(), spans[i].end());
    CheckpointFile &file = manifest.files[i];
    uint64_t at = file.headerBytes;
    for (auto [offset, bytes] : spans[i]) {
      if (offset != at || __builtin_add_overflow(at, bytes, &at))
        return false;
    }
    if (at != file.bytes)
      return false;
  }
  return true;
}

SavedTensor readTensor(Reader &reader, const Json &json, size_t files) {
  SavedTensor tensor;
  tensor.name = reader.text(json, "name");
  std::string kind = reader.text(json, "kind");
  tensor.isState = kind == "state";
  if (kind != "state" && kind != "parameter")
    reader.fail("a tensor is neither a parameter nor state");
  std::optional<DpcType> dtype = parseType(reader.text(json, "dtype"));
  tensor.dtype = dtype.value_or(DPC_F32);
  tensor.shape = reader.shape(json, "shape");
  if (!dtype || !byteCount(tensor.shape, tensor.dtype)) {
    reader.fail("the type of a tensor is unknown, or its shape too large");
    return tensor;
  }
  for (const Json &entry : reader.list(json, "parts")) {
    SavedPart part;
    part.box = {reader.shape(entry, "begin"), reader.shape(entry, "shape")};
    part.file = static_cast<size_t>(
        reader.integer(entry, "file", 0, static_cast<int64_t>(files) - 1));
    part.offset = static_cast<uint64_t>(reader.integer(entry, "offset", 0));
    part.hash = reader.hash(entry, "hash");
    if (part.box.begin.size() != tensor.shape.size() ||
        part.box.shape.size() != tensor.shape.size()) {
      reader.fail("a part has another rank than its tensor");
      return tensor;
    }
    // No larger than the tensor, whose length is a number of bytes.
    for (size_t i = 0; i < tensor.shape.size(); ++i)
      if (part.box.shape[i] > tensor.shape[i]) {
        reader.fail("a part is larger than its tensor");
        return tensor;
      }
    part.bytes =
        static_cast<uint64_t>(part.box.elements() * typeBytes(tensor.dtype));
    tensor.parts.push_back(std::move(part));
  }
  if (reader.problem.empty() && !tile(tensor))
    reader.fail("the parts of '" + tensor.name +
                "' overlap or leave holes in it");
  return tensor;
}

} // namespace

std::string Manifest::fileName(size_t rank) {
  char name[40];
  std::snprintf(name, sizeof(name), "rank-%05zu.safetensors", rank);
  return name;
}

const SavedTensor *Manifest::find(const std::string &name, bool isState) const {
  auto found = numbers.find({name, isState});
  return found == numbers.end() ? nullptr : &tensors[found->second];
}

std::string Manifest::write() const {
  using Ordered = nlohmann::ordered_json;
  Ordered json = {{"format", kFormat},
                  {"version", kVersion},
                  {"step", position.step},
                  {"epoch", position.epoch},
                  {"row", position.row},
                  {"rows", position.rows},
                  {"batch", position.batch},
                  {"seed", position.seed},
                  {"order", position.order},
                  {"plan",
                   {{"hash", planHash},
                    {"model", model},
                    {"mesh", mesh},
                    {"ranks", ranks}}},
                  {"settings", settings},
                  {"progress", progress},
                  {"versions", versions},
                  {"files", Ordered::array()},
                  {"tensors", Ordered::array()}};
  for (const CheckpointFile &file : files)
    json["files"].push_back({{"bytes", file.bytes},
                             {"header_bytes", file.headerBytes},
                             {"header", Hash::text(file.headerHash)}});
  for (const SavedTensor &tensor : tensors) {
    Ordered parts = Ordered::array();
    for (const SavedPart &part : tensor.parts)
      parts.push_back({{"file", part.file},
                       {"begin", part.box.begin},
                       {"shape", part.box.shape},
                       {"offset", part.offset},
                       {"hash", Hash::text(part.hash)}});
    json["tensors"].push_back({{"name", tensor.name},
                               {"kind", tensor.isState ? "state" : "parameter"},
                               {"dtype", typeName(tensor.dtype)},
                               {"shape", tensor.shape},
                               {"parts", std::move(parts)}});
  }
  std::string rest =
      json.dump(-1, ' ', false, Json::error_handler_t::replace).substr(1) +
      "\n";
  return std::string(kStart) + Hash::text(Hash::of(rest)) +
         std::string(kBehindHash) + rest;
}

Expected<Manifest> parseManifest(std::string_view text,
                                 const std::string &where) {
  auto broken = [&](const std::string &what) {
    return Error{where, what, "the checkpoint is damaged"};
  };
  size_t start = kStart.size() + kHashDigits + kBehindHash.size();
  if (!text.starts_with(kStart) || text.size() < start)
    return broken("is no manifest of a checkpoint");
  if (text.substr(kStart.size(), kHashDigits) !=
      Hash::text(Hash::of(text.substr(start))))
    return broken("was changed, or written in part");
  return parseManifestFields(text, where);
}

Expected<Manifest> parseManifestFields(std::string_view text,
                                       const std::string &where) {
  auto broken = [&](const std::string &what) {
    return Error{where, what, "the checkpoint is damaged"};
  };
  Json json;
  std::string why;
  if (!parseStrictJson(text, json, why))
    return broken("is malformed: " + why);
  Reader reader;
  if (reader.text(json, "format") != kFormat)
    return broken("is no manifest of a checkpoint");
  if (int64_t version = reader.integer(json, "version", 0); version != kVersion)
    return Error{where,
                 "is of version " + std::to_string(version) +
                     " of the format, this executable reads version " +
                     std::to_string(kVersion),
                 "resume with an executable of the same dpc"};
  Manifest manifest;
  TrainingPosition &position = manifest.position;
  position.step = reader.integer(json, "step", 0);
  position.epoch = reader.integer(json, "epoch", 1);
  position.rows = reader.integer(json, "rows", 1);
  position.row = reader.integer(json, "row", 0, position.rows);
  position.batch = reader.integer(json, "batch", 1);
  position.seed = reader.integer(json, "seed", INT64_MIN, INT64_MAX);
  position.order = reader.text(json, "order");
  const Json &plan = reader.object(json, "plan");
  manifest.planHash = reader.text(plan, "hash");
  manifest.model = reader.text(plan, "model");
  manifest.mesh = reader.text(plan, "mesh");
  manifest.ranks = reader.integer(plan, "ranks", 1);
  manifest.settings = reader.numbers(json, "settings");
  manifest.progress = reader.numbers(json, "progress");
  for (const auto &[key, value] : reader.object(json, "versions").items())
    if (value.is_string())
      manifest.versions[key] = value.get<std::string>();
  for (const Json &entry : reader.list(json, "files"))
    manifest.files.push_back(
        {static_cast<uint64_t>(reader.integer(entry, "bytes", 0)),
         static_cast<uint64_t>(reader.integer(entry, "header_bytes", 0)),
         reader.hash(entry, "header")});
  if (manifest.files.size() != static_cast<size_t>(manifest.ranks))
    reader.fail("there are " + std::to_string(manifest.files.size()) +
                " files of " + std::to_string(manifest.ranks) + " ranks");
  for (const Json &entry : reader.list(json, "tensors")) {
    if (!reader.problem.empty())
      break;
    SavedTensor tensor = readTensor(reader, entry, manifest.files.size());
    if (!manifest.numbers
             .try_emplace({tensor.name, tensor.isState},
                          manifest.tensors.size())
             .second)
      reader.fail("'" + tensor.name + "' is there twice");
    manifest.tensors.push_back(std::move(tensor));
  }
  if (reader.problem.empty() && !fillFiles(manifest))
    reader.fail("the parts overlap in a file, or do not fill it");
  if (!reader.problem.empty())
    return broken(reader.problem);
  return manifest;
}

} // namespace dpc::rt
