//===- Check.h - What fuzz targets ask of every reader ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_FUZZ_CHECK_H
#define DPC_TEST_FUZZ_CHECK_H

#include "runtime/Core/Error.h"

#include <cstdlib>

inline void require(bool condition) {
  if (!condition)
    std::abort();
}

/// Each refusal is one line.
inline void checkError(const dpc::rt::Error &error) {
  require(error.line().find('\n') == std::string::npos);
  require(error.line().starts_with("dpc: error: "));
}

#endif // DPC_TEST_FUZZ_CHECK_H
