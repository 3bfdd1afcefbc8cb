// RUN: dpc-opt %s -dist-annotate="strategy=data mesh=data=2" -dist-propagate -dist-resolve -dist-partition | FileCheck %s

// The two gradients of a tied weight are added on each rank and reduced once.
// CHECK-LABEL: @tied
func.func @tied(
    %x: tensor<4x3xf32> {nn.batch_dim = 0 : i64}, %y: tensor<4x3xf32> {nn.batch_dim = 0 : i64},
    %w: tensor<3xf32>)
    -> (tensor<3xf32> {nn.role = #nn.role<gradient>}, tensor<3xf32> {nn.role = #nn.role<parameter>}) {
  %0 = nn.reduce sum %x [0] {nn.phase = #nn.phase<backward>} : tensor<4x3xf32>
  %1 = nn.reduce sum %y [0] {nn.phase = #nn.phase<backward>} : tensor<4x3xf32>
  // CHECK-NOT: dist.all_reduce
  // CHECK: %[[SUM:.*]] = nn.add
  // CHECK: %[[G:.*]] = dist.all_reduce sum %[[SUM]]
  %2 = nn.add %0, %1 {nn.phase = #nn.phase<backward>} : tensor<3xf32>
  // CHECK-NOT: dist.all_reduce
  // CHECK: nn.sub %{{.*}}, %[[G]]
  %3 = nn.sub %w, %2 {nn.phase = #nn.phase<update>} : tensor<3xf32>
  // CHECK: return %[[G]]
  return %2, %3 : tensor<3xf32>, tensor<3xf32>
}
