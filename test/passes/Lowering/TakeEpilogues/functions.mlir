// RUN: dpc-opt %s -split-input-file -nn-take-epilogues | FileCheck %s
// RUN: sed s/cuda/cpu/ %s | dpc-opt -split-input-file -nn-take-epilogues | FileCheck %s --check-prefix=CPU

// CPU-NOT: plan.product

module attributes {plan.target = "cuda"} {

// CHECK-LABEL: @bias
// CHECK-NEXT: %[[Y:.*]] = plan.product <bias>(%arg0, %arg1, %arg2) : (tensor<6x8xf32>, tensor<8x16xf32>, tensor<16xf32>) -> tensor<6x16xf32>
// CHECK-NEXT: return %[[Y]]
func.func @bias(%x: tensor<6x8xf32>, %w: tensor<8x16xf32>, %b: tensor<16xf32>) -> tensor<6x16xf32> {
  %h = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<6x8xf32>, tensor<8x16xf32> -> tensor<6x16xf32>
  %r = nn.broadcast %b [1] : tensor<16xf32> to tensor<6x16xf32>
  %y = nn.add %r, %h : tensor<6x16xf32>
  return %y : tensor<6x16xf32>
}

// Of several dimensions, behind a reshape.
// CHECK-LABEL: @reshaped
// CHECK: %[[B:.*]] = nn.reshape %arg2 : tensor<2x8xf32> to tensor<16xf32>
// CHECK-NEXT: plan.product <transB, bias>(%arg0, %arg1, %[[B]])
// CHECK-NEXT: nn.reshape %{{.*}} : tensor<6x16xf32> to tensor<3x2x2x8xf32>
// CHECK-NEXT: return
func.func @reshaped(%x: tensor<6x8xf32>, %w: tensor<16x8xf32>, %b: tensor<2x8xf32>) -> tensor<3x2x2x8xf32> {
  %h = nn.dot %x, %w batch [] x [] contract [1] x [1] : tensor<6x8xf32>, tensor<16x8xf32> -> tensor<6x16xf32>
  %s = nn.reshape %h : tensor<6x16xf32> to tensor<3x2x2x8xf32>
  %r = nn.broadcast %b [2, 3] : tensor<2x8xf32> to tensor<3x2x2x8xf32>
  %y = nn.add %s, %r : tensor<3x2x2x8xf32>
  return %y : tensor<3x2x2x8xf32>
}

// A bias of rows; twice the bias; a second reader.
// CHECK-LABEL: @no_bias
// CHECK-NOT: plan.product
func.func @no_bias(%x: tensor<6x8xf32>, %w: tensor<8x16xf32>, %b: tensor<6xf32>, %c: tensor<16xf32>)
    -> (tensor<6x16xf32>, tensor<6x16xf32>, tensor<6x16xf32>, tensor<6x16xf32>) {
  %h = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<6x8xf32>, tensor<8x16xf32> -> tensor<6x16xf32>
  %r = nn.broadcast %b [0] : tensor<6xf32> to tensor<6x16xf32>
  %y = nn.add %h, %r : tensor<6x16xf32>
  %w1 = nn.neg %w : tensor<8x16xf32>
  %i = nn.dot %x, %w1 batch [] x [] contract [1] x [0] : tensor<6x8xf32>, tensor<8x16xf32> -> tensor<6x16xf32>
  %s = nn.broadcast %c [1] : tensor<16xf32> to tensor<6x16xf32>
  %z = nn.sub %i, %s : tensor<6x16xf32>
  %w2 = nn.exp %w : tensor<8x16xf32>
  %j = nn.dot %x, %w2 batch [] x [] contract [1] x [0] : tensor<6x8xf32>, tensor<8x16xf32> -> tensor<6x16xf32>
  %k = nn.add %j, %s : tensor<6x16xf32>
  return %y, %z, %j, %k : tensor<6x16xf32>, tensor<6x16xf32>, tensor<6x16xf32>, tensor<6x16xf32>
}

// However it is said.
// CHECK-LABEL: @relu
// CHECK: %[[Y:.*]] = plan.product <bias, relu>(%arg0, %arg1, %arg2)
// CHECK-NEXT: return %[[Y]]
func.func @relu(%x: tensor<6x8xf32>, %w: tensor<8x16xf32>, %b: tensor<16xf32>) -> tensor<6x16xf32> {
  %zero = nn.constant dense<0.0> : tensor<6x16xf32>
  %h = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<6x8xf32>, tensor<8x16xf32> -> tensor<6x16xf32>
  %r = nn.broadcast %b [1] : tensor<16xf32> to tensor<6x16xf32>
  %a = nn.add %h, %r : tensor<6x16xf32>
  %p = nn.compare gt %a, %zero : tensor<6x16xf32>
  %y = nn.select %p, %a, %zero : tensor<6x16xf32>
  return %y : tensor<6x16xf32>
}

// What it is applied to is read, too.
// CHECK-LABEL: @relu_of_kept
// CHECK: %[[X:.*]] = plan.product <bias>(
// CHECK: nn.relu %[[X]]
func.func @relu_of_kept(%x: tensor<6x8xf32>, %w: tensor<8x16xf32>, %b: tensor<16xf32>) -> (tensor<6x16xf32>, tensor<6x16xf32>) {
  %h = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<6x8xf32>, tensor<8x16xf32> -> tensor<6x16xf32>
  %r = nn.broadcast %b [1] : tensor<16xf32> to tensor<6x16xf32>
  %a = nn.add %h, %r : tensor<6x16xf32>
  %y = nn.relu %a : tensor<6x16xf32>
  return %y, %a : tensor<6x16xf32>, tensor<6x16xf32>
}

// CHECK-LABEL: @gelu
// CHECK: %[[Y:.*]] = plan.product <bias, gelu>(%arg0, %arg1, %arg2)
// CHECK-NEXT: return %[[Y]]
func.func @gelu(%x: tensor<6x8xf32>, %w: tensor<8x16xf32>, %b: tensor<16xf32>) -> tensor<6x16xf32> {
  %half = nn.constant dense<0.5> : tensor<6x16xf32>
  %one = nn.constant dense<1.0> : tensor<6x16xf32>
  %root = nn.constant dense<0.797884583> : tensor<6x16xf32>
  %cube = nn.constant dense<0.0447149985> : tensor<6x16xf32>
  %h = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<6x8xf32>, tensor<8x16xf32> -> tensor<6x16xf32>
  %r = nn.broadcast %b [1] : tensor<16xf32> to tensor<6x16xf32>
  %a = nn.add %h, %r : tensor<6x16xf32>
  %0 = nn.mul %a, %half : tensor<6x16xf32>
  %1 = nn.mul %a, %a : tensor<6x16xf32>
  %2 = nn.mul %1, %a : tensor<6x16xf32>
  %3 = nn.mul %2, %cube : tensor<6x16xf32>
  %4 = nn.add %a, %3 : tensor<6x16xf32>
  %5 = nn.mul %4, %root : tensor<6x16xf32>
  %6 = nn.tanh %5 : tensor<6x16xf32>
  %7 = nn.add %6, %one : tensor<6x16xf32>
  %y = nn.mul %0, %7 : tensor<6x16xf32>
  return %y : tensor<6x16xf32>
}

// The form with erf is another function, and 1.702 another number.
// CHECK-LABEL: @other_gelus
// CHECK: %[[X:.*]] = plan.product <bias>(
// CHECK: nn.erf
// CHECK: %[[Y:.*]] = plan.product <bias>(
// CHECK: nn.logistic
func.func @other_gelus(%x: tensor<6x8xf32>, %w: tensor<8x16xf32>, %b: tensor<16xf32>, %v: tensor<8x16xf32>) -> (tensor<6x16xf32>, tensor<6x16xf32>) {
  %half = nn.constant dense<0.5> : tensor<6x16xf32>
  %one = nn.constant dense<1.0> : tensor<6x16xf32>
  %root = nn.constant dense<0.707106769> : tensor<6x16xf32>
  %number = nn.constant dense<1.702> : tensor<6x16xf32>
  %h = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<6x8xf32>, tensor<8x16xf32> -> tensor<6x16xf32>
  %r = nn.broadcast %b [1] : tensor<16xf32> to tensor<6x16xf32>
  %a = nn.add %h, %r : tensor<6x16xf32>
  %0 = nn.mul %a, %half : tensor<6x16xf32>
  %1 = nn.mul %a, %root : tensor<6x16xf32>
  %2 = nn.erf %1 : tensor<6x16xf32>
  %3 = nn.add %2, %one : tensor<6x16xf32>
  %y = nn.mul %0, %3 : tensor<6x16xf32>
  %i = nn.dot %x, %v batch [] x [] contract [1] x [0] : tensor<6x8xf32>, tensor<8x16xf32> -> tensor<6x16xf32>
  %c = nn.add %i, %r : tensor<6x16xf32>
  %4 = nn.mul %c, %number : tensor<6x16xf32>
  %5 = nn.logistic %4 : tensor<6x16xf32>
  %z = nn.mul %c, %5 : tensor<6x16xf32>
  return %y, %z : tensor<6x16xf32>, tensor<6x16xf32>
}

// The gradient of a bias that is not a GELU's: of a weight [in, out], whose product
// reads it on the right, and of one [out, in], where it stands on the left.
// CHECK-LABEL: @sums
// CHECK: %[[B:.*]]:2 = plan.product <transA, sum_b>(%arg0, %arg1) {nn.phase = #nn.phase<backward>} : (tensor<6x8xf32>, tensor<6x16xf32>) -> (tensor<8x16xf32>, tensor<16xf32>)
// CHECK-NEXT: %[[A:.*]]:2 = plan.product <transA, sum_a>(%arg2, %arg0) {nn.phase = #nn.phase<backward>} : (tensor<6x24xf32>, tensor<6x8xf32>) -> (tensor<24x8xf32>, tensor<24xf32>)
// CHECK-NEXT: return %[[B]]#0, %[[B]]#1, %[[A]]#0, %[[A]]#1
func.func @sums(%x: tensor<6x8xf32>, %g: tensor<6x16xf32>, %f: tensor<6x24xf32>)
    -> (tensor<8x16xf32>, tensor<16xf32>, tensor<24x8xf32>, tensor<24xf32>) {
  %s = nn.reduce sum %g [0] {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %d = nn.dot %x, %g batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<6x8xf32>, tensor<6x16xf32> -> tensor<8x16xf32>
  %e = nn.dot %f, %x batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<6x24xf32>, tensor<6x8xf32> -> tensor<24x8xf32>
  %t = nn.reduce sum %f [0] {nn.phase = #nn.phase<backward>} : tensor<6x24xf32>
  return %d, %s, %e, %t : tensor<8x16xf32>, tensor<16xf32>, tensor<24x8xf32>, tensor<24xf32>
}

// Sums over columns, maxima, and sums that are read before there is a product.
// CHECK-LABEL: @no_sums
// CHECK-NOT: plan.product
func.func @no_sums(%x: tensor<6x6xf32>, %g: tensor<6x6xf32>) -> (tensor<6x6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) {
  %s = nn.reduce sum %g [1] : tensor<6x6xf32>
  %m = nn.reduce max %g [0] : tensor<6x6xf32>
  %t = nn.reduce sum %g [0] : tensor<6x6xf32>
  %u = nn.neg %t : tensor<6xf32>
  %d = nn.dot %x, %g batch [] x [] contract [0] x [0] : tensor<6x6xf32>, tensor<6x6xf32> -> tensor<6x6xf32>
  return %d, %s, %m, %u : tensor<6x6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>
}

// In 16 bits a bias comes along with an activation only, rounded.
// CHECK-LABEL: @narrow
// CHECK: nn.dot
// CHECK: nn.add
// CHECK: %[[B:.*]] = nn.convert %{{.*}} : tensor<16xf32> to tensor<16xbf16>
// CHECK: plan.product <bias, relu>(%{{.*}}, %{{.*}}, %[[B]]) : (tensor<6x16xbf16>, tensor<16x16xbf16>, tensor<16xbf16>) -> tensor<6x16xbf16>
func.func @narrow(%x: tensor<6x8xbf16>, %w: tensor<8x16xbf16>, %b: tensor<16xf32>, %v: tensor<16x16xbf16>) -> tensor<6x16xbf16> {
  %h = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<6x8xbf16>, tensor<8x16xbf16> -> tensor<6x16xbf16>
  %0 = nn.convert %h : tensor<6x16xbf16> to tensor<6x16xf32>
  %r = nn.broadcast %b [1] : tensor<16xf32> to tensor<6x16xf32>
  %1 = nn.add %0, %r : tensor<6x16xf32>
  %2 = nn.convert %1 stored : tensor<6x16xf32> to tensor<6x16xbf16>
  %i = nn.dot %2, %v batch [] x [] contract [1] x [0] : tensor<6x16xbf16>, tensor<16x16xbf16> -> tensor<6x16xbf16>
  %3 = nn.convert %i : tensor<6x16xbf16> to tensor<6x16xf32>
  %4 = nn.add %3, %r : tensor<6x16xf32>
  %5 = nn.convert %4 stored : tensor<6x16xf32> to tensor<6x16xbf16>
  %y = nn.relu %5 : tensor<6x16xbf16>
  return %y : tensor<6x16xbf16>
}
}

// -----

// All products, also those of batches.
module attributes {plan.target = "cuda", nn.precision = "tf32"} {
// CHECK-LABEL: @tf32
// CHECK: plan.product <transB, tf32>(%arg0, %arg1) : (tensor<3x6x8xf32>, tensor<3x6x8xf32>) -> tensor<3x6x6xf32>
// CHECK: plan.product <tf32, relu>(%arg2, %arg3)
// CHECK: nn.dot %{{.*}} : tensor<6x8xbf16>
func.func @tf32(%x: tensor<3x6x8xf32>, %y: tensor<3x6x8xf32>, %a: tensor<6x8xf32>, %b: tensor<8x6xf32>, %c: tensor<6x8xbf16>, %d: tensor<8x6xbf16>)
    -> (tensor<3x6x6xf32>, tensor<6x6xf32>, tensor<6x6xbf16>) {
  %0 = nn.dot %x, %y batch [0] x [0] contract [2] x [2] : tensor<3x6x8xf32>, tensor<3x6x8xf32> -> tensor<3x6x6xf32>
  %1 = nn.dot %a, %b batch [] x [] contract [1] x [0] : tensor<6x8xf32>, tensor<8x6xf32> -> tensor<6x6xf32>
  %2 = nn.relu %1 : tensor<6x6xf32>
  %3 = nn.dot %c, %d batch [] x [] contract [1] x [0] : tensor<6x8xbf16>, tensor<8x6xbf16> -> tensor<6x6xbf16>
  return %0, %2, %3 : tensor<3x6x6xf32>, tensor<6x6xf32>, tensor<6x6xbf16>
}
}
