// Every broken file of constraints ends in one error at its line.

// RUN: split-file %s %t
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/axis" 2>&1 | FileCheck %s --check-prefix=AXIS
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/part" 2>&1 | FileCheck %s --check-prefix=PART
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/unit" 2>&1 | FileCheck %s --check-prefix=UNIT
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/share" 2>&1 | FileCheck %s --check-prefix=SHARE
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/microbatch" 2>&1 | FileCheck %s --check-prefix=MICROBATCH
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/rank" 2>&1 | FileCheck %s --check-prefix=RANK
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/nothing" 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/fits" 2>&1 | FileCheck %s --check-prefix=FITS
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/twice" 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/conflict" 2>&1 | FileCheck %s --check-prefix=CONFLICT
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/syntax" 2>&1 | FileCheck %s --check-prefix=SYNTAX
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/open" 2>&1 | FileCheck %s --check-prefix=OPEN
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/empty" 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/noname" 2>&1 | FileCheck %s --check-prefix=NONAME
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/glob" 2>&1 | FileCheck %s --check-prefix=GLOB
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/braces" 2>&1 | FileCheck %s --check-prefix=BRACES
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/batch" 2>&1 | FileCheck %s --check-prefix=BATCH
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t/absent" 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not dpc-opt %t/step.mlir -dist-pin="file=%t" 2>&1 | FileCheck %s --check-prefix=FOLDER

//--- step.mlir
dist.mesh @mesh ["data" = 2, "tensor" = 2, "microbatch" = 3]
func.func @train(%x: tensor<6x6xf32> {nn.name = "x", nn.role = #nn.role<input>, nn.batch_dim = 0, dist.sharding = #dist.sharding<[["data", "microbatch"], []]>},
                 %w: tensor<6xf32> {nn.name = "fc.weight", nn.role = #nn.role<parameter>}) {
  return
}

//--- part
# PART: part:2"): the mesh has no axis 'tensor:(1)3' that splits tensors; it has data, tensor (a part of one is e.g. tensor:(1)2)
fc.weight = [tensor:(1)3]

//--- unit
# UNIT: unit:2"): the mesh has no axis 'tensor:(2)1' that splits tensors
fc.weight = [tensor:(2)1]

//--- share
# SHARE: share:2"): axis 'tensor' is used twice, or shares ranks with another of the list
x = [tensor:(1)2, tensor]

//--- axis
# AXIS: axis:4"): the mesh has no axis 'tensr' that splits tensors; it has data, tensor
x = [data, -]

fc.weight = [tensr]
//--- microbatch
# MICROBATCH: microbatch:2"): the mesh has no axis 'microbatch'
x = [microbatch, -]
//--- rank
# RANK: rank:2"): 'fc.weight' has 1 dimension, but the list has 2 entries
fc.weight = [tensor, -]
//--- nothing
# NOTHING: nothing:2"): 'fc2.*' matches no parameter, input, node or value
fc2.* = [-]
//--- fits
# FITS: fits:2"): none of the tensors that 'fc.*' matches has 3 dimensions
fc.* = [-, -, -]
//--- twice
# TWICE: twice:2"): axis 'data' is used twice
x = [data, tensor*data]
//--- conflict
# CONFLICT: conflict:3"): 'f*' pins a tensor that {{.*}}conflict:2 pins otherwise
fc.* = [-]
f* = [tensor]
//--- syntax
# SYNTAX: syntax:2"): is not NAME = [AXES, ...]; write e.g.
fc.weight: [tensor]
//--- open
# OPEN: open:2"): does not end after the list
x = [data, -
//--- empty
# EMPTY: empty:2"): an entry of the list is empty; write -
x = [data, ]
//--- noname
# NONAME: noname:2"): names no tensor
 = [data, -]
//--- glob
# GLOB: glob:2"): 'fc.[' is no pattern: invalid glob pattern
fc.[ = [data]
//--- braces
# BRACES: braces:2"): {{.*}} is no pattern: too many brace expansions
{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b} = [data]
//--- batch
# BATCH: batch:2"): the batch of 6 rows does not divide into 12 microbatches and parts
x = [data*tensor, -]
//--- dummy
# ABSENT: absent"): cannot be read
# FOLDER: "): is no regular file
