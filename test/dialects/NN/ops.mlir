// Every op, parsed, printed, and parsed again.
// RUN: dpc-opt %s | dpc-opt | FileCheck %s
// RUN: dpc-opt %s -mlir-print-op-generic | dpc-opt | FileCheck %s

// CHECK: nn.parameter @fc1.weight : tensor<128x784xf32> from "mlp.onnx"[324, 401408]
nn.parameter @fc1.weight : tensor<128x784xf32> from "mlp.onnx"[324, 401408]
// CHECK: nn.parameter @table : tensor<3xi64> from "mlp.onnx"[0, 24] frozen
nn.parameter @table : tensor<3xi64> from "mlp.onnx"[0, 24] frozen

// CHECK-LABEL: @roles
// CHECK-SAME: nn.default = 1.000000e-02 : f64, nn.name = "lr", nn.role = #nn.role<scalar>
func.func @roles(%lr: tensor<f32> {nn.name = "lr", nn.role = #nn.role<scalar>, nn.default = 0.01 : f64})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) {
  // CHECK: nn.neg %{{.*}} {nn.phase = #nn.phase<backward>} : tensor<f32>
  %0 = nn.neg %lr {nn.phase = #nn.phase<backward>} : tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: @elementwise
func.func @elementwise(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>, %i: tensor<2x3xui8>) {
  // CHECK: nn.exp %{{.*}} : tensor<2x3xf32>
  %0 = nn.exp %x : tensor<2x3xf32>
  // CHECK: nn.log
  %1 = nn.log %x : tensor<2x3xf32>
  // CHECK: nn.sqrt
  %2 = nn.sqrt %x : tensor<2x3xf32>
  // CHECK: nn.tanh
  %3 = nn.tanh %x : tensor<2x3xf32>
  // CHECK: nn.logistic
  %4 = nn.logistic %x : tensor<2x3xf32>
  // CHECK: nn.relu %{{.*}} : tensor<2x3xui8>
  %5 = nn.relu %i : tensor<2x3xui8>
  // CHECK: nn.softplus
  %6 = nn.softplus %x : tensor<2x3xf32>
  // CHECK: nn.add %{{.*}}, %{{.*}} : tensor<2x3xf32>
  %7 = nn.add %x, %y : tensor<2x3xf32>
  // CHECK: nn.sub
  %8 = nn.sub %x, %y : tensor<2x3xf32>
  // CHECK: nn.mul
  %9 = nn.mul %x, %y : tensor<2x3xf32>
  // CHECK: nn.div
  %10 = nn.div %x, %y : tensor<2x3xf32>
  // CHECK: nn.pow
  %11 = nn.pow %x, %y : tensor<2x3xf32>
  // CHECK: nn.compare lt %{{.*}}, %{{.*}} : tensor<2x3xf32>
  %12 = nn.compare lt %x, %y : tensor<2x3xf32>
  // CHECK: nn.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3xf32>
  %13 = nn.select %12, %x, %y : tensor<2x3xf32>
  // CHECK: nn.convert %{{.*}} : tensor<2x3xui8> to tensor<2x3xbf16>
  %14 = nn.convert %i : tensor<2x3xui8> to tensor<2x3xbf16>
  return
}

// CHECK-LABEL: @generators
func.func @generators(%seed: tensor<i64>, %step: tensor<i64>) {
  // CHECK: nn.constant dense<1.000000e+00> : tensor<2x3xf32>
  %0 = nn.constant dense<1.0> : tensor<2x3xf32>
  // CHECK: nn.iota dim = 1 : tensor<2x3xi64>
  %1 = nn.iota dim = 1 : tensor<2x3xi64>
  // CHECK: nn.random %{{.*}}, %{{.*}} stream = 2 of [4, 3] : tensor<4x3xf32>
  %2 = nn.random %seed, %step stream = 2 of [4, 3] : tensor<4x3xf32>
  // CHECK: nn.random %{{.*}}, %{{.*}} offsets(%{{.*}}, %{{.*}}) stream = 2 of [4, 3] : tensor<2x3xf32>
  %3 = nn.random %seed, %step offsets (%seed, %step) stream = 2 of [4, 3] : tensor<2x3xf32>
  return
}

// CHECK-LABEL: @shape
func.func @shape(%x: tensor<2x3xf32>) {
  // CHECK: nn.reshape %{{.*}} : tensor<2x3xf32> to tensor<6xf32>
  %0 = nn.reshape %x : tensor<2x3xf32> to tensor<6xf32>
  // CHECK: nn.transpose %{{.*}} [1, 0] : tensor<2x3xf32>
  %1 = nn.transpose %x [1, 0] : tensor<2x3xf32>
  // CHECK: nn.neg %{{.*}} : tensor<3x2xf32>
  %2 = nn.neg %1 : tensor<3x2xf32>
  // CHECK: nn.broadcast %{{.*}} [1, 2] : tensor<2x3xf32> to tensor<5x2x3xf32>
  %3 = nn.broadcast %x [1, 2] : tensor<2x3xf32> to tensor<5x2x3xf32>
  // CHECK: nn.slice %{{.*}} [0, 1] to [2, 3] step [1, 1] : tensor<2x3xf32>
  %4 = nn.slice %x [0, 1] to [2, 3] step [1, 1] : tensor<2x3xf32>
  // CHECK: nn.pad %{{.*}} low [0, 1] high [1, 0] interior [0, 2] value 0.000000e+00 : tensor<2x3xf32>
  %5 = nn.pad %x low [0, 1] high [1, 0] interior [0, 2] value 0.0 : tensor<2x3xf32>
  // CHECK: nn.neg %{{.*}} : tensor<3x8xf32>
  %6 = nn.neg %5 : tensor<3x8xf32>
  return
}

// CHECK-LABEL: @contract
func.func @contract(%x: tensor<2x3xf32>, %w: tensor<4x3xf32>) {
  // CHECK: nn.reduce max %{{.*}} [0] : tensor<2x3xf32>
  %0 = nn.reduce max %x [0] : tensor<2x3xf32>
  // CHECK: nn.neg %{{.*}} : tensor<3xf32>
  %1 = nn.neg %0 : tensor<3xf32>
  // CHECK: nn.dot %{{.*}}, %{{.*}} batch [] x [] contract [1] x [1] : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<2x4xf32>
  %2 = nn.dot %x, %w batch [] x [] contract [1] x [1] : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<2x4xf32>
  return
}

// CHECK-LABEL: @composites
func.func @composites(%x: tensor<2x3xf32>, %l: tensor<2xi64>) {
  // CHECK: nn.softmax %{{.*}} axis = 1 : tensor<2x3xf32>
  %0 = nn.softmax %x axis = 1 : tensor<2x3xf32>
  // CHECK: nn.log_softmax %{{.*}} axis = 0 : tensor<2x3xf32>
  %1 = nn.log_softmax %x axis = 0 : tensor<2x3xf32>
  // CHECK: nn.dropout %{{.*}} ratio = 5.000000e-01 stream = 1 : tensor<2x3xf32>
  %2 = nn.dropout %x ratio = 0.5 stream = 1 : tensor<2x3xf32>
  // CHECK: nn.softmax_cross_entropy %{{.*}}, %{{.*}} axis = 1 ignore = -1 : tensor<2x3xf32>, tensor<2xi64>
  %3 = nn.softmax_cross_entropy %x, %l axis = 1 ignore = -1 : tensor<2x3xf32>, tensor<2xi64>
  // CHECK: nn.binary_cross_entropy %{{.*}}, %{{.*}} : tensor<2x3xf32>
  %4 = nn.binary_cross_entropy %x, %x : tensor<2x3xf32>
  // CHECK: nn.squared_error %{{.*}}, %{{.*}} : tensor<2x3xf32>
  %5 = nn.squared_error %x, %x : tensor<2x3xf32>
  return
}

// CHECK-LABEL: @kernel
func.func @kernel(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: nn.kernel(%{{.*}}) : (tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: nn.yield %{{.*}} : tensor<2xf32>
  %0 = nn.kernel(%x) : (tensor<2xf32>) -> tensor<2xf32> {
  ^bb0(%a: tensor<2xf32>):
    %1 = nn.exp %a : tensor<2xf32>
    nn.yield %1 : tensor<2xf32>
  }
  return %0 : tensor<2xf32>
}

// CHECK-LABEL: @more_elementwise
func.func @more_elementwise(%x: tensor<2x3xf32>, %i: tensor<2x3xi64>) {
  // CHECK: nn.erf
  %0 = nn.erf %x : tensor<2x3xf32>
  // CHECK: nn.sin
  %1 = nn.sin %x : tensor<2x3xf32>
  // CHECK: nn.cos
  %2 = nn.cos %x : tensor<2x3xf32>
  // CHECK: nn.abs %{{.*}} : tensor<2x3xi64>
  %3 = nn.abs %i : tensor<2x3xi64>
  // CHECK: nn.floor
  %4 = nn.floor %x : tensor<2x3xf32>
  // CHECK: nn.ceil
  %5 = nn.ceil %x : tensor<2x3xf32>
  // CHECK: nn.max
  %6 = nn.max %x, %x : tensor<2x3xf32>
  // CHECK: nn.min
  %7 = nn.min %i, %i : tensor<2x3xi64>
  return
}

// CHECK-LABEL: @gathers
func.func @gathers(%t: tensor<7x4xf32>, %i: tensor<2x3xui8>, %u: tensor<2x3x4xf32>, %s: tensor<i64>) {
  // CHECK: nn.check_range %{{.*}} in[-7, 7) : tensor<2x3xui8>
  %c = nn.check_range %i in [-7, 7) : tensor<2x3xui8>
  // CHECK: nn.check_range %{{.*}} start %{{.*}} in[0, 7) or -100 rows 8 of [8, 3] : tensor<2x3xui8>
  %d = nn.check_range %i start %s in [0, 7) or -100 rows 8 of [8, 3] : tensor<2x3xui8>
  // CHECK: nn.gather %{{.*}}, %{{.*}} axis = 0 : tensor<7x4xf32>, tensor<2x3xui8>
  %0 = nn.gather %t, %i axis = 0 : tensor<7x4xf32>, tensor<2x3xui8>
  // CHECK: nn.scatter_add %{{.*}}, %{{.*}} axis = 0 : tensor<2x3xui8>, tensor<2x3x4xf32> -> tensor<7x4xf32>
  %1 = nn.scatter_add %i, %0 axis = 0 : tensor<2x3xui8>, tensor<2x3x4xf32> -> tensor<7x4xf32>
  // CHECK: nn.concat %{{.*}}, %{{.*}} dim = 1 : tensor<2x3x4xf32>, tensor<2x3x4xf32>
  %2 = nn.concat %u, %u dim = 1 : tensor<2x3x4xf32>, tensor<2x3x4xf32>
  return
}

// CHECK-LABEL: @functions
func.func @functions(%x: tensor<2x3xf32>, %i: tensor<2x3xui32>) {
  // CHECK: nn.round %{{.*}} : tensor<2x3xf32>
  %0 = nn.round %x : tensor<2x3xf32>
  // CHECK: nn.tan %{{.*}} : tensor<2x3xf32>
  %1 = nn.tan %x : tensor<2x3xf32>
  // CHECK: nn.asin %{{.*}} : tensor<2x3xf32>
  %2 = nn.asin %x : tensor<2x3xf32>
  // CHECK: nn.acos %{{.*}} : tensor<2x3xf32>
  %3 = nn.acos %x : tensor<2x3xf32>
  // CHECK: nn.atan %{{.*}} : tensor<2x3xf32>
  %4 = nn.atan %x : tensor<2x3xf32>
  // CHECK: nn.sinh %{{.*}} : tensor<2x3xf32>
  %5 = nn.sinh %x : tensor<2x3xf32>
  // CHECK: nn.cosh %{{.*}} : tensor<2x3xf32>
  %6 = nn.cosh %x : tensor<2x3xf32>
  // CHECK: nn.asinh %{{.*}} : tensor<2x3xf32>
  %7 = nn.asinh %x : tensor<2x3xf32>
  // CHECK: nn.acosh %{{.*}} : tensor<2x3xf32>
  %8 = nn.acosh %x : tensor<2x3xf32>
  // CHECK: nn.atanh %{{.*}} : tensor<2x3xf32>
  %9 = nn.atanh %x : tensor<2x3xf32>
  // CHECK: nn.rem %{{.*}}, %{{.*}} : tensor<2x3xf32>
  %10 = nn.rem %x, %x : tensor<2x3xf32>
  // CHECK: nn.bit_and %{{.*}}, %{{.*}} : tensor<2x3xui32>
  %11 = nn.bit_and %i, %i : tensor<2x3xui32>
  // CHECK: nn.bit_or %{{.*}}, %{{.*}} : tensor<2x3xui32>
  %12 = nn.bit_or %i, %i : tensor<2x3xui32>
  // CHECK: nn.bit_xor %{{.*}}, %{{.*}} : tensor<2x3xui32>
  %13 = nn.bit_xor %i, %i : tensor<2x3xui32>
  // CHECK: nn.shift_left %{{.*}}, %{{.*}} : tensor<2x3xui32>
  %14 = nn.shift_left %i, %i : tensor<2x3xui32>
  // CHECK: nn.shift_right %{{.*}}, %{{.*}} : tensor<2x3xui32>
  %15 = nn.shift_right %i, %i : tensor<2x3xui32>
  return
}
