// RUN: dpc-opt %s -cuda-kernels | sed 's/\\0A/\n/g; s/\\09/ /g' > %t
// RUN: FileCheck %s < %t
// RUN: FileCheck %s --check-prefix=HOST < %t

// What starts a kernel tells the runtime its number, blocks, threads and addresses;
// equal kernels are one.
// HOST: llvm.func internal @linear(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr)
// HOST: llvm.call @dpc_launch(%arg0, %{{.*}}) : (!llvm.ptr, i32, i64, i32, !llvm.ptr, i32) -> ()
// HOST: llvm.func internal @same(
// HOST: %[[FIRST:.*]] = llvm.mlir.constant(0 : i32)
// HOST: llvm.call @dpc_launch(%arg0, %[[FIRST]]
// HOST: llvm.func internal @scatter(
// HOST: llvm.call @dpc_launch
// HOST: dpc_device_ptx
// HOST: llvm.mlir.global external constant @dpc_device_kernels("linear
// HOST-NEXT: broadcasts
// HOST-NEXT: rows
// HOST-NEXT: long_row
// HOST-NEXT: columns
// HOST-NEXT: scatter
// HOST-NEXT: softmax
// HOST-NEXT: transposed
// HOST-NEXT: joined

// 16 bytes at a time, and the elements that are left one by one.
// CHECK: .target sm_80
// CHECK-LABEL: .visible .entry linear(
// CHECK: .reqntid 256
// CHECK: ld.global{{(\.nc)?}}.v4.b32
// CHECK: ld.global{{(\.nc)?}}.v4.b32
// CHECK: st.global.v4.b32
// CHECK: ret;
plan.kernel @linear inputs [0, 1] outputs [2] {
^bb0(%x: tensor<50x129xf32>, %y: tensor<50x129xf32>):
  %s = nn.add %x, %y : tensor<50x129xf32>
  %e = nn.exp %s : tensor<50x129xf32>
  plan.yield %e : tensor<50x129xf32>
}

plan.kernel @same inputs [0, 1] outputs [2] {
^bb0(%x: tensor<50x129xf32>, %y: tensor<50x129xf32>):
  %s = nn.add %x, %y : tensor<50x129xf32>
  %e = nn.exp %s : tensor<50x129xf32>
  plan.yield %e : tensor<50x129xf32>
}

// CHECK-LABEL: .visible .entry broadcasts(
// CHECK-COUNT-2: ld.global{{(\.nc)?}}.v4.b32
// CHECK: st.global.v4.b32
// CHECK: ret;
plan.kernel @broadcasts inputs [0, 1] outputs [2] {
^bb0(%x: tensor<512x128xf32>, %b: tensor<128xf32>):
  %0 = nn.broadcast %b [1] : tensor<128xf32> to tensor<512x128xf32>
  %1 = nn.add %x, %0 : tensor<512x128xf32>
  %2 = nn.relu %1 : tensor<512x128xf32>
  plan.yield %2 : tensor<512x128xf32>
}

// A warp takes a row, in vectors.
// CHECK-LABEL: .visible .entry rows(
// CHECK: ld.global{{(\.nc)?}}.v4.b32
// CHECK-COUNT-5: shfl.sync.bfly.b32
// CHECK-NOT: bar.sync
// CHECK: ret;
plan.kernel @rows inputs [0] outputs [1] {
^bb0(%x: tensor<4096x768xf32>):
  %s = nn.reduce sum %x [1] : tensor<4096x768xf32>
  plan.yield %s : tensor<4096xf32>
}

// A block takes a row.
// CHECK-LABEL: .visible .entry long_row(
// CHECK: ld.global{{(\.nc)?}}.v4.b32
// CHECK-COUNT-5: shfl.sync.bfly.b32
// CHECK: st.shared
// CHECK: bar.sync
// CHECK: ld.shared
// CHECK: ret;
plan.kernel @long_row inputs [0] outputs [1] {
^bb0(%x: tensor<4x50000xf32>):
  %s = nn.reduce max %x [1] : tensor<4x50000xf32>
  plan.yield %s : tensor<4xf32>
}

// A block takes 64 columns, whose sums meet in shared memory.
// CHECK-LABEL: .visible .entry columns(
// CHECK: .reqntid 256
// CHECK-COUNT-4: ld.global{{(\.nc)?}}.v4.b32
// CHECK: st.shared.v4.b32
// CHECK: bar.sync
// CHECK: ld.shared.v4.b32
// CHECK: st.global.v4.b32
// CHECK-NOT: atom
// CHECK: ret;
plan.kernel @columns inputs [0] outputs [1] {
^bb0(%x: tensor<4096x768xf32>):
  %s = nn.reduce sum %x [0] : tensor<4096x768xf32>
  plan.yield %s : tensor<768xf32>
}

// In the order of the updates, without atomics.
// CHECK-LABEL: .visible .entry scatter(
// CHECK-NOT: atom
// CHECK: vote.sync.ballot
// CHECK: bar.sync
// CHECK: st.global.v4.b32
// CHECK: ret;
plan.kernel @scatter inputs [0, 1] outputs [2] {
^bb0(%i: tensor<16xi64>, %u: tensor<16x8xf32>):
  %s = nn.scatter_add %i, %u axis = 0 : tensor<16xi64>, tensor<16x8xf32> -> tensor<100x8xf32>
  plan.yield %s : tensor<100x8xf32>
}

// A warp loads its part of a row before the first use, and never again.
// CHECK-LABEL: .visible .entry softmax(
// CHECK-COUNT-6: ld.global{{(\.nc)?}}.v4.b32
// CHECK-NOT: ld.global
// CHECK-COUNT-10: shfl.sync.bfly.b32
// CHECK-NOT: ld.global
// CHECK-COUNT-6: st.global.v4.b32
// CHECK: ret;
plan.kernel @softmax inputs [0] outputs [1] {
^bb0(%x: tensor<4096x768xf32>):
  %m = nn.reduce max %x [1] : tensor<4096x768xf32>
  %mb = nn.broadcast %m [0] : tensor<4096xf32> to tensor<4096x768xf32>
  %d = nn.sub %x, %mb : tensor<4096x768xf32>
  %e = nn.exp %d : tensor<4096x768xf32>
  %s = nn.reduce sum %e [1] : tensor<4096x768xf32>
  %sb = nn.broadcast %s [0] : tensor<4096xf32> to tensor<4096x768xf32>
  %y = nn.div %e, %sb : tensor<4096x768xf32>
  plan.yield %y : tensor<4096x768xf32>
}

// Through shared memory, in tiles.
// CHECK-LABEL: .visible .entry transposed(
// CHECK: .shared .align 16 .b8 transposed_shared[8448];
// CHECK: ld.global
// CHECK: st.shared
// CHECK: bar.sync
// CHECK: ld.shared
// CHECK: st.global
// CHECK: ret;
plan.kernel @transposed inputs [0] outputs [1] {
^bb0(%x: tensor<512x256xf32>):
  %y = nn.transpose %x [1, 0] : tensor<512x256xf32>
  plan.yield %y : tensor<256x512xf32>
}

// Each of the operands is loaded behind a branch, in vectors.
// CHECK-LABEL: .visible .entry joined(
// CHECK: bra
// CHECK: ld.global{{(\.nc)?}}.v4.b32
// CHECK: bra
// CHECK: ld.global{{(\.nc)?}}.v4.b32
// CHECK: ret;
plan.kernel @joined inputs [0, 1] outputs [2] {
^bb0(%a: tensor<512x1x64xf32>, %b: tensor<512x2x64xf32>):
  %p = nn.pad %a low [0, 2, 0] high [0, 0, 0] interior [0, 0, 0] value 0.0 : tensor<512x1x64xf32>
  %q = nn.pad %b low [0, 0, 0] high [0, 1, 0] interior [0, 0, 0] value 0.0 : tensor<512x2x64xf32>
  %y = nn.add %p, %q : tensor<512x3x64xf32>
  plan.yield %y : tensor<512x3x64xf32>
}
