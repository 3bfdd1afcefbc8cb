//===- ModelTemplate.cpp - The model without its parameters ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The order of fields means nothing in protobuf, so that a model may be written
// in an order of our own, every length being known beforehand:
//
//   model's other fields | graph { graph's other fields |
//     initializer { its other fields | raw_data LENGTH | payload } ... }
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/ModelTemplate.h"

#include "compiler/Import/Importer.h"
#include "compiler/Import/ModelCopy.h"
#include "compiler/Import/RestoreParameters.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/LEB128.h"

#include <array>

using namespace mlir;
using namespace dpc;

namespace {
/// The tag and length of a field that `length` bytes follow.
void appendHeader(std::string &out, unsigned fieldNumber, uint64_t length) {
  llvm::raw_string_ostream stream(out);
  llvm::encodeULEB128(fieldNumber << 3 | 2, stream);
  llvm::encodeULEB128(length, stream);
}

/// Size of a field's tag, length and content.
uint64_t getFieldSize(unsigned fieldNumber, uint64_t length) {
  return llvm::getULEB128Size(fieldNumber << 3 | 2) +
         llvm::getULEB128Size(length) + length;
}

/// An initializer as it will be written: `fields`, then the payload, if any.
struct Entry {
  std::string fields;
  bool isParameter = false;
  std::string name;
  int32_t dataType = 0;
  /// Of the payload; absent if the fields hold the elements.
  std::optional<uint64_t> payloadSize;
  StringRef literal;
  std::string owned;

  StringRef getLiteral() const { return owned.empty() ? literal : owned; }
  uint64_t size() const {
    uint64_t payload =
        payloadSize
            ? getFieldSize(pb::TensorProto::kRawDataFieldNumber, *payloadSize)
            : 0;
    return fields.size() + payload;
  }
};

/// What `matrix`, of that shape, is transposed.
std::string transpose(StringRef matrix, std::array<int64_t, 2> shape,
                      int64_t width) {
  std::string result;
  for (int64_t c = 0; c < shape[1]; ++c)
    for (int64_t r = 0; r < shape[0]; ++r)
      result += matrix.substr((r * shape[1] + c) * width, width);
  return result;
}

/// A model in pieces.
struct Pieces {
  std::string modelFields, graphFields;
  std::vector<Entry> entries;
};

void clearData(pb::TensorProto &tensor) {
  tensor.clear_raw_data();
  tensor.clear_float_data();
  tensor.clear_double_data();
  tensor.clear_int32_data();
  tensor.clear_int64_data();
  tensor.clear_uint64_data();
  tensor.clear_external_data();
  tensor.clear_data_location();
}

class TemplateMaker {
public:
  TemplateMaker(MLIRContext &context, StringRef path, StringRef bytes,
                ModelFile &model, bool followLinks)
      : path(path), bytes(bytes), model(model), files(path, followLinks),
        tensors(context, bytes, files, /*requireData=*/false) {}

  llvm::Expected<Pieces> make(ArrayRef<std::string> parameterNames);

private:
  llvm::Expected<Entry> makeEntry(pb::TensorProto &tensor,
                                  const std::optional<Payload> &payload,
                                  Layout layout, bool isParameter);
  llvm::Expected<std::string> readExternal(const pb::TensorProto &tensor);
  llvm::Expected<int64_t> getLength(const pb::TensorProto &tensor);

  StringRef path, bytes;
  ModelFile &model;
  DataFiles files;
  TensorReader tensors;
};
} // namespace

llvm::Expected<int64_t>
TemplateMaker::getLength(const pb::TensorProto &tensor) {
  auto type = tensors.getType(tensor);
  if (!type)
    return type.takeError();
  return type->getNumElements() * getElementBytes(type->getElementType());
}

llvm::Expected<std::string>
TemplateMaker::readExternal(const pb::TensorProto &tensor) {
  auto type = tensors.getType(tensor);
  if (!type)
    return type.takeError();
  return tensors.readExternal(tensor, *type);
}

llvm::Expected<Entry>
TemplateMaker::makeEntry(pb::TensorProto &tensor,
                         const std::optional<Payload> &payload, Layout layout,
                         bool isParameter) {
  Entry entry;
  entry.name = tensor.name();
  entry.isParameter = isParameter;
  entry.dataType = tensor.data_type();
  auto length = getLength(tensor);
  if (!length)
    return length.takeError();
  if (isParameter) {
    clearData(tensor);
    entry.payloadSize = *length;
  } else if (isExternal(tensor)) {
    auto content = readExternal(tensor);
    if (!content)
      return content.takeError();
    entry.owned = std::move(*content);
    clearData(tensor);
    entry.payloadSize = entry.owned.size();
  } else if (payload) {
    // Packed floats and doubles are the same bytes as raw data.
    if (payload->length != *length)
      return makeError("its data does not fit its shape; the file changed");
    entry.literal = bytes.substr(payload->offset, payload->length);
    entry.payloadSize = payload->length;
  }
  if (layout != Layout::Plain && !isParameter) {
    // Not what the file holds, but what it was restored to.
    if (layout == Layout::Zeros)
      entry.owned.assign(*length, '\0');
    else
      entry.owned = transpose(entry.owned.empty() ? entry.literal
                                                  : StringRef(entry.owned),
                              {tensor.dims(1), tensor.dims(0)},
                              *length / (tensor.dims(0) * tensor.dims(1)));
    entry.payloadSize = *length;
  }
  entry.fields = tensor.SerializeAsString();
  return entry;
}

llvm::Expected<Pieces>
TemplateMaker::make(ArrayRef<std::string> parameterNames) {
  llvm::StringSet<> missing;
  for (const std::string &name : parameterNames)
    missing.insert(name);

  // External data of attributes and the like is inlined in place.
  std::string where;
  if (llvm::Error error = visitInnerTensors(
          *model.proto, where,
          [&](pb::TensorProto &tensor, StringRef) -> llvm::Error {
            if (!isExternal(tensor))
              return llvm::Error::success();
            auto content = readExternal(tensor);
            if (!content)
              return content.takeError();
            clearData(tensor);
            tensor.set_raw_data(std::move(*content));
            return llvm::Error::success();
          }))
    return error;

  pb::GraphProto &graph = *model.proto->mutable_graph();
  Pieces pieces;
  for (auto [tensor, payload, facts] : llvm::zip_equal(
           *graph.mutable_initializer(), model.payloads, model.facts)) {
    bool isParameter = missing.erase(tensor.name());
    auto entry = makeEntry(tensor, payload, facts.layout, isParameter);
    if (!entry)
      return makeError("initializer '" + tensor.name() +
                       "': " + toString(entry.takeError()));
    pieces.entries.push_back(std::move(*entry));
  }
  if (!missing.empty())
    return makeError("has no initializer '" + missing.begin()->getKey() +
                     "'; the file changed while it was compiled");

  graph.clear_initializer();
  pieces.graphFields = graph.SerializeAsString();
  model.proto->clear_graph();
  pieces.modelFields = model.proto->SerializeAsString();
  return std::move(pieces);
}

static std::string makeTemplate(const Pieces &pieces) {
  std::string out = "DPCTMPL3";
  auto number = [&](uint64_t value) {
    char bytes[8];
    llvm::support::endian::write64le(bytes, value);
    out.append(bytes, sizeof(bytes));
  };
  auto string = [&](StringRef bytes) {
    number(bytes.size());
    out += bytes;
  };
  string(pieces.modelFields);
  string(pieces.graphFields);
  for (const Entry &entry : pieces.entries) {
    out += static_cast<char>(!entry.payloadSize  ? 0
                             : entry.isParameter ? 2
                                                 : 1);
    string(entry.fields);
    if (!entry.payloadSize)
      continue;
    string(entry.isParameter ? StringRef(entry.name) : entry.getLiteral());
    if (entry.isParameter)
      number(entry.dataType);
  }
  return out;
}

/// The file of a model that lacks no parameters.
static llvm::Expected<std::string> makeFile(const Pieces &pieces) {
  uint64_t graphSize = pieces.graphFields.size();
  for (const Entry &entry : pieces.entries)
    graphSize +=
        getFieldSize(pb::GraphProto::kInitializerFieldNumber, entry.size());
  if (pieces.modelFields.size() +
          getFieldSize(pb::ModelProto::kGraphFieldNumber, graphSize) >
      INT32_MAX)
    return makeError("with its weights inside, the model is larger than 2 GiB, "
                     "protobuf's limit; it cannot be saved as one file");
  std::string out = pieces.modelFields;
  appendHeader(out, pb::ModelProto::kGraphFieldNumber, graphSize);
  out += pieces.graphFields;
  for (const Entry &entry : pieces.entries) {
    appendHeader(out, pb::GraphProto::kInitializerFieldNumber, entry.size());
    out += entry.fields;
    if (!entry.payloadSize)
      continue;
    appendHeader(out, pb::TensorProto::kRawDataFieldNumber, *entry.payloadSize);
    out += entry.getLiteral();
  }
  return out;
}

FailureOr<std::string>
dpc::makeModelTemplateFromBuffer(StringRef bytes, StringRef path,
                                 ArrayRef<std::string> parameterNames,
                                 MLIRContext &context, bool followLinks) {
  ModelFile model;
  if (llvm::Error error = parseModelFile(bytes, model))
    return emitImportError(context, path, toString(std::move(error)));
  restoreParameters(model, bytes, path, followLinks);
  auto result = TemplateMaker(context, path, bytes, model, followLinks)
                    .make(parameterNames);
  if (!result)
    return emitImportError(context, path, toString(result.takeError()));
  return makeTemplate(*result);
}

FailureOr<std::string>
dpc::makeModelTemplate(StringRef modelPath,
                       ArrayRef<std::string> parameterNames,
                       MLIRContext &context, bool followLinks) {
  auto buffer = openModelFile(modelPath);
  if (!buffer)
    return emitImportError(context, modelPath, toString(buffer.takeError()));
  return makeModelTemplateFromBuffer((*buffer)->getBuffer(), modelPath,
                                     parameterNames, context, followLinks);
}

FailureOr<std::string>
dpc::copyModel(StringRef path, MLIRContext &context, bool followLinks,
               llvm::function_ref<void(pb::ModelProto &)> edit) {
  auto buffer = openModelFile(path);
  if (!buffer)
    return emitImportError(context, path, toString(buffer.takeError()));
  StringRef bytes = (*buffer)->getBuffer();
  ModelFile model;
  if (llvm::Error error = parseModelFile(bytes, model))
    return emitImportError(context, path, toString(std::move(error)));
  restoreParameters(model, bytes, path, followLinks);
  edit(*model.proto);
  auto pieces =
      TemplateMaker(context, path, bytes, model, followLinks).make({});
  if (!pieces)
    return emitImportError(context, path, toString(pieces.takeError()));
  auto file = makeFile(*pieces);
  if (!file)
    return emitImportError(context, path, toString(file.takeError()));
  return std::move(*file);
}
