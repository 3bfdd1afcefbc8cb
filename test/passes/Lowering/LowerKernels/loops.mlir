// RUN: dpc-opt %s -plan-lower-kernels | FileCheck %s

// Same position everywhere: one loop, through the reshape; i1 and ui8 are bytes.
// CHECK-LABEL: func.func private @linear(
// CHECK-SAME: memref<4x6xi8> {llvm.noalias}
// CHECK-SAME: memref<f32> {llvm.noalias}
// CHECK-SAME: memref<24xi8> {llvm.noalias}
// CHECK: %[[END:.*]] = arith.constant 24 : index
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %[[END]]
// CHECK-NOT: scf.for
// CHECK: %[[X:.*]] = memref.load %{{.*}}[%[[I]]] : memref<24xi8>
// CHECK: arith.uitofp %[[X]] : i8 to f32
// CHECK: memref.load %{{.*}}[] : memref<f32>
// CHECK: %[[C:.*]] = arith.cmpf
// CHECK: %[[B:.*]] = arith.extui %[[C]] : i1 to i8
// CHECK: memref.store %[[B]], %{{.*}}[%[[I]]] : memref<24xi8>
plan.kernel @linear inputs [0, 1] outputs [2] {
^bb0(%x: tensor<4x6xui8>, %s: tensor<f32>):
  %f = nn.convert %x : tensor<4x6xui8> to tensor<4x6xf32>
  %b = nn.broadcast %s [] : tensor<f32> to tensor<4x6xf32>
  %c = nn.compare lt %f, %b : tensor<4x6xf32>
  %r = nn.reshape %c : tensor<4x6xi1> to tensor<24xi1>
  plan.yield %r : tensor<24xi1>
}

// Rows are added up in the result's buffer.
// CHECK-LABEL: func.func private @rows(
// CHECK: scf.for %[[J:.*]] = %{{.*}} {
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0.0
// CHECK-NEXT: memref.store %[[ZERO]], %arg1[%[[J]]]
// CHECK: scf.for %[[I:.*]] =
// CHECK-NEXT: scf.for %[[J2:.*]] =
// CHECK: memref.load %arg0[%[[I]], %[[J2]]]
// CHECK: memref.load %arg1[%[[J2]]]
// CHECK: memref.store %{{.*}}, %arg1[%[[J2]]]
plan.kernel @rows inputs [0] outputs [1] {
^bb0(%x: tensor<4x6xf32>):
  %s = nn.reduce sum %x [0] : tensor<4x6xf32>
  plan.yield %s : tensor<6xf32>
}

// An accumulator in a register, and sums may be reordered.
// CHECK-LABEL: func.func private @innermost(
// CHECK: scf.for %[[I:.*]] =
// CHECK: scf.for %[[J:.*]] = {{.*}} iter_args
// CHECK: memref.load %arg0[%[[I]], %[[J]]]
// CHECK: arith.addf {{.*}} fastmath<reassoc,contract>
// CHECK: memref.store %{{.*}}, %arg1[%[[I]]]
plan.kernel @innermost inputs [0] outputs [1] {
^bb0(%x: tensor<4x6xf32>):
  %s = nn.reduce sum %x [1] : tensor<4x6xf32>
  plan.yield %s : tensor<4xf32>
}

// In place: all loads come before the stores. x * y is computed once.
// CHECK-LABEL: func.func private @in_place(
// CHECK-SAME: %arg0: memref<6xf32> {{[^,]*}}, %arg1: memref<6xf32> {{[^,]*}})
// CHECK: memref.load %arg0
// CHECK: memref.load %arg1
// CHECK: %[[M:.*]] = arith.mulf
// CHECK-NOT: arith.mulf
// CHECK: %[[A:.*]] = arith.addf %[[M]]
// CHECK: memref.store %[[M]], %arg0
// CHECK: memref.store %[[A]], %arg1
plan.kernel @in_place inputs [0, 1] outputs [0, 1] {
^bb0(%x: tensor<6xf32>, %y: tensor<6xf32>):
  %m = nn.mul %x, %y : tensor<6xf32>
  %a = nn.add %m, %y : tensor<6xf32>
  plan.yield %m, %a : tensor<6xf32>, tensor<6xf32>
}

// One pass over the updates, whose rows are added where the index says.
// CHECK-LABEL: func.func private @scatter(
// CHECK: scf.for
// CHECK-NEXT: scf.for
// CHECK-NEXT: arith.constant 0.0
// CHECK-NEXT: memref.store
// CHECK: scf.for %[[I:.*]] =
// CHECK: %[[TARGET:.*]] = memref.load %arg0[%[[I]]] : memref<3xi64>
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[TARGET]]
// CHECK: scf.if %[[INSIDE]] {
// CHECK: %[[ROW:.*]] = arith.index_cast %[[TARGET]]
// CHECK: scf.for %[[J:.*]] =
// CHECK: memref.load %arg2[%[[ROW]], %[[J]]]
// CHECK: memref.load %arg1[%[[I]], %[[J]]]
// CHECK: memref.store %{{.*}}, %arg2[%[[ROW]], %[[J]]]
plan.kernel @scatter inputs [0, 1] outputs [2] {
^bb0(%i: tensor<3xi64>, %x: tensor<3x4xf32>):
  %r = nn.scatter_add %i, %x axis = 0 : tensor<3xi64>, tensor<3x4xf32> -> tensor<7x4xf32>
  plan.yield %r : tensor<7x4xf32>
}

// Products and sums may be contracted; a conversion keeps its rounding.
// CHECK-LABEL: func.func private @casts(
// CHECK: arith.mulf {{.*}} fastmath<contract> : f32
// CHECK-NEXT: %[[HALF:.*]] = arith.truncf %{{[^ ]*}} : f32 to f16
// CHECK-NEXT: arith.extf %[[HALF]] : f16 to f32
plan.kernel @casts inputs [0] outputs [1] {
^bb0(%x: tensor<6xf32>):
  %s = nn.mul %x, %x : tensor<6xf32>
  %h = nn.convert %s : tensor<6xf32> to tensor<6xf16>
  %y = nn.convert %h : tensor<6xf16> to tensor<6xf32>
  plan.yield %y : tensor<6xf32>
}
