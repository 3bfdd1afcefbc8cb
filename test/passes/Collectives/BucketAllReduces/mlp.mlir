// RUN: echo "link: 10 ms, 4 GB/s" > %t.10ms
// RUN: dpc-opt %s -dist-annotate="strategy=data mesh=data=2" -dist-propagate -dist-resolve -dist-partition -canonicalize -cse -dist-bucket-all-reduces | FileCheck %s
// RUN: dpc-opt %s -dist-annotate="strategy=data mesh=data=2" -dist-propagate -dist-resolve -dist-partition -canonicalize -cse -dist-bucket-all-reduces=max-bytes=1000 | FileCheck %s --check-prefix=SMALL
// RUN: dpc-opt %s -dist-annotate="strategy=data mesh=data=2 machine=%t.10ms" -dist-propagate -dist-resolve -dist-partition -canonicalize -cse -dist-bucket-all-reduces | FileCheck %s --check-prefix=LATENCY

// The MLP 784-128-10: the gradients that exist before the big dot of fc1 go first.
// CHECK-LABEL: @train
// CHECK: %[[DB2:.*]] = nn.reduce sum {{.*}} [0] {nn.phase = #nn.phase<backward>} : tensor<50x10xf32>
// CHECK: %[[DW2:.*]] = nn.dot {{.*}} -> tensor<10x128xf32>
// CHECK: %[[DB1:.*]] = nn.reduce sum {{.*}} [0] {nn.phase = #nn.phase<backward>} : tensor<50x128xf32>
// CHECK-NEXT: dist.all_reduce sum %[[DB2]], %[[DW2]], %[[DB1]] over ["data"] {nn.phase = #nn.phase<backward>}
// CHECK: %[[DW1:.*]] = nn.dot {{.*}} -> tensor<128x784xf32>
// CHECK-NEXT: dist.all_reduce sum %[[DW1]] over ["data"]
// CHECK-NOT: dist.all_reduce
// The update comes last.
// CHECK: #nn.phase<update>

// No bucket is larger than asked for, except a single gradient.
// SMALL-LABEL: @train
// SMALL: dist.all_reduce sum %{{[0-9]+}} over ["data"] {nn.phase = #nn.phase<backward>} : tensor<10xf32>
// SMALL: dist.all_reduce sum %{{[0-9]+}} over ["data"] {nn.phase = #nn.phase<backward>} : tensor<10x128xf32>
// SMALL: dist.all_reduce sum %{{[0-9]+}} over ["data"] {nn.phase = #nn.phase<backward>} : tensor<128xf32>
// SMALL: dist.all_reduce sum %{{[0-9]+}} over ["data"] {nn.phase = #nn.phase<backward>} : tensor<128x784xf32>

// Where messages are expensive there is one.
// LATENCY-LABEL: @train
// LATENCY: dist.all_reduce sum %{{[0-9]+}}, %{{[0-9]+}}, %{{[0-9]+}}, %{{[0-9]+}} over ["data"]
// LATENCY-NOT: dist.all_reduce

func.func @train(
    %x: tensor<100x784xf32> {nn.name = "x", nn.role = #nn.role<input>, nn.batch_dim = 0 : i64},
    %w1: tensor<128x784xf32> {nn.name = "fc1.weight", nn.role = #nn.role<parameter>},
    %b1: tensor<128xf32> {nn.name = "fc1.bias", nn.role = #nn.role<parameter>},
    %w2: tensor<10x128xf32> {nn.name = "fc2.weight", nn.role = #nn.role<parameter>},
    %b2: tensor<10xf32> {nn.name = "fc2.bias", nn.role = #nn.role<parameter>},
    %lr: tensor<f32> {nn.name = "lr", nn.role = #nn.role<scalar>, nn.default = 0.01 : f64})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<128x784xf32> {nn.name = "fc1.weight", nn.role = #nn.role<parameter>},
        tensor<128xf32> {nn.name = "fc1.bias", nn.role = #nn.role<parameter>},
        tensor<10x128xf32> {nn.name = "fc2.weight", nn.role = #nn.role<parameter>},
        tensor<10xf32> {nn.name = "fc2.bias", nn.role = #nn.role<parameter>}) {
  %xw = nn.dot %x, %w1 batch [] x [] contract [1] x [1] : tensor<100x784xf32>, tensor<128x784xf32> -> tensor<100x128xf32> loc("fc1")
  %b1r = nn.broadcast %b1 [1] : tensor<128xf32> to tensor<100x128xf32> loc("fc1")
  %h0 = nn.add %xw, %b1r : tensor<100x128xf32> loc("fc1")
  %h = nn.relu %h0 : tensor<100x128xf32> loc("relu")
  %hw = nn.dot %h, %w2 batch [] x [] contract [1] x [1] : tensor<100x128xf32>, tensor<10x128xf32> -> tensor<100x10xf32> loc("fc2")
  %b2r = nn.broadcast %b2 [1] : tensor<10xf32> to tensor<100x10xf32> loc("fc2")
  %y = nn.add %hw, %b2r : tensor<100x10xf32> loc("fc2")
  %yy = nn.mul %y, %y : tensor<100x10xf32> loc("loss")
  %sum = nn.reduce sum %yy [0, 1] : tensor<100x10xf32> loc("loss")
  %scale = nn.constant dense<0.01> : tensor<f32> loc("loss")
  %loss = nn.mul %sum, %scale : tensor<f32> loc("loss")
  %two = nn.constant dense<0.02> : tensor<100x10xf32> loc("loss")
  %dy = nn.mul %y, %two {nn.phase = #nn.phase<backward>} : tensor<100x10xf32> loc("loss")
  %db2 = nn.reduce sum %dy [0] {nn.phase = #nn.phase<backward>} : tensor<100x10xf32> loc("fc2")
  %dw2 = nn.dot %dy, %h batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<100x10xf32>, tensor<100x128xf32> -> tensor<10x128xf32> loc("fc2")
  %dh = nn.dot %dy, %w2 batch [] x [] contract [1] x [0] {nn.phase = #nn.phase<backward>} : tensor<100x10xf32>, tensor<10x128xf32> -> tensor<100x128xf32> loc("fc2")
  %zero = nn.constant dense<0.0> : tensor<100x128xf32> loc("relu")
  %on = nn.compare gt %h, %zero {nn.phase = #nn.phase<backward>} : tensor<100x128xf32> loc("relu")
  %dh0 = nn.select %on, %dh, %zero {nn.phase = #nn.phase<backward>} : tensor<100x128xf32> loc("relu")
  %db1 = nn.reduce sum %dh0 [0] {nn.phase = #nn.phase<backward>} : tensor<100x128xf32> loc("fc1")
  %dw1 = nn.dot %dh0, %x batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<100x128xf32>, tensor<100x784xf32> -> tensor<128x784xf32> loc("fc1")
  %lrw1 = nn.broadcast %lr [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<128x784xf32> loc("sgd")
  %sw1 = nn.mul %lrw1, %dw1 {nn.phase = #nn.phase<update>} : tensor<128x784xf32> loc("sgd")
  %nw1 = nn.sub %w1, %sw1 {nn.phase = #nn.phase<update>} : tensor<128x784xf32> loc("sgd")
  %lrb1 = nn.broadcast %lr [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<128xf32> loc("sgd")
  %sb1 = nn.mul %lrb1, %db1 {nn.phase = #nn.phase<update>} : tensor<128xf32> loc("sgd")
  %nb1 = nn.sub %b1, %sb1 {nn.phase = #nn.phase<update>} : tensor<128xf32> loc("sgd")
  %lrw2 = nn.broadcast %lr [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<10x128xf32> loc("sgd")
  %sw2 = nn.mul %lrw2, %dw2 {nn.phase = #nn.phase<update>} : tensor<10x128xf32> loc("sgd")
  %nw2 = nn.sub %w2, %sw2 {nn.phase = #nn.phase<update>} : tensor<10x128xf32> loc("sgd")
  %lrb2 = nn.broadcast %lr [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<10xf32> loc("sgd")
  %sb2 = nn.mul %lrb2, %db2 {nn.phase = #nn.phase<update>} : tensor<10xf32> loc("sgd")
  %nb2 = nn.sub %b2, %sb2 {nn.phase = #nn.phase<update>} : tensor<10xf32> loc("sgd")
  return %loss, %nw1, %nb1, %nw2, %nb2 : tensor<f32>, tensor<128x784xf32>, tensor<128xf32>, tensor<10x128xf32>, tensor<10xf32>
}

