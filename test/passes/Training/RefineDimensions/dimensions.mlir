// RUN: dpc-opt %s -split-input-file -nn-refine-dimensions -canonicalize -cse | FileCheck %s

// Query, key and value come from one projection, and the heads are merged again
// before the next: both weights get the heads' dimension.
// CHECK: nn.parameter @qkv.weight : tensor<3x5x4x20xf32> from "m.onnx"[0, 4800]
// CHECK: nn.parameter @qkv.bias : tensor<3x5x4xf32>
// CHECK: nn.parameter @out.weight : tensor<20x5x4xf32>
// CHECK-LABEL: func.func @forward(
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<3x5x4x20xf32> {nn.name = "qkv.weight"
// CHECK-SAME: %[[B:[a-z0-9]+]]: tensor<3x5x4xf32>
// CHECK-SAME: %[[O:[a-z0-9]+]]: tensor<20x5x4xf32>
// CHECK: %[[D:.*]] = nn.dot %{{.*}}, %[[W]] batch [] x [] contract [2] x [3] : {{.*}} -> tensor<2x3x3x5x4xf32>
// CHECK: %[[BB:.*]] = nn.broadcast %[[B]] [2, 3, 4]
// CHECK: %[[Y:.*]] = nn.add %[[D]], %[[BB]] : tensor<2x3x3x5x4xf32>
// CHECK: %[[Q:.*]] = nn.slice %[[Y]] [0, 0, 0, 0, 0] to [2, 3, 1, 5, 4]
// CHECK: nn.reshape %[[Q]] : tensor<2x3x1x5x4xf32> to tensor<2x3x5x4xf32>
// CHECK: nn.slice %[[Y]] [0, 0, 1, 0, 0] to [2, 3, 2, 5, 4]
// CHECK: nn.slice %[[Y]] [0, 0, 2, 0, 0] to [2, 3, 3, 5, 4]
// CHECK: %[[C:.*]] = nn.dropout {{.*}} : tensor<2x3x5x4xf32>
// CHECK-NEXT: %[[R:.*]] = nn.dot %[[C]], %[[O]] batch [] x [] contract [2, 3] x [1, 2]
// CHECK-NEXT: return %[[R]] : tensor<2x3x20xf32>
nn.parameter @qkv.weight : tensor<60x20xf32> from "m.onnx"[0, 4800]
nn.parameter @qkv.bias : tensor<60xf32> from "m.onnx"[4800, 240]
nn.parameter @out.weight : tensor<20x20xf32> from "m.onnx"[5040, 1600]
func.func @forward(%x: tensor<2x3x20xf32> {nn.name = "x", nn.role = #nn.role<input>},
                   %w: tensor<60x20xf32> {nn.name = "qkv.weight", nn.role = #nn.role<parameter>},
                   %b: tensor<60xf32> {nn.name = "qkv.bias", nn.role = #nn.role<parameter>},
                   %o: tensor<20x20xf32> {nn.name = "out.weight", nn.role = #nn.role<parameter>})
    -> (tensor<2x3x20xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  %0 = nn.dot %x, %w batch [] x [] contract [2] x [1] : tensor<2x3x20xf32>, tensor<60x20xf32> -> tensor<2x3x60xf32>
  %1 = nn.broadcast %b [2] : tensor<60xf32> to tensor<2x3x60xf32>
  %2 = nn.add %0, %1 : tensor<2x3x60xf32>
  %3 = nn.slice %2 [0, 0, 0] to [2, 3, 20] step [1, 1, 1] : tensor<2x3x60xf32>
  %4 = nn.slice %2 [0, 0, 20] to [2, 3, 40] step [1, 1, 1] : tensor<2x3x60xf32>
  %5 = nn.slice %2 [0, 0, 40] to [2, 3, 60] step [1, 1, 1] : tensor<2x3x60xf32>
  %q = nn.reshape %3 : tensor<2x3x20xf32> to tensor<2x3x5x4xf32>
  %k = nn.reshape %4 : tensor<2x3x20xf32> to tensor<2x3x5x4xf32>
  %v = nn.reshape %5 : tensor<2x3x20xf32> to tensor<2x3x5x4xf32>
  %qt = nn.transpose %q [0, 2, 1, 3] : tensor<2x3x5x4xf32>
  %6 = nn.dot %qt, %k batch [0, 1] x [0, 2] contract [3] x [3] : tensor<2x5x3x4xf32>, tensor<2x3x5x4xf32> -> tensor<2x5x3x3xf32>
  %7 = nn.softmax %6 axis = 3 : tensor<2x5x3x3xf32>
  %8 = nn.dot %7, %v batch [0, 1] x [0, 2] contract [3] x [1] : tensor<2x5x3x3xf32>, tensor<2x3x5x4xf32> -> tensor<2x5x3x4xf32>
  %9 = nn.transpose %8 [0, 2, 1, 3] : tensor<2x5x3x4xf32>
  %10 = nn.reshape %9 : tensor<2x3x5x4xf32> to tensor<2x3x20xf32>
  %11 = nn.dropout %10 ratio = 0.1 stream = 0 : tensor<2x3x20xf32>
  %12 = nn.dot %11, %o batch [] x [] contract [2] x [1] : tensor<2x3x20xf32>, tensor<20x20xf32> -> tensor<2x3x20xf32>
  return %12 : tensor<2x3x20xf32>
}

// -----

// Rows and places that are merged for a loss stay apart; the loss of each is
// merged behind it, as a sum of all takes both.
// CHECK-LABEL: func.func @forward(
// CHECK: nn.dot %{{.*}} -> tensor<4x3x7xf32>
// CHECK: nn.softmax_cross_entropy %{{.*}}, %{{.*}} axis = 2 : tensor<4x3x7xf32>, tensor<4x3xi64>
// CHECK-NEXT: nn.reduce sum %{{.*}} [0, 1] : tensor<4x3xf32>
// CHECK: nn.compare ne %{{.*}} : tensor<4x3xi64>
func.func @forward(%x: tensor<4x3x5xf32> {nn.name = "x", nn.role = #nn.role<input>},
                   %l: tensor<4x3xi64> {nn.name = "label", nn.role = #nn.role<label>},
                   %w: tensor<7x5xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<i64> {nn.name = "count", nn.role = #nn.role<metric>}) {
  %0 = nn.dot %x, %w batch [] x [] contract [2] x [1] : tensor<4x3x5xf32>, tensor<7x5xf32> -> tensor<4x3x7xf32>
  %1 = nn.reshape %0 : tensor<4x3x7xf32> to tensor<12x7xf32>
  %2 = nn.reshape %l : tensor<4x3xi64> to tensor<12xi64>
  %3 = nn.softmax_cross_entropy %1, %2 axis = 1 : tensor<12x7xf32>, tensor<12xi64>
  %4 = nn.reduce sum %3 [0] : tensor<12xf32>
  %ignored = nn.constant dense<-100> : tensor<12xi64>
  %5 = nn.compare ne %2, %ignored : tensor<12xi64>
  %6 = nn.convert %5 : tensor<12xi1> to tensor<12xi64>
  %7 = nn.reduce sum %6 [0] : tensor<12xi64>
  return %4, %7 : tensor<f32>, tensor<i64>
}

// -----

// A model that works on merged rows does so on rows and places.
// CHECK-LABEL: func.func @forward(
// CHECK-NEXT: nn.dot %{{.*}} -> tensor<4x3x7xf32>
// CHECK-NEXT: nn.relu
// CHECK-NEXT: nn.dot %{{.*}} -> tensor<4x3x5xf32>
// CHECK-NEXT: return
func.func @forward(%x: tensor<4x3x5xf32> {nn.name = "x", nn.role = #nn.role<input>},
                   %w: tensor<7x5xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<4x3x5xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  %0 = nn.reshape %x : tensor<4x3x5xf32> to tensor<12x5xf32>
  %1 = nn.dot %0, %w batch [] x [] contract [1] x [1] : tensor<12x5xf32>, tensor<7x5xf32> -> tensor<12x7xf32>
  %2 = nn.relu %1 : tensor<12x7xf32>
  %3 = nn.dot %2, %w batch [] x [] contract [1] x [0] : tensor<12x7xf32>, tensor<7x5xf32> -> tensor<12x5xf32>
  %4 = nn.reshape %3 : tensor<12x5xf32> to tensor<4x3x5xf32>
  return %4 : tensor<4x3x5xf32>
}

// -----

// A flattened input stays flat: the weights of its pixels are no heads.
// CHECK: nn.parameter @w : tensor<7x6xf32>
// CHECK-LABEL: func.func @forward(
// CHECK: nn.reshape %{{.*}} : tensor<4x2x3xf32> to tensor<4x6xf32>
nn.parameter @w : tensor<7x6xf32> from "m.onnx"[0, 168]
func.func @forward(%x: tensor<4x2x3xf32> {nn.name = "x", nn.role = #nn.role<input>},
                   %w: tensor<7x6xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<4x7xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  %0 = nn.reshape %x : tensor<4x2x3xf32> to tensor<4x6xf32>
  %1 = nn.dot %0, %w batch [] x [] contract [1] x [1] : tensor<4x6xf32>, tensor<7x6xf32> -> tensor<4x7xf32>
  return %1 : tensor<4x7xf32>
}

// -----

// A parameter that is also used whole keeps its shape.
// CHECK: nn.parameter @w : tensor<6x5xf32>
// CHECK-LABEL: func.func @forward(
// CHECK: nn.reshape %arg1 : tensor<6x5xf32> to tensor<2x3x5xf32>
nn.parameter @w : tensor<6x5xf32> from "m.onnx"[0, 120]
func.func @forward(%x: tensor<4x5xf32> {nn.name = "x", nn.role = #nn.role<input>},
                   %w: tensor<6x5xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<4x2x3xf32> {nn.name = "y", nn.role = #nn.role<output>},
        tensor<6x5xf32> {nn.name = "z", nn.role = #nn.role<output>}) {
  %0 = nn.dot %x, %w batch [] x [] contract [1] x [1] : tensor<4x5xf32>, tensor<6x5xf32> -> tensor<4x6xf32>
  %1 = nn.reshape %0 : tensor<4x6xf32> to tensor<4x2x3xf32>
  %2 = nn.exp %w : tensor<6x5xf32>
  return %1, %2 : tensor<4x2x3xf32>, tensor<6x5xf32>
}

// -----

// nn.MultiheadAttention of PyTorch merges batch and heads, and then places and
// batch: 2 places, 3 rows, 5 heads of 4. All stay apart.
// CHECK: nn.parameter @qkv.weight : tensor<3x5x4x20xf32>
// CHECK: nn.parameter @out.weight : tensor<20x5x4xf32>
// CHECK-LABEL: func.func @forward(
// CHECK-NOT: nn.reshape {{.*}} to tensor<2x15x4xf32>
// CHECK: nn.dot {{.*}} -> tensor<3x5x2x2xf32>
// CHECK: nn.softmax {{.*}} : tensor<3x5x2x2xf32>
// CHECK: nn.dropout {{.*}} : tensor<3x5x2x2xf32>
// CHECK: nn.dot {{.*}} -> tensor<3x5x2x4xf32>
// CHECK: %[[R:.*]] = nn.dot {{.*}} -> tensor<2x3x20xf32>
// CHECK-NEXT: return %[[R]]
nn.parameter @qkv.weight : tensor<60x20xf32> from "m.onnx"[0, 4800]
nn.parameter @out.weight : tensor<20x20xf32> from "m.onnx"[4800, 1600]
func.func @forward(%x: tensor<2x3x20xf32> {nn.name = "x", nn.role = #nn.role<input>},
                   %w: tensor<60x20xf32> {nn.name = "qkv.weight", nn.role = #nn.role<parameter>},
                   %o: tensor<20x20xf32> {nn.name = "out.weight", nn.role = #nn.role<parameter>})
    -> (tensor<2x3x20xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  %0 = nn.dot %x, %w batch [] x [] contract [2] x [1] : tensor<2x3x20xf32>, tensor<60x20xf32> -> tensor<2x3x60xf32>
  %1 = nn.slice %0 [0, 0, 0] to [2, 3, 20] step [1, 1, 1] : tensor<2x3x60xf32>
  %2 = nn.slice %0 [0, 0, 20] to [2, 3, 40] step [1, 1, 1] : tensor<2x3x60xf32>
  %3 = nn.slice %0 [0, 0, 40] to [2, 3, 60] step [1, 1, 1] : tensor<2x3x60xf32>
  %q = nn.reshape %1 : tensor<2x3x20xf32> to tensor<2x15x4xf32>
  %k = nn.reshape %2 : tensor<2x3x20xf32> to tensor<2x15x4xf32>
  %v = nn.reshape %3 : tensor<2x3x20xf32> to tensor<2x15x4xf32>
  %qt = nn.transpose %q [1, 0, 2] : tensor<2x15x4xf32>
  %4 = nn.dot %qt, %k batch [0] x [1] contract [2] x [2] : tensor<15x2x4xf32>, tensor<2x15x4xf32> -> tensor<15x2x2xf32>
  %5 = nn.softmax %4 axis = 2 : tensor<15x2x2xf32>
  %6 = nn.dropout %5 ratio = 0.1 stream = 0 : tensor<15x2x2xf32>
  %7 = nn.dot %6, %v batch [0] x [1] contract [2] x [0] : tensor<15x2x2xf32>, tensor<2x15x4xf32> -> tensor<15x2x4xf32>
  %8 = nn.transpose %7 [1, 0, 2] : tensor<15x2x4xf32>
  %9 = nn.reshape %8 : tensor<2x15x4xf32> to tensor<6x20xf32>
  %10 = nn.dot %9, %o batch [] x [] contract [1] x [1] : tensor<6x20xf32>, tensor<20x20xf32> -> tensor<6x20xf32>
  %11 = nn.reshape %10 : tensor<6x20xf32> to tensor<2x3x20xf32>
  return %11 : tensor<2x3x20xf32>
}

// -----

// Attention to another sequence: the query is made by the first third of the
// weight, key and value at once by the rest of it.
// CHECK: nn.parameter @in.weight : tensor<3x5x4x20xf32>
// CHECK-LABEL: func.func @forward(
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<3x5x4x20xf32>
// CHECK-DAG: nn.slice %[[W]] [0, 0, 0, 0] to [1, 5, 4, 20]
// CHECK-DAG: %[[KV:.*]] = nn.slice %[[W]] [1, 0, 0, 0] to [3, 5, 4, 20]
// CHECK: nn.dot %{{.*}}, %[[KV]] {{.*}} -> tensor<7x3x2x5x4xf32>
nn.parameter @in.weight : tensor<60x20xf32> from "m.onnx"[0, 4800]
func.func @forward(%x: tensor<2x3x20xf32> {nn.name = "x", nn.role = #nn.role<input>},
                   %m: tensor<7x3x20xf32> {nn.name = "memory", nn.role = #nn.role<input>},
                   %w: tensor<60x20xf32> {nn.name = "in.weight", nn.role = #nn.role<parameter>})
    -> (tensor<15x2x7xf32> {nn.name = "y", nn.role = #nn.role<output>},
        tensor<7x15x4xf32> {nn.name = "v", nn.role = #nn.role<output>}) {
  %wq = nn.slice %w [0, 0] to [20, 20] step [1, 1] : tensor<60x20xf32>
  %wkv = nn.slice %w [20, 0] to [60, 20] step [1, 1] : tensor<60x20xf32>
  %0 = nn.dot %x, %wq batch [] x [] contract [2] x [1] : tensor<2x3x20xf32>, tensor<20x20xf32> -> tensor<2x3x20xf32>
  %1 = nn.dot %m, %wkv batch [] x [] contract [2] x [1] : tensor<7x3x20xf32>, tensor<40x20xf32> -> tensor<7x3x40xf32>
  %2 = nn.slice %1 [0, 0, 0] to [7, 3, 20] step [1, 1, 1] : tensor<7x3x40xf32>
  %3 = nn.slice %1 [0, 0, 20] to [7, 3, 40] step [1, 1, 1] : tensor<7x3x40xf32>
  %q = nn.reshape %0 : tensor<2x3x20xf32> to tensor<2x15x4xf32>
  %k = nn.reshape %2 : tensor<7x3x20xf32> to tensor<7x15x4xf32>
  %v = nn.reshape %3 : tensor<7x3x20xf32> to tensor<7x15x4xf32>
  %4 = nn.dot %q, %k batch [1] x [1] contract [2] x [2] : tensor<2x15x4xf32>, tensor<7x15x4xf32> -> tensor<15x2x7xf32>
  return %4, %v : tensor<15x2x7xf32>, tensor<7x15x4xf32>
}
