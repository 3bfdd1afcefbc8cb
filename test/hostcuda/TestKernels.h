//===- TestKernels.h - Right kernels, to be made wrong ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_TESTKERNELS_H
#define DPC_TEST_HOSTCUDA_TESTKERNELS_H

namespace dpc::hostcuda {

/// rowsum(in, out, columns): a block of 128 threads a row, four floats a thread at
/// a time; the threads' sums meet in shared memory.
inline constexpr char kRowSum[] = R"(
.visible .entry rowsum(.param .u64 in, .param .u64 out, .param .u64 columns)
.reqntid 128
{
  .reg .pred %p<4>;
  .reg .b32 %t, %row, %at, %n, %lane, %warp, %other;
  .reg .b32 %x<8>;
  .reg .b64 %rd<8>;
  .shared .align 4 .b8 sums[16];
  ld.param.b64 %rd0, [in];
  cvta.to.global.u64 %rd0, %rd0;
  ld.param.b64 %rd1, [out];
  cvta.to.global.u64 %rd1, %rd1;
  ld.param.b64 %rd2, [columns];
  cvt.u32.u64 %n, %rd2;
  mov.u32 %t, %tid.x;
  mov.u32 %row, %ctaid.x;
  mul.wide.u32 %rd3, %row, %n;
  shl.b64 %rd3, %rd3, 2;
  add.s64 %rd0, %rd0, %rd3;
  mov.b32 %x0, 0f00000000;
  shl.b32 %at, %t, 2;
$loop:
  setp.ge.u32 %p0, %at, %n;
  @%p0 bra $done;
  mul.wide.u32 %rd4, %at, 4;
  add.s64 %rd4, %rd0, %rd4;
  ld.global.v4.b32 {%x1, %x2, %x3, %x4}, [%rd4];
  add.rn.f32 %x1, %x1, %x2;
  add.rn.f32 %x3, %x3, %x4;
  add.rn.f32 %x1, %x1, %x3;
  add.rn.f32 %x0, %x0, %x1;
  add.s32 %at, %at, 512;
  bra.uni $loop;
$done:
  mov.u32 %lane, %laneid;
  shfl.sync.bfly.b32 %x1, %x0, 16, 31, -1;
  add.rn.f32 %x0, %x0, %x1;
  shfl.sync.bfly.b32 %x1, %x0, 8, 31, -1;
  add.rn.f32 %x0, %x0, %x1;
  shfl.sync.bfly.b32 %x1, %x0, 4, 31, -1;
  add.rn.f32 %x0, %x0, %x1;
  shfl.sync.bfly.b32 %x1, %x0, 2, 31, -1;
  add.rn.f32 %x0, %x0, %x1;
  shfl.sync.bfly.b32 %x1, %x0, 1, 31, -1;
  add.rn.f32 %x0, %x0, %x1;
  shr.u32 %warp, %t, 5;
  mul.wide.u32 %rd5, %warp, 4;
  mov.b64 %rd6, sums;
  add.s64 %rd5, %rd5, %rd6;
  setp.eq.s32 %p1, %lane, 0;
  @%p1 st.shared.b32 [%rd5], %x0;
  bar.sync 0;
  setp.ne.s32 %p2, %t, 0;
  @%p2 bra $end;
  ld.shared.v4.b32 {%x1, %x2, %x3, %x4}, [sums];
  add.rn.f32 %x1, %x1, %x2;
  add.rn.f32 %x3, %x3, %x4;
  add.rn.f32 %x1, %x1, %x3;
  mul.wide.u32 %rd7, %row, 4;
  add.s64 %rd7, %rd1, %rd7;
  st.global.b32 [%rd7], %x1;
$end:
  ret;
}
)";

/// scale(in, out, count): out = 2 in, a thread an element. shift(values, count):
/// each element becomes its right neighbour, through shared memory.
inline constexpr char kScale[] = R"(
.extern .shared .align 16 .b8 buffer[];
.visible .entry scale(.param .u64 in, .param .u64 out, .param .u64 count)
{
  .reg .pred %p;
  .reg .b32 %i, %x, %block, %size;
  .reg .b64 %in, %out, %at, %n, %wide;
  ld.param.b64 %in, [in];
  ld.param.b64 %out, [out];
  ld.param.b64 %n, [count];
  mov.u32 %block, %ctaid.x;
  mov.u32 %size, %ntid.x;
  mov.u32 %i, %tid.x;
  mad.lo.s32 %i, %block, %size, %i;
  cvt.u64.u32 %wide, %i;
  setp.ge.u64 %p, %wide, %n;
  @%p bra $end;
  shl.b64 %at, %wide, 2;
  add.s64 %in, %in, %at;
  add.s64 %out, %out, %at;
  ld.global.b32 %x, [%in];
  add.rn.f32 %x, %x, %x;
  st.global.b32 [%out], %x;
$end:
  ret;
}
.visible .entry shift(.param .u64 values, .param .u64 count)
{
  .reg .b32 %i, %x, %n, %next, %base;
  .reg .b64 %at, %values;
  ld.param.b64 %values, [values];
  ld.param.b32 %n, [count];
  mov.u32 %i, %tid.x;
  mul.wide.u32 %at, %i, 4;
  add.s64 %at, %values, %at;
  ld.global.b32 %x, [%at];
  mov.b32 %base, buffer;
  mad.lo.s32 %next, %i, 4, %base;
  st.shared.b32 [%next], %x;
  bar.sync 0;
  add.s32 %next, %i, 1;
  rem.u32 %next, %next, %n;
  mad.lo.s32 %next, %next, 4, %base;
  ld.shared.b32 %x, [%next];
  st.global.b32 [%at], %x;
  ret;
}
)";

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_TESTKERNELS_H
