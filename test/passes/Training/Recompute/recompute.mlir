// RUN: dpc-opt %s -nn-recompute=mode=full | FileCheck %s --check-prefix=FULL
// RUN: dpc-opt %s -nn-recompute=mode=selective | FileCheck %s --check-prefix=SELECTIVE
// RUN: dpc-opt %s -nn-recompute=mode=none | FileCheck %s --check-prefix=NONE
// RUN: dpc-opt %s -nn-recompute=mode=full -canonicalize -cse -nn-share-across-phases | FileCheck %s --check-prefix=SHARED
// RUN: not dpc-opt %s -nn-recompute=mode=some 2>&1 | FileCheck %s --check-prefix=ERROR

// Values of one size: three segments, of which the last is still there. What crosses
// a cut is kept; the copies stand where they are used first, the last segment first.
// FULL: %[[T:.*]] = nn.transpose
// FULL: %[[H0:.*]] = nn.dot %arg0, %[[T]]
// FULL-NEXT: %[[H1:.*]] = nn.tanh %[[H0]]
// FULL-NEXT: %[[H2:.*]] = nn.tanh %[[H1]]
// FULL-NEXT: %[[H3:.*]] = nn.tanh %[[H2]]
// FULL-NEXT: %[[H4:.*]] = nn.tanh %[[H3]]
// FULL-NEXT: %[[H5:.*]] = nn.tanh %[[H4]]
// FULL-NEXT: %[[H6:.*]] = nn.tanh %[[H5]]
// FULL-NEXT: %[[H7:.*]] = nn.tanh %[[H6]]
// FULL-NEXT: %[[H8:.*]] = nn.tanh %[[H7]]
// FULL: nn.mul %[[H8]], %[[H8]]
// FULL-NEXT: nn.mul %{{.*}}, %[[H7]]
// FULL-NEXT: nn.mul %{{.*}}, %[[H6]]
// FULL-NEXT: %[[KEPT:.*]] = nn.barrier %[[H3]] {nn.phase = #nn.phase<backward>}
// FULL-NEXT: %[[A4:.*]] = nn.tanh %[[KEPT]] {nn.phase = #nn.phase<backward>}
// FULL-NEXT: %[[A5:.*]] = nn.tanh %[[A4]]
// FULL-NEXT: %[[G:.*]] = nn.mul %{{.*}}, %[[A5]]
// FULL-NEXT: nn.mul %[[G]], %[[A4]]
// FULL-NEXT: nn.mul %{{.*}}, %[[H3]]
// Data are kept anyway, and what parameters alone make.
// FULL-NEXT: %[[X:.*]] = nn.barrier %arg0
// FULL-NEXT: %[[A0:.*]] = nn.dot %[[X]], %[[T]]
// FULL-NEXT: %[[A1:.*]] = nn.tanh %[[A0]]
// FULL-NEXT: %[[A2:.*]] = nn.tanh %[[A1]]
// FULL-NEXT: nn.mul %{{.*}}, %[[A2]]
// FULL-NEXT: nn.mul %{{.*}}, %[[A1]]
// FULL-NEXT: nn.dot

// The dot has many flops per byte. Of the values from which all others follow, the
// last is kept.
// SELECTIVE: %[[H0:.*]] = nn.dot
// SELECTIVE-NEXT: %[[H1:.*]] = nn.tanh %[[H0]]
// SELECTIVE: nn.reduce
// SELECTIVE-NEXT: %[[KEPT:.*]] = nn.barrier %[[H1]]
// SELECTIVE-NEXT: nn.tanh %[[KEPT]] {nn.phase = #nn.phase<backward>}
// SELECTIVE-COUNT-6: nn.tanh
// SELECTIVE-NOT: nn.tanh
// SELECTIVE: nn.mul %{{.*}}, %[[H1]]
// SELECTIVE-NEXT: nn.dot

// NONE-COUNT-8: nn.tanh
// NONE-NOT: nn.tanh
// NONE-NOT: nn.barrier

// Nobody takes the copies for common subexpressions, and the barriers go.
// SHARED-NOT: nn.barrier
// SHARED: nn.dot
// SHARED-COUNT-8: nn.tanh
// SHARED: nn.tanh %{{.*}} {nn.phase = #nn.phase<backward>}
// SHARED-NOT: nn.barrier
// SHARED: nn.dot
// SHARED-NEXT: nn.tanh %{{.*}} {nn.phase = #nn.phase<backward>}

// ERROR: unknown recomputation 'some'; use none, selective or full

func.func @train(%x: tensor<4x8xf32> {nn.name = "x", nn.role = #nn.role<input>},
                 %w: tensor<8x8xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<8x8xf32> {nn.name = "w", nn.role = #nn.role<gradient>})
    attributes {nn.program = "train"} {
  %t = nn.transpose %w [1, 0] : tensor<8x8xf32>
  %h0 = nn.dot %x, %t batch [] x [] contract [1] x [0] : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %h1 = nn.tanh %h0 : tensor<4x8xf32>
  %h2 = nn.tanh %h1 : tensor<4x8xf32>
  %h3 = nn.tanh %h2 : tensor<4x8xf32>
  %h4 = nn.tanh %h3 : tensor<4x8xf32>
  %h5 = nn.tanh %h4 : tensor<4x8xf32>
  %h6 = nn.tanh %h5 : tensor<4x8xf32>
  %h7 = nn.tanh %h6 : tensor<4x8xf32>
  %h8 = nn.tanh %h7 : tensor<4x8xf32>
  %loss = nn.reduce sum %h8 [0, 1] : tensor<4x8xf32>
  %g8 = nn.mul %h8, %h8 {nn.phase = #nn.phase<backward>} : tensor<4x8xf32>
  %g7 = nn.mul %g8, %h7 {nn.phase = #nn.phase<backward>} : tensor<4x8xf32>
  %g6 = nn.mul %g7, %h6 {nn.phase = #nn.phase<backward>} : tensor<4x8xf32>
  %g5 = nn.mul %g6, %h5 {nn.phase = #nn.phase<backward>} : tensor<4x8xf32>
  %g4 = nn.mul %g5, %h4 {nn.phase = #nn.phase<backward>} : tensor<4x8xf32>
  %g3 = nn.mul %g4, %h3 {nn.phase = #nn.phase<backward>} : tensor<4x8xf32>
  %g2 = nn.mul %g3, %h2 {nn.phase = #nn.phase<backward>} : tensor<4x8xf32>
  %g1 = nn.mul %g2, %h1 {nn.phase = #nn.phase<backward>} : tensor<4x8xf32>
  %gw = nn.dot %g1, %x batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<8x8xf32>
  return %loss, %gw : tensor<f32>, tensor<8x8xf32>
}
