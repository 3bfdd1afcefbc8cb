// A weight that the first and the last piece use belongs to the first. Each
// piece sums its part of the gradient over the microbatches on its own, so that
// it is sent once per step.

// RUN: dpc-opt %s -pipeline-assign-stages | FileCheck %s
// RUN: dpc-opt %s -pipeline-assign-stages -dist-unroll-microbatches -pipeline-split-stages -pipeline-check-deadlocks | FileCheck %s --check-prefix=SPLIT

dist.mesh @mesh ["pipe" = 2, "data" = 2, "microbatch" = 2]

// CHECK-LABEL: func.func @train
// CHECK: dist.piece = 0 : i64, nn.name = "w"
func.func @train(
    %x: tensor<8x16xf32> {nn.name = "x", nn.role = #nn.role<input>,
                          dist.sharding = #dist.sharding<[["data", "microbatch"], []]>},
    %w: tensor<16x16xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<16x16xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    attributes {nn.program = "train"} {
  %h = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  %y = nn.dot %h, %w batch [] x [] contract [1] x [1] : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  %dh = nn.dot %y, %w batch [] x [] contract [1] x [0] {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  %d1 = nn.dot %y, %h batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>, tensor<8x16xf32> -> tensor<16x16xf32>
  %d0 = nn.dot %x, %dh batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>, tensor<8x16xf32> -> tensor<16x16xf32>
  // CHECK: %[[D1:.*]] = nn.dot {{.*}} contract [0] x [0] {dist.piece = 1
  // CHECK: %[[D0:.*]] = nn.dot {{.*}} contract [0] x [0] {dist.piece = 0
  // CHECK: %[[S1:.*]] = dist.all_reduce sum %[[D1]] over ["microbatch"] {dist.piece = 1
  // CHECK: %[[S0:.*]] = dist.all_reduce sum %[[D0]] over ["microbatch"] {dist.piece = 0
  // CHECK: %[[S:.*]] = nn.add %[[S1]], %[[S0]] {dist.piece = 0
  // CHECK: dist.all_reduce sum %[[S]] over ["data"] {dist.piece = 0
  %d = nn.add %d1, %d0 {nn.phase = #nn.phase<backward>} : tensor<16x16xf32>
  %g = dist.all_reduce sum %d over ["data", "microbatch"] {nn.phase = #nn.phase<backward>} : tensor<16x16xf32>
  %w2 = nn.sub %w, %g {nn.phase = #nn.phase<update>} : tensor<16x16xf32>
  return %w2 : tensor<16x16xf32>
}

// The weight goes to stage 1 once, and one gradient comes back.
// SPLIT-LABEL: func.func @train_stage0
// SPLIT:         dist.send %{{.*}} to 1 {{.*}} : tensor<16x16xf32>
// SPLIT-NOT:     send{{.*}}16x16xf32
// SPLIT:         dist.recv from 1 {{.*}} : tensor<16x16xf32>
// SPLIT-NOT:     recv{{.*}}16x16xf32
// SPLIT:         nn.add {{.*}} ["update", 0, 0]
// SPLIT:         dist.all_reduce sum {{.*}} over ["data"]
// SPLIT-LABEL: func.func @train_stage1
// SPLIT-SAME:  (){{.*}} {
// SPLIT-NOT:   all_reduce
