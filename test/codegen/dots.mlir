// RUN: dpc-codegen-test %s | FileCheck %s
// Dots of every form: through the library where it multiplies them, as loops otherwise.
// CHECK: plain: agrees
// CHECK: general: agrees
// CHECK: loops: agrees

func.func @plain(%a: tensor<5x7xf32> {nn.name = "a", nn.role = #nn.role<input>},
    %b: tensor<7x3xf32> {nn.name = "b", nn.role = #nn.role<input>},
    %bt: tensor<3x7xf32> {nn.name = "bt", nn.role = #nn.role<input>},
    %at: tensor<7x5xf32> {nn.name = "at", nn.role = #nn.role<input>},
    %v: tensor<7xf32> {nn.name = "v", nn.role = #nn.role<input>})
    -> (tensor<5x3xf32> {nn.name = "nn", nn.role = #nn.role<output>},
        tensor<5x3xf32> {nn.name = "nt", nn.role = #nn.role<output>},
        tensor<5x3xf32> {nn.name = "tt", nn.role = #nn.role<output>},
        tensor<5xf32> {nn.name = "mv", nn.role = #nn.role<output>},
        tensor<f32> {nn.name = "vv", nn.role = #nn.role<output>},
        tensor<5x7x7xf32> {nn.name = "outer", nn.role = #nn.role<output>})
    attributes {nn.program = "plain"} {
  %nn = nn.dot %a, %b batch [] x [] contract [1] x [0] : tensor<5x7xf32>, tensor<7x3xf32> -> tensor<5x3xf32>
  %nt = nn.dot %a, %bt batch [] x [] contract [1] x [1] : tensor<5x7xf32>, tensor<3x7xf32> -> tensor<5x3xf32>
  %tt = nn.dot %at, %bt batch [] x [] contract [0] x [1] : tensor<7x5xf32>, tensor<3x7xf32> -> tensor<5x3xf32>
  %mv = nn.dot %a, %v batch [] x [] contract [1] x [0] : tensor<5x7xf32>, tensor<7xf32> -> tensor<5xf32>
  %vv = nn.dot %v, %v batch [] x [] contract [0] x [0] : tensor<7xf32>, tensor<7xf32> -> tensor<f32>
  %outer = nn.dot %a, %v batch [] x [] contract [] x [] : tensor<5x7xf32>, tensor<7xf32> -> tensor<5x7x7xf32>
  return %nn, %nt, %tt, %mv, %vv, %outer : tensor<5x3xf32>, tensor<5x3xf32>, tensor<5x3xf32>, tensor<5xf32>, tensor<f32>, tensor<5x7x7xf32>
}

func.func @general(%a: tensor<2x3x4x5xf32> {nn.name = "ga", nn.role = #nn.role<input>},
    %b: tensor<5x2x4x6xf32> {nn.name = "gb", nn.role = #nn.role<input>})
    -> (tensor<2x3x6xf32> {nn.name = "y", nn.role = #nn.role<output>},
        tensor<4x2x3x5x6xf32> {nn.name = "z", nn.role = #nn.role<output>})
    attributes {nn.program = "general"} {
  %y = nn.dot %a, %b batch [0] x [1] contract [3, 2] x [0, 2] : tensor<2x3x4x5xf32>, tensor<5x2x4x6xf32> -> tensor<2x3x6xf32>
  %z = nn.dot %a, %b batch [2, 0] x [2, 1] contract [] x [] : tensor<2x3x4x5xf32>, tensor<5x2x4x6xf32> -> tensor<4x2x3x5x5x6xf32>
  %s = nn.reduce sum %z [4] : tensor<4x2x3x5x5x6xf32>
  return %y, %s : tensor<2x3x6xf32>, tensor<4x2x3x5x6xf32>
}

func.func @loops(%a: tensor<4x5xf64> {nn.name = "la", nn.role = #nn.role<input>},
    %b: tensor<5x6xf64> {nn.name = "lb", nn.role = #nn.role<input>},
    %i: tensor<4x5xi32> {nn.name = "li", nn.role = #nn.role<input>},
    %j: tensor<6x5xi32> {nn.name = "lj", nn.role = #nn.role<input>})
    -> (tensor<4x6xf64> {nn.name = "y", nn.role = #nn.role<output>},
        tensor<4x6xi32> {nn.name = "z", nn.role = #nn.role<output>})
    attributes {nn.program = "loops"} {
  %y = nn.dot %a, %b batch [] x [] contract [1] x [0] : tensor<4x5xf64>, tensor<5x6xf64> -> tensor<4x6xf64>
  %t = nn.tanh %y : tensor<4x6xf64>
  %z = nn.dot %i, %j batch [] x [] contract [1] x [1] : tensor<4x5xi32>, tensor<6x5xi32> -> tensor<4x6xi32>
  return %t, %z : tensor<4x6xf64>, tensor<4x6xi32>
}
