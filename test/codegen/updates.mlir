// RUN: dpc-codegen-test %s | FileCheck %s
// New values of parameters and states end up in the old ones' slots, whatever
// still reads the old ones.
// CHECK: late_reader: agrees
// CHECK: swap: agrees
// CHECK: old_value_returned: agrees
// CHECK: not_pointwise: agrees
// CHECK: crossed: agrees
// CHECK: adam: agrees
// CHECK: by_matmul: agrees
// CHECK: scalar_parameter: agrees

func.func @late_reader(%x: tensor<3x4xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %w: tensor<4x4xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<4x4xf32> {nn.name = "w", nn.role = #nn.role<parameter>},
        tensor<3x4xf32> {nn.name = "y", nn.role = #nn.role<output>},
        tensor<4x4xf32> {nn.name = "w_new", nn.role = #nn.role<output>})
    attributes {nn.program = "late_reader"} {
  %u = nn.mul %w, %w : tensor<4x4xf32>
  %y = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<3x4xf32>, tensor<4x4xf32> -> tensor<3x4xf32>
  return %u, %y, %u : tensor<4x4xf32>, tensor<3x4xf32>, tensor<4x4xf32>
}

func.func @swap(%p: tensor<5xf32> {nn.name = "p", nn.role = #nn.role<parameter>},
    %q: tensor<5xf32> {nn.name = "q", nn.role = #nn.role<parameter>})
    -> (tensor<5xf32> {nn.name = "p", nn.role = #nn.role<parameter>},
        tensor<5xf32> {nn.name = "q", nn.role = #nn.role<parameter>})
    attributes {nn.program = "swap"} {
  return %q, %p : tensor<5xf32>, tensor<5xf32>
}

func.func @old_value_returned(%p: tensor<5xf32> {nn.name = "p", nn.role = #nn.role<parameter>})
    -> (tensor<5xf32> {nn.name = "p", nn.role = #nn.role<parameter>},
        tensor<1x5xf32> {nn.name = "old", nn.role = #nn.role<output>})
    attributes {nn.program = "old_value_returned"} {
  %n = nn.add %p, %p : tensor<5xf32>
  %o = nn.reshape %p : tensor<5xf32> to tensor<1x5xf32>
  return %n, %o : tensor<5xf32>, tensor<1x5xf32>
}

func.func @not_pointwise(%p: tensor<4x4xf32> {nn.name = "p4", nn.role = #nn.role<parameter>})
    -> (tensor<4x4xf32> {nn.name = "p4", nn.role = #nn.role<parameter>})
    attributes {nn.program = "not_pointwise"} {
  %t = nn.transpose %p [1, 0] : tensor<4x4xf32>
  %n = nn.sub %p, %t : tensor<4x4xf32>
  return %n : tensor<4x4xf32>
}

// Either update reads the other's old value.
func.func @crossed(%p: tensor<5xf32> {nn.name = "p", nn.role = #nn.role<parameter>},
    %q: tensor<5xf32> {nn.name = "q", nn.role = #nn.role<parameter>})
    -> (tensor<5xf32> {nn.name = "p", nn.role = #nn.role<parameter>},
        tensor<5xf32> {nn.name = "q", nn.role = #nn.role<parameter>})
    attributes {nn.program = "crossed"} {
  %s = nn.reduce sum %q [0] : tensor<5xf32>
  %t = nn.reduce sum %p [0] : tensor<5xf32>
  %sb = nn.broadcast %s [] : tensor<f32> to tensor<5xf32>
  %pn = nn.mul %p, %sb : tensor<5xf32>
  %pq = nn.sub %pn, %q : tensor<5xf32>
  %tb = nn.broadcast %t [] : tensor<f32> to tensor<5xf32>
  %qn = nn.mul %q, %tb : tensor<5xf32>
  %qp = nn.sub %qn, %p : tensor<5xf32>
  return %pq, %qp : tensor<5xf32>, tensor<5xf32>
}

func.func @adam(%g: tensor<6x3xf32> {nn.name = "g", nn.role = #nn.role<input>},
    %p: tensor<6x3xf32> {nn.name = "ap", nn.role = #nn.role<parameter>},
    %m: tensor<6x3xf32> {nn.name = "ap.m", nn.role = #nn.role<state>},
    %v: tensor<6x3xf32> {nn.name = "ap.v", nn.role = #nn.role<state>, test.range = [0.1, 1.0]},
    %step: tensor<i64> {nn.name = "step", nn.role = #nn.role<scalar>, test.value = dense<3> : tensor<i64>})
    -> (tensor<6x3xf32> {nn.name = "ap.m", nn.role = #nn.role<state>},
        tensor<6x3xf32> {nn.name = "ap.v", nn.role = #nn.role<state>},
        tensor<6x3xf32> {nn.name = "ap", nn.role = #nn.role<parameter>})
    attributes {nn.program = "adam"} {
  %b1 = nn.constant dense<0.9> : tensor<f32>
  %one = nn.constant dense<1.0> : tensor<f32>
  %t = nn.convert %step : tensor<i64> to tensor<f32>
  %pw = nn.pow %b1, %t : tensor<f32>
  %c = nn.sub %one, %pw : tensor<f32>
  %cb = nn.broadcast %c [] : tensor<f32> to tensor<6x3xf32>
  %b1s = nn.constant dense<0.9> : tensor<6x3xf32>
  %c1s = nn.constant dense<0.1> : tensor<6x3xf32>
  %m0 = nn.mul %m, %b1s : tensor<6x3xf32>
  %m1 = nn.mul %g, %c1s : tensor<6x3xf32>
  %mn = nn.add %m0, %m1 : tensor<6x3xf32>
  %gg = nn.mul %g, %g : tensor<6x3xf32>
  %v0 = nn.mul %v, %b1s : tensor<6x3xf32>
  %v1 = nn.mul %gg, %c1s : tensor<6x3xf32>
  %vn = nn.add %v0, %v1 : tensor<6x3xf32>
  %mh = nn.div %mn, %cb : tensor<6x3xf32>
  %vh = nn.sqrt %vn : tensor<6x3xf32>
  %u = nn.div %mh, %vh : tensor<6x3xf32>
  %pn = nn.sub %p, %u : tensor<6x3xf32>
  return %mn, %vn, %pn : tensor<6x3xf32>, tensor<6x3xf32>, tensor<6x3xf32>
}

func.func @by_matmul(%x: tensor<4x4xf32> {nn.name = "x44", nn.role = #nn.role<input>},
    %w: tensor<4x4xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<4x4xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    attributes {nn.program = "by_matmul"} {
  %u = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return %u : tensor<4x4xf32>
}

func.func @scalar_parameter(%p: tensor<f32> {nn.name = "sp", nn.role = #nn.role<parameter>},
    %s: tensor<1x1xf32> {nn.name = "sp.m", nn.role = #nn.role<state>})
    -> (tensor<f32> {nn.name = "sp", nn.role = #nn.role<parameter>},
        tensor<1x1xf32> {nn.name = "sp.m", nn.role = #nn.role<state>})
    attributes {nn.program = "scalar_parameter"} {
  %r = nn.reshape %s : tensor<1x1xf32> to tensor<f32>
  %t = nn.tanh %r : tensor<f32>
  %n = nn.add %p, %t : tensor<f32>
  %m = nn.reshape %n : tensor<f32> to tensor<1x1xf32>
  %k = nn.mul %m, %s : tensor<1x1xf32>
  return %n, %k : tensor<f32>, tensor<1x1xf32>
}
