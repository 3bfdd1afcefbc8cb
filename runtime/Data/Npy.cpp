//===- Npy.cpp - Headers of .npy files ------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The header is the text of a Python dict with exactly the keys 'descr',
// 'fortran_order' and 'shape'. What is parsed is the subset of Python that
// NumPy writes.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/TensorFile.h"

namespace dpc::rt {

namespace {

class DictParser {
public:
  DictParser(std::string_view text, const std::string &where)
      : rest(text), where(where) {}

  Expected<TensorHeader> parse() {
    TensorHeader header;
    bool seenDescr = false, seenOrder = false, seenShape = false;
    bool fortran = false;
    if (!take('{'))
      return malformed();
    while (!take('}')) {
      std::string key;
      if (!string(key) || !take(':'))
        return malformed();
      if (key == "descr" && !seenDescr) {
        seenDescr = true;
        Status status = descr(header);
        if (!status.ok())
          return status.error();
      } else if (key == "fortran_order" && !seenOrder) {
        seenOrder = true;
        if (!boolean(fortran))
          return malformed();
      } else if (key == "shape" && !seenShape) {
        seenShape = true;
        if (!tuple(header.shape))
          return malformed();
      } else {
        return malformed();
      }
      if (!take(',')) {
        if (!take('}'))
          return malformed();
        break;
      }
    }
    skipSpace();
    if (!rest.empty() || !seenDescr || !seenOrder || !seenShape)
      return malformed();
    // With one dimension that counts, both orders are the same.
    int wide = 0;
    for (int64_t dim : header.shape)
      wide += dim != 1;
    if (fortran && wide > 1)
      return Error{where, "is stored in Fortran order",
                   "save numpy.ascontiguousarray(a) instead"};
    std::optional<int64_t> bytes = byteCount(header.shape, header.dtype);
    if (!bytes)
      return Error{where,
                   "the .npy header's shape " + shapeString(header.shape) +
                       " is too large",
                   "the file may be damaged"};
    header.dataBytes = *bytes;
    return header;
  }

private:
  Error malformed() const {
    return Error{where, "the .npy header is malformed",
                 "the file may be damaged; write it again with numpy.save"};
  }

  void skipSpace() {
    size_t start = rest.find_first_not_of(" \t\r\n");
    rest.remove_prefix(start == std::string_view::npos ? rest.size() : start);
  }

  bool take(char c) {
    skipSpace();
    if (!rest.starts_with(c))
      return false;
    rest.remove_prefix(1);
    return true;
  }

  bool string(std::string &value) {
    skipSpace();
    if (rest.empty() || (rest[0] != '\'' && rest[0] != '"'))
      return false;
    size_t end = rest.find(rest[0], 1);
    if (end == std::string_view::npos)
      return false;
    value = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    return value.find('\\') == std::string::npos;
  }

  bool boolean(bool &value) {
    skipSpace();
    for (bool candidate : {false, true}) {
      std::string_view word = candidate ? "True" : "False";
      if (!rest.starts_with(word))
        continue;
      rest.remove_prefix(word.size());
      value = candidate;
      return true;
    }
    return false;
  }

  bool integer(int64_t &value) {
    skipSpace();
    size_t digits = 0;
    value = 0;
    while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') {
      if (__builtin_mul_overflow(value, 10, &value) ||
          __builtin_add_overflow(value, rest[digits] - '0', &value))
        return false;
      ++digits;
    }
    rest.remove_prefix(digits);
    // Python 2 wrote long integers as 12L.
    if (digits && rest.starts_with('L'))
      rest.remove_prefix(1);
    return digits > 0;
  }

  bool tuple(Shape &shape) {
    if (!take('('))
      return false;
    while (!take(')')) {
      int64_t dim = 0;
      // NumPy's own limit is 64 dimensions.
      if (shape.size() >= 64 || !integer(dim))
        return false;
      shape.push_back(dim);
      if (!take(','))
        return take(')');
    }
    return true;
  }

  Status descr(TensorHeader &header) {
    skipSpace();
    if (rest.starts_with('['))
      return Error{where, "holds a structured array",
                   "save each field as a plain array"};
    std::string text;
    if (!string(text))
      return malformed();
    char order = text.empty() ? 0 : text[0];
    std::string code = text.size() > 1 ? text.substr(1) : "";
    static constexpr struct {
      const char *code;
      DpcType type;
    } types[] = {{"f4", DPC_F32},  {"f8", DPC_F64}, {"f2", DPC_F16},
                 {"V2", DPC_BF16}, {"i1", DPC_I8},  {"i2", DPC_I16},
                 {"i4", DPC_I32},  {"i8", DPC_I64}, {"u1", DPC_U8},
                 {"u2", DPC_U16},  {"u4", DPC_U32}, {"u8", DPC_U64},
                 {"b1", DPC_I1}};
    for (const auto &entry : types) {
      if (code != entry.code)
        continue;
      header.dtype = entry.type;
      if (typeBytes(entry.type) == 1 || order == '<' ||
          (order == '|' && entry.type == DPC_BF16))
        return {};
      if (order == '>')
        return Error{where, "is stored big-endian (" + printable(text) + ")",
                     "convert it with a.astype(\"" +
                         std::string(numpyName(entry.type)) + "\")"};
      return malformed();
    }
    return Error{where,
                 "has the element type '" + printable(text, 40) +
                     "', which dpc does not know",
                 "convert it to a number type with a.astype"};
  }

  std::string_view rest;
  const std::string &where;
};

} // namespace

Expected<TensorHeader> parseNpyHeader(std::string_view prefix,
                                      const std::string &where) {
  Error cut{where, "the .npy header is cut short",
            "copy or write the file again"};
  auto byte = [&](size_t at) { return static_cast<uint8_t>(prefix[at]); };
  if (prefix.size() < 10)
    return cut;
  int major = byte(6);
  if (major < 1 || major > 3)
    return Error{where,
                 "has .npy version " + std::to_string(major) + "." +
                     std::to_string(byte(7)) + ", which dpc does not know",
                 "save it again with numpy.save"};
  // Version 1 has a 16-bit length, the later ones 32 bits.
  size_t lengthBytes = major == 1 ? 2 : 4, start = 8 + lengthBytes;
  if (prefix.size() < start)
    return cut;
  uint64_t length = 0;
  for (size_t i = lengthBytes; i-- > 0;)
    length = length << 8 | byte(8 + i);
  if (start + length > maxTensorHeader)
    return Error{where,
                 "the .npy header is " + std::to_string(length) +
                     " bytes long, beyond the limit of " +
                     std::to_string(maxTensorHeader - start),
                 "the file may be damaged"};
  if (prefix.size() < start + length)
    return cut;
  Expected<TensorHeader> header =
      DictParser(prefix.substr(start, length), where).parse();
  if (!header.ok())
    return header;
  header->dataOffset = start + length;
  return header;
}

std::string npyHeader(DpcType type, const Shape &shape) {
  static constexpr const char *codes[] = {"<f4", "<f8", "<i4", "<i8", "|i1",
                                          "|u1", "|b1", "<V2", "<f2", "<i2",
                                          "<u2", "<u4", "<u8"};
  std::string dict = "{'descr': '" + std::string(codes[type]) +
                     "', 'fortran_order': False, 'shape': (";
  for (size_t i = 0; i < shape.size(); ++i)
    dict += (i ? ", " : "") + std::to_string(shape[i]);
  dict += shape.size() == 1 ? ",), }" : "), }";
  size_t start = 10;
  dict.append((64 - (start + dict.size() + 1) % 64) % 64, ' ');
  dict += '\n';
  std::string header("\x93NUMPY", 6);
  header += '\x01';
  header += '\0';
  header += static_cast<char>(dict.size() & 0xff);
  header += static_cast<char>(dict.size() >> 8);
  return header + dict;
}

} // namespace dpc::rt
