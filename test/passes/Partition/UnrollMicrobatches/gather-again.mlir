// RUN: dpc-opt %s -dist-unroll-microbatches | FileCheck %s --check-prefix=ONCE
// RUN: dpc-opt %s -dist-unroll-microbatches=gather-again=true | FileCheck %s --check-prefix=AGAIN

// A parameter that is stored in parts is gathered once, and whole for all
// microbatches, or once for each. The gather of a result is not made again.
// ONCE: dist.all_gather %arg1
// ONCE-NOT: dist.all_gather %arg1
// ONCE: dist.all_gather
// ONCE-NOT: dist.all_gather
// AGAIN: %[[X0:.*]] = nn.slice %arg0
// AGAIN: %[[X1:.*]] = nn.slice %arg0
// AGAIN: %[[W0:.*]] = dist.all_gather %arg1
// AGAIN-NEXT: %[[Y0:.*]] = nn.mul %[[X0]], %[[W0]]
// AGAIN-NEXT: %[[W1:.*]] = dist.all_gather %arg1
// AGAIN-NEXT: %[[Y1:.*]] = nn.mul %[[X1]], %[[W1]]
// AGAIN-NEXT: nn.add %[[Y0]], %[[Y1]]
// AGAIN: dist.all_gather
// AGAIN-NOT: dist.all_gather
dist.mesh @mesh ["data" = 2, "microbatch" = 2]
func.func @train(%x: tensor<2x4xf32> {dist.sharding = #dist.sharding<[["data", "microbatch"], []]>, dist.global_type = tensor<8x4xf32>},
                 %w: tensor<1x4xf32> {dist.sharding = #dist.sharding<[["data"], []]>, dist.global_type = tensor<2x4xf32>}) -> tensor<4x4xf32> {
  %g = dist.all_gather %w dim = 0 over ["data"] : tensor<1x4xf32> to tensor<2x4xf32>
  %y = nn.mul %x, %g : tensor<2x4xf32>
  %s = dist.all_reduce sum %y over ["microbatch"] : tensor<2x4xf32>
  %n = nn.neg %s : tensor<2x4xf32>
  %r = dist.all_gather %n dim = 0 over ["data"] : tensor<2x4xf32> to tensor<4x4xf32>
  return %r : tensor<4x4xf32>
}
