// RUN: dpc-codegen-test %s | FileCheck %s
// Four ranks as threads; buffers in flight are poisoned until the wait.
// CHECK: buckets: agrees
// CHECK: gathers: agrees
// CHECK: scatters: agrees
// CHECK: turns: agrees

dist.mesh @mesh ["data" = 2, "tensor" = 2]

func.func @buckets(
    %x: tensor<3x4xf32> {nn.name = "x", nn.role = #nn.role<input>, dist.sharding = #dist.sharding<[["data", "tensor"], []]>, dist.global_type = tensor<12x4xf32>})
    -> (tensor<3x4xf32> {nn.name = "a", nn.role = #nn.role<output>},
        tensor<12xf32> {nn.name = "b", nn.role = #nn.role<output>},
        tensor<3x4xf32> {nn.name = "arg", nn.role = #nn.role<output>},
        tensor<3x4xf32> {nn.name = "before", nn.role = #nn.role<output>},
        tensor<4xf32> {nn.name = "twice", nn.role = #nn.role<output>},
        tensor<f32> {nn.name = "l", nn.role = #nn.role<loss>},
        tensor<4xf32> {nn.name = "max", nn.role = #nn.role<output>},
        tensor<4xf32> {nn.name = "again", nn.role = #nn.role<output>})
    attributes {nn.program = "buckets"} {
  %e = nn.exp %x : tensor<3x4xf32>
  %r = nn.reshape %e : tensor<3x4xf32> to tensor<12xf32>
  %s = nn.reduce sum %x [0] : tensor<3x4xf32>
  %t = nn.tanh %x : tensor<3x4xf32>
  // %r's memory is %e's, which is read and returned later; %x is an argument; %t
  // is read later; %s stands there twice.
  %h = dist.start {
    %q:5 = dist.all_reduce sum %r, %x, %s, %s, %t over ["data"] : tensor<12xf32>, tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>
    dist.yield %q#0, %q#1, %q#2, %q#3, %q#4 : tensor<12xf32>, tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>
  }
  %u = nn.mul %t, %t : tensor<3x4xf32>
  %l = nn.reduce sum %u [0, 1] : tensor<3x4xf32>
  %hl = dist.start {
    %q = dist.reduce sum %l over ["data", "tensor"] : tensor<f32>
    dist.yield %q : tensor<f32>
  }
  %m = dist.all_reduce max %s over ["tensor"] : tensor<4xf32>
  %v:5 = dist.wait %h : tensor<12xf32>, tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>
  %w = nn.add %v#1, %v#4 : tensor<3x4xf32>
  %z = nn.add %v#2, %v#3 : tensor<4xf32>
  %again = dist.all_reduce sum %z over ["tensor"] : tensor<4xf32>
  %loss = dist.wait %hl : tensor<f32>
  return %e, %v#0, %w, %u, %z, %loss, %m, %again : tensor<3x4xf32>, tensor<12xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<4xf32>, tensor<f32>, tensor<4xf32>, tensor<4xf32>
}

func.func @gathers(
    %x: tensor<3x4xf32> {nn.name = "x", nn.role = #nn.role<input>, dist.sharding = #dist.sharding<[["data", "tensor"], []]>, dist.global_type = tensor<12x4xf32>})
    -> (tensor<12x4xf32> {nn.name = "rows", nn.role = #nn.role<output>},
        tensor<3x8xf32> {nn.name = "columns", nn.role = #nn.role<output>},
        tensor<i64> {nn.name = "i", nn.role = #nn.role<output>},
        tensor<3x4xf32> {nn.name = "shifted", nn.role = #nn.role<output>})
    attributes {nn.program = "gathers"} {
  %e = nn.exp %x : tensor<3x4xf32>
  %rows = dist.all_gather %e dim = 0 over ["data", "tensor"] : tensor<3x4xf32> to tensor<12x4xf32>
  %columns = dist.all_gather %x dim = 1 over ["tensor"] : tensor<3x4xf32> to tensor<3x8xf32>
  %i = dist.axis_index ["tensor", "data"]
  %f = nn.convert %i : tensor<i64> to tensor<f32>
  %fb = nn.broadcast %f [] : tensor<f32> to tensor<3x4xf32>
  %y = nn.add %e, %fb : tensor<3x4xf32>
  return %rows, %columns, %i, %y : tensor<12x4xf32>, tensor<3x8xf32>, tensor<i64>, tensor<3x4xf32>
}

// %e is read while the reduce_scatter sends it.
func.func @scatters(
    %x: tensor<4x3xf32> {nn.name = "z", nn.role = #nn.role<input>, dist.sharding = #dist.sharding<[["data", "tensor"], []]>, dist.global_type = tensor<16x3xf32>})
    -> (tensor<1x3xf32> {nn.name = "all", nn.role = #nn.role<output>},
        tensor<2x3xf32> {nn.name = "half", nn.role = #nn.role<output>},
        tensor<4x3xf32> {nn.name = "between", nn.role = #nn.role<output>})
    attributes {nn.program = "scatters"} {
  %e = nn.exp %x : tensor<4x3xf32>
  %h = dist.start {
    %r = dist.reduce_scatter sum %e over ["tensor", "data"] : tensor<4x3xf32> to tensor<1x3xf32>
    dist.yield %r : tensor<1x3xf32>
  }
  %y = nn.mul %e, %x : tensor<4x3xf32>
  %all = dist.wait %h : tensor<1x3xf32>
  %half = dist.reduce_scatter max %y over ["tensor"] : tensor<4x3xf32> to tensor<2x3xf32>
  return %all, %half, %y : tensor<1x3xf32>, tensor<2x3xf32>, tensor<4x3xf32>
}

// %e is read while the all_to_all sends it.
func.func @turns(
    %x: tensor<4x3xf32> {nn.name = "t", nn.role = #nn.role<input>, dist.sharding = #dist.sharding<[["data", "tensor"], []]>, dist.global_type = tensor<16x3xf32>})
    -> (tensor<4x3xf32> {nn.name = "turned", nn.role = #nn.role<output>},
        tensor<4x3xf32> {nn.name = "half", nn.role = #nn.role<output>},
        tensor<4x3xf32> {nn.name = "between", nn.role = #nn.role<output>})
    attributes {nn.program = "turns"} {
  %e = nn.exp %x : tensor<4x3xf32>
  %h = dist.start {
    %r = dist.all_to_all %e over ["tensor", "data"] : tensor<4x3xf32>
    dist.yield %r : tensor<4x3xf32>
  }
  %y = nn.mul %e, %x : tensor<4x3xf32>
  %turned = dist.wait %h : tensor<4x3xf32>
  %half = dist.all_to_all %y over ["tensor"] : tensor<4x3xf32>
  return %turned, %half, %y : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>
}
