// RUN: dpc-opt %s -nn-fuse-kernels -mlir-print-debuginfo | FileCheck %s

// Momentum: the new state and the new parameter are one kernel, which has the
// phase and the nodes of its ops.
// CHECK-LABEL: func.func @momentum
func.func @momentum(%p: tensor<8xf32>, %v: tensor<8xf32>, %g: tensor<8xf32>, %lr: tensor<f32>) -> (tensor<8xf32>, tensor<8xf32>) {
  // CHECK-NEXT: %[[K:.*]]:2 = nn.kernel({{.*}}) attributes {nn.phase = #nn.phase<update>}
  // CHECK-NOT: nn.kernel
  // CHECK: return %[[K]]#1, %[[K]]#0
  %mu = nn.constant dense<0.9> : tensor<8xf32>
  %v0 = nn.mul %v, %mu {nn.phase = #nn.phase<update>} : tensor<8xf32> loc("fc1")
  %vn = nn.add %v0, %g {nn.phase = #nn.phase<update>} : tensor<8xf32> loc("fc2")
  %lrb = nn.broadcast %lr [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<8xf32> loc("elsewhere")
  %u = nn.mul %lrb, %vn {nn.phase = #nn.phase<update>} : tensor<8xf32> loc("fc1")
  %pn = nn.sub %p, %u {nn.phase = #nn.phase<update>} : tensor<8xf32> loc("fc1")
  return %pn, %vn : tensor<8xf32>, tensor<8xf32>
}

// A second result must not come later than its other readers.
// CHECK-LABEL: func.func @early_reader
func.func @early_reader(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  // CHECK: %[[E:.*]] = nn.kernel(%arg0)
  // CHECK: nn.exp
  // CHECK: %[[D:.*]] = nn.dot %[[E]], %[[E]]
  // CHECK: nn.kernel
  // CHECK: nn.add
  %e = nn.exp %x : tensor<4x4xf32>
  %d = nn.dot %e, %e batch [] x [] contract [1] x [0] : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %s = nn.add %e, %d : tensor<4x4xf32>
  return %s, %d : tensor<4x4xf32>, tensor<4x4xf32>
}
// CHECK-DAG: loc("fc1")
// CHECK-DAG: loc(fused[
