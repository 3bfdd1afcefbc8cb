// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

func.func @main()
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}) {
  %r0 = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value_float = 2.5 : f32}, outputs = [""]} : () -> !onnx.value
  %r1 = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value_floats = array<f32: 1.0, 2.0>}, outputs = [""]} : () -> !onnx.value
  %r2 = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value_int = 3 : si64}, outputs = [""]} : () -> !onnx.value
  %r3 = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value_ints = array<i64: 4, 5>}, outputs = [""]} : () -> !onnx.value
  %r4 = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<true> : tensor<i1>}, outputs = [""]} : () -> !onnx.value
  return %r0, %r1, %r2, %r3, %r4 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: nn.constant dense<2.500000e+00> : tensor<f32>
// CHECK-NEXT: nn.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: nn.constant dense<3> : tensor<i64>
// CHECK-NEXT: nn.constant dense<[4, 5]> : tensor<2xi64>
// CHECK-NEXT: nn.constant dense<true> : tensor<i1>
