// RUN: dpc-opt %s -legalize-onnx=batch=5 -mlir-print-debuginfo | FileCheck %s

// Roles, names, parameters and locations of a whole model. Only what is used
// becomes an argument; the shape is a constant and disappears.

onnx.initializer @fc1.weight : tensor<4x6xf32> from "mlp.onnx"[324, 96]
onnx.initializer @fc1.bias : tensor<4xf32> from "mlp.onnx"[420, 16]
onnx.initializer @fc2.weight : tensor<4x3xf32> from "mlp.onnx"[436, 48]
onnx.initializer @unused : tensor<4x3xf32> from "mlp.onnx"[484, 48]
onnx.initializer @shape : tensor<2xi64> = dense<[-1, 6]> : tensor<2xi64>
func.func @main(%x: tensor<?x2x3xui8> {nn.name = "x", onnx.dims = ["N", "", ""]})
    -> (!onnx.value {nn.name = "y"}) {
  %f = onnx.node "Cast"(%x) {domain = "", version = 17 : i64, attrs = {to = 1 : si64}, outputs = ["f"]} : (tensor<?x2x3xui8>) -> !onnx.value loc("cast")
  %s = onnx.weight @shape : tensor<2xi64>
  %r = onnx.node "Reshape"(%f, %s) {domain = "", version = 17 : i64, attrs = {}, outputs = ["r"]} : (!onnx.value, tensor<2xi64>) -> !onnx.value loc("reshape")
  %w1 = onnx.weight @fc1.weight : tensor<4x6xf32>
  %b1 = onnx.weight @fc1.bias : tensor<4xf32>
  %h = onnx.node "Gemm"(%r, %w1, %b1) {domain = "", version = 17 : i64, attrs = {transB = 1 : si64}, outputs = ["h"]} : (!onnx.value, tensor<4x6xf32>, tensor<4xf32>) -> !onnx.value loc("fc1")
  %a = onnx.node "Relu"(%h) {domain = "", version = 17 : i64, attrs = {}, outputs = ["a"]} : (!onnx.value) -> !onnx.value loc("relu")
  %w2 = onnx.weight @fc2.weight : tensor<4x3xf32>
  %y = onnx.node "MatMul"(%a, %w2) {domain = "", version = 17 : i64, attrs = {}, outputs = ["y"]} : (!onnx.value, tensor<4x3xf32>) -> !onnx.value loc("fc2")
  return %y : !onnx.value
}

// CHECK: module attributes {nn.batch = 5 : i64}
// CHECK-NOT: onnx
// CHECK: nn.parameter @fc1.weight : tensor<4x6xf32> from "mlp.onnx"[324, 96]
// CHECK-NEXT: nn.parameter @fc1.bias : tensor<4xf32> from "mlp.onnx"[420, 16]
// CHECK-NEXT: nn.parameter @fc2.weight : tensor<4x3xf32> from "mlp.onnx"[436, 48]
// CHECK-NEXT: func.func @forward(
// CHECK-SAME: %[[X:arg0]]: tensor<5x2x3xui8> {nn.batch_dim = 0 : i64, nn.name = "x", nn.role = #nn.role<input>}
// CHECK-SAME: %[[W1:arg1]]: tensor<4x6xf32> {nn.name = "fc1.weight", nn.role = #nn.role<parameter>}
// CHECK-SAME: %[[B1:arg2]]: tensor<4xf32> {nn.name = "fc1.bias", nn.role = #nn.role<parameter>}
// CHECK-SAME: %[[W2:arg3]]: tensor<4x3xf32> {nn.name = "fc2.weight", nn.role = #nn.role<parameter>}
// CHECK-SAME: -> (tensor<5x3xf32> {nn.batch_dim = 0 : i64, nn.name = "y", nn.role = #nn.role<output>, nn.rows_outer = 1 : i64})
// CHECK-NEXT: nn.convert %[[X]] : tensor<5x2x3xui8> to tensor<5x2x3xf32> loc(#[[CAST:.*]])
// CHECK-NEXT: nn.reshape %0 : tensor<5x2x3xf32> to tensor<5x6xf32>
// CHECK-NEXT: nn.dot %1, %[[W1]] batch [] x [] contract [1] x [1] {{.*}} loc(#[[FC1:.*]])
// CHECK-NEXT: nn.broadcast %[[B1]] [1] : tensor<4xf32> to tensor<5x4xf32> loc(#[[FC1]])
// CHECK-NEXT: nn.add %2, %3 : tensor<5x4xf32> loc(#[[FC1]])
// CHECK-NEXT: nn.relu
// CHECK-NEXT: nn.dot %5, %[[W2]] batch [] x [] contract [1] x [0]
// CHECK-NEXT: return %6
// CHECK-DAG: #[[CAST]] = loc("cast")
// CHECK-DAG: #[[FC1]] = loc("fc1")
