//===- SafetensorsHeader.cpp - Headers of safetensors files ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Support/SafetensorsHeader.h"
#include "dialects/Support/TensorKeys.h"

#include <nlohmann/json.hpp>

namespace dpc {

using Json = nlohmann::ordered_json;

/// Bytes that are no UTF-8 are replaced.
static std::string dump(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

SafetensorsHeader::SafetensorsHeader(const std::string &key,
                                     const std::string &value)
    : text("{" + dump(std::string(metadataKey)) + ":" +
           dump(Json{{key, value}})) {}

bool SafetensorsHeader::add(std::string_view name, std::string_view dtype,
                            std::span<const int64_t> shape, uint64_t bytes) {
  for (const SafetensorsType &type : safetensorsTypes) {
    if (type.dtype != dtype)
      continue;
    Json entry = {{"dtype", type.name},
                  {"shape", Json::array()},
                  {"data_offsets", {offset, offset + bytes}}};
    for (int64_t extent : shape)
      entry["shape"].push_back(extent);
    text += "," + dump(makeTensorKey(name)) + ":" + dump(entry);
    offset += bytes;
    return true;
  }
  return false;
}

std::string SafetensorsHeader::make(uint64_t alignment) const {
  std::string header = text + "}";
  uint64_t length = (8 + header.size() + alignment - 1) / alignment * alignment;
  header.append(length - 8 - header.size(), ' ');
  std::string start;
  for (int i = 0; i < 8; ++i)
    start += static_cast<char>(header.size() >> (8 * i));
  return start + header;
}

} // namespace dpc
