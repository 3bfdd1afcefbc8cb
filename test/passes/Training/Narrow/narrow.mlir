// RUN: dpc-opt %s -split-input-file -nn-narrow | FileCheck %s --implicit-check-not=nn.convert
// RUN: dpc-opt %s -split-input-file -nn-narrow=type=f16 | FileCheck %s --check-prefix=F16

// Products read and make narrow values. A bias stays in f32, as does the output.
// CHECK-LABEL: @forward
// CHECK-DAG: %[[X:.*]] = nn.convert %arg0 stored : tensor<8x4xf32> to tensor<8x4xbf16>
// CHECK-DAG: %[[W:.*]] = nn.convert %arg1 stored : tensor<5x4xf32> to tensor<5x4xbf16>
// CHECK-DAG: %[[V:.*]] = nn.convert %arg3 stored : tensor<3x5xf32> to tensor<3x5xbf16>
// CHECK: %[[H:.*]] = nn.dot %[[X]], %[[W]] {{.*}} -> tensor<8x5xbf16>
// CHECK: %[[WIDE:.*]] = nn.convert %[[H]] : tensor<8x5xbf16> to tensor<8x5xf32>
// CHECK: %[[B:.*]] = nn.broadcast %arg2 [1] : tensor<5xf32> to tensor<8x5xf32>
// CHECK: %[[SUM:.*]] = nn.add %[[WIDE]], %[[B]] : tensor<8x5xf32>
// CHECK: %[[KEPT:.*]] = nn.convert %[[SUM]] stored : tensor<8x5xf32> to tensor<8x5xbf16>
// CHECK: %[[R:.*]] = nn.relu %[[KEPT]] : tensor<8x5xbf16>
// CHECK: %[[Y:.*]] = nn.dot %[[R]], %[[V]] {{.*}} -> tensor<8x3xbf16>
// CHECK: %[[OUT:.*]] = nn.convert %[[Y]] : tensor<8x3xbf16> to tensor<8x3xf32>
// CHECK: return %[[OUT]]
// F16-LABEL: @forward
// F16: nn.dot {{.*}} -> tensor<8x3xf16>
func.func @forward(%x: tensor<8x4xf32> {nn.name = "x", nn.role = #nn.role<input>},
                   %w: tensor<5x4xf32> {nn.name = "w", nn.role = #nn.role<parameter>},
                   %b: tensor<5xf32> {nn.name = "b", nn.role = #nn.role<parameter>},
                   %v: tensor<3x5xf32> {nn.name = "v", nn.role = #nn.role<parameter>})
    -> (tensor<8x3xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  %0 = nn.dot %x, %w batch [] x [] contract [1] x [1] : tensor<8x4xf32>, tensor<5x4xf32> -> tensor<8x5xf32>
  %1 = nn.broadcast %b [1] : tensor<5xf32> to tensor<8x5xf32>
  %2 = nn.add %0, %1 : tensor<8x5xf32>
  %3 = nn.relu %2 : tensor<8x5xf32>
  %4 = nn.dot %3, %v batch [] x [] contract [1] x [1] : tensor<8x5xf32>, tensor<3x5xf32> -> tensor<8x3xf32>
  return %4 : tensor<8x3xf32>
}

// -----

// A look-up in a table of parameters is kept narrow, the statistics of a norm are
// not, and a softmax reads what its mask is added to in f32. Constants that bf16
// does not hold are not rounded; 2 is one that it holds.
// CHECK-LABEL: @forward
// CHECK: %[[ROWS:.*]] = nn.gather %arg1, %arg0 axis = 0 : tensor<9x4xf32>, tensor<8xi64>
// CHECK: %[[X:.*]] = nn.convert %[[ROWS]] stored : tensor<8x4xf32> to tensor<8x4xbf16>
// CHECK: %[[WIDE:.*]] = nn.convert %[[X]] : tensor<8x4xbf16> to tensor<8x4xf32>
// CHECK: %[[MEAN:.*]] = nn.reduce sum %[[WIDE]] [1] : tensor<8x4xf32>
// CHECK: %[[SPREAD:.*]] = nn.broadcast %[[MEAN]] [0] : tensor<8xf32> to tensor<8x4xf32>
// CHECK: %[[DIFFERENCE:.*]] = nn.sub %[[WIDE]], %[[SPREAD]] : tensor<8x4xf32>
// CHECK: %[[D:.*]] = nn.convert %[[DIFFERENCE]] stored : tensor<8x4xf32> to tensor<8x4xbf16>
// CHECK: nn.constant dense<2.000000e+00> : tensor<8x4xbf16>
// CHECK: %[[TWICE:.*]] = nn.mul %[[D]], %{{.*}} : tensor<8x4xbf16>
// CHECK: %[[SCORES:.*]] = nn.dot %[[TWICE]], %[[TWICE]] {{.*}} -> tensor<8x8xbf16>
// CHECK: %[[WIDES:.*]] = nn.convert %[[SCORES]] : tensor<8x8xbf16> to tensor<8x8xf32>
// CHECK: nn.constant dense<-3.40282347E+38> : tensor<8x8xf32>
// CHECK: %[[MASKED:.*]] = nn.add %[[WIDES]], %{{.*}} : tensor<8x8xf32>
// CHECK: %[[SOFTMAX:.*]] = nn.softmax %[[MASKED]] axis = 1 : tensor<8x8xf32>
// CHECK: %[[P:.*]] = nn.convert %[[SOFTMAX]] stored : tensor<8x8xf32> to tensor<8x8xbf16>
// CHECK: nn.dot %[[P]], %[[TWICE]] {{.*}} -> tensor<8x4xbf16>
// CHECK: nn.convert %{{.*}} : tensor<8x4xbf16> to tensor<8x4xf32>
func.func @forward(%x: tensor<8xi64> {nn.name = "x", nn.role = #nn.role<input>},
                   %t: tensor<9x4xf32> {nn.name = "t", nn.role = #nn.role<parameter>})
    -> (tensor<8x4xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  %0 = nn.gather %t, %x axis = 0 : tensor<9x4xf32>, tensor<8xi64>
  %1 = nn.reduce sum %0 [1] : tensor<8x4xf32>
  %2 = nn.broadcast %1 [0] : tensor<8xf32> to tensor<8x4xf32>
  %3 = nn.sub %0, %2 : tensor<8x4xf32>
  %4 = nn.constant dense<2.0> : tensor<8x4xf32>
  %5 = nn.mul %3, %4 : tensor<8x4xf32>
  %6 = nn.dot %5, %5 batch [] x [] contract [1] x [1] : tensor<8x4xf32>, tensor<8x4xf32> -> tensor<8x8xf32>
  %7 = nn.constant dense<-3.40282347E+38> : tensor<8x8xf32>
  %8 = nn.add %6, %7 : tensor<8x8xf32>
  %9 = nn.softmax %8 axis = 1 : tensor<8x8xf32>
  %10 = nn.dot %9, %5 batch [] x [] contract [1] x [0] : tensor<8x8xf32>, tensor<8x4xf32> -> tensor<8x4xf32>
  return %10 : tensor<8x4xf32>
}

// -----

// What the model itself has in f16, f64 and integers stays.
// CHECK-LABEL: @forward
// CHECK: nn.mul %arg0, %arg0 : tensor<4xf16>
// CHECK: nn.exp %arg1 : tensor<4xf64>
// CHECK: nn.add %arg2, %arg2 : tensor<4xi64>
// F16-LABEL: @forward
// F16: nn.mul %arg0, %arg0 : tensor<4xf16>
// F16-NEXT: nn.exp
func.func @forward(%x: tensor<4xf16> {nn.name = "x", nn.role = #nn.role<input>},
                   %y: tensor<4xf64> {nn.name = "y", nn.role = #nn.role<input>},
                   %z: tensor<4xi64> {nn.name = "z", nn.role = #nn.role<input>})
    -> (tensor<4xf16> {nn.name = "a", nn.role = #nn.role<output>},
        tensor<4xf64> {nn.name = "b", nn.role = #nn.role<output>},
        tensor<4xi64> {nn.name = "c", nn.role = #nn.role<output>}) {
  %0 = nn.mul %x, %x : tensor<4xf16>
  %1 = nn.exp %y : tensor<4xf64>
  %2 = nn.add %z, %z : tensor<4xi64>
  return %0, %1, %2 : tensor<4xf16>, tensor<4xf64>, tensor<4xi64>
}
