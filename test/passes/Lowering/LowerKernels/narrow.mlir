// RUN: dpc-opt %s -plan-lower-kernels | FileCheck %s

// What lies in 16 bits is computed with in f32, and rounded where it is stored;
// between the ops of a kernel nothing is.
// CHECK-LABEL: func.func private @chain(
// CHECK: %[[X:.*]] = memref.load %{{.*}} : memref<6xbf16>
// CHECK: %[[WIDE:.*]] = arith.extf %[[X]] : bf16 to f32
// CHECK: %[[SUM:.*]] = arith.addf %[[WIDE]], %[[WIDE]] {{.*}} : f32
// CHECK-NOT: arith.truncf
// CHECK: %[[TANH:.*]] = math.tanh %[[SUM]] : f32
// CHECK: %[[Y:.*]] = arith.truncf %[[TANH]] : f32 to bf16
// CHECK-NEXT: memref.store %[[Y]]
plan.kernel @chain inputs [0] outputs [1] {
^bb0(%x: tensor<6xbf16>):
  %0 = nn.add %x, %x : tensor<6xbf16>
  %1 = nn.convert %0 : tensor<6xbf16> to tensor<6xf32>
  %2 = nn.tanh %1 : tensor<6xf32>
  %3 = nn.convert %2 stored : tensor<6xf32> to tensor<6xbf16>
  plan.yield %3 : tensor<6xbf16>
}

// What is stored and used besides is the same to both: elsewhere, one of these
// rows is equal to their maximum.
// CHECK-LABEL: func.func private @kept(
// CHECK: %[[E:.*]] = math.exp
// CHECK: %[[NARROW:.*]] = arith.truncf %[[E]] : f32 to f16
// CHECK: %[[AGAIN:.*]] = arith.extf %[[NARROW]] : f16 to f32
// CHECK: arith.mulf %[[AGAIN]], %[[AGAIN]]
plan.kernel @kept inputs [0] outputs [1, 2] {
^bb0(%x: tensor<6xf32>):
  %0 = nn.exp %x : tensor<6xf32>
  %1 = nn.convert %0 stored : tensor<6xf32> to tensor<6xf16>
  %2 = nn.convert %1 : tensor<6xf16> to tensor<6xf32>
  %3 = nn.mul %2, %2 : tensor<6xf32>
  plan.yield %1, %3 : tensor<6xf16>, tensor<6xf32>
}

// A sum of rows keeps its accumulator in a register: in the buffer it would be
// rounded with each term.
// CHECK-LABEL: func.func private @rows(
// CHECK: scf.for
// CHECK: %[[LOOP:.*]] = scf.for {{.*}} iter_args({{.*}}) -> (f32)
// CHECK: arith.addf
// CHECK: scf.yield
// CHECK: %[[R:.*]] = arith.truncf %[[LOOP]] : f32 to bf16
// CHECK: memref.store %[[R]]
plan.kernel @rows inputs [0] outputs [1] {
^bb0(%x: tensor<9x4xbf16>):
  %0 = nn.reduce sum %x [0] : tensor<9x4xbf16>
  plan.yield %0 : tensor<4xbf16>
}
