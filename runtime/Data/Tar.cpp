//===- Tar.cpp - The members of tar files ---------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Tar.h"

#include <charconv>
#include <cstdint>

namespace dpc::rt {

static constexpr size_t blockBytes = 512;

namespace {

/// A field of a header, up to its first zero.
std::string_view getText(std::string_view field) {
  return field.substr(0, field.find('\0'));
}

/// Octal digits, or GNU's binary form for large ones.
std::optional<uint64_t> getNumber(std::string_view field) {
  uint64_t value = 0;
  if (static_cast<unsigned char>(field[0]) == 0x80) {
    for (char c : field.substr(1)) {
      if (value >> 55)
        return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }
  std::string_view digits = getText(field);
  while (digits.starts_with(' '))
    digits.remove_prefix(1);
  while (digits.ends_with(' '))
    digits.remove_suffix(1);
  auto [stop, code] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
  if (digits.empty())
    return 0;
  if (code != std::errc() || stop != digits.data() + digits.size())
    return std::nullopt;
  return value;
}

bool hasChecksum(std::string_view header) {
  uint64_t sum = 0;
  for (size_t i = 0; i < blockBytes; ++i)
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(header[i]);
  return getNumber(header.substr(148, 8)) == sum;
}

/// What pax says of the next member: records "LENGTH KEY=VALUE\n".
bool readPax(std::string_view text, std::string &name,
             std::optional<uint64_t> &size) {
  while (!text.empty()) {
    size_t length = 0;
    auto [stop, code] =
        std::from_chars(text.data(), text.data() + text.size(), length);
    size_t digits = static_cast<size_t>(stop - text.data());
    if (code != std::errc() || length <= digits + 1 || length > text.size() ||
        text[digits] != ' ' || text[length - 1] != '\n')
      return false;
    std::string_view record = text.substr(digits + 1, length - digits - 2);
    size_t equals = record.find('=');
    if (equals == std::string_view::npos)
      return false;
    std::string_view key = record.substr(0, equals),
                     value = record.substr(equals + 1);
    if (key == "path")
      name = value;
    if (key == "size") {
      uint64_t bytes = 0;
      auto [end, wrong] =
          std::from_chars(value.data(), value.data() + value.size(), bytes);
      if (wrong != std::errc() || end != value.data() + value.size())
        return false;
      size = bytes;
    }
    text.remove_prefix(length);
  }
  return true;
}

} // namespace

bool isTar(std::string_view bytes) {
  return bytes.size() >= blockBytes && bytes.substr(257, 5) == "ustar";
}

Expected<std::vector<TarMember>> readTar(std::string_view bytes,
                                         const std::string &where) {
  std::vector<TarMember> members;
  // Said in front of the member that they are of.
  std::string longName;
  std::optional<uint64_t> longSize;
  for (size_t at = 0; at < bytes.size();) {
    auto fail = [&](const std::string &what) {
      return Error{where,
                   "the tar file " + what + " at byte " + std::to_string(at),
                   "copy or write the file again"};
    };
    std::string_view header = bytes.substr(at, blockBytes);
    if (header.size() < blockBytes)
      return fail("is cut short");
    if (header.find_first_not_of('\0') == std::string_view::npos)
      break;
    if (!hasChecksum(header))
      return fail("is damaged");
    std::optional<uint64_t> size = getNumber(header.substr(124, 12));
    char kind = header[156];
    bool isFile = kind == '0' || kind == '\0' || kind == '7';
    if (isFile && longSize)
      size = longSize;
    at += blockBytes;
    if (!size || *size > bytes.size() - at)
      return fail("holds less than it promises");
    std::string_view content = bytes.substr(at, *size);
    if (kind == 'x') {
      if (!readPax(content, longName, longSize))
        return fail("has a damaged pax header");
    } else if (kind == 'L') {
      longName = getText(content);
    } else {
      if (isFile) {
        std::string name = longName;
        std::string_view prefix = getText(header.substr(345, 155));
        if (name.empty() &&
            header.substr(257, 6) == std::string_view("ustar", 6) &&
            !prefix.empty())
          name = std::string(prefix) + "/";
        if (longName.empty())
          name += getText(header.substr(0, 100));
        members.push_back({std::move(name), content});
      }
      longName.clear();
      longSize.reset();
    }
    uint64_t padded = (*size + blockBytes - 1) / blockBytes * blockBytes;
    at += std::min<uint64_t>(padded, bytes.size() - at);
  }
  return members;
}

} // namespace dpc::rt
