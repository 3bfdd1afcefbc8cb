//===- Matmul.h - Matrix products on the CPU --------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Products are oneDNN's. A primitive is made on an instruction's first call and
// kept, so that the following calls only set three pointers.
//
// Memory outside of the arena: oneDNN's scratchpad (one per process, as large
// as the largest primitive needs: below 1 MB a thread), and the primitives'
// code. Where the machine has no bf16 or f16 product, f32 copies of blocks of the
// matrices lie in the instruction's workspace (WideProduct.h).
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CPU_MATMUL_H
#define DPC_RUNTIME_CPU_MATMUL_H

#include "runtime/Core/Types.h"

#include <memory>
#include <string>
#include <vector>

namespace dpc::rt {

/// "oneDNN 2.7.5".
std::string describeMatmulLibrary();

struct MatmulShape {
  DpcType type;
  int64_t batch, m, n, k;
  bool transA, transB;

  bool operator==(const MatmulShape &) const = default;
};

class MatmulCache {
public:
  MatmulCache();
  ~MatmulCache();

  /// C = A * B as instruction `instr` of program number `program`. Of bf16 and
  /// f16, `workspace` has room for a WideBlock. Returns what went wrong,
  /// empty for success.
  std::string run(size_t program, int32_t instr, const MatmulShape &shape,
                  const void *a, const void *b, void *c, float *workspace);

private:
  struct Entry;
  struct Engine;

  std::unique_ptr<Engine> engine;
  std::vector<std::vector<std::unique_ptr<Entry>>> entries;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CPU_MATMUL_H
