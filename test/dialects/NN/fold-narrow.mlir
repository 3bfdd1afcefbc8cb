// RUN: dpc-opt %s -canonicalize | FileCheck %s

// Back from where nothing was lost; a value that is stored was.
// CHECK-LABEL: func.func @back
// CHECK-NEXT: return %arg0
func.func @back(%x: tensor<4xbf16>) -> tensor<4xbf16> {
  %0 = nn.convert %x : tensor<4xbf16> to tensor<4xf32>
  %1 = nn.convert %0 stored : tensor<4xf32> to tensor<4xbf16>
  return %1 : tensor<4xbf16>
}

// CHECK-LABEL: func.func @lost
// CHECK-NEXT: nn.convert %arg0 stored
// CHECK-NEXT: nn.convert
func.func @lost(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = nn.convert %x stored : tensor<4xf32> to tensor<4xbf16>
  %1 = nn.convert %0 : tensor<4xbf16> to tensor<4xf32>
  return %1 : tensor<4xf32>
}
