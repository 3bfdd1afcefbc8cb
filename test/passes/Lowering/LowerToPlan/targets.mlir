// RUN: sed s/TARGET/cpu/ %s | dpc-opt -nn-prepare-library-calls -nn-fuse-kernels -lower-to-plan | FileCheck %s --check-prefixes=CHECK,CPU
// RUN: sed s/TARGET/test-device/ %s | dpc-opt -nn-prepare-library-calls -nn-fuse-kernels -lower-to-plan | FileCheck %s --check-prefixes=CHECK,DEVICE
// RUN: sed s/TARGET/test-workspace/ %s | dpc-opt -nn-prepare-library-calls -nn-fuse-kernels -lower-to-plan | FileCheck %s --check-prefixes=CHECK,WORKSPACE
// RUN: sed s/TARGET/abacus/ %s | not dpc-opt -lower-to-plan 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// What a library computes is asked of the target; all else becomes a kernel. A
// workspace lies among the temporaries, where a memory limit sees it.

// UNKNOWN: error: is for a target that dpc does not have: "abacus"

// CPU: plan.arena host 512 parameters 160 state 0 inputs 64 gradients 0 activations 288 workspace 0
// DEVICE: plan.arena device 512 {{.*}} workspace 0
// Both workspaces lie at the same place.
// WORKSPACE: plan.arena host 960 {{.*}} activations 336 workspace 400

// CPU: plan.kernel
// CPU-NOT: nn.dot
// DEVICE: nn.dot
// DEVICE: nn.dot
// DEVICE: nn.dot
// CHECK-LABEL: plan.program @f
// CPU: plan.library #plan.matmul<transB>(%{{.*}}, %{{.*}} to %{{.*}}) flops 160 :
// CPU: plan.library #plan.matmul(%{{.*}}, %{{.*}} to %{{.*}}) flops
// CPU: plan.library #plan.matmul
// DEVICE-NOT: plan.library
// WORKSPACE: %[[A:.*]] = plan.slot [[AT:[0-9]+]] : memref<400xi8>
// WORKSPACE: plan.library #plan.matmul<transB>(%{{.*}}, %{{.*}} to %{{.*}} workspace %[[A]]) flops 160 : memref<4x4xf32>, memref<5x4xf32> to memref<4x5xf32> workspace memref<400xi8>
// WORKSPACE: plan.library #plan.matmul(%{{.*}}, %{{.*}} to %{{.*}} workspace %[[A]])
// WORKSPACE-NOT: plan.library

module attributes {plan.target = "TARGET"} {
func.func @f(%x: tensor<4x4xf32> {nn.name = "x", nn.role = #nn.role<input>},
             %w: tensor<5x4xf32> {nn.name = "w", nn.role = #nn.role<parameter>},
             %v: tensor<5x4xf32> {nn.name = "v", nn.role = #nn.role<parameter>})
    -> (tensor<2x2x4xf32> {nn.name = "y", nn.role = #nn.role<output>})
    attributes {nn.program = "f"} {
  %h = nn.dot %x, %w batch [] x [] contract [1] x [1] : tensor<4x4xf32>, tensor<5x4xf32> -> tensor<4x5xf32>
  %a = nn.tanh %h : tensor<4x5xf32>
  %z = nn.dot %a, %v batch [] x [] contract [1] x [0] : tensor<4x5xf32>, tensor<5x4xf32> -> tensor<4x4xf32>
  %b = nn.reshape %z : tensor<4x4xf32> to tensor<2x2x4xf32>
  %c = nn.reshape %x : tensor<4x4xf32> to tensor<2x4x2xf32>
  %y = nn.dot %b, %c batch [0] x [0] contract [2] x [1] : tensor<2x2x4xf32>, tensor<2x4x2xf32> -> tensor<2x2x2xf32>
  %r = nn.concat %y, %y dim = 2 : tensor<2x2x2xf32>, tensor<2x2x2xf32>
  return %r : tensor<2x2x4xf32>
}
}
