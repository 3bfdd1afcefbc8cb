//===- FiniteRows.cpp - Whether values in a GPU's memory are finite -------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CUDA/FiniteRows.h"
#include "runtime/Core/Types.h"

#include <algorithm>
#include <cstring>

namespace dpc::rt::cuda {

namespace {

/// Elements whose exponent is all ones, as `mask` says, are not finite.
struct Piece {
  Address at;
  uint32_t count, mask, stride, width;
};
static_assert(sizeof(Piece) == 24, "the kernel reads it");

constexpr size_t kFlagBytes = 16;
constexpr int64_t kPieceLength = 16384;

constexpr char kCode[] = R"(.version 8.0
.target sm_80
.address_size 64

.visible .entry dpc_finite(
	.param .u64 dpc_finite_param_0,
	.param .u64 dpc_finite_param_1
)
.maxntid 256, 1, 1
{
	.reg .pred 	%p<4>;
	.reg .b16 	%rs<2>;
	.reg .b32 	%r<10>;
	.reg .b64 	%rd<10>;

	ld.param.u64 	%rd1, [dpc_finite_param_0];
	ld.param.u64 	%rd2, [dpc_finite_param_1];
	mov.u32 	%r1, %ctaid.x;
	mul.wide.u32 	%rd3, %r1, 24;
	add.s64 	%rd4, %rd1, %rd3;
	ld.global.u64 	%rd5, [%rd4];
	ld.global.u32 	%r2, [%rd4+8];
	ld.global.u32 	%r3, [%rd4+12];
	ld.global.u32 	%r4, [%rd4+16];
	ld.global.u32 	%r5, [%rd4+20];
	mov.u32 	%r6, %tid.x;
	setp.eq.s32 	%p1, %r5, 2;
$L_loop:
	setp.ge.u32 	%p2, %r6, %r2;
	@%p2 bra 	$L_end;
	mul.wide.u32 	%rd6, %r6, %r4;
	add.s64 	%rd7, %rd5, %rd6;
	@%p1 bra 	$L_narrow;
	ld.global.u32 	%r7, [%rd7];
	bra.uni 	$L_test;
$L_narrow:
	ld.global.u16 	%rs1, [%rd7];
	cvt.u32.u16 	%r7, %rs1;
$L_test:
	and.b32  	%r8, %r7, %r3;
	setp.ne.s32 	%p3, %r8, %r3;
	@%p3 bra 	$L_next;
	mov.u32 	%r9, 1;
	st.global.u32 	[%rd2], %r9;
$L_next:
	add.s32 	%r6, %r6, 256;
	bra.uni 	$L_loop;
$L_end:
	ret;
}
)";

} // namespace

void FiniteRows::close() {
  if (table)
    driver.cuMemFree_v2(table);
  if (flag)
    driver.cuMemFreeHost(flag);
  if (module)
    driver.cuModuleUnload(module);
  table = 0;
  flag = nullptr;
  module = nullptr;
}

Result FiniteRows::open(const std::vector<Device::Row> &rows, Stream stream) {
  std::vector<Piece> pieces;
  for (const Device::Row &row : rows) {
    auto width = static_cast<uint32_t>(typeBytes(row.type));
    Piece piece{toAddress(row.at), 0, 0x7f800000, width, 4};
    if (row.type == DPC_BF16 || row.type == DPC_F16) {
      piece.mask = row.type == DPC_F16 ? 0x7c00 : 0x7f80;
      piece.width = 2;
    } else if (row.type == DPC_F64) {
      // The word that holds the exponent.
      piece.mask = 0x7ff00000;
      piece.at += 4;
    }
    for (int64_t done = 0; done < row.count; done += kPieceLength) {
      piece.count =
          static_cast<uint32_t>(std::min(row.count - done, kPieceLength));
      pieces.push_back(piece);
      piece.at += static_cast<Address>(piece.count) * width;
    }
  }
  blocks = static_cast<unsigned>(pieces.size());
  size_t bytes = pieces.size() * sizeof(Piece);
  void *host = nullptr;
  Result result =
      driver.cuModuleLoadDataEx(&module, kCode, 0, nullptr, nullptr);
  if (!result)
    result = driver.cuModuleGetFunction(&kernel, module, "dpc_finite");
  if (!result)
    result = driver.cuMemAlloc_v2(&table, kFlagBytes + bytes);
  if (!result)
    result = driver.cuMemHostAlloc(&host, kFlagBytes, 0);
  flag = static_cast<uint32_t *>(host);
  // Of memory that may move, which the driver copies before it returns.
  if (!result && blocks)
    result = driver.cuMemcpyHtoDAsync_v2(table + kFlagBytes, pieces.data(),
                                         bytes, stream);
  return result;
}

Result FiniteRows::look(Stream stream) {
  Address pieces = table + kFlagBytes;
  void *arguments[] = {&pieces, &table};
  Result result = driver.cuMemsetD32Async(table, 0, 1, stream);
  if (!result && blocks)
    result = driver.cuLaunchKernel(kernel, blocks, 1, 1, 256, 1, 1, 0, stream,
                                   arguments, nullptr);
  if (!result)
    result = driver.cuMemcpyDtoHAsync_v2(flag, table, sizeof(*flag), stream);
  return result;
}

} // namespace dpc::rt::cuda
