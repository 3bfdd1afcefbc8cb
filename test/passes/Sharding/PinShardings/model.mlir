// RUN: split-file %s %t
// RUN: dpc-opt %t/good.mlir -dist-pin | FileCheck %s
// RUN: not dpc-opt %t/apart.mlir -dist-pin 2>&1 | FileCheck %s --check-prefix=APART
// RUN: not dpc-opt %t/axis.mlir -dist-pin 2>&1 | FileCheck %s --check-prefix=AXIS

// What a model says of its dimensions holds for what refinement made of them.

// Heads of a fused dimension; then blocks, where they are whole leading parts;
// factors that are blocks together; and a dimension counted from the back.
// CHECK: @train
// CHECK-SAME: tensor<3x4x5x20xf32> {dist.pinned_axes = ["tensor"], dist.sharding = #dist.sharding<{{\[}}[], ["tensor"], [], []]>
// CHECK-SAME: tensor<4x5x20xf32> {dist.pinned_axes = ["tensor"], dist.sharding = #dist.sharding<{{\[}}["tensor"], [], []]>
// CHECK-SAME: tensor<20x20xf32> {dist.pinned_axes = ["tensor"], dist.sharding = #dist.sharding<{{\[}}["tensor"], []]>
// CHECK-SAME: tensor<20x4x5xf32> {dist.pinned_axes = ["tensor"], dist.sharding = #dist.sharding<{{\[}}[], [], ["tensor"]]>

// APART: fc{{.*}}the model splits dimension 0 of 'a', which the program does not keep apart in this way; split another dimension, or remove the model's device configurations
// AXIS: the model splits dimension 2 of 'a', which has 2 dimensions

//--- good.mlir
module attributes {
  onnx.configurations = [#onnx.configuration<name = "pod", devices = 2>],
  onnx.shapes = {a = array<i64: 60, 20>, b = array<i64: 20, 20>, c = array<i64: 20, 20>, d = array<i64: 20, 20>},
  onnx.placements = [#onnx.placement<node = "fc", configuration = "pod", tensors = [
    #onnx.placed_tensor<name = "a", dims = [0, 3, 1, 0, 4, 2, 0, 5, 1], groups = [array<i64: 0>, array<i64: 1>]>,
    #onnx.placed_tensor<name = "b", dims = [0, -1, 2], groups = [array<i64: 0>, array<i64: 1>]>,
    #onnx.placed_tensor<name = "c", dims = [0, 4, 2, 0, 5, 1], groups = [array<i64: 0>, array<i64: 1>]>,
    #onnx.placed_tensor<name = "d", dims = [-1, 4, 1, -1, 5, 2], groups = [array<i64: 0>, array<i64: 1>]>]>]} {
dist.mesh @mesh ["tensor" = 2]
func.func @train(
    %a: tensor<3x4x5x20xf32> {nn.name = "a", nn.role = #nn.role<parameter>},
    %b: tensor<4x5x20xf32> {nn.name = "b", nn.role = #nn.role<parameter>},
    %c: tensor<20x20xf32> {nn.name = "c", nn.role = #nn.role<parameter>},
    %d: tensor<20x4x5xf32> {nn.name = "d", nn.role = #nn.role<parameter>}) {
  return
}
}
//--- apart.mlir
module attributes {
  onnx.configurations = [#onnx.configuration<name = "pod", devices = 2>],
  onnx.shapes = {a = array<i64: 20, 20>},
  onnx.placements = [#onnx.placement<node = "fc", configuration = "pod", tensors = [
    #onnx.placed_tensor<name = "a", dims = [0, 4, 1, 0, 5, 2], groups = [array<i64: 0>, array<i64: 1>]>]>]} {
dist.mesh @mesh ["tensor" = 2]
func.func @train(%a: tensor<20x20xf32> {nn.name = "a", nn.role = #nn.role<parameter>}) {
  return
}
}
//--- axis.mlir
module attributes {
  onnx.configurations = [#onnx.configuration<name = "pod", devices = 2>],
  onnx.shapes = {a = array<i64: 60, 20>},
  onnx.placements = [#onnx.placement<node = "fc", configuration = "pod", tensors = [
    #onnx.placed_tensor<name = "a", dims = [2, -1, 2], groups = [array<i64: 0>, array<i64: 1>]>]>]} {
dist.mesh @mesh ["tensor" = 2]
func.func @train(%a: tensor<3x4x5x20xf32> {nn.name = "a", nn.role = #nn.role<parameter>}) {
  return
}
}
