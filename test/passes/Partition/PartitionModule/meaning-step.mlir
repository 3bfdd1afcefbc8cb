// RUN: dpc-opt %s -test-partition=mesh=data=1 -o /dev/null | FileCheck %s -DRANKS=1
// RUN: dpc-opt %s -test-partition=mesh=data=2 -o /dev/null | FileCheck %s -DRANKS=2
// RUN: dpc-opt %s -test-partition=mesh=data=3 -o /dev/null | FileCheck %s -DRANKS=3
// RUN: dpc-opt %s -test-partition=mesh=data=4 -o /dev/null | FileCheck %s -DRANKS=4
// RUN: dpc-opt %s -test-partition=mesh=data=8 -o /dev/null | FileCheck %s -DRANKS=8
// RUN: dpc-opt %s -test-partition=mesh=data=2,other=3 -o /dev/null | FileCheck %s -DRANKS=6
// RUN: dpc-opt %s -test-partition=mesh=other=3,data=5 -o /dev/null | FileCheck %s -DRANKS=15

// A step on 7 rows, by all ranks and by one: loss and updated parameters are the same,
// also where the ranks have padding (2, 3, 4, 5) or nothing else (8).

// CHECK: @train: 5 results agree on [[RANKS]] ranks
func.func @train(
    %x: tensor<7x5xf32> {nn.name = "x", nn.role = #nn.role<input>, nn.batch_dim = 0 : i64},
    %w1: tensor<4x5xf32> {nn.name = "fc1.weight", nn.role = #nn.role<parameter>},
    %b1: tensor<4xf32> {nn.name = "fc1.bias", nn.role = #nn.role<parameter>},
    %w2: tensor<3x4xf32> {nn.name = "fc2.weight", nn.role = #nn.role<parameter>},
    %b2: tensor<3xf32> {nn.name = "fc2.bias", nn.role = #nn.role<parameter>},
    %lr: tensor<f32> {nn.name = "lr", nn.role = #nn.role<scalar>, nn.default = 0.01 : f64})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<4x5xf32> {nn.name = "fc1.weight", nn.role = #nn.role<parameter>},
        tensor<4xf32> {nn.name = "fc1.bias", nn.role = #nn.role<parameter>},
        tensor<3x4xf32> {nn.name = "fc2.weight", nn.role = #nn.role<parameter>},
        tensor<3xf32> {nn.name = "fc2.bias", nn.role = #nn.role<parameter>}) {
  %xw = nn.dot %x, %w1 batch [] x [] contract [1] x [1] : tensor<7x5xf32>, tensor<4x5xf32> -> tensor<7x4xf32> loc("fc1")
  %b1r = nn.broadcast %b1 [1] : tensor<4xf32> to tensor<7x4xf32> loc("fc1")
  %h0 = nn.add %xw, %b1r : tensor<7x4xf32> loc("fc1")
  %h = nn.relu %h0 : tensor<7x4xf32> loc("relu")
  %hw = nn.dot %h, %w2 batch [] x [] contract [1] x [1] : tensor<7x4xf32>, tensor<3x4xf32> -> tensor<7x3xf32> loc("fc2")
  %b2r = nn.broadcast %b2 [1] : tensor<3xf32> to tensor<7x3xf32> loc("fc2")
  %y = nn.add %hw, %b2r : tensor<7x3xf32> loc("fc2")
  %yy = nn.mul %y, %y : tensor<7x3xf32> loc("loss")
  %sum = nn.reduce sum %yy [0, 1] : tensor<7x3xf32> loc("loss")
  %scale = nn.constant dense<0.14285714285714285> : tensor<f32> loc("loss")
  %loss = nn.mul %sum, %scale : tensor<f32> loc("loss")
  %two = nn.constant dense<0.2857142857142857> : tensor<7x3xf32> loc("loss")
  %dy = nn.mul %y, %two {nn.phase = #nn.phase<backward>} : tensor<7x3xf32> loc("loss")
  %db2 = nn.reduce sum %dy [0] {nn.phase = #nn.phase<backward>} : tensor<7x3xf32> loc("fc2")
  %dw2 = nn.dot %dy, %h batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<7x3xf32>, tensor<7x4xf32> -> tensor<3x4xf32> loc("fc2")
  %dh = nn.dot %dy, %w2 batch [] x [] contract [1] x [0] {nn.phase = #nn.phase<backward>} : tensor<7x3xf32>, tensor<3x4xf32> -> tensor<7x4xf32> loc("fc2")
  %zero = nn.constant dense<0.0> : tensor<7x4xf32> loc("relu")
  %on = nn.compare gt %h, %zero {nn.phase = #nn.phase<backward>} : tensor<7x4xf32> loc("relu")
  %dh0 = nn.select %on, %dh, %zero {nn.phase = #nn.phase<backward>} : tensor<7x4xf32> loc("relu")
  %db1 = nn.reduce sum %dh0 [0] {nn.phase = #nn.phase<backward>} : tensor<7x4xf32> loc("fc1")
  %dw1 = nn.dot %dh0, %x batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<7x4xf32>, tensor<7x5xf32> -> tensor<4x5xf32> loc("fc1")
  %lrw1 = nn.broadcast %lr [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<4x5xf32> loc("sgd")
  %sw1 = nn.mul %lrw1, %dw1 {nn.phase = #nn.phase<update>} : tensor<4x5xf32> loc("sgd")
  %nw1 = nn.sub %w1, %sw1 {nn.phase = #nn.phase<update>} : tensor<4x5xf32> loc("sgd")
  %lrb1 = nn.broadcast %lr [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<4xf32> loc("sgd")
  %sb1 = nn.mul %lrb1, %db1 {nn.phase = #nn.phase<update>} : tensor<4xf32> loc("sgd")
  %nb1 = nn.sub %b1, %sb1 {nn.phase = #nn.phase<update>} : tensor<4xf32> loc("sgd")
  %lrw2 = nn.broadcast %lr [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<3x4xf32> loc("sgd")
  %sw2 = nn.mul %lrw2, %dw2 {nn.phase = #nn.phase<update>} : tensor<3x4xf32> loc("sgd")
  %nw2 = nn.sub %w2, %sw2 {nn.phase = #nn.phase<update>} : tensor<3x4xf32> loc("sgd")
  %lrb2 = nn.broadcast %lr [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<3xf32> loc("sgd")
  %sb2 = nn.mul %lrb2, %db2 {nn.phase = #nn.phase<update>} : tensor<3xf32> loc("sgd")
  %nb2 = nn.sub %b2, %sb2 {nn.phase = #nn.phase<update>} : tensor<3xf32> loc("sgd")
  return %loss, %nw1, %nb1, %nw2, %nb2 : tensor<f32>, tensor<4x5xf32>, tensor<4xf32>, tensor<3x4xf32>, tensor<3xf32>
}
