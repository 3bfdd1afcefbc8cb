// RUN: dpc-opt %s -split-input-file -verify-diagnostics

func.func @f(%x: tensor<2xi32>) {
  // expected-error @+1 {{must be statically shaped tensor of 16-bit float or bfloat16 type or 32-bit float or 64-bit float values}}
  %0 = nn.exp %x : tensor<2xi32>
  return
}

// -----

func.func @f(%x: tensor<2xi1>) {
  // expected-error @+1 {{must be statically shaped tensor of}}
  %0 = nn.add %x, %x : tensor<2xi1>
  return
}

// -----

func.func @f(%x: tensor<2xi37>) {
  // expected-error @+1 {{must be statically shaped tensor of}}
  %0 = nn.relu %x : tensor<2xi37>
  return
}

// -----

func.func @f(%x: tensor<?xf32>) {
  // expected-error @+1 {{must be statically shaped tensor of}}
  %0 = nn.relu %x : tensor<?xf32>
  return
}

// -----

func.func @f(%x: tensor<2xi32>) {
  // expected-error @+1 {{must be statically shaped tensor of}}
  %0 = nn.pow %x, %x : tensor<2xi32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{converts between different shapes}}
  %0 = nn.convert %x : tensor<2x3xf32> to tensor<3x2xf64>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{has no dimension 2}}
  %0 = nn.iota dim = 2 : tensor<2x3xi64>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{has no dimension -1}}
  %0 = nn.iota dim = -1 : tensor<2x3xi64>
  return
}

// -----

func.func @f(%s: tensor<i64>) {
  // expected-error @+1 {{needs offsets where its shape is not the global shape}}
  %0 = nn.random %s, %s stream = 0 of [4] : tensor<2xf32>
  return
}

// -----

func.func @f(%s: tensor<i64>) {
  // expected-error @+1 {{needs one offset per dimension}}
  %0 = nn.random %s, %s offsets (%s) stream = 0 of [4, 4] : tensor<2x4xf32>
  return
}

// -----

func.func @f(%s: tensor<i64>) {
  // expected-error @+1 {{has a global shape of rank 2 for a result of rank 1}}
  %0 = nn.random %s, %s stream = 0 of [4, 4] : tensor<4xf32>
  return
}

// -----

func.func @f(%s: tensor<i64>) {
  // expected-error @+1 {{makes f32 or f64, not 'bf16'}}
  %0 = nn.random %s, %s stream = 0 of [4] : tensor<4xbf16>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{changes the number of elements}}
  %0 = nn.reshape %x : tensor<2x3xf32> to tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{changes the element type}}
  %0 = nn.reshape %x : tensor<2x3xf32> to tensor<6xf64>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[0, 0] is not a permutation of the dimensions of}}
  %0 = nn.transpose %x [0, 0] : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[0] is not a permutation of the dimensions of}}
  %0 = nn.transpose %x [0] : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has dimensions [1, 0], which do not increase within the result}}
  %0 = nn.broadcast %x [1, 0] : tensor<2x3xf32> to tensor<3x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{needs one result dimension per input dimension}}
  %0 = nn.broadcast %x [0] : tensor<2x3xf32> to tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{puts an extent of 3 on result dimension 2 of extent 4}}
  %0 = nn.broadcast %x [0, 2] : tensor<2x3xf32> to tensor<2x3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{takes [1, 4) by 1 of 3 elements}}
  %0 = nn.slice %x [0, 1] to [2, 4] step [1, 1] : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{takes [1, 3) by 0 of 3 elements}}
  %0 = nn.slice %x [0, 1] to [2, 3] step [1, 0] : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{needs a start, limit and stride per dimension}}
  %0 = nn.slice %x [0] to [2] step [1] : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has negative padding}}
  %0 = nn.pad %x low [0, -1] high [0, 0] interior [0, 0] value 0.0 : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{needs low, high and interior per dimension}}
  %0 = nn.pad %x low [0] high [0] interior [0] value 0.0 : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has dimensions [2], which do not increase within the rank of}}
  %0 = nn.reduce sum %x [2] : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has dimensions [1, 0], which do not increase}}
  %0 = nn.reduce sum %x [1, 0] : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2xi1>) {
  // expected-error @+1 {{does not sum booleans}}
  %0 = nn.reduce sum %x [0] : tensor<2xi1>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) {
  // expected-error @+2 {{pairs different extents of}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = nn.dot %a, %b batch [] x [] contract [1] x [0] : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) {
  // expected-error @+2 {{pairs dimensions unequally}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = nn.dot %a, %b batch [] x [] contract [1] x [] : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) {
  // expected-error @+2 {{names a dimension twice or one that does not exist}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = nn.dot %a, %b batch [1] x [1] contract [1] x [1] : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) {
  // expected-error @+2 {{names a dimension twice or one that does not exist}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = nn.dot %a, %b batch [] x [] contract [2] x [2] : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2x3xf64>) {
  // expected-error @+2 {{has operands of types}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "nn.dot"(%a, %b) <{lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 1>}> : (tensor<2x3xf32>, tensor<2x3xf64>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) {
  // expected-error @+2 {{are incompatible with return type(s) of operation}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "nn.dot"(%a, %b) <{lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 1>}> : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has axis 2 on a tensor of rank 2}}
  %0 = nn.softmax %x axis = 2 : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has axis -1 on a tensor of rank 2}}
  %0 = nn.log_softmax %x axis = -1 : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{which is not in [0, 1)}}
  %0 = nn.dropout %x ratio = 1.0 stream = 0 : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %l: tensor<3xi64>) {
  // expected-error @+1 {{which do not have the shape of}}
  %0 = nn.softmax_cross_entropy %x, %l axis = 1 : tensor<2x3xf32>, tensor<3xi64>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %l: tensor<3xi64>) {
  // expected-error @+1 {{has axis 2 on logits of rank 2}}
  %0 = nn.softmax_cross_entropy %x, %l axis = 2 : tensor<2x3xf32>, tensor<3xi64>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %l: tensor<3xf32>) {
  // expected-error @+1 {{must be statically shaped tensor of 8-bit signless integer}}
  %0 = nn.softmax_cross_entropy %x, %l axis = 0 : tensor<2x3xf32>, tensor<3xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{needs a dense tensor value}}
  %0 = nn.constant dense_resource<blob> : tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has a body whose arguments are not}}
  %0 = nn.kernel(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32> {
  ^bb0(%a: tensor<3x2xf32>):
    nn.yield %a : tensor<3x2xf32>
  }
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{yields values of other types than its results}}
  %0 = nn.kernel(%x) : (tensor<2x3xf32>) -> tensor<3x2xf32> {
  ^bb0(%a: tensor<2x3xf32>):
    nn.yield %a : tensor<2x3xf32>
  }
  return
}

// -----

// expected-error @+1 {{holds 8 bytes for}}
nn.parameter @w : tensor<3xf32> from "m.onnx"[0, 8]

// -----

// expected-error @+1 {{has a negative offset}}
nn.parameter @w : tensor<2xf32> from "m.onnx"[-8, 8]

// -----

// expected-error @+1 {{needs a tensor type with a static shape}}
nn.parameter @w : tensor<?xf32> from "m.onnx"[0, 8]

// -----

// expected-error @+1 {{needs a tensor type with a static shape}}
nn.parameter @w : f32 from "m.onnx"[0, 4]

// -----

func.func @f(%t: tensor<7x4xf32>, %i: tensor<2xi64>) {
  // expected-error @+2 {{has axis 2 of a table of rank 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "nn.gather"(%t, %i) <{axis = 2 : i64}> : (tensor<7x4xf32>, tensor<2xi64>) -> tensor<7x2xf32>
  return
}

// -----

func.func @f(%i: tensor<2xi64>, %u: tensor<2x3xf32>) {
  // expected-error @+1 {{needs updates of type 'tensor<2x4xf32>', not 'tensor<2x3xf32>'}}
  %0 = nn.scatter_add %i, %u axis = 0 : tensor<2xi64>, tensor<2x3xf32> -> tensor<7x4xf32>
  return
}

// -----

func.func @f(%i: tensor<2xi64>, %u: tensor<2x4xf32>) {
  // expected-error @+1 {{has axis -1 of a result of rank 2}}
  %0 = nn.scatter_add %i, %u axis = -1 : tensor<2xi64>, tensor<2x4xf32> -> tensor<7x4xf32>
  return
}

// -----

func.func @f(%i: tensor<2xi64>, %u: tensor<2x4xf32>) {
  // expected-error @+1 {{changes the element type}}
  %0 = nn.scatter_add %i, %u axis = 0 : tensor<2xi64>, tensor<2x4xf32> -> tensor<7x4xf64>
  return
}

// -----

func.func @f(%a: tensor<2x4xf32>, %b: tensor<3x5xf32>) {
  // expected-error @+2 {{joins 'tensor<2x4xf32>' and 'tensor<3x5xf32>' along dimension 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "nn.concat"(%a, %b) <{dim = 0 : i64}> : (tensor<2x4xf32>, tensor<3x5xf32>) -> tensor<5x4xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4xf32>) {
  // expected-error @+2 {{has dimension 2 of a tensor of rank 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "nn.concat"(%a) <{dim = 2 : i64}> : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+2 {{needs an input}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "nn.concat"() <{dim = 0 : i64}> : () -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%a: tensor<4xf64>) {
  // expected-error @+1 {{is stored in another type than 16 bits of f32}}
  %0 = nn.convert %a stored : tensor<4xf64> to tensor<4xbf16>
  return
}

// -----

func.func @f(%a: tensor<4xf32>) {
  // expected-error @+1 {{widens no terms: 'f32' to 'f64'}}
  %0 = nn.convert %a before_sums : tensor<4xf32> to tensor<4xf64>
  return
}
