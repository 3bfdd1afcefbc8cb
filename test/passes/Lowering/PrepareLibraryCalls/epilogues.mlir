// RUN: dpc-opt %s -nn-prepare-library-calls | FileCheck %s
// RUN: dpc-opt %s -nn-prepare-library-calls -nn-fuse-kernels -lower-to-plan | FileCheck %s --check-prefix=PLAN
// RUN: dpc-opt %s -nn-prepare-library-calls -nn-fuse-kernels -lower-to-plan -cpu-kernels -plan-to-llvm | FileCheck %s --check-prefix=LLVM

// What alone reads an op that a library computes becomes part of the call, if
// the library does both. The form and its op are test/lib's.

module attributes {plan.target = "test-toy"} {

// PLAN-LABEL: plan.program @both
// PLAN: plan.library #toy.twice<relu = true>(%{{.*}}, %{{.*}} to %{{.*}}) : memref<4xf32>, memref<4xf32> to memref<4xf32>
// PLAN-NOT: plan.launch
// Context, number, operands, result, no workspace, elements, whether relu.
// LLVM: llvm.func @dpc_twice(!llvm.ptr, i32, !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, i64, i32)

// CHECK-LABEL: @both
// CHECK-NEXT: %[[Y:.*]] = toy.twice %arg0 bias %arg1 relu : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: return %[[Y]]
func.func @both(%x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>},
                %b: tensor<4xf32> {nn.name = "b", nn.role = #nn.role<parameter>})
    -> (tensor<4xf32> {nn.name = "y", nn.role = #nn.role<output>})
    attributes {nn.program = "both"} {
  %h = toy.twice %x : tensor<4xf32> -> tensor<4xf32>
  %a = nn.add %b, %h : tensor<4xf32>
  %y = nn.relu %a : tensor<4xf32>
  return %y : tensor<4xf32>
}

// The form has no epilogue of that kind, or none behind the one that it has.
// CHECK-LABEL: @others
// CHECK: toy.twice %arg0 :
// CHECK-NEXT: nn.tanh
// CHECK-NEXT: %[[R:.*]] = toy.twice %{{.*}} relu :
// CHECK-NEXT: nn.add %[[R]], %arg1
func.func @others(%x: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %h = toy.twice %x : tensor<4xf32> -> tensor<4xf32>
  %a = nn.tanh %h : tensor<4xf32>
  %i = toy.twice %a : tensor<4xf32> -> tensor<4xf32>
  %r = nn.relu %i : tensor<4xf32>
  %y = nn.add %r, %b : tensor<4xf32>
  return %y : tensor<4xf32>
}

// Another op wants the result, too.
// CHECK-LABEL: @read_twice
// CHECK: %[[H:.*]] = toy.twice %arg0 :
// CHECK-NEXT: nn.relu %[[H]]
func.func @read_twice(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %h = toy.twice %x : tensor<4xf32> -> tensor<4xf32>
  %y = nn.relu %h : tensor<4xf32>
  return %h, %y : tensor<4xf32>, tensor<4xf32>
}

// The forward pass does nothing of the backward pass.
// CHECK-LABEL: @phases
// CHECK: toy.twice %arg0 :
// CHECK-NEXT: nn.relu %{{.*}} {nn.phase = #nn.phase<backward>}
// CHECK-NEXT: %[[H:.*]] = toy.twice %arg0 relu {nn.phase = #nn.phase<backward>} :
func.func @phases(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %h = toy.twice %x : tensor<4xf32> -> tensor<4xf32>
  %y = nn.relu %h {nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %i = toy.twice %x {nn.phase = #nn.phase<backward>} : tensor<4xf32> -> tensor<4xf32>
  %z = nn.relu %i {nn.phase = #nn.phase<backward>} : tensor<4xf32>
  return %y, %z : tensor<4xf32>, tensor<4xf32>
}

// The target computes the form, but not on these operands.
// CHECK-LABEL: @refused
// CHECK: %[[H:.*]] = toy.twice %arg0 :
// CHECK: nn.add %[[H]], %{{.*}}
// CHECK-NOT: toy.
func.func @refused(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %h = toy.twice %x : tensor<4x4xf32> -> tensor<4x4xf32>
  %c = nn.constant dense<1.0> : tensor<4x4xf32>
  %y = nn.add %h, %c : tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}

// It has no form, and cannot be made of ops that have one.
// CHECK-LABEL: @formless
// CHECK-NEXT: toy.twice %arg0 :
// CHECK-NEXT: return
func.func @formless(%x: tensor<2x2x2xf32>) -> tensor<2x2x2xf32> {
  %y = toy.twice %x : tensor<2x2x2xf32> -> tensor<2x2x2xf32>
  return %y : tensor<2x2x2xf32>
}
}
