//===- Text.h - Text of unknown origin on a terminal ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Names and strings come from files that anybody may have made. What a terminal
// would obey instead of showing it is written as an escape: control characters
// (also those of a "\x1b[2J"), bytes that are no UTF-8, and characters that
// reorder or hide text. The compiler and the runtime share this.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_TEXT_H
#define DPC_DIALECTS_SUPPORT_TEXT_H

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace dpc {

/// The first character of `text` and its length in bytes; a length of 0 if the
/// bytes are no UTF-8.
inline std::pair<uint32_t, size_t> decodeCharacter(std::string_view text) {
  auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  uint32_t first = byte(0);
  if (first < 0x80)
    return {first, 1};
  size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4)
    return {0, 0};
  uint32_t code = first & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80)
      return {0, 0};
    code = code << 6 | (byte(i) & 0x3f);
  }
  static constexpr uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  bool isSurrogate = code >= 0xd800 && code < 0xe000;
  if (code < least[length] || code > 0x10ffff || isSurrogate)
    return {0, 0};
  return {code, length};
}

/// Whether a terminal shows the character as one, in its place.
inline bool isShown(uint32_t code) {
  struct Range {
    uint32_t first, last;
  };
  static constexpr Range hidden[] = {
      {0x00, 0x1f},     {0x7f, 0x9f},       // controls
      {0x61c, 0x61c},   {0x180e, 0x180e},   // a mark and a vowel separator
      {0x200b, 0x200f}, {0x2028, 0x202e},   // marks, separators, directions
      {0x2060, 0x206f},                     // joiners, isolates
      {0xfeff, 0xfeff}, {0xfff9, 0xfffb},   // byte order, annotations
      {0xfffe, 0xffff}, {0xe0000, 0xe0fff}, // no characters, tags
  };
  for (Range range : hidden)
    if (code >= range.first && code <= range.last)
      return false;
  return true;
}

/// `text` as a terminal may show it, and "..." where it has more than `limit`
/// bytes. Newlines are kept if `lines` says so.
inline std::string printable(std::string_view text, size_t limit = 4096,
                             bool lines = false) {
  std::string result;
  while (!text.empty()) {
    auto [code, length] = decodeCharacter(text);
    std::string shown(text.substr(0, length ? length : 1));
    bool isKept = lines && code == '\n' && length == 1;
    if (!isKept && (length == 0 || !isShown(code))) {
      char escape[16];
      if (length <= 1)
        std::snprintf(escape, sizeof(escape), "\\x%02x",
                      static_cast<unsigned char>(text[0]));
      else
        std::snprintf(escape, sizeof(escape), "\\u%04x", code);
      shown = escape;
    }
    if (result.size() + shown.size() > limit)
      return result + "...";
    result += shown;
    text.remove_prefix(length ? length : 1);
  }
  return result;
}

} // namespace dpc

#endif // DPC_DIALECTS_SUPPORT_TEXT_H
