// RUN: dpc-opt %s -test-print-sharding-rules -o /dev/null | FileCheck %s

func.func @elementwise(%x: tensor<4x3xf32>, %c: tensor<4x3xi1>) {
  // CHECK: nn.exp: ([i,j])->([i,j]) sizes=4,3
  %0 = nn.exp %x : tensor<4x3xf32>
  // CHECK: nn.neg: ([i,j])->([i,j]) linear=joint{0} sizes=4,3
  %1 = nn.neg %x : tensor<4x3xf32>
  // CHECK: nn.add: ([i,j],[i,j])->([i,j]) linear=joint{0,1} sizes=4,3
  %2 = nn.add %x, %x : tensor<4x3xf32>
  // CHECK: nn.mul: ([i,j],[i,j])->([i,j]) linear=separate{0,1} sizes=4,3
  %3 = nn.mul %x, %x : tensor<4x3xf32>
  // CHECK: nn.div: ([i,j],[i,j])->([i,j]) linear=separate{0} sizes=4,3
  %4 = nn.div %x, %x : tensor<4x3xf32>
  // CHECK: nn.compare: ([i,j],[i,j])->([i,j]) sizes=4,3
  %5 = nn.compare eq %x, %x : tensor<4x3xf32>
  // CHECK: nn.select: ([i,j],[i,j],[i,j])->([i,j]) linear=joint{1,2} sizes=4,3
  %6 = nn.select %c, %x, %x : tensor<4x3xf32>
  // CHECK: nn.convert: ([i,j])->([i,j]) linear=joint{0} sizes=4,3
  %7 = nn.convert %x : tensor<4x3xf32> to tensor<4x3xf16>
  // CHECK: nn.convert: ([i,j])->([i,j]) sizes=4,3
  %8 = nn.convert %x : tensor<4x3xf32> to tensor<4x3xi32>
  return
}

func.func @generators(%s: tensor<i64>) {
  // CHECK: nn.constant: ()->([i,j]) sizes=4,3
  %0 = nn.constant dense<1.0> : tensor<4x3xf32>
  // Different values cannot be split.
  // CHECK: nn.constant: ()->([i]) replicate={i} sizes=2
  %1 = nn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  // CHECK: nn.iota: ()->([i,j]) sizes=4,3
  %2 = nn.iota dim = 1 : tensor<4x3xi64>
  // CHECK: nn.random: ([],[])->([i,j]) sizes=4,3
  %3 = nn.random %s, %s stream = 0 of [4, 3] : tensor<4x3xf32>
  return
}

func.func @shape(%x: tensor<4x3x2xf32>) {
  // CHECK: nn.transpose: ([j,k,i])->([i,j,k]) linear=joint{0} sizes=2,4,3
  %0 = nn.transpose %x [2, 0, 1] : tensor<4x3x2xf32>
  // CHECK: nn.broadcast: ([i,k,l])->([i,j,k,l]) linear=joint{0} sizes=4,7,3,2
  %1 = nn.broadcast %x [0, 2, 3] : tensor<4x3x2xf32> to tensor<4x7x3x2xf32>
  // Untouched dimensions may be split, cut ones may not.
  // CHECK: nn.slice: ([i,l,k])->([i,j,k]) replicate={j,l} linear=joint{0} sizes=4,1,2,3
  %2 = nn.slice %x [0, 1, 0] to [4, 2, 2] step [1, 1, 1] : tensor<4x3x2xf32>
  // CHECK: nn.pad: ([i,j,l])->([i,j,k]) replicate={k,l} linear=joint{0} sizes=4,3,4,2
  %3 = nn.pad %x low [0, 0, 1] high [0, 0, 1] interior [0, 0, 0] value 0.0 : tensor<4x3x2xf32>
  // CHECK: nn.pad: ([i,j,l])->([i,j,k]) replicate={k,l} sizes=4,3,4,2
  %4 = nn.pad %x low [0, 0, 1] high [0, 0, 1] interior [0, 0, 0] value 1.0 : tensor<4x3x2xf32>
  return
}

func.func @reshape(%a: tensor<100x28x28xf32>, %b: tensor<2x6xf32>, %c: tensor<4x6xf32>,
                   %d: tensor<6x4xf32>, %e: tensor<1x5x1xf32>, %f: tensor<2x0xf32>, %g: tensor<12xf32>) {
  // A major factor may be split, a minor one of a merged dimension may not.
  // CHECK: nn.reshape: ([i,j,k])->([i,(j k)]) linear=joint{0} sizes=100,28,28
  %0 = nn.reshape %a : tensor<100x28x28xf32> to tensor<100x784xf32>
  // CHECK: nn.reshape: ([i,j,k])->([(i j),k]) linear=joint{0} sizes=100,28,28
  %1 = nn.reshape %a : tensor<100x28x28xf32> to tensor<2800x28xf32>
  // No factors in common.
  // CHECK: nn.reshape: ([i,j])->([k,l]) replicate={i,j,k,l} linear=joint{0} sizes=2,6,3,4
  %2 = nn.reshape %b : tensor<2x6xf32> to tensor<3x4xf32>
  // The products 4, 24 and 8, 24 divide each other.
  // CHECK: nn.reshape: ([i,(j k)])->([(i j),k]) linear=joint{0} sizes=4,2,3
  %3 = nn.reshape %c : tensor<4x6xf32> to tensor<8x3xf32>
  // Only the major dimensions share a factor.
  // CHECK: nn.reshape: ([(i j),k])->([(i l),m]) replicate={j,k,l,m} linear=joint{0} sizes=2,3,4,2,6
  %4 = nn.reshape %d : tensor<6x4xf32> to tensor<4x6xf32>
  // Extents of 1 run over no factor.
  // CHECK: nn.reshape: ([(),i,()])->([i,()]) linear=joint{0} sizes=5
  %5 = nn.reshape %e : tensor<1x5x1xf32> to tensor<5x1xf32>
  // CHECK: nn.reshape: ([i,j])->([k]) replicate={i,j,k} linear=joint{0} sizes=2,0,0
  %6 = nn.reshape %f : tensor<2x0xf32> to tensor<0xf32>
  // CHECK: nn.reshape: ([(i j)])->([i,j]) linear=joint{0} sizes=3,4
  %7 = nn.reshape %g : tensor<12xf32> to tensor<3x4xf32>
  return
}

func.func @contract(%x: tensor<100x784xf32>, %w: tensor<128x784xf32>, %a: tensor<2x5x3xf32>, %b: tensor<2x3x4xf32>) {
  // CHECK: nn.reduce: ([i,j])->([i]) reduction={j} linear=joint{0} sizes=100,784
  %0 = nn.reduce sum %x [1] : tensor<100x784xf32>
  // CHECK: nn.reduce: ([i,j])->([j]) max_reduction={i} sizes=100,784
  %1 = nn.reduce max %x [0] : tensor<100x784xf32>
  // CHECK: nn.dot: ([i,k],[j,k])->([i,j]) reduction={k} linear=separate{0,1} sizes=100,128,784
  %2 = nn.dot %x, %w batch [] x [] contract [1] x [1] : tensor<100x784xf32>, tensor<128x784xf32> -> tensor<100x128xf32>
  // CHECK: nn.dot: ([i,j,l],[i,l,k])->([i,j,k]) reduction={l} linear=separate{0,1} sizes=2,5,4,3
  %3 = nn.dot %a, %b batch [0] x [0] contract [2] x [1] : tensor<2x5x3xf32>, tensor<2x3x4xf32> -> tensor<2x5x4xf32>
  return
}

func.func @gathers(%t: tensor<5x7x4xf32>, %i: tensor<2x3xi64>, %m: tensor<7xi1>, %u: tensor<5x2x3x4xf32>) {
  // The rows of other ranks are zeros in partial sums.
  // CHECK: nn.check_range: ([i,j])->([i,j]) sizes=2,3
  %c = nn.check_range %i in [-7, 7) : tensor<2x3xi64>
  // CHECK: nn.gather: ([i,j,k],[l,m])->([i,l,m,k]) reduction={j} linear=joint{0} sizes=5,7,4,2,3
  %0 = nn.gather %t, %i axis = 1 : tensor<5x7x4xf32>, tensor<2x3xi64>
  // CHECK: nn.gather: ([i],[j,k])->([j,k]) replicate={i} linear=joint{0} sizes=7,2,3
  %1 = nn.gather %m, %i axis = 0 : tensor<7xi1>, tensor<2x3xi64>
  // CHECK: nn.scatter_add: ([l,m],[i,l,m,k])->([i,j,k]) reduction={l,m} linear=joint{1} sizes=5,7,4,2,3
  %2 = nn.scatter_add %i, %u axis = 1 : tensor<2x3xi64>, tensor<5x2x3x4xf32> -> tensor<5x7x4xf32>
  // CHECK: nn.concat: ([i,k],[i,l])->([i,j]) replicate={j,k,l} linear=joint{0,1} sizes=2,6,3,3
  %3 = nn.concat %i, %i dim = 1 : tensor<2x3xi64>, tensor<2x3xi64>
  // CHECK: nn.concat: ([i,j])->([i,j]) linear=joint{0} sizes=2,3
  %4 = nn.concat %i dim = 1 : tensor<2x3xi64>
  return
}
