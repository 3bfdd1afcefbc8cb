//===- Parser.cpp - The text of a PTX module, parsed ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Ptx.h"

#include <bit>
#include <cctype>
#include <cstdlib>
#include <map>
#include <optional>

using namespace dpc::hostcuda;

uint32_t dpc::hostcuda::getTypeBits(std::string_view type) {
  static const std::map<std::string_view, uint32_t> bits = {
      {"pred", 1}, {"b8", 8},   {"u8", 8},   {"s8", 8},     {"b16", 16},
      {"u16", 16}, {"s16", 16}, {"f16", 16}, {"bf16", 16},  {"b32", 32},
      {"u32", 32}, {"s32", 32}, {"f32", 32}, {"f16x2", 32}, {"bf16x2", 32},
      {"b64", 64}, {"u64", 64}, {"s64", 64}, {"f64", 64},   {"b128", 128}};
  auto found = bits.find(type);
  return found == bits.end() ? 0 : found->second;
}

namespace {

struct Token {
  enum Kind : uint8_t { Word, Number, String, Punctuation, End };
  Kind kind = End;
  uint32_t line = 0;
  std::string_view text;
};

class Lexer {
public:
  explicit Lexer(std::string_view text) : text(text) { advance(); }

  const Token &peek() const { return token; }

  Token next() {
    Token result = token;
    advance();
    return result;
  }

  /// Of a directive that takes its line and has no other end.
  void skipLine() {
    for (uint32_t line = token.line;
         token.kind != Token::End && token.line == line;)
      advance();
  }

private:
  void skipBlank() {
    for (; at < text.size(); ++at) {
      if (text[at] == '\n') {
        ++line;
      } else if (text.substr(at, 2) == "//") {
        at = std::min(text.find('\n', at), text.size()) - 1;
      } else if (text.substr(at, 2) == "/*") {
        size_t end = std::min(text.find("*/", at + 2), text.size());
        for (; at < end; ++at)
          line += text[at] == '\n';
        ++at;
      } else if (!std::isspace(static_cast<unsigned char>(text[at]))) {
        return;
      }
    }
  }

  static bool isWordPart(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' ||
           c == '$' || c == '%';
  }

  void advance() {
    skipBlank();
    token = {Token::End, line, {}};
    if (at >= text.size() || text[at] == '\0')
      return;
    size_t begin = at;
    char c = text[at++];
    auto take = [&](auto part) {
      while (at < text.size() && part(text[at]))
        ++at;
    };
    if (std::isdigit(static_cast<unsigned char>(c))) {
      token.kind = Token::Number;
      take([](char c) { return isWordPart(c) || c == '.'; });
      if ((text[at - 1] == 'e' || text[at - 1] == 'E') && at < text.size() &&
          (text[at] == '-' || text[at] == '+') &&
          text.substr(begin, 2) != "0x") {
        ++at;
        take(isWordPart);
      }
    } else if (isWordPart(c) || c == '.') {
      token.kind = Token::Word;
      // Of a mnemonic, with its modifiers, such as .L2::128B.
      for (; at < text.size(); ++at) {
        if (text.substr(at, 2) == "::")
          ++at;
        else if (!isWordPart(text[at]) && text[at] != '.')
          break;
      }
    } else if (c == '"') {
      token.kind = Token::String;
      take([](char c) { return c != '"'; });
      ++at;
    } else {
      token.kind = Token::Punctuation;
    }
    at = std::min(at, text.size());
    token.text = text.substr(begin, at - begin);
  }

  std::string_view text;
  size_t at = 0;
  uint32_t line = 1;
  Token token;
};

std::vector<std::string> split(std::string_view word) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= word.size();) {
    size_t dot = std::min(word.find('.', at), word.size());
    parts.emplace_back(word.substr(at, dot - at));
    at = dot + 1;
  }
  return parts;
}

class Parser {
public:
  explicit Parser(std::string_view text) : lexer(text) {}

  Module parse();

private:
  [[noreturn]] void fail(const std::string &what) {
    throw PtxError(lexer.peek().line, what);
  }
  [[noreturn]] void failAtToken() {
    fail("'" + std::string(lexer.peek().text) + "' is not understood here");
  }
  bool isAt(std::string_view text) const {
    return lexer.peek().kind != Token::String && lexer.peek().text == text;
  }
  bool accept(std::string_view text) {
    if (!isAt(text))
      return false;
    lexer.next();
    return true;
  }
  void expect(std::string_view text) {
    if (!accept(text))
      fail("expected '" + std::string(text) + "' before '" +
           std::string(lexer.peek().text) + "'");
  }
  std::string parseName() {
    if (lexer.peek().kind != Token::Word)
      failAtToken();
    return std::string(lexer.next().text);
  }
  uint64_t parseCount() {
    RawOperand number = parseNumber();
    if (number.kind != RawOperand::Integer)
      fail("expected an integer");
    return number.bits;
  }
  void skipPast(std::string_view end) {
    while (!accept(end)) {
      if (lexer.peek().kind == Token::End)
        fail("the text ends within a statement");
      lexer.next();
    }
  }

  RawOperand parseNumber();
  RawOperand parseOperand();
  Variable parseVariable(Space space, bool isParameter);
  void parseInitializer(Variable &variable, uint32_t elementBytes);
  std::vector<Variable> parseParameters();
  void parseFunction(bool entry);
  void parseBody(Function &function);
  RawItem parseInstruction();

  Lexer lexer;
  Module module;
};

} // namespace

RawOperand Parser::parseNumber() {
  bool negative = accept("-");
  Token token = lexer.next();
  if (token.kind != Token::Number)
    throw PtxError(token.line,
                   "expected a number, not '" + std::string(token.text) + "'");
  std::string text(token.text);
  RawOperand result;
  const char *begin = text.c_str();
  char *end = nullptr;
  auto hex = [&](size_t digits) {
    if (text.size() != digits + 2)
      throw PtxError(token.line, "'" + text + "' is no number");
    return std::strtoull(begin + 2, &end, 16);
  };
  bool prefixed = text.size() > 2 && text[0] == '0';
  if (prefixed && (text[1] == 'f' || text[1] == 'F')) {
    result.kind = RawOperand::Float32;
    result.bits = hex(8) ^ (negative ? 1ull << 31 : 0);
  } else if (prefixed && (text[1] == 'd' || text[1] == 'D')) {
    result.kind = RawOperand::Float64;
    result.bits = hex(16) ^ (negative ? 1ull << 63 : 0);
  } else if (text.find('.') != std::string::npos) {
    result.kind = RawOperand::Float64;
    double value = std::strtod(begin, &end);
    result.bits = std::bit_cast<uint64_t>(negative ? -value : value);
  } else {
    result.kind = RawOperand::Integer;
    bool binary = prefixed && (text[1] == 'b' || text[1] == 'B');
    result.bits = binary ? std::strtoull(begin + 2, &end, 2)
                         : std::strtoull(begin, &end, 0);
    if (*end == 'U')
      ++end;
    if (negative)
      result.bits = 0 - result.bits;
  }
  if (*end)
    throw PtxError(token.line, "'" + text + "' is no number");
  return result;
}

RawOperand Parser::parseOperand() {
  RawOperand result;
  auto parseElements = [&](std::string_view end) {
    if (!accept(end)) {
      do
        result.elements.push_back(parseOperand());
      while (accept(","));
      expect(end);
    }
  };
  if (accept("{")) {
    result.kind = RawOperand::Vector;
    parseElements("}");
  } else if (accept("(")) {
    result.kind = RawOperand::List;
    parseElements(")");
  } else if (accept("[")) {
    result.kind = RawOperand::Address;
    if (lexer.peek().kind == Token::Word)
      result.name = parseName();
    else
      result.offset = static_cast<int64_t>(parseCount());
    while (isAt("+") || isAt("-")) {
      accept("+");
      result.offset += static_cast<int64_t>(parseCount());
    }
    expect("]");
  } else if (lexer.peek().kind == Token::Number || isAt("-")) {
    result = parseNumber();
  } else {
    result.negated = accept("!");
    result.name = parseName();
    if (accept("|")) {
      RawOperand pair;
      pair.kind = RawOperand::Pair;
      pair.elements = {result, parseOperand()};
      return pair;
    }
    // The address of a variable and a constant.
    if (accept("+"))
      result.offset = static_cast<int64_t>(parseCount());
  }
  return result;
}

void Parser::parseInitializer(Variable &variable, uint32_t elementBytes) {
  auto append = [&](uint64_t bits) {
    for (uint32_t i = 0; i < elementBytes; ++i)
      variable.init.push_back(static_cast<uint8_t>(bits >> (8 * i)));
  };
  if (accept("{")) {
    if (accept("}"))
      return;
    do
      parseInitializer(variable, elementBytes);
    while (accept(","));
    expect("}");
    return;
  }
  if (lexer.peek().kind == Token::Word) {
    Variable::Relocation relocation{variable.init.size(), parseName(), 0,
                                    false};
    if (relocation.name == "generic") {
      relocation.generic = true;
      expect("(");
      relocation.name = parseName();
      expect(")");
    }
    if (accept("+"))
      relocation.addend = static_cast<int64_t>(parseCount());
    if (elementBytes != 8)
      fail("an address within bytes is not supported");
    variable.relocations.push_back(relocation);
    append(0);
    return;
  }
  RawOperand number = parseNumber();
  if (number.kind == RawOperand::Float32 && elementBytes == 8)
    append(std::bit_cast<uint64_t>(static_cast<double>(
        std::bit_cast<float>(static_cast<uint32_t>(number.bits)))));
  else if (number.kind == RawOperand::Float64 && elementBytes == 4)
    append(std::bit_cast<uint32_t>(
        static_cast<float>(std::bit_cast<double>(number.bits))));
  else
    append(number.bits);
}

/// Behind ".global" or another space: .align 16 .b8 name[16] = {...}
Variable Parser::parseVariable(Space space, bool isParameter) {
  Variable variable;
  variable.space = space;
  uint32_t elementBytes = 0, lanes = 1, align = 0;
  while (lexer.peek().kind == Token::Word && lexer.peek().text[0] == '.') {
    std::string word = parseName();
    if (word == ".align") {
      align = static_cast<uint32_t>(parseCount());
    } else if (word == ".ptr" || word == ".global" || word == ".shared" ||
               word == ".const" || word == ".local") {
      // What a parameter points to; its .align is not the parameter's.
      if (!isParameter)
        failAtToken();
      if (accept(".align"))
        parseCount();
    } else if (word == ".v2" || word == ".v4") {
      lanes = static_cast<uint32_t>(word[2] - '0');
    } else if (uint32_t bits = getTypeBits(std::string_view(word).substr(1))) {
      elementBytes = bits / 8;
    } else {
      fail("'" + word + "' of a variable is not supported");
    }
  }
  variable.name = parseName();
  if (!elementBytes)
    fail("'" + variable.name + "' has no type");
  variable.bytes = elementBytes * lanes;
  variable.align = align ? align : elementBytes * lanes;
  if (!std::has_single_bit(variable.align))
    fail("an alignment that is no power of two");
  while (accept("[")) {
    uint64_t count = isAt("]") ? 0 : parseCount();
    if (count > (1ull << 40) / std::max<uint64_t>(variable.bytes, 1))
      fail("'" + variable.name + "' is too large");
    variable.bytes *= count;
    expect("]");
  }
  if (accept("=")) {
    parseInitializer(variable, elementBytes);
    if (variable.init.size() > variable.bytes)
      fail("'" + variable.name + "' has too many values");
  }
  return variable;
}

std::vector<Variable> Parser::parseParameters() {
  std::vector<Variable> result;
  expect("(");
  if (accept(")"))
    return result;
  do {
    // A function's may be registers, which LLVM does not write.
    expect(".param");
    result.push_back(parseVariable(Space::Param, /*isParameter=*/true));
  } while (accept(","));
  expect(")");
  return result;
}

RawItem Parser::parseInstruction() {
  RawItem item;
  item.line = lexer.peek().line;
  if (accept("@")) {
    item.guardNegated = accept("!");
    item.guard = parseName();
  }
  std::string word = parseName();
  if (accept(":")) {
    item.kind = RawItem::Label;
    item.name = word;
    return item;
  }
  item.parts = split(word);
  while (!accept(";")) {
    item.operands.push_back(parseOperand());
    if (!isAt(";"))
      expect(",");
  }
  return item;
}

namespace {
std::optional<Space> getSpace(std::string_view word) {
  static const std::map<std::string_view, Space> spaces = {
      {".global", Space::Global},
      {".const", Space::Const},
      {".shared", Space::Shared},
      {".local", Space::Local},
      {".param", Space::Param}};
  auto found = spaces.find(word);
  return found == spaces.end() ? std::nullopt : std::optional(found->second);
}
} // namespace

void Parser::parseBody(Function &function) {
  expect("{");
  for (uint32_t depth = 1;;) {
    RawItem item;
    item.line = lexer.peek().line;
    if (lexer.peek().kind == Token::End)
      fail("the text ends within a function");
    std::string_view text = lexer.peek().text;
    if (accept("{")) {
      item.kind = RawItem::Open;
      ++depth;
    } else if (accept("}")) {
      if (!--depth)
        return;
      item.kind = RawItem::Close;
    } else if (text == ".reg") {
      lexer.next();
      item.kind = RawItem::Registers;
      std::string type = parseName();
      item.parts = {type.substr(1)};
      if (!getTypeBits(item.parts[0]))
        fail("registers of type '" + type + "' are not supported");
      do {
        RawOperand names;
        names.name = parseName();
        if (accept("<")) {
          names.bits = parseCount();
          if (names.bits > 1'000'000)
            fail("too many registers");
          expect(">");
        }
        item.operands.push_back(names);
      } while (accept(","));
      expect(";");
    } else if (auto space = getSpace(text)) {
      lexer.next();
      item.kind = RawItem::Declare;
      item.variable = parseVariable(*space, /*isParameter=*/false);
      expect(";");
    } else if (text == ".loc") {
      lexer.skipLine();
      continue;
    } else if (text == ".pragma") {
      skipPast(";");
      continue;
    } else {
      item = parseInstruction();
    }
    function.body.push_back(std::move(item));
  }
}

void Parser::parseFunction(bool entry) {
  Function function;
  function.entry = entry;
  function.line = lexer.peek().line;
  if (!entry && isAt("("))
    function.results = parseParameters();
  function.name = parseName();
  if (isAt("("))
    function.parameters = parseParameters();
  auto parseThree = [&](uint32_t *values) {
    values[1] = values[2] = 1;
    int at = 0;
    do
      values[at++] = static_cast<uint32_t>(parseCount());
    while (at < 3 && accept(","));
  };
  while (!isAt("{") && !isAt(";")) {
    if (accept(".reqntid")) {
      parseThree(function.required);
    } else if (accept(".maxntid")) {
      parseThree(function.most);
    } else if (accept(".minnctapersm") || accept(".maxnreg")) {
      parseCount();
    } else if (!accept(".noreturn")) {
      failAtToken();
    }
  }
  if (!accept(";")) {
    function.defined = true;
    parseBody(function);
  }
  module.functions.push_back(std::move(function));
}

Module Parser::parse() {
  while (lexer.peek().kind != Token::End) {
    Token token = lexer.next();
    std::string_view word = token.text;
    bool isExtern = false;
    while (word == ".visible" || word == ".extern" || word == ".weak" ||
           word == ".common") {
      isExtern = word == ".extern";
      token = lexer.next();
      word = token.text;
    }
    if (word == ".version") {
      std::string number(lexer.next().text);
      module.version = static_cast<uint32_t>(
          std::strtod(number.c_str(), nullptr) * 10 + 0.5);
    } else if (word == ".target") {
      std::string name = parseName();
      if (name.rfind("sm_", 0) != 0)
        fail("a target that is not sm_NN");
      module.target = static_cast<uint32_t>(std::atoi(name.c_str() + 3));
      while (accept(","))
        parseName();
    } else if (word == ".address_size") {
      if (parseCount() != 64)
        fail("addresses that have not 64 bits");
    } else if (word == ".file") {
      lexer.skipLine();
    } else if (word == ".section") {
      skipPast("}");
    } else if (word == ".entry" || word == ".func") {
      parseFunction(word == ".entry");
    } else if (auto space = getSpace(word)) {
      Variable variable = parseVariable(*space, /*isParameter=*/false);
      variable.isExtern = isExtern;
      expect(";");
      module.variables.push_back(std::move(variable));
    } else {
      throw PtxError(token.line,
                     "'" + std::string(word) + "' is not understood here");
    }
  }
  if (!module.version || !module.target)
    throw PtxError(1, "no .version or no .target");
  return std::move(module);
}

Module dpc::hostcuda::parsePtx(std::string_view text) {
  return Parser(text).parse();
}
