// RUN: dpc-opt %S/../../../codegen/updates.mlir -nn-prepare-library-calls -nn-fuse-kernels -lower-to-plan | FileCheck %s

// The update waits for the last reader of the old value.
// CHECK: plan.program @late_reader
// CHECK: %[[W:.*]] = plan.slot {{.*}}nn.name = "w", nn.role = #nn.role<parameter>
// CHECK: plan.library #plan.matmul{{.*}}, %[[W]] to
// CHECK-NEXT: plan.launch @late_reader_k0(%[[W]]) writes [0] updates [0]
// CHECK-NEXT: }

// CHECK: plan.program @swap
// CHECK-COUNT-4: plan.copy

// What is read at another place than it is written is not updated in place.
// CHECK: plan.program @not_pointwise
// CHECK: %[[P:.*]] = plan.slot {{.*}}nn.name = "p4"
// CHECK: plan.launch @not_pointwise_k0(%[[P]], %[[N:.*]]) writes [1]
// CHECK-NEXT: plan.copy %[[N]] to %[[P]]

// CHECK: plan.program @adam
// CHECK: plan.launch @adam_k0
// CHECK-NEXT: plan.launch @adam_k1({{.*}}) writes [{{[0-9]+, [0-9]+, [0-9]+}}]
// CHECK-NEXT: }
