//===- LoadParameter.cpp - Reads a parameter from its file ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Reference/Interpreter.h"

#include "dialects/NN/InitialValue.h"
#include "dialects/NN/StoredParameter.h"

#include "llvm/Support/FileSystem.h"

using namespace mlir;

namespace dpc {

/// Reads `bytes.size()` bytes at `offset` of `path`.
static llvm::Error readBytes(StringRef path, uint64_t offset,
                             MutableArrayRef<char> bytes) {
  llvm::Expected<llvm::sys::fs::file_t> file =
      llvm::sys::fs::openNativeFileForRead(path);
  if (!file)
    return file.takeError();
  llvm::Error error = llvm::Error::success();
  while (!bytes.empty() && !error) {
    llvm::Expected<size_t> count =
        llvm::sys::fs::readNativeFileSlice(*file, bytes, offset);
    if (!count) {
      error = count.takeError();
    } else if (*count == 0) {
      error = llvm::createStringError("the file ends before the parameter");
    } else {
      bytes = bytes.drop_front(*count);
      offset += *count;
    }
  }
  return llvm::joinErrors(
      std::move(error),
      llvm::errorCodeToError(llvm::sys::fs::closeFile(*file)));
}

/// The little-endian element at `bytes`.
static nn::ReferenceElement readElement(const char *bytes, Type type) {
  unsigned width = type.getIntOrFloatBitWidth();
  uint64_t bits = 0;
  for (unsigned i = 0, e = llvm::divideCeil(width, 8); i < e; ++i)
    bits |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i]))
            << (8 * i);
  if (width == 1)
    return {.integer = bits != 0};
  APInt value(width, bits);
  if (auto floatType = dyn_cast<FloatType>(type))
    return {.real =
                nn::toDouble(APFloat(floatType.getFloatSemantics(), value))};
  return {.integer = type.isUnsignedInteger()
                         ? static_cast<int64_t>(value.getZExtValue())
                         : value.getSExtValue()};
}

FailureOr<nn::ReferenceTensor> loadParameter(nn::ParameterOp parameter,
                                             StringRef path) {
  nn::ReferenceTensor tensor(cast<RankedTensorType>(parameter.getType()));
  std::vector<char> bytes;
  auto read = [&](int64_t offset, MutableArrayRef<char> piece) {
    llvm::Error error = readBytes(path, offset, piece);
    return error ? LogicalResult(parameter.emitError("cannot read '")
                                 << path
                                 << "': " << llvm::toString(std::move(error)))
                 : success();
  };
  auto keep = [&](ArrayRef<char> piece) {
    llvm::append_range(bytes, piece);
    return success();
  };
  if (failed(nn::readInitialValue(parameter, read, keep)))
    return failure();
  Type elementType = nn::getStoredType(parameter).getElementType();
  size_t size = llvm::divideCeil(elementType.getIntOrFloatBitWidth(), 8);
  for (auto [i, value] : llvm::enumerate(tensor.data))
    value = readElement(bytes.data() + i * size, elementType);
  return tensor;
}

} // namespace dpc
