// RUN: dpc-opt %s -nn-fuse-kernels | FileCheck %s

// A chain that nobody else reads is one kernel.
// CHECK-LABEL: func.func @chain
func.func @chain(%x: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<4x8xf32> {
  // CHECK-COUNT-1: nn.kernel
  // CHECK: nn.broadcast
  // CHECK-NEXT: nn.add
  // CHECK-NEXT: nn.tanh
  // CHECK-NEXT: nn.yield
  // CHECK-NOT: nn.kernel
  // CHECK: return
  %bb = nn.broadcast %b [1] : tensor<8xf32> to tensor<4x8xf32>
  %0 = nn.add %x, %bb : tensor<4x8xf32>
  %1 = nn.tanh %0 : tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// exp would be computed twice per element, at two positions.
// CHECK-LABEL: func.func @two_positions
func.func @two_positions(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // CHECK: %[[E:.*]] = nn.kernel(%arg0)
  // CHECK: nn.exp
  // CHECK: nn.kernel(%[[E]])
  // CHECK-NOT: nn.exp
  // CHECK: return
  %e = nn.exp %x : tensor<4x4xf32>
  %t = nn.transpose %e [1, 0] : tensor<4x4xf32>
  %s = nn.sub %e, %t : tensor<4x4xf32>
  return %s : tensor<4x4xf32>
}

// At one position it is not, even behind a transpose.
// CHECK-LABEL: func.func @one_position
func.func @one_position(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // CHECK-COUNT-1: nn.kernel
  // CHECK: nn.exp
  // CHECK-NOT: nn.kernel
  // CHECK: return
  %e = nn.exp %x : tensor<4x4xf32>
  %t = nn.transpose %e [1, 0] : tensor<4x4xf32>
  %s = nn.neg %t : tensor<4x4xf32>
  return %s : tensor<4x4xf32>
}

// A value that is repeated is computed before.
// CHECK-LABEL: func.func @repeated
func.func @repeated(%x: tensor<4xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // CHECK: %[[E:.*]] = nn.kernel(%arg0)
  // CHECK: nn.exp
  // CHECK: nn.kernel(%{{.*}}, %arg1)
  %e = nn.exp %x : tensor<4xf32>
  %b = nn.broadcast %e [0] : tensor<4xf32> to tensor<4x8xf32>
  %s = nn.mul %b, %y : tensor<4x8xf32>
  return %s : tensor<4x8xf32>
}

// What is cheap is computed again in every kernel.
// CHECK-LABEL: func.func @cheap
func.func @cheap(%x: tensor<4xf32>, %y: tensor<4xf32>, %w: tensor<4x4xf32>) -> (tensor<4xf32>, tensor<f32>) {
  // CHECK: nn.kernel(%arg0, %arg1)
  // CHECK: nn.compare
  // CHECK: nn.kernel(%arg0, %arg1)
  // CHECK: nn.compare
  %c = nn.compare lt %x, %y : tensor<4xf32>
  %0 = nn.select %c, %x, %y : tensor<4xf32>
  %f = nn.convert %c : tensor<4xi1> to tensor<4xf32>
  %1 = nn.reduce sum %f [0] : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<f32>
}

// A reshape of memory is no kernel's business.
// CHECK-LABEL: func.func @view
func.func @view(%x: tensor<4x6xui8>) -> tensor<24xf32> {
  // CHECK-NEXT: %[[V:.*]] = nn.reshape %arg0
  // CHECK-NEXT: nn.kernel(%[[V]])
  %r = nn.reshape %x : tensor<4x6xui8> to tensor<24xui8>
  %f = nn.convert %r : tensor<24xui8> to tensor<24xf32>
  return %f : tensor<24xf32>
}
