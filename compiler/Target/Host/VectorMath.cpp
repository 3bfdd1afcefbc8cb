//===- VectorMath.cpp - glibc's vector math for LLVM ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// LLVM's own list for libmvec lacks AVX-512 and all but the oldest functions.
// The names follow the x86 vector function ABI: _ZGV, then b (SSE, 16 bytes), d
// (AVX2, 32 bytes) or e (AVX-512, 64 bytes), N for unmasked, the number of
// elements, a v for each argument.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/Host/VectorMath.h"

#include "HostConfig.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Target/TargetMachine.h"

#include <deque>
#include <string>

using namespace llvm;

namespace {

struct Function {
  StringRef name;
  unsigned numArguments;
  /// There is an LLVM intrinsic of the same name.
  bool isIntrinsic;
};

// Accurate to 4 ulp, as glibc documents.
constexpr Function kFunctions[] = {
    {"exp", 1, true},    {"log", 1, true},    {"pow", 2, true},
    {"tanh", 1, true},   {"sin", 1, true},    {"cos", 1, true},
    {"tan", 1, true},    {"asin", 1, true},   {"acos", 1, true},
    {"atan", 1, true},   {"sinh", 1, true},   {"cosh", 1, true},
    {"asinh", 1, false}, {"acosh", 1, false}, {"atanh", 1, false},
    {"log1p", 1, false}, {"expm1", 1, false}, {"erf", 1, false}};

struct Isa {
  char letter;
  unsigned bytes;
};

/// The descriptions refer to strings that must stay where they are.
struct Table {
  std::deque<std::string> strings;
  std::vector<VecDesc> descriptions;

  explicit Table(ArrayRef<Isa> isas) {
    for (const Function &function : kFunctions)
      for (unsigned elementBytes : {4u, 8u})
        for (const Isa &isa : isas)
          add(function, elementBytes, isa);
  }

  StringRef keep(std::string text) {
    return strings.emplace_back(std::move(text));
  }

  void add(const Function &function, unsigned elementBytes, Isa isa) {
    std::string libm = function.name.str();
    if (elementBytes == 4)
      libm += 'f';
    unsigned count = isa.bytes / elementBytes;
    std::string shape =
        "N" + utostr(count) + std::string(function.numArguments, 'v');
    StringRef vector =
        keep(std::string("_ZGV") + isa.letter + shape + "_" + libm);
    StringRef prefix = keep("_ZGV_LLVM_" + shape);
    auto describe = [&](std::string scalar) {
      descriptions.emplace_back(keep(std::move(scalar)), vector,
                                ElementCount::getFixed(count),
                                /*Masked=*/false, prefix, std::nullopt);
    };
    describe(libm);
    if (function.isIntrinsic)
      describe("llvm." + function.name.str() +
               (elementBytes == 4 ? ".f32" : ".f64"));
  }
};

} // namespace

void dpc::addVectorMath(TargetLibraryInfoImpl &library,
                        const TargetMachine &target) {
  const Triple &triple = target.getTargetTriple();
  if (!kHaveVectorMath || triple.getArch() != Triple::x86_64 ||
      !triple.isOSGlibc())
    return;
  static const Table sse({{'b', 16}});
  static const Table avx2({{'b', 16}, {'d', 32}});
  static const Table avx512({{'b', 16}, {'d', 32}, {'e', 64}});
  const MCSubtargetInfo &features = *target.getMCSubtargetInfo();
  const Table &table = features.checkFeatures("+avx512f") ? avx512
                       : features.checkFeatures("+avx2")  ? avx2
                                                          : sse;
  library.addVectorizableFunctions(table.descriptions);
}
