//===- NNEnums.h - Enumerations of the nn dialect ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_NNENUMS_H
#define DPC_DIALECTS_NN_NNENUMS_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>

#include "dialects/NN/NNEnums.h.inc"

#endif // DPC_DIALECTS_NN_NNENUMS_H
