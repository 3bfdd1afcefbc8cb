// RUN: dpc-opt %s -split-input-file -nn-split-reductions | FileCheck %s

module attributes {plan.target = "cuda"} {

// Of 8192 rows of one tile of columns 128 parts, of 64 rows each; the first kernel's
// result is in memory.
// CHECK-LABEL: @columns
// CHECK: %[[X:.*]] = nn.reshape %{{.*}} : tensor<8192x64xf32> to tensor<128x64x64xf32>
// CHECK: %[[P:.*]] = nn.reduce sum %[[X]] [1] {nn.materialize, nn.phase = #nn.phase<backward>} : tensor<128x64x64xf32>
// CHECK: nn.reduce sum %[[P]] [0] {nn.phase = #nn.phase<backward>} : tensor<128x64xf32>
func.func @columns(%x: tensor<8192x64xf32>) -> tensor<64xf32> {
  %0 = nn.reduce sum %x [0] {nn.phase = #nn.phase<backward>} : tensor<8192x64xf32>
  return %0 : tensor<64xf32>
}

// A dimension that is a part by itself needs no second one; the next is divided.
// CHECK-LABEL: @two
// CHECK: %[[X:.*]] = nn.reshape %{{.*}} : tensor<8x1024x768xf32> to tensor<8x4x256x768xf32>
// CHECK: %[[P:.*]] = nn.reduce max %[[X]] [2] {nn.materialize} : tensor<8x4x256x768xf32>
// CHECK: nn.reduce max %[[P]] [0, 1] : tensor<8x4x768xf32>
func.func @two(%x: tensor<8x1024x768xf32>) -> tensor<768xf32> {
  %0 = nn.reduce max %x [0, 1] : tensor<8x1024x768xf32>
  return %0 : tensor<768xf32>
}

// A prime is padded by what changes nothing.
// CHECK-LABEL: @prime
// CHECK: nn.pad %{{.*}} low [0, 0] high [125, 0] interior [0, 0] value 0xFFF0000000000000 : tensor<8065x64xf32>
// CHECK: nn.reshape %{{.*}} : tensor<8190x64xf32> to tensor<126x65x64xf32>
func.func @prime(%x: tensor<8065x64xf32>) -> tensor<64xf32> {
  %0 = nn.reduce max %x [0] : tensor<8065x64xf32>
  return %0 : tensor<64xf32>
}

// Extremes of integers are not.
// CHECK-LABEL: @integers
// CHECK-NEXT: nn.reduce max %{{.*}} [0] : tensor<8065x64xi64>
func.func @integers(%x: tensor<8065x64xi64>) -> tensor<64xi64> {
  %0 = nn.reduce max %x [0] : tensor<8065x64xi64>
  return %0 : tensor<64xi64>
}

// All of a tensor: parts of whole runs of neighbours.
// CHECK-LABEL: @all
// CHECK: nn.reshape %{{.*}} : tensor<1000000xf32> to tensor<200x5000xf32>
// CHECK: nn.reduce sum %{{.*}} [1] {nn.materialize} : tensor<200x5000xf32>
// CHECK: nn.reduce sum %{{.*}} [0] : tensor<200xf32>
func.func @all(%x: tensor<1000000xf32>) -> tensor<f32> {
  %0 = nn.reduce sum %x [0] : tensor<1000000xf32>
  return %0 : tensor<f32>
}

// Enough rows, or few terms: one kernel.
// CHECK-LABEL: @whole
// CHECK-NEXT: nn.reduce
// CHECK-NEXT: nn.reduce
// CHECK-NEXT: return
func.func @whole(%x: tensor<8192x768xf32>, %y: tensor<100x60xf32>) -> (tensor<8192xf32>, tensor<60xf32>) {
  %0 = nn.reduce sum %x [1] : tensor<8192x768xf32>
  %1 = nn.reduce sum %y [0] : tensor<100x60xf32>
  return %0, %1 : tensor<8192xf32>, tensor<60xf32>
}

}

// -----

// A CPU adds in one go.
// CHECK-LABEL: @cpu
// CHECK-NEXT: nn.reduce sum %{{.*}} [0] : tensor<8192x64xf32>
func.func @cpu(%x: tensor<8192x64xf32>) -> tensor<64xf32> {
  %0 = nn.reduce sum %x [0] : tensor<8192x64xf32>
  return %0 : tensor<64xf32>
}
