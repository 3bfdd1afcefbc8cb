// RUN: dpc-opt %s -split-input-file -verify-diagnostics

dist.mesh @mesh ["data" = 2]
// expected-error @+1 {{axis "data" is used twice}}
func.func @f(%x: tensor<4x4xf32> {dist.sharding = #dist.sharding<[["data"], ["data"]]>})

// -----

dist.mesh @mesh ["data" = 2]
// expected-error @+1 {{axis "data" is used twice}}
func.func @f(%x: tensor<4xf32> {dist.sharding = #dist.sharding<[["data"]], partial = sum ["data"]>})

// -----

dist.mesh @mesh ["data" = 2]
// expected-error @+1 {{sharding of argument 0 names axis "tensor", which is not in the mesh}}
func.func private @f(%x: tensor<4xf32> {dist.sharding = #dist.sharding<[["tensor"]]>})

// -----

dist.mesh @mesh ["data" = 2]
// expected-error @+1 {{sharding of result 0 has 1 dimensions, the value has 2}}
func.func private @f() -> (tensor<4x4xf32> {dist.sharding = #dist.sharding<[["data"]]>})

// -----

// expected-error @+1 {{names axis "data", which is not in the mesh}}
func.func private @f(%x: tensor<4xf32> {dist.sharding = #dist.sharding<[["data"]]>})

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{dist.shardings must have one sharding per result}}
  %0 = nn.neg %x {dist.shardings = []} : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{sharding of operand 0 is not a #dist.sharding}}
  %0 = nn.neg %x {dist.operand_shardings = [1 : i64]} : tensor<4xf32>
  return
}

// -----

// expected-error @+1 {{expected sum, max or min}}
func.func private @f(%x: tensor<f32> {dist.sharding = #dist.sharding<[], partial = mean ["data"]>})
