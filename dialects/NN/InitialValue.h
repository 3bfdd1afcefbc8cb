//===- InitialValue.h - Where a parameter begins ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_INITIALVALUE_H
#define DPC_DIALECTS_NN_INITIALVALUE_H

#include "dialects/NN/NNDialect.h"

namespace dpc::nn {

/// Discardable attributes of nn.parameter. Why it is trained or frozen:
inline constexpr llvm::StringLiteral kReasonAttr = "nn.reason";
/// That it is in no file: all of its elements are 0.
inline constexpr llvm::StringLiteral kZerosAttr = "nn.zeros";
/// [rows, columns] of the matrix in the file whose transposed it is.
inline constexpr llvm::StringLiteral kStoredShapeAttr = "nn.stored_shape";

/// Of a state's argument, the parameter whose initial value it starts with.
inline constexpr llvm::StringLiteral kStartsAsAttr = "nn.starts_as";
/// Of a parameter's argument, the state in which its value lies.
inline constexpr llvm::StringLiteral kReadFromAttr = "nn.read_from";

/// That it is part of the module's state.
inline constexpr llvm::StringLiteral kStateAttr = "nn.state";
/// Its shape in the model, where the program has another.
inline constexpr llvm::StringLiteral kModelShapeAttr = "nn.model_shape";

/// The parameter's shape in the model.
llvm::ArrayRef<int64_t> getModelShape(ParameterOp parameter);

/// Why a parameter is trained or frozen.
llvm::StringRef getReason(ParameterOp parameter);

/// Puts a parameter's elements together, in order: hands their bytes to `write`
/// in pieces. `read` fills a buffer with the bytes at an offset of the
/// parameter's file. Both have reported what they fail at.
llvm::LogicalResult readInitialValue(
    ParameterOp parameter,
    llvm::function_ref<llvm::LogicalResult(int64_t,
                                           llvm::MutableArrayRef<char>)>
        read,
    llvm::function_ref<llvm::LogicalResult(llvm::ArrayRef<char>)> write);

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_INITIALVALUE_H
