// What is kept in 16 bits is rounded where it is kept, if that is asked for: behind
// an op, and of a kernel behind the kernel.
// RUN: dpc-opt %s -test-interpret -o /dev/null | FileCheck %s

// CHECK: @exact result 0: [0.001953125, 1.00195312]
func.func @exact(%x: tensor<2xbf16> {test.value = dense<[0.001953125, 1.0]> : tensor<2xbf16>},
                 %y: tensor<2xf32> {test.value = dense<[0.0, 0.001953125]> : tensor<2xf32>})
    -> tensor<2xbf16> attributes {test.run} {
  %one = nn.constant dense<1.0> : tensor<2xbf16>
  %0 = nn.add %x, %one : tensor<2xbf16>
  %1 = nn.sub %0, %one : tensor<2xbf16>
  %2 = nn.convert %1 : tensor<2xbf16> to tensor<2xf32>
  %3 = nn.add %2, %y : tensor<2xf32>
  %4 = nn.convert %3 stored : tensor<2xf32> to tensor<2xbf16>
  return %4 : tensor<2xbf16>
}

// CHECK: @kept result 0: [0, 1]
func.func @kept(%x: tensor<2xbf16> {test.value = dense<[0.001953125, 1.0]> : tensor<2xbf16>},
                %y: tensor<2xf32> {test.value = dense<[0.0, 0.001953125]> : tensor<2xf32>})
    -> tensor<2xbf16> attributes {test.run, test.rounds} {
  %one = nn.constant dense<1.0> : tensor<2xbf16>
  %0 = nn.add %x, %one : tensor<2xbf16>
  %1 = nn.sub %0, %one : tensor<2xbf16>
  %2 = nn.convert %1 : tensor<2xbf16> to tensor<2xf32>
  %3 = nn.add %2, %y : tensor<2xf32>
  %4 = nn.convert %3 stored : tensor<2xf32> to tensor<2xbf16>
  return %4 : tensor<2xbf16>
}

// CHECK: @kernel result 0: [0.001953125, 1]
func.func @kernel(%x: tensor<2xbf16> {test.value = dense<[0.001953125, 1.0]> : tensor<2xbf16>},
                  %y: tensor<2xf32> {test.value = dense<[0.0, 0.001953125]> : tensor<2xf32>})
    -> tensor<2xbf16> attributes {test.run, test.rounds} {
  %0 = nn.kernel(%x, %y) : (tensor<2xbf16>, tensor<2xf32>) -> tensor<2xbf16> {
  ^bb0(%a: tensor<2xbf16>, %b: tensor<2xf32>):
    %one = nn.constant dense<1.0> : tensor<2xbf16>
    %1 = nn.add %a, %one : tensor<2xbf16>
    %2 = nn.sub %1, %one : tensor<2xbf16>
    %3 = nn.convert %2 : tensor<2xbf16> to tensor<2xf32>
    %4 = nn.add %3, %b : tensor<2xf32>
    %5 = nn.convert %4 stored : tensor<2xf32> to tensor<2xbf16>
    nn.yield %5 : tensor<2xbf16>
  }
  return %0 : tensor<2xbf16>
}
