// RUN: dpc-opt %s -lower-to-plan -split-input-file -verify-diagnostics

// expected-error @+1 {{argument 0 has no nn.role or no nn.name}}
func.func @f(%x: tensor<4xf32>) attributes {nn.program = "f"} {
  return
}

// -----

// expected-error @+1 {{result 0 has no nn.role}}
func.func @f(%x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>}) -> tensor<4xf32> attributes {nn.program = "f"} {
  return %x : tensor<4xf32>
}

// -----

func.func @f(%x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>}) attributes {nn.program = "f"} {
  return
}
// expected-error @+1 {{argument 'x' is 'tensor<5xf32>' here and 'tensor<4xf32>' in another program}}
func.func @g(%x: tensor<5xf32> {nn.name = "x", nn.role = #nn.role<input>}) attributes {nn.program = "g"} {
  return
}

// -----

// expected-error @+1 {{result 'p' updates no argument}}
func.func @f(%x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>}) -> (tensor<4xf32> {nn.name = "p", nn.role = #nn.role<parameter>}) attributes {nn.program = "f"} {
  return %x : tensor<4xf32>
}

// -----

func.func @f(%x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>}) -> (tensor<4xf32> {nn.name = "y", nn.role = #nn.role<output>}) attributes {nn.program = "f"} {
  // expected-error @+1 {{cannot be lowered: 'nn.softmax'}}
  %0 = nn.softmax %x axis = 0 : tensor<4xf32>
  return %0 : tensor<4xf32>
}
