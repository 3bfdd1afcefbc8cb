//===- TrialModel.h - a model to try dpc with -------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_TRIALMODEL_H
#define DPC_COMPILER_IMPORT_TRIALMODEL_H

#include <string>

namespace dpc {

/// The bytes of an ONNX file: y = x * weight, with x f32[batch, 4] and weight
/// f32[4, 2], all zeros.
std::string makeTrialModel();

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_TRIALMODEL_H
