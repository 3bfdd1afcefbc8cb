// RUN: dpc-opt %s -canonicalize | FileCheck %s

// CHECK-LABEL: @identities
// CHECK-SAME: (%[[X:.*]]: tensor<2x3xf32>)
// CHECK-NEXT: return %[[X]], %[[X]], %[[X]], %[[X]]
func.func @identities(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = nn.reshape %x : tensor<2x3xf32> to tensor<2x3xf32>
  %1 = nn.transpose %x [0, 1] : tensor<2x3xf32>
  %2 = nn.broadcast %x [0, 1] : tensor<2x3xf32> to tensor<2x3xf32>
  %3 = nn.convert %x : tensor<2x3xf32> to tensor<2x3xf32>
  return %0, %1, %2, %3 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}

// CHECK-LABEL: @reshapes
// CHECK-SAME: (%[[X:.*]]: tensor<2x3xf32>)
// CHECK-NEXT: %[[Y:.*]] = nn.reshape %[[X]] : tensor<2x3xf32> to tensor<3x2xf32>
// CHECK-NEXT: return %[[Y]], %[[X]]
func.func @reshapes(%x: tensor<2x3xf32>) -> (tensor<3x2xf32>, tensor<2x3xf32>) {
  %0 = nn.reshape %x : tensor<2x3xf32> to tensor<6xf32>
  %1 = nn.reshape %0 : tensor<6xf32> to tensor<3x2xf32>
  %2 = nn.reshape %1 : tensor<3x2xf32> to tensor<2x3xf32>
  return %1, %2 : tensor<3x2xf32>, tensor<2x3xf32>
}

// Result dimension i of both is dimension [2, 0, 1][[1, 0, 2][i]] of x.
// CHECK-LABEL: @transposes
// CHECK-SAME: (%[[X:.*]]: tensor<2x3x4xf32>)
// CHECK-NEXT: %[[Y:.*]] = nn.transpose %[[X]] [0, 2, 1] : tensor<2x3x4xf32>
// CHECK-NEXT: return %[[Y]], %[[X]]
func.func @transposes(%x: tensor<2x3x4xf32>) -> (tensor<2x4x3xf32>, tensor<2x3x4xf32>) {
  %0 = nn.transpose %x [2, 0, 1] : tensor<2x3x4xf32>
  %1 = nn.transpose %0 [1, 0, 2] : tensor<4x2x3xf32>
  %2 = nn.transpose %0 [1, 2, 0] : tensor<4x2x3xf32>
  return %1, %2 : tensor<2x4x3xf32>, tensor<2x3x4xf32>
}

// CHECK-LABEL: @broadcasts
// CHECK-SAME: (%[[X:.*]]: tensor<3xf32>)
// CHECK-NEXT: %[[Y:.*]] = nn.broadcast %[[X]] [2] : tensor<3xf32> to tensor<5x2x3xf32>
// CHECK-NEXT: return %[[Y]]
func.func @broadcasts(%x: tensor<3xf32>) -> tensor<5x2x3xf32> {
  %0 = nn.broadcast %x [1] : tensor<3xf32> to tensor<2x3xf32>
  %1 = nn.broadcast %0 [1, 2] : tensor<2x3xf32> to tensor<5x2x3xf32>
  return %1 : tensor<5x2x3xf32>
}

// CHECK-LABEL: @splats
// CHECK-DAG: %[[A:.*]] = nn.constant dense<-1.500000e+00> : tensor<2x3xf32>
// CHECK-DAG: %[[B:.*]] = nn.constant dense<-1.500000e+00> : tensor<3x2xf32>
// CHECK-DAG: %[[C:.*]] = nn.constant dense<-1.500000e+00> : tensor<6xf32>
// CHECK-DAG: %[[D:.*]] = nn.constant dense<-1> : tensor<2x3xi8>
// CHECK: return %[[A]], %[[B]], %[[C]], %[[D]]
func.func @splats() -> (tensor<2x3xf32>, tensor<3x2xf32>, tensor<6xf32>, tensor<2x3xi8>) {
  %c = nn.constant dense<-1.5> : tensor<f32>
  %0 = nn.broadcast %c [] : tensor<f32> to tensor<2x3xf32>
  %1 = nn.transpose %0 [1, 0] : tensor<2x3xf32>
  %2 = nn.reshape %1 : tensor<3x2xf32> to tensor<6xf32>
  %3 = nn.convert %0 : tensor<2x3xf32> to tensor<2x3xi8>
  return %0, %1, %2, %3 : tensor<2x3xf32>, tensor<3x2xf32>, tensor<6xf32>, tensor<2x3xi8>
}

// What has no element is a constant; what is made of nothing is, too.
// CHECK-LABEL: @empty
// CHECK-SAME: (%[[X:.*]]: tensor<4x3xf32>, %{{.*}}: tensor<4x0xf32>)
// CHECK-DAG: %[[NONE:.*]] = nn.constant dense<> : tensor<4x0xf32>
// CHECK-DAG: %[[DOT:.*]] = nn.constant dense<0.000000e+00> : tensor<4x2xf32>
// CHECK-DAG: %[[SUM:.*]] = nn.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK-DAG: %[[MAX:.*]] = nn.constant dense<0xFF800000> : tensor<4xf32>
// CHECK-DAG: %[[MIN:.*]] = nn.constant dense<127> : tensor<i8>
// CHECK: %[[TWO:.*]] = nn.concat %[[X]], %[[X]] dim = 1 : tensor<4x3xf32>, tensor<4x3xf32>
// CHECK-NEXT: return %[[NONE]], %[[DOT]], %[[SUM]], %[[MAX]], %[[MIN]], %[[X]], %[[TWO]]
func.func @empty(%x: tensor<4x3xf32>, %e: tensor<4x0xf32>) -> (tensor<4x0xf32>, tensor<4x2xf32>, tensor<4xf32>, tensor<4xf32>, tensor<i8>, tensor<4x3xf32>, tensor<4x6xf32>) {
  %0 = nn.slice %x [0, 1] to [4, 1] step [1, 1] : tensor<4x3xf32>
  %1 = nn.exp %0 : tensor<4x0xf32>
  %w = nn.constant dense<> : tensor<0x2xf32>
  %2 = nn.dot %e, %w batch [] x [] contract [1] x [0] : tensor<4x0xf32>, tensor<0x2xf32> -> tensor<4x2xf32>
  %3 = nn.reduce sum %1 [1] : tensor<4x0xf32>
  %4 = nn.reduce max %e [1] : tensor<4x0xf32>
  %i = nn.convert %e : tensor<4x0xf32> to tensor<4x0xi8>
  %5 = nn.reduce min %i [0, 1] : tensor<4x0xi8>
  %6 = nn.concat %e, %x, %0 dim = 1 : tensor<4x0xf32>, tensor<4x3xf32>, tensor<4x0xf32>
  %7 = nn.concat %x, %e, %x dim = 1 : tensor<4x3xf32>, tensor<4x0xf32>, tensor<4x3xf32>
  return %1, %2, %3, %4, %5, %6, %7 : tensor<4x0xf32>, tensor<4x2xf32>, tensor<4xf32>, tensor<4xf32>, tensor<i8>, tensor<4x3xf32>, tensor<4x6xf32>
}
