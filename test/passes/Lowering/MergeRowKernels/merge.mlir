// RUN: dpc-opt %s -split-input-file -nn-fuse-kernels -nn-merge-row-kernels | FileCheck %s

module attributes {plan.target = "cuda"} {

// A softmax is one kernel.
// CHECK-LABEL: @softmax
// CHECK: nn.kernel
// CHECK: nn.reduce max
// CHECK: nn.reduce sum
// CHECK: nn.yield %{{.*}} : tensor<64x100xf32>
// CHECK-NOT: nn.kernel
func.func @softmax(%x: tensor<64x100xf32>) -> tensor<64x100xf32> {
  %m = nn.reduce max %x [1] : tensor<64x100xf32>
  %mb = nn.broadcast %m [0] : tensor<64xf32> to tensor<64x100xf32>
  %s = nn.sub %x, %mb : tensor<64x100xf32>
  %e = nn.exp %s : tensor<64x100xf32>
  %z = nn.reduce sum %e [1] : tensor<64x100xf32>
  %zb = nn.broadcast %z [0] : tensor<64xf32> to tensor<64x100xf32>
  %y = nn.div %e, %zb : tensor<64x100xf32>
  return %y : tensor<64x100xf32>
}

// What others read is a result of it, too.
// CHECK-LABEL: @kept
// CHECK: %{{.*}}:2 = nn.kernel
// CHECK-NOT: nn.kernel
// CHECK: nn.yield %{{.*}}, %{{.*}} : tensor<64xf32>, tensor<64x100xf32>
func.func @kept(%x: tensor<64x100xf32>) -> (tensor<64xf32>, tensor<64x100xf32>) {
  %m = nn.reduce max %x [1] : tensor<64x100xf32>
  %mb = nn.broadcast %m [0] : tensor<64xf32> to tensor<64x100xf32>
  %s = nn.sub %x, %mb : tensor<64x100xf32>
  return %m, %s : tensor<64xf32>, tensor<64x100xf32>
}

// Rows that are too long to be kept stay apart, and so do phases and columns.
// CHECK-LABEL: @apart
// CHECK-COUNT-6: nn.kernel
func.func @apart(%x: tensor<64x50257xf32>, %y: tensor<64x100xf32>)
    -> (tensor<64x50257xf32>, tensor<64x100xf32>, tensor<64x100xf32>) {
  %m = nn.reduce max %x [1] : tensor<64x50257xf32>
  %mb = nn.broadcast %m [0] : tensor<64xf32> to tensor<64x50257xf32>
  %s = nn.sub %x, %mb : tensor<64x50257xf32>
  %n = nn.reduce max %y [1] : tensor<64x100xf32>
  %nb = nn.broadcast %n [0] {nn.phase = #nn.phase<backward>} : tensor<64xf32> to tensor<64x100xf32>
  %t = nn.sub %y, %nb {nn.phase = #nn.phase<backward>} : tensor<64x100xf32>
  %c = nn.reduce max %y [0] : tensor<64x100xf32>
  %cb = nn.broadcast %c [1] : tensor<100xf32> to tensor<64x100xf32>
  %u = nn.sub %y, %cb : tensor<64x100xf32>
  return %s, %t, %u : tensor<64x50257xf32>, tensor<64x100xf32>, tensor<64x100xf32>
}

// Somebody between them needs the first one's result.
// CHECK-LABEL: @between
// CHECK-COUNT-3: nn.kernel
func.func @between(%x: tensor<64x100xf32>) -> tensor<64x100xf32> {
  %m = nn.reduce max %x [1] : tensor<64x100xf32>
  %t = nn.transpose %x [1, 0] : tensor<64x100xf32>
  %tm = nn.reduce sum %m [0] : tensor<64xf32>
  %tb = nn.broadcast %tm [] : tensor<f32> to tensor<64x100xf32>
  %mb = nn.broadcast %m [0] : tensor<64xf32> to tensor<64x100xf32>
  %s = nn.sub %tb, %mb : tensor<64x100xf32>
  return %s : tensor<64x100xf32>
}

// A reduction is not computed by one thread for each term of another one.
// CHECK-LABEL: @nested
// CHECK-COUNT-2: nn.kernel
func.func @nested(%x: tensor<64x100xf32>) -> tensor<f32> {
  %s = nn.reduce sum %x [1] : tensor<64x100xf32>
  %n = nn.neg %s : tensor<64xf32>
  %t = nn.reduce sum %n [0] : tensor<64xf32>
  return %t : tensor<f32>
}

}

// -----

// CHECK-LABEL: @cpu
// CHECK-COUNT-3: nn.kernel
func.func @cpu(%x: tensor<64x100xf32>) -> (tensor<64x100xf32>, tensor<f32>) {
  %m = nn.reduce max %x [1] : tensor<64x100xf32>
  %mb = nn.broadcast %m [0] : tensor<64xf32> to tensor<64x100xf32>
  %s = nn.sub %x, %mb : tensor<64x100xf32>
  %u = nn.reduce sum %x [1] : tensor<64x100xf32>
  %n = nn.neg %u : tensor<64xf32>
  %t = nn.reduce sum %n [0] : tensor<64xf32>
  return %s, %t : tensor<64x100xf32>, tensor<f32>
}
