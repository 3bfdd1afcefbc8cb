//===- StrictJson.h - JSON from strangers -----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_STRICTJSON_H
#define DPC_RUNTIME_DATA_STRICTJSON_H

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace dpc::rt {

/// Parses an object without names that occur twice (nlohmann's parser keeps the
/// last one) and without depths beyond 8. False with the reason in `why`.
bool parseStrictJson(std::string_view text, nlohmann::json &json,
                     std::string &why);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_STRICTJSON_H
