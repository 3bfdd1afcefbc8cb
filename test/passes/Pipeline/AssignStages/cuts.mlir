// Pieces are of balanced cost, not of equal length; among cuts that are about
// as good, the one that sends the least wins; no piece is empty.

// RUN: dpc-opt %s -split-input-file -pipeline-assign-stages | FileCheck %s

dist.mesh @mesh ["pipe" = 2]

// The first product is as heavy as the other four.
// CHECK-LABEL: func.func @uneven
func.func @uneven(
    %x: tensor<8x512xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %a: tensor<512x256xf32> {nn.name = "a", nn.role = #nn.role<parameter>},
    %b: tensor<256x128xf32> {nn.name = "b", nn.role = #nn.role<parameter>},
    %c: tensor<128x256xf32> {nn.name = "c", nn.role = #nn.role<parameter>},
    %d: tensor<256x128xf32> {nn.name = "d", nn.role = #nn.role<parameter>},
    %e: tensor<128x256xf32> {nn.name = "e", nn.role = #nn.role<parameter>})
    -> (tensor<8x256xf32> {nn.name = "y", nn.role = #nn.role<output>})
    attributes {nn.program = "infer"} {
  // CHECK: nn.dot {{.*}} {dist.piece = 0 : i64}
  // CHECK: nn.dot {{.*}} {dist.piece = 1 : i64}
  // CHECK: nn.dot {{.*}} {dist.piece = 1 : i64}
  // CHECK: nn.dot {{.*}} {dist.piece = 1 : i64}
  // CHECK: nn.dot {{.*}} {dist.piece = 1 : i64}
  %1 = nn.dot %x, %a batch [] x [] contract [1] x [0] : tensor<8x512xf32>, tensor<512x256xf32> -> tensor<8x256xf32>
  %2 = nn.dot %1, %b batch [] x [] contract [1] x [0] : tensor<8x256xf32>, tensor<256x128xf32> -> tensor<8x128xf32>
  %3 = nn.dot %2, %c batch [] x [] contract [1] x [0] : tensor<8x128xf32>, tensor<128x256xf32> -> tensor<8x256xf32>
  %4 = nn.dot %3, %d batch [] x [] contract [1] x [0] : tensor<8x256xf32>, tensor<256x128xf32> -> tensor<8x128xf32>
  %5 = nn.dot %4, %e batch [] x [] contract [1] x [0] : tensor<8x128xf32>, tensor<128x256xf32> -> tensor<8x256xf32>
  return %5 : tensor<8x256xf32>
}

// -----

dist.mesh @mesh ["pipe" = 2]

// Cuts around the sums send 64 numbers, others 64 x 256; of the two with equal
// messages, the first. Cutting behind nn.exp would be better balanced by less
// than a thousandth.
// CHECK-LABEL: func.func @narrow
func.func @narrow(
    %x: tensor<64x256xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %a: tensor<256x256xf32> {nn.name = "a", nn.role = #nn.role<parameter>},
    %b: tensor<256x256xf32> {nn.name = "b", nn.role = #nn.role<parameter>})
    -> (tensor<64x256xf32> {nn.name = "y", nn.role = #nn.role<output>})
    attributes {nn.program = "infer"} {
  // CHECK: nn.dot {{.*}} {dist.piece = 0 : i64}
  // CHECK: nn.reduce {{.*}} {dist.piece = 0 : i64}
  // CHECK: nn.exp {{.*}} {dist.piece = 1 : i64}
  // CHECK: nn.broadcast {{.*}} {dist.piece = 1 : i64}
  // CHECK: nn.dot {{.*}} {dist.piece = 1 : i64}
  %1 = nn.dot %x, %a batch [] x [] contract [1] x [0] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %2 = nn.reduce sum %1 [1] : tensor<64x256xf32> loc("sum")
  %3 = nn.exp %2 : tensor<64xf32> loc("exp")
  %4 = nn.broadcast %3 [0] : tensor<64xf32> to tensor<64x256xf32> loc("broadcast")
  %5 = nn.dot %4, %b batch [] x [] contract [1] x [0] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  return %5 : tensor<64x256xf32>
}

// -----

dist.mesh @mesh ["pipe" = 3]

// As many ops as pieces, though one has nearly all of the work.
// CHECK-LABEL: func.func @full
func.func @full(
    %x: tensor<64x256xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %a: tensor<256x256xf32> {nn.name = "a", nn.role = #nn.role<parameter>})
    -> (tensor<64x256xf32> {nn.name = "y", nn.role = #nn.role<output>})
    attributes {nn.program = "infer"} {
  // CHECK: nn.dot {{.*}} {dist.piece = 0 : i64}
  // CHECK: nn.neg {{.*}} {dist.piece = 1 : i64}
  // CHECK: nn.exp {{.*}} {dist.piece = 2 : i64}
  %1 = nn.dot %x, %a batch [] x [] contract [1] x [0] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %2 = nn.neg %1 : tensor<64x256xf32>
  %3 = nn.exp %2 : tensor<64x256xf32>
  return %3 : tensor<64x256xf32>
}
