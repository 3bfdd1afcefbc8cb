// RUN: dpc-opt %s -nn-expand-composites -mlir-print-debuginfo | FileCheck %s

// The primitives have the composite's place in the model and in the step.
// CHECK-LABEL: @f
// CHECK-NOT: nn.softmax
// CHECK: nn.exp {{.*}} {nn.phase = #nn.phase<backward>} : tensor<2x3xf32> loc(#[[LOC:.*]])
// CHECK: %[[Y:.*]] = nn.div {{.*}} {nn.phase = #nn.phase<backward>} : tensor<2x3xf32> loc(#[[LOC]])
// CHECK-NEXT: %[[MAX:.*]] = nn.reduce max %[[Y]] [1] : tensor<2x3xf32>
// CHECK-NOT: nn.log_softmax
// CHECK: #[[LOC]] = loc("probabilities")
func.func @f(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = nn.softmax %x axis = 1 {nn.phase = #nn.phase<backward>} : tensor<2x3xf32> loc("probabilities")
  %1 = nn.log_softmax %0 axis = 1 : tensor<2x3xf32> loc("log")
  return %1 : tensor<2x3xf32>
}
