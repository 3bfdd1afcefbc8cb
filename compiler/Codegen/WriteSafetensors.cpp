//===- WriteSafetensors.cpp - Initial parameters beside the executable ----===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Codegen/Codegen.h"
#include "compiler/Codegen/OutputFile.h"
#include "compiler/Import/ExternalData.h"
#include "compiler/Import/Import.h"
#include "dialects/NN/InitialValue.h"
#include "dialects/NN/StoredParameter.h"
#include "dialects/ONNX/AttributeNames.h"
#include "support/Hash.h"
#include "support/TensorKeys.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace dpc;

/// The format's names of element types, "" where it has none.
static StringRef getTypeName(Type type) {
  if (type.isF64())
    return "F64";
  if (type.isF32())
    return "F32";
  if (type.isF16())
    return "F16";
  if (type.isBF16())
    return "BF16";
  auto integer = dyn_cast<IntegerType>(type);
  bool isUnsigned = integer && integer.isUnsigned();
  switch (integer ? integer.getWidth() : 0) {
  case 1:
    return "BOOL";
  case 8:
    return isUnsigned ? "U8" : "I8";
  case 16:
    return isUnsigned ? "U16" : "I16";
  case 32:
    return isUnsigned ? "U32" : "I32";
  case 64:
    return isUnsigned ? "U64" : "I64";
  }
  return "";
}

/// {"__metadata__":{KEY:VALUE},"fc1.weight":{"dtype":"F32","shape":[128,784],"data_offsets":[0,401408]}},
/// padded by spaces such that the data starts at a multiple of 64.
static FailureOr<std::string>
makeHeader(ArrayRef<nn::ParameterOp> parameters, StringRef key, StringRef value,
           function_ref<ArrayRef<int64_t>(nn::ParameterOp)> getShape) {
  std::string header;
  llvm::raw_string_ostream os(header);
  llvm::json::OStream json(os);
  int64_t offset = 0;
  json.objectBegin();
  json.attributeObject("__metadata__", [&] { json.attribute(key, value); });
  for (nn::ParameterOp parameter : parameters) {
    auto type = cast<RankedTensorType>(parameter.getType());
    StringRef typeName = getTypeName(type.getElementType());
    if (typeName.empty())
      return parameter.emitError("has elements of type ")
             << type.getElementType() << ", which safetensors cannot hold";
    int64_t length = type.getNumElements() *
                     llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    json.attributeObject(makeTensorKey(parameter.getName()), [&] {
      json.attribute("dtype", typeName);
      json.attributeArray("shape", [&] {
        for (int64_t extent : getShape(parameter))
          json.value(extent);
      });
      json.attributeArray("data_offsets", [&] {
        json.value(offset);
        json.value(offset + length);
      });
    });
    offset += length;
  }
  json.objectEnd();
  header.append(llvm::alignTo(8 + header.size(), 64) - 8 - header.size(), ' ');
  return header;
}

FailureOr<uint64_t> dpc::writeSafetensors(ModuleOp module, StringRef modelDir,
                                          StringRef planHash,
                                          OutputFile &output) {
  SmallString<256> modelPath(modelDir);
  llvm::sys::path::append(modelPath, "model.onnx");
  if (auto path = module->getAttrOfType<StringAttr>(onnx::kModelPathAttr))
    modelPath = path.getValue();
  auto parameters = llvm::to_vector(module.getOps<nn::ParameterOp>());
  FailureOr<std::string> header = makeHeader(
      parameters, "dpc.plan", planHash, [](nn::ParameterOp parameter) {
        return cast<RankedTensorType>(parameter.getType()).getShape();
      });
  if (failed(header))
    return failure();

  char length[8];
  llvm::support::endian::write64le(length, header->size());
  rt::Hash hash;
  auto write = [&](ArrayRef<char> bytes) {
    hash.add({bytes.data(), bytes.size()});
    return output.write(bytes);
  };
  if (failed(output.create()) || failed(write(length)) ||
      failed(write(ArrayRef(header->data(), header->size()))))
    return failure();
  // The elements as they are stored, in the parameter's own type.
  std::vector<float> wide;
  auto writeStored = [&](nn::ParameterOp parameter, ArrayRef<char> bytes) {
    Type stored = nn::getStoredType(parameter).getElementType();
    if (TypeAttr::get(nn::getStoredType(parameter)) == parameter.getTypeAttr())
      return write(bytes);
    wide.resize(bytes.size() / sizeof(uint16_t));
    for (auto [i, value] : llvm::enumerate(wide)) {
      uint16_t bits = llvm::support::endian::read16le(bytes.data() + 2 * i);
      value = stored.isBF16()
                  ? llvm::bit_cast<float>(static_cast<uint32_t>(bits) << 16)
                  : static_cast<float>(llvm::bit_cast<_Float16>(bits));
    }
    return write(ArrayRef(reinterpret_cast<const char *>(wide.data()),
                          wide.size() * sizeof(float)));
  };
  DataFiles files(modelPath, module->hasAttr(onnx::kFollowLinksAttr));
  for (nn::ParameterOp parameter : parameters) {
    auto read = [&](int64_t offset, MutableArrayRef<char> bytes) {
      llvm::Error error = files.read(parameter.getFile(), offset, bytes);
      return error ? LogicalResult(parameter.emitError()
                                   << llvm::toString(std::move(error)))
                   : success();
    };
    if (failed(nn::readInitialValue(parameter, read, [&](ArrayRef<char> bytes) {
          return writeStored(parameter, bytes);
        })))
      return failure();
  }
  return hash.value();
}

FailureOr<std::string> dpc::makeSafetensorsTemplate(ModuleOp module) {
  SmallVector<nn::ParameterOp> parameters;
  for (auto parameter : module.getOps<nn::ParameterOp>())
    if (!parameter.getFrozen() || parameter->hasAttr(nn::kStateAttr))
      parameters.push_back(parameter);
  // Of the frameworks that transformers asks for, PyTorch's layout is this.
  FailureOr<std::string> header =
      makeHeader(parameters, "format", "pt", nn::getModelShape);
  if (failed(header))
    return failure();
  std::string pieces;
  auto add = [&](char kind, ArrayRef<StringRef> contents) {
    char length[8];
    uint64_t total = 0;
    for (StringRef content : contents)
      total += content.size();
    llvm::support::endian::write64le(length, total);
    pieces += kind;
    pieces.append(length, sizeof(length));
    for (StringRef content : contents)
      pieces += content;
  };
  char length[8];
  llvm::support::endian::write64le(length, header->size());
  pieces += 3;
  add(0, {StringRef(length, sizeof(length)), *header});
  for (nn::ParameterOp parameter : parameters)
    add(1, parameter.getName());
  return pieces;
}
