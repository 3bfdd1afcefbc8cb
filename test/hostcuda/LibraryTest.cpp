//===- LibraryTest.cpp - Products of what stands in for cuBLASLt ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Number.h"
#include "test/hostcuda/TestCard.h"
#include "test/hostcuda/TestKernels.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace dpc::hostcuda;

// As cublasLt.h declares them.
struct LtObject;
struct LtChoice {
  uint64_t algorithm[8];
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};
extern "C" {
int cublasLtMatmulDescCreate(LtObject **, int, int);
int cublasLtMatmulDescSetAttribute(LtObject *, int, const void *, size_t);
int cublasLtMatrixLayoutCreate(LtObject **, int, uint64_t, uint64_t, int64_t);
int cublasLtMatrixLayoutSetAttribute(LtObject *, int, const void *, size_t);
int cublasLtMatmulPreferenceCreate(LtObject **);
int cublasLtMatmulAlgoGetHeuristic(LtObject *, LtObject *, LtObject *,
                                   LtObject *, LtObject *, LtObject *,
                                   LtObject *, int, LtChoice *, int *);
int cublasLtMatmul(LtObject *, LtObject *, const void *, const void *,
                   LtObject *, const void *, LtObject *, const void *,
                   const void *, LtObject *, void *, LtObject *,
                   const uint64_t *, void *, size_t, CUstream);
}

namespace {

constexpr int kF32 = 0, kBF16 = 14, kCompute32F = 68;

/// Column-major, of small numbers that all formats hold.
struct Numbers {
  int rows, columns;
  std::vector<float> values;

  Numbers(int rows, int columns, int seed) : rows(rows), columns(columns) {
    for (int i = 0; i < rows * columns; ++i)
      values.push_back(static_cast<float>((i * 29 + seed * 7) % 17 - 8) / 4);
  }
  float at(int i, int j) const {
    return values[static_cast<size_t>(j * rows + i)];
  }
};

std::vector<uint16_t> toBF16(const std::vector<float> &values) {
  std::vector<uint16_t> result;
  for (float value : values)
    result.push_back(static_cast<uint16_t>(
        encode(Format::bf16(), static_cast<double>(value))));
  return result;
}

/// D = op(A) op(B), m x n of depth k.
struct Product {
  int m = 0, n = 0, k = 0;
  bool transA = false, transB = false;
  int type = kF32;
  uint32_t epilogue = 1;
  CUdeviceptr bias = 0, aux = 0;
  /// Behind the heuristics, if not 0.
  CUdeviceptr biasWhenRun = 0;
  int64_t auxLeading = 0;
  CUdeviceptr a = 0, b = 0, d = 0;
  float alpha = 1;

  /// The library's status.
  int run(CUstream stream = nullptr) const {
    LtObject *desc, *left, *right, *result, *preference;
    cublasLtMatmulDescCreate(&desc, kCompute32F, kF32);
    auto set = [&](int attribute, auto value) {
      EXPECT_EQ(cublasLtMatmulDescSetAttribute(desc, attribute, &value,
                                               sizeof(value)),
                0);
    };
    set(3, static_cast<int32_t>(transA));
    set(4, static_cast<int32_t>(transB));
    set(7, epilogue);
    set(8, bias);
    set(11, aux);
    set(12, auxLeading);
    auto make = [&](LtObject *&layout, int rows, int columns) {
      cublasLtMatrixLayoutCreate(&layout, type, static_cast<uint64_t>(rows),
                                 static_cast<uint64_t>(columns), rows);
    };
    make(left, transA ? k : m, transA ? m : k);
    make(right, transB ? n : k, transB ? k : n);
    make(result, m, n);
    cublasLtMatmulPreferenceCreate(&preference);
    LtChoice choice;
    int found = 0;
    if (int status = cublasLtMatmulAlgoGetHeuristic(nullptr, desc, left, right,
                                                    result, result, preference,
                                                    1, &choice, &found))
      return status;
    if (biasWhenRun)
      set(8, biasWhenRun);
    const float beta = 0;
    auto pointer = [](CUdeviceptr at) { return reinterpret_cast<void *>(at); };
    return cublasLtMatmul(nullptr, desc, &alpha, pointer(a), left, pointer(b),
                          right, &beta, pointer(d), result, pointer(d), result,
                          choice.algorithm, nullptr, 0, stream);
  }
};

constexpr int kM = 5, kN = 4, kK = 11;

Product makeProduct(bool transA, bool transB) {
  Product product;
  product.m = kM;
  product.n = kN;
  product.k = kK;
  product.transA = transA;
  product.transB = transB;
  return product;
}

float multiply(const Numbers &a, const Numbers &b, bool transA, bool transB,
               int i, int j) {
  float sum = 0;
  for (int l = 0; l < kK; ++l)
    sum +=
        (transA ? a.at(l, i) : a.at(i, l)) * (transB ? b.at(j, l) : b.at(l, j));
  return sum;
}

void expectNear(const char *what, float got, double wanted) {
  if (!(std::fabs(static_cast<double>(got) - wanted) <= 1e-5))
    std::fprintf(stderr, "%s: %g, not %g\n", what, static_cast<double>(got),
                 wanted);
}

void expectRight(const std::function<void()> &body) {
  Outcome outcome = runApart(body);
  EXPECT_EQ(outcome.result, 0);
  EXPECT_EQ(outcome.errors, "");
}

std::string getModule() { return makeModule(kScale); }

} // namespace

TEST(Products, OfAllForms) {
  expectRight([] {
    Card card(getModule());
    for (int form = 0; form < 8; ++form) {
      bool transA = form & 1, transB = form & 2, narrow = form & 4;
      Product product = makeProduct(transA, transB);
      Numbers a(transA ? kK : kM, transA ? kM : kK, 1),
          b(transB ? kN : kK, transB ? kK : kN, 2);
      product.type = narrow ? kBF16 : kF32;
      product.a =
          narrow ? card.upload(toBF16(a.values)) : card.upload(a.values);
      product.b =
          narrow ? card.upload(toBF16(b.values)) : card.upload(b.values);
      product.d = card.allocate(4 * kM * kN);
      if (product.run())
        std::fprintf(stderr, "refused\n");
      std::vector<float> got;
      if (narrow)
        for (uint16_t bits : card.download<uint16_t>(product.d, kM * kN))
          got.push_back(static_cast<float>(decode(Format::bf16(), bits)));
      else
        got = card.download<float>(product.d, kM * kN);
      for (int j = 0; j < kN; ++j)
        for (int i = 0; i < kM; ++i) {
          float wanted = multiply(a, b, transA, transB, i, j);
          if (narrow)
            wanted = static_cast<float>(
                decode(Format::bf16(),
                       encode(Format::bf16(), static_cast<double>(wanted))));
          expectNear("a product", got[static_cast<size_t>(j * kM + i)],
                     static_cast<double>(wanted));
        }
    }
  });
}

/// Forward with bias, ReLU and its mask; then the gradient by that mask with the
/// bias's gradient. The same with GELU.
TEST(Products, Epilogues) {
  expectRight([] {
    Card card(getModule());
    Numbers a(kM, kK, 1), b(kK, kN, 2), bias(kM, 1, 3);
    Product product = makeProduct(false, false);
    product.a = card.upload(a.values);
    product.b = card.upload(b.values);
    product.d = card.allocate(4 * kM * kN);
    product.bias = card.upload(bias.values);
    auto sum = [&](int i, int j) {
      return static_cast<double>(multiply(a, b, false, false, i, j));
    };
    for (bool isGelu : {false, true}) {
      product.auxLeading = isGelu ? 8 : 128;
      product.aux = card.upload(std::vector<uint8_t>(16 * kN * 8));
      // RELU_AUX_BIAS, GELU_AUX_BIAS.
      product.epilogue = isGelu ? 164 : 134;
      if (product.run())
        std::fprintf(stderr, "refused\n");
      auto gelu = [](double x) {
        return 0.5 * x *
               (1 +
                std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
      };
      auto got = card.download<float>(product.d, kM * kN);
      auto each = [&](auto body) {
        for (int j = 0; j < kN; ++j)
          for (int i = 0; i < kM; ++i)
            body(i, j, sum(i, j) + static_cast<double>(bias.at(i, 0)));
      };
      each([&](int i, int j, double x) {
        expectNear("forward", got[static_cast<size_t>(j * kM + i)],
                   isGelu ? gelu(x) : std::fmax(x, 0));
      });
      // DRELU_BGRAD, DGELU_BGRAD.
      Product back = product;
      back.epilogue = isGelu ? 208 : 152;
      back.bias = card.allocate(4 * kM);
      if (back.run())
        std::fprintf(stderr, "refused\n");
      got = card.download<float>(back.d, kM * kN);
      std::vector<double> sums(kM);
      each([&](int i, int j, double x) {
        double slope = (gelu(x + 1e-5) - gelu(x - 1e-5)) / 2e-5;
        double wanted = sum(i, j) * (isGelu ? slope : x >= 0);
        sums[static_cast<size_t>(i)] += wanted;
        if (std::fabs(
                static_cast<double>(got[static_cast<size_t>(j * kM + i)]) -
                wanted) > 1e-4)
          std::fprintf(stderr, "backward %d %d\n", i, j);
      });
      auto gradient = card.download<float>(back.bias, kM);
      for (int i = 0; i < kM; ++i)
        if (std::fabs(static_cast<double>(gradient[static_cast<size_t>(i)]) -
                      sums[static_cast<size_t>(i)]) > 1e-3)
          std::fprintf(stderr, "the bias's gradient %d\n", i);
    }
  });
}

/// Sums of A and B over the depth, which alpha does not scale.
TEST(Products, BiasGradientsOfOperands) {
  expectRight([] {
    Card card(getModule());
    Numbers a(kM, kK, 1), b(kN, kK, 2);
    Product product = makeProduct(false, true);
    product.alpha = 2;
    product.a = card.upload(a.values);
    product.b = card.upload(b.values);
    product.d = card.allocate(4 * kM * kN);
    for (bool isB : {false, true}) {
      int count = isB ? kN : kM;
      product.epilogue = isB ? 512 : 256;
      product.bias = card.allocate(4 * static_cast<size_t>(count));
      if (product.run())
        std::fprintf(stderr, "refused\n");
      auto got = card.download<float>(product.bias, static_cast<size_t>(count));
      for (int i = 0; i < count; ++i) {
        float wanted = 0;
        for (int l = 0; l < kK; ++l)
          wanted += isB ? b.at(i, l) : a.at(i, l);
        expectNear("a sum", got[static_cast<size_t>(i)],
                   static_cast<double>(wanted));
      }
    }
  });
}

TEST(Products, RefusedAsTheRealOnes) {
  expectRight([] {
    Card card(getModule());
    std::vector<float> zeros(1024);
    auto refused = [&](const char *what, auto change, int status) {
      Product product = makeProduct(false, false);
      product.a = card.upload(zeros);
      product.b = card.upload(zeros);
      product.d = card.upload(zeros);
      product.bias = card.upload(zeros);
      product.aux = card.upload(zeros);
      product.auxLeading = 128;
      change(product);
      int got = product.run();
      if (got != status)
        std::fprintf(stderr, "%s: status %d\n", what, got);
    };
    refused("nothing", [](Product &p) { p.epilogue = 134; }, 0);
    refused(
        "a mask's leading dimension",
        [](Product &p) {
          p.epilogue = 134;
          p.auxLeading = 64;
        },
        7);
    refused(
        "a short leading dimension",
        [](Product &p) {
          p.m = 12;
          p.epilogue = 164;
          p.auxLeading = 8;
        },
        7);
    refused(
        "a leading dimension that 8 does not divide",
        [](Product &p) {
          p.epilogue = 164;
          p.auxLeading = 12;
        },
        7);
    refused(
        "no aux",
        [](Product &p) {
          p.epilogue = 164;
          p.aux = 0;
        },
        7);
    refused(
        "BGRADA of a transposed A",
        [](Product &p) {
          p.transA = true;
          p.epilogue = 256;
        },
        15);
    refused(
        "BGRADB of a B that is not", [](Product &p) { p.epilogue = 512; }, 15);
    refused("an epilogue", [](Product &p) { p.epilogue = 3; }, 15);
    refused("an address", [](Product &p) { p.a += 4; }, 7);
  });
}

/// The heuristics go by how the bias is aligned.
TEST(Products, WithPointersAsPromised) {
  expectRight([] {
    Card card(getModule());
    std::vector<float> zeros(1024);
    Product product = makeProduct(false, false);
    product.a = card.upload(zeros);
    product.b = card.upload(zeros);
    product.d = card.upload(zeros);
    product.epilogue = 4;
    product.bias = card.upload(zeros);
    for (unsigned moved : {0u, 4u}) {
      product.biasWhenRun = product.bias + moved;
      if (product.run() != (moved ? 7 : 0))
        std::fprintf(stderr, "moved by %u\n", moved);
    }
  });
}

/// A product is work of its stream like any other.
TEST(Products, WaitForOtherStreams) {
  for (bool waits : {true, false}) {
    Outcome outcome = runApart([&] {
      Card card(getModule());
      CUstream first = card.makeStream(), second = card.makeStream();
      CUevent ready = card.makeEvent();
      Product product = makeProduct(false, false);
      product.a = card.upload(Numbers(kM, kK, 1).values);
      product.b = card.upload(Numbers(kK, kN, 2).values);
      product.d = card.allocate(4 * kM * kN);
      CUdeviceptr out = card.allocate(4 * kM * kN);
      require(cuCtxSynchronize(), "upload");
      if (product.run(first))
        std::fprintf(stderr, "refused\n");
      require(cuEventRecord(ready, first), "cuEventRecord");
      if (waits)
        require(cuStreamWaitEvent(second, ready, 0), "cuStreamWaitEvent");
      card.launch("scale", 1, 32, {product.d, out, kM * kN}, second);
    });
    EXPECT_EQ(outcome.result == 0, waits) << outcome.errors;
    EXPECT_EQ(outcome.errors.find("which a product of cuBLASLt of stream 1") !=
                  std::string::npos,
              !waits)
        << outcome.errors;
  }
}
