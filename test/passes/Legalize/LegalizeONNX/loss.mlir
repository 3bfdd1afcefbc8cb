// RUN: dpc-opt %s -legalize-onnx -split-input-file | FileCheck %s

// The mean over all labels; the operand becomes the label and knows its classes.
// CHECK-LABEL: @forward
// CHECK-SAME: %arg1: tensor<4x2xi64> {nn.batch_dim = 0 : i64, nn.classes = 3 : i64, nn.name = "t", nn.role = #nn.role<label>}
// CHECK-SAME: -> (tensor<4x3x2xf32> {nn.batch_dim = 0 : i64, nn.name = "r0", nn.role = #nn.role<output>, nn.rows_outer = 1 : i64}, tensor<f32> {nn.name = "r1", nn.role = #nn.role<loss>})
// CHECK-NEXT: %[[T:.*]] = nn.check_range %arg1 in[0, 3) : tensor<4x2xi64>
// CHECK-NEXT: %[[L:.*]] = nn.softmax_cross_entropy %arg0, %[[T]] axis = 1 : tensor<4x3x2xf32>, tensor<4x2xi64>
// CHECK-NEXT: %[[S:.*]] = nn.reduce sum %[[L]] [0, 1]
// CHECK-NEXT: %[[N:.*]] = nn.constant dense<8.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[M:.*]] = nn.div %[[S]], %[[N]] : tensor<f32>
// CHECK-NEXT: return %arg0, %[[M]]
func.func @main(%z: tensor<4x3x2xf32> {nn.name = "z", onnx.dims = []}, %t: tensor<4x2xi64> {nn.name = "t", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}) {
  %loss = onnx.node "SoftmaxCrossEntropyLoss"(%z, %t) {domain = "", version = 12 : i64, attrs = {}, outputs = [""]} : (tensor<4x3x2xf32>, tensor<4x2xi64>) -> !onnx.value loc("softmaxcrossentropyloss12")
  %y = onnx.node "Identity"(%z) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<4x3x2xf32>) -> !onnx.value loc("identity13")
  return %y, %loss : !onnx.value, !onnx.value
}

// -----

// With weights of classes and an ignored label the mean is over the weights that
// count. The second output is log(softmax).
// CHECK-LABEL: @forward
// CHECK-SAME: %arg1: tensor<4x2xi64> {nn.batch_dim = 0 : i64, nn.classes = 3 : i64, nn.ignore_index = -1 : i64, nn.name = "t", nn.role = #nn.role<label>}
// CHECK-NEXT: %[[T:.*]] = nn.check_range %arg1 in[0, 3) or -1 : tensor<4x2xi64>
// CHECK-NEXT: %[[L:.*]] = nn.softmax_cross_entropy %arg0, %[[T]] axis = 1 ignore = -1
// CHECK: %[[W:.*]] = nn.broadcast %arg2 [1] : tensor<3xf32> to tensor<4x3x2xf32>
// CHECK: %[[SEL:.*]] = nn.select %{{.*}}, %[[W]],
// CHECK-NEXT: %[[PER:.*]] = nn.reduce sum %[[SEL]] [1]
// CHECK-NEXT: %[[COUNT:.*]] = nn.mul %{{.*}}, %[[PER]] {nn.loss_weights} : tensor<4x2xf32>
// CHECK-NEXT: %[[TERMS:.*]] = nn.mul %[[L]], %[[PER]] {nn.loss_terms} : tensor<4x2xf32>
// CHECK-NEXT: %[[NUM:.*]] = nn.reduce sum %[[TERMS]] [0, 1]
// CHECK-NEXT: %[[DEN:.*]] = nn.reduce sum %[[COUNT]] [0, 1]
// A batch without a label that counts has loss 0.
// CHECK: %[[SAFE:.*]] = nn.select %{{.*}}, %{{.*}}, %[[DEN]]
// CHECK-NEXT: nn.div %[[NUM]], %[[SAFE]]
// CHECK-NEXT: nn.log_softmax %arg0 axis = 1
func.func @main(%z: tensor<4x3x2xf32> {nn.name = "z", onnx.dims = []}, %t: tensor<4x2xi64> {nn.name = "t", onnx.dims = []}, %w: tensor<3xf32> {nn.name = "w", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}) {
  %loss:2 = onnx.node "SoftmaxCrossEntropyLoss"(%z, %t, %w) {domain = "", version = 13 : i64, attrs = {ignore_index = -1 : si64, reduction = "mean"}, outputs = ["", ""]} : (tensor<4x3x2xf32>, tensor<4x2xi64>, tensor<3xf32>) -> (!onnx.value, !onnx.value) loc("softmaxcrossentropyloss13")
  return %loss#0, %loss#1 : !onnx.value, !onnx.value
}

// -----

// Without reduction it is a loss as soon as something reduces it to a scalar. The
// label is found behind casts.
// CHECK-LABEL: @forward
// CHECK-SAME: nn.classes = 3 : i64, nn.name = "t", nn.role = #nn.role<label>
// CHECK-SAME: -> (tensor<f32> {nn.name = "r0", nn.role = #nn.role<loss>}, tensor<4x2xf32> {nn.batch_dim = 0 : i64, nn.name = "r1", nn.role = #nn.role<output>, nn.rows_outer = 1 : i64})
func.func @main(%z: tensor<4x3x2xf32> {nn.name = "z", onnx.dims = []}, %t: tensor<4x2xi64> {nn.name = "t", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}) {
  %c = onnx.node "Cast"(%t) {domain = "", version = 13 : i64, attrs = {to = 6 : si64}, outputs = [""]} : (tensor<4x2xi64>) -> !onnx.value loc("cast13")
  %loss = onnx.node "SoftmaxCrossEntropyLoss"(%z, %c) {domain = "", version = 13 : i64, attrs = {reduction = "none"}, outputs = [""]} : (tensor<4x3x2xf32>, !onnx.value) -> !onnx.value loc("softmaxcrossentropyloss13")
  %m = onnx.node "ReduceMean"(%loss) {domain = "", version = 13 : i64, attrs = {keepdims = 0 : si64}, outputs = [""]} : (!onnx.value) -> !onnx.value loc("reducemean13")
  return %m, %loss : !onnx.value, !onnx.value
}

// -----

// CHECK-LABEL: @forward
// CHECK-SAME: tensor<f32> {nn.name = "r0", nn.role = #nn.role<loss>}
// CHECK: nn.softmax_cross_entropy
// CHECK-NEXT: nn.reduce sum
// CHECK-NEXT: return
func.func @main(%z: tensor<4x3x2xf32> {nn.name = "z", onnx.dims = []}, %t: tensor<4x2xi64> {nn.name = "t", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %loss = onnx.node "SoftmaxCrossEntropyLoss"(%z, %t) {domain = "", version = 13 : i64, attrs = {reduction = "sum"}, outputs = [""]} : (tensor<4x3x2xf32>, tensor<4x2xi64>) -> !onnx.value loc("softmaxcrossentropyloss13")
  return %loss : !onnx.value
}

// -----

// The loss of log probabilities of a LogSoftmax is that of its input.
// CHECK-LABEL: @forward
// CHECK-SAME: %arg1: tensor<4xi64> {nn.batch_dim = 0 : i64, nn.classes = 3 : i64, nn.ignore_index = -100 : i64, nn.name = "t", nn.role = #nn.role<label>}
// CHECK-NOT: nn.log_softmax
// CHECK: nn.softmax_cross_entropy %arg0, %{{.*}} axis = 1 ignore = -100
func.func @main(%z: tensor<4x3xf32> {nn.name = "z", onnx.dims = []}, %t: tensor<4xi64> {nn.name = "t", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %p = onnx.node "LogSoftmax"(%z) {domain = "", version = 13 : i64, attrs = {axis = 1 : si64}, outputs = [""]} : (tensor<4x3xf32>) -> !onnx.value loc("p")
  %loss = onnx.node "NegativeLogLikelihoodLoss"(%p, %t) {domain = "", version = 13 : i64, attrs = {ignore_index = -100 : si64}, outputs = [""]} : (!onnx.value, tensor<4xi64>) -> !onnx.value loc("nll")
  return %loss : !onnx.value
}

// -----

// Of others the sum of their exponentials counts, and not where the label is ignored.
// CHECK-LABEL: @forward
// CHECK: %[[MAX:.*]] = nn.reduce max %arg0 [1] : tensor<4x3xf32>
// CHECK: %[[SUM:.*]] = nn.reduce sum %{{.*}} [1] : tensor<4x3xf32>
// CHECK: %[[LOG:.*]] = nn.log %[[SUM]]
// CHECK: %[[NORM:.*]] = nn.add %[[MAX]], %[[LOG]]
// CHECK: %[[LOSS:.*]] = nn.softmax_cross_entropy %arg0
// CHECK: %[[TERMS:.*]] = nn.sub %[[LOSS]], %[[NORM]] : tensor<4xf32>
// CHECK: nn.select %{{.*}}, %[[TERMS]], %{{.*}} {nn.loss_terms} : tensor<4xf32>
func.func @main(%z: tensor<4x3xf32> {nn.name = "z", onnx.dims = []}, %t: tensor<4xi64> {nn.name = "t", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %loss = onnx.node "NegativeLogLikelihoodLoss"(%z, %t) {domain = "", version = 22 : i64, attrs = {ignore_index = 1 : si64, reduction = "sum"}, outputs = [""]} : (tensor<4x3xf32>, tensor<4xi64>) -> !onnx.value loc("nll")
  return %loss : !onnx.value
}
