//===- VectorMath.h - glibc's vector math for LLVM --------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_TARGET_HOST_VECTORMATH_H
#define DPC_COMPILER_TARGET_HOST_VECTORMATH_H

namespace llvm {
class TargetLibraryInfoImpl;
class TargetMachine;
} // namespace llvm

namespace dpc {

/// Tells the vectorizer which functions libmvec has in vectors of the target's
/// widths: expf -> _ZGVeN16v_expf with AVX-512, and so on.
void addVectorMath(llvm::TargetLibraryInfoImpl &library,
                   const llvm::TargetMachine &target);

} // namespace dpc

#endif // DPC_COMPILER_TARGET_HOST_VECTORMATH_H
