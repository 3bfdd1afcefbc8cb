//===- RoundBFloat.h - bf16 where a processor has no such thing -*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_TARGET_HOST_ROUNDBFLOAT_H
#define DPC_COMPILER_TARGET_HOST_ROUNDBFLOAT_H

namespace llvm {
class Module;
class TargetMachine;
} // namespace llvm

namespace dpc {

/// Spells out how f32 is rounded to bf16, to nearest, ties to even, unless the
/// processor has an instruction for it: LLVM would call a function for each
/// element, which the compiler's libraries may lack.
void roundBFloats(llvm::Module &module, const llvm::TargetMachine &target);

} // namespace dpc

#endif // DPC_COMPILER_TARGET_HOST_ROUNDBFLOAT_H
