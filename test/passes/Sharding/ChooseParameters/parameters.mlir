// RUN: dpc-opt %s -dist-annotate="strategy=tensor mesh=tensor=2" -dist-choose-parameters | FileCheck %s
// RUN: dpc-opt %s -dist-annotate="strategy=data mesh=data=2" -dist-choose-parameters | FileCheck %s --check-prefix=DATA

// Two blocks of two products each: by column, then by row. The bias between
// them follows, the bias behind the all_reduce stays whole.

// CHECK: func.func @infer(
// CHECK-SAME: %arg0: tensor<64x512xf32> {dist.sharding = #dist.sharding<{{\[}}["data"], []]>
// CHECK-SAME: %arg1: tensor<512x2048xf32> {dist.sharding = #dist.sharding<{{\[}}[], ["tensor"]]>
// CHECK-SAME: %arg2: tensor<2048xf32> {dist.sharding = #dist.sharding<{{\[}}["tensor"]]>
// CHECK-SAME: %arg3: tensor<2048x512xf32> {dist.sharding = #dist.sharding<{{\[}}["tensor"], []]>
// CHECK-SAME: %arg4: tensor<512xf32> {dist.sharding = #dist.sharding<{{\[}}[]]>
// CHECK-SAME: %arg5: tensor<512x2048xf32> {dist.sharding = #dist.sharding<{{\[}}[], ["tensor"]]>
// CHECK-SAME: %arg6: tensor<2048x512xf32> {dist.sharding = #dist.sharding<{{\[}}["tensor"], []]>

// Without an axis "tensor", parameters stay whole.
// DATA-NOT: tensor"]
func.func @infer(
    %x: tensor<64x512xf32> {nn.role = #nn.role<input>, nn.name = "x", nn.batch_dim = 0 : i64},
    %w1: tensor<512x2048xf32> {nn.role = #nn.role<parameter>, nn.name = "w1"},
    %b1: tensor<2048xf32> {nn.role = #nn.role<parameter>, nn.name = "b1"},
    %w2: tensor<2048x512xf32> {nn.role = #nn.role<parameter>, nn.name = "w2"},
    %b2: tensor<512xf32> {nn.role = #nn.role<parameter>, nn.name = "b2"},
    %w3: tensor<512x2048xf32> {nn.role = #nn.role<parameter>, nn.name = "w3"},
    %w4: tensor<2048x512xf32> {nn.role = #nn.role<parameter>, nn.name = "w4"})
    -> (tensor<64x512xf32> {nn.role = #nn.role<output>, nn.name = "y"}) {
  %0 = nn.dot %x, %w1 batch [] x [] contract [1] x [0] : tensor<64x512xf32>, tensor<512x2048xf32> -> tensor<64x2048xf32>
  %1 = nn.broadcast %b1 [1] : tensor<2048xf32> to tensor<64x2048xf32>
  %2 = nn.add %0, %1 : tensor<64x2048xf32>
  %3 = nn.tanh %2 : tensor<64x2048xf32>
  %4 = nn.dot %3, %w2 batch [] x [] contract [1] x [0] : tensor<64x2048xf32>, tensor<2048x512xf32> -> tensor<64x512xf32>
  %5 = nn.broadcast %b2 [1] : tensor<512xf32> to tensor<64x512xf32>
  %6 = nn.add %4, %5 : tensor<64x512xf32>
  %7 = nn.dot %6, %w3 batch [] x [] contract [1] x [0] : tensor<64x512xf32>, tensor<512x2048xf32> -> tensor<64x2048xf32>
  %8 = nn.tanh %7 : tensor<64x2048xf32>
  %9 = nn.dot %8, %w4 batch [] x [] contract [1] x [0] : tensor<64x2048xf32>, tensor<2048x512xf32> -> tensor<64x512xf32>
  return %9 : tensor<64x512xf32>
}
