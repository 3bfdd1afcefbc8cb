//===- OnnxWeights.h - The initializers of an ONNX file ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_ONNXWEIGHTS_H
#define DPC_RUNTIME_DATA_ONNXWEIGHTS_H

#include "runtime/Core/Error.h"
#include "runtime/Core/Types.h"
#include "runtime/Data/FileBytes.h"

#include <map>

namespace dpc::rt {

struct OnnxTensor {
  DpcType dtype = DPC_F32;
  Shape shape;
  /// Row-major, as many as type and shape need.
  std::string_view bytes;
};

class OnnxWeights {
public:
  /// Those initializers whose elements lie as they are in the file or in one
  /// beside it: not strings, and no narrow integers in int32_data.
  static Expected<OnnxWeights> open(const std::string &path);
  /// Of a model file's bytes, which must outlive the result. Errors name `path`,
  /// beside which external data lies.
  static Expected<OnnxWeights> parse(std::string_view bytes,
                                     const std::string &path);

  const std::map<std::string, OnnxTensor> &tensors() const { return found; }

private:
  Status readTensor(std::string_view fields, const std::string &path);
  /// The bytes that the entries of TensorProto.external_data name.
  Expected<std::string_view>
  readExternal(const std::map<std::string, std::string> &entries,
               uint64_t length, const std::string &path);

  std::optional<FileBytes> file;
  std::map<std::string, FileBytes> external;
  std::map<std::string, OnnxTensor> found;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_ONNXWEIGHTS_H
