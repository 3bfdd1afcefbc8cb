// Elementwise ops and generators on values computed by hand.
// RUN: dpc-opt %s -test-interpret -o /dev/null | FileCheck %s

// CHECK: @unary result 0: [-1, 2, -0]
// CHECK: @unary result 1: [2.71828183, 0.135335283, 1]
// CHECK: @unary result 2: [0.761594156, -0.96402758, 0]
// CHECK: @unary result 3: [0.731058579, 0.119202922, 0.5]
// CHECK: @unary result 4: [1, 0, 0]
// CHECK: @unary result 5: [1.31326169, 0.126928011, 0.693147181]
func.func @unary(%x: tensor<3xf32> {test.value = dense<[1.0, -2.0, 0.0]> : tensor<3xf32>})
    -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) attributes {test.run} {
  %0 = nn.neg %x : tensor<3xf32>
  %1 = nn.exp %x : tensor<3xf32>
  %2 = nn.tanh %x : tensor<3xf32>
  %3 = nn.logistic %x : tensor<3xf32>
  %4 = nn.relu %x : tensor<3xf32>
  %5 = nn.softplus %x : tensor<3xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// CHECK: @positive result 0: [0, 1.38629436]
// CHECK: @positive result 1: [1, 2]
func.func @positive(%x: tensor<2xf64> {test.value = dense<[1.0, 4.0]> : tensor<2xf64>})
    -> (tensor<2xf64>, tensor<2xf64>) attributes {test.run} {
  %0 = nn.log %x : tensor<2xf64>
  %1 = nn.sqrt %x : tensor<2xf64>
  return %0, %1 : tensor<2xf64>, tensor<2xf64>
}

// CHECK: @binary result 0: [5, 1]
// CHECK: @binary result 1: [1, -5]
// CHECK: @binary result 2: [6, -6]
// CHECK: @binary result 3: [1.5, -0.666666667]
// CHECK: @binary result 4: [9, -8]
func.func @binary(%a: tensor<2xf32> {test.value = dense<[3.0, -2.0]> : tensor<2xf32>},
                  %b: tensor<2xf32> {test.value = dense<[2.0, 3.0]> : tensor<2xf32>})
    -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) attributes {test.run} {
  %0 = nn.add %a, %b : tensor<2xf32>
  %1 = nn.sub %a, %b : tensor<2xf32>
  %2 = nn.mul %a, %b : tensor<2xf32>
  %3 = nn.div %a, %b : tensor<2xf32>
  %4 = nn.pow %a, %b : tensor<2xf32>
  return %0, %1, %2, %3, %4 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// CHECK: @integer_division result 0: [-3, 3, 0]
func.func @integer_division(%a: tensor<3xi32> {test.value = dense<[-7, 7, 5]> : tensor<3xi32>},
                            %b: tensor<3xi32> {test.value = dense<[2, 2, 0]> : tensor<3xi32>})
    -> tensor<3xi32> attributes {test.run} {
  %0 = nn.div %a, %b : tensor<3xi32>
  return %0 : tensor<3xi32>
}

// Only ne holds for a NaN.
// CHECK: @compare result 0: [0, 1, 0]
// CHECK: @compare result 1: [1, 0, 1]
// CHECK: @compare result 2: [1, 0, 0]
// CHECK: @compare result 3: [1, 1, 0]
// CHECK: @compare result 4: [10, 2, 30]
func.func @compare(%a: tensor<3xf32> {test.value = dense<[1.0, 2.0, 0x7FC00000]> : tensor<3xf32>},
                   %b: tensor<3xf32> {test.value = dense<[2.0, 2.0, 3.0]> : tensor<3xf32>},
                   %c: tensor<3xf32> {test.value = dense<[10.0, 20.0, 30.0]> : tensor<3xf32>})
    -> (tensor<3xi1>, tensor<3xi1>, tensor<3xi1>, tensor<3xi1>, tensor<3xf32>) attributes {test.run} {
  %0 = nn.compare eq %a, %b : tensor<3xf32>
  %1 = nn.compare ne %a, %b : tensor<3xf32>
  %2 = nn.compare lt %a, %b : tensor<3xf32>
  %3 = nn.compare le %a, %b : tensor<3xf32>
  %4 = nn.select %1, %c, %b : tensor<3xf32>
  return %0, %1, %2, %3, %4 : tensor<3xi1>, tensor<3xi1>, tensor<3xi1>, tensor<3xi1>, tensor<3xf32>
}

// Truncation towards zero; narrowing keeps the low bits.
// CHECK: @convert result 0: [-3, 3, 0]
// CHECK: @convert result 1: [1, 1, 0]
// CHECK: @convert result 2: [-128, 44]
// CHECK: @convert result 3: [128, 44]
func.func @convert(%a: tensor<3xf32> {test.value = dense<[-3.7, 3.7, 0.0]> : tensor<3xf32>},
                   %b: tensor<2xi32> {test.value = dense<[128, 300]> : tensor<2xi32>})
    -> (tensor<3xi32>, tensor<3xi1>, tensor<2xi8>, tensor<2xui8>) attributes {test.run} {
  %0 = nn.convert %a : tensor<3xf32> to tensor<3xi32>
  %1 = nn.convert %a : tensor<3xf32> to tensor<3xi1>
  %2 = nn.convert %b : tensor<2xi32> to tensor<2xi8>
  %3 = nn.convert %b : tensor<2xi32> to tensor<2xui8>
  return %0, %1, %2, %3 : tensor<3xi32>, tensor<3xi1>, tensor<2xi8>, tensor<2xui8>
}

// CHECK: @generators result 0: [0, 1, 2, 0, 1, 2]
// CHECK: @generators result 1: [0, 0, 0, 1, 1, 1]
// CHECK: @generators result 2: [255, 7]
// CHECK: @generators result 3: [1.5, 1.5, 1.5]
func.func @generators() -> (tensor<2x3xi64>, tensor<2x3xf32>, tensor<2xui8>, tensor<3xbf16>) attributes {test.run} {
  %0 = nn.iota dim = 1 : tensor<2x3xi64>
  %1 = nn.iota dim = 0 : tensor<2x3xf32>
  %2 = nn.constant dense<[255, 7]> : tensor<2xui8>
  %3 = nn.constant dense<1.5> : tensor<3xbf16>
  return %0, %1, %2, %3 : tensor<2x3xi64>, tensor<2x3xf32>, tensor<2xui8>, tensor<3xbf16>
}

// CHECK: @more_unary result 0: [0.520499878, -0.995322265, 0]
// CHECK: @more_unary result 1: [0.479425539, -0.909297427, 0]
// CHECK: @more_unary result 2: [0.877582562, -0.416146837, 1]
// CHECK: @more_unary result 3: [0.5, 2, 0]
// CHECK: @more_unary result 4: [0, -2, 0]
// CHECK: @more_unary result 5: [1, -2, 0]
func.func @more_unary(%x: tensor<3xf32> {test.value = dense<[0.5, -2.0, 0.0]> : tensor<3xf32>})
    -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) attributes {test.run} {
  %0 = nn.erf %x : tensor<3xf32>
  %1 = nn.sin %x : tensor<3xf32>
  %2 = nn.cos %x : tensor<3xf32>
  %3 = nn.abs %x : tensor<3xf32>
  %4 = nn.floor %x : tensor<3xf32>
  %5 = nn.ceil %x : tensor<3xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// CHECK: @extremes result 0: [3, nan, nan, -1]
// CHECK: @extremes result 1: [2, nan, nan, -2]
func.func @extremes(%a: tensor<4xf32> {test.value = dense<[3.0, 0x7FC00000, 1.0, -2.0]> : tensor<4xf32>},
                    %b: tensor<4xf32> {test.value = dense<[2.0, 3.0, 0x7FC00000, -1.0]> : tensor<4xf32>})
    -> (tensor<4xf32>, tensor<4xf32>) attributes {test.run} {
  %0 = nn.max %a, %b : tensor<4xf32>
  %1 = nn.min %a, %b : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}
