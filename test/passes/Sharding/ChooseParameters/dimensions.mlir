// RUN: dpc-opt %s -dist-annotate="strategy=hybrid mesh=data=2,tensor=4" -dist-choose-parameters | FileCheck %s

// What may be split: the inner features of the blocks and the heads, here even 6
// on 4 ranks. Not the sequence, which a table of positions has as well; not the
// stream between the blocks, which every block adds to; not the features that
// query and key are multiplied over; not the three of one projection, which are
// cut apart.

// CHECK: func.func @infer(
// CHECK-SAME: #dist.sharding<{{\[\[\], \[\]\]}}>, nn.name = "positions"
// CHECK-SAME: #dist.sharding<{{\[\[\], \["tensor"\], \[\], \[\]\]}}>, nn.name = "qkv"
// CHECK-SAME: #dist.sharding<{{\[\["tensor"\], \[\], \[\]\]}}>, nn.name = "out"
// CHECK-SAME: #dist.sharding<{{\[\[\], \["tensor"\]\]}}>, nn.name = "up"
// CHECK-SAME: #dist.sharding<{{\[\["tensor"\], \[\]\]}}>, nn.name = "down"
func.func @infer(
    %x: tensor<8x64x192xf32> {nn.role = #nn.role<input>, nn.name = "x", nn.batch_dim = 0 : i64},
    %pos: tensor<64x192xf32> {nn.role = #nn.role<parameter>, nn.name = "positions"},
    %qkv: tensor<3x6x32x192xf32> {nn.role = #nn.role<parameter>, nn.name = "qkv"},
    %out: tensor<6x32x192xf32> {nn.role = #nn.role<parameter>, nn.name = "out"},
    %up: tensor<192x768xf32> {nn.role = #nn.role<parameter>, nn.name = "up"},
    %down: tensor<768x192xf32> {nn.role = #nn.role<parameter>, nn.name = "down"})
    -> (tensor<8x64x192xf32> {nn.role = #nn.role<output>, nn.name = "y"}) {
  %0 = nn.broadcast %pos [1, 2] : tensor<64x192xf32> to tensor<8x64x192xf32>
  %h = nn.add %x, %0 : tensor<8x64x192xf32>
  %1 = nn.dot %h, %qkv batch [] x [] contract [2] x [3] : tensor<8x64x192xf32>, tensor<3x6x32x192xf32> -> tensor<8x64x3x6x32xf32>
  %2 = nn.slice %1 [0, 0, 0, 0, 0] to [8, 64, 1, 6, 32] step [1, 1, 1, 1, 1] : tensor<8x64x3x6x32xf32>
  %3 = nn.slice %1 [0, 0, 1, 0, 0] to [8, 64, 2, 6, 32] step [1, 1, 1, 1, 1] : tensor<8x64x3x6x32xf32>
  %4 = nn.slice %1 [0, 0, 2, 0, 0] to [8, 64, 3, 6, 32] step [1, 1, 1, 1, 1] : tensor<8x64x3x6x32xf32>
  %q = nn.reshape %2 : tensor<8x64x1x6x32xf32> to tensor<8x64x6x32xf32>
  %k = nn.reshape %3 : tensor<8x64x1x6x32xf32> to tensor<8x64x6x32xf32>
  %v = nn.reshape %4 : tensor<8x64x1x6x32xf32> to tensor<8x64x6x32xf32>
  %s = nn.dot %q, %k batch [0, 2] x [0, 2] contract [3] x [3] : tensor<8x64x6x32xf32>, tensor<8x64x6x32xf32> -> tensor<8x6x64x64xf32>
  %e = nn.exp %s : tensor<8x6x64x64xf32>
  %c = nn.dot %e, %v batch [0, 1] x [0, 2] contract [3] x [1] : tensor<8x6x64x64xf32>, tensor<8x64x6x32xf32> -> tensor<8x6x64x32xf32>
  %a = nn.dot %c, %out batch [] x [] contract [1, 3] x [0, 1] : tensor<8x6x64x32xf32>, tensor<6x32x192xf32> -> tensor<8x64x192xf32>
  %h1 = nn.add %h, %a : tensor<8x64x192xf32>
  %u = nn.dot %h1, %up batch [] x [] contract [2] x [0] : tensor<8x64x192xf32>, tensor<192x768xf32> -> tensor<8x64x768xf32>
  %r = nn.relu %u : tensor<8x64x768xf32>
  %d = nn.dot %r, %down batch [] x [] contract [2] x [0] : tensor<8x64x768xf32>, tensor<768x192xf32> -> tensor<8x64x192xf32>
  %y = nn.add %h1, %d : tensor<8x64x192xf32>
  return %y : tensor<8x64x192xf32>
}
