//===- StrictJson.cpp - JSON from strangers -------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/StrictJson.h"
#include "dialects/Support/Text.h"

#include <algorithm>
#include <set>

namespace dpc::rt {

using Json = nlohmann::json;

bool parseStrictJson(std::string_view text, Json &json, std::string &why) {
  std::vector<std::set<std::string>> keys;
  bool duplicate = false;
  Json::parser_callback_t callback = [&](int depth, Json::parse_event_t event,
                                         Json &parsed) {
    if (depth > 8)
      throw std::runtime_error("it is nested too deeply");
    size_t level = static_cast<size_t>(depth);
    if (event == Json::parse_event_t::object_start) {
      keys.resize(std::max(keys.size(), level + 1));
      keys[level].clear();
    } else if (event == Json::parse_event_t::key) {
      // A key's depth is that of the object it is in, plus one.
      duplicate |= !keys[level - 1].insert(parsed.get<std::string>()).second;
    }
    return true;
  };
  try {
    json = Json::parse(text, callback);
  } catch (const std::exception &failure) {
    why = printable(failure.what(), 200);
    return false;
  }
  if (duplicate)
    why = "a name occurs twice";
  else if (!json.is_object())
    why = "it is no object";
  return why.empty();
}

} // namespace dpc::rt
