// RUN: split-file %s %t
// RUN: dpc-opt %t/in.mlir -legalize-onnx | FileCheck %s
// RUN: dpc-opt %t/in.mlir -legalize-onnx=selection=-enc.* | FileCheck %s --check-prefix=FREEZE
// RUN: dpc-opt %t/in.mlir -legalize-onnx=selection=-dec.w,-enc.[b] | FileCheck %s --check-prefix=TWO
// RUN: not dpc-opt %t/in.mlir -legalize-onnx=selection=-encoder.* 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not dpc-opt %t/in.mlir "-legalize-onnx=selection=-enc.[" 2>&1 | FileCheck %s --check-prefix=GLOB
// RUN: dpc-opt %t/value.mlir -legalize-onnx 2>&1 | FileCheck %s --check-prefix=VALUE
// RUN: dpc-opt %t/classes.mlir -legalize-onnx | FileCheck %s --check-prefix=CLASSES
// RUN: dpc-opt %t/reserved.mlir -legalize-onnx | FileCheck %s --check-prefix=RESERVED
// RUN: not dpc-opt %t/type.mlir -legalize-onnx 2>&1 | FileCheck %s --check-prefix=TYPE

// Floating-point tensors are trained; integers and scalars in files are not.
// CHECK: nn.parameter @dec.w : tensor<3xf32> from "m.onnx"[0, 12]{{$}}
// CHECK-NEXT: nn.parameter @enc.w : tensor<3xf32> from "m.onnx"[12, 12]{{$}}
// CHECK-NEXT: nn.parameter @enc.b : tensor<3xf32> from "m.onnx"[24, 12]{{$}}
// CHECK-NEXT: nn.parameter @table : tensor<3xi32> from "m.onnx"[36, 12] frozen
// CHECK-NEXT: nn.parameter @scale : tensor<f32> from "m.onnx"[48, 4] frozen
// CHECK: @forward(%arg0: tensor<3xf32> {{.*}}nn.name = "x"
// CHECK-SAME: %arg1: tensor<3xf32> {nn.name = "dec.w", nn.role = #nn.role<parameter>}
// CHECK-SAME: %arg4: tensor<3xi32> {nn.name = "table", nn.role = #nn.role<parameter>}

// FREEZE: nn.parameter @dec.w : tensor<3xf32> from "m.onnx"[0, 12]{{$}}
// FREEZE-NEXT: nn.parameter @enc.w {{.*}} frozen
// FREEZE-NEXT: nn.parameter @enc.b {{.*}} frozen
// TWO: nn.parameter @dec.w {{.*}} frozen
// TWO-NEXT: nn.parameter @enc.w : tensor<3xf32> from "m.onnx"[12, 12]{{$}}
// TWO-NEXT: nn.parameter @enc.b {{.*}} frozen
// NONE: error: --freeze encoder.* matches no parameter of the model
// GLOB: error: --freeze enc.[: {{.*}}

// Weights that no file holds as plain bytes; those in 16 bits are trained in 32.
// VALUE: nn.parameter @half : tensor<3xf32> from ""[0, 6] {nn.stored_type = bf16, nn.stored_value = dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]> : tensor<3xbf16>}
// VALUE: @forward({{.*}}, %[[W:.*]]: tensor<3xf32> {nn.name = "half"
// VALUE-NEXT: nn.convert %[[W]] : tensor<3xf32> to tensor<3xbf16>

// Names of the model's are no symbols.
// RESERVED: nn.parameter @train :
// RESERVED: @forward(
// RESERVED-SAME: nn.name = "train"
// TYPE: error: initializer 'w' has element type 'f8E4M3FN', which is not supported by dpc

// The weights of classes are no part of the model.
// CLASSES: nn.parameter @weights : tensor<3xf32> from "m.onnx"[0, 12] frozen
// CLASSES: @forward(
// CLASSES-NOT: nn.untrained

//--- classes.mlir
onnx.initializer @weights : tensor<3xf32> from "m.onnx"[0, 12]
func.func @main(%z: tensor<4x3xf32> {nn.name = "z", onnx.dims = []}, %t: tensor<4xi64> {nn.name = "t", onnx.dims = []})
    -> (!onnx.value {nn.name = "loss"}) {
  %w = onnx.weight @weights : tensor<3xf32>
  %loss = onnx.node "SoftmaxCrossEntropyLoss"(%z, %t, %w) {domain = "", version = 13 : i64, attrs = {reduction = "mean"}, outputs = [""]} : (tensor<4x3xf32>, tensor<4xi64>, tensor<3xf32>) -> (!onnx.value) loc("loss")
  return %loss : !onnx.value
}

//--- in.mlir
onnx.initializer @dec.w : tensor<3xf32> from "m.onnx"[0, 12]
onnx.initializer @enc.w : tensor<3xf32> from "m.onnx"[12, 12]
onnx.initializer @enc.b : tensor<3xf32> from "m.onnx"[24, 12]
onnx.initializer @table : tensor<3xi32> from "m.onnx"[36, 12]
onnx.initializer @scale : tensor<f32> from "m.onnx"[48, 4]
func.func @main(%x: tensor<3xf32> {nn.name = "x", onnx.dims = [""]}) -> (!onnx.value {nn.name = "y"}) {
  %dw = onnx.weight @dec.w : tensor<3xf32>
  %ew = onnx.weight @enc.w : tensor<3xf32>
  %eb = onnx.weight @enc.b : tensor<3xf32>
  %t = onnx.weight @table : tensor<3xi32>
  %s = onnx.weight @scale : tensor<f32>
  %f = onnx.node "Cast"(%t) {domain = "", version = 17 : i64, attrs = {to = 1 : si64}, outputs = [""]} : (tensor<3xi32>) -> !onnx.value
  %y = onnx.node "Sum"(%x, %dw, %ew, %eb, %f, %s) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, !onnx.value, tensor<f32>) -> !onnx.value
  return %y : !onnx.value
}
//--- value.mlir
onnx.initializer @half : tensor<3xbf16> = dense<[1.0, 2.0, 3.0]> : tensor<3xbf16>
func.func @main(%x: tensor<3xbf16> {nn.name = "x", onnx.dims = [""]}) -> (!onnx.value {nn.name = "y"}) {
  %w = onnx.weight @half : tensor<3xbf16>
  %y = onnx.node "Add"(%x, %w) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (tensor<3xbf16>, tensor<3xbf16>) -> !onnx.value
  return %y : !onnx.value
}
//--- reserved.mlir
onnx.initializer @train : tensor<3xf32> from "m.onnx"[0, 12]
func.func @main() -> (tensor<3xf32> {nn.name = "y"}) {
  %w = onnx.weight @train : tensor<3xf32>
  return %w : tensor<3xf32>
}
//--- type.mlir
onnx.initializer @w : tensor<3xf8E4M3FN> from "m.onnx"[0, 3]
func.func @main() -> (tensor<3xf8E4M3FN> {nn.name = "y"}) {
  %w = onnx.weight @w : tensor<3xf8E4M3FN>
  return %w : tensor<3xf8E4M3FN>
}
