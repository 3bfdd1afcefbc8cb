// RUN: split-file %s %t
// RUN: dpc-opt %t/in.mlir -nn-apply-optimizer=optimizer=momentum,lr=0.25 -mlir-print-debuginfo -mlir-pretty-debuginfo | FileCheck %s
// RUN: dpc-opt %t/in.mlir -nn-apply-optimizer="optimizer=sgd keep-gradients" | FileCheck %s --check-prefix=KEEP
// RUN: dpc-opt %t/in.mlir -nn-apply-optimizer=optimizer=adamw | FileCheck %s --check-prefix=ADAMW
// RUN: not dpc-opt %t/in.mlir -nn-apply-optimizer=optimizer=lyon 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not dpc-opt %t/in.mlir -nn-apply-optimizer=optimizer=sgd,momentum=0.9 2>&1 | FileCheck %s --check-prefix=KEY
// RUN: not dpc-opt %t/in.mlir -nn-apply-optimizer=optimizer=sgd,lr=fast 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not dpc-opt %t/in.mlir -nn-apply-optimizer=optimizer=sgd,lr=-1 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not dpc-opt %t/in.mlir -nn-apply-optimizer=optimizer=sgd,lr 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not dpc-opt %t/in.mlir -nn-apply-optimizer=optimizer=sgd,lr=nan 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: dpc-opt %t/narrow.mlir -nn-apply-optimizer=optimizer=adam | FileCheck %s --check-prefix=NARROW
// RUN: not dpc-opt %t/in.mlir -nn-apply-optimizer=optimizer=momentum,nesterov=2 2>&1 | FileCheck %s --check-prefix=SWITCH
// RUN: dpc-opt %t/matrix.mlir -nn-apply-optimizer=optimizer=adafactor | FileCheck %s --check-prefix=MATRIX
// RUN: not dpc-opt %t/none.mlir -nn-apply-optimizer 2>&1 | FileCheck %s --check-prefix=NONE

// Parameters, states and scalars in this order; a frozen parameter has neither
// state nor update. The update is where the parameter is called.
// CHECK: @train(
// CHECK-SAME: %arg0: tensor<2xf32> {nn.name = "w", nn.role = #nn.role<parameter>}
// CHECK-SAME: %arg1: tensor<2xf32> {nn.name = "frozen", nn.role = #nn.role<parameter>}
// CHECK-SAME: %[[V:arg2]]: tensor<2xf32> {nn.name = "w.momentum", nn.role = #nn.role<state>}
// CHECK-SAME: %[[LR:arg3]]: tensor<f32> {nn.default = 2.500000e-01 : f64, nn.help = "learning rate", nn.limits = array<f64: 0.000000e+00, {{[^>]*}}>, nn.name = "lr", nn.role = #nn.role<scalar>}
// CHECK-SAME: %[[MU:arg4]]: tensor<f32> {nn.default = 9.000000e-01 : f64, nn.help = "{{[^"]*}}", nn.limits = array<f64: 0.000000e+00, 1.000000e+00>, nn.name = "momentum"
// CHECK-SAME: %[[WD:arg5]]: tensor<f32> {nn.default = 0.000000e+00 : f64, nn.help = "weight decay", nn.limits = array<f64: 0.000000e+00, {{[^>]*}}>, nn.name = "weight_decay"
// CHECK-SAME: -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}, tensor<2xf32> {nn.name = "w", nn.role = #nn.role<parameter>}, tensor<2xf32> {nn.name = "w.momentum", nn.role = #nn.role<state>})
// CHECK: %[[LOSS:.*]] = nn.reduce sum %arg1
// CHECK: %[[MUB:.*]] = nn.broadcast %[[MU]] [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<2xf32> "w"
// CHECK: %[[OLDV:.*]] = nn.mul %[[MUB]], %[[V]] {nn.phase = #nn.phase<update>} : tensor<2xf32> "w"
// CHECK: %[[NEWV:.*]] = nn.add %[[OLDV]], %{{.*}} {nn.phase = #nn.phase<update>} : tensor<2xf32> "w"
// CHECK: %[[LRB:.*]] = nn.broadcast %[[LR]] []
// CHECK: %[[MOVE:.*]] = nn.mul %[[LRB]], %[[NEWV]] {nn.phase = #nn.phase<update>} : tensor<2xf32> "w"
// CHECK: %[[NEWW:.*]] = nn.sub %arg0, %[[MOVE]] {nn.phase = #nn.phase<update>} : tensor<2xf32> "w"
// CHECK: return %[[LOSS]], %[[NEWW]], %[[NEWV]]

// KEEP: -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}, tensor<2xf32> {nn.name = "w", nn.role = #nn.role<gradient>}, tensor<2xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
// KEEP: return %{{.*}}, %arg0, %

// Corrections of the bias are computed once, in f64.
// ADAMW: {nn.name = "w.mean", nn.role = #nn.role<state>}
// ADAMW-SAME: {nn.name = "w.square", nn.role = #nn.role<state>}
// ADAMW-SAME: nn.name = "lr", nn.role = #nn.role<scalar>}
// ADAMW-SAME: nn.limits = array<f64: 0.000000e+00, 1.000000e+00>, nn.name = "beta1"
// ADAMW-SAME: tensor<i64> {nn.name = "step", nn.role = #nn.role<scalar>}
// ADAMW: nn.pow {{.*}} {nn.phase = #nn.phase<update>} : tensor<f64>

// UNKNOWN: error: --optimizer: optimizer 'lyon' is unknown; did you mean 'lion'?
// KEY: error: --optimizer: sgd has no setting 'momentum'; it has lr, weight_decay
// NUMBER: error: --optimizer: sgd: lr is '{{.*}}' and must be a number in [0, 1e+38), as in lr=0.1
// SWITCH: error: --optimizer: momentum: nesterov is '2' and must be 0 or 1
// NONE: error: the program has no gradients; run nn-differentiate first

// In f16 epsilon would be 0, and the update of a gradient of 0 NaN.
// NARROW: tensor<2xf32> {nn.name = "w.mean", nn.role = #nn.role<state>}
// NARROW: nn.convert %arg0 {{.*}} : tensor<2xf16> to tensor<2xf32>
// NARROW: nn.convert {{.*}} : tensor<2xf32> to tensor<2xf16>

// Rows and columns are those that the model has: of 12x5, whose rows are split.
// MATRIX: tensor<3x4xf32> {nn.name = "w.row", nn.role = #nn.role<state>}
// MATRIX-SAME: tensor<5xf32> {nn.name = "w.column", nn.role = #nn.role<state>}
// MATRIX-SAME: tensor<2x6xf32> {nn.name = "b.square", nn.role = #nn.role<state>}
// MATRIX: nn.reduce sum {{.*}} [2] {{.*}} : tensor<3x4x5xf32>
// MATRIX: nn.reduce sum {{.*}} [0, 1] {{.*}} : tensor<3x4x5xf32>
// MATRIX: nn.reduce sum {{.*}} [0, 1] {{.*}} : tensor<3x4xf32>

//--- in.mlir
func.func @train(%w: tensor<2xf32> {nn.name = "w", nn.role = #nn.role<parameter>},
                 %f: tensor<2xf32> {nn.name = "frozen", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<2xf32> {nn.name = "w", nn.role = #nn.role<gradient>}) {
  %l = nn.reduce sum %f [0] : tensor<2xf32>
  return %l, %w : tensor<f32>, tensor<2xf32>
}
//--- narrow.mlir
func.func @train(%w: tensor<2xf16> {nn.name = "w", nn.role = #nn.role<parameter>},
                 %f: tensor<2xf32> {nn.name = "frozen", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<2xf16> {nn.name = "w", nn.role = #nn.role<gradient>}) {
  %l = nn.reduce sum %f [0] : tensor<2xf32>
  return %l, %w : tensor<f32>, tensor<2xf16>
}
//--- none.mlir
func.func @train(%w: tensor<f32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) {
  return %w : tensor<f32>
}
//--- matrix.mlir
nn.parameter @w : tensor<3x4x5xf32> from "m.onnx"[0, 240] {nn.model_shape = array<i64: 12, 5>}
nn.parameter @b : tensor<2x6xf32> from "m.onnx"[240, 48] {nn.model_shape = array<i64: 12>}
func.func @train(%w: tensor<3x4x5xf32> {nn.name = "w", nn.role = #nn.role<parameter>},
                 %b: tensor<2x6xf32> {nn.name = "b", nn.role = #nn.role<parameter>})
    -> (tensor<3x4x5xf32> {nn.name = "w", nn.role = #nn.role<gradient>},
        tensor<2x6xf32> {nn.name = "b", nn.role = #nn.role<gradient>}) {
  return %w, %b : tensor<3x4x5xf32>, tensor<2x6xf32>
}
