//===- ExternalData.h - Files that hold weights -----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A model may say that a weight lies in another file. That name comes from
// whoever made the model, and so may what lies in its folder. Therefore the
// name must not reach anything but a regular file below the model's own folder:
// no absolute path, no "..", no device. A symbolic link must end in such a
// file, or in the blobs of the Hugging Face cache that the model lies in; a
// file with several hard links must be readable by everyone. Where the user
// says so, any regular file will do that links in the folder lead to.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_EXTERNALDATA_H
#define DPC_COMPILER_IMPORT_EXTERNALDATA_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <string>

namespace onnx {
class TensorProto;
} // namespace onnx

namespace dpc {

/// An error whose message is a diagnostic's "WHAT; HINT".
llvm::Error makeError(const llvm::Twine &message);

/// Where a tensor's bytes lie in an external file.
struct ExternalRef {
  /// Relative to the model's folder, without "." and empty components.
  std::string file;
  int64_t offset = 0;
  /// Absent: as many as the tensor has, of a file that may hold more.
  std::optional<int64_t> length;
};

/// Reads a tensor's external_data. Nothing is opened.
llvm::Expected<ExternalRef> parseExternalRef(const ::onnx::TensorProto &tensor);

/// The files that onnx.initializer and nn.parameter refer to.
class DataFiles {
public:
  /// `modelPath` is the module's `onnx.model_path`. The model itself may be
  /// reached through links, as the user pleases; its data may lie where each of
  /// them does. With `anyLink`, links may lead anywhere.
  explicit DataFiles(llvm::StringRef modelPath, bool anyLink = false);

  /// The name by which `file` attributes refer to the model itself.
  llvm::StringRef getModelName() const { return modelName; }

  /// The size of an external file; nullopt if there is none.
  llvm::Expected<std::optional<int64_t>> getSize(llvm::StringRef file);

  /// Where a file lies, or would lie if there were one.
  std::string getPath(llvm::StringRef file);

  /// Fills `out` with the bytes at `offset` of the model (if `file` is its
  /// name) or of an external file.
  llvm::Error read(llvm::StringRef file, int64_t offset,
                   llvm::MutableArrayRef<char> out);

private:
  std::string modelPath, modelName;
  llvm::SmallVector<std::string> folders;
  bool anyLink;
  /// Of external files, so that ten thousand weights in one file cost one look.
  llvm::StringMap<std::optional<int64_t>> sizes;
};

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_EXTERNALDATA_H
