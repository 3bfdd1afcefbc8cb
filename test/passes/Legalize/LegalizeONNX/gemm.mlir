// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// C is broadcast and, since opset 11, optional.

func.func @main(%a: tensor<7x5xf32> {nn.name = "a", onnx.dims = []}, %n: tensor<7x3xf32> {nn.name = "n", onnx.dims = []}, %c: tensor<3xf32> {nn.name = "c", onnx.dims = []}, %d: tensor<5x1xf32> {nn.name = "d", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}) {
  %r0 = onnx.node "Gemm"(%a, %n, %c) {domain = "", version = 7 : i64, attrs = {transA = 1 : si64}, outputs = [""]} : (tensor<7x5xf32>, tensor<7x3xf32>, tensor<3xf32>) -> !onnx.value loc("gemm7")
  %none = onnx.none
  %r1 = onnx.node "Gemm"(%a, %n, %none) {domain = "", version = 11 : i64, attrs = {transA = 1 : si64, alpha = 0.5 : f32, beta = 0.25 : f32}, outputs = [""]} : (tensor<7x5xf32>, tensor<7x3xf32>, !onnx.none) -> !onnx.value loc("gemm11")
  %r2 = onnx.node "Gemm"(%a, %n, %d) {domain = "", version = 13 : i64, attrs = {transA = 1 : si64, alpha = 0.5 : f32, beta = 0.25 : f32}, outputs = [""]} : (tensor<7x5xf32>, tensor<7x3xf32>, tensor<5x1xf32>) -> !onnx.value loc("gemm13")
  %r3 = onnx.node "Gemm"(%a, %a) {domain = "", version = 13 : i64, attrs = {transB = 1 : si64}, outputs = [""]} : (tensor<7x5xf32>, tensor<7x5xf32>) -> !onnx.value loc("gemm13")
  return %r0, %r1, %r2, %r3 : !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[A:.*]] = nn.dot %arg0, %arg1 batch [] x [] contract [0] x [0] {{.*}} -> tensor<5x3xf32>
// CHECK-NEXT: %[[C:.*]] = nn.broadcast %arg2 [1] : tensor<3xf32> to tensor<5x3xf32>
// CHECK-NEXT: nn.add %[[A]], %[[C]]
// CHECK-NEXT: %[[B:.*]] = nn.dot %arg0, %arg1 batch [] x [] contract [0] x [0]
// CHECK-NEXT: %[[ALPHA:.*]] = nn.constant dense<5.000000e-01> : tensor<5x3xf32>
// CHECK-NEXT: nn.mul %[[B]], %[[ALPHA]]
// CHECK-NEXT: nn.dot
// CHECK-NEXT: nn.constant dense<5.000000e-01>
// CHECK-NEXT: nn.mul
// CHECK-NEXT: %[[BETA:.*]] = nn.constant dense<2.500000e-01> : tensor<5x1xf32>
// CHECK-NEXT: nn.mul %arg3, %[[BETA]]
// CHECK: nn.add {{.*}} : tensor<5x3xf32>
// CHECK-NEXT: nn.dot %arg0, %arg0 batch [] x [] contract [1] x [1] {{.*}} -> tensor<7x7xf32>
