//===- Processor.cpp - Whether this machine can run the code --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Device/Processor.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace dpc::rt {

#if defined(__x86_64__)

namespace {

enum Register { EAX, EBX, ECX, EDX };

/// What the operating system keeps of a process, bits of XCR0.
constexpr uint64_t noState = 0, avxState = 0x6, avx512State = 0xe6,
                   apxState = uint64_t(1) << 19;

/// Where cpuid tells of a feature. Only what LLVM makes use of unasked: a
/// program needs nothing else, and virtual machines hide much.
struct Feature {
  std::string_view name;
  uint32_t leaf, subleaf;
  Register where;
  int bit;
  uint64_t state;
};
constexpr Feature features[] = {
    {"sse3", 1, 0, ECX, 0, noState},
    {"pclmul", 1, 0, ECX, 1, noState},
    {"ssse3", 1, 0, ECX, 9, noState},
    {"fma", 1, 0, ECX, 12, avxState},
    {"cx16", 1, 0, ECX, 13, noState},
    {"sse4.1", 1, 0, ECX, 19, noState},
    {"sse4.2", 1, 0, ECX, 20, noState},
    {"movbe", 1, 0, ECX, 22, noState},
    {"popcnt", 1, 0, ECX, 23, noState},
    {"avx", 1, 0, ECX, 28, avxState},
    {"f16c", 1, 0, ECX, 29, avxState},
    {"lzcnt", 0x80000001, 0, ECX, 5, noState},
    {"sse4a", 0x80000001, 0, ECX, 6, noState},
    {"xop", 0x80000001, 0, ECX, 11, avxState},
    {"fma4", 0x80000001, 0, ECX, 16, avxState},
    {"tbm", 0x80000001, 0, ECX, 21, noState},
    {"bmi", 7, 0, EBX, 3, noState},
    {"avx2", 7, 0, EBX, 5, avxState},
    {"bmi2", 7, 0, EBX, 8, noState},
    {"avx512f", 7, 0, EBX, 16, avx512State},
    {"avx512dq", 7, 0, EBX, 17, avx512State},
    {"avx512ifma", 7, 0, EBX, 21, avx512State},
    {"avx512cd", 7, 0, EBX, 28, avx512State},
    {"avx512bw", 7, 0, EBX, 30, avx512State},
    {"avx512vl", 7, 0, EBX, 31, avx512State},
    {"avx512vbmi", 7, 0, ECX, 1, avx512State},
    {"avx512vbmi2", 7, 0, ECX, 6, avx512State},
    {"gfni", 7, 0, ECX, 8, noState},
    {"vpclmulqdq", 7, 0, ECX, 10, avxState},
    {"avx512vnni", 7, 0, ECX, 11, avx512State},
    {"avx512bitalg", 7, 0, ECX, 12, avx512State},
    {"avx512vpopcntdq", 7, 0, ECX, 14, avx512State},
    {"avx512fp16", 7, 0, EDX, 23, avx512State},
    {"avxvnni", 7, 1, EAX, 4, avxState},
    {"avx512bf16", 7, 1, EAX, 5, avx512State},
    {"avxifma", 7, 1, EAX, 23, avxState},
    {"avxvnniint8", 7, 1, EDX, 4, avxState},
    {"avxneconvert", 7, 1, EDX, 5, avxState},
    {"avxvnniint16", 7, 1, EDX, 10, avxState},
    {"avx10.1", 7, 1, EDX, 19, avx512State},
    {"egpr", 7, 1, EDX, 21, apxState},
    {"ndd", 7, 1, EDX, 21, apxState},
    {"ccmp", 7, 1, EDX, 21, apxState},
    {"cf", 7, 1, EDX, 21, apxState},
};

bool has(uint32_t leaf, uint32_t subleaf, Register where, int bit) {
  uint32_t registers[4] = {};
  return __get_cpuid_count(leaf, subleaf, &registers[EAX], &registers[EBX],
                           &registers[ECX], &registers[EDX]) &&
         (registers[where] >> bit & 1);
}

uint64_t savedState() {
  constexpr int osxsave = 27;
  if (!has(1, 0, ECX, osxsave))
    return 0;
  uint32_t low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

/// The version of AVX10, 0 without.
uint32_t avx10Version() {
  uint32_t a = 0, b = 0, c = 0, d = 0;
  constexpr int avx10 = 19;
  if (!has(7, 1, EDX, avx10) || !__get_cpuid_count(0x24, 0, &a, &b, &c, &d))
    return 0;
  return b & 0xff;
}

std::string ownName() {
  char name[49] = "";
  for (uint32_t i = 0; i < 3; ++i) {
    uint32_t words[4] = {};
    if (!__get_cpuid(0x80000002 + i, &words[0], &words[1], &words[2],
                     &words[3]))
      return "this machine's processor";
    std::memcpy(name + 16 * i, words, 16);
  }
  std::string text = name;
  text.erase(text.find_last_not_of(' ') + 1);
  return text.empty() ? "this machine's processor" : text;
}

} // namespace

Status checkProcessor(std::string_view target, const std::string &program) {
  std::vector<std::string_view> words;
  while (!target.empty()) {
    size_t end = std::min(target.find(' '), target.size());
    words.push_back(target.substr(0, end));
    target.remove_prefix(std::min(end + 1, target.size()));
  }
  uint64_t state = savedState();
  std::string missing;
  auto check = [&](std::string_view name, bool isThere) {
    if (!isThere && std::find(words.begin(), words.end(), name) != words.end())
      missing += (missing.empty() ? "" : ", ") + std::string(name);
  };
  for (const Feature &feature : features)
    check(feature.name,
          has(feature.leaf, feature.subleaf, feature.where, feature.bit) &&
              (state & feature.state) == feature.state);
  check("avx10.2", avx10Version() >= 2);
  if (missing.empty())
    return {};
  return Error{program,
               "is made for the processor '" + std::string(words.front()) +
                   "' and uses " + missing + ", which " + ownName() + " lacks",
               "compile it on such a machine or with --cpu x86-64-v3"};
}

#else

Status checkProcessor(std::string_view, const std::string &) { return {}; }

#endif

} // namespace dpc::rt
