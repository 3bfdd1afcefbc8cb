// RUN: dpc-codegen-test %s | FileCheck %s
// RUN: dpc-codegen-test %s --plan | FileCheck %s --check-prefix=PLAN
// Parts of arguments are not copied; they lie in their argument's slot.
// CHECK: halves: agrees
// CHECK: updates: agrees

dist.mesh @mesh ["data" = 2]

// Both halves are one kernel's work.
// PLAN-LABEL: steps of 'halves'
// PLAN: kernel     halves_k0
// PLAN: kernel     halves_k0
func.func @halves(
    %x: tensor<6x4xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %b: tensor<4xf32> {nn.name = "b", nn.role = #nn.role<input>})
    -> (tensor<3x4xf32> {nn.name = "first", nn.role = #nn.role<output>},
        tensor<3x4xf32> {nn.name = "second", nn.role = #nn.role<output>},
        tensor<3x4xf32> {nn.name = "itself", nn.role = #nn.role<output>},
        tensor<2x2xf32> {nn.name = "row", nn.role = #nn.role<output>},
        tensor<6x2xf32> {nn.name = "columns", nn.role = #nn.role<output>},
        tensor<3x4xf32> {nn.name = "strided", nn.role = #nn.role<output>},
        tensor<3x3xf32> {nn.name = "product", nn.role = #nn.role<output>},
        tensor<3x4xf32> {nn.name = "sum", nn.role = #nn.role<output>})
    attributes {nn.program = "halves"} {
  %0 = nn.slice %x [0, 0] to [3, 4] step [1, 1] : tensor<6x4xf32>
  %1 = nn.slice %x [3, 0] to [6, 4] step [1, 1] : tensor<6x4xf32>
  %bb = nn.broadcast %b [1] : tensor<4xf32> to tensor<3x4xf32>
  %2 = nn.exp %0 : tensor<3x4xf32>
  %3 = nn.add %2, %bb : tensor<3x4xf32>
  %4 = nn.exp %1 : tensor<3x4xf32>
  %5 = nn.add %4, %bb : tensor<3x4xf32>
  // Of one row, a part; a reshape in between.
  %6 = nn.reshape %x : tensor<6x4xf32> to tensor<6x2x2xf32>
  %7 = nn.slice %6 [4, 1, 0] to [5, 2, 2] step [1, 1, 1] : tensor<6x2x2xf32>
  %8 = nn.reshape %7 : tensor<1x1x2xf32> to tensor<2xf32>
  %9 = nn.broadcast %8 [1] : tensor<2xf32> to tensor<2x2xf32>
  // These are copied.
  %10 = nn.slice %x [0, 1] to [6, 3] step [1, 1] : tensor<6x4xf32>
  %11 = nn.slice %x [1, 0] to [6, 4] step [2, 1] : tensor<6x4xf32>
  %12 = nn.dot %1, %0 batch [] x [] contract [1] x [1] : tensor<3x4xf32>, tensor<3x4xf32> -> tensor<3x3xf32>
  %13 = dist.all_reduce sum %1 over ["data"] : tensor<3x4xf32>
  return %3, %5, %1, %9, %10, %11, %12, %13 : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<2x2xf32>, tensor<6x2xf32>, tensor<3x4xf32>, tensor<3x3xf32>, tensor<3x4xf32>
}

// A part of a parameter's old value is still there when it is returned.
func.func @updates(
    %w: tensor<4x2xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<4x2xf32> {nn.name = "w", nn.role = #nn.role<parameter>},
        tensor<2x2xf32> {nn.name = "old", nn.role = #nn.role<output>},
        tensor<4x2xf32> {nn.name = "both", nn.role = #nn.role<output>})
    attributes {nn.program = "updates"} {
  %0 = nn.slice %w [2, 0] to [4, 2] step [1, 1] : tensor<4x2xf32>
  %1 = nn.neg %w : tensor<4x2xf32>
  %3 = nn.broadcast %0 [1, 2] : tensor<2x2xf32> to tensor<2x2x2xf32>
  %4 = nn.reshape %3 : tensor<2x2x2xf32> to tensor<4x2xf32>
  %5 = nn.mul %4, %1 : tensor<4x2xf32>
  return %1, %0, %5 : tensor<4x2xf32>, tensor<2x2xf32>, tensor<4x2xf32>
}
