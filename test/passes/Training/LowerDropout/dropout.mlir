// RUN: dpc-opt %s -nn-lower-dropout | FileCheck %s

// In @train every dropout draws from its own stream; seed and step are scalars of
// the program, added once. Kept elements grow by 1 / (1 - ratio).
// CHECK-LABEL: @train
// CHECK-SAME: %arg1: tensor<i64> {nn.name = "seed", nn.role = #nn.role<scalar>}
// CHECK-SAME: %arg2: tensor<i64> {nn.name = "step", nn.role = #nn.role<scalar>}
// CHECK: %[[R:.*]] = nn.random %arg1, %arg2 stream = 0 of [4, 2] : tensor<4x2xf32>
// CHECK-NEXT: %[[RATIO:.*]] = nn.constant dense<7.500000e-01> : tensor<4x2xf32>
// CHECK-NEXT: %[[KEEP:.*]] = nn.compare ge %[[R]], %[[RATIO]]
// CHECK-NEXT: %[[SCALE:.*]] = nn.constant dense<4.000000e+00> : tensor<4x2xf32>
// CHECK-NEXT: %[[SCALED:.*]] = nn.mul %arg0, %[[SCALE]]
// CHECK-NEXT: %[[ZERO:.*]] = nn.constant dense<0.000000e+00>
// CHECK-NEXT: %[[A:.*]] = nn.select %[[KEEP]], %[[SCALED]], %[[ZERO]]
// CHECK: nn.random %arg1, %arg2 stream = 1 of [4, 2]
// CHECK-NOT: nn.dropout
func.func @train(%x: tensor<4x2xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4x2xf32> {nn.name = "loss", nn.role = #nn.role<loss>}) attributes {nn.program = "train"} {
  %0 = nn.dropout %x ratio = 0.75 stream = 0 : tensor<4x2xf32>
  %1 = nn.dropout %0 ratio = 0.5 stream = 1 : tensor<4x2xf32>
  return %1 : tensor<4x2xf32>
}

// CHECK-LABEL: @eval
// CHECK-SAME: (%arg0: tensor<4x2xf32> {nn.name = "x", nn.role = #nn.role<input>})
// CHECK-NEXT: return %arg0
func.func @eval(%x: tensor<4x2xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4x2xf32> {nn.name = "y", nn.role = #nn.role<output>}) attributes {nn.program = "eval"} {
  %0 = nn.dropout %x ratio = 0.75 stream = 0 : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}
