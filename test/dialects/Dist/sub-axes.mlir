// RUN: dpc-opt %s -split-input-file -verify-diagnostics | FileCheck %s

// A part of an axis may stand wherever an axis may, and several parts of one
// where they share no ranks.
dist.mesh @mesh ["data" = 2, "tensor" = 8]
// CHECK-LABEL: func.func @parts
func.func @parts(%x: tensor<8x4xf32> {dist.sharding = #dist.sharding<[["tensor:(2)4"], ["tensor:(1)2"]]>}) -> tensor<16x4xf32> {
  // CHECK: dist.all_gather %{{.*}} dim = 0 over ["data", "tensor:(4)2"]
  %0 = dist.all_gather %x dim = 0 over ["data", "tensor:(4)2"] : tensor<8x4xf32> to tensor<32x4xf32>
  // CHECK: dist.reduce_scatter sum %{{.*}} over ["tensor:(1)2"]
  %1 = dist.reduce_scatter sum %0 over ["tensor:(1)2"] : tensor<32x4xf32> to tensor<16x4xf32>
  return %1 : tensor<16x4xf32>
}

// -----

dist.mesh @mesh ["tensor" = 8]
// expected-error @+1 {{sharding of argument 0 names axes "tensor:(1)4" and "tensor:(2)2", which share ranks}}
func.func private @overlap(%x: tensor<4x4xf32> {dist.sharding = #dist.sharding<[["tensor:(1)4"], ["tensor:(2)2"]]>})

// -----

dist.mesh @mesh ["tensor" = 8]
func.func @whole(%x: tensor<4xf32>) {
  // expected-error @+1 {{names axes "tensor" and "tensor:(4)2", which share ranks}}
  %0 = dist.all_reduce sum %x over ["tensor", "tensor:(4)2"] : tensor<4xf32>
  return
}

// -----

// 8 ranks have no third part.
dist.mesh @mesh ["tensor" = 8]
// expected-error @+1 {{names axis "tensor:(1)3", which is not in the mesh}}
func.func private @third(%x: tensor<4xf32> {dist.sharding = #dist.sharding<[["tensor:(1)3"]]>})

// -----

dist.mesh @mesh ["tensor" = 8]
// expected-error @+1 {{names axis "tensor:(8)2", which is not in the mesh}}
func.func private @beyond(%x: tensor<4xf32> {dist.sharding = #dist.sharding<[["tensor:(8)2"]]>})

// -----

dist.mesh @mesh ["tensor" = 8]
// expected-error @+1 {{names axis "tensor:(0)2", which is not in the mesh}}
func.func private @none(%x: tensor<4xf32> {dist.sharding = #dist.sharding<[["tensor:(0)2"]]>})
