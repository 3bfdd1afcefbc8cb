// RUN: dpc-opt %s -dist-annotate="strategy=tensor mesh=tensor=2" -dist-choose-parameters -dist-propagate -dist-resolve -dist-partition -canonicalize -cse | FileCheck %s

// A bias of positions, learned and masked, is added to the scores of every
// head. It is no stream between blocks: attention comes out by heads, and the
// bias with it. So do the next scores, which come from it.

// CHECK: func.func @infer(
// CHECK-SAME: %arg2: tensor<128x256xf32> {{[^%]*}}nn.name = "wq"
// CHECK-SAME: %arg3: tensor<128x256xf32> {{[^%]*}}nn.name = "wk"
// CHECK-SAME: %arg4: tensor<128x256xf32> {{[^%]*}}nn.name = "wv"
// CHECK-SAME: %arg5: tensor<256x128xf32> {{[^%]*}}nn.name = "wo"
// CHECK-SAME: %arg6: tensor<4x64x64xf32> {{[^%]*}}nn.name = "bias"
// CHECK-NOT: dist.{{(all|reduce)}}
// CHECK: dist.all_reduce{{ *}}sum %{{.*}} over ["tensor"] : tensor<4x64x256xf32>
// CHECK-NOT: dist.{{(all|reduce)}}
// CHECK: dist.all_reduce{{ *}}sum %{{.*}} over ["tensor"] : tensor<4x64x256xf32>
// CHECK-NOT: dist.{{(all|reduce)}}
// CHECK: dist.all_reduce{{ *}}sum %{{.*}} over ["tensor"] : tensor<4x64x256xf32>
// CHECK-NOT: dist.{{(all|reduce)}}
// CHECK: return
func.func @infer(
    %x: tensor<4x64x2xf32> {nn.role = #nn.role<input>, nn.name = "x", nn.batch_dim = 0 : i64},
    %mask: tensor<4x64xf32> {nn.role = #nn.role<input>, nn.name = "mask", nn.batch_dim = 0 : i64},
    %wq: tensor<256x256xf32> {nn.role = #nn.role<parameter>, nn.name = "wq"},
    %wk: tensor<256x256xf32> {nn.role = #nn.role<parameter>, nn.name = "wk"},
    %wv: tensor<256x256xf32> {nn.role = #nn.role<parameter>, nn.name = "wv"},
    %wo: tensor<256x256xf32> {nn.role = #nn.role<parameter>, nn.name = "wo"},
    %bias: tensor<8x64x64xf32> {nn.role = #nn.role<parameter>, nn.name = "bias"},
    %we: tensor<2x256xf32> {nn.role = #nn.role<parameter>, nn.name = "we"},
    %w1: tensor<1024x256xf32> {nn.role = #nn.role<parameter>, nn.name = "w1"},
    %w2: tensor<256x1024xf32> {nn.role = #nn.role<parameter>, nn.name = "w2"})
    -> (tensor<4x64x256xf32> {nn.role = #nn.role<output>, nn.name = "y"}) {
  %bm = nn.broadcast %mask [0, 3] : tensor<4x64xf32> to tensor<4x8x64x64xf32>
  %bb = nn.broadcast %bias [1, 2, 3] : tensor<8x64x64xf32> to tensor<4x8x64x64xf32>
  %b = nn.add %bb, %bm : tensor<4x8x64x64xf32>
  %e = nn.dot %x, %we batch [] x [] contract [2] x [0] : tensor<4x64x2xf32>, tensor<2x256xf32> -> tensor<4x64x256xf32>
  %q = nn.dot %e, %wq batch [] x [] contract [2] x [1] : tensor<4x64x256xf32>, tensor<256x256xf32> -> tensor<4x64x256xf32>
  %k = nn.dot %e, %wk batch [] x [] contract [2] x [1] : tensor<4x64x256xf32>, tensor<256x256xf32> -> tensor<4x64x256xf32>
  %v = nn.dot %e, %wv batch [] x [] contract [2] x [1] : tensor<4x64x256xf32>, tensor<256x256xf32> -> tensor<4x64x256xf32>
  %qh = nn.reshape %q : tensor<4x64x256xf32> to tensor<4x64x8x32xf32>
  %kh = nn.reshape %k : tensor<4x64x256xf32> to tensor<4x64x8x32xf32>
  %vh = nn.reshape %v : tensor<4x64x256xf32> to tensor<4x64x8x32xf32>
  %s = nn.dot %qh, %kh batch [0, 2] x [0, 2] contract [3] x [3] : tensor<4x64x8x32xf32>, tensor<4x64x8x32xf32> -> tensor<4x8x64x64xf32>
  %sb = nn.add %s, %b : tensor<4x8x64x64xf32>
  %p = nn.exp %sb : tensor<4x8x64x64xf32>
  %o = nn.dot %p, %vh batch [0, 1] x [0, 2] contract [3] x [1] : tensor<4x8x64x64xf32>, tensor<4x64x8x32xf32> -> tensor<4x8x64x32xf32>
  %ot = nn.transpose %o [0, 2, 1, 3] : tensor<4x8x64x32xf32>
  %of = nn.reshape %ot : tensor<4x64x8x32xf32> to tensor<4x64x256xf32>
  %a = nn.dot %of, %wo batch [] x [] contract [2] x [1] : tensor<4x64x256xf32>, tensor<256x256xf32> -> tensor<4x64x256xf32>
  %r = nn.add %e, %a : tensor<4x64x256xf32>
  %h = nn.dot %r, %w1 batch [] x [] contract [2] x [1] : tensor<4x64x256xf32>, tensor<1024x256xf32> -> tensor<4x64x1024xf32>
  %g = nn.tanh %h : tensor<4x64x1024xf32>
  %m = nn.dot %g, %w2 batch [] x [] contract [2] x [1] : tensor<4x64x1024xf32>, tensor<256x1024xf32> -> tensor<4x64x256xf32>
  %r2 = nn.add %r, %m : tensor<4x64x256xf32>
  %q_2 = nn.dot %r2, %wq batch [] x [] contract [2] x [1] : tensor<4x64x256xf32>, tensor<256x256xf32> -> tensor<4x64x256xf32>
  %k_2 = nn.dot %r2, %wk batch [] x [] contract [2] x [1] : tensor<4x64x256xf32>, tensor<256x256xf32> -> tensor<4x64x256xf32>
  %v_2 = nn.dot %r2, %wv batch [] x [] contract [2] x [1] : tensor<4x64x256xf32>, tensor<256x256xf32> -> tensor<4x64x256xf32>
  %qh_2 = nn.reshape %q_2 : tensor<4x64x256xf32> to tensor<4x64x8x32xf32>
  %kh_2 = nn.reshape %k_2 : tensor<4x64x256xf32> to tensor<4x64x8x32xf32>
  %vh_2 = nn.reshape %v_2 : tensor<4x64x256xf32> to tensor<4x64x8x32xf32>
  %s_2 = nn.dot %qh_2, %kh_2 batch [0, 2] x [0, 2] contract [3] x [3] : tensor<4x64x8x32xf32>, tensor<4x64x8x32xf32> -> tensor<4x8x64x64xf32>
  %sb_2 = nn.add %s_2, %b : tensor<4x8x64x64xf32>
  %p_2 = nn.exp %sb_2 : tensor<4x8x64x64xf32>
  %o_2 = nn.dot %p_2, %vh_2 batch [0, 1] x [0, 2] contract [3] x [1] : tensor<4x8x64x64xf32>, tensor<4x64x8x32xf32> -> tensor<4x8x64x32xf32>
  %ot_2 = nn.transpose %o_2 [0, 2, 1, 3] : tensor<4x8x64x32xf32>
  %of_2 = nn.reshape %ot_2 : tensor<4x64x8x32xf32> to tensor<4x64x256xf32>
  %a_2 = nn.dot %of_2, %wo batch [] x [] contract [2] x [1] : tensor<4x64x256xf32>, tensor<256x256xf32> -> tensor<4x64x256xf32>
  %r_2 = nn.add %r2, %a_2 : tensor<4x64x256xf32>
  return %r_2 : tensor<4x64x256xf32>
}
