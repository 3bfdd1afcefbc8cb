//===- Products.h - Matrix products on GPUs ---------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// By cuBLASLt, if there is one: in f32 with f32's precision, of 16-bit types with
// sums in f32. The algorithm is chosen at a shape's first product and kept. The
// library multiplies by columns: it is told that C^T = B^T * A^T. Without it, by
// the kernels that the compiler adds to the program's. The environment variable
// DPC_CUBLASLT=off has those taken in any case.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_PRODUCTS_H
#define DPC_RUNTIME_CUDA_PRODUCTS_H

#include "runtime/CUDA/Driver.h"
#include "runtime/Core/Types.h"

#include <memory>
#include <string>

namespace dpc::rt {

/// C[b,m,n] = op(A[b]) * op(B[b]), row-major and dense.
struct Product {
  DpcType type;
  int64_t batch, m, n, k;
  bool transA, transB;

  auto operator<=>(const Product &) const = default;
};

class Products {
public:
  /// `driver` must outlive it.
  Products(const cuda::Driver &driver, cuda::Module module);
  ~Products();

  /// "cuBLASLt 13.0.0", or "own kernels".
  std::string describe() const;
  /// Starts a product. `workspace` has kProductWorkspace bytes. Returns what went
  /// wrong, empty for success.
  std::string start(const Product &product, const void *a, const void *b,
                    void *c, void *workspace, cuda::Stream stream);

private:
  struct Library;

  const cuda::Driver &driver;
  cuda::Module module;
  std::unique_ptr<Library> library;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CUDA_PRODUCTS_H
