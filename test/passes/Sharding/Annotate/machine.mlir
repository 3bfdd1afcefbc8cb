// The mesh carries what a file says of the ranks and their links, or nothing.
// RUN: split-file %s %t
// RUN: dpc-opt %t/in.mlir -dist-annotate="mesh=data=4,tensor=8 strategy=hybrid machine=%t/cluster" | FileCheck %s
// RUN: dpc-opt %t/in.mlir -dist-annotate | FileCheck %s --check-prefix=DEFAULT
// RUN: dpc-opt %t/target.mlir -dist-annotate | FileCheck %s --check-prefix=TARGET
// RUN: dpc-opt %t/target.mlir -dist-annotate=machine=%t/cluster | FileCheck %s --check-prefix=BOTH
// RUN: not dpc-opt %t/in.mlir -dist-annotate=machine=%t/word 2>&1 | FileCheck %s --check-prefix=WORD
// RUN: not dpc-opt %t/in.mlir -dist-annotate=machine=%t/unit 2>&1 | FileCheck %s --check-prefix=UNIT
// RUN: not dpc-opt %t/in.mlir -dist-annotate=machine=%t/number 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not dpc-opt %t/in.mlir -dist-annotate=machine=%t/zero 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not dpc-opt %t/in.mlir -dist-annotate=machine=%t/twice 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not dpc-opt %t/in.mlir -dist-annotate=machine=%t/colon 2>&1 | FileCheck %s --check-prefix=COLON
// RUN: not dpc-opt %t/in.mlir -dist-annotate=machine=%t/blocks 2>&1 | FileCheck %s --check-prefix=BLOCKS
// RUN: not dpc-opt %t/in.mlir -dist-annotate=machine=%t/ranks 2>&1 | FileCheck %s --check-prefix=RANKS
// RUN: not dpc-opt %t/in.mlir -dist-annotate=machine=%t/none 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not dpc-opt %t/in.mlir -dist-annotate=machine=/dev/zero 2>&1 | FileCheck %s --check-prefix=SPECIAL

// CHECK: machine <compute = 1500000000000, memory = 10000000000, launch = 2500,
// CHECK-SAME: links = [<ranks = 8, latency = 1000, bandwidth = 40000000000>, <ranks = 0, latency = 20000, bandwidth = 1000000000>]>
// DEFAULT: dist.mesh @mesh ["data" = 1]
// DEFAULT-NOT: machine
// A target has a machine of its own, of which a file may change some.
// TARGET: machine <compute = 20000000000000, memory = 1000000000000, launch = 3000,
// TARGET-SAME: links = [<ranks = 0, latency = 10000, bandwidth = 100000000000>]>
// BOTH: machine <compute = 1500000000000, memory = 1000000000000, launch = 2500,
// WORD: error: loc("{{.*}}word:2"): there is no 'memorry'; did you mean 'memory'?
// UNIT: error: {{.*}}: 'compute' has no unit 'GFLOPs'; did you mean 'GFLOP/s'?
// NUMBER: error: {{.*}}: 'launch' is no number with a unit; write e.g. launch: 200 ns
// ZERO: error: {{.*}}: 'memory' is out of range; write e.g. memory: 10 GB/s
// TWICE: error: loc("{{.*}}twice:2"): 'launch' is given twice; remove one
// COLON: error: {{.*}}: is not KEY: VALUE; write e.g. compute: 50 GFLOP/s
// BLOCKS: error: loc("{{.*}}blocks:1"): 'link 6' cuts blocks of 'link 4'; let each join a multiple of the smaller
// RANKS: error: {{.*}}: 'link 1' joins no number of ranks; write e.g. link 8: 1 us, 40 GB/s
// NONE: error: {{.*}}: cannot be read: No such file or directory; name a machine's file with --machine
// SPECIAL: error: {{.*}}: is no regular file; name a machine's file with --machine

//--- in.mlir
func.func @train(%x: tensor<32x4xf32> {nn.batch_dim = 0, nn.name = "x", nn.role = #nn.role<input>}) {
  return
}
//--- target.mlir
module attributes {plan.target = "test-device"} {
func.func @train(%x: tensor<32x4xf32> {nn.batch_dim = 0, nn.name = "x", nn.role = #nn.role<input>}) {
  return
}
}
//--- cluster
# Nodes of 8 ranks.
compute: 1.5 TFLOP/s   # of a rank
launch: 2.5 us
link: 20 us, 1 GB/s
link 8: 1 us, 40 GB/s
//--- word
compute: 1 GFLOP/s
memorry: 1 GB/s
//--- unit
compute: 1 GFLOPs
//--- number
launch: fast
//--- zero
memory: 0 GB/s
//--- twice
launch: 1 us
launch: 2 us
//--- colon
compute 50 GFLOP/s
//--- blocks
link 6: 1 us, 1 GB/s
link 4: 1 us, 1 GB/s
//--- ranks
link 1: 1 us, 1 GB/s
