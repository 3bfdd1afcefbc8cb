// What a select, an extreme or a slice does not take has no part in the gradient,
// whatever its derivative there: 0 * inf would be NaN.
// RUN: split-file %s %t
// RUN: dpc-opt %t/values.mlir -nn-differentiate -test-interpret -o /dev/null | FileCheck %s
// RUN: dpc-opt %t/usual.mlir -nn-differentiate | FileCheck %s --check-prefix=USUAL

// x log x where x > 0: the derivative is 1 + log x there, else 0.
// CHECK: @train result 1: [0, 0, 1, 0]
// max(log x, -100), as a cross-entropy has it.
// CHECK: @train result 2: [0, 0, 1, 0]
// sqrt(1 / x) of the last two elements.
// CHECK: @train result 3: [0, 0, -0.5, -0.0625]
// 1 where x < 80, else tanh(e^x * e^x).
// CHECK: @train result 4: [0, 0, 0, 0]
// A row of a table of logarithms.
// CHECK: @train result 5: [0, 0, 1, 0]
// tanh of x^3, with x^2 infinite.
// CHECK: @train result 6: [0, 3]
// A softmax whose NaN, of a row of which all is masked, is replaced by 0; and
// the exact gradients of the other row.
// CHECK: @train result 7: [0, 0, 0.25, -0.25]
//--- values.mlir
func.func @train(
    %a: tensor<4xf64> {nn.name = "a", nn.role = #nn.role<parameter>, test.value = dense<[0.0, -1.0, 1.0, -0.0]> : tensor<4xf64>},
    %b: tensor<4xf64> {nn.name = "b", nn.role = #nn.role<parameter>, test.value = dense<[0.0, -0.0, 1.0, 0x7FF0000000000000]> : tensor<4xf64>},
    %c: tensor<4xf64> {nn.name = "c", nn.role = #nn.role<parameter>, test.value = dense<[0.0, -1.0, 1.0, 4.0]> : tensor<4xf64>},
    %d: tensor<4xf64> {nn.name = "d", nn.role = #nn.role<parameter>, test.value = dense<[0.0, 1.0, 79.0, 1000.0]> : tensor<4xf64>},
    %e: tensor<4xf64> {nn.name = "e", nn.role = #nn.role<parameter>, test.value = dense<[0.0, -1.0, 1.0, -0.0]> : tensor<4xf64>},
    %f: tensor<2xf64> {nn.name = "f", nn.role = #nn.role<parameter>, test.value = dense<[1.0e200, 0.0]> : tensor<2xf64>},
    %g: tensor<2x2xf64> {nn.name = "g", nn.role = #nn.role<parameter>, test.value = dense<[[0xFFF0000000000000, 0xFFF0000000000000], [0.0, 0.0]]> : tensor<2x2xf64>})
    -> (tensor<f64> {nn.name = "loss", nn.role = #nn.role<loss>}) attributes {nn.program = "train", test.run} {
  %zero = nn.constant dense<0.0> : tensor<4xf64>
  %one = nn.constant dense<1.0> : tensor<4xf64>
  %log = nn.log %a : tensor<4xf64>
  %product = nn.mul %a, %log : tensor<4xf64>
  %positive = nn.compare gt %a, %zero : tensor<4xf64>
  %entropy = nn.select %positive, %product, %zero : tensor<4xf64>
  %s0 = nn.reduce sum %entropy [0] : tensor<4xf64>

  %floor = nn.constant dense<-100.0> : tensor<4xf64>
  %logB = nn.log %b : tensor<4xf64>
  %column = nn.reshape %logB : tensor<4xf64> to tensor<4x1xf64>
  %row = nn.reshape %column : tensor<4x1xf64> to tensor<4xf64>
  %clipped = nn.max %row, %floor : tensor<4xf64>
  %s1 = nn.reduce sum %clipped [0] : tensor<4xf64>

  %inverse = nn.div %one, %c : tensor<4xf64>
  %root = nn.sqrt %inverse : tensor<4xf64>
  %last = nn.slice %root [2] to [4] step [1] : tensor<4xf64>
  %s2 = nn.reduce sum %last [0] : tensor<2xf64>

  %limit = nn.constant dense<80.0> : tensor<4xf64>
  %power = nn.exp %d : tensor<4xf64>
  %square = nn.mul %power, %power : tensor<4xf64>
  %flat = nn.tanh %square : tensor<4xf64>
  %small = nn.compare lt %d, %limit : tensor<4xf64>
  %chosen = nn.select %small, %one, %flat : tensor<4xf64>
  %s3 = nn.reduce sum %chosen [0] : tensor<4xf64>

  %index = nn.constant dense<2> : tensor<i64>
  %table = nn.log %e : tensor<4xf64>
  %s4 = nn.gather %table, %index axis = 0 : tensor<4xf64>, tensor<i64>

  %f2 = nn.mul %f, %f : tensor<2xf64>
  %f3 = nn.mul %f2, %f : tensor<2xf64>
  %three = nn.constant dense<3.0> : tensor<2xf64>
  %f4 = nn.mul %f, %three : tensor<2xf64>
  %sum = nn.add %f3, %f4 : tensor<2xf64>
  %saturated = nn.tanh %sum : tensor<2xf64>
  %s5 = nn.reduce sum %saturated [0] : tensor<2xf64>

  %t0 = nn.add %s0, %s1 : tensor<f64>
  %t1 = nn.add %t0, %s2 : tensor<f64>
  %t2 = nn.add %t1, %s3 : tensor<f64>
  %t3 = nn.add %t2, %s4 : tensor<f64>
  %t4 = nn.add %t3, %s5 : tensor<f64>

  %softmax = nn.softmax %g axis = 1 : tensor<2x2xf64>
  %isNaN = nn.compare ne %softmax, %softmax : tensor<2x2xf64>
  %none = nn.constant dense<0.0> : tensor<2x2xf64>
  %weights = nn.select %isNaN, %none, %softmax : tensor<2x2xf64>
  %first = nn.slice %weights [0, 0] to [2, 1] step [1, 1] : tensor<2x2xf64>
  %s6 = nn.reduce sum %first [0, 1] : tensor<2x1xf64>
  %t5 = nn.add %t4, %s6 : tensor<f64>
  return %t5 : tensor<f64>
}

// Masked scores of attention, and Linear, Relu, Dropout, need nothing of it.
// USUAL: phase = #nn.phase<backward>
// USUAL-NOT: nn.compare eq
//--- usual.mlir
func.func @train(
    %x: tensor<4x4xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %keep: tensor<4x4xi1> {nn.name = "keep", nn.role = #nn.role<input>},
    %w: tensor<4x4xf32> {nn.name = "w", nn.role = #nn.role<parameter>},
    %v: tensor<4x4xf32> {nn.name = "v", nn.role = #nn.role<parameter>},
    %b: tensor<4xf32> {nn.name = "b", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) attributes {nn.program = "train"} {
  %q = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %s = nn.dot %q, %x batch [] x [] contract [1] x [1] : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %two = nn.constant dense<2.0> : tensor<f32>
  %twos = nn.broadcast %two [] : tensor<f32> to tensor<4x4xf32>
  %scaled = nn.div %s, %twos : tensor<4x4xf32>
  %off = nn.constant dense<0xFF800000> : tensor<4x4xf32>
  %masked = nn.select %keep, %scaled, %off : tensor<4x4xf32>
  %p = nn.softmax %masked axis = 1 : tensor<4x4xf32>
  %h = nn.dot %p, %v batch [] x [] contract [1] x [0] : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %bias = nn.broadcast %b [1] : tensor<4xf32> to tensor<4x4xf32>
  %z = nn.add %h, %bias : tensor<4x4xf32>
  %r = nn.relu %z : tensor<4x4xf32>
  %zero = nn.constant dense<0.0> : tensor<4x4xf32>
  %dropped = nn.select %keep, %r, %zero : tensor<4x4xf32>
  %loss = nn.reduce sum %dropped [0, 1] : tensor<4x4xf32>
  return %loss : tensor<f32>
}
