// RUN: dpc-opt %s -dist-annotate="strategy=tensor mesh=tensor=2" -dist-choose-parameters -dist-propagate -dist-resolve -dist-partition -canonicalize -cse | FileCheck %s
// RUN: dpc-opt %s -dist-annotate="strategy=tensor mesh=tensor=3" -dist-choose-parameters -dist-propagate -dist-resolve -dist-partition -canonicalize -cse | FileCheck %s --check-prefix=UNEVEN

// A transformer block comes out by heads, then by column and row: two
// all_reduces. The vocabulary is split too, and of the logits only their sum is
// reduced.

// CHECK: func.func @infer(
// CHECK-SAME: %arg1: tensor<256x128xf32> {{[^%]*}}nn.name = "wq"
// CHECK-SAME: %arg2: tensor<256x128xf32> {{[^%]*}}nn.name = "wk"
// CHECK-SAME: %arg3: tensor<256x128xf32> {{[^%]*}}nn.name = "wv"
// CHECK-SAME: %arg4: tensor<128x256xf32> {{[^%]*}}nn.name = "wo"
// CHECK-SAME: %arg5: tensor<256x512xf32> {{[^%]*}}nn.name = "w1"
// CHECK-SAME: %arg6: tensor<512x256xf32> {{[^%]*}}nn.name = "w2"
// CHECK-SAME: %arg7: tensor<500x256xf32> {{[^%]*}}nn.name = "emb"
// CHECK-NOT: dist.{{(all|reduce)}}
// CHECK: dist.all_reduce{{ *}}sum %{{.*}} over ["tensor"] : tensor<4x64x256xf32>
// CHECK-NOT: dist.{{(all|reduce)}}
// CHECK: dist.all_reduce{{ *}}sum %{{.*}} over ["tensor"] : tensor<4x64x256xf32>
// CHECK-NOT: dist.{{(all|reduce)}}
// CHECK: dist.all_reduce{{ *}}sum %{{.*}} over ["tensor"] : tensor<4x64xf32>
// CHECK-NOT: dist.{{(all|reduce)}}
// CHECK: return

// 1000 words do not divide by 3; the logits stay split all the same.
// UNEVEN: tensor<334x256xf32> {{[^%]*}}nn.name = "emb"
// UNEVEN-NOT: tensor<4x64x1000xf32>
func.func @infer(
    %x: tensor<4x64x256xf32> {nn.role = #nn.role<input>, nn.name = "x", nn.batch_dim = 0 : i64},
    %wq: tensor<256x256xf32> {nn.role = #nn.role<parameter>, nn.name = "wq"},
%wk: tensor<256x256xf32> {nn.role = #nn.role<parameter>, nn.name = "wk"},
%wv: tensor<256x256xf32> {nn.role = #nn.role<parameter>, nn.name = "wv"},
    %wo: tensor<256x256xf32> {nn.role = #nn.role<parameter>, nn.name = "wo"},
    %w1: tensor<256x1024xf32> {nn.role = #nn.role<parameter>, nn.name = "w1"},
    %w2: tensor<1024x256xf32> {nn.role = #nn.role<parameter>, nn.name = "w2"},
    %emb: tensor<1000x256xf32> {nn.role = #nn.role<parameter>, nn.name = "emb"})
    -> (tensor<4x64xf32> {nn.role = #nn.role<output>, nn.name = "y"}) {
  %q = nn.dot %x, %wq batch [] x [] contract [2] x [0] : tensor<4x64x256xf32>, tensor<256x256xf32> -> tensor<4x64x256xf32>
  %k = nn.dot %x, %wk batch [] x [] contract [2] x [0] : tensor<4x64x256xf32>, tensor<256x256xf32> -> tensor<4x64x256xf32>
  %v = nn.dot %x, %wv batch [] x [] contract [2] x [0] : tensor<4x64x256xf32>, tensor<256x256xf32> -> tensor<4x64x256xf32>
  %qh = nn.reshape %q : tensor<4x64x256xf32> to tensor<4x64x8x32xf32>
  %kh = nn.reshape %k : tensor<4x64x256xf32> to tensor<4x64x8x32xf32>
  %vh = nn.reshape %v : tensor<4x64x256xf32> to tensor<4x64x8x32xf32>
  %s = nn.dot %qh, %kh batch [0, 2] x [0, 2] contract [3] x [3] : tensor<4x64x8x32xf32>, tensor<4x64x8x32xf32> -> tensor<4x8x64x64xf32>
  %p = nn.exp %s : tensor<4x8x64x64xf32>
  %o = nn.dot %p, %vh batch [0, 1] x [0, 2] contract [3] x [1] : tensor<4x8x64x64xf32>, tensor<4x64x8x32xf32> -> tensor<4x8x64x32xf32>
  %ot = nn.transpose %o [0, 2, 1, 3] : tensor<4x8x64x32xf32>
  %of = nn.reshape %ot : tensor<4x64x8x32xf32> to tensor<4x64x256xf32>
  %a = nn.dot %of, %wo batch [] x [] contract [2] x [0] : tensor<4x64x256xf32>, tensor<256x256xf32> -> tensor<4x64x256xf32>
  %r = nn.add %x, %a : tensor<4x64x256xf32>
  %h = nn.dot %r, %w1 batch [] x [] contract [2] x [0] : tensor<4x64x256xf32>, tensor<256x1024xf32> -> tensor<4x64x1024xf32>
  %g = nn.tanh %h : tensor<4x64x1024xf32>
  %m = nn.dot %g, %w2 batch [] x [] contract [2] x [0] : tensor<4x64x1024xf32>, tensor<1024x256xf32> -> tensor<4x64x256xf32>
  %r2 = nn.add %r, %m : tensor<4x64x256xf32>
  %l = nn.dot %r2, %emb batch [] x [] contract [2] x [1] : tensor<4x64x256xf32>, tensor<1000x256xf32> -> tensor<4x64x1000xf32>
  %e = nn.exp %l : tensor<4x64x1000xf32>
  %z = nn.reduce sum %e [2] : tensor<4x64x1000xf32>
  return %z : tensor<4x64xf32>
}
