//===- Matmul.cpp - Matrix products on the CPU ----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CPU/Matmul.h"

#include <cstring>
#include <dnnl.hpp>

namespace dpc::rt {

std::string describeMatmulLibrary() {
  const dnnl::version_t &version = *dnnl::version();
  return "oneDNN " + std::to_string(version.major) + "." +
         std::to_string(version.minor) + "." + std::to_string(version.patch);
}

struct MatmulCache::Engine {
  dnnl::engine cpu{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{cpu};
};

struct MatmulCache::Entry {
  MatmulShape shape;
  dnnl::matmul primitive;
  dnnl::memory a, b, c;
  /// oneDNN's C interface takes the arguments as an array; its C++ one would
  /// build that from a map on each call.
  dnnl_exec_arg_t arguments[3];
  /// Whether the product is of f32 copies: that in the type itself is not
  /// supported.
  bool widened = false;
};

MatmulCache::MatmulCache() = default;
MatmulCache::~MatmulCache() = default;

static dnnl::memory::data_type dataType(DpcType type) {
  switch (type) {
  case DPC_BF16:
    return dnnl::memory::data_type::bf16;
  case DPC_F16:
    return dnnl::memory::data_type::f16;
  default:
    return dnnl::memory::data_type::f32;
  }
}

static void widen(const void *source, DpcType type, float *out, int64_t count) {
  const uint16_t *bits = static_cast<const uint16_t *>(source);
  for (int64_t i = 0; i < count; ++i)
    out[i] = type == DPC_BF16 ? floatFromBf16(bits[i]) : floatFromF16(bits[i]);
}

static void narrow(const float *in, DpcType type, void *target, int64_t count) {
  uint16_t *bits = static_cast<uint16_t *>(target);
  for (int64_t i = 0; i < count; ++i)
    bits[i] = type == DPC_BF16 ? bf16FromFloat(in[i]) : f16FromFloat(in[i]);
}

std::string MatmulCache::run(size_t program, int32_t instr,
                             const MatmulShape &shape, const void *a,
                             const void *b, void *c, float *workspace) {
  auto [type, batch, m, n, k, transA, transB] = shape;
  if (batch == 0 || m == 0 || n == 0)
    return {};
  if (k == 0) {
    std::memset(c, 0, static_cast<size_t>(batch * m * n * typeBytes(type)));
    return {};
  }
  try {
    if (!engine)
      engine = std::make_unique<Engine>();
    if (entries.size() <= program)
      entries.resize(program + 1);
    std::vector<std::unique_ptr<Entry>> &slots = entries[program];
    if (slots.size() <= static_cast<size_t>(instr))
      slots.resize(static_cast<size_t>(instr) + 1);
    std::unique_ptr<Entry> &slot = slots[instr];
    if (!slot || slot->shape != shape) {
      if (type != DPC_F32 && type != DPC_BF16 && type != DPC_F16)
        return std::string("matrix products in ") + typeName(type) +
               " are not supported on the CPU";
      using Descriptor = dnnl::memory::desc;
      // One batch is a plain product: oneDNN has faster paths for 2-D.
      auto describe = [&](int64_t rows, int64_t columns, bool transposed,
                          dnnl::memory::data_type element) {
        int64_t rowStride = transposed ? 1 : columns;
        int64_t columnStride = transposed ? rows : 1;
        if (batch == 1)
          return Descriptor({rows, columns}, element,
                            {rowStride, columnStride});
        return Descriptor({batch, rows, columns}, element,
                          {rows * columns, rowStride, columnStride});
      };
      auto entry = std::make_unique<Entry>();
      entry->shape = shape;
      Descriptor aDesc, bDesc, cDesc;
      auto make = [&](dnnl::memory::data_type element, bool mayFail) {
        aDesc = describe(m, k, transA, element);
        bDesc = describe(k, n, transB, element);
        cDesc = describe(m, n, false, element);
        dnnl::matmul::primitive_desc description(
            dnnl::matmul::desc(aDesc, bDesc, cDesc), engine->cpu,
            /*allow_empty=*/mayFail);
        if (!description)
          return false;
        entry->primitive = dnnl::matmul(description);
        return true;
      };
      entry->widened = !make(dataType(type), type != DPC_F32);
      if (entry->widened)
        make(dnnl::memory::data_type::f32, false);
      entry->a = dnnl::memory(aDesc, engine->cpu, DNNL_MEMORY_NONE);
      entry->b = dnnl::memory(bDesc, engine->cpu, DNNL_MEMORY_NONE);
      entry->c = dnnl::memory(cDesc, engine->cpu, DNNL_MEMORY_NONE);
      entry->arguments[0] = {DNNL_ARG_SRC, entry->a.get()};
      entry->arguments[1] = {DNNL_ARG_WEIGHTS, entry->b.get()};
      entry->arguments[2] = {DNNL_ARG_DST, entry->c.get()};
      slot = std::move(entry);
    }
    Entry &entry = *slot;
    void *target = c;
    float *wideC = nullptr;
    if (entry.widened) {
      if (!workspace)
        return std::string("the plan has no room for a product in ") +
               typeName(type) + ", which this machine only has in f32";
      float *wideB = workspace + batch * m * k;
      wideC = wideB + batch * k * n;
      widen(a, type, workspace, batch * m * k);
      widen(b, type, wideB, batch * k * n);
      a = workspace;
      b = wideB;
      target = wideC;
    }
    dnnl_memory_set_data_handle(entry.a.get(), const_cast<void *>(a));
    dnnl_memory_set_data_handle(entry.b.get(), const_cast<void *>(b));
    dnnl_memory_set_data_handle(entry.c.get(), target);
    dnnl_status_t status = dnnl_primitive_execute(
        entry.primitive.get(), engine->stream.get(), 3, entry.arguments);
    if (status == dnnl_success)
      status = dnnl_stream_wait(engine->stream.get());
    if (status != dnnl_success)
      return "the matrix product failed (oneDNN status " +
             std::to_string(status) + ")";
    if (entry.widened)
      narrow(wideC, type, c, batch * m * n);
    return {};
  } catch (const std::exception &failure) {
    return std::string("the matrix product failed: ") + failure.what();
  }
}

} // namespace dpc::rt
