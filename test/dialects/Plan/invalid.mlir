// RUN: dpc-opt %s -split-input-file -verify-diagnostics

plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  // expected-error @+1 {{has number 1, and there are 1 collectives: they are numbered from 0}}
  plan.start all_reduce 1 reduce sum (%x) over ["data"] bytes 16 : memref<4xf32>
}

// -----

plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  // expected-error @+1 {{is never waited for: collective 0}}
  plan.start all_reduce 0 reduce sum (%x) over ["data"] bytes 16 : memref<4xf32>
}

// -----

plan.program @p {
  // expected-error @+1 {{waits for collective 0, which is not in flight}}
  plan.wait 0
}

// -----

plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  %y = plan.slot 64 : memref<4xf32>
  plan.start all_reduce 0 reduce sum (%x) over ["data"] bytes 16 : memref<4xf32>
  // expected-error @+1 {{touches a buffer of collective 0, which is in flight}}
  plan.copy %x to %y : memref<4xf32>, memref<4xf32>
  plan.wait 0
}

// -----

plan.program @p {
  %x = plan.slot 0 : memref<4xf32>
  %y = plan.slot 64 : memref<4xf32>
  // expected-error @+1 {{reads bytes of the slot at 0 that nothing wrote}}
  plan.copy %x to %y : memref<4xf32>, memref<4xf32>
}

// -----

// A dead value's bytes are gone.
plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  %y = plan.slot 64 : memref<4xf32>
  %over = plan.slot 72 : memref<4xf32>
  plan.copy %x to %y : memref<4xf32>, memref<4xf32>
  plan.copy %x to %over : memref<4xf32>, memref<4xf32>
  // expected-error @+1 {{reads bytes of the slot at 64 that nothing wrote, or that another value replaced}}
  plan.copy %y to %x : memref<4xf32>, memref<4xf32>
}

// -----

plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  %y = plan.slot 8 : memref<4xf32>
  // expected-error @+1 {{writes into a buffer that it reads}}
  plan.copy %x to %y : memref<4xf32>, memref<4xf32>
}

// -----

plan.arena host 64 parameters 0 state 0 inputs 0 gradients 0 activations 64 workspace 0
plan.arena host stage 1 8 parameters 0 state 0 inputs 0 gradients 0 activations 8 workspace 0
plan.program @p_stage1 attributes {plan.stage = 1 : i64} {
  // expected-error @+1 {{ends at 16, past the arena's 8 bytes}}
  %x = plan.slot 0 : memref<4xf32>
}

// -----

// expected-error @+1 {{is 64 bytes long, and its parts 24}}
plan.arena host 64 parameters 16 state 0 inputs 0 gradients 0 activations 8 workspace 0

// -----

// expected-error @+1 {{has a part of -8 bytes}}
plan.arena host 8 parameters 16 state 0 inputs 0 gradients 0 activations -8 workspace 0

// -----

plan.program @p {
  // expected-error @+1 {{has offset 2, which is no multiple of its elements' 4 bytes}}
  %x = plan.slot 2 : memref<4xf32>
}

// -----

plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4x5xf32>
  %y = plan.slot 128 : memref<4x4xf32>
  // expected-error @+1 {{has matrices that do not fit: 4x5 times 4x5 is not 4x4}}
  plan.library #plan.matmul(%x, %x to %y) : memref<4x5xf32>, memref<4x5xf32> to memref<4x4xf32>
}

// -----

plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  // expected-error @+1 {{names no kernel: @k}}
  plan.launch @k(%x) writes [0] : memref<4xf32>
}

// -----

plan.kernel @k inputs [0] outputs [1] {
^bb0(%x: tensor<4xf32>):
  plan.yield %x : tensor<4xf32>
}
plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  // expected-error @+1 {{does not pass the buffers that @k takes}}
  plan.launch @k(%x) writes [0] : memref<4xf32>
}

// -----

plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  %y = plan.slot 64 : memref<4xf32>
  // expected-error @+1 {{updates buffer 0, which it does not write}}
  plan.launch @k(%x, %y) writes [1] updates [0] : memref<4xf32>, memref<4xf32>
}

// -----

plan.kernel @k inputs [0] outputs [0] {
^bb0(%x: tensor<4xf32>):
  plan.yield %x : tensor<4xf32>
}
plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  // expected-error @+1 {{does not update what @k updates}}
  plan.launch @k(%x) writes [0] : memref<4xf32>
}

// -----

// What a kernel updates must have been written.
plan.kernel @k inputs [0] outputs [0] {
^bb0(%x: tensor<4xf32>):
  plan.yield %x : tensor<4xf32>
}
plan.program @p {
  %x = plan.slot 0 : memref<4xf32>
  // expected-error @+1 {{reads bytes of the slot at 0 that nothing wrote}}
  plan.launch @k(%x) writes [0] updates [0] : memref<4xf32>
}

// -----

// expected-error @+1 {{updates buffer 0 in place with another type}}
plan.kernel @k inputs [0] outputs [0] {
^bb0(%x: tensor<4xf32>):
  %y = nn.reshape %x : tensor<4xf32> to tensor<2x2xf32>
  plan.yield %y : tensor<2x2xf32>
}

// -----

plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  // expected-error @+2 {{failed to parse Dist_TransferKindAttr}}
  // expected-error @+1 {{expected ::dpc::dist::TransferKind to be one of: all_reduce, reduce, all_gather, reduce_scatter, all_to_all, permute, send, recv}}
  plan.start shuffle 0 (%x) over ["data"] bytes 16 : memref<4xf32>
  plan.wait 0
}

// -----

plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  // expected-error @+1 {{of kind all_reduce needs reduction}}
  plan.start all_reduce 0 (%x) over ["data"] bytes 16 : memref<4xf32>
  plan.wait 0
}

// -----

plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  %y = plan.slot 64 : memref<4xf32>
  // expected-error @+1 {{of kind permute needs plan.sources}}
  plan.start permute 0 (%x to %y) over ["data"] bytes 16 : memref<4xf32> to memref<4xf32>
  plan.wait 0
}

// -----

plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  // expected-error @+1 {{of kind send needs a peer}}
  plan.start send 0 (%x) over ["pipe"] bytes 16 : memref<4xf32>
  plan.wait 0
}

// -----

plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  // expected-error @+1 {{of kind all_reduce takes no peer}}
  plan.start all_reduce 0 reduce sum (%x) peer 1 channel 0 over ["data"] bytes 16 : memref<4xf32>
  plan.wait 0
}

// -----

// A message on its way may be read, and sent to another stage too, but not
// written.
plan.program @p {
  %x = plan.slot 0 {nn.role = #nn.role<input>} : memref<4xf32>
  %y = plan.slot 64 : memref<4xf32>
  plan.start send 0 (%x) peer 1 channel 0 over ["pipe"] bytes 16 : memref<4xf32>
  plan.start send 1 (%x) peer 2 channel 1 over ["pipe"] bytes 16 : memref<4xf32>
  plan.copy %x to %y : memref<4xf32>, memref<4xf32>
  // expected-error @+1 {{touches a buffer of collective 0, which is in flight}}
  plan.copy %y to %x : memref<4xf32>, memref<4xf32>
  plan.wait 0
  plan.wait 1
}

// -----

plan.program @p {
  %x = plan.slot 0 : memref<4xf32>
  %y = plan.slot 64 : memref<4xf32>
  plan.start recv 0 (%x) peer 1 channel 0 over ["pipe"] bytes 16 : memref<4xf32>
  // expected-error @+1 {{touches a buffer of collective 0, which is in flight}}
  plan.copy %x to %y : memref<4xf32>, memref<4xf32>
  plan.wait 0
}

// -----

plan.program @p {
  %x = plan.slot 0 : memref<4xf32>
  // expected-error @+1 {{reads bytes of the slot at 0 that nothing wrote}}
  plan.start send 0 (%x) peer 1 channel 0 over ["pipe"] bytes 16 : memref<4xf32>
  plan.wait 0
}

// -----

plan.program @p {
  %x = plan.slot 0 : memref<4xf32>
  // expected-error @+1 {{is never waited for: collective 0}}
  plan.start recv 0 (%x) peer 1 channel 0 over ["pipe"] bytes 16 : memref<4xf32>
}
