// RUN: dpc-opt %s -dist-propagate | FileCheck %s

dist.mesh @mesh ["data" = 2]

// Both operands are as large. If the first leads, the second and the result must
// be exchanged; if the second leads, only the first.
// CHECK-LABEL: @result_decides
func.func @result_decides(
    %a: tensor<64x64xf32> {dist.sharding = #dist.sharding<[["data"], []]>},
    %b: tensor<64x64xf32> {dist.sharding = #dist.sharding<[[], ["data"]]>})
    -> (tensor<64x64xf32> {dist.sharding = #dist.sharding<[[], ["data"]]>}) {
  // CHECK: nn.add
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[], ["data"]]>, #dist.sharding<{{\[}}[], ["data"]]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}[], ["data"]]>]
  %0 = nn.add %a, %b : tensor<64x64xf32>
  return %0 : tensor<64x64xf32>
}

// Of equal costs, the first operand leads.
// CHECK-LABEL: @tie
func.func @tie(
    %a: tensor<64x64xf32> {dist.sharding = #dist.sharding<[["data"], []]>},
    %b: tensor<64x64xf32> {dist.sharding = #dist.sharding<[[], ["data"]]>})
    -> (tensor<64x64xf32> {dist.sharding = #dist.sharding<[[], []]>}) {
  // CHECK: nn.add
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}["data"], []]>]
  %0 = nn.add %a, %b : tensor<64x64xf32>
  return %0 : tensor<64x64xf32>
}

// The larger value yields if it can be exchanged for less than the smaller one
// must be reduced for: splitting the contraction leaves a large partial sum.
// CHECK-LABEL: @partial
func.func @partial(
    %a: tensor<256x260xf32> {dist.sharding = #dist.sharding<[[], ["data"]]>},
    %b: tensor<256x260xf32> {dist.sharding = #dist.sharding<[["data"], []]>})
    -> (tensor<256x256xf32> {dist.sharding = #dist.sharding<[[], ["data"]]>}) {
  // CHECK: nn.dot
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[], []]>, #dist.sharding<{{\[}}["data"], []]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}[], ["data"]]>]
  %0 = nn.dot %a, %b batch [] x [] contract [1] x [1] : tensor<256x260xf32>, tensor<256x260xf32> -> tensor<256x256xf32>
  return %0 : tensor<256x256xf32>
}
