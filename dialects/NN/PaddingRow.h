//===- PaddingRow.h - The row that an embedding does not train --*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_PADDINGROW_H
#define DPC_DIALECTS_NN_PADDINGROW_H

#include "llvm/ADT/StringRef.h"

namespace dpc::nn {

/// On a look-up, and on the ONNX node that becomes one: the row of the table
/// that gets no gradient from here, as padding_idx of PyTorch's nn.Embedding.
/// Others that use the table may give it one.
inline constexpr llvm::StringLiteral kPaddingRowAttr = "nn.padding_row";

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_PADDINGROW_H
