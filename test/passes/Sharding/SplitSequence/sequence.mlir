// RUN: dpc-opt %s -dist-annotate="strategy=tensor mesh=tensor=2" -dist-choose-parameters -dist-split-sequence="enable=true" | FileCheck %s
// RUN: dpc-opt %s -dist-annotate="strategy=tensor mesh=tensor=2" -dist-choose-parameters -dist-split-sequence="enable=true" -dist-propagate -dist-resolve -dist-partition -canonicalize -cse -dist-scatter-reductions | FileCheck %s --check-prefix=LOCAL
// RUN: dpc-opt %s -dist-annotate="strategy=tensor mesh=tensor=2" -dist-split-sequence | FileCheck %s --check-prefix=OFF

// The sequence is split behind the table and behind the block, and whole in
// front of the block. Inside of it nothing is pinned.

// CHECK: %[[E:.*]] = nn.gather
// CHECK-NEXT: %[[E1:.*]] = dist.reshard %[[E]] from <{{\[}}[], [], []]> to <{{\[}}[], [], []]> {dist.pinned_axes = ["tensor"], dist.reason = "a block needs the whole sequence"}
// CHECK-NEXT: %[[E2:.*]] = dist.reshard %[[E1]] from <{{\[}}[], ["tensor"], []]> to <{{\[}}[], ["tensor"], []]> {dist.pinned_axes = ["tensor"], dist.reason = "the sequence is split between blocks"}
// CHECK-NEXT: %[[W:.*]] = dist.reshard %[[E2]] from <{{\[}}[], [], []]>
// CHECK-NEXT: %[[H:.*]] = nn.dot %[[W]],
// CHECK-NEXT: %[[R:.*]] = nn.relu %[[H]]
// CHECK-NEXT: %[[Y:.*]] = nn.dot %[[R]],
// CHECK-NEXT: %[[Y1:.*]] = dist.reshard %[[Y]] from <{{\[}}[], [], []]>
// CHECK-NEXT: %[[Y2:.*]] = dist.reshard %[[Y1]] from <{{\[}}[], ["tensor"], []]>
// CHECK-NEXT: nn.add %[[E2]], %[[Y2]]

// LOCAL: %[[E:.*]] = dist.slice_at {{.*}} dim = 1 : tensor<64x64x512xf32> to tensor<64x32x512xf32>
// LOCAL: dist.all_gather {{.*}} over ["tensor"]
// LOCAL: nn.dot {{.*}} -> tensor<64x64x1024xf32>
// LOCAL: nn.dot {{.*}} -> tensor<64x64x512xf32>
// LOCAL-NOT: dist.all_reduce
// LOCAL: dist.reduce_scatter  sum {{.*}} over ["tensor"]
// LOCAL: nn.add %[[E]], %{{.*}} : tensor<64x32x512xf32>

// OFF-NOT: dist.reshard
func.func @infer(
    %x: tensor<64x64xi64> {nn.role = #nn.role<input>, nn.name = "x", nn.batch_dim = 0 : i64},
    %e: tensor<100x512xf32> {nn.role = #nn.role<parameter>, nn.name = "e"},
    %w1: tensor<512x2048xf32> {nn.role = #nn.role<parameter>, nn.name = "w1"},
    %w2: tensor<2048x512xf32> {nn.role = #nn.role<parameter>, nn.name = "w2"})
    -> (tensor<64x64x512xf32> {nn.role = #nn.role<output>, nn.name = "y"}) {
  %0 = nn.gather %e, %x axis = 0 : tensor<100x512xf32>, tensor<64x64xi64>
  %1 = nn.dot %0, %w1 batch [] x [] contract [2] x [0] : tensor<64x64x512xf32>, tensor<512x2048xf32> -> tensor<64x64x2048xf32>
  %2 = nn.relu %1 : tensor<64x64x2048xf32>
  %3 = nn.dot %2, %w2 batch [] x [] contract [2] x [0] : tensor<64x64x2048xf32>, tensor<2048x512xf32> -> tensor<64x64x512xf32>
  %4 = nn.add %0, %3 : tensor<64x64x512xf32>
  return %4 : tensor<64x64x512xf32>
}

// The places in front of the rows, as nn.MultiheadAttention of PyTorch has it.
// CHECK-LABEL: func.func @eval(
// CHECK: %[[Y:.*]] = nn.dot {{.*}} -> tensor<16x32x512xf32>
// CHECK-NEXT: %[[Y1:.*]] = dist.reshard %[[Y]] from <{{\[}}[], [], []]>
// CHECK-NEXT: dist.reshard %[[Y1]] from <{{\[}}["tensor"], [], []]>
func.func @eval(
    %x: tensor<32x16xi64> {nn.role = #nn.role<input>, nn.name = "x", nn.batch_dim = 0 : i64},
    %e: tensor<100x512xf32> {nn.role = #nn.role<parameter>, nn.name = "e"},
    %w1: tensor<512x2048xf32> {nn.role = #nn.role<parameter>, nn.name = "w1"},
    %w2: tensor<2048x512xf32> {nn.role = #nn.role<parameter>, nn.name = "w2"})
    -> (tensor<16x32x512xf32> {nn.role = #nn.role<output>, nn.name = "y"}) {
  %0 = nn.gather %e, %x axis = 0 : tensor<100x512xf32>, tensor<32x16xi64>
  %t = nn.transpose %0 [1, 0, 2] : tensor<32x16x512xf32>
  %1 = nn.dot %t, %w1 batch [] x [] contract [2] x [0] : tensor<16x32x512xf32>, tensor<512x2048xf32> -> tensor<16x32x2048xf32>
  %2 = nn.relu %1 : tensor<16x32x2048xf32>
  %3 = nn.dot %2, %w2 batch [] x [] contract [2] x [0] : tensor<16x32x2048xf32>, tensor<2048x512xf32> -> tensor<16x32x512xf32>
  %4 = nn.add %t, %3 : tensor<16x32x512xf32>
  return %4 : tensor<16x32x512xf32>
}

// As many places as rows, in both orders.
// CHECK-LABEL: func.func @both(
// CHECK: %[[E:.*]] = nn.gather
// CHECK-NEXT: %[[E1:.*]] = dist.reshard %[[E]] from <{{\[}}[], [], []]>
// CHECK-NEXT: %[[E2:.*]] = dist.reshard %[[E1]] from <{{\[}}[], ["tensor"], []]>
// CHECK: %[[Y:.*]] = nn.dot {{.*}} -> tensor<16x16x512xf32>
// CHECK-NEXT: %[[Y1:.*]] = dist.reshard %[[Y]] from <{{\[}}[], [], []]>
// CHECK-NEXT: dist.reshard %[[Y1]] from <{{\[}}["tensor"], [], []]>
func.func @both(
    %x: tensor<16x16xi64> {nn.role = #nn.role<input>, nn.name = "x", nn.batch_dim = 0 : i64},
    %e: tensor<100x512xf32> {nn.role = #nn.role<parameter>, nn.name = "e"},
    %w1: tensor<512x2048xf32> {nn.role = #nn.role<parameter>, nn.name = "w1"},
    %w2: tensor<2048x512xf32> {nn.role = #nn.role<parameter>, nn.name = "w2"})
    -> (tensor<16x16x512xf32> {nn.role = #nn.role<output>, nn.name = "y"}) {
  %0 = nn.gather %e, %x axis = 0 : tensor<100x512xf32>, tensor<16x16xi64>
  %t = nn.transpose %0 [1, 0, 2] : tensor<16x16x512xf32>
  %1 = nn.dot %t, %w1 batch [] x [] contract [2] x [0] : tensor<16x16x512xf32>, tensor<512x2048xf32> -> tensor<16x16x2048xf32>
  %2 = nn.relu %1 : tensor<16x16x2048xf32>
  %3 = nn.dot %2, %w2 batch [] x [] contract [2] x [0] : tensor<16x16x2048xf32>, tensor<2048x512xf32> -> tensor<16x16x512xf32>
  %4 = nn.transpose %3 [1, 0, 2] : tensor<16x16x512xf32>
  %5 = nn.add %0, %4 : tensor<16x16x512xf32>
  return %5 : tensor<16x16x512xf32>
}

// A sum of two blocks of equal input is scattered, and not both of them.
// CHECK-LABEL: func.func @sum(
// CHECK: %[[A:.*]] = nn.dot {{.*}} -> tensor<32x16x512xf32>
// CHECK-NEXT: %[[B:.*]] = nn.dot {{.*}} -> tensor<32x16x512xf32>
// CHECK-NEXT: %[[S:.*]] = nn.add %[[A]], %[[B]]
// CHECK-NEXT: %[[S1:.*]] = dist.reshard %[[S]] from <{{\[}}[], [], []]>
// CHECK-NEXT: dist.reshard %[[S1]] from <{{\[}}[], ["tensor"], []]>
func.func @sum(
    %x: tensor<32x16xi64> {nn.role = #nn.role<input>, nn.name = "x", nn.batch_dim = 0 : i64},
    %e: tensor<100x512xf32> {nn.role = #nn.role<parameter>, nn.name = "e"},
    %w1: tensor<512x2048xf32> {nn.role = #nn.role<parameter>, nn.name = "w1"},
    %w2: tensor<2048x512xf32> {nn.role = #nn.role<parameter>, nn.name = "w2"},
    %w3: tensor<2048x512xf32> {nn.role = #nn.role<parameter>, nn.name = "w3"})
    -> (tensor<32x16x512xf32> {nn.role = #nn.role<output>, nn.name = "y"}) {
  %0 = nn.gather %e, %x axis = 0 : tensor<100x512xf32>, tensor<32x16xi64>
  %1 = nn.dot %0, %w1 batch [] x [] contract [2] x [0] : tensor<32x16x512xf32>, tensor<512x2048xf32> -> tensor<32x16x2048xf32>
  %2 = nn.relu %1 : tensor<32x16x2048xf32>
  %3 = nn.dot %2, %w2 batch [] x [] contract [2] x [0] : tensor<32x16x2048xf32>, tensor<2048x512xf32> -> tensor<32x16x512xf32>
  %4 = nn.dot %2, %w3 batch [] x [] contract [2] x [0] : tensor<32x16x2048xf32>, tensor<2048x512xf32> -> tensor<32x16x512xf32>
  %5 = nn.add %3, %4 : tensor<32x16x512xf32>
  %6 = nn.add %0, %5 : tensor<32x16x512xf32>
  return %6 : tensor<32x16x512xf32>
}
