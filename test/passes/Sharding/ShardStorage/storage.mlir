// RUN: dpc-opt %s -dist-shard-storage="level=1" | FileCheck %s --check-prefix=ONE
// RUN: dpc-opt %s -dist-shard-storage="level=3" | FileCheck %s --check-prefix=THREE
// RUN: dpc-opt %s -dist-shard-storage | FileCheck %s --check-prefix=ZERO
// RUN: dpc-opt %s -dist-shard-storage="level=3" -dist-propagate -dist-resolve | FileCheck %s --check-prefix=RESOLVED

// ZERO-NOT: dist.reshard

dist.mesh @mesh ["data" = 4]

// 10x7 over 4 is 3x7 or 10x2, of which the columns are less. The transposed weight
// is made again in the backward pass, which gathers it for itself.
// ONE-LABEL: @train
// ONE-SAME: %[[W:[^:]*]]: tensor<10x7xf32> {dist.sharding = #dist.sharding<{{\[}}[], []]>, nn.name = "w"
// ONE-SAME: %{{[^:]*}}: tensor<10x7xf32> {dist.sharding = #dist.sharding<{{\[}}[], ["data"]]>, nn.name = "w.momentum"
// ONE-NOT: dist.reshard
// ONE: %[[NEW:.*]] = nn.sub
// ONE-NEXT: %[[ALL:.*]] = dist.reshard %[[NEW]] from <{{\[}}[], ["data"]]> to <{{\[}}[], []]> {nn.phase = #nn.phase<update>}
// ONE-NEXT: return %{{.*}}, %[[ALL]],
// THREE-LABEL: @train
// THREE-SAME: %[[W:[^:]*]]: tensor<10x7xf32> {dist.sharding = #dist.sharding<{{\[}}[], ["data"]]>, nn.name = "w"
// THREE: %[[F:.*]] = dist.reshard %[[W]] from <{{\[}}[], ["data"]]> to <{{\[}}[], []]> : tensor
// THREE-NEXT: %[[FT:.*]] = nn.transpose %[[F]]
// THREE-NEXT: nn.dot %{{.*}}, %[[FT]]
// THREE: %[[B:.*]] = dist.reshard %[[W]] {{.*}} {nn.phase = #nn.phase<backward>}
// THREE-NEXT: %[[BT:.*]] = nn.transpose %[[B]] [1, 0] {nn.phase = #nn.phase<backward>}
// THREE-NEXT: %[[DY:.*]] = nn.dot %{{.*}}, %[[BT]]
// THREE: nn.sub %[[W]],
// THREE-NOT: dist.reshard
// THREE: return
// The gradient is reduced to parts.
// RESOLVED: dist.reshard %{{.*}} from <{{\[}}[], []], partial = sum ["data"]> to <{{\[}}[], ["data"]]> {dist.reason = "{{.*}}", nn.phase = #nn.phase<backward>}
// RESOLVED-NOT: dist.reshard
// RESOLVED: return
func.func @train(
    %x: tensor<8x7xf32> {dist.sharding = #dist.sharding<[["data"], []]>, nn.name = "x", nn.role = #nn.role<input>},
    %w: tensor<10x7xf32> {dist.sharding = #dist.sharding<[[], []]>, nn.name = "w", nn.role = #nn.role<parameter>},
    %m: tensor<10x7xf32> {dist.sharding = #dist.sharding<[[], []]>, nn.name = "w.momentum", nn.role = #nn.role<state>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<10x7xf32> {dist.sharding = #dist.sharding<[[], []]>, nn.name = "w", nn.role = #nn.role<parameter>},
        tensor<10x7xf32> {dist.sharding = #dist.sharding<[[], []]>, nn.name = "w.momentum", nn.role = #nn.role<state>}) {
  %t = nn.transpose %w [1, 0] : tensor<10x7xf32>
  %y = nn.dot %x, %t batch [] x [] contract [1] x [0] : tensor<8x7xf32>, tensor<7x10xf32> -> tensor<8x10xf32>
  %l = nn.reduce sum %y [0, 1] : tensor<8x10xf32>
  %d = nn.dot %y, %t batch [] x [] contract [1] x [1] {nn.phase = #nn.phase<backward>} : tensor<8x10xf32>, tensor<7x10xf32> -> tensor<8x7xf32>
  %g = nn.dot %y, %d batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<8x10xf32>, tensor<8x7xf32> -> tensor<10x7xf32>
  %n = nn.add %m, %g {nn.phase = #nn.phase<update>} : tensor<10x7xf32>
  %u = nn.sub %w, %n {nn.phase = #nn.phase<update>} : tensor<10x7xf32>
  return %l, %u, %n : tensor<f32>, tensor<10x7xf32>, tensor<10x7xf32>
}
