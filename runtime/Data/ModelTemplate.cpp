//===- ModelTemplate.cpp - Writing the trained ONNX model -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/ModelTemplate.h"

#include <cstring>

namespace dpc::rt {

Expected<ModelTemplate> ModelTemplate::parse(std::string_view bytes,
                                             const Program &program,
                                             const std::string &where,
                                             Format format) {
  constexpr std::string_view magic = "DPCTMPL1";
  constexpr uint64_t limit = (uint64_t(1) << 31) - 1;
  Error broken{where, "the embedded model is broken",
               "compile the model again"};
  if (!bytes.starts_with(magic))
    return broken;
  bytes.remove_prefix(magic.size());
  ModelTemplate result;
  uint64_t &total = result.total;
  Format current = Format::ONNX;
  while (!bytes.empty()) {
    uint64_t length = 0;
    if (bytes.size() < 9)
      return broken;
    int kind = static_cast<uint8_t>(bytes[0]);
    std::memcpy(&length, bytes.data() + 1, 8);
    bytes.remove_prefix(9);
    if (kind > 2 || length > bytes.size())
      return broken;
    if (kind == 2) {
      if (current == Format::Safetensors || length)
        return broken;
      current = Format::Safetensors;
      continue;
    }
    std::string_view content = bytes.substr(0, length);
    bytes.remove_prefix(length);
    if (kind == 0) {
      if (current == format) {
        result.pieces.push_back({content, nullptr});
        total += length;
      }
      continue;
    }
    const Parameter *parameter = nullptr;
    // Where several stages hold it, the one that trains it.
    for (const Parameter &candidate : program.parameters)
      if (candidate.name == content && (!parameter || candidate.trainable))
        parameter = &candidate;
    if (!parameter)
      return broken;
    if (current != format)
      continue;
    result.pieces.push_back({{}, parameter});
    // Within range: Program.h checks the product.
    total += static_cast<uint64_t>(
        byteCount(parameter->globalShape, parameter->dtype).value_or(limit));
  }
  if (result.pieces.empty())
    return broken;
  if (format == Format::ONNX && total > limit)
    return Error{where,
                 "the model would be " + std::to_string(total) +
                     " bytes long, beyond an ONNX file's limit of 2 GiB",
                 "train without " + where};
  return result;
}

std::string_view ModelTemplate::getBytes(const Piece &piece, const char *arena,
                                         const WholeParameters &wholes) {
  if (auto whole = wholes.find(piece.parameter); whole != wholes.end())
    return whole->second;
  if (piece.parameter)
    return {arena + piece.parameter->offset,
            static_cast<size_t>(piece.parameter->bytes)};
  return piece.literal;
}

std::optional<std::pair<const Parameter *, BadValue>>
ModelTemplate::findNotFinite(const char *arena,
                             const WholeParameters &wholes) const {
  for (const Piece &piece : pieces) {
    const Parameter *parameter = piece.parameter;
    if (!parameter || !parameter->trainable)
      continue;
    std::string_view bytes = getBytes(piece, arena, wholes);
    std::optional<BadValue> bad = rt::findNotFinite(
        bytes.data(), parameter->dtype,
        static_cast<int64_t>(bytes.size()) / typeBytes(parameter->dtype));
    if (bad && !bad->onlyNegative)
      return std::pair(parameter, *bad);
  }
  return std::nullopt;
}

Status ModelTemplate::write(OutputFile &file, const char *arena,
                            const WholeParameters &wholes) const {
  for (const Piece &piece : pieces) {
    Status status = file.write(getBytes(piece, arena, wholes));
    if (!status.ok())
      return status;
  }
  return file.commit();
}

} // namespace dpc::rt
