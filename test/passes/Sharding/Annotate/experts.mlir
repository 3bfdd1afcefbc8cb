// RUN: dpc-opt %s -dist-annotate="strategy=hybrid mesh=data=2,expert=2 accumulate=2" | FileCheck %s
// RUN: dpc-opt %s -dist-annotate="strategy=hybrid mesh=data=1,tensor=2 accumulate=2" | FileCheck %s --check-prefix=OTHER
// RUN: dpc-opt %s -dist-annotate="strategy=hybrid mesh=pipe=2,expert=2 microbatches=3" | FileCheck %s --check-prefix=PIPE
// RUN: dpc-opt %s -dist-annotate="strategy=hybrid mesh=pipe=2,expert=2" | FileCheck %s --check-prefix=CHOSEN

// Where experts split the rows, the microbatches come first, so that what is
// left without the axis "expert" are blocks. Elsewhere a rank's microbatches
// are parts of its block. Batches that do not divide are padded.

// CHECK: dist.mesh @mesh ["data" = 2, "expert" = 2, "microbatch" = 2] {dist.microbatch_parts = 4 : i64}
// CHECK-LABEL: @train
// CHECK-SAME: tensor<9x6xf32> {dist.sharding = #dist.sharding<{{\[}}["microbatch", "data", "expert"], []]>
// CHECK-LABEL: @infer
// CHECK-SAME: tensor<9x6xf32> {dist.sharding = #dist.sharding<{{\[}}["data", "expert"], []]>

// OTHER: dist.mesh @mesh ["data" = 1, "tensor" = 2, "microbatch" = 2]{{$}}
// OTHER-LABEL: @train
// OTHER-SAME: #dist.sharding<{{\[}}["data", "microbatch"], []]>

// PIPE: dist.mesh @mesh ["pipe" = 2, "expert" = 2, "data" = 1, "microbatch" = 3] {dist.microbatch_parts = 2 : i64}
// PIPE-LABEL: @train
// PIPE-SAME: #dist.sharding<{{\[}}["microbatch", "expert"], []]>

// Of 9 rows, 3 microbatches have 4, 4 and 1; a fourth would have none.
// CHOSEN: "microbatch" = 3]
func.func @train(%x: tensor<9x6xf32> {nn.role = #nn.role<input>, nn.batch_dim = 0 : i64}) {
  return
}
func.func @infer(%x: tensor<9x6xf32> {nn.role = #nn.role<input>, nn.batch_dim = 0 : i64}) {
  return
}
