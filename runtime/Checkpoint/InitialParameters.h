//===- InitialParameters.h - Parameters from elsewhere ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// --init-from takes what matches and says what does not: a model whose head has
// other classes starts from the rest of one that was trained before.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CHECKPOINT_INITIALPARAMETERS_H
#define DPC_RUNTIME_CHECKPOINT_INITIALPARAMETERS_H

#include "runtime/Core/Program.h"
#include "runtime/Device/Device.h"

namespace dpc::rt {

/// Which of several ranks this one is.
struct RankOf {
  int rank = 0, ranks = 1;
};

/// Reads the parameters that have the same name and shape in `path`: a
/// checkpoint or a folder of them, of which it is the newest, a safetensors
/// file, or an ONNX file. Floats may be of another width there. `modelTemplate`
/// is dpc_model_template. Returns what matched, in a line; nothing is an error.
Expected<std::string> initializeFrom(const Program &program, RankOf me,
                                     const std::string &path,
                                     std::string_view modelTemplate,
                                     Device &device, char *arena);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CHECKPOINT_INITIALPARAMETERS_H
