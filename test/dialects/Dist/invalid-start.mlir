// RUN: dpc-opt %s -split-input-file -verify-diagnostics

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{must hold one collective and dist.yield}}
  %h = dist.start {
    %r = nn.neg %x : tensor<4xf32>
    dist.yield %r : tensor<4xf32>
  }
  %0 = dist.wait %h : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{must yield the collective's results, in order}}
  %h = dist.start {
    %r:2 = dist.all_reduce sum %x, %x over ["data"] : tensor<4xf32>, tensor<4xf32>
    dist.yield %r#1, %r#0 : tensor<4xf32>, tensor<4xf32>
  }
  %0:2 = dist.wait %h : tensor<4xf32>, tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{must be waited for exactly once}}
  %h = dist.start {
    %r = dist.all_reduce sum %x over ["data"] : tensor<4xf32>
    dist.yield %r : tensor<4xf32>
  }
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{must be waited for exactly once}}
  %h = dist.start {
    %r = dist.all_reduce sum %x over ["data"] : tensor<4xf32>
    dist.yield %r : tensor<4xf32>
  }
  %0 = dist.wait %h : tensor<4xf32>
  %1 = dist.wait %h : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["data" = 2]
func.func @f(%x: tensor<4xf32>) {
  %h = dist.start {
    %r = dist.all_reduce sum %x over ["data"] : tensor<4xf32>
    dist.yield %r : tensor<4xf32>
  }
  // expected-error @+1 {{must yield what its dist.start yields}}
  %0 = dist.wait %h : tensor<8xf32>
  return
}
