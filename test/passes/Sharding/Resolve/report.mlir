// RUN: dpc-opt %s -dist-propagate -dist-resolve -verify-diagnostics -o /dev/null

dist.mesh @mesh ["data" = 2]

func.func @large(%x: tensor<4x600000xf32> {dist.sharding = #dist.sharding<[[], ["data"]]>}) -> tensor<4x5xf32> {
  // expected-warning @+1 {{needs a value whole that is split over the ranks; 9600000 bytes are gathered on every rank}}
  %0 = nn.slice %x [0, 1] to [4, 6] step [1, 1] : tensor<4x600000xf32>
  return %0 : tensor<4x5xf32>
}

func.func @small(%x: tensor<4x6xf32> {dist.sharding = #dist.sharding<[[], ["data"]]>}) -> tensor<4x5xf32> {
  %0 = nn.slice %x [0, 1] to [4, 6] step [1, 1] : tensor<4x6xf32>
  return %0 : tensor<4x5xf32>
}
