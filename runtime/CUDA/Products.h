//===- Products.h - Matrix products on GPUs ---------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// By cuBLASLt, if there is one: in f32 with f32's precision unless tf32 is asked for,
// of 16-bit types with sums in f32. The algorithm is chosen at a shape's first
// product and kept. The library multiplies by columns: it is told that C^T = B^T *
// A^T. Without it, by the kernels that the compiler adds to the program's, which
// compute in f32. The environment variable DPC_CUBLASLT=off has those taken in any
// case. Where the library has no algorithm that does a product's epilogue, too, such
// kernels do it behind the product.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_PRODUCTS_H
#define DPC_RUNTIME_CUDA_PRODUCTS_H

#include "runtime/CUDA/Driver.h"
#include "runtime/Core/Types.h"

#include <memory>
#include <string>

namespace dpc::rt {

/// C[b,m,n] = op(A[b]) * op(B[b]), row-major and dense, and what `parts` says
/// (ProductParts.h).
struct Product {
  DpcType type;
  int64_t batch, m, n, k;
  int32_t parts;

  bool has(int32_t part) const { return parts & part; }
  auto operator<=>(const Product &) const = default;
};

/// Where a product's matrices are; null what it does not have.
struct ProductBuffers {
  const void *a, *b;
  void *c;
  /// getProductWorkspace(batch * m * n) bytes.
  void *workspace;
  const void *extraOperand = nullptr;
  void *extraResult = nullptr;
};

class Products {
public:
  /// `driver` must outlive it.
  Products(const cuda::Driver &driver, cuda::Module module);
  ~Products();

  /// "cuBLASLt 13.0.0", or "own kernels".
  std::string describe() const;
  /// Starts a product. Returns what went wrong, empty for success.
  std::string start(const Product &product, const ProductBuffers &buffers,
                    cuda::Stream stream);

private:
  struct Library;

  std::string startOwn(const Product &product, const ProductBuffers &buffers,
                       cuda::Stream stream);
  std::string startEpilogue(const Product &product,
                            const ProductBuffers &buffers, cuda::Stream stream);
  std::string startSums(const Product &product, const ProductBuffers &buffers,
                        cuda::Stream stream);
  std::string launch(const std::string &name, int64_t grid, void **arguments,
                     cuda::Stream stream);

  const cuda::Driver &driver;
  cuda::Module module;
  std::unique_ptr<Library> library;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CUDA_PRODUCTS_H
