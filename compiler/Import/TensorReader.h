//===- TensorReader.h - TensorProto to MLIR ---------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_TENSORREADER_H
#define DPC_COMPILER_IMPORT_TENSORREADER_H

#include "compiler/Import/ModelFile.h"

#include "dialects/ONNX/Limits.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

namespace dpc {

/// A tensor type whose size in bytes fits in 63 bits. Dimensions may be
/// ShapedType::kDynamic.
llvm::Expected<mlir::RankedTensorType>
makeTensorType(llvm::ArrayRef<int64_t> shape, mlir::Type elementType);

/// The bytes of an element in raw data; a boolean takes one.
int64_t getElementBytes(mlir::Type elementType);

/// Where an initializer's elements are: in a file, here, or both.
struct InitializerData {
  std::string file;
  int64_t offset = 0, length = 0;
  /// Null if the elements are in the file only.
  mlir::DenseElementsAttr value;
};

class TensorReader {
public:
  /// `bytes` are those of the model's file.
  TensorReader(mlir::MLIRContext &context, llvm::StringRef bytes,
               DataFiles &files, bool requireData)
      : context(context), bytes(bytes), files(files), requireData(requireData) {
  }

  /// The type that a tensor states. Its element type must be one of ours.
  llvm::Expected<mlir::RankedTensorType> getType(const pb::TensorProto &tensor);

  /// Checks an initializer and finds its elements. Integers (shapes, axes) are
  /// read if they are few. Fewer yet, scalars, and what no file holds as plain
  /// bytes become constants of the program: they have no place in a file.
  llvm::Expected<InitializerData> locate(const pb::TensorProto &tensor,
                                         mlir::RankedTensorType type,
                                         const std::optional<Payload> &payload);

  /// The elements of a tensor.
  llvm::Expected<mlir::DenseElementsAttr> read(const pb::TensorProto &tensor,
                                               mlir::RankedTensorType type);

  /// The bytes of an external tensor that is needed now. A file may claim any
  /// size at no cost, so that all of them together are limited.
  llvm::Expected<std::string> readExternal(const pb::TensorProto &tensor,
                                           mlir::RankedTensorType type);

  /// Checks external data of any element type, whether it is used or not.
  llvm::Error checkExternal(const pb::TensorProto &tensor);

private:
  llvm::Expected<InitializerData> locateExternal(const pb::TensorProto &tensor,
                                                 int64_t length, bool &present);
  llvm::Expected<mlir::DenseElementsAttr>
  readFields(const pb::TensorProto &tensor, mlir::RankedTensorType type);

  mlir::MLIRContext &context;
  llvm::StringRef bytes;
  DataFiles &files;
  bool requireData;
  int64_t externalBytesLeft = limits::kExternalConstantBytes;
};

/// True if the tensor's elements lie in another file.
inline bool isExternal(const pb::TensorProto &tensor) {
  return tensor.data_location() == pb::TensorProto::EXTERNAL;
}

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_TENSORREADER_H
