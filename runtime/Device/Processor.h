//===- Processor.h - Whether this machine can run the code ------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DEVICE_PROCESSOR_H
#define DPC_RUNTIME_DEVICE_PROCESSOR_H

#include "runtime/Core/Error.h"

#include <string_view>

namespace dpc::rt {

/// `target`: the processor for which a program was compiled and its features,
/// by LLVM's names, with spaces between. An error if this machine lacks some;
/// it names `program`.
Status checkProcessor(std::string_view target, const std::string &program);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DEVICE_PROCESSOR_H
