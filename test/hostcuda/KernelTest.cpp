//===- KernelTest.cpp - Threads together ----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Number.h"
#include "test/hostcuda/TestCard.h"
#include "test/hostcuda/TestKernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace dpc::hostcuda;

namespace {

std::string keep(const std::string &functions) {
  getModules().push_back(makeModule(functions));
  return getModules().back();
}

/// A kernel of one warp, or more: `body` makes %x of the thread's number %t, and
/// has registers and predicates %a..%h and %p..%s.
std::string makeThreads(const std::string &body) {
  return keep(R"(
.visible .entry threads(.param .u64 out)
{
  .reg .pred %p, %q, %r, %s;
  .reg .b32 %x, %t, %a, %b, %c, %d, %e, %f, %g, %h;
  .reg .b64 %to, %wide;
  ld.param.b64 %to, [out];
  mov.u32 %t, %tid.x;
)" + body + R"(
  mul.wide.u32 %wide, %t, 4;
  add.s64 %to, %to, %wide;
  st.global.b32 [%to], %x;
  ret;
}
)");
}

void expectThreads(const std::string &module,
                   const std::function<uint32_t(uint32_t)> &wanted,
                   uint32_t count = 32) {
  for (const char *seed : {"DPC_HOSTCUDA_SEED=0", "DPC_HOSTCUDA_SEED=5"}) {
    Outcome outcome = runApart(
        [&] {
          Card card(module);
          CUdeviceptr out = card.allocate(4 * count);
          card.launch("threads", 1, count, {out});
          auto got = card.download<uint32_t>(out, count);
          for (uint32_t t = 0; t < count; ++t)
            if (got[t] != wanted(t))
              std::fprintf(stderr, "thread %u: %u, not %u\n", t, got[t],
                           wanted(t));
        },
        {seed});
    EXPECT_EQ(outcome.result, 0);
    EXPECT_EQ(outcome.errors, "");
  }
}

// Made when the program starts, so that --modules writes them.
const std::string kUp = makeThreads(R"(
  shfl.sync.up.b32 %x|%p, %t, 3, 0, -1;
  @!%p add.s32 %x, %x, 100;)");
const std::string kDown = makeThreads("shfl.sync.down.b32 %x, %t, 3, 31, -1;");
const std::string kIndex = makeThreads(R"(
  xor.b32 %a, %t, 5;
  shfl.sync.idx.b32 %x, %t, %a, 31, -1;)");
const std::string kSegments =
    makeThreads("shfl.sync.bfly.b32 %x, %t, 1, 0x181f, -1;");
// Each half of the warp meets by itself, in branches of its own.
const std::string kHalves = makeThreads(R"(
  setp.lt.u32 %p, %t, 16;
  @%p bra $low;
  shfl.sync.bfly.b32 %x, %t, 15, 31, 0xffff0000;
  bra.uni $end;
$low:
  shfl.sync.bfly.b32 %x, %t, 1, 31, 0xffff;
$end:)");
const std::string kVotes = makeThreads(R"(
  setp.lt.u32 %p, %t, 5;
  vote.sync.ballot.b32 %x, %p, -1;
  vote.sync.any.pred %q, %p, -1;
  @%q add.s32 %x, %x, 1000;
  vote.sync.all.pred %q, %p, -1;
  @%q add.s32 %x, %x, 2000;
  vote.sync.all.pred %q, !%p, -1;
  @%q add.s32 %x, %x, 4000;
  vote.sync.uni.pred %q, %p, -1;
  @%q add.s32 %x, %x, 8000;)");
const std::string kMatch = makeThreads(R"(
  and.b32 %a, %t, 3;
  match.any.sync.b32 %x, %a, -1;
  match.all.sync.b32 %b|%p, %a, -1;
  @%p mov.b32 %x, 0;)");
const std::string kRedux = makeThreads(R"(
  redux.sync.add.u32 %x, %t, -1;
  sub.s32 %a, %t, 7;
  redux.sync.min.s32 %b, %a, -1;
  redux.sync.max.u32 %c, %t, -1;
  redux.sync.xor.b32 %d, %t, -1;
  mad.lo.s32 %x, %b, 1000, %x;
  mad.lo.s32 %x, %c, 100000, %x;
  add.s32 %x, %x, %d;)");
const std::string kActive = makeThreads(R"(
  mov.b32 %x, 7;
  setp.lt.u32 %p, %t, 4;
  @!%p bra $end;
  activemask.b32 %x;
$end:)");
const std::string kElect = makeThreads(R"(
  elect.sync %a|%p, -1;
  selp.b32 %x, 1, 0, %p;)");
// As often as the thread's number says, in two loops; then all meet.
const std::string kLoops = makeThreads(R"(
  mov.b32 %x, 0;
  mov.b32 %a, 0;
$outer:
  setp.ge.u32 %p, %a, %t;
  @%p bra $done;
  mov.b32 %b, 0;
$inner:
  setp.gt.u32 %q, %b, %a;
  @%q bra $next;
  add.s32 %x, %x, 1;
  add.s32 %b, %b, 1;
  bra.uni $inner;
$next:
  add.s32 %a, %a, 1;
  bra.uni $outer;
$done:
  shfl.sync.bfly.b32 %c, %x, 1, 31, -1;
  add.s32 %x, %x, %c;)");
// Lanes that have ended need not come.
const std::string kEnded = makeThreads(R"(
  setp.ge.u32 %p, %t, 16;
  mov.b32 %x, 3;
  @%p bra $end;
  bar.warp.sync 0xffff;
  shfl.sync.bfly.b32 %x, %t, 1, 31, 0xffff;
$end:)");
const std::string kSpecials = makeThreads(R"(
  mov.u32 %a, %laneid;
  mov.u32 %b, %warpid;
  mov.u32 %c, %ntid.x;
  mov.u32 %d, %lanemask_lt;
  popc.b32 %d, %d;
  mov.u32 %e, %nctaid.x;
  mad.lo.s32 %x, %b, 1000, %a;
  mad.lo.s32 %x, %c, 10000, %x;
  sub.s32 %d, %d, %a;
  add.s32 %x, %x, %d;
  add.s32 %x, %x, %e;)");

} // namespace

TEST(Warps, Shuffles) {
  expectThreads(kUp, [](uint32_t t) { return t < 3 ? t + 100 : t - 3; });
  expectThreads(kDown, [](uint32_t t) { return t > 28 ? t : t + 3; });
  expectThreads(kIndex, [](uint32_t t) { return t ^ 5; });
  expectThreads(kSegments, [](uint32_t t) { return t ^ 1; });
  expectThreads(kHalves,
                [](uint32_t t) { return t < 16 ? t ^ 1 : 16 + (15 - t % 16); });
}

TEST(Warps, TogetherAndApart) {
  expectThreads(kVotes, [](uint32_t) { return 31u + 1000; });
  expectThreads(kMatch, [](uint32_t t) { return 0x11111111u << (t % 4); });
  expectThreads(kRedux,
                [](uint32_t) { return 31u * 16 - 7 * 1000 + 31 * 100000; });
  expectThreads(kActive, [](uint32_t t) { return t < 4 ? 15u : 7u; });
  expectThreads(kElect, [](uint32_t t) { return t == 0 ? 1u : 0u; });
  auto triangle = [](uint32_t t) { return t * (t + 1) / 2; };
  expectThreads(kLoops,
                [&](uint32_t t) { return triangle(t) + triangle(t ^ 1); });
  expectThreads(kEnded, [](uint32_t t) { return t < 16 ? t ^ 1 : 3; });
  expectThreads(
      kSpecials,
      [](uint32_t t) { return t / 32 * 1000 + t % 32 + 64 * 10000 + 1; }, 64);
}

namespace {

/// What LLVM makes of a call, memory of a thread's own, a table and a branch.
const std::string kCall = keep(R"(
.const .align 16 .b8 table[16] = {0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64};
.global .align 4 .u32 counter = 5;
.visible .func  (.param .b32 func_retval0) helper(
	.param .b32 helper_param_0,
	.param .b64 helper_param_1
)
{
	.reg .pred 	%p<2>;
	.reg .b32 	%r<4>;
	.reg .b64 	%rd<2>;
	ld.param.b32 	%r1, [helper_param_0];
	ld.param.b64 	%rd1, [helper_param_1];
	setp.gt.f32 	%p1, %r1, 0f40000000;
	@%p1 bra 	$L__BB0_2;
	add.rn.f32 	%r2, %r1, %r1;
	st.b32 	[%rd1], %r2;
	st.param.b32 	[func_retval0], %r2;
	ret;
$L__BB0_2:
	st.b32 	[%rd1], %r1;
	mul.rn.f32 	%r3, %r1, 0f40400000;
	st.param.b32 	[func_retval0], %r3;
	ret;
}
.visible .entry call(
	.param .u64 .ptr .align 16 call_param_0
)
{
	.local .align 4 .b8 	__local_depot1[16];
	.reg .b64 	%SP;
	.reg .b64 	%SPL;
	.reg .b32 	%r<9>;
	.reg .b64 	%rd<12>;
	mov.b64 	%SPL, __local_depot1;
	cvta.local.u64 	%SP, %SPL;
	ld.param.b64 	%rd1, [call_param_0];
	cvta.to.global.u64 	%rd2, %rd1;
	mov.u32 	%r1, %tid.x;
	mul.wide.u32 	%rd3, %r1, 4;
	mov.b64 	%rd4, table;
	add.s64 	%rd5, %rd4, %rd3;
	ld.const.b32 	%r2, [%rd5];
	add.u64 	%rd6, %SP, 4;
	add.u64 	%rd7, %SPL, 4;
	{ // callseq 0, 0
	.param .b32 	param0;
	.param .b64 	param1;
	.param .b32 	retval0;
	st.param.b64 	[param1], %rd6;
	st.param.b32 	[param0], %r2;
	call.uni (retval0), helper, (param0, param1);
	ld.param.b32 	%r3, [retval0];
	} // callseq 0
	ld.local.b32 	%r4, [%rd7];
	add.rn.f32 	%r5, %r3, %r4;
	add.s64 	%rd8, %rd2, %rd3;
	st.global.b32 	[%rd8], %r5;
	atom.global.add.u32 	%r6, [counter], 1;
	ret;
}
)");

} // namespace

TEST(Kernels, CallsTablesAndVariables) {
  Outcome outcome = runApart([] {
    Card card(kCall);
    CUdeviceptr out = card.allocate(16);
    card.launch("call", 1, 4, {out});
    // 1, 2, 3, 4: doubled and kept doubled, or tripled and kept.
    auto got = card.download<float>(out, 4);
    const float wanted[] = {4, 8, 12, 16};
    for (int i = 0; i < 4; ++i)
      if (got[i] != wanted[i])
        std::fprintf(stderr, "%d: %g\n", i, static_cast<double>(got[i]));
  });
  EXPECT_EQ(outcome.result, 0);
  EXPECT_EQ(outcome.errors, "");
}

namespace {

const std::string kAtomics = keep(R"(
.visible .entry atomics(.param .u64 at)
{
  .reg .b32 %t, %x, %f;
  .reg .b64 %at, %wide, %old;
  ld.param.b64 %at, [at];
  mov.u32 %t, %tid.x;
  cvt.u64.u32 %wide, %t;
  atom.global.add.u32 %x, [%at], %t;
  atom.global.max.s32 %x, [%at+4], %t;
  atom.global.min.u32 %x, [%at+8], %t;
  red.global.or.b32 [%at+12], %t;
  red.relaxed.gpu.global.add.f32 [%at+16], 0f3F800000;
  atom.global.cas.b32 %x, [%at+20], %t, 1000;
  atom.global.inc.u32 %x, [%at+24], 9;
  red.global.xor.b32 [%at+28], %t;
  atom.add.u64 %old, [%at+32], %wide;
  mov.b32 %x, 0x3c003c00;
  red.global.add.noftz.f16x2 [%at+40], %x;
  ret;
}
)");

const std::string kAsync = keep(R"(
.visible .entry async(.param .u64 from, .param .u64 to)
{
  .reg .b32 %t, %base, %a, %b, %c, %d;
  .reg .b64 %from, %to, %wide;
  .shared .align 16 .b8 stage[1024];
  ld.param.b64 %from, [from];
  ld.param.b64 %to, [to];
  mov.u32 %t, %tid.x;
  mul.wide.u32 %wide, %t, 16;
  add.s64 %from, %from, %wide;
  add.s64 %to, %to, %wide;
  mov.b32 %base, stage;
  mad.lo.s32 %base, %t, 16, %base;
  cp.async.cg.shared.global [%base], [%from], 16;
  cp.async.commit_group;
  cp.async.ca.shared.global [%base+512], [%from+512], 16, 8;
  cp.async.commit_group;
  cp.async.wait_group 1;
  ld.shared.v4.b32 {%a, %b, %c, %d}, [%base];
  st.global.v4.b32 [%to], {%a, %b, %c, %d};
  cp.async.wait_all;
  ld.shared.v4.b32 {%a, %b, %c, %d}, [%base+512];
  st.global.v4.b32 [%to+512], {%a, %b, %c, %d};
  ret;
}
)");

} // namespace

TEST(Kernels, Atomics) {
  Outcome outcome = runApart([] {
    Card card(kAtomics);
    CUdeviceptr at =
        card.upload(std::vector<uint32_t>{5, 3, 100, 0, 0, 7, 0, 0, 0, 0, 0});
    card.launch("atomics", 1, 64, {at});
    auto got = card.download<uint32_t>(at, 11);
    // 16 threads and more add 1 to a half without loss.
    const uint32_t wanted[] = {5 + 63 * 32, 63, 0,       63, 0x42800000, 1000,
                               4,           0,  63 * 32, 0,  0x54005400};
    for (int i = 0; i < 11; ++i)
      if (got[i] != wanted[i])
        std::fprintf(stderr, "%d: %#x\n", i, got[i]);
  });
  EXPECT_EQ(outcome.result, 0);
  EXPECT_EQ(outcome.errors, "");
}

TEST(Kernels, AsynchronousCopies) {
  auto copy = [](std::string module) {
    return runApart([=] {
      Card card(module);
      std::vector<uint32_t> values(256);
      for (uint32_t i = 0; i < 256; ++i)
        values[i] = i;
      CUdeviceptr from = card.upload(values), to = card.allocate(1024);
      card.launch("async", 1, 32, {from, to});
      auto got = card.download<uint32_t>(to, 256);
      for (uint32_t i = 0; i < 256; ++i)
        if (got[i] != (i < 128 || i % 4 < 2 ? i : 0))
          std::fprintf(stderr, "%u: %u\n", i, got[i]);
    });
  };
  Outcome right = copy(kAsync);
  EXPECT_EQ(right.result, 0);
  EXPECT_EQ(right.errors, "");
  // Without a wait the bytes have not come.
  std::string early = kAsync;
  early.replace(early.find("wait_group 1"), 12, "wait_group 2");
  EXPECT_NE(copy(early).errors.find("unwritten"), std::string::npos);
  // Not even where something was before.
  early.insert(early.find("  cp.async.cg"),
               "  st.shared.v4.b32 [%base], {%t, %t, %t, %t};\n");
  EXPECT_NE(copy(early).errors.find("unwritten"), std::string::npos);
}

namespace {

/// One product of 16 x 8 x k per warp; A by ldmatrix, row by row, B by hand.
const std::string kMatrix = keep(R"(
.visible .entry bf16(.param .u64 a, .param .u64 b, .param .u64 c)
{
  .reg .b32 %t, %g, %w, %base, %at, %x, %a0, %a1, %a2, %a3, %b0, %b1;
  .reg .b32 %d0, %d1, %d2, %d3, %v0, %v1, %v2, %v3;
  .reg .b64 %a, %b, %c, %wide, %p;
  .shared .align 16 .b8 tile[512];
  ld.param.b64 %a, [a];
  ld.param.b64 %b, [b];
  ld.param.b64 %c, [c];
  mov.u32 %t, %tid.x;
  // Each thread brings 16 bytes of A.
  mul.wide.u32 %wide, %t, 16;
  add.s64 %p, %a, %wide;
  ld.global.v4.b32 {%v0, %v1, %v2, %v3}, [%p];
  mov.b32 %base, tile;
  mad.lo.s32 %at, %t, 16, %base;
  st.shared.v4.b32 [%at], {%v0, %v1, %v2, %v3};
  bar.sync 0;
  // Row t % 16, left half for the first 16 lanes.
  and.b32 %x, %t, 15;
  shr.u32 %g, %t, 4;
  mad.lo.s32 %at, %x, 32, %base;
  mad.lo.s32 %at, %g, 16, %at;
  ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%a0, %a1, %a2, %a3}, [%at];
  // B is column by column: 16 numbers each.
  shr.u32 %g, %t, 2;
  and.b32 %w, %t, 3;
  mul.wide.u32 %wide, %g, 32;
  add.s64 %p, %b, %wide;
  mul.wide.u32 %wide, %w, 4;
  add.s64 %p, %p, %wide;
  ld.global.b32 %b0, [%p];
  ld.global.b32 %b1, [%p+16];
  mov.b32 %d0, 0f3F800000;
  mov.b32 %d1, 0f3F800000;
  mov.b32 %d2, 0f3F800000;
  mov.b32 %d3, 0f3F800000;
  mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%d0, %d1, %d2, %d3}, {%a0, %a1, %a2, %a3}, {%b0, %b1}, {%d0, %d1, %d2, %d3};
  mul.wide.u32 %wide, %g, 32;
  add.s64 %p, %c, %wide;
  mul.wide.u32 %wide, %w, 8;
  add.s64 %p, %p, %wide;
  st.global.v2.b32 [%p], {%d0, %d1};
  st.global.v2.b32 [%p+256], {%d2, %d3};
  ret;
}
.visible .entry tf32(.param .u64 a, .param .u64 b, .param .u64 c)
{
  .reg .b32 %t, %g, %w, %a0, %a1, %a2, %a3, %b0, %b1, %d0, %d1, %d2, %d3;
  .reg .b64 %a, %b, %c, %wide, %p;
  ld.param.b64 %a, [a];
  ld.param.b64 %b, [b];
  ld.param.b64 %c, [c];
  mov.u32 %t, %tid.x;
  shr.u32 %g, %t, 2;
  and.b32 %w, %t, 3;
  mul.wide.u32 %wide, %g, 32;
  add.s64 %a, %a, %wide;
  add.s64 %b, %b, %wide;
  add.s64 %c, %c, %wide;
  mul.wide.u32 %wide, %w, 4;
  add.s64 %a, %a, %wide;
  add.s64 %b, %b, %wide;
  add.s64 %c, %c, %wide;
  add.s64 %c, %c, %wide;
  ld.global.b32 %a0, [%a];
  ld.global.b32 %a1, [%a+256];
  ld.global.b32 %a2, [%a+16];
  ld.global.b32 %a3, [%a+272];
  ld.global.b32 %b0, [%b];
  ld.global.b32 %b1, [%b+16];
  mov.b32 %d0, 0f3F800000;
  mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%d0, %d1, %d2, %d3}, {%a0, %a1, %a2, %a3}, {%b0, %b1}, {%d0, %d0, %d0, %d0};
  st.global.v2.b32 [%c], {%d0, %d1};
  st.global.v2.b32 [%c+256], {%d2, %d3};
  ret;
}
)");

float getNumber(int i) {
  return static_cast<float>((i * 37 + 11) % 31 - 15) / 4;
}

} // namespace

TEST(Kernels, MatrixProducts) {
  for (bool bf16 : {true, false}) {
    Outcome outcome = runApart([=] {
      Card card(kMatrix);
      int depth = bf16 ? 16 : 8;
      std::vector<float> a, b;
      for (int i = 0; i < 16 * depth; ++i)
        a.push_back(getNumber(i));
      for (int i = 0; i < 8 * depth; ++i)
        b.push_back(getNumber(1000 + 3 * i));
      auto upload = [&](const std::vector<float> &values) {
        if (!bf16)
          return card.upload(values);
        std::vector<uint16_t> halves;
        for (float value : values)
          halves.push_back(static_cast<uint16_t>(
              encode(Format::bf16(), static_cast<double>(value))));
        return card.upload(halves);
      };
      CUdeviceptr c = card.allocate(512);
      card.launch(bf16 ? "bf16" : "tf32", 1, 32, {upload(a), upload(b), c});
      auto got = card.download<float>(c, 128);
      for (int i = 0; i < 16; ++i) {
        for (int j = 0; j < 8; ++j) {
          float wanted = 1;
          for (int k = 0; k < depth; ++k)
            wanted += a[i * depth + k] * b[j * depth + k];
          if (got[i * 8 + j] != wanted)
            std::fprintf(stderr, "%d %d: %g, not %g\n", i, j,
                         static_cast<double>(got[i * 8 + j]),
                         static_cast<double>(wanted));
        }
      }
    });
    EXPECT_EQ(outcome.result, 0);
    EXPECT_EQ(outcome.errors, "");
  }
}

/// What moves is counted: each byte of the input once, each sum once.
TEST(Kernels, Traffic) {
  std::string report =
      testing::TempDir() + "/hostcuda." + std::to_string(getpid());
  Outcome outcome = runApart(
      [] {
        Card card(makeModule(kRowSum));
        CUdeviceptr in = card.upload(std::vector<float>(4096, 1)),
                    out = card.allocate(16);
        card.launch("rowsum", 4, 128, {in, out, 1024});
      },
      {"DPC_HOSTCUDA_REPORT=" + report});
  EXPECT_EQ(outcome.result, 0);
  EXPECT_EQ(outcome.errors, "");
  std::ostringstream text;
  text << std::ifstream(report).rdbuf();
  unlink(report.c_str());
  EXPECT_NE(text.str().find("\"event\": \"launch\", \"kernel\": \"rowsum\""),
            std::string::npos);
  EXPECT_NE(
      text.str().find("\"read\": {\"bytes\": 16384, \"sectors\": 512, "
                      "\"unique_bytes\": 16384, \"unique_sectors\": 512}"),
      std::string::npos)
      << text.str();
  EXPECT_NE(text.str().find("\"repeated_bytes\": 0,"), std::string::npos);
  EXPECT_NE(text.str().find("\"written\": {\"bytes\": 16, \"sectors\": 4, "
                            "\"unique_bytes\": 16, \"unique_sectors\": 1}"),
            std::string::npos)
      << text.str();
}
