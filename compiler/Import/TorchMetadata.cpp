//===- TorchMetadata.cpp - What PyTorch's exporter notes ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/TorchMetadata.h"

#include "dialects/ONNX/Limits.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/JSON.h"

using namespace llvm;
using namespace dpc;

TorchKind dpc::parseTorchKind(StringRef text) {
  return llvm::StringSwitch<TorchKind>(text)
      .Case("PARAMETER", TorchKind::Parameter)
      .Case("BUFFER", TorchKind::Buffer)
      .Case("CONSTANT_TENSOR", TorchKind::Constant)
      .Default(TorchKind::Other);
}

/// Takes a name of Python's off the front of `text`.
static StringRef takeIdentifier(StringRef &text) {
  StringRef name =
      text.take_while([](char c) { return isAlnum(c) || c == '_'; });
  text = text.drop_front(name.size());
  return name;
}

/// Names of the module become those of tensors and values.
static bool isName(StringRef name) {
  return !name.empty() && name.size() <= limits::kNameBytes / 4 &&
         json::isUTF8(name) && none_of(name, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

std::optional<TorchSignature> dpc::parseTorchSignature(StringRef text) {
  TorchSignature signature;
  bool inInputs = false;
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    text = rest;
    line = line.trim();
    if (line.starts_with("#")) {
      if (line == "# outputs")
        break;
      inInputs = line == "# inputs";
      continue;
    }
    if (line.empty())
      continue;
    StringRef name = takeIdentifier(line);
    if (!inInputs || name.empty() || !line.consume_front(": "))
      return std::nullopt;
    StringRef kind = takeIdentifier(line);
    TorchSignature::Input input{parseTorchKind(kind), ""};
    if (line.consume_front(" target='")) {
      auto [target, others] = line.split('\'');
      // Without a second quote nothing is left behind it.
      if (!isName(target) || target.size() == line.size())
        return std::nullopt;
      input.target = target.str();
      line = others;
    }
    if (kind.empty() || (!line.empty() && !line.starts_with(" ")) ||
        (input.kind != TorchKind::Other && input.target.empty()))
      return std::nullopt;
    if (input.kind != TorchKind::Other &&
        !signature.targets.try_emplace(input.target, input.kind).second)
      return std::nullopt;
    if (input.kind == TorchKind::Parameter)
      signature.parameters.push_back(input.target);
    if (line.contains("persistent=False"))
      signature.transient.insert(input.target);
    if (!signature.inputs.try_emplace(name, std::move(input)).second)
      return std::nullopt;
  }
  if (signature.inputs.empty())
    return std::nullopt;
  return signature;
}

/// Takes what stands up to the bracket that closes one opened before, and that
/// bracket, off the front of `text`. Commas outside of inner brackets and of
/// strings part it into `parts`.
static bool takeList(StringRef &text, char close,
                     SmallVectorImpl<std::string> &parts) {
  SmallVector<char> open = {close};
  size_t begin = 0;
  auto add = [&](size_t end) {
    if (StringRef part = text.slice(begin, end).trim(); !part.empty())
      parts.push_back(part.str());
    begin = end + 1;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\'' || c == '"') {
      // Python escapes quotes by a backslash.
      for (++i; i < text.size() && text[i] != c; ++i)
        if (text[i] == '\\')
          ++i;
      continue;
    }
    if (c == '(' || c == '[' || c == '{') {
      open.push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
    } else if (c == ')' || c == ']' || c == '}') {
      if (c != open.pop_back_val())
        return false;
      if (open.empty()) {
        add(i);
        text = text.drop_front(i + 1);
        return true;
      }
    } else if (c == ',' && open.size() == 1) {
      add(i);
    }
  }
  return false;
}

std::optional<TorchCall> dpc::parseTorchCall(StringRef text) {
  TorchCall call;
  if (!text.consume_front("%"))
    return std::nullopt;
  call.name = takeIdentifier(text).str();
  size_t target = text.find(" = call_function[target=");
  if (call.name.empty() || !text.starts_with(" : [") ||
      target == StringRef::npos)
    return std::nullopt;
  text = text.drop_front(target);
  text.consume_front(" = call_function[target=");
  text.consume_front("torch.ops.");
  call.target =
      text.take_while([](char c) { return isAlnum(c) || c == '_' || c == '.'; })
          .str();
  text = text.drop_front(call.target.size());
  SmallVector<std::string> keywords;
  if (call.target.empty() || !text.consume_front("](args = (") ||
      !takeList(text, ')', call.args) || !text.consume_front(", kwargs = {") ||
      !takeList(text, '}', keywords) || text != ")")
    return std::nullopt;
  call.hasKeywords = !keywords.empty();
  return call;
}

StringRef TorchCall::getValue(unsigned index) const {
  if (index >= args.size())
    return "";
  StringRef text = args[index];
  if (!text.consume_front("%"))
    return "";
  StringRef name = takeIdentifier(text);
  return text.empty() ? name : "";
}

StringRef TorchCall::getOperator() const {
  StringRef name = target;
  if (!name.consume_front("aten."))
    return name;
  return name.split('.').first;
}

SmallVector<StringRef, 2> dpc::getValues(StringRef arg) {
  SmallVector<StringRef, 2> names;
  while (true) {
    size_t next = arg.find_first_of("%'\"");
    if (next == StringRef::npos)
      return names;
    char c = arg[next];
    arg = arg.drop_front(next + 1);
    if (c != '%')
      // A string may hold anything.
      arg = arg.drop_front(std::min(arg.size(), arg.find(c) + 1));
    else if (StringRef name = takeIdentifier(arg); !name.empty())
      names.push_back(name);
  }
}

std::optional<std::vector<std::string>> dpc::parseNameList(StringRef text) {
  std::vector<std::string> names;
  if (!text.consume_front("[") || !text.consume_back("]"))
    return std::nullopt;
  while (!text.empty()) {
    char quote = text.front();
    size_t end = text.find(quote, 1);
    if ((quote != '\'' && quote != '"') || end == StringRef::npos)
      return std::nullopt;
    names.push_back(text.slice(1, end).str());
    text = text.drop_front(end + 1);
    if (!text.empty() && !text.consume_front(", "))
      return std::nullopt;
  }
  return names;
}

std::optional<SmallVector<int64_t>> dpc::parseIntList(StringRef text) {
  SmallVector<int64_t> numbers;
  if (!text.consume_front("[") || !text.consume_back("]"))
    return std::nullopt;
  SmallVector<StringRef> parts;
  text.split(parts, ',', -1, /*KeepEmpty=*/false);
  for (StringRef part : parts) {
    int64_t number;
    if (part.trim().getAsInteger(10, number))
      return std::nullopt;
    numbers.push_back(number);
  }
  return numbers;
}
