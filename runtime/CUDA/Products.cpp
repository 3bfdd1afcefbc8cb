//===- Products.cpp - Matrix products on GPUs -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CUDA/Products.h"
#include "dialects/Support/ProductWorkspace.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <limits>
#include <map>
#include <string_view>

namespace dpc::rt {

namespace {

// What cuBLASLt's documentation declares.
using LtStatus = int;
using LtObject = struct LtTag *;
struct LtAlgorithm {
  uint64_t data[8];
};
struct LtChoice {
  LtAlgorithm algorithm;
  size_t workspace;
  LtStatus state;
  float waves;
  int reserved[4];
};
constexpr int kCompute32F = 68, kType32F = 0, kType16F = 2, kType16BF = 14;
constexpr int kTransA = 3, kTransB = 4, kBatchCount = 5, kBatchStride = 6;
constexpr int kMaxWorkspace = 1;
/// Of A, B, C and D, in bytes.
constexpr int kAlignments[] = {5, 6, 7, 8};

#define DPC_CUBLASLT_FUNCTIONS(F)                                              \
  F(cublasLtCreate, (LtObject *))                                              \
  F(cublasLtDestroy, (LtObject))                                               \
  F(cublasLtMatmulDescCreate, (LtObject *, int, int))                          \
  F(cublasLtMatmulDescSetAttribute, (LtObject, int, const void *, size_t))     \
  F(cublasLtMatrixLayoutCreate,                                                \
    (LtObject *, int, uint64_t, uint64_t, int64_t))                            \
  F(cublasLtMatrixLayoutSetAttribute, (LtObject, int, const void *, size_t))   \
  F(cublasLtMatmulPreferenceCreate, (LtObject *))                              \
  F(cublasLtMatmulPreferenceDestroy, (LtObject))                               \
  F(cublasLtMatmulPreferenceSetAttribute,                                      \
    (LtObject, int, const void *, size_t))                                     \
  F(cublasLtMatmulAlgoGetHeuristic,                                            \
    (LtObject, LtObject, LtObject, LtObject, LtObject, LtObject, LtObject,     \
     int, LtChoice *, int *))                                                  \
  F(cublasLtMatmul,                                                            \
    (LtObject, LtObject, const void *, const void *, LtObject, const void *,   \
     LtObject, const void *, const void *, LtObject, void *, LtObject,         \
     const LtAlgorithm *, void *, size_t, cuda::Stream))

int dataType(DpcType type) {
  return type == DPC_F16 ? kType16F : type == DPC_BF16 ? kType16BF : kType32F;
}

const char *kernelName(DpcType type) {
  return type == DPC_F16    ? "dpc_product_f16"
         : type == DPC_BF16 ? "dpc_product_bf16"
                            : "dpc_product_f32";
}

/// By which an address can be divided, up to what the library asks for.
uint32_t alignmentOf(const void *address) {
  uintptr_t bits = reinterpret_cast<uintptr_t>(address) | 256;
  return static_cast<uint32_t>(bits & -bits);
}

} // namespace

/// cuBLASLt, and what was chosen for each product.
struct Products::Library {
#define DPC_CUBLASLT_MEMBER(name, arguments) LtStatus(*name) arguments;
  DPC_CUBLASLT_FUNCTIONS(DPC_CUBLASLT_MEMBER)
#undef DPC_CUBLASLT_MEMBER
  size_t (*cublasLtGetVersion)() = nullptr;

  struct Plan {
    LtObject operation = nullptr, left = nullptr, right = nullptr,
             result = nullptr;
    LtChoice choice{};
  };
  using Key = std::pair<Product, std::array<uint32_t, 3>>;

  LtObject handle = nullptr;
  std::map<Key, Plan> plans;

  ~Library() {
    if (handle)
      cublasLtDestroy(handle);
  }

  static std::unique_ptr<Library> open();
  Plan *find(const Product &product, const void *a, const void *b,
             const void *c);
};

std::unique_ptr<Products::Library> Products::Library::open() {
  const char *wish = std::getenv("DPC_CUBLASLT");
  if (wish && std::string_view(wish) == "off")
    return nullptr;
  void *opened = nullptr;
  for (const char *name : {"libcublasLt.so.13", "libcublasLt.so.12"})
    if (!opened)
      opened = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!opened)
    return nullptr;
  auto library = std::make_unique<Library>();
  bool isWhole = true;
#define DPC_CUBLASLT_FIND(name, arguments)                                     \
  library->name =                                                              \
      reinterpret_cast<LtStatus(*) arguments>(::dlsym(opened, #name));         \
  isWhole &= library->name != nullptr;
  DPC_CUBLASLT_FUNCTIONS(DPC_CUBLASLT_FIND)
#undef DPC_CUBLASLT_FIND
  library->cublasLtGetVersion =
      reinterpret_cast<size_t (*)()>(::dlsym(opened, "cublasLtGetVersion"));
  if (!isWhole || library->cublasLtCreate(&library->handle) != 0) {
    library->handle = nullptr;
    return nullptr;
  }
  return library;
}

/// Null if the library has no algorithm for it.
Products::Library::Plan *Products::Library::find(const Product &product,
                                                 const void *a, const void *b,
                                                 const void *c) {
  Key key{product, {alignmentOf(b), alignmentOf(a), alignmentOf(c)}};
  auto [entry, isNew] = plans.try_emplace(key);
  Plan &plan = entry->second;
  if (!isNew)
    return plan.choice.state == 0 && plan.operation ? &plan : nullptr;
  auto [type, batch, m, n, k, transA, transB] = product;
  plan.choice.state = 1;
  int data = dataType(type);
  int32_t left = transB, right = transA;
  LtObject preference = nullptr;
  if (cublasLtMatmulDescCreate(&plan.operation, kCompute32F, kType32F) ||
      cublasLtMatmulDescSetAttribute(plan.operation, kTransA, &left,
                                     sizeof(left)) ||
      cublasLtMatmulDescSetAttribute(plan.operation, kTransB, &right,
                                     sizeof(right)) ||
      cublasLtMatmulPreferenceCreate(&preference))
    return nullptr;
  auto describe = [&](LtObject &layout, int64_t rows, int64_t columns) {
    int32_t count = static_cast<int32_t>(batch);
    int64_t stride = rows * columns;
    return cublasLtMatrixLayoutCreate(&layout, data,
                                      static_cast<uint64_t>(rows),
                                      static_cast<uint64_t>(columns), rows) ||
           cublasLtMatrixLayoutSetAttribute(layout, kBatchCount, &count,
                                            sizeof(count)) ||
           cublasLtMatrixLayoutSetAttribute(layout, kBatchStride, &stride,
                                            sizeof(stride));
  };
  uint64_t workspace = kProductWorkspace;
  int found = 0;
  bool failed = describe(plan.left, transB ? k : n, transB ? n : k) ||
                describe(plan.right, transA ? m : k, transA ? k : m) ||
                describe(plan.result, n, m) ||
                cublasLtMatmulPreferenceSetAttribute(
                    preference, kMaxWorkspace, &workspace, sizeof(workspace));
  for (int i = 0; i < 4 && !failed; ++i)
    failed = cublasLtMatmulPreferenceSetAttribute(preference, kAlignments[i],
                                                  &key.second[std::min(i, 2)],
                                                  sizeof(uint32_t));
  failed = failed ||
           cublasLtMatmulAlgoGetHeuristic(
               handle, plan.operation, plan.left, plan.right, plan.result,
               plan.result, preference, 1, &plan.choice, &found) ||
           found != 1;
  cublasLtMatmulPreferenceDestroy(preference);
  if (failed)
    plan.choice.state = 1;
  return plan.choice.state == 0 ? &plan : nullptr;
}

Products::Products(const cuda::Driver &driver, cuda::Module module)
    : driver(driver), module(module), library(Library::open()) {}

Products::~Products() = default;

std::string Products::describe() const {
  if (!library)
    return "own kernels";
  if (!library->cublasLtGetVersion)
    return "cuBLASLt";
  size_t version = library->cublasLtGetVersion();
  return "cuBLASLt " + std::to_string(version / 10000) + "." +
         std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

std::string Products::start(const Product &product, const void *a,
                            const void *b, void *c, void *workspace,
                            cuda::Stream stream) {
  auto [type, batch, m, n, k, transA, transB] = product;
  if (batch == 0 || m == 0 || n == 0)
    return {};
  constexpr int64_t limit = std::numeric_limits<int32_t>::max() - 64;
  int64_t tiles = (m + 63) / 64 * ((n + 63) / 64);
  if (m > limit || n > limit || k > limit || tiles > limit / batch)
    return "a matrix product of " + std::to_string(m) + "x" +
           std::to_string(k) + " and " + std::to_string(k) + "x" +
           std::to_string(n) + " is too large";
  Library::Plan *plan =
      library && k > 0 ? library->find(product, a, b, c) : nullptr;
  if (plan) {
    const float alpha = 1, beta = 0;
    LtStatus status = library->cublasLtMatmul(
        library->handle, plan->operation, &alpha, b, plan->left, a, plan->right,
        &beta, c, plan->result, c, plan->result, &plan->choice.algorithm,
        workspace, kProductWorkspace, stream);
    if (status != 0)
      return "the matrix product failed (cuBLASLt status " +
             std::to_string(status) + ")";
    return {};
  }
  cuda::Function function = nullptr;
  if (driver.cuModuleGetFunction(&function, module, kernelName(type)))
    return "the program has no kernel for matrix products in " +
           std::string(typeName(type));
  int32_t sizes[] = {static_cast<int32_t>(m), static_cast<int32_t>(n),
                     static_cast<int32_t>(k), transA, transB};
  void *arguments[] = {&a,        &b,        &c,        &sizes[0],
                       &sizes[1], &sizes[2], &sizes[3], &sizes[4]};
  if (cuda::Result result =
          driver.cuLaunchKernel(function, static_cast<unsigned>(tiles * batch),
                                1, 1, 256, 1, 1, 0, stream, arguments, nullptr))
    return "the matrix product cannot be started: " + driver.describe(result);
  return {};
}

} // namespace dpc::rt
