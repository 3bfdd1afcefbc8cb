// RUN: dpc-opt %s -legalize-onnx=batch=4 2>&1 | FileCheck %s

// Statistics of a batch count the rows with data, and running ones are not trained,
// without a word. Where the mean square is 0, there is nothing to divide by.

// CHECK-NOT: warning
// CHECK: nn.parameter @mean {{.*}} frozen
// CHECK: nn.parameter @scale
// CHECK-NOT: frozen
// CHECK-LABEL: @forward
onnx.initializer @mean : tensor<3xf32> from "w"[0, 12]
onnx.initializer @scale : tensor<3xf32> from "w"[12, 12]
func.func @main(%x: tensor<?x3x5xf32> {nn.name = "x", onnx.dims = ["batch", "", ""]})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}) {
  %mean = onnx.weight @mean : tensor<3xf32>
  %scale = onnx.weight @scale : tensor<3xf32>
  // CHECK: %[[SUM:.*]] = nn.reduce sum %arg0 [0, 2] : tensor<4x3x5xf32>
  // CHECK: %[[ROWS:.*]] = nn.batch_rows of 4
  // CHECK: %[[COUNT:.*]] = nn.convert %[[ROWS]]
  // CHECK: nn.mul %[[COUNT]]
  // CHECK: nn.div %[[SUM]]
  // CHECK: nn.reduce sum %{{.*}} [0, 2] : tensor<4x3x5xf32>
  // CHECK: nn.batch_rows of 4
  %r0, %r1 = onnx.node "BatchNormalization"(%x, %scale, %scale, %mean, %mean) {domain = "", version = 15 : i64, attrs = {training_mode = 1 : si64}, outputs = ["", ""]} : (tensor<?x3x5xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (!onnx.value, !onnx.value) loc("train")
  // CHECK: nn.sqrt %{{.*}} : tensor<3xf32>
  // CHECK-NOT: nn.reduce
  // CHECK: nn.sqrt %{{.*}} : tensor<3xf32>
  // CHECK: %[[CENTRED:.*]] = nn.sub %arg0, %{{.*}} : tensor<4x3x5xf32>
  // CHECK: nn.div %[[CENTRED]]
  %r2 = onnx.node "BatchNormalization"(%x, %scale, %scale, %mean, %mean) {domain = "", version = 9 : i64, attrs = {}, outputs = [""]} : (tensor<?x3x5xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> !onnx.value loc("infer")
  // CHECK: %[[SQUARES:.*]] = nn.reduce sum %{{.*}} [1] : tensor<4x3x5xf32>
  // CHECK: %[[ZERO:.*]] = nn.compare eq %[[SQUARES]]
  // CHECK: %[[SAFE:.*]] = nn.select %[[ZERO]], %{{.*}}, %[[SQUARES]]
  // CHECK: nn.sqrt %[[SAFE]]
  %r3 = onnx.node "LpNormalization"(%x) {domain = "", version = 22 : i64, attrs = {axis = 1 : si64}, outputs = [""]} : (tensor<?x3x5xf32>) -> !onnx.value loc("length")
  return %r0, %r1, %r2, %r3 : !onnx.value, !onnx.value, !onnx.value, !onnx.value
}
