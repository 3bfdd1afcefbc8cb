// RUN: dpc-opt %s -nn-take-epilogues | FileCheck %s

// A GELU and its gradient, as -nn-differentiate makes it, with that of the bias. What
// the GELU is applied to stays; nothing else does.

module attributes {plan.target = "cuda"} {

// CHECK-LABEL: @gelu
// CHECK-NEXT: %[[F:.*]]:2 = plan.product <bias, gelu, keep>(%arg0, %arg1, %arg2) : (tensor<6x8xf32>, tensor<8x16xf32>, tensor<16xf32>) -> (tensor<6x16xf32>, tensor<6x16xf32>)
// CHECK-NEXT: %[[G:.*]]:2 = plan.product <transB, gelu_gradient, sum_result>(%arg3, %arg4, %[[F]]#1) {nn.phase = #nn.phase<backward>} : (tensor<6x4xf32>, tensor<16x4xf32>, tensor<6x16xf32>) -> (tensor<6x16xf32>, tensor<16xf32>)
// CHECK-NEXT: return %[[F]]#0, %[[G]]#0, %[[G]]#1
func.func @gelu(%x: tensor<6x8xf32>, %w: tensor<8x16xf32>, %b: tensor<16xf32>, %g: tensor<6x4xf32>, %v: tensor<16x4xf32>)
    -> (tensor<6x16xf32>, tensor<6x16xf32>, tensor<16xf32>) {
  %half = nn.constant dense<0.5> : tensor<6x16xf32>
  %one = nn.constant dense<1.0> : tensor<6x16xf32>
  %zero = nn.constant dense<0.0> : tensor<6x16xf32>
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
  %d = nn.dot %g, %v batch [] x [] contract [1] x [1] {nn.phase = #nn.phase<backward>} : tensor<6x4xf32>, tensor<16x4xf32> -> tensor<6x16xf32>
  %10 = nn.mul %d, %7 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %11 = nn.mul %d, %0 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %12 = nn.mul %6, %6 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %13 = nn.sub %one, %12 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %14 = nn.mul %11, %13 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %15 = nn.mul %14, %root {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %16 = nn.mul %15, %cube {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %17 = nn.mul %16, %a {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %18 = nn.mul %16, %1 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %19 = nn.compare eq %16, %zero {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %20 = nn.select %19, %zero, %17 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %21 = nn.select %19, %zero, %18 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %22 = nn.add %15, %21 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %23 = nn.mul %20, %a {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %24 = nn.add %22, %23 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %25 = nn.add %24, %23 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %26 = nn.mul %10, %half {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %dx = nn.add %25, %26 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %db = nn.reduce sum %dx [0] {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  return %y, %dx, %db : tensor<6x16xf32>, tensor<6x16xf32>, tensor<16xf32>
}

// What the GELU is applied to is computed, for a second time, behind the product that
// takes its gradient.
// CHECK-LABEL: @again
// CHECK-NEXT: %[[F:.*]]:2 = plan.product <bias, gelu, keep>(%arg0, %arg1, %arg2)
// CHECK-NEXT: %[[G:.*]]:2 = plan.product <transB, gelu_gradient, sum_result>(%arg3, %arg4, %[[F]]#1)
// CHECK-NEXT: return %[[F]]#0, %[[G]]#0, %[[G]]#1
func.func @again(%x: tensor<6x8xf32>, %w: tensor<8x16xf32>, %b: tensor<16xf32>, %g: tensor<6x4xf32>, %v: tensor<16x4xf32>)
    -> (tensor<6x16xf32>, tensor<6x16xf32>, tensor<16xf32>) {
  %half = nn.constant dense<0.5> : tensor<6x16xf32>
  %one = nn.constant dense<1.0> : tensor<6x16xf32>
  %zero = nn.constant dense<0.0> : tensor<6x16xf32>
  %root = nn.constant dense<0.797884583> : tensor<6x16xf32>
  %cube = nn.constant dense<0.0447149985> : tensor<6x16xf32>
  %d = nn.dot %g, %v batch [] x [] contract [1] x [1] {nn.phase = #nn.phase<backward>} : tensor<6x4xf32>, tensor<16x4xf32> -> tensor<6x16xf32>
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
  %10 = nn.mul %d, %7 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %11 = nn.mul %d, %0 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %12 = nn.mul %6, %6 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %13 = nn.sub %one, %12 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %14 = nn.mul %11, %13 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %15 = nn.mul %14, %root {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %16 = nn.mul %15, %cube {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %17 = nn.mul %16, %a {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %18 = nn.mul %16, %1 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %19 = nn.compare eq %16, %zero {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %20 = nn.select %19, %zero, %17 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %21 = nn.select %19, %zero, %18 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %22 = nn.add %15, %21 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %23 = nn.mul %20, %a {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %24 = nn.add %22, %23 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %25 = nn.add %24, %23 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %26 = nn.mul %10, %half {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %dx = nn.add %25, %26 {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  %db = nn.reduce sum %dx [0] {nn.phase = #nn.phase<backward>} : tensor<6x16xf32>
  return %y, %dx, %db : tensor<6x16xf32>, tensor<6x16xf32>, tensor<16xf32>
}

// Rows that are no multiple of 8 elements: the library keeps none such.
// CHECK-LABEL: @odd
// CHECK: %[[X:.*]] = plan.product <bias>(
// CHECK: nn.tanh
// CHECK-NOT: plan.product
func.func @odd(%x: tensor<6x8xf32>, %w: tensor<8x12xf32>, %b: tensor<12xf32>) -> (tensor<6x12xf32>, tensor<6x12xf32>) {
  %half = nn.constant dense<0.5> : tensor<6x12xf32>
  %one = nn.constant dense<1.0> : tensor<6x12xf32>
  %root = nn.constant dense<0.797884583> : tensor<6x12xf32>
  %cube = nn.constant dense<0.0447149985> : tensor<6x12xf32>
  %h = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<6x8xf32>, tensor<8x12xf32> -> tensor<6x12xf32>
  %r = nn.broadcast %b [1] : tensor<12xf32> to tensor<6x12xf32>
  %a = nn.add %h, %r : tensor<6x12xf32>
  %0 = nn.mul %a, %half : tensor<6x12xf32>
  %1 = nn.mul %a, %a : tensor<6x12xf32>
  %2 = nn.mul %1, %a : tensor<6x12xf32>
  %3 = nn.mul %2, %cube : tensor<6x12xf32>
  %4 = nn.add %a, %3 : tensor<6x12xf32>
  %5 = nn.mul %4, %root : tensor<6x12xf32>
  %6 = nn.tanh %5 : tensor<6x12xf32>
  %7 = nn.add %6, %one : tensor<6x12xf32>
  %y = nn.mul %0, %7 : tensor<6x12xf32>
  return %y, %a : tensor<6x12xf32>, tensor<6x12xf32>
}
}
