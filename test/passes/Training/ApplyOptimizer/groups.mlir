// RUN: split-file %s %t
// RUN: dpc-opt %t/in.mlir -nn-apply-optimizer="optimizer=adamw,weight_decay=0.1" -canonicalize | FileCheck %s
// RUN: dpc-opt %t/in.mlir -nn-apply-optimizer="optimizer=adamw,weight_decay=0.1 decay-all" -canonicalize | FileCheck %s --check-prefix=ALL
// RUN: dpc-opt %t/in.mlir -nn-apply-optimizer="optimizer=adamw,weight_decay=0.1 decay-all no-decay=*" -canonicalize | FileCheck %s --check-prefix=NONE
// RUN: dpc-opt %t/in.mlir -nn-apply-optimizer="optimizer=sgd lr-scale=*=0.5,fc.b=4" -canonicalize | FileCheck %s --check-prefix=RATE
// RUN: not dpc-opt %t/in.mlir -nn-apply-optimizer="no-decay=fc.c" 2>&1 | FileCheck %s --check-prefix=NEAR
// RUN: not dpc-opt %t/in.mlir -nn-apply-optimizer="lr-scale=head.*=2" 2>&1 | FileCheck %s --check-prefix=FAR
// RUN: not dpc-opt %t/in.mlir -nn-apply-optimizer="lr-scale=fc.*=0" 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not dpc-opt %t/in.mlir -nn-apply-optimizer="no-decay=[a" 2>&1 | FileCheck %s --check-prefix=GLOB

// The bias has one dimension in the model, however many it has here.
// CHECK: module attributes {nn.decayed = array<i64: 1, 2>}
// CHECK: @train(%[[W:arg0]]: {{.*}}, %[[B:arg1]]: tensor<2x2xf32>
// CHECK: %[[SHRINK:.*]] = nn.mul %{{.*}}, %[[W]] {
// CHECK: nn.sub %[[W]], %[[SHRINK]]
// CHECK-NOT: nn.mul %{{.*}}, %[[B]] {
// CHECK: nn.sub %[[B]], %{{.*}} : tensor<2x2xf32>
// CHECK: return

// ALL-NOT: nn.decayed
// ALL: nn.mul %{{.*}}, %arg0 {
// ALL: nn.mul %{{.*}}, %arg1 {

// NONE: nn.decayed = array<i64: 0, 2>
// NONE-NOT: nn.mul %{{.*}}, %arg{{[01]}} {
// NONE: return

// The last pattern that matches holds.
// RATE-DAG: %[[HALF:.*]] = nn.constant dense<5.000000e-01>
// RATE-DAG: %[[FOUR:.*]] = nn.constant dense<4.000000e+00>
// RATE: %[[LRW:.*]] = nn.mul %[[LR:arg[0-9]+]], %[[HALF]] {
// RATE: %[[LRB:.*]] = nn.mul %[[LR]], %[[FOUR]] {
// RATE: nn.broadcast %[[LRW]] [] {{.*}} to tensor<3x2xf32>
// RATE: nn.broadcast %[[LRB]] [] {{.*}} to tensor<2x2xf32>

// NEAR: error: loc("--no-decay"): 'fc.c' matches no parameter that is trained; did you mean 'fc.w'?
// FAR: error: loc("--lr-scale"): 'head.*' matches no parameter that is trained; trained are fc.w, fc.b
// ZERO: error: loc("--lr-scale"): 'fc.*=0' is not PATTERN=X with a number X above 0; --freeze PATTERN trains nothing
// GLOB: error: loc("--no-decay"): '[a' is no pattern: invalid glob pattern, unmatched '['

//--- in.mlir
nn.parameter @fc.w : tensor<3x2xf32> from "m.onnx"[0, 24]
nn.parameter @fc.b : tensor<2x2xf32> from "m.onnx"[24, 16] {nn.model_shape = array<i64: 4>}
func.func @train(%w: tensor<3x2xf32> {nn.name = "fc.w", nn.role = #nn.role<parameter>},
                 %b: tensor<2x2xf32> {nn.name = "fc.b", nn.role = #nn.role<parameter>},
                 %gw: tensor<3x2xf32> {nn.name = "x", nn.role = #nn.role<input>},
                 %gb: tensor<2x2xf32> {nn.name = "y", nn.role = #nn.role<input>})
    -> (tensor<3x2xf32> {nn.name = "fc.w", nn.role = #nn.role<gradient>},
        tensor<2x2xf32> {nn.name = "fc.b", nn.role = #nn.role<gradient>}) {
  return %gw, %gb : tensor<3x2xf32>, tensor<2x2xf32>
}
