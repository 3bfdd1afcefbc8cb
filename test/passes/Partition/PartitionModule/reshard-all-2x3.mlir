// RUN: dpc-opt %s -test-reshard-all="shape=5,7" -o /dev/null | FileCheck %s
// RUN: dpc-opt %s -test-reshard-all="shape=12,8" -o /dev/null | FileCheck %s
// RUN: dpc-opt %s -test-reshard-all="shape=1,3" -o /dev/null | FileCheck %s

// Between all layouts of a matrix: extents that do not divide, that do, and that
// are smaller than the number of parts.

// CHECK: 223 reshards between 18 layouts, with {{[0-9]+}} collectives, {{[1-9][0-9]*}} of them permutes
dist.mesh @mesh ["a" = 2, "b" = 3]
