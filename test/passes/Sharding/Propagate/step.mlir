// RUN: dpc-opt %s -dist-propagate | FileCheck %s

// One layer's step: the batch stays split through forward and backward pass, the
// parameter's gradient is partial, and the update works on whole values.

dist.mesh @mesh ["data" = 2, "other" = 3]

// CHECK: @train
// CHECK-SAME: -> (tensor<f32> {dist.sharding = #dist.sharding<[], partial = sum ["data"]>, nn.role = #nn.role<loss>}
func.func @train(
    %x: tensor<8x5xf32> {dist.sharding = #dist.sharding<[["data"], []]>},
    %w: tensor<4x5xf32>, %b: tensor<4xf32>, %lr: tensor<f32>)
    -> (tensor<f32> {nn.role = #nn.role<loss>},
        tensor<4x5xf32> {dist.sharding = #dist.sharding<[[], []]>},
        tensor<8x4xf32> {nn.role = #nn.role<output>}) {
  // CHECK: nn.dot
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}["data"], []]>, #dist.sharding<{{\[}}[], []]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}["data"], []]>]
  %0 = nn.dot %x, %w batch [] x [] contract [1] x [1] : tensor<8x5xf32>, tensor<4x5xf32> -> tensor<8x4xf32>
  // Backward: nothing but the user says how a broadcast is to lie.
  // CHECK: nn.broadcast
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[]]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}["data"], []]>]
  %1 = nn.broadcast %b [1] : tensor<4xf32> to tensor<8x4xf32>
  %y = nn.add %0, %1 : tensor<8x4xf32>
  %2 = nn.mul %y, %y : tensor<8x4xf32>
  // CHECK: nn.reduce
  // CHECK-SAME: dist.shardings = [#dist.sharding<[], partial = sum ["data"]>]
  %3 = nn.reduce sum %2 [0, 1] : tensor<8x4xf32>
  %4 = nn.constant dense<8.0> : tensor<f32>
  // Division by a whole value is linear: the loss stays partial.
  // CHECK: nn.div
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<[], partial = sum ["data"]>, #dist.sharding<[]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<[], partial = sum ["data"]>]
  %loss = nn.div %3, %4 : tensor<f32>
  // CHECK: nn.dot
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}["data"], []]>, #dist.sharding<{{\[}}["data"], []]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}[], []], partial = sum ["data"]>]
  %dw = nn.dot %y, %x batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<8x4xf32>, tensor<8x5xf32> -> tensor<4x5xf32>
  %5 = nn.broadcast %lr [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<4x5xf32>
  // The update would be linear too, but takes whole gradients.
  // CHECK: nn.mul
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[], []]>, #dist.sharding<{{\[}}[], []]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}[], []]>]
  %6 = nn.mul %5, %dw {nn.phase = #nn.phase<update>} : tensor<4x5xf32>
  %7 = nn.sub %w, %6 {nn.phase = #nn.phase<update>} : tensor<4x5xf32>
  return %loss, %7, %y : tensor<f32>, tensor<4x5xf32>, tensor<8x4xf32>
}
