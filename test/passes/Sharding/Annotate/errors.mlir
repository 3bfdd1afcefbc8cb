// RUN: not dpc-opt %s -dist-annotate="strategy=magic" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not dpc-opt %s -dist-annotate="strategy=data" 2>&1 | FileCheck %s --check-prefix=NOMESH
// RUN: not dpc-opt %s -dist-annotate="strategy=data mesh=rows=2" 2>&1 | FileCheck %s --check-prefix=NOMESH
// RUN: not dpc-opt %s -dist-annotate="strategy=tensor mesh=data=2" 2>&1 | FileCheck %s --check-prefix=NOTENSOR
// RUN: not dpc-opt %s -dist-annotate="strategy=hybrid mesh=data=2,tnesor=2" 2>&1 | FileCheck %s --check-prefix=AXIS
// RUN: not dpc-opt %s -dist-annotate="strategy=data mesh=data=0" 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not dpc-opt %s -dist-annotate="strategy=data mesh=data=-3" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not dpc-opt %s -dist-annotate="strategy=data mesh=data" 2>&1 | FileCheck %s --check-prefix=NOSIZE
// RUN: not dpc-opt %s -dist-annotate="strategy=data mesh=data=2x" 2>&1 | FileCheck %s --check-prefix=NOSIZE
// RUN: not dpc-opt %s -dist-annotate="strategy=data mesh=data=2,,b=2" 2>&1 | FileCheck %s --check-prefix=NOSIZE
// RUN: not dpc-opt %s -dist-annotate="strategy=data mesh=data=2,data=2" 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not dpc-opt %s -dist-annotate="strategy=data mesh=data=99999999999" 2>&1 | FileCheck %s --check-prefix=LARGE
// RUN: not dpc-opt %s -dist-annotate="strategy=single mesh=data=2" 2>&1 | FileCheck %s --check-prefix=SINGLE
// RUN: not dpc-opt %s -dist-propagate 2>&1 | FileCheck %s --check-prefix=ORDER
// RUN: not dpc-opt %s -dist-resolve 2>&1 | FileCheck %s --check-prefix=ORDER
// RUN: not dpc-opt %s -dist-partition 2>&1 | FileCheck %s --check-prefix=ORDER

// UNKNOWN: for the --strategy option: Cannot find option named 'magic'!
// NOMESH: "--mesh"{{.*}}strategy 'data' needs an axis named 'data'; write e.g. --mesh data=4
// NOTENSOR: "--mesh"{{.*}}strategy 'tensor' needs an axis named 'tensor'; write e.g. --mesh tensor=4
// AXIS: "--mesh"{{.*}}axis 'tnesor' would split nothing; strategy 'hybrid' knows data, tensor, pipe and expert
// ZERO: "--mesh"{{.*}}axis 'data' has size 0; sizes start at 1
// NEGATIVE: "--mesh"{{.*}}axis 'data' has size -3; sizes start at 1
// NOSIZE: "--mesh"{{.*}}' is not NAME=SIZE; write e.g. --mesh data=4
// TWICE: "--mesh"{{.*}}axis 'data' is given twice; name every axis once
// LARGE: "--mesh"{{.*}}the mesh has more than 1048576 ranks; choose smaller sizes
// SINGLE: "--mesh"{{.*}}strategy 'single' runs on one rank, but axis 'data' has size 2; use --strategy data
// ORDER: has no mesh; run dist-annotate first
func.func private @f()
