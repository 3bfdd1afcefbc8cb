// RUN: dpc-opt %s -dist-annotate="strategy=tensor mesh=tensor=2" -dist-choose-parameters="max-work=1" | FileCheck %s

// A chain of equal matrices, decided together, alternates column and row: every
// second of those that are alike decides on its own.

// CHECK-LABEL: func.func @infer
// CHECK-SAME: #dist.sharding<{{\[}}["tensor"], []]>, nn.name = "w0"
// CHECK-SAME: #dist.sharding<{{\[}}[], ["tensor"]]>, nn.name = "w1"
// CHECK-SAME: #dist.sharding<{{\[}}["tensor"], []]>, nn.name = "w2"
// CHECK-SAME: #dist.sharding<{{\[}}[], ["tensor"]]>, nn.name = "w3"
// CHECK-SAME: #dist.sharding<{{\[}}["tensor"], []]>, nn.name = "w4"
// CHECK-SAME: #dist.sharding<{{\[}}[], ["tensor"]]>, nn.name = "w5"
// CHECK-SAME: #dist.sharding<{{\[}}["tensor"], []]>, nn.name = "w6"
// CHECK-SAME: #dist.sharding<{{\[}}[], ["tensor"]]>, nn.name = "w7"
// CHECK-SAME: #dist.sharding<{{\[}}["tensor"], []]>, nn.name = "w8"
// CHECK-SAME: #dist.sharding<{{\[}}[], ["tensor"]]>, nn.name = "w9"
// CHECK-SAME: #dist.sharding<{{\[}}["tensor"], []]>, nn.name = "w10"
// CHECK-SAME: #dist.sharding<{{\[}}[], ["tensor"]]>, nn.name = "w11"
func.func @infer(%x: tensor<64x256xf32> {nn.batch_dim = 0 : i64, nn.name = "x", nn.role = #nn.role<input>},
                 %w0: tensor<256x256xf32> {nn.name = "w0", nn.role = #nn.role<parameter>},
                 %w1: tensor<256x256xf32> {nn.name = "w1", nn.role = #nn.role<parameter>},
                 %w2: tensor<256x256xf32> {nn.name = "w2", nn.role = #nn.role<parameter>},
                 %w3: tensor<256x256xf32> {nn.name = "w3", nn.role = #nn.role<parameter>},
                 %w4: tensor<256x256xf32> {nn.name = "w4", nn.role = #nn.role<parameter>},
                 %w5: tensor<256x256xf32> {nn.name = "w5", nn.role = #nn.role<parameter>},
                 %w6: tensor<256x256xf32> {nn.name = "w6", nn.role = #nn.role<parameter>},
                 %w7: tensor<256x256xf32> {nn.name = "w7", nn.role = #nn.role<parameter>},
                 %w8: tensor<256x256xf32> {nn.name = "w8", nn.role = #nn.role<parameter>},
                 %w9: tensor<256x256xf32> {nn.name = "w9", nn.role = #nn.role<parameter>},
                 %w10: tensor<256x256xf32> {nn.name = "w10", nn.role = #nn.role<parameter>},
                 %w11: tensor<256x256xf32> {nn.name = "w11", nn.role = #nn.role<parameter>})
    -> (tensor<64x256xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  %0 = nn.dot %x, %w0 batch [] x [] contract [1] x [1] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %1 = nn.relu %0 : tensor<64x256xf32>
  %2 = nn.dot %1, %w1 batch [] x [] contract [1] x [1] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %3 = nn.relu %2 : tensor<64x256xf32>
  %4 = nn.dot %3, %w2 batch [] x [] contract [1] x [1] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %5 = nn.relu %4 : tensor<64x256xf32>
  %6 = nn.dot %5, %w3 batch [] x [] contract [1] x [1] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %7 = nn.relu %6 : tensor<64x256xf32>
  %8 = nn.dot %7, %w4 batch [] x [] contract [1] x [1] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %9 = nn.relu %8 : tensor<64x256xf32>
  %10 = nn.dot %9, %w5 batch [] x [] contract [1] x [1] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %11 = nn.relu %10 : tensor<64x256xf32>
  %12 = nn.dot %11, %w6 batch [] x [] contract [1] x [1] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %13 = nn.relu %12 : tensor<64x256xf32>
  %14 = nn.dot %13, %w7 batch [] x [] contract [1] x [1] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %15 = nn.relu %14 : tensor<64x256xf32>
  %16 = nn.dot %15, %w8 batch [] x [] contract [1] x [1] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %17 = nn.relu %16 : tensor<64x256xf32>
  %18 = nn.dot %17, %w9 batch [] x [] contract [1] x [1] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %19 = nn.relu %18 : tensor<64x256xf32>
  %20 = nn.dot %19, %w10 batch [] x [] contract [1] x [1] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %21 = nn.relu %20 : tensor<64x256xf32>
  %22 = nn.dot %21, %w11 batch [] x [] contract [1] x [1] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %23 = nn.relu %22 : tensor<64x256xf32>
  return %23 : tensor<64x256xf32>
}
