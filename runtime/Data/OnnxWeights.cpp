//===- OnnxWeights.cpp - The initializers of an ONNX file -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/OnnxWeights.h"
#include "dialects/Support/Protobuf.h"
#include "runtime/Data/OnnxFormat.h"

#include <charconv>
#include <filesystem>

namespace dpc::rt {

using namespace onnx;
using protobuf::Field;
using protobuf::Message;

static Error makeError(const std::string &path, const std::string &what) {
  return Error{path, what, "it must be an ONNX file"};
}

Expected<OnnxWeights> OnnxWeights::open(const std::string &path) {
  Expected<FileBytes> bytes = FileBytes::open(path);
  if (!bytes.ok())
    return bytes.error();
  Expected<OnnxWeights> weights = parse(bytes->view(), path);
  if (weights.ok())
    weights->file.emplace(std::move(*bytes));
  return weights;
}

Expected<OnnxWeights> OnnxWeights::parse(std::string_view bytes,
                                         const std::string &path) {
  OnnxWeights weights;
  Message model(bytes);
  for (Field field; model.next(field);) {
    if (field.number != Graph || !field.hasContent)
      continue;
    Message graph(field.content);
    for (Field entry; graph.next(entry);)
      if (entry.number == Initializer && entry.hasContent)
        if (Status status = weights.readTensor(entry.content, path);
            !status.ok())
          return status.error();
    if (!graph.isWhole())
      return makeError(path, "the graph is damaged");
  }
  if (!model.isWhole())
    return makeError(path, "is no ONNX file, or damaged");
  return weights;
}

Status OnnxWeights::readTensor(std::string_view fields,
                               const std::string &path) {
  OnnxTensor tensor;
  std::string name;
  std::optional<DpcType> dtype;
  bool isExternal = false;
  std::map<std::string, std::string> entries;
  Message message(fields);
  for (Field field; message.next(field);) {
    switch (field.number) {
    case Dims: {
      std::string_view packed = field.content;
      if (!field.hasContent)
        tensor.shape.push_back(static_cast<int64_t>(field.value));
      for (uint64_t extent; !packed.empty();) {
        if (!Message::takeVarint(packed, extent))
          return makeError(path, "the shape of an initializer is damaged");
        tensor.shape.push_back(static_cast<int64_t>(extent));
      }
      break;
    }
    case DataType:
      dtype = parseDataType(field.value);
      break;
    case Name:
      name = field.content;
      break;
    case RawData:
    case FloatData:
    case DoubleData:
      tensor.bytes = field.content;
      break;
    case DataLocation:
      isExternal = field.value == static_cast<uint64_t>(externalLocation);
      break;
    case ExternalData: {
      Message entry(field.content);
      std::string key, value;
      for (Field part; entry.next(part);)
        (part.number == Key ? key : value) = part.content;
      entries[key] = value;
      break;
    }
    default:
      break;
    }
  }
  if (!message.isWhole())
    return makeError(path, "the initializer '" + name + "' is damaged");
  std::optional<int64_t> bytes =
      dtype ? byteCount(tensor.shape, *dtype) : std::nullopt;
  if (!bytes)
    return {};
  tensor.dtype = *dtype;
  if (isExternal) {
    Expected<std::string_view> read =
        readExternal(entries, static_cast<uint64_t>(*bytes), path);
    if (!read.ok())
      return read.status();
    tensor.bytes = *read;
  }
  // Others hold their elements in another form.
  if (tensor.bytes.size() == static_cast<uint64_t>(*bytes))
    found[name] = tensor;
  return {};
}

Expected<std::string_view>
OnnxWeights::readExternal(const std::map<std::string, std::string> &entries,
                          uint64_t length, const std::string &path) {
  auto get = [&](const char *key) {
    auto entry = entries.find(key);
    return entry == entries.end() ? std::string() : entry->second;
  };
  std::filesystem::path location = get("location");
  std::string offsetText = get("offset");
  uint64_t offset = 0;
  const char *end = offsetText.data() + offsetText.size();
  bool isNumber = offsetText.empty() ||
                  std::from_chars(offsetText.data(), end, offset).ptr == end;
  bool leads = location.is_absolute();
  for (const std::filesystem::path &part : location)
    leads |= part == "..";
  if (location.empty() || leads || !isNumber)
    return makeError(path, "external data is at no place beside it");
  std::string name = std::filesystem::path(path).parent_path() / location;
  auto known = external.find(name);
  if (known == external.end()) {
    Expected<FileBytes> opened = FileBytes::open(name);
    if (!opened.ok())
      return opened.error();
    known = external.emplace(name, std::move(*opened)).first;
  }
  std::string_view all = known->second.view();
  if (offset > all.size() || length > all.size() - offset)
    return Error{name, "is shorter than " + path + " says",
                 "the two files must be of one model"};
  return all.substr(offset, length);
}

} // namespace dpc::rt
