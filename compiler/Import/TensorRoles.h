//===- TensorRoles.h - Parameters and other tensors -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Not every floating-point initializer is a parameter. What the file says goes
// first:
//
//   its signature or value_info say PARAMETER      trained
//   they say BUFFER or CONSTANT_TENSOR             not
//   folded out of a parameter, each element once   trained
//   they say nothing, but something of others      not
//
// Of files that say nothing, these are not trained:
//
//   scalars
//   running statistics: inputs 3 and 4 of BatchNormalization
//   names that are buffers everywhere: inv_freq, masked_bias, running_mean, ...
//   single elements, but for biases (operands of Add, Gemm, Conv), slopes of
//   PRelu and what PyTorch named after a module, or somebody by hand, in a
//   file without a producer
//   tables of sines and cosines, series with one ratio or one difference, masks
//   of 0 and 1 or of 0 and large negative numbers
//   identity matrices that are not named after a module
//
// Where that leaves nothing to train, the last three kinds are trained.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_TENSORROLES_H
#define DPC_COMPILER_IMPORT_TENSORROLES_H

#include "compiler/Import/ExporterNotes.h"
#include "compiler/Import/InitializerReader.h"

namespace dpc {

/// Fills in what is trained and why, and warns of what was lost.
void assignRoles(ModelFile &model, InitializerReader &reader,
                 ExporterNotes &notes);

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_TENSORROLES_H
