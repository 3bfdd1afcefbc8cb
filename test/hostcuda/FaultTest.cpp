//===- FaultTest.cpp - The stand-in finds what is wrong -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Each test takes a kernel that passes, makes one thing wrong, and expects to be
// told of it.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/TestCard.h"
#include "test/hostcuda/TestKernels.h"

#include <gtest/gtest.h>

#include <stdexcept>

using namespace dpc::hostcuda;

namespace {

const bool isKept = (getModules().push_back(makeModule(kRowSum)),
                     getModules().push_back(makeModule(kScale)), true);

/// The text with one place changed, which must be there once.
std::string change(std::string text, const std::string &from,
                   const std::string &to) {
  size_t at = text.find(from);
  if (at == std::string::npos || text.find(from, at + 1) != std::string::npos)
    throw std::logic_error("'" + from + "' is not there once");
  return text.replace(at, from.size(), to);
}

struct Rows {
  size_t rows = 4, columns = 1024;
  /// Floats that the buffer has beyond the rows, and where it begins in them.
  size_t skip = 0;
};

Outcome sumRows(const std::string &kernel, Rows shape = {}) {
  return runApart([&] {
    Card card(makeModule(kernel));
    std::vector<float> values(shape.rows * shape.columns + shape.skip, 1);
    CUdeviceptr in = card.upload(values) + 4 * shape.skip,
                out = card.allocate(4 * shape.rows);
    card.launch("rowsum", static_cast<unsigned>(shape.rows), 128,
                {in, out, shape.columns});
    require(cuCtxSynchronize(), "rowsum");
    for (float sum : card.download<float>(out, shape.rows))
      if (sum != static_cast<float>(shape.columns))
        std::fprintf(stderr, "a wrong sum: %g\n", static_cast<double>(sum));
  });
}

Outcome shiftValues(const std::string &kernel, unsigned count = 64,
                    unsigned shared = 256) {
  return runApart([&] {
    Card card(makeModule(kernel));
    std::vector<uint32_t> values(count);
    for (uint32_t i = 0; i < count; ++i)
      values[i] = i;
    CUdeviceptr at = card.upload(values);
    card.launch("shift", 1, count, {at, count}, nullptr, shared);
    require(cuCtxSynchronize(), "shift");
    auto got = card.download<uint32_t>(at, count);
    for (uint32_t i = 0; i < count; ++i)
      if (got[i] != (i + 1) % count)
        std::fprintf(stderr, "a wrong neighbour of %u: %u\n", i, got[i]);
  });
}

/// Fails, and says all of `parts`.
void expectFault(const Outcome &outcome,
                 const std::vector<std::string> &parts) {
  EXPECT_NE(outcome.result, 0);
  for (const std::string &part : parts)
    EXPECT_NE(outcome.errors.find(part), std::string::npos)
        << "'" << part << "' is not in: " << outcome.errors;
}

void expectRight(const Outcome &outcome) {
  EXPECT_EQ(outcome.result, 0);
  EXPECT_EQ(outcome.errors, "");
}

} // namespace

TEST(Faults, NoneInWhatIsRight) {
  expectRight(sumRows(kRowSum));
  expectRight(sumRows(kRowSum, {3, 516}));
  expectRight(shiftValues(kScale));
}

TEST(Faults, ReadsPastTheLastRow) {
  expectFault(sumRows(change(kRowSum, "setp.ge.u32 %p0, %at, %n;",
                             "setp.gt.u32 %p0, %at, %n;")),
              {"hostcuda: error: out-of-bounds: kernel 'rowsum'",
               "(ld.global.v4.b32", "thread 0 of block 3", "16 bytes at 0x",
               "16 past the end of allocation 1 of 16384"});
}

/// An access that begins within and ends beyond.
TEST(Faults, ReadsAcrossTheEnd) {
  expectFault(runApart([] {
                Card card(makeModule(kRowSum));
                CUdeviceptr in = card.upload(std::vector<float>(514)),
                            out = card.allocate(4);
                card.launch("rowsum", 1, 128, {in, out, 516});
              }),
              {"out-of-bounds", "8 past the end of allocation 1 of 2056"});
}

TEST(Faults, ShiftedOffset) {
  expectFault(sumRows(change(kRowSum, "st.global.b32 [%rd7], %x1;",
                             "st.global.b32 [%rd7+4], %x1;")),
              {"out-of-bounds", "writes 4 bytes", "4 past the end"});
  // Before the begin.
  expectFault(sumRows(change(kRowSum, "st.global.b32 [%rd7], %x1;",
                             "st.global.b32 [%rd7+-4], %x1;")),
              {"out-of-bounds", "4 before allocation 2"});
  // Within the allocation: some of it is never written.
  expectFault(sumRows(change(kRowSum, "mul.wide.u32 %rd7, %row, 4;",
                             "mul.wide.u32 %rd7, 1, 4;")),
              {"unwritten", "a copy to the host", "byte 0 of allocation 2"});
}

TEST(Faults, MisalignedBuffer) {
  expectFault(sumRows(kRowSum, {4, 1024, 1}),
              {"misaligned", "reads 16 bytes", "not aligned to 16"});
}

TEST(Faults, DroppedBarrier) {
  expectFault(sumRows(change(kRowSum, "  bar.sync 0;\n", "")),
              {"unwritten", "shared memory"});
  std::string shift = kScale;
  expectFault(shiftValues(change(shift, "  bar.sync 0;\n", "")),
              {"kernel 'shift'", "shared memory"});
  // Where everything was written before, it is a race.
  std::string twice = change(
      shift, "  bar.sync 0;\n",
      "  bar.sync 0;\n  add.s32 %x, %x, 1;\n  st.shared.b32 [%next], %x;\n");
  expectFault(shiftValues(twice), {"race", "reads 4 bytes", "has written"});
  // A barrier of the warp is enough within a warp only.
  std::string warp = change(shift, "bar.sync 0;", "bar.warp.sync -1;");
  expectRight(shiftValues(warp, 32, 128));
  expectFault(shiftValues(warp), {"shared memory"});
  // Within a warp, too, one is needed.
  expectFault(shiftValues(change(shift, "  bar.sync 0;\n", ""), 32, 128),
              {"race", "shared memory"});
}

TEST(Faults, DivergentBarrier) {
  expectFault(sumRows(change(kRowSum, "bar.sync 0;", "@%p1 bar.sync 0;")),
              {"barrier: kernel 'rowsum'", "does not come"});
  // A warp that has ended.
  expectFault(
      sumRows(change(kRowSum, "  bar.sync 0;\n",
                     "  setp.eq.s32 %p3, %warp, 3;\n  @%p3 exit;\n"
                     "  bar.sync 0;\n")),
      {"barrier", "96 of 128 threads", "thread 96 of block 0 has ended"});
}

TEST(Faults, Shuffles) {
  expectFault(sumRows(change(kRowSum, "$done:\n",
                             "$done:\n  setp.eq.s32 %p3, %t, 5;\n"
                             "  @%p3 bra $end;\n"),
                      {1, 512}),
              {"convergence", "lane 5"});
  expectFault(
      sumRows(change(kRowSum, "%x1, %x0, 16, 31, -1", "%x1, %x0, 16, 31, 1")),
      {"convergence", "a mask that does not name it"});
}

TEST(Faults, SharedMemory) {
  expectFault(sumRows(change(kRowSum, "[sums];", "[sums+4];")),
              {"out-of-bounds", "4 past the end of 'sums'"});
  std::string shift = kScale;
  expectFault(shiftValues(shift, 64, 128),
              {"out-of-bounds", "dynamic shared memory"});
  expectFault(shiftValues(shift, 64, 64 << 10),
              {"launch: kernel 'shift'", "cuFuncSetAttribute"});
}

TEST(Faults, Unwritten) {
  expectFault(runApart([] {
                Card card(makeModule(kScale));
                CUdeviceptr in = card.allocate(256), out = card.allocate(256);
                card.launch("scale", 1, 64, {in, out, 64});
              }),
              {"unwritten", "kernel 'scale'", "thread 0 of block 0",
               "byte 0 of allocation 1"});
  // What a kernel leaves out is missed when the host reads it.
  expectFault(runApart([] {
                Card card(makeModule(kScale));
                CUdeviceptr in = card.upload(std::vector<float>(64)),
                            out = card.allocate(256);
                card.launch("scale", 1, 64, {in, out, 63});
                card.download<float>(out, 64);
              }),
              {"unwritten", "a copy to the host", "byte 252 of allocation 2"});
}

/// What the text says of a kernel's buffers holds, too, where they are parts of a
/// larger allocation.
TEST(Faults, Buffers) {
  auto sum = [](const std::string &buffers) {
    return sumRows(kRowSum + ("// rowsum: " + buffers + "\n"));
  };
  expectRight(sum("in 16384, out 16, in 0"));
  expectRight(sum("in 16384, inout 16, in 0"));
  // One element past a row, and past the last one.
  expectFault(sum("in 16380, out 16, in 0"),
              {"out-of-bounds: kernel 'rowsum'", "reads 16 bytes",
               "4 past the end of its parameter 0 of 16380 bytes"});
  expectFault(sum("in 16384, out 12, in 0"),
              {"out-of-bounds", "writes 4 bytes",
               "4 past the end of its parameter 1 of 12 bytes"});
  expectFault(sum("in 16384, in 16, in 0"),
              {"writes 4 bytes", "in its parameter 1, that it only reads"});
  // Elements of a vector that nobody uses are not there.
  std::string three = kRowSum;
  three = change(three,
                 "  add.rn.f32 %x3, %x3, %x4;\n  add.rn.f32 %x1, %x1, %x3;\n  "
                 "add.rn.f32 %x0",
                 "  add.rn.f32 %x1, %x1, %x3;\n  add.rn.f32 %x0");
  three = change(three, "{%x1, %x2, %x3, %x4}, [%rd4]",
                 "{%x1, %x2, %x3, %x9}, [%rd4]");
  three = change(three, "%x<8>", "%x<10>");
  Outcome outcome = sumRows(three + "// rowsum: in 16380, out 16, in 0\n");
  EXPECT_EQ(outcome.result, 0);
  expectFault(sumRows(three + "// rowsum: in 16376, out 16, in 0\n"),
              {"reads 4 bytes", "4 past the end of its parameter 0"});
  // Another's value, which was there before.
  expectFault(sum("out 16384, out 16, in 0"),
              {"unwritten", "reads 16 bytes", "byte 0 of allocation 1"});
  expectFault(sum("in 16384, out 20, in 0"),
              {"out-of-bounds", "given as parameter 1", "past the end"});
  expectFault(
      runApart([] {
        std::string text = kScale;
        Card card(makeModule(text + "// scale: in 256, out 256, in 0\n"));
        CUdeviceptr at = card.upload(std::vector<float>(128));
        card.launch("scale", 1, 64, {at, at + 256, 63});
      }),
      {"unwritten", "ends without having written", "byte 508 of allocation 1",
       "of its parameter 1"});
  expectFault(sum("in 16384, some 16, in 0"),
              {"module: PTX line", "'some' is no kind of buffer"});
}

TEST(Faults, RaceOfBlocks) {
  // Each block writes what the next one reads.
  expectFault(runApart([] {
                Card card(makeModule(kScale));
                CUdeviceptr at = card.upload(std::vector<float>(256, 1));
                card.launch("scale", 2, 64, {at, at + 256, 128});
              }),
              {"race", "thread 0 of block 1", "of block 0 has written"});
  expectRight(runApart([] {
    Card card(makeModule(kScale));
    CUdeviceptr at = card.upload(std::vector<float>(256, 1));
    card.launch("scale", 4, 64, {at, at, 256});
  }));
}

TEST(Faults, Endless) {
  expectFault(runApart(
                  [] {
                    Card card(
                        makeModule(change(kRowSum, "add.s32 %at, %at, 512;",
                                          "add.s32 %at, %at, 0;")));
                    CUdeviceptr in = card.upload(std::vector<float>(512)),
                                out = card.allocate(4);
                    card.launch("rowsum", 1, 128, {in, out, 512});
                  },
                  {"DPC_HOSTCUDA_LIMIT=100000"}),
              {"endless", "100000"});
}

TEST(Faults, Launches) {
  auto launch = [](unsigned grid, unsigned block) {
    return runApart([=] {
      Card card(makeModule(kRowSum));
      card.launch("rowsum", grid, block, {0, 0, 0});
    });
  };
  expectFault(launch(1, 64), {"where .reqntid says 128"});
  expectFault(launch(0, 128), {"a grid of 0"});
}

TEST(Faults, StayWithTheCard) {
  Outcome outcome = runApart([] {
    Card card(makeModule(kScale));
    CUdeviceptr in = card.allocate(256);
    card.launch("scale", 1, 64, {in, in, 64});
    CUdeviceptr other;
    if (cuMemAlloc_v2(&other, 4) != CUDA_ERROR_LAUNCH_FAILED)
      std::fprintf(stderr, "the card forgets\n");
  });
  EXPECT_EQ(outcome.errors.find("forgets"), std::string::npos);
}

TEST(Faults, Modules) {
  auto load = [](const std::string &text) {
    return runApart([&] { Card card(text); });
  };
  expectFault(
      load(makeModule(change(kRowSum, "bar.sync 0;", "bar.red.popc 0;"))),
      {"module: PTX line", "bar.red.popc", "CUDA_ERROR_INVALID_PTX"});
  expectFault(load(makeModule(change(kRowSum, "[sums];", "[summs];"))),
              {"'summs' is not known"});
  expectFault(load(change(makeModule(kRowSum), "sm_90", "sm_120")),
              {"made for sm_120"});
  expectFault(load("\177ELF"), {"CUDA_ERROR_NO_BINARY_FOR_GPU"});
}
