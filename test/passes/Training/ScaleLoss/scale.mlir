// RUN: dpc-opt %s -nn-differentiate=marks-seed -nn-scale-loss -nn-apply-optimizer=optimizer=adam -nn-skip-steps | FileCheck %s

// The gradient of the loss is the scale, and those of the parameters are divided by
// it. A step that is skipped changes nothing but the scale, and Adam does not count
// it.
// CHECK-LABEL: @train
// CHECK-SAME: %[[W:[a-z0-9]*]]: tensor<3xf32> {nn.name = "w", nn.role = #nn.role<parameter>}
// CHECK-SAME: %[[STATE:[a-z0-9]*]]: tensor<f32> {nn.name = "loss_scale.scale", nn.role = #nn.role<state>}
// CHECK-SAME: %[[GOOD:[a-z0-9]*]]: tensor<f32> {nn.name = "loss_scale.good", nn.role = #nn.role<state>}
// CHECK-SAME: %[[COUNT:[a-z0-9]*]]: tensor<i64> {nn.name = "loss_scale.skipped", nn.role = #nn.role<state>}
// CHECK-SAME: %[[M:[a-z0-9]*]]: tensor<3xf32> {nn.name = "w.mean"
// CHECK-SAME: %[[FIRST:[a-z0-9]*]]: tensor<f32> {nn.default = 6.553600e+04
// CHECK-SAME: nn.name = "loss-scale"
// CHECK: %[[SCALE:.*]] = nn.select %{{.*}}, %[[STATE]], %[[FIRST]] {nn.phase = #nn.phase<backward>} : tensor<f32>
// CHECK: %[[G:.*]] = nn.mul %{{.*}}, %{{.*}} {nn.phase = #nn.phase<backward>} : tensor<3xf32>
// CHECK: %[[USED:.*]] = nn.select %{{.*}}, %[[STATE]], %[[FIRST]] {nn.phase = #nn.phase<update>} : tensor<f32>
// CHECK: %[[INVERSE:.*]] = nn.div %{{.*}}, %[[USED]]
// CHECK: %[[LAID:.*]] = nn.barrier %[[G]]
// CHECK: %[[SPREAD:.*]] = nn.broadcast %[[INVERSE]] []
// CHECK: %[[UNSCALED:.*]] = nn.mul %[[LAID]], %[[SPREAD]]
// CHECK: %[[LIMIT:.*]] = nn.constant dense<3.40282347E+38>
// CHECK: %[[SIZE:.*]] = nn.abs %[[LAID]]
// CHECK: nn.compare {{ *}}le %[[SIZE]], %[[LIMIT]]
// CHECK: %[[BAD:.*]] = nn.reduce sum
// CHECK: %[[ISGOOD:.*]] = nn.compare {{ *}}eq %[[BAD]]
// CHECK: %[[TAKEN:.*]] = nn.compare {{ *}}eq %[[SKIPPED:.*]], %
// CHECK: nn.convert %[[SKIPPED]] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<i64>
// CHECK: nn.sub %{{.*}}, %[[COUNT]] {{.*}}: tensor<i64>
// CHECK: %[[NEWM:.*]] = nn.select %{{.*}}, %{{.*}}, %[[M]]
// The parameter is made of the state that is kept, in one kernel with it.
// CHECK: nn.div %[[NEWM]],
// CHECK: %[[TAKENW:.*]] = nn.broadcast %[[TAKEN]] []
// CHECK: %[[NEWW:.*]] = nn.select %[[TAKENW]], %{{.*}}, %[[W]]
// CHECK: return
// CHECK-SAME: %[[USED]], %[[SKIPPED]], %[[NEWW]], %[[NEWM]]
func.func @train(%x: tensor<3xf32> {nn.name = "x", nn.role = #nn.role<input>},
                 %w: tensor<3xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) attributes {nn.program = "train"} {
  %0 = nn.mul %x, %w : tensor<3xf32>
  %1 = nn.reduce sum %0 [0] : tensor<3xf32>
  return %1 : tensor<f32>
}
