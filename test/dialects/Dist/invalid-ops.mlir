// RUN: dpc-opt %s -split-input-file -verify-diagnostics

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{cannot make a value partial over "data"}}
  %0 = dist.reshard %x from <[[]]> to <[[]], partial = sum ["data"]> : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{'from' has 2 dimensions, the value has 1}}
  %0 = dist.reshard %x from <[[], []]> to <[[]]> : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>, %y: tensor<4xf64>) {
  // expected-error @+1 {{has operands of different element types in one message}}
  %0:2 = dist.all_reduce sum %x, %y over ["data"] : tensor<4xf32>, tensor<4xf64>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f() {
  // expected-error @+1 {{needs at least one operand}}
  "dist.all_reduce"() <{axes = ["data"], kind = #nn<reduce_kind sum>}> : () -> ()
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{names axis "tensor", which is not in the mesh}}
  %0 = dist.all_reduce sum %x over ["tensor"] : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{names axis "data" twice}}
  %0 = dist.reduce sum %x over ["data", "data"] : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{needs at least one axis}}
  %0 = dist.reduce sum %x over [] : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{must yield 'tensor<8xf32>'}}
  %0 = dist.all_gather %x dim = 0 over ["data"] : tensor<4xf32> to tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{has no dimension 1}}
  %0 = dist.all_gather %x dim = 1 over ["data"] : tensor<4xf32> to tensor<8xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4x3xf32>, %at: tensor<i64>) {
  // expected-error @+1 {{must yield 'tensor<2x3xf32>'}}
  %0 = dist.slice_at %x[%at] dim = 0 : tensor<4x3xf32> to tensor<2x2xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f() {
  // expected-error @+1 {{names axis "pipe", which is not in the mesh}}
  %0 = dist.axis_index ["pipe"]
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<5xf32>) {
  // expected-error @+1 {{cannot cut 5 rows into 2 equal parts}}
  %0 = dist.reduce_scatter sum %x over ["data"] : tensor<5xf32> to tensor<3xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{must yield 'tensor<2xf32>'}}
  %0 = dist.reduce_scatter sum %x over ["data"] : tensor<4xf32> to tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<5xf32>) {
  // expected-error @+1 {{cannot cut 5 rows into 2 equal parts}}
  %0 = dist.all_to_all %x over ["data"] : tensor<5xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<5xf32>) {
  // expected-error @+1 {{must name every rank of the group once as a source}}
  %0 = dist.permute %x from [1, 1] over ["data"] : tensor<5xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<5xf32>) {
  // expected-error @+1 {{has 1 sources for a group of 2 ranks}}
  %0 = dist.permute %x from [0] over ["data"] : tensor<5xf32>
  return
}
