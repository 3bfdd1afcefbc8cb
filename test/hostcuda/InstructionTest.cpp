//===- InstructionTest.cpp - Every form against a table -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Number.h"
#include "test/hostcuda/TestCard.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

using namespace dpc::hostcuda;

namespace {

struct Form {
  std::string text;
  int line;
  std::string result;
  uint64_t tolerance = 0;
  std::vector<std::string> operands;
  struct Case {
    std::vector<std::string> operands;
    std::string result;
  };
  std::vector<Case> cases;
};

std::vector<std::string> split(const std::string &text, const std::string &by) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find(by, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + by.size();
  }
  return parts;
}

std::vector<std::string> getWords(const std::string &text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;)
    words.push_back(word);
  return words;
}

std::vector<Form> readForms() {
  std::ifstream file(DPC_HOSTCUDA_TABLE);
  std::vector<Form> forms;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line[0] == '#')
      continue;
    std::vector<std::string> fields = split(line, " | ");
    Form form;
    form.text = fields.at(0);
    form.line = number;
    std::vector<std::string> result = split(getWords(fields.at(1)).at(0), "~");
    form.result = result[0];
    if (result.size() > 1)
      form.tolerance = std::stoull(result[1]);
    form.operands = getWords(fields.at(2));
    for (const std::string &text : split(fields.at(3), "; ")) {
      std::vector<std::string> sides = split(text, " -> ");
      form.cases.push_back(
          {getWords(sides.at(0)), getWords(sides.at(1)).at(0)});
    }
    forms.push_back(form);
  }
  return forms;
}

const std::vector<Form> &getForms() {
  static const std::vector<Form> forms = readForms();
  return forms;
}

uint32_t getBits(const std::string &type) {
  return type == "pred"   ? 1
         : type == "bf16" ? 16
                          : static_cast<uint32_t>(std::stoul(type.substr(1)));
}

Format getFormat(const std::string &type) {
  return type == "f16"    ? Format::f16()
         : type == "bf16" ? Format::bf16()
         : type == "f64"  ? Format::f64()
                          : Format::f32();
}

bool isFloat(const std::string &type) {
  return type[0] == 'f' || type == "bf16";
}

uint64_t parse(const std::string &type, const std::string &text) {
  bool isNumber = text.find_first_of(".in") != std::string::npos &&
                  text.rfind("0x", 0) != 0;
  uint64_t bits;
  if (isFloat(type) && isNumber)
    bits = encode(getFormat(type), std::strtod(text.c_str(), nullptr));
  else
    bits = text[0] == '-' ? 0 - std::stoull(text.substr(1), nullptr, 0)
                          : std::stoull(text, nullptr, 0);
  return bits & (~0ull >> (64 - getBits(type)));
}

/// The register's type.
std::string getRegister(const std::string &type) {
  return type == "pred" ? "pred" : "b" + std::to_string(getBits(type));
}

/// Loads the operands of its thread's row, and stores the result beside them.
std::string makeKernel(const Form &form, size_t number) {
  std::ostringstream out;
  size_t row = 8 * (form.operands.size() + 1);
  out << ".visible .entry form" << number << "(.param .u64 rows)\n{\n"
      << ".reg .b64 %row, %wide;\n.reg .b32 %thread, %bit;\n";
  out << ".reg ." << getRegister(form.result) << " %v0;\n";
  for (size_t i = 0; i < form.operands.size(); ++i)
    out << ".reg ." << getRegister(form.operands[i]) << " %v" << i + 1 << ";\n";
  out << "ld.param.b64 %row, [rows];\ncvta.to.global.u64 %row, %row;\n"
      << "mov.u32 %thread, %tid.x;\n"
      << "mad.wide.u32 %row, %thread, " << row << ", %row;\n";
  for (size_t i = 0; i < form.operands.size(); ++i) {
    std::string address = "[%row+" + std::to_string(8 * (i + 1)) + "];\n";
    if (form.operands[i] == "pred")
      out << "ld.global.b32 %bit, " << address << "setp.ne.s32 %v" << i + 1
          << ", %bit, 0;\n";
    else
      out << "ld.global." << getRegister(form.operands[i]) << " %v" << i + 1
          << ", " << address;
  }
  for (char c : form.text) {
    if (c == '$')
      out << "%v";
    else
      out << c;
  }
  out << ";\n";
  if (form.result == "pred")
    out << "selp.b32 %bit, 1, 0, %v0;\nst.global.b32 [%row], %bit;\n";
  else
    out << "st.global." << getRegister(form.result) << " [%row], %v0;\n";
  out << "ret;\n}\n";
  return out.str();
}

std::string makeFormsModule() {
  std::string functions;
  for (size_t i = 0; i < getForms().size(); ++i)
    functions += makeKernel(getForms()[i], i);
  return makeModule(functions);
}

const bool isKept = (getModules().push_back(makeFormsModule()), true);

/// How many numbers lie between two of one format.
uint64_t getDistance(const std::string &type, uint64_t a, uint64_t b) {
  auto order = [&](uint64_t bits) {
    uint64_t sign = 1ull << (getBits(type) - 1);
    auto size = static_cast<int64_t>(bits & ~sign);
    return bits & sign ? -size : size;
  };
  int64_t difference = order(a) - order(b);
  return static_cast<uint64_t>(difference < 0 ? -difference : difference);
}

void checkForms() {
  Card card(makeFormsModule());
  for (size_t i = 0; i < getForms().size(); ++i) {
    const Form &form = getForms()[i];
    size_t row = form.operands.size() + 1;
    std::vector<uint64_t> values(row * form.cases.size());
    for (size_t c = 0; c < form.cases.size(); ++c)
      for (size_t o = 0; o + 1 < row; ++o)
        values[row * c + o + 1] =
            parse(form.operands[o], form.cases[c].operands.at(o));
    CUdeviceptr rows = card.upload(values);
    card.launch("form" + std::to_string(i), 1,
                static_cast<unsigned>(form.cases.size()), {rows});
    auto results = card.download<uint64_t>(rows, values.size());
    for (size_t c = 0; c < form.cases.size(); ++c) {
      uint64_t got = results[row * c],
               wanted = parse(form.result, form.cases[c].result);
      bool near = form.tolerance &&
                  !std::isnan(decode(getFormat(form.result), wanted)) &&
                  getDistance(form.result, got, wanted) <= form.tolerance;
      if (got != wanted && !near)
        std::fprintf(stderr, "line %d: %s, case %zu: %#lx, not %#lx\n",
                     form.line, form.text.c_str(), c + 1, got, wanted);
    }
  }
}

} // namespace

TEST(Instructions, GiveWhatTheTableSays) {
  ASSERT_GT(getForms().size(), 200u);
  Outcome outcome = runApart(checkForms);
  EXPECT_EQ(outcome.result, 0);
  EXPECT_EQ(outcome.errors, "");
}

/// Other results of approximations, also within the bounds.
TEST(Instructions, StayWithinBounds) {
  for (const char *seed : {"DPC_HOSTCUDA_SEED=3", "DPC_HOSTCUDA_SEED=4",
                           "DPC_HOSTCUDA_SEED=1001"}) {
    Outcome outcome = runApart(checkForms, {seed});
    EXPECT_EQ(outcome.result, 0);
    EXPECT_EQ(outcome.errors, "");
  }
}
