// RUN: dpc-opt %s -nn-clip-gradients=norm=0.5 | FileCheck %s --check-prefix=NORM
// RUN: dpc-opt %s -nn-clip-gradients=value=0.25 | FileCheck %s --check-prefix=VALUE
// RUN: dpc-opt %s -nn-clip-gradients | FileCheck %s --check-prefix=NONE

// One norm of both, in f64, from the last to the first; the optimizer gets the
// scaled gradients, and the step returns the norm before.
// NORM: %[[W:arg0]]: tensor<2x3xf32>
// NORM-SAME: %[[B:arg1]]: tensor<3xf32>
// NORM-SAME: %[[LIMIT:arg2]]: tensor<f32> {nn.default = 5.000000e-01 : f64, nn.help = "{{[^"]*}}", nn.limits = array<f64: 1.000000e-30, {{[^>]*}}>, nn.name = "clip-norm", nn.role = #nn.role<scalar>}
// NORM-SAME: -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}, tensor<2x3xf32> {nn.name = "w", nn.role = #nn.role<gradient>}, tensor<3xf32> {nn.name = "b", nn.role = #nn.role<gradient>}, tensor<f32> {nn.name = "grad_norm", nn.role = #nn.role<metric>})
// What both the norm and the optimizer read has one layout, the optimizer's.
// NORM: %[[GW:.*]] = nn.barrier %[[W]] {nn.phase = #nn.phase<update>}
// NORM: %[[GB:.*]] = nn.barrier %[[B]]
// NORM: %[[WIDE:.*]] = nn.convert %[[GB]] {{.*}} to tensor<3xf64>
// NORM: %[[SQUARE:.*]] = nn.mul %[[WIDE]], %[[WIDE]]
// NORM: %[[SB:.*]] = nn.reduce sum %[[SQUARE]] [0]
// NORM: nn.convert %[[GW]]
// NORM: %[[SW:.*]] = nn.reduce sum %{{.*}} [0, 1]
// NORM: %[[SUM:.*]] = nn.add %[[SB]], %[[SW]]
// NORM: %[[NORM:.*]] = nn.sqrt %[[SUM]]
// NORM: %[[MORE:.*]] = nn.add %[[NORM]],
// NORM: %[[RATIO:.*]] = nn.div %{{.*}}, %[[MORE]]
// NORM: %[[LARGE:.*]] = nn.compare gt %[[RATIO]], %[[ONE:.*]] {
// NORM: %[[FACTOR:.*]] = nn.select %[[LARGE]], %[[ONE]], %[[RATIO]]
// NORM: %[[NEWW:.*]] = nn.mul %[[GW]],
// NORM: %[[NEWB:.*]] = nn.mul %[[GB]],
// NORM: %[[RESULT:.*]] = nn.convert %[[NORM]]
// NORM: return %{{.*}}, %[[NEWW]], %[[NEWB]], %[[RESULT]]

// VALUE: tensor<f32> {nn.default = 2.500000e-01 : f64, {{.*}}, nn.name = "clip-value"
// VALUE-NOT: grad_norm
// VALUE: %[[G:.*]] = nn.barrier %arg0
// VALUE: %[[HIGH:.*]] = nn.broadcast %arg2 [] {{.*}} to tensor<2x3xf32>
// VALUE: %[[LOW:.*]] = nn.neg %[[HIGH]]
// VALUE: %[[ABOVE:.*]] = nn.compare gt %[[G]], %[[HIGH]]
// VALUE: %[[CUT:.*]] = nn.select %[[ABOVE]], %[[HIGH]], %[[G]]
// VALUE: %[[BELOW:.*]] = nn.compare lt %[[CUT]], %[[LOW]]
// VALUE: %[[BOTH:.*]] = nn.select %[[BELOW]], %[[LOW]], %[[CUT]]
// VALUE: return %{{.*}}, %[[BOTH]],

// NONE-NOT: nn.barrier
// NONE: return
func.func @train(%w: tensor<2x3xf32> {nn.name = "w", nn.role = #nn.role<parameter>},
                 %b: tensor<3xf32> {nn.name = "b", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<2x3xf32> {nn.name = "w", nn.role = #nn.role<gradient>},
        tensor<3xf32> {nn.name = "b", nn.role = #nn.role<gradient>}) {
  %l = nn.reduce sum %b [0] : tensor<3xf32>
  return %l, %w, %b : tensor<f32>, tensor<2x3xf32>, tensor<3xf32>
}
