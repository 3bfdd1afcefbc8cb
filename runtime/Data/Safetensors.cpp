//===- Safetensors.cpp - Initial parameters -------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Safetensors.h"
#include "dialects/Support/Hash.h"
#include "dialects/Support/SafetensorsHeader.h"
#include "dialects/Support/TensorKeys.h"
#include "runtime/Core/Narrow.h"
#include "runtime/Data/FileBytes.h"
#include "runtime/Data/Parts.h"
#include "runtime/Data/StrictJson.h"

#include <algorithm>
#include <cstring>

namespace dpc::rt {

using Json = nlohmann::json;

namespace {

constexpr uint64_t maxHeader = 100'000'000; // the format's own limit
constexpr const char *rewriteHint = "the file may be damaged; write it again";

} // namespace

static Expected<SafetensorsEntry>
parseEntry(const std::string &name, const Json &json, uint64_t dataStart,
           uint64_t dataBytes, const std::string &where) {
  auto broken = [&](const std::string &what) {
    return Error{where, "tensor '" + name + "' " + what, rewriteHint};
  };
  SafetensorsEntry entry;
  if (!json.is_object())
    return broken("is described by no object");
  auto dtype = json.find("dtype"), shape = json.find("shape"),
       offsets = json.find("data_offsets");
  if (dtype == json.end() || !dtype->is_string() || shape == json.end() ||
      !shape->is_array() || offsets == json.end() || !offsets->is_array() ||
      offsets->size() != 2)
    return broken("lacks a valid dtype, shape or data_offsets");
  entry.typeText = dtype->get<std::string>();
  for (const SafetensorsType &type : safetensorsTypes)
    if (entry.typeText == type.name)
      entry.dtype = parseType(type.dtype);
  for (const Json &dim : *shape) {
    if (!dim.is_number_unsigned() || dim.get<uint64_t>() > INT64_MAX)
      return broken("has a shape that is no list of sizes");
    entry.shape.push_back(dim.get<int64_t>());
  }
  if (!(*offsets)[0].is_number_unsigned() ||
      !(*offsets)[1].is_number_unsigned())
    return broken("has data_offsets that are no positions");
  uint64_t begin = (*offsets)[0].get<uint64_t>();
  uint64_t end = (*offsets)[1].get<uint64_t>();
  if (begin > end || end > dataBytes)
    return broken("lies at [" + std::to_string(begin) + ", " +
                  std::to_string(end) + ") but the file holds " +
                  std::to_string(dataBytes) + " bytes of data");
  entry.offset = dataStart + begin;
  entry.bytes = end - begin;
  if (entry.dtype) {
    std::optional<int64_t> needed = byteCount(entry.shape, *entry.dtype);
    if (!needed || static_cast<uint64_t>(*needed) != entry.bytes)
      return broken("is " + std::to_string(entry.bytes) +
                    " bytes long, which does not fit " + entry.typeText +
                    shapeString(entry.shape));
  }
  return entry;
}

Expected<SafetensorsIndex> parseSafetensors(std::string_view bytes,
                                            const std::string &where) {
  if (bytes.empty())
    return Error{where, "the file is empty", ""};
  uint64_t length = 0;
  if (bytes.size() < 8)
    return Error{where, "is not a safetensors file", ""};
  std::memcpy(&length, bytes.data(), 8);
  if (bytes.size() < 9 || bytes[8] != '{')
    return Error{where, "is not a safetensors file", ""};
  if (length > maxHeader || length > bytes.size() - 8)
    return Error{where,
                 "the safetensors header is said to be " +
                     std::to_string(length) + " bytes long, the file is " +
                     std::to_string(bytes.size()),
                 "the file may be cut short; write it again"};
  Json json;
  std::string why;
  if (!parseStrictJson(bytes.substr(8, length), json, why))
    return Error{where, "the safetensors header is malformed: " + why,
                 rewriteHint};
  uint64_t dataStart = 8 + length, dataBytes = bytes.size() - dataStart;
  SafetensorsIndex index;
  std::vector<std::pair<uint64_t, uint64_t>> spans;
  for (const auto &[name, value] : json.items()) {
    if (name == metadataKey)
      continue;
    Expected<SafetensorsEntry> entry =
        parseEntry(name, value, dataStart, dataBytes, where);
    if (!entry.ok())
      return entry.error();
    spans.emplace_back(entry->offset, entry->bytes);
    index.emplace(getTensorName(name), std::move(*entry));
  }
  std::sort(spans.begin(), spans.end());
  uint64_t at = dataStart;
  for (auto [offset, size] : spans) {
    if (offset != at)
      return Error{where, "the tensors overlap or leave holes", rewriteHint};
    at += size;
  }
  if (at != bytes.size())
    return Error{where,
                 "holds " + std::to_string(bytes.size() - at) +
                     " bytes more than its tensors",
                 rewriteHint};
  return index;
}

std::string readMetadata(std::string_view bytes, const std::string &key) {
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  Json json;
  std::string why;
  if (!parseStrictJson(bytes.substr(8, length), json, why))
    return {};
  auto metadata = json.find(metadataKey);
  if (metadata == json.end() || !metadata->is_object())
    return {};
  auto value = metadata->find(key);
  return value != metadata->end() && value->is_string()
             ? value->get<std::string>()
             : std::string();
}

/// Numbers of f32, of any alignment, in a type of 16 bits.
static std::string roundTensor(std::string_view bytes, DpcType type) {
  constexpr size_t block = 4096;
  float wide[block];
  uint16_t rounded[block];
  std::string result;
  result.reserve(bytes.size() / 2);
  for (size_t at = 0; at < bytes.size(); at += sizeof(wide)) {
    size_t part = std::min(sizeof(wide), bytes.size() - at);
    std::memcpy(wide, bytes.data() + at, part);
    narrow(wide, type, rounded, static_cast<int64_t>(part / sizeof(float)));
    result.append(reinterpret_cast<const char *>(rounded), part / 2);
  }
  return result;
}

Expected<uint64_t> loadParameters(const Program &program, int64_t rank,
                                  const std::string &path, Device &device,
                                  char *arena) {
  Expected<FileBytes> bytes = FileBytes::open(path);
  if (!bytes.ok()) {
    Error error = bytes.error();
    error.hint = "it holds the initial parameters: keep it beside the "
                 "executable or name it with --params";
    return error;
  }
  Expected<SafetensorsIndex> index = parseSafetensors(bytes->view(), path);
  if (!index.ok())
    return index.error();
  HostWriter writer(device);
  std::string rounded;
  for (const Parameter &parameter : program.parameters) {
    if (!program.isMine(parameter))
      continue;
    auto found = index->find(parameter.name);
    if (found == index->end())
      return Error{path, "has no tensor '" + parameter.name + "'",
                   "take the file that was written with this executable"};
    const SafetensorsEntry &entry = found->second;
    bool isRounded = entry.dtype == DPC_F32 && (parameter.dtype == DPC_BF16 ||
                                                parameter.dtype == DPC_F16);
    if ((entry.dtype != parameter.dtype && !isRounded) ||
        entry.shape != parameter.globalShape)
      return Error{path,
                   "tensor '" + parameter.name + "' is " +
                       (entry.dtype ? typeName(*entry.dtype) : entry.typeText) +
                       shapeString(entry.shape) + " but the model needs " +
                       typeName(parameter.dtype) +
                       shapeString(parameter.globalShape),
                   "take the file that was written with this executable"};
    if (entry.bytes == 0)
      continue;
    char *place = arena + parameter.offset;
    const char *whole = bytes->view().data() + entry.offset;
    if (isRounded) {
      rounded = roundTensor({whole, entry.bytes}, parameter.dtype);
      whole = rounded.data();
    }
    copyToPart(parameter, program.mesh, rank, whole,
               writer.begin(place, parameter.bytes));
    writer.end(place);
  }
  return Hash::of(bytes->view());
}

} // namespace dpc::rt
