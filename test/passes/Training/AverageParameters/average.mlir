// RUN: split-file %s %t
// RUN: dpc-opt %t/in.mlir -nn-average-parameters=decay=0.75 | FileCheck %s
// RUN: not dpc-opt %t/narrow.mlir -nn-average-parameters 2>&1 | FileCheck %s --check-prefix=NARROW

// A state that starts as the parameter, of what is trained only; @eval reads it.
// CHECK-LABEL: func.func @train
// CHECK-SAME: %[[AVERAGE:arg[0-9]]]: tensor<2xf32> {nn.name = "w.average", nn.role = #nn.role<state>, nn.starts_as = "w"}
// CHECK-SAME: %[[EMA:arg[0-9]]]: tensor<f32> {nn.default = 7.500000e-01 : f64, nn.help = "{{[^"]*}}", nn.limits = array<f64: 0.000000e+00, 1.000000e+00>, nn.name = "ema", nn.role = #nn.role<scalar>}
// CHECK-SAME: -> (tensor<2xf32> {nn.name = "w", nn.role = #nn.role<parameter>}, tensor<2xf32> {nn.name = "w.average", nn.role = #nn.role<state>})
// CHECK: %[[NEW:.*]] = nn.neg
// CHECK: %[[WIDE:.*]] = nn.convert %[[EMA]]
// CHECK: %[[SHARE:.*]] = nn.sub %{{.*}}, %[[WIDE]]
// CHECK: %[[SMALL:.*]] = nn.convert %[[SHARE]]
// CHECK: %[[PART:.*]] = nn.broadcast %[[SMALL]] []
// CHECK: %[[SAME:.*]] = nn.compare eq %[[NEW]], %[[AVERAGE]]
// CHECK: %[[FAR:.*]] = nn.sub %[[NEW]], %[[AVERAGE]] {nn.phase = #nn.phase<update>}
// CHECK: %[[STEP:.*]] = nn.mul %[[PART]], %[[FAR]]
// CHECK: %[[NEXT:.*]] = nn.add %[[AVERAGE]], %[[STEP]]
// CHECK: %[[RESULT:.*]] = nn.select %[[SAME]], %[[AVERAGE]], %[[NEXT]]
// CHECK: return %[[NEW]], %[[RESULT]]
// CHECK-LABEL: func.func @eval
// CHECK-SAME: {nn.name = "w", nn.read_from = "w.average", nn.role = #nn.role<parameter>}
// CHECK-SAME: {nn.name = "frozen", nn.role = #nn.role<parameter>}

// NARROW: error: loc("--ema"): parameter 'w' is 'f16', whose averages would stand still; leave it out

//--- in.mlir
func.func @train(%w: tensor<2xf32> {nn.name = "w", nn.role = #nn.role<parameter>},
                 %f: tensor<2xf32> {nn.name = "frozen", nn.role = #nn.role<parameter>})
    -> (tensor<2xf32> {nn.name = "w", nn.role = #nn.role<parameter>}) {
  %0 = nn.neg %w : tensor<2xf32>
  return %0 : tensor<2xf32>
}
func.func @eval(%w: tensor<2xf32> {nn.name = "w", nn.role = #nn.role<parameter>},
                %f: tensor<2xf32> {nn.name = "frozen", nn.role = #nn.role<parameter>})
    -> (tensor<2xf32> {nn.name = "loss_sum", nn.role = #nn.role<metric>}) {
  %0 = nn.add %w, %f : tensor<2xf32>
  return %0 : tensor<2xf32>
}
//--- narrow.mlir
func.func @train(%w: tensor<2xf16> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<2xf16> {nn.name = "w", nn.role = #nn.role<parameter>}) {
  %0 = nn.neg %w : tensor<2xf16>
  return %0 : tensor<2xf16>
}
