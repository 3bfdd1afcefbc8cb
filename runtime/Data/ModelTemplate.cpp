//===- ModelTemplate.cpp - Writing the trained ONNX model -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/ModelTemplate.h"
#include "dialects/Support/Protobuf.h"
#include "dialects/Support/SafetensorsHeader.h"
#include "runtime/Data/OnnxFormat.h"

#include <algorithm>
#include <cstring>

namespace dpc::rt {

using namespace onnx;
using namespace protobuf;

/// Payloads in the second file begin at multiples of this; smaller ones stay in
/// the model.
static constexpr uint64_t kAlignment = 64, kFewBytes = 1024;

static uint64_t headerSize(unsigned field, uint64_t length) {
  std::string header;
  appendHeader(header, field, length);
  return header.size();
}

namespace {
/// Takes the template apart; empty beyond its end, and no longer whole.
struct Reader {
  std::string_view &bytes;
  bool isWhole = true;

  uint64_t number() {
    uint64_t value = 0;
    isWhole = isWhole && bytes.size() >= sizeof(value);
    if (isWhole) {
      std::memcpy(&value, bytes.data(), sizeof(value));
      bytes.remove_prefix(sizeof(value));
    }
    return value;
  }
  std::string_view string() {
    uint64_t length = number();
    isWhole = isWhole && length <= bytes.size();
    std::string_view content = bytes.substr(0, isWhole ? length : 0);
    bytes.remove_prefix(content.size());
    return content;
  }
  /// -1 at the end.
  int kind() {
    if (bytes.empty())
      return -1;
    int kind = static_cast<uint8_t>(bytes[0]);
    bytes.remove_prefix(1);
    return kind;
  }
};
} // namespace

/// Where several stages hold it, the one that trains it.
const Parameter *ModelTemplate::find(const Program &program,
                                     std::string_view name) {
  const Parameter *found = nullptr;
  for (const Parameter &candidate : program.parameters)
    if (candidate.name == name && (!found || candidate.trainable))
      found = &candidate;
  return found;
}

bool ModelTemplate::readModel(std::string_view &bytes, const Program &program) {
  Reader reader{bytes};
  modelFields = reader.string();
  graphFields = reader.string();
  for (int kind = reader.kind(); kind != 3 && kind != -1;
       kind = reader.kind()) {
    Entry entry;
    entry.fields = reader.string();
    entry.hasPayload = kind != 0;
    if (kind == 1) {
      entry.literal = reader.string();
      entry.bytes = entry.literal.size();
    } else if (kind == 2) {
      entry.parameter = find(program, reader.string());
      std::optional<DpcType> dtype = parseDataType(reader.number());
      if (!reader.isWhole || !entry.parameter || !dtype ||
          (*dtype != entry.parameter->dtype &&
           !(isFloat(*dtype) && isFloat(entry.parameter->dtype))))
        return false;
      entry.dtype = *dtype;
      // Within range: Program.h checks the product.
      entry.bytes = static_cast<uint64_t>(
          byteCount(entry.parameter->globalShape, entry.dtype).value_or(0));
    } else if (kind != 0) {
      return false;
    }
    entries.push_back(entry);
  }
  return reader.isWhole;
}

bool ModelTemplate::readSafetensors(std::string_view &bytes,
                                    const Program &program) {
  Reader reader{bytes};
  // Of the frameworks that transformers asks for, PyTorch's layout is this.
  SafetensorsHeader header("format", "pt");
  for (int kind = reader.kind(); kind != -1; kind = reader.kind()) {
    std::string_view name = reader.string();
    uint64_t rank = reader.number();
    Shape shape;
    for (uint64_t i = 0; reader.isWhole && i < rank; ++i)
      shape.push_back(static_cast<int64_t>(reader.number()));
    Entry entry;
    entry.hasPayload = true;
    entry.parameter = find(program, name);
    if (kind != 1 || !reader.isWhole || !entry.parameter ||
        elementCount(shape) != elementCount(entry.parameter->globalShape))
      return false;
    entry.dtype = entry.parameter->dtype;
    entry.bytes = static_cast<uint64_t>(
        byteCount(entry.parameter->globalShape, entry.dtype).value_or(0));
    if (!header.add(name, typeName(entry.dtype), shape, entry.bytes))
      return false;
    entries.push_back(entry);
    shapes[std::string(name)] = std::move(shape);
  }
  safetensorsHeader = header.make();
  return !entries.empty();
}

std::map<std::string, const Parameter *> ModelTemplate::initializers() const {
  std::map<std::string, const Parameter *> names;
  for (const Entry &entry : entries) {
    Message fields(entry.fields);
    for (Field field; entry.parameter && fields.next(field);)
      if (field.number == Name)
        names[std::string(field.content)] = entry.parameter;
  }
  return names;
}

Expected<ModelTemplate> ModelTemplate::parse(std::string_view bytes,
                                             const Program &program,
                                             std::string_view path,
                                             Format format, uint64_t limit) {
  constexpr std::string_view magic = "DPCTMPL3";
  const char *flag =
      format == Format::ONNX ? "--save-onnx" : "--save-safetensors";
  Error broken{flag, "the embedded model is broken", "compile the model again"};
  ModelTemplate result;
  if (!bytes.starts_with(magic))
    return broken;
  bytes.remove_prefix(magic.size());
  if (!result.readModel(bytes, program))
    return broken;
  if (format == Format::Safetensors) {
    result = ModelTemplate();
    result.format = format;
    if (!result.readSafetensors(bytes, program))
      return broken;
    result.modelBytes = result.safetensorsHeader.size();
    for (const Entry &entry : result.entries)
      result.modelBytes += entry.bytes;
    return result;
  }
  result.measure();
  if (result.modelBytes <= limit)
    return result;
  result.location = dataPath(std::string(path.substr(path.rfind('/') + 1)));
  uint64_t position = 0;
  for (Entry &entry : result.entries) {
    if (!entry.hasPayload || entry.bytes < kFewBytes)
      continue;
    position = (position + kAlignment - 1) / kAlignment * kAlignment;
    entry.position = position;
    position += entry.bytes;
  }
  result.externalBytes = position;
  result.measure();
  if (result.modelBytes > limit)
    return Error{flag,
                 "the model would be " + std::to_string(result.modelBytes) +
                     " bytes long even without its weights, beyond an ONNX "
                     "file's limit of 2 GiB",
                 "train without --save-onnx"};
  return result;
}

std::string ModelTemplate::makeTail(const Entry &entry) const {
  std::string tail;
  if (!entry.hasPayload)
    return tail;
  if (!entry.position) {
    appendHeader(tail, RawData, entry.bytes);
    return tail;
  }
  for (const auto &[key, value] :
       {std::pair<std::string_view, std::string>("location", location),
        {"offset", std::to_string(*entry.position)},
        {"length", std::to_string(entry.bytes)}}) {
    std::string pair;
    appendField(pair, Key, key);
    appendField(pair, Value, value);
    appendField(tail, ExternalData, pair);
  }
  appendTag(tail, DataLocation, Varint);
  tail += externalLocation;
  return tail;
}

void ModelTemplate::measure() {
  graphBytes = graphFields.size();
  for (const Entry &entry : entries) {
    uint64_t length = entry.fields.size() + makeTail(entry).size() +
                      (entry.position ? 0 : entry.bytes);
    graphBytes += headerSize(Initializer, length) + length;
  }
  modelBytes = modelFields.size() + headerSize(Graph, graphBytes) + graphBytes;
}

std::optional<std::pair<const Parameter *, BadValue>>
ModelTemplate::findNotFinite(const ReadParameter &read) const {
  for (const Entry &entry : entries) {
    const Parameter *parameter = entry.parameter;
    if (!parameter || !parameter->trainable)
      continue;
    std::string_view bytes = getBytes(entry, read);
    std::optional<BadValue> bad = rt::findNotFinite(
        bytes.data(), parameter->dtype,
        static_cast<int64_t>(bytes.size()) / typeBytes(parameter->dtype));
    if (bad && !bad->onlyNegative)
      return std::pair(parameter, *bad);
  }
  return std::nullopt;
}

Status ModelTemplate::writePayload(OutputFile &file, const Entry &entry,
                                   std::string_view bytes) {
  if (!entry.parameter || entry.parameter->dtype == entry.dtype)
    return file.write(bytes);
  int64_t from = typeBytes(entry.parameter->dtype), to = typeBytes(entry.dtype);
  std::string chunk;
  while (!bytes.empty()) {
    constexpr size_t most = 1 << 16;
    size_t count = std::min(most, bytes.size() / from);
    chunk.resize(count * to);
    for (size_t i = 0; i < count; ++i)
      writeElement(
          chunk.data() + i * to, entry.dtype,
          readElement(bytes.data() + i * from, entry.parameter->dtype));
    if (Status status = file.write(chunk); !status.ok())
      return status;
    bytes.remove_prefix(count * from);
  }
  return {};
}

Status ModelTemplate::write(OutputFile &file, OutputFile *data,
                            const ReadParameter &read,
                            const std::function<void()> &showWork) const {
  if (format == Format::Safetensors) {
    if (Status status = file.write(safetensorsHeader); !status.ok())
      return status;
    for (const Entry &entry : entries) {
      showWork();
      if (Status status = writePayload(file, entry, getBytes(entry, read));
          !status.ok())
        return status;
    }
    return file.commit();
  }
  std::string out(modelFields);
  appendHeader(out, Graph, graphBytes);
  out += graphFields;
  Status status = file.write(out);
  uint64_t position = 0;
  for (const Entry &entry : entries) {
    if (!status.ok())
      return status;
    showWork();
    std::string tail = makeTail(entry), header;
    appendHeader(header, Initializer,
                 entry.fields.size() + tail.size() +
                     (entry.position ? 0 : entry.bytes));
    status = file.write(header.append(entry.fields).append(tail));
    if (!status.ok() || !entry.hasPayload)
      continue;
    if (entry.position) {
      status = data->write(std::string(*entry.position - position, 0));
      position = *entry.position + entry.bytes;
    }
    if (status.ok())
      status = writePayload(entry.position ? *data : file, entry,
                            getBytes(entry, read));
  }
  // The data first: a model without it would be of no use.
  if (status.ok() && data)
    status = data->commit();
  return status.ok() ? file.commit() : status;
}

} // namespace dpc::rt
