// RUN: dpc-opt %s -nn-fuse-kernels | FileCheck %s

// CHECK-LABEL: func.func @innermost
func.func @innermost(%x: tensor<4x8xf32>) -> tensor<4xf32> {
  // CHECK-COUNT-1: nn.kernel
  // CHECK: nn.exp
  // CHECK: nn.reduce
  // CHECK: nn.log
  // CHECK-NOT: nn.kernel
  // CHECK: return
  %e = nn.exp %x : tensor<4x8xf32>
  %s = nn.reduce sum %e [1] : tensor<4x8xf32>
  %l = nn.log %s : tensor<4xf32>
  return %l : tensor<4xf32>
}

// Rows are accumulated in the result's buffer: the reduction ends its kernel.
// CHECK-LABEL: func.func @rows
func.func @rows(%x: tensor<4x8xf32>) -> tensor<8xf32> {
  // CHECK: nn.kernel(%arg0)
  // CHECK: nn.exp
  // CHECK: nn.reduce
  // CHECK-NEXT: nn.yield
  // CHECK: nn.kernel
  // CHECK: nn.log
  %e = nn.exp %x : tensor<4x8xf32>
  %s = nn.reduce sum %e [0] : tensor<4x8xf32>
  %l = nn.log %s : tensor<8xf32>
  return %l : tensor<8xf32>
}

// Matrix products are the library's; those that it does not do are kernels.
// CHECK-LABEL: func.func @dots
func.func @dots(%a: tensor<4x8xf32>, %b: tensor<8x2xf32>, %c: tensor<4x8xf64>, %d: tensor<8x2xf64>) -> (tensor<4x2xf32>, tensor<4x2xf64>) {
  // CHECK-NEXT: nn.dot
  // CHECK-NEXT: nn.kernel(%arg2, %arg3)
  // CHECK: nn.dot
  %0 = nn.dot %a, %b batch [] x [] contract [1] x [0] : tensor<4x8xf32>, tensor<8x2xf32> -> tensor<4x2xf32>
  %1 = nn.dot %c, %d batch [] x [] contract [1] x [0] : tensor<4x8xf64>, tensor<8x2xf64> -> tensor<4x2xf64>
  return %0, %1 : tensor<4x2xf32>, tensor<4x2xf64>
}
