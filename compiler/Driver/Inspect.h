//===- Inspect.h - What is in a model, and what dpc makes of it -*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_INSPECT_H
#define DPC_COMPILER_DRIVER_INSPECT_H

#include "compiler/Driver/Options.h"

namespace dpc {

/// `dpc inspect`: text or JSON on standard output. A model that cannot be
/// compiled is no failure: what stands in the way is part of the answer.
/// Exit status.
int inspect(const CompileOptions &options, bool json);

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_INSPECT_H
