//===- Products.cpp - Matrix products on GPUs -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CUDA/Products.h"
#include "dialects/Support/ProductParts.h"
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
constexpr int kCompute32F = 68, kComputeTF32 = 77, kType32F = 0, kType16F = 2,
              kType16BF = 14;
constexpr int kLeftTransposed = 3, kRightTransposed = 4, kEpilogueKind = 7,
              kBiasPointer = 8, kAuxPointer = 11, kAuxLeading = 12;
constexpr int kBatchCount = 5, kBatchStride = 6;
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

const char *typeSuffix(DpcType type) {
  return type == DPC_F16 ? "f16" : type == DPC_BF16 ? "bf16" : "f32";
}

/// CUBLASLT_EPILOGUE_*. Its A is our B, and its rows are our columns.
uint32_t epilogueOf(const Product &product) {
  static constexpr std::pair<int32_t, uint32_t> kEpilogues[] = {
      {kBias, 4},
      {kRelu, 2},
      {kGelu, 32},
      {kKeep, 128},
      {kGeluGradient, 64 | 128},
      {kSumResult, 16},
      {kSumA, 512},
      {kSumB, 256}};
  uint32_t epilogue = 0;
  for (auto [part, value] : kEpilogues)
    if (product.has(part))
      epilogue |= value;
  return epilogue ? epilogue : 1;
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
  /// With the alignments of A, B, C, the bias and the argument, as they are here.
  using Key = std::pair<Product, std::array<uint32_t, 5>>;

  LtObject handle = nullptr;
  std::map<Key, Plan> plans;

  ~Library() {
    if (handle)
      cublasLtDestroy(handle);
  }

  static std::unique_ptr<Library> open();
  /// Null if the library has no algorithm for it.
  Plan *find(const Product &product, const ProductBuffers &buffers);
  /// The next product's vectors and matrices besides A, B and C.
  bool setPointers(const Plan &plan, const Product &product,
                   const ProductBuffers &buffers);
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

static const void *biasOf(const Product &product,
                          const ProductBuffers &buffers) {
  if (product.has(kBias))
    return buffers.extraOperand;
  return product.has(kSumResult | kSumA | kSumB) ? buffers.extraResult
                                                 : nullptr;
}

static const void *auxOf(const Product &product,
                         const ProductBuffers &buffers) {
  if (product.has(kGeluGradient))
    return buffers.extraOperand;
  return product.has(kKeep) ? buffers.extraResult : nullptr;
}

bool Products::Library::setPointers(const Plan &plan, const Product &product,
                                    const ProductBuffers &buffers) {
  const void *bias = biasOf(product, buffers), *aux = auxOf(product, buffers);
  return (!bias || !cublasLtMatmulDescSetAttribute(plan.operation, kBiasPointer,
                                                   &bias, sizeof(bias))) &&
         (!aux || !cublasLtMatmulDescSetAttribute(plan.operation, kAuxPointer,
                                                  &aux, sizeof(aux)));
}

Products::Library::Plan *
Products::Library::find(const Product &product, const ProductBuffers &buffers) {
  Key key{product,
          {alignmentOf(buffers.b), alignmentOf(buffers.a),
           alignmentOf(buffers.c), alignmentOf(biasOf(product, buffers)),
           alignmentOf(auxOf(product, buffers))}};
  auto [entry, isNew] = plans.try_emplace(key);
  Plan &plan = entry->second;
  if (!isNew)
    return plan.choice.state == 0 && plan.operation ? &plan : nullptr;
  auto [type, batch, m, n, k, parts] = product;
  plan.choice.state = 1;
  int data = dataType(type);
  LtObject preference = nullptr;
  if (cublasLtMatmulDescCreate(&plan.operation,
                               product.has(kTF32) ? kComputeTF32 : kCompute32F,
                               kType32F) ||
      cublasLtMatmulPreferenceCreate(&preference))
    return nullptr;
  bool failed = false;
  auto set = [&](int attribute, auto value) {
    failed = failed || cublasLtMatmulDescSetAttribute(plan.operation, attribute,
                                                      &value, sizeof(value));
  };
  auto describe = [&](LtObject &layout, int64_t rows, int64_t columns) {
    int32_t count = static_cast<int32_t>(batch);
    int64_t stride = rows * columns;
    failed =
        failed ||
        cublasLtMatrixLayoutCreate(&layout, data, static_cast<uint64_t>(rows),
                                   static_cast<uint64_t>(columns), rows) ||
        cublasLtMatrixLayoutSetAttribute(layout, kBatchCount, &count,
                                         sizeof(count)) ||
        cublasLtMatrixLayoutSetAttribute(layout, kBatchStride, &stride,
                                         sizeof(stride));
  };
  auto prefer = [&](int attribute, auto value) {
    failed = failed || cublasLtMatmulPreferenceSetAttribute(
                           preference, attribute, &value, sizeof(value));
  };
  bool transA = product.has(kTransA), transB = product.has(kTransB);
  set(kLeftTransposed, static_cast<int32_t>(transB));
  set(kRightTransposed, static_cast<int32_t>(transA));
  set(kEpilogueKind, epilogueOf(product));
  if (auxOf(product, buffers))
    set(kAuxLeading, n);
  // It goes by how they are aligned.
  failed = failed || !setPointers(plan, product, buffers);
  describe(plan.left, transB ? k : n, transB ? n : k);
  describe(plan.right, transA ? m : k, transA ? k : m);
  describe(plan.result, n, m);
  prefer(kMaxWorkspace,
         static_cast<uint64_t>(getProductWorkspace(batch * m * n)));
  for (int i = 0; i < 4; ++i)
    prefer(kAlignments[i], key.second[std::min(i, 2)]);
  int found = 0;
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

std::string Products::start(const Product &product,
                            const ProductBuffers &buffers,
                            cuda::Stream stream) {
  auto [type, batch, m, n, k, parts] = product;
  if (batch == 0 || m == 0 || n == 0)
    return {};
  Library::Plan *plan =
      library && k > 0 ? library->find(product, buffers) : nullptr;
  if (plan) {
    const float alpha = 1, beta = 0;
    if (!library->setPointers(*plan, product, buffers))
      return "the matrix product's epilogue is refused";
    LtStatus status = library->cublasLtMatmul(
        library->handle, plan->operation, &alpha, buffers.b, plan->left,
        buffers.a, plan->right, &beta, buffers.c, plan->result, buffers.c,
        plan->result, &plan->choice.algorithm, buffers.workspace,
        static_cast<size_t>(getProductWorkspace(batch * m * n)), stream);
    if (status != 0)
      return "the matrix product failed (cuBLASLt status " +
             std::to_string(status) + ")";
    return {};
  }
  if (!product.has(kEpilogue))
    return startOwn(product, buffers, stream);
  Product plain = product;
  plain.parts &= ~kEpilogue;
  std::string failure = start(plain, buffers, stream);
  return failure.empty() ? startEpilogue(product, buffers, stream) : failure;
}

std::string Products::launch(const std::string &name, int64_t grid,
                             void **arguments, cuda::Stream stream) {
  cuda::Function function = nullptr;
  if (driver.cuModuleGetFunction(&function, module, name.c_str()))
    return "the program has no kernel '" + name + "' for matrix products";
  if (cuda::Result result =
          driver.cuLaunchKernel(function, static_cast<unsigned>(grid), 1, 1,
                                256, 1, 1, 0, stream, arguments, nullptr))
    return "the matrix product cannot be started: " + driver.describe(result);
  return {};
}

std::string Products::startOwn(const Product &product,
                               const ProductBuffers &buffers,
                               cuda::Stream stream) {
  auto [type, batch, m, n, k, parts] = product;
  constexpr int64_t limit = std::numeric_limits<int32_t>::max() - 64;
  int64_t tiles = (m + 63) / 64 * ((n + 63) / 64);
  if (m > limit || n > limit || k > limit || tiles > limit / batch)
    return "a matrix product of " + std::to_string(m) + "x" +
           std::to_string(k) + " and " + std::to_string(k) + "x" +
           std::to_string(n) + " is too large";
  const void *a = buffers.a, *b = buffers.b;
  void *c = buffers.c;
  int32_t sizes[] = {static_cast<int32_t>(m), static_cast<int32_t>(n),
                     static_cast<int32_t>(k), product.has(kTransA),
                     product.has(kTransB)};
  void *arguments[] = {&a,        &b,        &c,        &sizes[0],
                       &sizes[1], &sizes[2], &sizes[3], &sizes[4]};
  return launch(std::string("dpc_product_") + typeSuffix(type), tiles * batch,
                arguments, stream);
}

/// What a product's call would have done besides, in place.
std::string Products::startEpilogue(const Product &product,
                                    const ProductBuffers &buffers,
                                    cuda::Stream stream) {
  auto [type, batch, m, n, k, parts] = product;
  const void *c = buffers.c, *operand = buffers.extraOperand;
  void *result = product.has(kKeep) ? buffers.extraResult : nullptr;
  if (parts & (kExtraOperand | kRelu | kGelu)) {
    int64_t count = m * n, columns = n;
    int32_t what = parts;
    void *arguments[] = {&c, &operand, &result, &count, &columns, &what};
    std::string failure = launch(
        std::string("dpc_epilogue_") + typeSuffix(type),
        std::min<int64_t>((count + 255) / 256, 1 << 16), arguments, stream);
    if (!failure.empty())
      return failure;
  }
  return parts & (kSumResult | kSumA | kSumB)
             ? startSums(product, buffers, stream)
             : std::string();
}

/// In f32 over parts of the rows, to the workspace, and then over these.
std::string Products::startSums(const Product &product,
                                const ProductBuffers &buffers,
                                cuda::Stream stream) {
  auto [type, batch, m, n, k, parts] = product;
  const void *matrix = product.has(kSumResult) ? buffers.c
                       : product.has(kSumA)    ? buffers.a
                                               : buffers.b;
  int64_t rows = product.has(kSumResult) ? m : k,
          columns = product.has(kSumA) ? m : n, across = (columns + 255) / 256;
  // At least 16 rows of sums.
  int64_t room = getProductWorkspace(m * n) / (4 * columns),
          most = std::min<int64_t>(room, 64);
  int64_t each = std::max<int64_t>(32, (rows + most - 1) / most);
  int64_t count = std::max<int64_t>(1, (rows + each - 1) / each);
  std::string own = typeSuffix(type);
  void *sums = buffers.extraResult, *partial = buffers.workspace;
  void *first[] = {&matrix, &partial, &rows, &columns, &each};
  void *second[] = {&partial, &sums, &count, &columns, &count};
  std::string failure =
      launch("dpc_sum_rows_" + own + "_f32", across * count, first, stream);
  return failure.empty()
             ? launch("dpc_sum_rows_f32_" + own, across, second, stream)
             : failure;
}

} // namespace dpc::rt
