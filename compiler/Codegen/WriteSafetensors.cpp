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
#include "dialects/Plan/TypeName.h"
#include "dialects/Support/Hash.h"
#include "dialects/Support/SafetensorsHeader.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace dpc;

/// What the file holds the elements as: what is kept in fewer bits than it is
/// stored in is rounded by whoever reads it.
static RankedTensorType getFileType(nn::ParameterOp parameter) {
  auto type = cast<RankedTensorType>(parameter.getType());
  RankedTensorType stored = nn::getStoredType(parameter);
  return type.getElementTypeBitWidth() < stored.getElementTypeBitWidth()
             ? stored
             : type;
}

/// Adds the parameter's tensor, in that shape, to a file.
static LogicalResult add(nn::ParameterOp parameter, ArrayRef<int64_t> shape,
                         SafetensorsHeader &header) {
  RankedTensorType type = getFileType(parameter);
  int64_t bytes = type.getNumElements() *
                  llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  if (header.add(parameter.getName(), plan::getTypeName(type.getElementType()),
                 shape, bytes))
    return success();
  return parameter.emitError("has elements of type ")
         << type.getElementType() << ", which safetensors cannot hold";
}

FailureOr<uint64_t> dpc::writeSafetensors(ModuleOp module, StringRef modelDir,
                                          StringRef planHash,
                                          OutputFile &output) {
  SmallString<256> modelPath(modelDir);
  llvm::sys::path::append(modelPath, "model.onnx");
  if (auto path = module->getAttrOfType<StringAttr>(onnx::kModelPathAttr))
    modelPath = path.getValue();
  auto parameters = llvm::to_vector(module.getOps<nn::ParameterOp>());
  SafetensorsHeader header("dpc.plan", planHash.str());
  for (nn::ParameterOp parameter : parameters)
    if (failed(add(parameter,
                   cast<RankedTensorType>(parameter.getType()).getShape(),
                   header)))
      return failure();
  rt::Hash hash;
  auto write = [&](ArrayRef<char> bytes) {
    hash.add({bytes.data(), bytes.size()});
    return output.write(bytes);
  };
  std::string start = header.make();
  if (failed(output.create()) ||
      failed(write(ArrayRef(start.data(), start.size()))))
    return failure();
  // The elements as they are stored, in the file's type.
  std::vector<float> wide;
  auto writeStored = [&](nn::ParameterOp parameter, ArrayRef<char> bytes) {
    Type stored = nn::getStoredType(parameter).getElementType();
    if (nn::getStoredType(parameter) == getFileType(parameter))
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

std::string dpc::makeSafetensorsTemplate(ModuleOp module) {
  std::string list(1, 3);
  auto addNumber = [&](uint64_t number) {
    char bytes[8];
    llvm::support::endian::write64le(bytes, number);
    list.append(bytes, sizeof(bytes));
  };
  for (auto parameter : module.getOps<nn::ParameterOp>()) {
    if (parameter.getFrozen() && !parameter->hasAttr(nn::kStateAttr))
      continue;
    list += 1;
    addNumber(parameter.getName().size());
    list += parameter.getName();
    ArrayRef<int64_t> shape = nn::getModelShape(parameter);
    addNumber(shape.size());
    for (int64_t extent : shape)
      addNumber(extent);
  }
  return list;
}
