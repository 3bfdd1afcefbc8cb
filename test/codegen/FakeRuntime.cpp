//===- FakeRuntime.cpp - Ranks as threads ---------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/codegen/FakeRuntime.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

using namespace dpc;
using namespace dpc::test;

namespace {
struct Started {
  /// What the rank sent, and where it receives.
  std::vector<char> sent;
  char *receive = nullptr;
  int64_t count = 0;
  int32_t type = 0, reduction = -1, group = 0;
  /// The elements of a reduction that the rank receives.
  int64_t first = 0, received = 0;
  /// Of all_to_all, the elements that each rank receives from each.
  int64_t part = 0;
};
} // namespace

struct DpcContext {
  World *world;
  int64_t rank;
  std::map<int32_t, Started> started;
};

[[noreturn]] static void die(const char *what) {
  std::fprintf(stderr, "fake runtime: %s\n", what);
  std::abort();
}

static int64_t getBytes(int32_t type) {
  switch (type) {
  case DPC_F64:
  case DPC_I64:
    return 8;
  case DPC_F32:
  case DPC_I32:
    return 4;
  default:
    die("unexpected element type");
  }
}

static void begin(DpcContext *, int32_t) {}

template <typename T>
static void multiply(const T *a, const T *b, T *c, int64_t m, int64_t n,
                     int64_t k, bool transA, bool transB) {
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t l = 0; l < k; ++l)
        sum += double(transA ? a[l * m + i] : a[i * k + l]) *
               double(transB ? b[j * k + l] : b[l * n + j]);
      c[i * n + j] = static_cast<T>(sum);
    }
}

static void matmul(DpcContext *, int32_t, const void *a, const void *b, void *c,
                   void *, int32_t type, int64_t batch, int64_t m, int64_t n,
                   int64_t k, int32_t transA, int32_t transB) {
  if (type != DPC_F32)
    die("matmul of an unexpected type");
  for (int64_t i = 0; i < batch; ++i)
    multiply(static_cast<const float *>(a) + i * m * k,
             static_cast<const float *>(b) + i * k * n,
             static_cast<float *>(c) + i * m * n, m, n, k, transA, transB);
}

static void start(DpcContext *context, int32_t id, const void *send,
                  void *receive, int64_t count, int64_t received, int32_t type,
                  int32_t reduction, int32_t group) {
  Started started;
  auto *bytes = static_cast<const char *>(send);
  started.sent.assign(bytes, bytes + count * getBytes(type));
  started.receive = static_cast<char *>(receive);
  started.received = received;
  started.count = count;
  started.type = type;
  started.reduction = reduction;
  started.group = group;
  std::memset(receive, 0xff, received * getBytes(type)); // NaN, -1
  context->started[id] = std::move(started);
}

static void startInPlace(DpcContext *context, int32_t id, void *buffer,
                         int64_t count, int32_t type, int32_t reduction,
                         int32_t group) {
  start(context, id, buffer, buffer, count, count, type, reduction, group);
}

static void startGather(DpcContext *context, int32_t id, const void *send,
                        void *receive, int64_t count, int32_t type,
                        int32_t group) {
  World &world = *context->world;
  int64_t size = world.mesh.getGroupSize(world.groups.at(group));
  start(context, id, send, receive, count, count * size, type, -1, group);
}

static void startScatter(DpcContext *context, int32_t id, const void *send,
                         void *receive, int64_t count, int32_t type,
                         int32_t reduction, int32_t group) {
  World &world = *context->world;
  int64_t size = world.mesh.getGroupSize(world.groups.at(group));
  start(context, id, send, receive, count, count / size, type, reduction,
        group);
  context->started[id].first =
      count / size *
      world.mesh.getGroupIndex(context->rank, world.groups.at(group));
}

static void startAllToAll(DpcContext *context, int32_t id, const void *send,
                          void *receive, int64_t count, int32_t type,
                          int32_t group) {
  World &world = *context->world;
  mlir::ArrayAttr axes = world.groups.at(group);
  start(context, id, send, receive, count, count, type, -1, group);
  Started &started = context->started[id];
  started.part = count / world.mesh.getGroupSize(axes);
  started.first = started.part * world.mesh.getGroupIndex(context->rank, axes);
}

template <typename T> static void reduceInto(Started &into, Started &from) {
  auto *a = reinterpret_cast<T *>(into.receive);
  auto *b = reinterpret_cast<const T *>(from.sent.data()) + into.first;
  for (int64_t i = 0; i < into.received; ++i)
    switch (into.reduction) {
    case DPC_SUM:
      a[i] += b[i];
      break;
    case DPC_MAX:
      a[i] = std::max(a[i], b[i]);
      break;
    case DPC_MIN:
      a[i] = std::min(a[i], b[i]);
      break;
    default:
      die("unknown reduction");
    }
}

static void wait(DpcContext *context, int32_t id) {
  World &world = *context->world;
  auto found = context->started.find(id);
  if (found == context->started.end())
    die("wait without a start");
  Started &mine = found->second;
  world.barrier.arrive_and_wait();
  bool isFirst = true;
  for (int64_t rank :
       world.mesh.getGroup(context->rank, world.groups.at(mine.group))) {
    auto other = world.ranks[rank]->started.find(id);
    if (other == world.ranks[rank]->started.end() ||
        other->second.count != mine.count)
      die("the ranks' collectives do not match");
    int64_t bytes = getBytes(mine.type);
    if (mine.part) {
      std::memcpy(mine.receive, other->second.sent.data() + mine.first * bytes,
                  mine.part * bytes);
      mine.receive += mine.part * bytes;
    } else if (mine.reduction < 0) {
      std::memcpy(mine.receive, other->second.sent.data(),
                  other->second.sent.size());
      mine.receive += other->second.sent.size();
    } else if (isFirst) {
      std::memcpy(mine.receive, other->second.sent.data() + mine.first * bytes,
                  mine.received * bytes);
    } else if (mine.type == DPC_F32) {
      reduceInto<float>(mine, other->second);
    } else if (mine.type == DPC_I64) {
      reduceInto<int64_t>(mine, other->second);
    } else {
      die("reduction of an unexpected type");
    }
    isFirst = false;
  }
  world.barrier.arrive_and_wait();
  context->started.erase(found);
}

static void checkRange(DpcContext *, int32_t, const void *data, int64_t count,
                       int32_t type, int64_t lower, int64_t upper,
                       int64_t except, const int64_t *) {
  if (type != DPC_I64)
    die("check_range of an unexpected type");
  for (int64_t i = 0; i < count; ++i)
    if (int64_t value = static_cast<const int64_t *>(data)[i];
        (value < lower || value >= upper) && value != except)
      die("an index is out of range");
}

static void rankIndex(DpcContext *context, int64_t *target, int32_t group) {
  World &world = *context->world;
  *target = world.mesh.getGroupIndex(context->rank, world.groups.at(group));
}

static void iterate(DpcContext *, int64_t) {}

static void copy(DpcContext *, const void *source, void *target,
                 int64_t bytes) {
  std::memcpy(target, source, static_cast<size_t>(bytes));
}

void dpc::test::runOnAllRanks(World &world, DpcStepFn step,
                              const std::vector<char *> &arenas) {
  std::vector<DpcContext> contexts;
  for (size_t rank = 0; rank < arenas.size(); ++rank)
    contexts.push_back({&world, static_cast<int64_t>(rank), {}});
  world.ranks.clear();
  for (DpcContext &context : contexts)
    world.ranks.push_back(&context);
  std::vector<std::thread> threads;
  for (size_t rank = 0; rank < arenas.size(); ++rank)
    threads.emplace_back([&, rank] { step(&contexts[rank], arenas[rank]); });
  for (std::thread &thread : threads)
    thread.join();
}

std::map<std::string, void *> dpc::test::getRuntimeFunctions() {
  return {{"dpc_begin", reinterpret_cast<void *>(&begin)},
          {"dpc_end", reinterpret_cast<void *>(&begin)},
          {"dpc_iteration", reinterpret_cast<void *>(&iterate)},
          {"dpc_matmul", reinterpret_cast<void *>(&matmul)},
          {"dpc_check_range", reinterpret_cast<void *>(&checkRange)},
          {"dpc_all_reduce_start", reinterpret_cast<void *>(&startInPlace)},
          {"dpc_reduce_start", reinterpret_cast<void *>(&startInPlace)},
          {"dpc_all_gather_start", reinterpret_cast<void *>(&startGather)},
          {"dpc_reduce_scatter_start", reinterpret_cast<void *>(&startScatter)},
          {"dpc_all_to_all_start", reinterpret_cast<void *>(&startAllToAll)},
          {"dpc_wait", reinterpret_cast<void *>(&wait)},
          {"dpc_copy", reinterpret_cast<void *>(&copy)},
          {"dpc_rank_index", reinterpret_cast<void *>(&rankIndex)}};
}
