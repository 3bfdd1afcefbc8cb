// RUN: dpc-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{has axis "data" twice}}
dist.mesh @mesh ["data" = 2, "data" = 3]

// -----

// expected-error @+1 {{has size 0 on axis "data"; sizes start at 1}}
dist.mesh @mesh ["data" = 0]

// -----

// expected-error @+1 {{has an axis without a name}}
dist.mesh @mesh ["" = 2]

// -----

// expected-error @+1 {{has more than}}
dist.mesh @mesh ["a" = 16777216, "b" = 16777216, "c" = 16777216, "d" = 16777216]
