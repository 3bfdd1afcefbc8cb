//===- InitializerReader.cpp - Elements of a parsed model -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/InitializerReader.h"

#include "compiler/Import/TensorReader.h"
#include "dialects/ONNX/Limits.h"

#include <cstring>

using namespace llvm;
using namespace dpc;

int64_t dpc::getFloatBytes(int dataType) {
  switch (dataType) {
  case pb::TensorProto::FLOAT16:
  case pb::TensorProto::BFLOAT16:
    return 2;
  case pb::TensorProto::FLOAT:
    return 4;
  case pb::TensorProto::DOUBLE:
    return 8;
  default:
    return 0;
  }
}

std::optional<int64_t> dpc::countElements(const pb::TensorProto &tensor) {
  int64_t count = 1;
  for (int64_t extent : tensor.dims()) {
    if (extent < 0 || (extent > 0 && count > limits::kElements / extent))
      return std::nullopt;
    count *= extent;
  }
  return count;
}

bool InitializerReader::isInFile(int index) const {
  const pb::TensorProto &tensor = model.proto->graph().initializer(index);
  return model.payloads[index] || isExternal(tensor);
}

std::optional<std::string> InitializerReader::read(int index, int64_t offset,
                                                   int64_t count) {
  const pb::TensorProto &tensor = model.proto->graph().initializer(index);
  if (isExhausted() || (bytesLeft -= count) < 0)
    return std::nullopt;
  if (const std::optional<Payload> &payload = model.payloads[index]) {
    if (offset + count > payload->length)
      return std::nullopt;
    return bytes.substr(payload->offset + offset, count).str();
  }
  if (!isExternal(tensor))
    return std::nullopt;
  auto ref = parseExternalRef(tensor);
  if (!ref) {
    consumeError(ref.takeError());
    return std::nullopt;
  }
  auto size = files.getSize(ref->file);
  if (!size) {
    consumeError(size.takeError());
    return std::nullopt;
  }
  // Neither of the first two is negative.
  if (!*size || ref->offset > **size || offset + count > **size - ref->offset)
    return std::nullopt;
  std::string content(count, '\0');
  if (Error error =
          files.read(ref->file, ref->offset + offset,
                     MutableArrayRef<char>(content.data(), content.size()))) {
    consumeError(std::move(error));
    return std::nullopt;
  }
  return content;
}

std::optional<std::vector<float>>
InitializerReader::readFloats(int index, int64_t count, int64_t from) {
  if (model.proto->graph().initializer(index).data_type() !=
      pb::TensorProto::FLOAT)
    return std::nullopt;
  constexpr int64_t bytes = sizeof(float);
  auto content = read(index, from * bytes, count * bytes);
  if (!content)
    return std::nullopt;
  std::vector<float> values(count);
  std::memcpy(values.data(), content->data(), content->size());
  return values;
}
