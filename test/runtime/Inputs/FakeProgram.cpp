//===- FakeProgram.cpp - What the compiler would generate -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A softmax classifier, written by hand against runtime/Core/ABI.h, so that the
// runtime is tested without the compiler. CMake makes the JSON for each number
// of ranks. The offsets below are those of FakeProgram.json.in.
//
// FAKE_STALL=RANK makes that rank sleep in step 2, FAKE_TRUNCATE=FILE cuts that
// file to nothing there.
//
//===----------------------------------------------------------------------===//

#include "FarDevice.h"
#include "runtime/Core/ABI.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

extern "C" {
extern const char dpc_program_json[] =
#include FAKE_JSON
    ;
extern const uint64_t dpc_program_json_size = sizeof(dpc_program_json) - 1;

#ifndef FAKE_CPU
#define FAKE_CPU "x86-64 cmov sse2"
#endif
extern const char dpc_cpu[] = FAKE_CPU;
extern const uint64_t dpc_parameters_hash = 0;
extern const uint64_t dpc_cpu_size = sizeof(dpc_cpu) - 1;

#define DPC_STRING(LENGTH, TEXT) LENGTH "\0\0\0\0\0\0\0" TEXT
#define DPC_F32_PARAMETER(FIELDS, NAME)                                        \
  "\2" DPC_STRING("\4", FIELDS) DPC_STRING("\1", NAME) DPC_STRING("\1", "")
extern const char dpc_model_template[] =
    "DPCTMPL3" DPC_STRING("\4", "HEAD") DPC_STRING("\3", "MID")
        DPC_F32_PARAMETER("TEN1", "W") DPC_F32_PARAMETER("TEN2", "b");
extern const uint64_t dpc_model_template_size = sizeof(dpc_model_template) - 1;
}

namespace {

constexpr int64_t local = FAKE_LOCAL, features = 4, classes = 3;

template <typename T> T *at(char *arena, int64_t offset) {
  return reinterpret_cast<T *>(arena + offset);
}

#ifdef FAKE_FAR
char *place(char *arena) { return toNear(arena); }
void *deviceAddress(void *address) { return toFar(address); }
#else
char *place(char *arena) { return arena; }
void *deviceAddress(void *address) { return address; }
#endif

struct Places {
  explicit Places(char *arena)
      : w(at<float>(arena, 0)), b(at<float>(arena, 64)),
        wMomentum(at<float>(arena, 128)), bMomentum(at<float>(arena, 192)),
        x(at<float>(arena, 256)), label(at<int32_t>(arena, 448)),
        lr(*at<float>(arena, 512)), momentum(*at<float>(arena, 516)),
        step(*at<int64_t>(arena, 520)), rows(*at<int64_t>(arena, 536)),
        loss(at<float>(arena, 576)), sums(at<float>(arena, 580)),
        logits(at<float>(arena, 640)), gradients(at<float>(arena, 768)),
        count(at<float>(arena, 896)), lossPart(at<float>(arena, 900)),
        best(at<int64_t>(arena, 1088)), half(at<uint16_t>(arena, 1280)) {}
  float *w, *b, *wMomentum, *bMomentum, *x;
  int32_t *label;
  float lr, momentum;
  int64_t step, rows;
  float *loss, *sums, *logits, *gradients, *count, *lossPart;
  int64_t *best;
  uint16_t *half;
};

void forward(DpcContext *ctx, Places &p) {
  dpc_begin(ctx, 0);
  dpc_matmul(ctx, 0, p.x, p.w, p.logits, nullptr, DPC_F32, 1, local, classes,
             features, 0, 0);
  for (int64_t i = 0; i < local; ++i)
    for (int64_t j = 0; j < classes; ++j)
      p.logits[i * classes + j] += p.b[j];
  dpc_end(ctx, 0);
}

int64_t rankIndex(DpcContext *ctx) {
  int64_t index;
  dpc_rank_index(ctx, static_cast<int64_t *>(deviceAddress(&index)), 0);
  return index;
}

/// Sums of loss, weight and hits over the rows that count; the logits become
/// their gradient.
void softmax(DpcContext *ctx, Places &p, int64_t rows, float *loss,
             float *count, float *correct) {
  *loss = *count = *correct = 0;
  int64_t first = rankIndex(ctx) * local;
  for (int64_t i = 0; i < local; ++i) {
    float *row = p.logits + i * classes;
    if (first + i >= rows || p.label[i] < 0) {
      std::memset(row, 0, classes * sizeof(float));
      continue;
    }
    float top = row[0], sum = 0;
    int64_t best = 0;
    for (int64_t j = 1; j < classes; ++j)
      if (row[j] > top)
        top = row[best = j];
    for (int64_t j = 0; j < classes; ++j)
      sum += std::exp(row[j] - top);
    *loss += std::log(sum) + top - row[p.label[i]];
    *count += 1;
    *correct += best == p.label[i];
    for (int64_t j = 0; j < classes; ++j)
      row[j] = std::exp(row[j] - top) / sum - (j == p.label[i]);
  }
}

void misbehaveIfAsked(DpcContext *ctx, int64_t step) {
  const char *rank = std::getenv("FAKE_STALL");
  if (rank && step == 2 && std::atoll(rank) == rankIndex(ctx))
    ::sleep(600);
  const char *file = std::getenv("FAKE_TRUNCATE");
  if (file && step == 2 && ::truncate(file, 0) != 0)
    std::abort();
}

[[maybe_unused]] void fakeTrain(DpcContext *ctx, char *arena) {
  Places p(place(arena));
  forward(ctx, p);
  dpc_begin(ctx, 1);
  float correct = 0;
  softmax(ctx, p, p.rows, p.lossPart, p.count, &correct);
  misbehaveIfAsked(ctx, p.step);
  dpc_end(ctx, 1);
  dpc_begin(ctx, 2);
  dpc_all_reduce_start(ctx, 0, p.count, 1, DPC_F32, DPC_SUM, 0);
  dpc_end(ctx, 2);
  dpc_begin(ctx, 3);
  dpc_matmul(ctx, 3, p.x, p.logits, p.gradients, nullptr, DPC_F32, 1, features,
             classes, local, 1, 0);
  dpc_end(ctx, 3);
  dpc_begin(ctx, 4);
  float *db = p.gradients + features * classes;
  std::memset(db, 0, classes * sizeof(float));
  for (int64_t i = 0; i < local; ++i)
    for (int64_t j = 0; j < classes; ++j)
      db[j] += p.logits[i * classes + j];
  dpc_end(ctx, 4);
  dpc_begin(ctx, 5);
  dpc_all_reduce_start(ctx, 1, p.gradients, 15, DPC_F32, DPC_SUM, 0);
  dpc_end(ctx, 5);
  dpc_begin(ctx, 6);
  dpc_reduce_start(ctx, 2, p.lossPart, 1, DPC_F32, DPC_SUM, 0);
  dpc_end(ctx, 6);
  for (int32_t i = 0; i < 2; ++i) {
    dpc_begin(ctx, 7 + i);
    dpc_wait(ctx, i);
    dpc_end(ctx, 7 + i);
  }
  dpc_begin(ctx, 9);
  auto update = [&](float *value, float *state, const float *gradient,
                    int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      state[i] = p.momentum * state[i] + gradient[i] / *p.count;
      value[i] -= p.lr * state[i];
    }
  };
  update(p.w, p.wMomentum, p.gradients, features * classes);
  update(p.b, p.bMomentum, db, classes);
  dpc_end(ctx, 9);
  dpc_begin(ctx, 10);
  dpc_wait(ctx, 2);
  dpc_end(ctx, 10);
  dpc_begin(ctx, 11);
  *p.loss = *p.lossPart / *p.count;
  dpc_end(ctx, 11);
}

[[maybe_unused]] void fakeEval(DpcContext *ctx, char *arena) {
  Places p(place(arena));
  forward(ctx, p);
  dpc_begin(ctx, 1);
  softmax(ctx, p, p.rows, &p.sums[0], &p.sums[1], &p.sums[2]);
  dpc_end(ctx, 1);
  dpc_begin(ctx, 2);
  dpc_reduce_start(ctx, 0, p.sums, 3, DPC_F32, DPC_SUM, 0);
  dpc_end(ctx, 2);
  dpc_begin(ctx, 3);
  dpc_wait(ctx, 0);
  dpc_end(ctx, 3);
}

[[maybe_unused]] void fakeInfer(DpcContext *ctx, char *arena) {
  Places p(place(arena));
  forward(ctx, p);
  dpc_begin(ctx, 1);
  for (int64_t i = 0; i < local; ++i) {
    p.best[i] = 0;
    for (int64_t j = 0; j < classes; ++j) {
      const float *row = p.logits + i * classes;
      if (row[j] > row[p.best[i]])
        p.best[i] = j;
      // bf16 by truncation, transposed.
      uint32_t bits;
      std::memcpy(&bits, &row[j], 4);
      p.half[j * local + i] = static_cast<uint16_t>(bits >> 16);
    }
  }
  dpc_end(ctx, 1);
}

} // namespace

extern "C" {
#ifdef FAKE_INFER
extern const DpcStepFn dpc_step_functions[] = {fakeInfer};
#else
extern const DpcStepFn dpc_step_functions[] = {fakeTrain, fakeEval};
#endif
}
