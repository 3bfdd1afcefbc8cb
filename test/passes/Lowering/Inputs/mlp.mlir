// One rank of two of a small MLP: softmax cross-entropy written out, momentum.
dist.mesh @mesh ["data" = 2]
nn.parameter @w1 : tensor<8x6xf32> from "mlp.onnx"[0, 192]
nn.parameter @b1 : tensor<8xf32> from "mlp.onnx"[192, 32]

func.func @train(
    %image: tensor<4x2x3xui8> {nn.name = "image", nn.role = #nn.role<input>, nn.batch_dim = 0 : i64, dist.sharding = #dist.sharding<[["data"], [], []]>, dist.global_type = tensor<8x2x3xui8>},
    %label: tensor<4xi32> {nn.name = "label", nn.role = #nn.role<label>, nn.batch_dim = 0 : i64, nn.classes = 8 : i64, dist.sharding = #dist.sharding<[["data"]]>, dist.global_type = tensor<8xi32>},
    %w1: tensor<8x6xf32> {nn.name = "w1", nn.role = #nn.role<parameter>},
    %b1: tensor<8xf32> {nn.name = "b1", nn.role = #nn.role<parameter>},
    %w1m: tensor<8x6xf32> {nn.name = "w1.momentum", nn.role = #nn.role<state>},
    %b1m: tensor<8xf32> {nn.name = "b1.momentum", nn.role = #nn.role<state>},
    %lr: tensor<f32> {nn.name = "lr", nn.role = #nn.role<scalar>, nn.default = 1.0e-02 : f64},
    %mu: tensor<f32> {nn.name = "momentum", nn.role = #nn.role<scalar>, nn.default = 0.9 : f64})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<8x6xf32> {nn.name = "w1", nn.role = #nn.role<parameter>},
        tensor<8xf32> {nn.name = "b1", nn.role = #nn.role<parameter>},
        tensor<8x6xf32> {nn.name = "w1.momentum", nn.role = #nn.role<state>},
        tensor<8xf32> {nn.name = "b1.momentum", nn.role = #nn.role<state>})
    attributes {nn.program = "train"} {
  %flat = nn.reshape %image : tensor<4x2x3xui8> to tensor<4x6xui8> loc("flatten")
  %xi = nn.convert %flat : tensor<4x6xui8> to tensor<4x6xf32> loc("scale")
  %scale = nn.constant dense<0.00392156886> : tensor<4x6xf32> loc("scale")
  %x = nn.mul %xi, %scale : tensor<4x6xf32> loc("scale")
  %z0 = nn.dot %x, %w1 batch [] x [] contract [1] x [1] : tensor<4x6xf32>, tensor<8x6xf32> -> tensor<4x8xf32> loc("fc1")
  %bb = nn.broadcast %b1 [1] : tensor<8xf32> to tensor<4x8xf32> loc("fc1")
  %z = nn.add %z0, %bb : tensor<4x8xf32> loc("fc1")
  // loss = mean over 8 rows of (log sum exp z - z[label])
  %m = nn.reduce max %z [1] : tensor<4x8xf32> loc("loss")
  %mb = nn.broadcast %m [0] : tensor<4xf32> to tensor<4x8xf32> loc("loss")
  %d = nn.sub %z, %mb : tensor<4x8xf32> loc("loss")
  %e = nn.exp %d : tensor<4x8xf32> loc("loss")
  %s = nn.reduce sum %e [1] : tensor<4x8xf32> loc("loss")
  %ls = nn.log %s : tensor<4xf32> loc("loss")
  %cls = nn.iota dim = 1 : tensor<4x8xi32> loc("loss")
  %lb = nn.broadcast %label [0] : tensor<4xi32> to tensor<4x8xi32> loc("loss")
  %hit = nn.compare eq %cls, %lb : tensor<4x8xi32> loc("loss")
  %zero = nn.constant dense<0.0> : tensor<4x8xf32> loc("loss")
  %one = nn.constant dense<1.0> : tensor<4x8xf32> loc("loss")
  %picked = nn.select %hit, %d, %zero : tensor<4x8xf32> loc("loss")
  %pick = nn.reduce sum %picked [1] : tensor<4x8xf32> loc("loss")
  %per = nn.sub %ls, %pick : tensor<4xf32> loc("loss")
  %total = nn.reduce sum %per [0] : tensor<4xf32> loc("loss")
  %n = nn.constant dense<8.0> : tensor<f32> loc("loss")
  %part = nn.div %total, %n : tensor<f32> loc("loss")
  %hl = dist.start {
    %r = dist.reduce sum %part over ["data"] : tensor<f32> loc("loss")
    dist.yield %r : tensor<f32>
  }
  // dz = (softmax - onehot) / 8
  %sb = nn.broadcast %s [0] {nn.phase = #nn.phase<backward>} : tensor<4xf32> to tensor<4x8xf32> loc("loss")
  %p = nn.div %e, %sb {nn.phase = #nn.phase<backward>} : tensor<4x8xf32> loc("loss")
  %oh = nn.select %hit, %one, %zero {nn.phase = #nn.phase<backward>} : tensor<4x8xf32> loc("loss")
  %pm = nn.sub %p, %oh {nn.phase = #nn.phase<backward>} : tensor<4x8xf32> loc("loss")
  %inv = nn.constant dense<0.125> : tensor<4x8xf32> loc("loss")
  %dz = nn.mul %pm, %inv {nn.phase = #nn.phase<backward>} : tensor<4x8xf32> loc("loss")
  %db = nn.reduce sum %dz [0] {nn.phase = #nn.phase<backward>} : tensor<4x8xf32> loc("fc1")
  %dw = nn.dot %dz, %x batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<4x8xf32>, tensor<4x6xf32> -> tensor<8x6xf32> loc("fc1")
  %hg = dist.start attributes {nn.phase = #nn.phase<backward>} {
    %r:2 = dist.all_reduce sum %dw, %db over ["data"] : tensor<8x6xf32>, tensor<8xf32> loc("fc1")
    dist.yield %r#0, %r#1 : tensor<8x6xf32>, tensor<8xf32>
  }
  %g:2 = dist.wait %hg : tensor<8x6xf32>, tensor<8xf32>
  %muw = nn.broadcast %mu [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<8x6xf32> loc("fc1")
  %lrw = nn.broadcast %lr [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<8x6xf32> loc("fc1")
  %v0 = nn.mul %muw, %w1m {nn.phase = #nn.phase<update>} : tensor<8x6xf32> loc("fc1")
  %v = nn.add %v0, %g#0 {nn.phase = #nn.phase<update>} : tensor<8x6xf32> loc("fc1")
  %u = nn.mul %lrw, %v {nn.phase = #nn.phase<update>} : tensor<8x6xf32> loc("fc1")
  %w1n = nn.sub %w1, %u {nn.phase = #nn.phase<update>} : tensor<8x6xf32> loc("fc1")
  %mub = nn.broadcast %mu [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<8xf32> loc("fc1")
  %lrb = nn.broadcast %lr [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<8xf32> loc("fc1")
  %vb0 = nn.mul %mub, %b1m {nn.phase = #nn.phase<update>} : tensor<8xf32> loc("fc1")
  %vb = nn.add %vb0, %g#1 {nn.phase = #nn.phase<update>} : tensor<8xf32> loc("fc1")
  %ub = nn.mul %lrb, %vb {nn.phase = #nn.phase<update>} : tensor<8xf32> loc("fc1")
  %b1n = nn.sub %b1, %ub {nn.phase = #nn.phase<update>} : tensor<8xf32> loc("fc1")
  %loss = dist.wait %hl : tensor<f32>
  return %loss, %w1n, %b1n, %v, %vb : tensor<f32>, tensor<8x6xf32>, tensor<8xf32>, tensor<8x6xf32>, tensor<8xf32>
}

func.func @infer(
    %image: tensor<4x2x3xui8> {nn.name = "image", nn.role = #nn.role<input>, nn.batch_dim = 0 : i64, dist.sharding = #dist.sharding<[["data"], [], []]>, dist.global_type = tensor<8x2x3xui8>},
    %w1: tensor<8x6xf32> {nn.name = "w1", nn.role = #nn.role<parameter>},
    %b1: tensor<8xf32> {nn.name = "b1", nn.role = #nn.role<parameter>})
    -> (tensor<4x8xf32> {nn.name = "y", nn.role = #nn.role<output>, dist.sharding = #dist.sharding<[["data"], []]>, dist.global_type = tensor<8x8xf32>})
    attributes {nn.program = "infer"} {
  %flat = nn.reshape %image : tensor<4x2x3xui8> to tensor<4x6xui8> loc("flatten")
  %xi = nn.convert %flat : tensor<4x6xui8> to tensor<4x6xf32> loc("scale")
  %scale = nn.constant dense<0.00392156886> : tensor<4x6xf32> loc("scale")
  %x = nn.mul %xi, %scale : tensor<4x6xf32> loc("scale")
  %z0 = nn.dot %x, %w1 batch [] x [] contract [1] x [1] : tensor<4x6xf32>, tensor<8x6xf32> -> tensor<4x8xf32> loc("fc1")
  %bb = nn.broadcast %b1 [1] : tensor<8xf32> to tensor<4x8xf32> loc("fc1")
  %z = nn.add %z0, %bb : tensor<4x8xf32> loc("fc1")
  %y = nn.tanh %z : tensor<4x8xf32> loc("act")
  return %y : tensor<4x8xf32>
}
