// RUN: dpc-opt %s -nn-differentiate -mlir-print-debuginfo 2>&1 | FileCheck %s

// Gradients of the trained parameters only, as results behind the loss; inputs and
// frozen parameters get none. Backward ops are marked, and are where their forward
// op is. The two gradients of %h are summed in the order of the reversed ops.

nn.parameter @w : tensor<3xf32> from "m.onnx"[0, 12]
nn.parameter @frozen : tensor<3xf32> from "m.onnx"[12, 12] frozen
nn.parameter @unused : tensor<3xf32> from "m.onnx"[24, 12]

// CHECK: warning: loc("unused"): the loss does not depend on parameter 'unused'; its gradient is zero
// CHECK: @train
// CHECK-SAME: -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}, tensor<3xf32> {nn.name = "w", nn.role = #nn.role<gradient>}, tensor<3xf32> {nn.name = "unused", nn.role = #nn.role<gradient>})
// CHECK-NEXT: %[[H:.*]] = nn.mul %arg1, %arg2 : tensor<3xf32> loc(#[[HLOC:.*]])
// CHECK-NEXT: %[[A:.*]] = nn.mul %[[H]], %arg0
// CHECK-NEXT: %[[B:.*]] = nn.mul %[[H]], %arg2
// CHECK-NEXT: %[[C:.*]] = nn.add %[[A]], %[[B]]
// CHECK-NEXT: %[[LOSS:.*]] = nn.reduce sum
// CHECK-NEXT: %[[ONE:.*]] = nn.constant dense<1.000000e+00> : tensor<f32> {nn.phase = #nn.phase<backward>} loc(#[[LLOC:.*]])
// CHECK-NEXT: %[[G:.*]] = nn.broadcast %[[ONE]] [] {nn.phase = #nn.phase<backward>} : tensor<f32> to tensor<3xf32> loc(#[[LLOC]])
// CHECK-NEXT: %[[GB:.*]] = nn.mul %[[G]], %arg2 {nn.phase = #nn.phase<backward>}
// CHECK-NEXT: %[[GA:.*]] = nn.mul %[[G]], %arg0 {nn.phase = #nn.phase<backward>}
// CHECK-NEXT: %[[GH:.*]] = nn.add %[[GB]], %[[GA]] {nn.phase = #nn.phase<backward>}
// CHECK-NEXT: %[[GW:.*]] = nn.mul %[[GH]], %arg2 {nn.phase = #nn.phase<backward>} : tensor<3xf32> loc(#[[HLOC]])
// CHECK-NEXT: %[[ZERO:.*]] = nn.constant dense<0.000000e+00> : tensor<3xf32> {nn.phase = #nn.phase<backward>}
// CHECK-NEXT: return %[[LOSS]], %[[GW]], %[[ZERO]]
// CHECK-DAG: #[[HLOC]] = loc("h")
// CHECK-DAG: #[[LLOC]] = loc("loss")
func.func @train(
    %x: tensor<3xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %w: tensor<3xf32> {nn.name = "w", nn.role = #nn.role<parameter>},
    %f: tensor<3xf32> {nn.name = "frozen", nn.role = #nn.role<parameter>},
    %u: tensor<3xf32> {nn.name = "unused", nn.role = #nn.role<parameter>} loc("unused"))
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) attributes {nn.program = "train"} {
  %h = nn.mul %w, %f : tensor<3xf32> loc("h")
  %a = nn.mul %h, %x : tensor<3xf32> loc("a")
  %b = nn.mul %h, %f : tensor<3xf32> loc("b")
  %c = nn.add %a, %b : tensor<3xf32> loc("c")
  %l = nn.reduce sum %c [0] : tensor<3xf32> loc("loss")
  return %l : tensor<f32>
}
