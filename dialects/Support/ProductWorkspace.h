//===- ProductWorkspace.h - Memory for products on GPUs ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_PRODUCTWORKSPACE_H
#define DPC_DIALECTS_SUPPORT_PRODUCTWORKSPACE_H

#include <cstdint>

namespace dpc {

/// Bytes that cuBLASLt may use in a matrix product: the compiler reserves them
/// in the arena, and the runtime asks for no algorithm that needs more.
inline constexpr int64_t kProductWorkspace = 4 << 20;

} // namespace dpc

#endif // DPC_DIALECTS_SUPPORT_PRODUCTWORKSPACE_H
