// RUN: dpc-opt %s | dpc-opt | FileCheck %s
// RUN: dpc-opt %s --mlir-print-op-generic | dpc-opt | FileCheck %s

// CHECK: module attributes {onnx.ir_version = 8 : i64, onnx.model_path = "a/mlp.onnx", onnx.opsets = {ai.onnx = 17 : i64}}
module attributes {onnx.ir_version = 8 : i64, onnx.model_path = "a/mlp.onnx",
                   onnx.opsets = {ai.onnx = 17 : i64}} {
  // CHECK: onnx.initializer @fc1.weight : tensor<128x784xf32> from "mlp.onnx"[324, 401408]
  onnx.initializer @fc1.weight : tensor<128x784xf32> from "mlp.onnx"[324, 401408]
  // CHECK: onnx.initializer @"a shape/0" : tensor<2xi64> = dense<[-1, 784]> : tensor<2xi64>
  onnx.initializer @"a shape/0" : tensor<2xi64> = dense<[-1, 784]> : tensor<2xi64>
  // CHECK: onnx.initializer @flag : tensor<i1> = dense<true> : tensor<i1>
  onnx.initializer @flag : tensor<i1> = dense<true> : tensor<i1>

  // CHECK: func.func @main(%[[X:.*]]: tensor<?x784xf32> {nn.name = "x", onnx.dims = ["batch", ""]})
  // CHECK-SAME: -> (!onnx.value {nn.name = "y"})
  func.func @main(%x: tensor<?x784xf32> {nn.name = "x", onnx.dims = ["batch", ""]})
      -> (!onnx.value {nn.name = "y"}) {
    // CHECK: %[[W:.*]] = onnx.weight @fc1.weight : tensor<128x784xf32>
    %w = onnx.weight @fc1.weight : tensor<128x784xf32>
    // CHECK: %[[NONE:.*]] = onnx.none
    %none = onnx.none
    // CHECK: %[[Y:.*]] = onnx.node "Gemm"(%[[X]], %[[W]], %[[NONE]])
    // CHECK-SAME: attrs = {alpha = 5.000000e-01 : f32, transB = 1 : si64}
    // CHECK-SAME: domain = "", outputs = ["y"], version = 17 : i64
    // CHECK-SAME: (tensor<?x784xf32>, tensor<128x784xf32>, !onnx.none) -> !onnx.value
    %y = onnx.node "Gemm"(%x, %w, %none) {domain = "", version = 17 : i64,
        attrs = {alpha = 5.000000e-01 : f32, transB = 1 : si64}, outputs = ["y"]}
        : (tensor<?x784xf32>, tensor<128x784xf32>, !onnx.none) -> !onnx.value
    // CHECK: %{{.*}}:2 = onnx.node "If"(%[[Y]]) {attrs = {then_branch = #onnx.unsupported<"graph">}
    // CHECK-SAME: outputs = ["", "b"]
    %r:2 = onnx.node "If"(%y) {domain = "", version = 17 : i64, outputs = ["", "b"],
        attrs = {then_branch = #onnx.unsupported<"graph">}}
        : (!onnx.value) -> (!onnx.value, !onnx.value)
    // CHECK: onnx.node "If"(%[[Y]]) {attrs = {else_branch = #onnx.body<1>, then_branch = #onnx.body<0>}
    // CHECK-SAME: (!onnx.value) -> !onnx.value {
    // CHECK-NEXT: onnx.yield %[[X]] : tensor<?x784xf32>
    // CHECK-NEXT: }, {
    // CHECK-NEXT: ^bb0(%[[A:.*]]: !onnx.value):
    // CHECK-NEXT: onnx.yield %[[A]] : !onnx.value
    // CHECK-NEXT: }
    %s = onnx.node "If"(%y) {domain = "", version = 17 : i64, outputs = ["c"],
        attrs = {then_branch = #onnx.body<0>, else_branch = #onnx.body<1>}}
        : (!onnx.value) -> !onnx.value {
      onnx.yield %x : tensor<?x784xf32>
    }, {
    ^bb0(%a: !onnx.value):
      onnx.yield %a : !onnx.value
    }
    // CHECK: onnx.node "Sink"() {attrs = {}, domain = "com.example", outputs = [], version = 1 : i64} : () -> ()
    onnx.node "Sink"() {domain = "com.example", version = 1 : i64, attrs = {},
        outputs = []} : () -> ()
    return %y : !onnx.value
  }
}

// CHECK: onnx.placements = [#onnx.placement<node = "fc", configuration = "pod", stage = 1, tensors = [#onnx.placed_tensor<name = "w", dims = [0, -1, 2], groups = [array<i64: 0>, array<i64: 1>]>]>,
// CHECK-SAME: #onnx.placement<node = "act", configuration = "pod", tensors = [#onnx.placed_tensor<name = "x", dims = [], groups = [array<i64: 0, 1>], stage = 0>]>]
module attributes {onnx.placements = [
    #onnx.placement<node = "fc", configuration = "pod", stage = 1, tensors = [
      #onnx.placed_tensor<name = "w", dims = [0, -1, 2], groups = [array<i64: 0>, array<i64: 1>]>]>,
    #onnx.placement<node = "act", configuration = "pod", tensors = [
      #onnx.placed_tensor<name = "x", dims = [], groups = [array<i64: 0, 1>], stage = 0>]>]} {}
