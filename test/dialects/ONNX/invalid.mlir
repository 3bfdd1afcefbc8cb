// RUN: dpc-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{needs a place in a file or a value}}
"onnx.initializer"() {name = "w", type = tensor<2xf32>} : () -> ()

// -----

// expected-error @+1 {{needs file, offset and length together}}
"onnx.initializer"() {name = "w", type = tensor<2xf32>, file = "f",
    offset = 0 : i64} : () -> ()

// -----

// expected-error @+1 {{needs a place that is not negative}}
onnx.initializer @w : tensor<2xf32> from "f"[-8, 8]

// -----

// expected-error @+1 {{needs a static tensor type}}
onnx.initializer @w : tensor<?xf32> from "f"[0, 8]

// -----

// expected-error @+1 {{needs a static tensor type}}
onnx.initializer @w : f32 from "f"[0, 4]

// -----

// expected-error @+1 {{has a value of another type: 'tensor<3xf32>'}}
onnx.initializer @w : tensor<2xf32> = dense<0.0> : tensor<3xf32>

// -----

func.func @main(%x: tensor<2xf32>) {
  // expected-error @+1 {{names 2 outputs but has 1 results}}
  %y = onnx.node "Relu"(%x) {domain = "", version = 17 : i64, attrs = {},
      outputs = ["y", "z"]} : (tensor<2xf32>) -> !onnx.value
  return
}

// -----

// expected-error @+1 {{needs a name, and dimension, extent and number of parts for each of its dimensions}}
module attributes {onnx.tensors = [#onnx.placed_tensor<name = "w", dims = [0, -1], groups = []>]} {}

// -----

// expected-error @+1 {{needs an array of devices for each part}}
module attributes {onnx.tensors = [#onnx.placed_tensor<name = "w", dims = [0, -1, 2], groups = [0, 1]>]} {}

// -----

// expected-error @+1 {{needs a node, a configuration and placed tensors}}
module attributes {onnx.placements = [#onnx.placement<node = "n", configuration = "c", tensors = ["w"]>]} {}
