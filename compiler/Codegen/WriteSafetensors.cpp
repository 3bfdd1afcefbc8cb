//===- WriteSafetensors.cpp - Initial parameters beside the executable ----===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Codegen/Codegen.h"
#include "compiler/Codegen/OutputFile.h"
#include "compiler/Import/ExternalData.h"
#include "compiler/Import/Import.h"
#include "dialects/NN/NNDialect.h"
#include "runtime/Core/Hash.h"
#include "runtime/Data/TensorKeys.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

#include <vector>

using namespace mlir;
using namespace dpc;

/// Large enough that opening the file again costs nothing.
static constexpr int64_t kChunkBytes = 16 << 20;

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

/// {"__metadata__":{"dpc.plan":"0123456789abcdef"},
/// "fc1.weight":{"dtype":"F32","shape":[128,784],"data_offsets":[0,401408]}},
/// padded by spaces such that the data starts at a multiple of 64.
static FailureOr<std::string> makeHeader(ArrayRef<nn::ParameterOp> parameters,
                                         StringRef planHash) {
  std::string header;
  llvm::raw_string_ostream os(header);
  llvm::json::OStream json(os);
  int64_t offset = 0;
  json.objectBegin();
  json.attributeObject("__metadata__",
                       [&] { json.attribute("dpc.plan", planHash); });
  for (nn::ParameterOp parameter : parameters) {
    auto type = cast<RankedTensorType>(parameter.getType());
    StringRef typeName = getTypeName(type.getElementType());
    if (typeName.empty())
      return parameter.emitError("has elements of type ")
             << type.getElementType() << ", which safetensors cannot hold";
    int64_t length = parameter.getLength();
    json.attributeObject(makeTensorKey(parameter.getName()), [&] {
      json.attribute("dtype", typeName);
      json.attributeArray("shape", [&] {
        for (int64_t extent : type.getShape())
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
  if (auto path = module->getAttrOfType<StringAttr>("onnx.model_path"))
    modelPath = path.getValue();
  auto parameters = llvm::to_vector(module.getOps<nn::ParameterOp>());
  FailureOr<std::string> header = makeHeader(parameters, planHash);
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
  DataFiles files(modelPath, module->hasAttr(kFollowLinksAttr));
  std::vector<char> chunk;
  for (nn::ParameterOp parameter : parameters) {
    int64_t total = parameter.getLength();
    for (int64_t done = 0; done < total; done += chunk.size()) {
      chunk.resize(std::min(kChunkBytes, total - done));
      if (llvm::Error error = files.read(parameter.getFile(),
                                         parameter.getOffset() + done, chunk))
        return parameter.emitError() << llvm::toString(std::move(error));
      if (failed(write(chunk)))
        return failure();
    }
  }
  return hash.value();
}
