// RUN: dpc-opt %s | dpc-opt | FileCheck %s

// CHECK: dist.mesh @mesh ["data" = 4, "tensor" = 8] machine <compute = 1000000000000, memory = 900000000000, launch = 3000,
// CHECK-SAME: links = [<ranks = 8, latency = 1000, bandwidth = 300000000000>, <ranks = 0, latency = 10000, bandwidth = 25000000000>]>
dist.mesh @mesh ["data" = 4, "tensor" = 8] machine <compute = 1000000000000, memory = 900000000000, launch = 3000,
  links = [<ranks = 8, latency = 1000, bandwidth = 300000000000>, <ranks = 0, latency = 10000, bandwidth = 25000000000>]>
