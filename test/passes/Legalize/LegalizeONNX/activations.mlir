// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// A kink is a select, in which PyTorch's branch counts at the kink itself.

func.func @main(%x: tensor<4xf32> {nn.name = "x", onnx.dims = []}, %i: tensor<4xi32> {nn.name = "i", onnx.dims = []}, %s: tensor<1xi32> {nn.name = "s", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}) {
  %r0 = onnx.node "LeakyRelu"(%x) {domain = "", version = 16 : i64, attrs = {alpha = 0.5 : f32}, outputs = [""]} : (tensor<4xf32>) -> !onnx.value loc("leaky")
  %r1 = onnx.node "HardSigmoid"(%x) {domain = "", version = 22 : i64, attrs = {alpha = 0.25 : f32}, outputs = [""]} : (tensor<4xf32>) -> !onnx.value loc("hard")
  %r2 = onnx.node "PRelu"(%i, %s) {domain = "", version = 16 : i64, attrs = {}, outputs = [""]} : (tensor<4xi32>, tensor<1xi32>) -> !onnx.value loc("prelu")
  %r3 = onnx.node "Shrink"(%i) {domain = "", version = 9 : i64, attrs = {lambd = 1.5 : f32, bias = 2.0 : f32}, outputs = [""]} : (tensor<4xi32>) -> !onnx.value loc("shrink")
  %r4 = onnx.node "ThresholdedRelu"(%x) {domain = "", version = 10 : i64, attrs = {}, outputs = [""]} : (tensor<4xf32>) -> !onnx.value loc("thresholded")
  return %r0, %r1, %r2, %r3, %r4 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// One product, forward and backward.
// CHECK-LABEL: @forward
// CHECK: %[[ABOVE:.*]] = nn.compare gt %arg0, %{{.*}} : tensor<4xf32>
// CHECK: %[[SLOPE:.*]] = nn.select %[[ABOVE]], %{{.*}}, %{{.*}} : tensor<4xf32>
// CHECK: %[[LEAKY:.*]] = nn.mul %arg0, %[[SLOPE]] : tensor<4xf32>
// CHECK: %[[SCALED:.*]] = nn.mul %arg0, %{{.*}} : tensor<4xf32>
// CHECK: %[[LINE:.*]] = nn.add %[[SCALED]], %{{.*}} : tensor<4xf32>
// CHECK: %[[LOW:.*]] = nn.compare le %[[LINE]]
// CHECK: %[[HIGH:.*]] = nn.compare ge %[[LINE]]
// CHECK: %[[NOTLOW:.*]] = nn.select %[[HIGH]], %{{.*}}, %[[LINE]]
// CHECK: %[[HARD:.*]] = nn.select %[[LOW]], %{{.*}}, %[[NOTLOW]]
// CHECK: %[[POSITIVE:.*]] = nn.compare gt %arg1, %{{.*}} : tensor<4xi32>
// CHECK: %[[STEEP:.*]] = nn.mul %{{.*}}, %arg1 : tensor<4xi32>
// CHECK: %[[PRELU:.*]] = nn.select %[[POSITIVE]], %arg1, %[[STEEP]] : tensor<4xi32>
// Integers above 1.5 are those above 1.
// CHECK: %[[LESS:.*]] = nn.sub %arg1, %{{.*}} : tensor<4xi32>
// CHECK: %[[MORE:.*]] = nn.add %arg1, %{{.*}} : tensor<4xi32>
// CHECK: nn.constant dense<-1> : tensor<4xi32>
// CHECK: nn.compare ge %arg1
// CHECK: nn.constant dense<1> : tensor<4xi32>
// CHECK: nn.compare le %arg1
// CHECK: nn.select %{{.*}}, %{{.*}}, %[[LESS]]
// CHECK: nn.select %{{.*}}, %{{.*}}, %[[MORE]]
// CHECK: %[[NONE:.*]] = nn.compare le %arg0, %{{.*}} : tensor<4xf32>
// CHECK: nn.select %[[NONE]], %{{.*}}, %arg0 : tensor<4xf32>
