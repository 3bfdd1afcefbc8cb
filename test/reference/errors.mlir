// RUN: dpc-opt %s -split-input-file -verify-diagnostics -test-interpret -test-jacobian -o /dev/null

func.func @dropout(%x: tensor<2xf32> {test.value = dense<1.0> : tensor<2xf32>}) -> tensor<2xf32> attributes {test.run} {
  // expected-error @+1 {{'nn.dropout' op has no reference semantics}}
  %0 = nn.dropout %x ratio = 0.5 stream = 0 : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// expected-error @+1 {{gets arguments of other types than its own}}
func.func @types(%x: tensor<2xf32> {test.value = dense<1.0> : tensor<3xf32>}) -> tensor<2xf32> attributes {test.run} {
  return %x : tensor<2xf32>
}

// -----

// expected-error @+1 {{needs one of test.values per rank}}
func.func @ranks(%x: tensor<2xf32> {test.values = [dense<1.0> : tensor<2xf32>, dense<1.0> : tensor<2xf32>]}) -> tensor<2xf32> attributes {test.run} {
  return %x : tensor<2xf32>
}
