//===- Matmul.cpp - Matrix products on the CPU ----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CPU/Matmul.h"
#include "dialects/Support/WideProduct.h"
#include "runtime/Core/Narrow.h"

#include <cstring>
#include <dnnl.hpp>
#include <map>

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

/// A product of matrices as oneDNN has it.
struct Primitive {
  dnnl::matmul matmul;
  dnnl::memory a, b, c;
  /// oneDNN's C interface takes the arguments as an array; its C++ one would
  /// build that from a map on each call.
  dnnl_exec_arg_t arguments[3];

  /// False if `mayFail` and oneDNN does not have it.
  bool create(const dnnl::engine &cpu, const MatmulShape &shape,
              dnnl::memory::data_type element, bool mayFail);
  dnnl_status_t execute(dnnl::stream &stream, const void *aData,
                        const void *bData, void *cData);
};

bool Primitive::create(const dnnl::engine &cpu, const MatmulShape &shape,
                       dnnl::memory::data_type element, bool mayFail) {
  using Descriptor = dnnl::memory::desc;
  // One batch is a plain product: oneDNN has faster paths for 2-D.
  auto describe = [&](int64_t rows, int64_t columns, bool transposed) {
    int64_t rowStride = transposed ? 1 : columns;
    int64_t columnStride = transposed ? rows : 1;
    if (shape.batch == 1)
      return Descriptor({rows, columns}, element, {rowStride, columnStride});
    return Descriptor({shape.batch, rows, columns}, element,
                      {rows * columns, rowStride, columnStride});
  };
  Descriptor aDesc = describe(shape.m, shape.k, shape.transA),
             bDesc = describe(shape.k, shape.n, shape.transB),
             cDesc = describe(shape.m, shape.n, false);
  dnnl::matmul::primitive_desc description(
      dnnl::matmul::desc(aDesc, bDesc, cDesc), cpu, /*allow_empty=*/mayFail);
  if (!description)
    return false;
  matmul = dnnl::matmul(description);
  a = dnnl::memory(aDesc, cpu, DNNL_MEMORY_NONE);
  b = dnnl::memory(bDesc, cpu, DNNL_MEMORY_NONE);
  c = dnnl::memory(cDesc, cpu, DNNL_MEMORY_NONE);
  arguments[0] = {DNNL_ARG_SRC, a.get()};
  arguments[1] = {DNNL_ARG_WEIGHTS, b.get()};
  arguments[2] = {DNNL_ARG_DST, c.get()};
  return true;
}

dnnl_status_t Primitive::execute(dnnl::stream &stream, const void *aData,
                                 const void *bData, void *cData) {
  dnnl_memory_set_data_handle(a.get(), const_cast<void *>(aData));
  dnnl_memory_set_data_handle(b.get(), const_cast<void *>(bData));
  dnnl_memory_set_data_handle(c.get(), cData);
  dnnl_status_t status =
      dnnl_primitive_execute(matmul.get(), stream.get(), 3, arguments);
  return status == dnnl_success ? dnnl_stream_wait(stream.get()) : status;
}

struct MatmulCache::Entry {
  MatmulShape shape;
  Primitive whole;
  /// Where the product in the type itself is not supported: of blocks in f32,
  /// and of those at the end, by their rows and columns.
  bool isWide = false;
  std::map<std::pair<int64_t, int64_t>, Primitive> blocks;

  dnnl_status_t runWide(Engine &engine, const void *a, const void *b, void *c,
                        float *workspace);
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

/// Of a matrix with rows of `stride` elements, a block of it.
struct Part {
  int64_t first, rows, columns, stride;
};

static void widenPart(const void *source, DpcType type, Part part,
                      float *target) {
  const uint16_t *from = static_cast<const uint16_t *>(source) + part.first;
  for (int64_t row = 0; row < part.rows; ++row)
    widen(from + row * part.stride, type, target + row * part.columns,
          part.columns);
}

static void narrowPart(const float *source, DpcType type, Part part,
                       void *target) {
  uint16_t *to = static_cast<uint16_t *>(target) + part.first;
  for (int64_t row = 0; row < part.rows; ++row)
    narrow(source + row * part.columns, type, to + row * part.stride,
           part.columns);
}

dnnl_status_t MatmulCache::Entry::runWide(Engine &engine, const void *a,
                                          const void *b, void *c,
                                          float *workspace) {
  auto [type, batch, m, n, k, transA, transB] = shape;
  WideBlock block(batch, m, n, k);
  // Rows of the block's factors, and their parts of the rows in memory.
  for (int64_t i = 0; i < batch; i += block.batch)
    for (int64_t row = 0; row < m; row += block.rows)
      for (int64_t column = 0; column < n; column += block.columns) {
        int64_t rows = std::min(block.rows, m - row),
                columns = std::min(block.columns, n - column);
        Primitive &product = blocks[{rows, columns}];
        if (!product.matmul)
          product.create(
              engine.cpu,
              {DPC_F32, block.batch, rows, columns, k, transA, transB},
              dnnl::memory::data_type::f32, /*mayFail=*/false);
        // Several matrices are whole, and lie one after the other.
        int64_t count = block.batch;
        Part partA = transA ? Part{i * m * k + row, count * k, rows, m}
                            : Part{(i * m + row) * k, count * rows, k, k},
             partB = transB ? Part{(i * n + column) * k, count * columns, k, k}
                            : Part{i * k * n + column, count * k, columns, n},
             partC = {(i * m + row) * n + column, count * rows, columns, n};
        float *wideB = workspace + partA.rows * partA.columns,
              *wideC = wideB + partB.rows * partB.columns;
        widenPart(a, type, partA, workspace);
        widenPart(b, type, partB, wideB);
        dnnl_status_t status =
            product.execute(engine.stream, workspace, wideB, wideC);
        if (status != dnnl_success)
          return status;
        narrowPart(wideC, type, partC, c);
      }
  return dnnl_success;
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
      auto entry = std::make_unique<Entry>();
      entry->shape = shape;
      entry->isWide = !entry->whole.create(engine->cpu, shape, dataType(type),
                                           /*mayFail=*/type != DPC_F32);
      slot = std::move(entry);
    }
    if (slot->isWide && !workspace)
      return std::string("the plan has no room for a product in ") +
             typeName(type) + ", which this machine only has in f32";
    dnnl_status_t status = slot->isWide
                               ? slot->runWide(*engine, a, b, c, workspace)
                               : slot->whole.execute(engine->stream, a, b, c);
    if (status != dnnl_success)
      return "the matrix product failed (oneDNN status " +
             std::to_string(status) + ")";
    return {};
  } catch (const std::exception &failure) {
    return std::string("the matrix product failed: ") + failure.what();
  }
}

} // namespace dpc::rt
