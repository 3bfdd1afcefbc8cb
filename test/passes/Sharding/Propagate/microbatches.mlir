// RUN: dpc-opt %s -dist-propagate | FileCheck %s

// A pin says nothing about microbatches. Where their axis comes first, it comes
// before what the pin says, on the way from the arguments on, and the program
// never gathers them: not where a smaller value has them and the larger one is
// pinned (%1, %2), nor for what has no rows of its own (%b).
dist.mesh @mesh ["expert" = 2, "microbatch" = 2] {dist.microbatch_parts = 2 : i64}

// CHECK-LABEL: @pinned
func.func @pinned(
    %x: tensor<8x3xi1> {nn.name = "x", nn.role = #nn.role<input>, dist.sharding = #dist.sharding<[["microbatch", "expert"], []]>},
    %bias: tensor<3xf32> {nn.name = "b", nn.role = #nn.role<parameter>, dist.sharding = #dist.sharding<[[]]>})
    -> tensor<3xf32> {
  // CHECK: nn.convert {{.*}}dist.shardings = [#dist.sharding<{{\[}}["microbatch", "expert"], []]>]
  %1 = nn.convert %x : tensor<8x3xi1> to tensor<8x3xf32>
  // CHECK: dist.reshard {{.*}} from <{{\[}}["microbatch", "expert"], []]> to <{{\[}}["microbatch", "expert"], []]>
  %2 = dist.reshard %1 from <[["expert"], []]> to <[["expert"], []]> {dist.pinned_axes = ["expert"]} : tensor<8x3xf32>
  // CHECK: nn.broadcast {{.*}}dist.shardings = [#dist.sharding<{{\[}}["microbatch", "expert"], []]>]
  %b = nn.broadcast %bias [1] : tensor<3xf32> to tensor<8x3xf32>
  // CHECK: nn.add {{.*}}dist.shardings = [#dist.sharding<{{\[}}["microbatch", "expert"], []]>]
  %3 = nn.add %2, %b : tensor<8x3xf32>
  // CHECK: dist.reshard {{.*}} to <{{\[}}["microbatch", "expert"], []]>
  %4 = dist.reshard %3 from <[["expert"], []]> to <[["expert"], []]> {dist.pinned_axes = ["expert"]} : tensor<8x3xf32>
  %5 = nn.reduce sum %4 [0] : tensor<8x3xf32>
  return %5 : tensor<3xf32>
}
