// RUN: dpc-opt %s -split-input-file -verify-diagnostics | FileCheck %s

// Rows of an input advance; two values take turns, each read one iteration after
// it was written; so do the numbers of transfers in flight.
// CHECK-LABEL: plan.program @train
plan.program @train {
  // CHECK: plan.slot 0 {nn.role = #nn.role<input>}
  %all = plan.slot 0 {nn.role = #nn.role<input>} : memref<16xf32>
  // CHECK: plan.slot 0 turn <by 16> : memref<4xf32>
  %x = plan.slot 0 turn <by 16> : memref<4xf32>
  %first = plan.slot 64 : memref<4xf32>
  // CHECK: plan.slot 64 turn <by 64 of 2 from 1> : memref<4xf32>
  %new = plan.slot 64 turn <by 64 of 2 from 1> : memref<4xf32>
  %old = plan.slot 64 turn <by 64 of 2 from 0> : memref<4xf32>
  %sum = plan.slot 192 : memref<4xf32>
  %sent = plan.slot 256 turn <by 64 of 2 from 1> : memref<4xf32>
  %other = plan.slot 256 : memref<4xf32>
  %begin = plan.slot 0 : memref<4xf32>
  plan.copy %begin to %first : memref<4xf32>, memref<4xf32>
  plan.copy %begin to %other : memref<4xf32>, memref<4xf32>
  plan.start send 0 (%other) peer 1 channel 0 over ["pipe"] bytes 16 : memref<4xf32>
  // CHECK: plan.repeat 3 {
  plan.repeat 3 {
    plan.copy %x to %new : memref<4xf32>, memref<4xf32>
    plan.copy %old to %sum : memref<4xf32>, memref<4xf32>
    plan.copy %new to %sent : memref<4xf32>, memref<4xf32>
    // CHECK: plan.start send 0 turn <by 1 of 2 from 1>
    plan.start send 0 turn <by 1 of 2 from 1> (%sent) peer 1 channel 1 over ["pipe"] bytes 16 : memref<4xf32>
    // CHECK: plan.wait 0 turn <by 1 of 2 from 0>
    plan.wait 0 turn <by 1 of 2 from 0>
  }
  plan.wait 1
}

// -----

// In the second iteration, the number is in flight.
plan.program @train {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  plan.repeat 2 {
    // expected-error @+1 {{has number 0, which is in flight}}
    plan.start send 0 (%x) peer 1 channel 0 over ["pipe"] bytes 16 : memref<4xf32>
  }
}

// -----

// The third row was not written.
plan.program @train {
  %two = plan.slot 0 {nn.role = #nn.role<input>} : memref<2x4xf32>
  %x = plan.slot 0 turn <by 16> : memref<4xf32>
  %y = plan.slot 64 : memref<4xf32>
  plan.repeat 3 {
    // expected-error @+1 {{reads bytes of the slot at 32 that nothing wrote}}
    plan.copy %x to %y : memref<4xf32>, memref<4xf32>
  }
}

// -----

// The second turn overwrites what is read in the next iteration.
plan.program @train {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  %half = plan.slot 72 : memref<2xf32>
  %new = plan.slot 64 turn <by 64 of 2 from 0> : memref<4xf32>
  %old = plan.slot 64 turn <by 64 of 2 from 1> : memref<4xf32>
  %y = plan.slot 256 : memref<4xf32>
  %z = plan.slot 320 : memref<2xf32>
  plan.repeat 3 {
    plan.copy %x to %new : memref<4xf32>, memref<4xf32>
    // expected-error @+1 {{reads bytes of the slot at 128 that nothing wrote}}
    plan.copy %old to %y : memref<4xf32>, memref<4xf32>
  }
}

// -----

plan.program @train {
  %x = plan.slot 0 turn <by 16> : memref<4xf32>
  %y = plan.slot 64 : memref<4xf32>
  // expected-error @+1 {{is in no plan.repeat, and its slot at 0 has a turn}}
  plan.copy %y to %x : memref<4xf32>, memref<4xf32>
}

// -----

plan.program @train {
  // expected-error @+1 {{has a turn outside of a plan.repeat}}
  plan.wait 0 turn <by 1 of 2 from 0>
}

// -----

plan.arena host 128 parameters 0 state 0 inputs 64 gradients 0 activations 64 workspace 0
plan.program @train {
  %y = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  // expected-error @+1 {{has a turn that ends at 144, past the arena}}
  %x = plan.slot 64 turn <by 16> : memref<4xf32>
  plan.repeat 5 {
    plan.copy %y to %x : memref<4xf32>, memref<4xf32>
  }
}

// -----

plan.program @train {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  plan.repeat 1 {
    // expected-error @+1 {{is no instruction of a plan}}
    %y = plan.slot 64 : memref<4xf32>
  }
}

// -----

// One number, one transfer.
plan.program @train {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  plan.start send 0 (%x) peer 1 channel 0 over ["pipe"] bytes 16 : memref<4xf32>
  plan.wait 0
  // expected-error @+1 {{has number 0, which another collective has}}
  plan.start send 0 (%x) peer 2 channel 0 over ["pipe"] bytes 16 : memref<4xf32>
  plan.wait 0
}
