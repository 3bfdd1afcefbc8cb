// RUN: dpc-opt %s -split-input-file -nn-bound-inputs | FileCheck %s

// What is asked of an input's own elements, whatever their shape, is left to the
// loader; the narrowest range counts, and its node is named.
// CHECK-LABEL: func.func @forward(
// CHECK-SAME: %[[I:[a-z0-9]+]]: tensor<4x2xi32> {nn.batch_dim = 0 : i64, nn.name = "ids", nn.range = {lower = -5 : i64, node = "narrow", upper = 5 : i64}, nn.role = #nn.role<input>}
// CHECK-NOT: nn.check_range
// CHECK: return
module attributes {nn.batch = 4 : i64} {
func.func @forward(%ids: tensor<4x2xi32> {nn.batch_dim = 0 : i64, nn.name = "ids", nn.role = #nn.role<input>})
    -> (tensor<4x2xi32>, tensor<2x4xi64>, tensor<8x3xi64>) {
  %0 = nn.check_range %ids in [-9, 9) : tensor<4x2xi32> loc("wide")
  %1 = nn.transpose %ids [1, 0] : tensor<4x2xi32>
  %2 = nn.convert %1 : tensor<2x4xi32> to tensor<2x4xi64>
  %3 = nn.check_range %2 in [-5, 5) : tensor<2x4xi64> loc("narrow")
  %4 = nn.reshape %3 : tensor<2x4xi64> to tensor<8xi64>
  %5 = nn.broadcast %4 [0] : tensor<8xi64> to tensor<8x3xi64>
  %6 = nn.check_range %5 in [-7, 7) : tensor<8x3xi64> loc("middle")
  return %0, %3, %6 : tensor<4x2xi32>, tensor<2x4xi64>, tensor<8x3xi64>
}
}

// -----

// Other checks stay in the program: of a part of the input, of sums, of narrowed
// numbers, of a parameter. If the elements come from rows, they know how many.
// CHECK-LABEL: func.func @forward(
// CHECK-NOT: nn.range
// CHECK: nn.check_range %{{.*}} in[0, 5) rows 4 : tensor<4x1xi64>
// CHECK: nn.check_range %{{.*}} in[0, 5) rows 4 : tensor<8xi64>
// CHECK: nn.check_range %{{.*}} in[0, 5) rows 4 : tensor<4x2xi32>
// CHECK: nn.check_range %{{.*}} in[0, 5) : tensor<4x2xi64>
module attributes {nn.batch = 4 : i64} {
func.func @forward(%ids: tensor<4x2xi64> {nn.batch_dim = 0 : i64, nn.name = "ids", nn.role = #nn.role<input>},
                   %table: tensor<4x2xi64> {nn.name = "table", nn.role = #nn.role<parameter>})
    -> (tensor<4x1xi64>, tensor<8xi64>, tensor<4x2xi32>, tensor<4x2xi64>) {
  %0 = nn.slice %ids [0, 1] to [4, 2] step [1, 1] : tensor<4x2xi64>
  %1 = nn.check_range %0 in [0, 5) : tensor<4x1xi64>
  %2 = nn.add %ids, %table : tensor<4x2xi64>
  %3 = nn.reshape %2 : tensor<4x2xi64> to tensor<8xi64>
  %4 = nn.check_range %3 in [0, 5) : tensor<8xi64>
  %5 = nn.convert %ids : tensor<4x2xi64> to tensor<4x2xi32>
  %6 = nn.check_range %5 in [0, 5) : tensor<4x2xi32>
  %7 = nn.check_range %table in [0, 5) : tensor<4x2xi64>
  return %1, %4, %6, %7 : tensor<4x1xi64>, tensor<8xi64>, tensor<4x2xi32>, tensor<4x2xi64>
}
}

// -----

// Labels are checked as such; one that may be ignored elsewhere is not.
// CHECK-LABEL: func.func @forward(
// CHECK-NOT: nn.range
// CHECK-NEXT: nn.check_range %arg0 in[0, 3) or -1 rows 4 : tensor<4xi64>
// CHECK-NEXT: return %arg0,
module attributes {nn.batch = 4 : i64} {
func.func @forward(%t: tensor<4xi64> {nn.batch_dim = 0 : i64, nn.classes = 3 : i64, nn.ignore_index = -5 : i64, nn.name = "t", nn.role = #nn.role<label>})
    -> (tensor<4xi64>, tensor<4xi64>) {
  %0 = nn.check_range %t in [0, 3) or -5 : tensor<4xi64>
  %1 = nn.check_range %t in [0, 3) or -1 : tensor<4xi64>
  return %0, %1 : tensor<4xi64>, tensor<4xi64>
}
}
