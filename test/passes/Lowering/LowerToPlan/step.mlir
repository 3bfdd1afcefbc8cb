// RUN: dpc-opt %S/../Inputs/mlp.mlir -nn-prepare-library-calls -nn-fuse-kernels -lower-to-plan | FileCheck %s
// RUN: dpc-opt %S/../Inputs/mlp.mlir -nn-prepare-library-calls -nn-fuse-kernels -lower-to-plan | dpc-opt | FileCheck %s

// The arena: parameters, states, inputs, scalars, then temporaries.
// CHECK: plan.arena host 1344 parameters 224 state 224 inputs 48 gradients 224 activations 624 workspace 0
// CHECK: plan.program @train
// CHECK-DAG: %[[W:.*]] = plan.slot 0 {nn.name = "w1", nn.role = #nn.role<parameter>, plan.updated} : memref<8x6xf32>
// CHECK-DAG: %[[B:.*]] = plan.slot 192 {nn.name = "b1"
// CHECK-DAG: %[[WM:.*]] = plan.slot 256 {nn.name = "w1.momentum"
// CHECK-DAG: plan.slot 448 {nn.name = "b1.momentum"
// CHECK-DAG: %[[IMAGE:.*]] = plan.slot 512 {{.*}}nn.name = "image"
// CHECK-DAG: %[[LABEL:.*]] = plan.slot 576 {{.*}}nn.classes = 8 : i64, nn.name = "label"
// CHECK-DAG: %[[LR:.*]] = plan.slot 640 {{.*}}nn.name = "lr"
// CHECK-DAG: %[[MU:.*]] = plan.slot 704
// A reshape is another slot at the same place.
// CHECK-DAG: %[[FLAT:.*]] = plan.slot 512 : memref<4x6xui8>
// The bucket: dw and db next to each other, written by their producers.
// CHECK-DAG: %[[DW:.*]] = plan.slot 768 : memref<8x6xf32>
// CHECK-DAG: %[[DB:.*]] = plan.slot 960 : memref<8xf32>
// CHECK-DAG: %[[BUCKET:.*]] = plan.slot 768 : memref<56xf32>
// CHECK-DAG: plan.slot 1280 {nn.name = "loss", nn.role = #nn.role<loss>, plan.result}

// CHECK: plan.launch @train_k0(%[[FLAT]], %[[X:.*]]) writes [1] flops 24
// CHECK: plan.library #plan.matmul<transB>(%[[X]], %[[W]] to %{{.*}}) flops 384
// The bias goes onto the product where it lies.
// CHECK: plan.launch @train_k1(%[[B]], %[[H:.*]]) writes [1]
// CHECK: plan.start reduce 0 reduce sum({{.*}}) over ["data"] bytes 4
// CHECK: plan.launch @train_k7(%{{.*}}, %[[DB]]) writes [1] flops 32 {nn.phase = #nn.phase<backward>}
// CHECK: plan.library #plan.matmul<transA>(%{{.*}}, %[[X]] to %[[DW]])
// CHECK: plan.start all_reduce 1 reduce sum(%[[BUCKET]]) over ["data"] bytes 224 {nn.phase = #nn.phase<backward>}
// CHECK: plan.wait 1 {nn.phase = #nn.phase<backward>}
// The update works in place.
// CHECK: plan.launch @train_k8(%[[MU]], %[[LR]], %[[WM]], %[[DW]], %[[W]]) writes [2, 4] updates [2, 4] flops 192 {nn.phase = #nn.phase<update>}
// CHECK: plan.wait 0
// CHECK-NOT: plan.copy
// CHECK: plan.program @infer
// CHECK: plan.slot 0 {nn.name = "w1", nn.role = #nn.role<parameter>} : memref<8x6xf32>
