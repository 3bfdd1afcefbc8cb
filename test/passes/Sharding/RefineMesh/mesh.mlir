// RUN: dpc-opt %s -dist-refine-mesh -split-input-file -verify-diagnostics | FileCheck %s

// What layouts name is cut off; what was whole is split over all parts, in order.

// CHECK: dist.mesh @mesh ["data" = 2, "tensor:(1)2" = 2, "tensor:(2)2" = 2, "tensor:(4)3" = 3]
dist.mesh @mesh ["data" = 2, "tensor" = 12]
// CHECK: func.func @train
// CHECK-SAME: %arg0: tensor<12x12xf32> {dist.sharding = #dist.sharding<{{\[}}["data"], ["tensor:(1)2", "tensor:(2)2", "tensor:(4)3"]]>}
// CHECK-SAME: %arg1: tensor<12x12xf32> {dist.pinned_axes = ["data", "tensor:(1)2", "tensor:(2)2", "tensor:(4)3"]
// CHECK-SAME: dist.sharding = #dist.sharding<{{\[}}["tensor:(2)2"], ["tensor:(1)2"]]>
func.func @train(%x: tensor<12x12xf32> {dist.sharding = #dist.sharding<[["data"], ["tensor"]]>},
                 %w: tensor<12x12xf32> {dist.pinned_axes = ["data", "tensor"],
                                        dist.sharding = #dist.sharding<[["tensor:(2)2"], ["tensor:(1)2"]]>})
    -> (tensor<12x12xf32> {dist.sharding = #dist.sharding<[["tensor:(2)6"], []]>}) {
  // CHECK: dist.reshard %arg0 from <{{\[}}["tensor:(1)2", "tensor:(2)2"], []]> to <{{\[}}["tensor:(1)2", "tensor:(2)2"], []]> {dist.pinned_axes = ["tensor:(1)2", "tensor:(2)2", "tensor:(4)3"]}
  %0 = dist.reshard %x from <[["tensor:(1)4"], []]> to <[["tensor:(1)4"], []]> {dist.pinned_axes = ["tensor"]} : tensor<12x12xf32>
  return %0 : tensor<12x12xf32>
}

// -----

// Nothing is named, and nothing is searched for.
// CHECK: dist.mesh @mesh ["tensor" = 4]
dist.mesh @mesh ["tensor" = 4]
func.func @train(%w: tensor<2x8xf32> {nn.role = #nn.role<parameter>}) {
  return
}

// -----

// Two heads would leave two of four ranks idle, and 6 of 8 two.
module attributes {dist.strategy = #dist.strategy<tensor>} {
// CHECK: dist.mesh @mesh ["tensor:(1)2" = 2, "tensor:(2)4" = 4]
dist.mesh @mesh ["tensor" = 8]
func.func @train(%x: tensor<4x8xf32> {nn.role = #nn.role<input>, nn.batch_dim = 0},
                 %w: tensor<8x6x16xf32> {nn.role = #nn.role<parameter>}) -> tensor<4x6x16xf32> {
  %0 = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<4x8xf32>, tensor<8x6x16xf32> -> tensor<4x6x16xf32>
  return %0 : tensor<4x6x16xf32>
}
}

// -----

// 10 over 4 are 3, 3, 3 and 1; 5 have no divisor in common with 4: no cut.
module attributes {dist.strategy = #dist.strategy<tensor>} {
// CHECK: dist.mesh @mesh ["tensor" = 4]
dist.mesh @mesh ["tensor" = 4]
func.func @train(%x: tensor<2x8xf32> {nn.role = #nn.role<input>, nn.batch_dim = 0},
                 %w: tensor<8x10x5xf32> {nn.role = #nn.role<parameter>}) -> tensor<2x10x5xf32> {
  %0 = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<2x8xf32>, tensor<8x10x5xf32> -> tensor<2x10x5xf32>
  return %0 : tensor<2x10x5xf32>
}
}

// -----

// Cuts divide one another.
// expected-error @unknown {{axis 'tensor' of 6 ranks cannot be cut at 3 for 'tensor:(1)3', because other constraints cut it at 2; name parts that divide one another}}
dist.mesh @mesh ["tensor" = 6]
func.func @train(%x: tensor<6xf32> {dist.sharding = #dist.sharding<[["tensor:(1)2"]]>},
                 %y: tensor<6xf32> {dist.sharding = #dist.sharding<[["tensor:(1)3"]]>}) {
  return
}
