// RUN: dpc-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{compute and memory must be positive}}
dist.mesh @mesh ["data" = 2] machine <compute = 0, memory = 1, launch = 0, links = [<ranks = 0, latency = 0, bandwidth = 1>]>

// -----

// expected-error @+1 {{the last link must join all ranks}}
dist.mesh @mesh ["data" = 2] machine <compute = 1, memory = 1, launch = 0, links = [<ranks = 2, latency = 0, bandwidth = 1>]>

// -----

// expected-error @+1 {{each link must join a multiple of the ranks of the link before}}
dist.mesh @mesh ["data" = 2] machine <compute = 1, memory = 1, launch = 0, links = [<ranks = 2, latency = 0, bandwidth = 1>, <ranks = 3, latency = 0, bandwidth = 1>, <ranks = 0, latency = 0, bandwidth = 1>]>
