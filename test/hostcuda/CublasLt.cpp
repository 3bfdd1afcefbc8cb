//===- CublasLt.cpp - What stands in for cuBLASLt -------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Products of column-major matrices of f32, f16 and bf16, summed in f32, with
// the epilogues of training. It refuses what the real library refuses, and an
// algorithm that was chosen for another product.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Foreign.h"
#include "test/hostcuda/Number.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>

using namespace dpc::hostcuda;

namespace {

enum Status : int {
  Success = 0,
  InvalidValue = 7,
  Failed = 13,
  NotSupported = 15
};

// Values of cublasLt.h.
enum Epilogue : uint32_t {
  Default = 1,
  Relu = 2,
  Bias = 4,
  DRelu = 8,
  BGrad = 16,
  Gelu = 32,
  DGelu = 64,
  Aux = 128,
  BGradA = 256,
  BGradB = 512,
};
constexpr int kF32 = 0, kF16 = 2, kBF16 = 14;
constexpr int kCompute32F = 68, kCompute32FPedantic = 69, kComputeTF32 = 77;

} // namespace

/// Attributes as they are set: number, bytes.
struct LtObject {
  std::map<int, std::vector<uint8_t>> values;

  template <class T> T get(int attribute, T otherwise) const {
    auto found = values.find(attribute);
    if (found == values.end() || found->second.size() != sizeof(T))
      return otherwise;
    T value;
    std::memcpy(&value, found->second.data(), sizeof(T));
    return value;
  }
  template <class T> void set(int attribute, T value) {
    const auto *bytes = reinterpret_cast<const uint8_t *>(&value);
    values[attribute].assign(bytes, bytes + sizeof(T));
  }
};

struct LtAlgorithm {
  uint64_t data[8];
};
struct LtChoice {
  LtAlgorithm algorithm;
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};

namespace {

struct Matrix {
  int type;
  uint64_t rows, columns;
  int64_t leading, stride;
  int32_t count;

  explicit Matrix(const LtObject &layout)
      : type(layout.get<int>(0, -1)), rows(layout.get<uint64_t>(2, 0)),
        columns(layout.get<uint64_t>(3, 0)), leading(layout.get<int64_t>(4, 0)),
        stride(layout.get<int64_t>(6, 0)), count(layout.get<int32_t>(5, 1)) {}

  uint64_t size() const { return type == kF32 ? 4 : 2; }
  bool isRight() const {
    return (type == kF32 || type == kF16 || type == kBF16) && rows > 0 &&
           columns > 0 && leading >= static_cast<int64_t>(rows) && count > 0;
  }
  CUdeviceptr at(CUdeviceptr base, int32_t batch, uint64_t column = 0) const {
    return base + size() * static_cast<uint64_t>(batch * stride +
                                                 static_cast<int64_t>(column) *
                                                     leading);
  }
  void addRanges(CUdeviceptr base, bool writes,
                 std::vector<ForeignRange> &ranges) const {
    bool dense = leading == static_cast<int64_t>(rows);
    for (int32_t b = 0; b < count; ++b)
      for (uint64_t j = 0; j < (dense ? 1 : columns); ++j)
        ranges.push_back(
            {at(base, b, j), size() * rows * (dense ? columns : 1), writes});
  }
};

Format getFormat(int type) {
  return type == kF16 ? Format::f16() : Format::bf16();
}
float read(const uint8_t *from, int type) {
  uint32_t bits = 0;
  std::memcpy(&bits, from, type == kF32 ? 4 : 2);
  return type == kF32 ? std::bit_cast<float>(bits)
                      : static_cast<float>(decode(getFormat(type), bits));
}
void write(uint8_t *to, int type, float value) {
  auto bits = type == kF32 ? std::bit_cast<uint32_t>(value)
                           : static_cast<uint32_t>(encode(
                                 getFormat(type), static_cast<double>(value)));
  std::memcpy(to, &bits, type == kF32 ? 4 : 2);
}

// The form with tanh, as in the library.
constexpr double kRoot = 0.7978845608028654, kCube = 0.044715;
double gelu(double x) {
  return 0.5 * x * (1 + std::tanh(kRoot * (x + kCube * x * x * x)));
}
double geluSlope(double x) {
  double t = std::tanh(kRoot * (x + kCube * x * x * x));
  return 0.5 * (1 + t) +
         0.5 * x * (1 - t * t) * kRoot * (1 + 3 * kCube * x * x);
}

/// One product, as it is asked for.
struct Product {
  Matrix a, b, c, d;
  bool transA, transB;
  int compute;
  uint32_t epilogue;
  CUdeviceptr bias, aux;
  int64_t auxLeading;
  int biasType, auxType;
  float alpha = 1, beta = 0;
  CUdeviceptr at[4] = {};

  Product(const LtObject &desc, const LtObject &a, const LtObject &b,
          const LtObject &c, const LtObject &d)
      : a(a), b(b), c(c), d(d), transA(desc.get<int32_t>(3, 0)),
        transB(desc.get<int32_t>(4, 0)), compute(desc.get<int>(0, -1)),
        epilogue(desc.get<uint32_t>(7, Default)),
        bias(desc.get<CUdeviceptr>(8, 0)), aux(desc.get<CUdeviceptr>(11, 0)),
        auxLeading(desc.get<int64_t>(12, 0)),
        biasType(desc.get<int32_t>(26, -1)),
        auxType(desc.get<int32_t>(22, -1)) {
    if (biasType < 0)
      biasType = this->d.type;
    if (auxType < 0)
      auxType = this->d.type;
  }

  bool has(uint32_t part) const { return epilogue & part; }
  /// By which the pointers are divisible that the library looks at before there
  /// is work.
  uint64_t getPointerAlignment() const {
    uint64_t bits = (has(Bias | BGrad | BGradA | BGradB) ? bias : 0) |
                    (has(Aux) ? aux : 0) | 256;
    return bits & -bits;
  }
  bool usesMask() const { return has(Aux) && has(Relu | DRelu); }
  uint64_t depth() const { return transA ? a.rows : a.columns; }

  Status check(bool withPointers) const;
  std::vector<ForeignRange> getRanges() const;
  void run(const ForeignMemory &memory) const;
  /// What an algorithm depends on.
  uint64_t getHash() const;

private:
  std::vector<float> pack(const uint8_t *from, const Matrix &matrix,
                          bool byColumns) const;
  float finish(float sum, uint64_t i, uint64_t j, const ForeignMemory &memory,
               uint8_t *auxAt) const;
};

Status Product::check(bool withPointers) const {
  if (!a.isRight() || !b.isRight() || !c.isRight() || !d.isRight())
    return InvalidValue;
  uint64_t k = transB ? b.columns : b.rows;
  if (d.rows != (transA ? a.columns : a.rows) || depth() != k ||
      d.columns != (transB ? b.rows : b.columns) || c.rows != d.rows ||
      c.columns != d.columns || c.type != d.type || a.count != d.count ||
      b.count != d.count || c.count != d.count)
    return InvalidValue;
  bool isSupported = compute == kCompute32F || compute == kCompute32FPedantic ||
                     (compute == kComputeTF32 && a.type == kF32);
  if (!isSupported || a.type != b.type || (a.type == kF32 && d.type != kF32) ||
      (d.type != kF32 && d.type != a.type))
    return NotSupported;
  static constexpr uint32_t kKnown[] = {Default,     Relu,
                                        Bias,        Relu | Bias,
                                        Relu | Aux,  Relu | Aux | Bias,
                                        DRelu | Aux, DRelu | Aux | BGrad,
                                        Gelu,        Gelu | Aux,
                                        Gelu | Bias, Gelu | Aux | Bias,
                                        DGelu | Aux, DGelu | Aux | BGrad,
                                        BGradA,      BGradB};
  if (std::find(std::begin(kKnown), std::end(kKnown), epilogue) ==
      std::end(kKnown))
    return NotSupported;
  if ((has(BGradA) && transA) || (has(BGradB) && !transB))
    return NotSupported;
  if (d.count > 1 && has(Aux | BGrad | BGradA | BGradB))
    return NotSupported;
  if (usesMask() &&
      (auxLeading % 128 || auxLeading < static_cast<int64_t>(d.rows)))
    return InvalidValue;
  if (has(Gelu | DGelu) && has(Aux) &&
      (auxLeading % 8 || auxLeading < static_cast<int64_t>(d.rows)))
    return InvalidValue;
  if (!withPointers)
    return Success;
  if ((has(Aux) && !aux) || (has(Bias | BGrad | BGradA | BGradB) && !bias))
    return InvalidValue;
  for (auto [matrix, address] :
       {std::pair(&a, at[0]), std::pair(&b, at[1]), std::pair(&d, at[3])})
    if (!address || address % matrix->size())
      return InvalidValue;
  return Success;
}

std::vector<ForeignRange> Product::getRanges() const {
  std::vector<ForeignRange> ranges;
  a.addRanges(at[0], false, ranges);
  b.addRanges(at[1], false, ranges);
  if (beta != 0)
    c.addRanges(at[2], false, ranges);
  d.addRanges(at[3], true, ranges);
  uint64_t biasBytes = biasType == kF32 ? 4 : 2;
  if (has(Bias | BGrad | BGradA | BGradB))
    ranges.push_back(
        {bias, biasBytes * (has(BGradB) ? d.columns : d.rows), !has(Bias)});
  uint64_t auxBytes = auxType == kF32 ? 4 : 2;
  if (has(Aux))
    for (uint64_t j = 0; j < d.columns; ++j) {
      uint64_t begin = static_cast<uint64_t>(auxLeading) * j;
      bool writes = has(Relu | Gelu);
      if (usesMask())
        ranges.push_back({aux + begin / 8, (d.rows + 7) / 8, writes});
      else
        ranges.push_back({aux + begin * auxBytes, d.rows * auxBytes, writes});
    }
  return ranges;
}

/// Columns, or rows, one after the other.
std::vector<float> Product::pack(const uint8_t *from, const Matrix &matrix,
                                 bool byColumns) const {
  std::vector<float> result(matrix.rows * matrix.columns);
  for (uint64_t j = 0; j < matrix.columns; ++j) {
    const uint8_t *column =
        from + matrix.size() * j * static_cast<uint64_t>(matrix.leading);
    for (uint64_t i = 0; i < matrix.rows; ++i) {
      float value = read(column + matrix.size() * i, matrix.type);
      if (compute == kComputeTF32)
        value = static_cast<float>(
            decode(Format::tf32(),
                   encode(Format::tf32(), static_cast<double>(value))));
      result[byColumns ? j * matrix.rows + i : i * matrix.columns + j] = value;
    }
  }
  return result;
}

float Product::finish(float value, uint64_t i, uint64_t j,
                      const ForeignMemory &memory, uint8_t *auxAt) const {
  if (has(Bias))
    value += read(memory(bias) + i * (biasType == kF32 ? 4 : 2), biasType);
  uint64_t bit = static_cast<uint64_t>(auxLeading) * j + i;
  uint8_t *byte = auxAt ? auxAt + bit / 8 : nullptr;
  uint8_t *number = auxAt ? auxAt + bit * (auxType == kF32 ? 4 : 2) : nullptr;
  auto flag = static_cast<uint8_t>(1 << (bit % 8));
  if (has(Relu)) {
    if (has(Aux))
      *byte = static_cast<uint8_t>(value >= 0 ? *byte | flag : *byte & ~flag);
    return std::max(value, 0.f);
  }
  if (has(DRelu))
    return *byte & flag ? value : 0;
  if (has(Gelu)) {
    if (has(Aux))
      write(number, auxType, value);
    return static_cast<float>(gelu(static_cast<double>(value)));
  }
  if (has(DGelu))
    return static_cast<float>(
        static_cast<double>(value) *
        geluSlope(static_cast<double>(read(number, auxType))));
  return value;
}

void Product::run(const ForeignMemory &memory) const {
  uint64_t k = depth();
  uint8_t *auxAt = has(Aux) ? memory(aux) : nullptr;
  for (int32_t batch = 0; batch < d.count; ++batch) {
    std::vector<float> left = pack(memory(a.at(at[0], batch)), a, transA),
                       right = pack(memory(b.at(at[1], batch)), b, !transB);
    uint8_t *to = memory(d.at(at[3], batch));
    const uint8_t *old = beta != 0 ? memory(c.at(at[2], batch)) : nullptr;
    std::vector<float> sums(has(BGradB) ? d.columns : d.rows);
    for (uint64_t j = 0; j < d.columns; ++j) {
      for (uint64_t i = 0; i < d.rows; ++i) {
        const float *x = left.data() + i * k, *y = right.data() + j * k;
        // Several sums at once, as a card has.
        float parts[8] = {};
        uint64_t l = 0;
        for (; l + 8 <= k; l += 8)
          for (uint64_t p = 0; p < 8; ++p)
            parts[p] += x[l + p] * y[l + p];
        for (; l < k; ++l)
          parts[l % 8] += x[l] * y[l];
        float sum = 0;
        for (float part : parts)
          sum += part;
        uint64_t place = j * static_cast<uint64_t>(d.leading) + i;
        float value = alpha * sum;
        if (old)
          value +=
              beta *
              read(old + d.size() * (j * static_cast<uint64_t>(c.leading) + i),
                   c.type);
        value = finish(value, i, j, memory, auxAt);
        write(to + d.size() * place, d.type, value);
        if (has(BGrad))
          sums[i] += value;
      }
    }
    if (has(BGradA))
      for (uint64_t i = 0; i < d.rows; ++i)
        for (uint64_t l = 0; l < k; ++l)
          sums[i] += left[i * k + l];
    if (has(BGradB))
      for (uint64_t j = 0; j < d.columns; ++j)
        for (uint64_t l = 0; l < k; ++l)
          sums[j] += right[j * k + l];
    if (has(BGrad | BGradA | BGradB))
      for (uint64_t i = 0; i < sums.size(); ++i)
        write(memory(bias) + i * (biasType == kF32 ? 4 : 2), biasType, sums[i]);
  }
}

uint64_t Product::getHash() const {
  uint64_t hash = 14695981039346656037ull;
  auto mix = [&](uint64_t value) { hash = (hash ^ value) * 1099511628211ull; };
  for (const Matrix *matrix : {&a, &b, &c, &d}) {
    mix(static_cast<uint64_t>(matrix->type));
    mix(matrix->rows);
    mix(matrix->columns);
    mix(static_cast<uint64_t>(matrix->leading));
    mix(static_cast<uint64_t>(matrix->count));
  }
  mix(transA + 2 * transB);
  mix(static_cast<uint64_t>(compute));
  mix(epilogue);
  return hash;
}

/// What a product of this size is given to work with.
constexpr size_t kWorkspace = 4096;

Status setAttribute(LtObject *object, int attribute, const void *value,
                    size_t bytes) {
  if (!object || !value)
    return InvalidValue;
  const auto *from = static_cast<const uint8_t *>(value);
  object->values[attribute].assign(from, from + bytes);
  return Success;
}

} // namespace

extern "C" {

DPC_HOSTCUDA_API size_t cublasLtGetVersion() { return 130000; }

DPC_HOSTCUDA_API int cublasLtCreate(LtObject **handle) {
  *handle = new LtObject;
  return Success;
}
DPC_HOSTCUDA_API int cublasLtDestroy(LtObject *handle) {
  delete handle;
  return Success;
}

DPC_HOSTCUDA_API int cublasLtMatmulDescCreate(LtObject **result, int compute,
                                              int scale) {
  if (scale != kF32)
    return InvalidValue;
  *result = new LtObject;
  (*result)->set(0, compute);
  return Success;
}
DPC_HOSTCUDA_API int cublasLtMatmulDescDestroy(LtObject *object) {
  delete object;
  return Success;
}
DPC_HOSTCUDA_API int cublasLtMatmulDescSetAttribute(LtObject *object,
                                                    int attribute,
                                                    const void *value,
                                                    size_t bytes) {
  // Scales on the device and the formats of eight bits are not known.
  static constexpr int kKnown[] = {3, 4, 7, 8, 11, 12, 22, 26};
  if (std::find(std::begin(kKnown), std::end(kKnown), attribute) ==
      std::end(kKnown))
    return NotSupported;
  return setAttribute(object, attribute, value, bytes);
}

DPC_HOSTCUDA_API int cublasLtMatrixLayoutCreate(LtObject **result, int type,
                                                uint64_t rows, uint64_t columns,
                                                int64_t leading) {
  *result = new LtObject;
  (*result)->set(0, type);
  (*result)->set(2, rows);
  (*result)->set(3, columns);
  (*result)->set(4, leading);
  return Success;
}
DPC_HOSTCUDA_API int cublasLtMatrixLayoutDestroy(LtObject *object) {
  delete object;
  return Success;
}
DPC_HOSTCUDA_API int cublasLtMatrixLayoutSetAttribute(LtObject *object,
                                                      int attribute,
                                                      const void *value,
                                                      size_t bytes) {
  // Not the order: rows after each other are said by transposing.
  if (attribute != 5 && attribute != 6)
    return NotSupported;
  return setAttribute(object, attribute, value, bytes);
}

DPC_HOSTCUDA_API int cublasLtMatmulPreferenceCreate(LtObject **result) {
  *result = new LtObject;
  return Success;
}
DPC_HOSTCUDA_API int cublasLtMatmulPreferenceDestroy(LtObject *object) {
  delete object;
  return Success;
}
DPC_HOSTCUDA_API int cublasLtMatmulPreferenceSetAttribute(LtObject *object,
                                                          int attribute,
                                                          const void *value,
                                                          size_t bytes) {
  return setAttribute(object, attribute, value, bytes);
}

DPC_HOSTCUDA_API int
cublasLtMatmulAlgoGetHeuristic(LtObject *, LtObject *desc, LtObject *a,
                               LtObject *b, LtObject *c, LtObject *d,
                               LtObject *preference, int wanted,
                               LtChoice *choices, int *found) {
  if (!desc || !a || !b || !c || !d || !preference || wanted < 1)
    return InvalidValue;
  *found = 0;
  Product product(*desc, *a, *b, *c, *d);
  if (Status status = product.check(false))
    return status;
  // As where a library has no algorithm for them.
  const char *epilogues = std::getenv("DPC_HOSTCUDA_EPILOGUES");
  if (epilogues && std::string(epilogues) == "off" &&
      product.epilogue != Default)
    return NotSupported;
  choices[0] = {};
  choices[0].algorithm.data[0] = product.getHash();
  for (int i = 0; i < 4; ++i)
    choices[0].algorithm.data[1 + i] = preference->get<uint32_t>(5 + i, 256);
  uint64_t most = preference->get<uint64_t>(1, 0);
  choices[0].workspace = std::min<uint64_t>(most, kWorkspace);
  choices[0].algorithm.data[5] = choices[0].workspace;
  choices[0].algorithm.data[6] = product.getPointerAlignment();
  choices[0].waves = 1;
  *found = 1;
  return Success;
}

DPC_HOSTCUDA_API int
cublasLtMatmul(LtObject *, LtObject *desc, const void *alpha, const void *atA,
               LtObject *a, const void *atB, LtObject *b, const void *beta,
               const void *atC, LtObject *c, void *atD, LtObject *d,
               const LtAlgorithm *algorithm, void *workspace,
               size_t workspaceBytes, CUstream stream) {
  if (!desc || !a || !b || !c || !d || !alpha || !beta)
    return InvalidValue;
  Product product(*desc, *a, *b, *c, *d);
  std::memcpy(&product.alpha, alpha, sizeof(float));
  std::memcpy(&product.beta, beta, sizeof(float));
  const void *addresses[] = {atA, atB, atC, atD};
  for (int i = 0; i < 4; ++i) {
    product.at[i] = reinterpret_cast<CUdeviceptr>(addresses[i]);
    // As the algorithm was promised.
    if (algorithm && product.at[i] % algorithm->data[1 + i])
      return InvalidValue;
  }
  if (Status status = product.check(true))
    return status;
  std::vector<ForeignRange> ranges = product.getRanges();
  if (algorithm) {
    if (algorithm->data[0] != product.getHash() ||
        algorithm->data[5] > workspaceBytes ||
        product.getPointerAlignment() < algorithm->data[6] ||
        reinterpret_cast<uintptr_t>(workspace) % 16)
      return InvalidValue;
    if (algorithm->data[5])
      ranges.push_back(
          {reinterpret_cast<CUdeviceptr>(workspace), algorithm->data[5], true});
  }
  CUresult result = addForeign(
      stream, "a product of cuBLASLt", std::move(ranges),
      [product](const ForeignMemory &memory) { product.run(memory); });
  return result == CUDA_SUCCESS ? Success : Failed;
}

} // extern "C"
