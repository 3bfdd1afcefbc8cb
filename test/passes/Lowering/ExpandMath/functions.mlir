// RUN: dpc-opt %s -plan-expand-math | FileCheck %s

// exp: n from the low bits of a sum goes into the exponent; 0 below the normal
// numbers, infinity above.
// CHECK-LABEL: @exp
// CHECK-SAME: (%[[X:.*]]: f32)
// CHECK-DAG: %[[SHIFT:.*]] = arith.constant 0x4B400000 : f32
// CHECK: %[[SHIFTED:.*]] = arith.addf %{{.*}}, %[[SHIFT]] fastmath<contract> : f32
// CHECK: arith.subf %[[SHIFTED]], %[[SHIFT]]
// CHECK: %[[BITS:.*]] = arith.bitcast %[[SHIFTED]] : f32 to i32
// CHECK: %[[N:.*]] = arith.shli %[[BITS]], %{{.*}} : i32
// CHECK: %[[SUM:.*]] = arith.addi %{{.*}}, %[[N]] : i32
// CHECK: %[[Y:.*]] = arith.bitcast %[[SUM]] : i32 to f32
// CHECK: %[[LOW:.*]] = arith.cmpf olt, %[[X]],
// CHECK: arith.select %[[LOW]], %{{.*}}, %[[Y]]
// CHECK: %[[FITS:.*]] = arith.cmpf ole, %[[X]],
// CHECK: arith.addf %[[X]],
// CHECK: %[[R:.*]] = arith.select %[[FITS]],
// CHECK-NEXT: return %[[R]]
func.func @exp(%x: f32) -> f32 {
  %y = math.exp %x : f32
  return %y : f32
}

// Not what decides about the result bounds the argument: LLVM would see through.
// CHECK-LABEL: @tanh
// CHECK: %[[UP:.*]] = arith.maxnumf %[[X:.*]], %{{.*}} : f64
// CHECK: %[[IN:.*]] = arith.minnumf %[[UP]], %{{.*}} : f64
// CHECK: %[[Y:.*]] = math.tanh %[[IN]] : f64
// CHECK: %[[NAN:.*]] = arith.cmpf uno, %[[X]], %[[X]] : f64
// CHECK: arith.select %[[NAN]], %[[X]], %[[Y]] : f64
func.func @tanh(%x: f64) -> f64 {
  %y = math.tanh %x : f64
  return %y : f64
}

// CHECK-LABEL: @logs
// CHECK-COUNT-1: math.log
// CHECK-NOT: math.log
func.func @logs(%x: f32, %z: f64) -> (f32, f32, f64) {
  %0 = math.log %x : f32
  %1 = math.log1p %x : f32
  %2 = math.log %z : f64
  return %0, %1, %2 : f32, f32, f64
}

// CHECK-LABEL: @half
// CHECK: %[[W:.*]] = arith.extf %{{.*}} : f16 to f32
// CHECK: math.tanh %{{.*}} : f32
// CHECK: arith.truncf %{{.*}} : f32 to f16
func.func @half(%x: f16) -> f16 {
  %y = math.tanh %x : f16
  return %y : f16
}
