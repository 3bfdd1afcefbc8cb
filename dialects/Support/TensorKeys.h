//===- TensorKeys.h - Names of tensors in safetensors files -----*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A safetensors header is one JSON object with a key for each tensor, and the
// key "__metadata__" for a description of the file. A parameter may have any
// name: one that is "__metadata__" behind some underscores has one more in the
// file. The compiler and the runtime share this.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_TENSORKEYS_H
#define DPC_DIALECTS_SUPPORT_TENSORKEYS_H

#include <string>
#include <string_view>

namespace dpc {

inline constexpr std::string_view metadataKey = "__metadata__";

/// Whether `name` is "__metadata__" behind `more` underscores or more.
inline bool isLikeMetadataKey(std::string_view name, size_t more = 0) {
  size_t size = metadataKey.size();
  return name.size() >= size + more &&
         name.substr(name.size() - size) == metadataKey &&
         name.find_first_not_of('_') == name.size() - size + 2;
}

/// The key in a file of the tensor called `name`.
inline std::string makeTensorKey(std::string_view name) {
  return (isLikeMetadataKey(name) ? "_" : "") + std::string(name);
}

/// The name of the tensor with this key, which is not "__metadata__".
inline std::string getTensorName(std::string_view key) {
  return std::string(isLikeMetadataKey(key, 1) ? key.substr(1) : key);
}

} // namespace dpc

#endif // DPC_DIALECTS_SUPPORT_TENSORKEYS_H
